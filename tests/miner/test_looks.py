from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from miner import looks as looks_module
from miner.errors import AlreadySeen
from miner.ledger import Actor, events
from miner.ledger.audit import audit
from miner.looks import UnknownItem, conditions, look, looks
from miner.plan import Rules
from miner.project import Project
from miner.tables.demo import load_nhefs


@pytest.fixture
def project(tmp_path: Path, clock: Callable[[], datetime], actor: Actor) -> Project:
    made = Project.create(tmp_path / "p", name="NHEFS", clock=clock, actor=actor)
    made.freeze_table(*load_nhefs())
    return made


def test_looks_form_one_ordered_family_with_verdicts_that_stay(project: Project) -> None:
    first = look(project, ["age"], "wt82_71")
    before = looks(project.ledger)
    second = look(project, ["sex"], "wt82_71")
    assert [one.place for one in looks(project.ledger)] == [0, 1]
    assert second.sequence > first.sequence
    assert looks(project.ledger)[0] == before[0]
    assert first.verdicts["alpha_spending"]["rejected"]
    assert first.verdicts["alpha_spending"]["alpha"] > second.verdicts["alpha_spending"]["alpha"]
    assert audit(project.ledger).exit_code == 0, audit(project.ledger).findings


def test_a_rule_is_looked_at_by_its_conditions(project: Project) -> None:
    known = list(conditions(project))
    smoked = next(text for text in known if text.startswith("qsmk ="))
    died = next(text for text in known if text.startswith("death ="))
    found = look(project, [smoked], died)
    assert found.row["mode"] == "rule"
    assert found.row["test"] == "fisher_greater"
    assert found.row["adjusted"] is not None
    with pytest.raises(UnknownItem):
        look(project, ["qsmk = perhaps"], died)


def test_the_family_of_looks_takes_one_turn_of_the_spending(project: Project) -> None:
    look(project, ["age"], "wt82_71")
    run = project.mine(replace(project.suggested_plan(), rules=Rules(max_length=1), exposures=("qsmk", "hbp")))
    family = next(e.content for e in project.ledger.entries("family") if e.content["online"])
    assert family["levels"]["share"] == pytest.approx(6 / math.pi**2)
    assert project.run(run.id).share == pytest.approx(6 / math.pi**2 / 4)
    assert family["alpha"] == pytest.approx(0.05 * 6 / math.pi**2)


def test_what_was_displayed_is_refused(project: Project) -> None:
    project.mine(replace(project.suggested_plan(), rules=Rules(max_length=1), exposures=("qsmk", "hbp")))
    with pytest.raises(AlreadySeen):
        look(project, ["qsmk"], "wt82_71")
    look(project, ["age"], "wt82_71")
    with pytest.raises(AlreadySeen):
        look(project, ["wt82_71"], "age")
    assert len(list(project.ledger.entries("declare"))) == 1


def test_a_look_that_died_is_recorded_as_not_computed_and_uses_its_level(project: Project) -> None:
    look(project, ["age"], "wt82_71")
    project.ledger.record(
        events.Declared(family_id=looks_module.FAMILY, hypothesis="f" * 64, text="lost", test="welch", side="two-sided")
    )
    third = look(project, ["sex"], "wt82_71")
    found = looks(project.ledger)
    assert [one.row["status"] for one in found] == ["ok", "not_computed", "ok"]
    assert third.place == 2
    assert audit(project.ledger).exit_code == 0, audit(project.ledger).findings
