"""Each stored case of the diagrams and of the wording, through the public functions."""

from __future__ import annotations

import pytest

from tests.oracle.adapters.causal_graph import ADAPTERS
from tests.oracle.cases import CASES, Case, load, load_exceptions
from tests.oracle.runner import answer

STORED = [
    case for name in ("causal.json", "causal_dagitty.json") for case in load(CASES / name) if case.kind in ADAPTERS
]


@pytest.mark.parametrize("case", STORED, ids=lambda case: case.id)
def test_the_product_gives_the_stored_answer(case: Case) -> None:
    outcome = answer(case, {kind: [adapter] for kind, adapter in ADAPTERS.items()}, load_exceptions())

    assert not outcome.unsupported
    assert outcome.mismatches == []


def test_every_candidate_set_of_a_case_is_judged() -> None:
    # Textbook graph of Greenland, Pearl & Robins (1999), figure 6; no stored case has this kind.
    inputs = {
        "edges": [["a", "x"], ["a", "z"], ["b", "z"], ["b", "y"], ["z", "x"], ["z", "y"], ["x", "y"]],
        "exposure": "x",
        "outcome": "y",
        "candidate_sets": [[], ["z"], ["a", "z"], ["b", "z"], ["a", "b"], ["a", "b", "z"]],
    }
    assert ADAPTERS["adjustment_validity"](inputs) == {"valid": [False, False, True, True, False, True]}
