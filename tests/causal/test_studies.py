"""Studies of a project: what was stated comes back, every state is a file by its hash, nothing is overwritten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from causal.question import Part
from causal.studies import Draft, NoStudy, design_hypothesis, finding_of, latest_draft, latest_protocol, save
from miner.ledger.registry import Status
from miner.project import Project
from workbench.demo import demo_diagram

DRAFT = Draft(
    parts={"qsmk": Part.EXPOSURE, "wt82_71": Part.OUTCOME, "sex": None},
    diagram="dag { qsmk -> wt82_71 }",
    adjustment=("age", "sex"),
    squares=("age",),
    smallest_of_interest=1.5,
    seed=7,
)


def test_a_draft_comes_back_as_it_was_stated() -> None:
    assert Draft.from_dict(DRAFT.to_dict()) == DRAFT
    assert Draft.from_dict(replace(DRAFT, adjustment=None).to_dict()).adjustment is None


def test_the_diagram_of_a_draft_is_parsed() -> None:
    assert set(DRAFT.dag().names) == {"qsmk", "wt82_71"}


def test_the_demo_left_a_study_that_can_be_opened_again(copy_of_demo: Project) -> None:
    one = copy_of_demo.hypotheses()[0]
    assert one.status is Status.DESIGNED
    assert list(finding_of(one)["x"]) == ["qsmk"]
    draft = latest_draft(one)
    assert draft is not None
    assert draft.diagram == demo_diagram()
    protocol = latest_protocol(copy_of_demo, one.id)
    assert protocol["question"]["exposure"] == ["qsmk"]


def test_a_second_design_is_a_second_version_and_the_first_file_stays(copy_of_demo: Project) -> None:
    one = copy_of_demo.hypotheses()[0]
    before = {path.name: path.read_bytes() for path in (copy_of_demo.path / "protocols").iterdir()}
    draft = latest_draft(one)
    assert draft is not None
    changed = replace(draft, smallest_of_interest=2.0)
    design = design_hypothesis(copy_of_demo, one.id, changed)
    path = save(copy_of_demo, one.id, changed, design, person="Ada")
    assert path.name not in before
    assert all((path.parent / name).read_bytes() == data for name, data in before.items())
    assert latest_protocol(copy_of_demo, one.id).content_hash == design.protocol.content_hash
    again = copy_of_demo.hypotheses()[0]
    assert again.version == one.version + 1
    assert latest_draft(again) == changed
    assert again.history[-1].person == "Ada"


def test_the_same_draft_gives_the_same_protocol(copy_of_demo: Project) -> None:
    one = copy_of_demo.hypotheses()[0]
    draft = latest_draft(one)
    assert draft is not None
    design = design_hypothesis(copy_of_demo, one.id, draft)
    assert design.protocol.content_hash == latest_protocol(copy_of_demo, one.id).content_hash


def test_a_hypothesis_without_a_study_says_so(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings("R1")
    one = copy_of_demo.register(found, found.names[0], person="Ada")
    assert latest_draft(one) is None
    with pytest.raises(NoStudy) as problem:
        latest_protocol(copy_of_demo, one.id)
    assert one.id in str(problem.value)
