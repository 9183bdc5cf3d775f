from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from miner.ledger import Actor
from miner.ledger.audit import audit
from miner.plan import Rules
from miner.project import Project
from miner.run_stability import TEST, run_stability
from miner.tables.demo import load_nhefs


@pytest.fixture
def project(tmp_path: Path, clock: Callable[[], datetime], actor: Actor) -> Project:
    made = Project.create(tmp_path / "p", name="NHEFS", clock=clock, actor=actor)
    made.freeze_table(*load_nhefs())
    exposures = ("qsmk", "smokeyrs", "wt71", "hbp", "active")
    made.mine(replace(made.suggested_plan(), exposures=exposures, rules=Rules(max_length=1)))
    return made


def test_strong_claims_come_back_classes_fitted_anew_included(project: Project) -> None:
    found = run_stability(project, subsamples=10)
    assert set(found.frequency) == {
        row["id"] for row, level in zip(project.findings().rows, project.findings().levels) if level != "unadjusted"
    }
    # Years of smoking stand for age: with death they are the strongest claim, and their classes are fitted.
    strongest = next(row for row in project.findings().rows if row["x"] == ["smokeyrs >= 30"] and "dead" in row["y"])
    assert found.frequency[strongest["id"]] == 1.0
    assert all(0 <= value <= 1 for value in found.frequency.values())


def test_draws_and_seed_are_recorded_and_nothing_of_the_run_changes(project: Project) -> None:
    before, tests = len(project.findings()), project.tests_run
    run_stability(project, subsamples=3, seed=5)
    entry = list(project.ledger.entries("batch"))[-1]
    assert (entry.content["role"], entry.content["options"]["draws"], entry.content["options"]["seed"]) == (
        "diagnostic",
        3,
        5,
    )
    assert {row["test"] for row in project.ledger.rows(entry)} == {TEST}
    assert (len(project.findings()), project.tests_run) == (before, tests)
    assert audit(project.ledger).findings == ()


def test_the_same_seed_draws_the_same_halves(project: Project) -> None:
    one, two, other = (run_stability(project, subsamples=4, seed=seed) for seed in (1, 1, 2))
    assert one.frequency == two.frequency
    assert one.mean_selected == two.mean_selected != other.mean_selected
