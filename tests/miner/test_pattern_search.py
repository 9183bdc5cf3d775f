from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from miner.errors import TooFewPermutations
from miner.ledger import Actor
from miner.ledger.audit import audit
from miner.pattern_search import Method, UnknownOutcome, search_patterns
from miner.plan import Plan, Rules
from miner.project import Project
from miner.statistics.fisher import log_fisher, log_least_attainable
from miner.tables.demo import load_nhefs


@pytest.fixture
def project(tmp_path: Path, clock: Callable[[], datetime], actor: Actor) -> Project:
    made = Project.create(tmp_path / "p", name="NHEFS", clock=clock, actor=actor)
    made.freeze_table(*load_nhefs())
    return made


@pytest.fixture
def plan(project: Project) -> Plan:
    return replace(project.suggested_plan(), exposures=("qsmk", "hbp", "active", "smokeyrs", "education"))


def test_tarones_k_is_that_of_all_rules_counted_one_by_one(project: Project, plan: Plan) -> None:
    found = search_patterns(project, "death = dead", permutations=0, plan=plan)
    # A run of the same rules, without a filter on counts, gives every p and every least p.
    run = project.mine(replace(plan, outcomes=("death",), rules=Rules(max_length=2, minimum_count=1)))
    rows = [row for row in project.findings(run.id).rows if row["mode"] == "rule"]
    cells = np.array([row["counts"] for row in rows]).T
    least = log_least_attainable(*cells, side="greater")
    k = next(k for k in range(1, len(rows) + 1) if (least <= np.log(found.alpha / k) + 1e-12).sum() <= k)
    assert found.factor == k
    significant = log_fisher(*cells, side="greater") <= np.log(found.alpha / k) + 1e-12
    assert {row["id"] for row in found.rows} == {row["id"] for row, one in zip(rows, significant) if one}
    assert found.m == len(rows) + sum(
        project.run(run.id).uncomputed.get(reason, 0) for reason in project.run(run.id).uncomputed
    )


def test_a_search_is_in_the_ledger_before_and_after_and_stands_up_to_the_audit(project: Project, plan: Plan) -> None:
    found = search_patterns(project, "death = dead", permutations=199, plan=plan, length=3)
    entries = [entry for entry in project.ledger.entries() if entry.content.get("family_id") == found.family]
    assert [entry.kind for entry in entries] == ["family", "batch", "adjust"]
    assert list(project.ledger.rows(entries[1])) == list(found.rows)
    assert entries[1].content["options"]["seed"] == found.seed
    assert audit(project.ledger).findings == ()


def test_a_search_spends_a_share_and_the_same_search_again_does_not(project: Project, plan: Plan) -> None:
    first = search_patterns(project, "death = dead", permutations=0, plan=plan)
    again = search_patterns(project, "death = dead", permutations=0, plan=plan)
    assert (first.family, again.family) == ("S1", "S2")
    assert again.alpha == first.alpha == pytest.approx(0.05 * 6 / np.pi**2)
    assert [row["id"] for row in again.rows] == [row["id"] for row in first.rows]
    other = search_patterns(project, "death = dead", permutations=0, plan=plan, side="less")
    assert other.alpha == pytest.approx(0.05 * 6 / (2 * np.pi) ** 2)
    run = project.mine(plan)
    assert project.run(run.id).share == pytest.approx(6 / (3 * np.pi) ** 2)


def test_another_seed_is_another_search(project: Project, plan: Plan) -> None:
    one = search_patterns(project, "death = dead", permutations=99, plan=plan, seed=1)
    two = search_patterns(project, "death = dead", permutations=499, plan=plan, seed=2)
    assert two.alpha < one.alpha
    assert one.method is Method.WESTFALL_YOUNG


def test_within_strata_the_crude_value_stands_beside_the_adjusted_one(project: Project, plan: Plan) -> None:
    found = search_patterns(project, "death = dead", permutations=0, plan=plan, adjust_for=("sex",))
    assert found.adjusted_for == ("sex",)
    assert {row["test"] for row in found.rows} == {"cochran_mantel_haenszel"}
    assert all(row["adjusted"]["estimate"] for row in found.rows)


def test_too_few_permutations_are_refused_before_anything_is_declared(project: Project, plan: Plan) -> None:
    before = project.ledger.head().size
    with pytest.raises(TooFewPermutations):
        search_patterns(project, "death = dead", permutations=10, plan=plan)
    assert project.ledger.head().size == before


def test_an_outcome_that_is_not_there_is_answered_with_one_that_is(project: Project) -> None:
    with pytest.raises(UnknownOutcome) as caught:
        search_patterns(project, "death = yes")
    assert caught.value.values["nearest"] == "death = dead"
