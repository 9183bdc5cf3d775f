from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from miner.findings import Findings
from miner.ledger import Actor
from miner.plan import Pairs, Rules
from miner.project import Project
from miner.tables.demo import load_nhefs
from miner.verification import verify_run


@pytest.fixture
def project(tmp_path: Path, clock: Callable[[], datetime], actor: Actor) -> Project:
    made = Project.create(tmp_path / "p", name="NHEFS", clock=clock, actor=actor)
    made.freeze_table(*load_nhefs())
    made.mine(replace(made.suggested_plan(), exposures=("qsmk", "hbp", "diabetes"), rules=Rules(max_length=2)))
    return made


def test_mlxtend_derives_the_same_rules_unknown_values_included(project: Project) -> None:
    rules = [row for row in project.findings().rows if row["mode"] == "rule"]
    assert any(row["n_unknown"] for row in rules)
    opinion = verify_run(project)
    assert opinion.checked == len(rules)
    assert opinion.differences == ()
    assert opinion.engine.startswith("mlxtend ")


def test_a_count_that_was_recorded_wrong_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = project.findings()
    place = next(k for k, row in enumerate(found.rows) if row["mode"] == "rule" and min(row["counts"]) > 5)
    a, b, c, d = found.rows[place]["counts"]
    wrong = [dict(row) for row in found.rows]
    wrong[place]["counts"] = [a + 1, b - 1, c, d]
    changed = Findings(
        family=found.family,
        rows=wrong,
        ln_adjusted=found.ln_adjusted,
        levels=found.levels,
        run_levels=found.run_levels,
    )
    monkeypatch.setattr(project, "findings", lambda run_id=None: changed)
    opinion = verify_run(project)
    assert {one.antecedent for one in opinion.differences} == {tuple(wrong[place]["x"])}
    assert {"support", "confidence"} <= {one.metric for one in opinion.differences}


def test_only_the_strongest_are_read_again_where_a_limit_is_set(project: Project) -> None:
    assert verify_run(project, limit=5).checked == 5


def test_a_run_without_rules_has_nothing_to_verify(project: Project) -> None:
    project.mine(replace(project.suggested_plan(), exposures=("qsmk",), rules=Rules(enabled=False), pairs=Pairs()))
    assert verify_run(project).checked == 0
