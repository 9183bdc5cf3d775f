"""Each stored case of the corrections, through the public functions."""

from __future__ import annotations

import pytest

from tests.oracle.adapters.multiplicity import ADAPTERS
from tests.oracle.cases import CASES, Case, load, load_exceptions
from tests.oracle.runner import answer

STORED = load(CASES / "multiplicity.json")


@pytest.mark.parametrize("case", STORED, ids=lambda case: case.id)
def test_the_product_gives_the_stored_answer(case: Case) -> None:
    outcome = answer(case, {kind: [adapter] for kind, adapter in ADAPTERS.items()}, load_exceptions())

    assert not outcome.unsupported
    assert outcome.mismatches == []


def test_every_kind_has_a_stored_case() -> None:
    assert {case.kind for case in STORED} == set(ADAPTERS)
