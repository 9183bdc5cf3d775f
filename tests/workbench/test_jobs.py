"""Jobs: seen wherever they die, cancelled within a second, and never half a status."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from miner.ledger.audit import audit
from miner.plan import Rules
from miner.project import Project
from workbench.demo import demo_plan
from workbench.jobs import Job, State, Status, UnknownJob, find, start


def until(said: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def pid_of(job: Job) -> int:
    return int((job.folder / "pid").read_text(encoding="utf-8"))


def test_a_job_runs_a_plan_and_gives_the_hash_that_python_gives(copy_of_demo: Project) -> None:
    plan = replace(demo_plan(), rules=Rules(max_length=1)).as_scratch()
    job = start(copy_of_demo.path, plan.to_toml(), copy_of_demo.actor.to_dict())
    until(lambda: job.status().state.is_over)
    status = job.status()
    assert status.state is State.DONE
    assert status.run == "R2"
    run = copy_of_demo.run("R2")
    assert (status.done, status.total) == (run.tests_run, run.m)
    again = copy_of_demo.mine(plan)
    assert again.run_hash == run.run_hash, "worker and Python compute the same run"


def test_stopping_takes_less_than_a_second_and_keeps_what_was_computed(copy_of_demo: Project) -> None:
    plan = replace(demo_plan(), rules=Rules(max_length=3, minimum_count=5)).as_scratch()
    job = start(copy_of_demo.path, plan.to_toml(), copy_of_demo.actor.to_dict())
    until(lambda: job.status().state is not State.STARTING and job.status().done > 0)
    assert job.status().state is State.RUNNING, "the plan is too small to be stopped"
    begun = time.monotonic()
    job.cancel()
    until(lambda: job.status().state.is_over, seconds=10)
    assert time.monotonic() - begun < 1.0
    status = job.status()
    assert status.state is State.CANCELLED
    run = copy_of_demo.run(status.run)
    assert run.cancelled
    assert 0 < run.tests_run < run.m, "stopped tests stay in the ledger and m stays what was declared"
    assert audit(copy_of_demo.ledger).exit_code == 0


def test_a_worker_that_dies_while_starting_is_lost_and_does_not_start_for_ever(copy_of_demo: Project) -> None:
    job = start(copy_of_demo.path, demo_plan().to_toml(), copy_of_demo.actor.to_dict())
    assert job.status().state is State.STARTING
    os.kill(pid_of(job), signal.SIGKILL)
    until(lambda: job.status().state.is_over, seconds=5)
    assert job.status().state is State.LOST
    assert len(copy_of_demo.runs()) == 1


def test_stopping_while_starting_declares_nothing(copy_of_demo: Project) -> None:
    job = start(copy_of_demo.path, demo_plan().to_toml(), copy_of_demo.actor.to_dict())
    job.cancel()
    until(lambda: job.status().state.is_over, seconds=10)
    assert job.status().state is State.CANCELLED


def test_a_running_worker_that_is_killed_is_lost(copy_of_demo: Project) -> None:
    plan = replace(demo_plan(), rules=Rules(max_length=3, minimum_count=5)).as_scratch()
    job = start(copy_of_demo.path, plan.to_toml(), copy_of_demo.actor.to_dict())
    until(lambda: job.status().state is State.RUNNING)
    os.kill(pid_of(job), signal.SIGKILL)
    until(lambda: job.status().state.is_over, seconds=5)
    assert job.status().state is State.LOST
    assert [run.run for run in copy_of_demo.runs()] == ["R1"], "a run without an end shows no findings"
    assert audit(copy_of_demo.ledger).exit_code == 0


def test_a_plan_that_cannot_run_fails_in_the_words_of_its_error(copy_of_demo: Project) -> None:
    text = demo_plan().to_toml().replace('"qsmk"', '"qsmkk"')
    job = start(copy_of_demo.path, text, copy_of_demo.actor.to_dict())
    until(lambda: job.status().state.is_over)
    status = job.status()
    assert status.state is State.FAILED
    assert status.error_code.startswith("E-PLAN")
    assert "qsmkk" in status.error
    assert len(copy_of_demo.runs()) == 1


def test_a_reader_never_sees_half_a_status(copy_of_demo: Project) -> None:
    folder = copy_of_demo.path / "jobs" / ("a" * 32)
    folder.mkdir(parents=True)
    job = Job(folder=folder)
    job.write(Status(state=State.DONE, stage="x" * 5_000))
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            job.write(Status(state=State.DONE, stage="y" * 50_000))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(200):
            json.loads((folder / "status.json").read_text(encoding="utf-8"))
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("name", ["0" * 32, "../../etc", "", "G" * 32, "a" * 31])
def test_a_job_that_is_not_there_is_named(name: str, copy_of_demo: Project) -> None:
    with pytest.raises(UnknownJob) as problem:
        find(copy_of_demo.path, name)
    assert problem.value.code == "E-PROJECT-05"


def test_a_job_is_found_by_its_number_from_anywhere(copy_of_demo: Project) -> None:
    job = start(copy_of_demo.path, demo_plan().to_toml(), copy_of_demo.actor.to_dict())
    try:
        assert find(copy_of_demo.path, job.id) == job
        assert len(job.id) == 32
    finally:
        job.cancel()
        until(lambda: job.status().state.is_over, seconds=10)
