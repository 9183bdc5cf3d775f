"""Every stored case of the statistics kinds, one test each."""

from __future__ import annotations

import pytest

from tests.oracle.adapters.statistics import ADAPTERS
from tests.oracle.cases import CASES, Case, load, load_exceptions
from tests.oracle.runner import answer

EXCEPTIONS = load_exceptions()
STORED = load(CASES / "statistics.json")


@pytest.mark.parametrize("case", STORED, ids=lambda case: case.id)
def test_the_product_gives_the_answer_of_the_oracle(case: Case) -> None:
    outcome = answer(case, {case.kind: [ADAPTERS[case.kind]]}, EXCEPTIONS)
    if outcome.unsupported:
        pytest.skip(outcome.unsupported)
    assert not outcome.mismatches


def test_a_wrong_answer_would_be_seen_in_every_kind() -> None:
    """Each kind fails when its answers are moved by one part in a hundred and a constant."""

    def moved(value: object) -> object:
        if isinstance(value, dict):
            return {key: moved(part) for key, part in value.items()}
        if isinstance(value, bool) or value is None:
            return value
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, list | tuple):
            return [moved(part) for part in value]
        return value * 1.01 + 0.003 if isinstance(value, int | float) else value

    for kind in {case.kind for case in STORED}:
        outcomes = []
        for case in STORED:
            if case.kind == kind:
                adapter = ADAPTERS[kind]
                outcomes.append(answer(case, {kind: [lambda inputs, a=adapter: moved(dict(a(inputs)))]}, EXCEPTIONS))
        assert all(outcome.unsupported for outcome in outcomes) or any(outcome.mismatches for outcome in outcomes)


def test_only_cases_of_data_that_is_not_at_hand_are_unsupported() -> None:
    unsupported = {
        case.id for case in STORED if answer(case, {case.kind: [ADAPTERS[case.kind]]}, EXCEPTIONS).unsupported
    }
    assert len(unsupported) == 8
    assert all(load_case.inputs.get("dataset") for load_case in STORED if load_case.id in unsupported)
