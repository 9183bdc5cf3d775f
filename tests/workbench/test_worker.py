"""The worker as a process: same results as a call, an exit code of its error, nothing said on the screen."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from miner.plan import Rules
from miner.project import Project
from tests.architecture.source import ROOT
from workbench.demo import demo_plan
from workbench.jobs import Job, State, Status


def prepared(project: Project, plan: str) -> Job:
    folder = project.path / "jobs" / ("b" * 32)
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
    (folder / "actor.json").write_text(json.dumps(project.actor.to_dict()), encoding="utf-8")
    job = Job(folder=folder)
    job.write(Status(state=State.STARTING))
    return job


def ran(project: Path, job: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench.worker", str(project), job]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


def test_the_worker_signs_as_the_person_who_started_it(copy_of_demo: Project) -> None:
    job = prepared(copy_of_demo, replace(demo_plan(), rules=Rules(enabled=False)).as_scratch().to_toml())
    done = ran(copy_of_demo.path, job.id)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert job.status().state is State.DONE
    started = [entry for entry in copy_of_demo.ledger.entries("run") if entry.content["family_id"] == "R2"]
    assert {entry.actor.name for entry in started} == {"Ada"}


def test_a_stop_asked_for_beforehand_ends_the_run_at_its_first_look(copy_of_demo: Project) -> None:
    job = prepared(copy_of_demo, demo_plan().as_scratch().to_toml())
    (job.folder / "cancel").touch()
    assert ran(copy_of_demo.path, job.id).returncode == 0
    assert job.status().state is State.CANCELLED
    assert copy_of_demo.run("R2").cancelled


def test_an_error_ends_with_its_exit_code_and_its_words_in_the_status(copy_of_demo: Project) -> None:
    job = prepared(copy_of_demo, "this is not TOML [")
    done = ran(copy_of_demo.path, job.id)
    assert done.returncode == 13
    assert "Traceback" not in done.stderr
    assert job.status().state is State.FAILED
    assert job.status().error
