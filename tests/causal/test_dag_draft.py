"""The draft: marks become statuses, positions are numbers, instructions are refused."""

from __future__ import annotations

import pytest

from causal.dag import Dag, Node, Status
from causal.dag_draft import MAX_CHARACTERS, Draft, flags_of, prepared, refuse_instruction
from miner.errors import DagSyntax, DagUnsafe


def test_a_named_status_is_more_than_the_latent_mark() -> None:
    draft = Draft("any")
    draft.mark("a", "latent", "", line=1)
    draft.mark("a", "status", "measurable_not_measured", line=1)
    draft.mark("b", "observed", "No", line=2)
    draft.mark("c", "latent", "false", line=3)
    draft.mark("c", "colour", "red", line=3)
    assert [node.status for node in draft.build()] == [Status.MEASURABLE, Status.LATENT, Status.OBSERVED]


@pytest.mark.parametrize(("x", "y"), [("a", "1"), ("nan", "1"), ("1", "inf"), ("", "")])
def test_a_position_is_two_finite_numbers(x: str, y: str) -> None:
    with pytest.raises(DagSyntax, match="line 4"):
        Draft("any").place("a", x, y, line=4)


@pytest.mark.parametrize("word", ["URL", "edgeURL", "href", "xlink_href", "click", "Callback"])
def test_words_that_do_something_are_refused(word: str) -> None:
    with pytest.raises(DagUnsafe, match=word):
        refuse_instruction(word, 7)


def test_a_text_of_the_largest_size_is_read_and_one_more_is_not() -> None:
    assert len(prepared("x" * MAX_CHARACTERS, "any")) == MAX_CHARACTERS
    assert prepared("\ufeffdag", "any") == "dag"
    with pytest.raises(DagSyntax):
        prepared("x" * (MAX_CHARACTERS + 1), "any")


def test_the_marks_of_a_node_are_those_it_was_given() -> None:
    node = Node(name="a", status=Status.MEASURABLE, selection=True)
    dag = Dag(nodes=(node,), exposures=("a",), adjusted=("a",))
    assert flags_of(dag, node) == ["exposure", "adjusted", "latent", "selected"]
