from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from miner.interrupted import RunUnderWay, mining, unfinished
from miner.ledger import Actor
from miner.ledger.audit import audit
from miner.plan import Rules
from miner.project import Project
from miner.tables.demo import load_nhefs
from tests.architecture.source import ROOT

# Mines until a block of tests stands in the ledger, says so, and waits to be killed.
MINER = """
import sys, time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from miner.ledger import Actor
from miner.plan import Rules
from miner.project import Project

project = Project.open(Path(sys.argv[1]), clock=lambda: datetime.now(UTC), actor=Actor(name="Ada"))

def wait_to_be_killed():
    if next(project.ledger.entries("batch"), None) is not None:
        print("a block is written", flush=True)
        time.sleep(600)
    return False

plan = project.suggested_plan()
project.mine(
    replace(plan, items=replace(plan.items, bins=8), rules=Rules(max_length=2, minimum_count=1)),
    cancelled=wait_to_be_killed,
)
"""


@pytest.fixture
def project(tmp_path: Path, clock: Callable[[], datetime], actor: Actor) -> Project:
    made = Project.create(tmp_path / "p", name="NHEFS", clock=clock, actor=actor)
    made.freeze_table(*load_nhefs())
    return made


def kill_a_miner(folder: Path) -> None:
    worker = subprocess.Popen([sys.executable, "-c", MINER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == "a block is written"
    worker.send_signal(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL


def test_a_killed_run_keeps_its_tests_and_its_m(project: Project) -> None:
    folder = project.path
    kill_a_miner(folder)
    (entry,) = unfinished(project.ledger)
    assert entry.content["run_id"] == "R1"
    project.close()
    again = Project.open(folder, clock=lambda: datetime.now().astimezone(), actor=Actor(name="Bea"))
    assert not unfinished(again.ledger)
    run = again.run("R1")
    assert run.cancelled
    assert run.tests_run == again.tests_run > 0
    assert run.uncomputed == {"interrupted": run.m - run.tests_run}
    assert [e.content["reason"] for e in again.ledger.entries("cancel")] == ["interrupted"]
    assert len(again.findings("R1")) == run.tests_run
    assert audit(again.ledger).exit_code == 0, audit(again.ledger).findings
    second = again.mine(replace(again.suggested_plan(), rules=Rules(max_length=1), exposures=("qsmk", "hbp")))
    assert second.id == "R2"


def test_a_run_that_is_alive_is_left_alone(project: Project) -> None:
    folder = project.path
    kill_a_miner(folder)
    with mining(folder):
        opened = Project.open(folder, clock=lambda: datetime.now().astimezone(), actor=Actor(name="Bea"))
        assert unfinished(opened.ledger)
        with pytest.raises(RunUnderWay):
            opened.mine(opened.suggested_plan())
    assert unfinished(opened.ledger), "a refused run changes nothing"


def test_opening_a_project_whose_runs_ended_writes_nothing(copy_of_demo: Project) -> None:
    before = copy_of_demo.ledger.head()
    other = Project.open(copy_of_demo.path, clock=lambda: datetime.now().astimezone(), actor=Actor(name="Bea"))
    assert other.ledger.head() == before
