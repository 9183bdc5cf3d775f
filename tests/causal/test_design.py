"""The design stage: nothing is estimated before it is identified, and every number is marked design-stage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from causal.design import Design, InvalidAdjustment, UnmatchedDiagram
from causal.identification import Verdict
from causal.studies import Draft, design_hypothesis, latest_draft
from miner.project import Project


@pytest.fixture
def draft(copy_of_demo: Project) -> Draft:
    found = latest_draft(copy_of_demo.hypotheses()[0])
    assert found is not None
    return found


def designed(project: Project, draft: Draft) -> Design:
    return design_hypothesis(project, "H-0001", draft)


def test_an_identified_effect_is_estimated_twice_checked_thrice_and_sized(copy_of_demo: Project, draft: Draft) -> None:
    steps: list[str] = []
    design = design_hypothesis(copy_of_demo, "H-0001", draft, stage=steps.append)
    wanted = ["identification", "estimation", "refutation", "planning", "protocol"]
    assert [step for step in steps if step in wanted] == wanted, "what identifies comes before what estimates"
    assert design.identification.verdict is Verdict.BACKDOOR
    assert design.adjustment in design.identification.minimal_sets
    methods = {estimate.method.value for estimate in design.estimates}
    assert {"inverse probability weighting", "standardisation"} <= methods
    assert all(estimate.low < estimate.value < estimate.high for estimate in design.estimates)
    assert len(design.refutations) >= 3
    assert design.sensitivity
    assert design.sample_size["n_headline"] > 0
    assert design.planning is not None
    assert abs(design.planning.shrunken) <= abs(design.planning.mined), "what was found by searching is shrunken"


def test_an_effect_that_is_not_identified_is_not_estimated(copy_of_demo: Project, draft: Draft) -> None:
    hidden = "dag { u [latent] u -> qsmk u -> wt82_71 qsmk -> wt82_71 }"
    design = designed(copy_of_demo, replace(draft, diagram=hidden))
    assert design.identification.verdict is not Verdict.BACKDOOR
    assert design.estimates == ()
    assert design.refutations == ()
    assert design.data is None
    assert design.sample_size == {}
    assert design.identification.must_measure, "it says what would have to be measured"


def test_a_set_that_leaves_a_back_door_open_is_refused(copy_of_demo: Project, draft: Draft) -> None:
    with pytest.raises(InvalidAdjustment) as problem:
        designed(copy_of_demo, replace(draft, adjustment=("age",)))
    assert "{age}" in str(problem.value)


def test_a_diagram_without_the_exposure_is_refused(copy_of_demo: Project, draft: Draft) -> None:
    with pytest.raises(UnmatchedDiagram) as problem:
        designed(copy_of_demo, replace(draft, diagram="dag { age -> wt82_71 }"))
    assert "qsmk" in str(problem.value)


def test_nothing_to_adjust_for_still_gives_an_estimate(copy_of_demo: Project, draft: Draft) -> None:
    design = designed(copy_of_demo, replace(draft, diagram="dag { qsmk -> wt82_71 }", squares=()))
    assert design.adjustment == ()
    data = design.data
    assert data is not None
    gap = data.outcome[data.exposure == 1].mean() - data.outcome[data.exposure == 0].mean()
    standardised = [e for e in design.estimates if e.method.value == "standardisation"]
    assert [estimate.value for estimate in standardised] == [pytest.approx(gap)]


def test_the_seed_decides_the_checks_and_nothing_else(copy_of_demo: Project, draft: Draft) -> None:
    first, second = (designed(copy_of_demo, replace(draft, seed=seed)) for seed in (1, 2))
    assert [e.value for e in first.estimates] == [e.value for e in second.estimates]
    assert [r.to_dict()["found"] for r in first.refutations] != [r.to_dict()["found"] for r in second.refutations]
