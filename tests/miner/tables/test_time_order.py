"""Time order: after is refused with the reason, overlap is flagged and explained."""

from __future__ import annotations

import pytest

from miner.errors import AfterExposure, AfterOutcome
from miner.tables.model import Dictionary, Interval, Kind, Variable
from miner.tables.time_order import TEXTS, TimeOrderFinding, check_time_order


def dictionary(**times: tuple[float, float] | None) -> Dictionary:
    return Dictionary(
        name="t",
        variables=tuple(
            Variable(name=name, kind=Kind.COUNT, measured=None if t is None else Interval(start=t[0], end=t[1]))
            for name, t in times.items()
        ),
    )


@pytest.mark.parametrize(
    ("exposure", "outcome", "code"),
    [
        ((0, 0), (1, 2), None),
        ((0, 0), (0, 11), "exposure_overlaps_outcome"),
        ((0, 11), (11, 11), "exposure_overlaps_outcome"),
        ((0, 5), (3, 9), "exposure_overlaps_outcome"),
        ((0, 0), (0, 0), "same_time"),
        ((11, 11), (0, 5), "exposure_after_outcome"),
        ((5, 6), (0, 5), "exposure_after_outcome"),
        (None, (0, 5), "time_unknown"),
        ((0, 0), None, "time_unknown"),
    ],
)
def test_exposure_and_outcome(exposure, outcome, code):
    found = check_time_order(dictionary(x=exposure, y=outcome), ["x"], ["y"])

    assert [finding.code for finding in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("covariate", "exposure", "code"),
    [
        ((-5, 0), (0, 11), None),
        ((0, 0), (0, 0), None),
        ((11, 11), (0, 11), "covariate_after_exposure"),
        ((12, 13), (0, 11), "covariate_after_exposure"),
        ((-5, 3), (0, 11), "covariate_overlaps_exposure"),
        (None, (0, 1), "time_unknown"),
    ],
)
def test_covariate_and_exposure(covariate, exposure, code):
    found = check_time_order(dictionary(c=covariate, x=exposure), ["x"], [], ["c"])

    assert [finding.code for finding in found] == ([code] if code else [])


def test_strictly_asked_the_first_refusal_is_an_error_with_names_and_years():
    with pytest.raises(AfterExposure, match="'c' was measured up to year 11") as caught:
        check_time_order(dictionary(c=(11, 11), x=(0, 11), y=(12, 12)), ["x"], ["y"], ["c"], strict=True)
    assert "year 0" in caught.value.say()
    with pytest.raises(AfterOutcome, match="'x' starts in year 11"):
        check_time_order(dictionary(x=(11, 11), y=(0, 5)), ["x"], ["y"], strict=True)


def test_overlaps_are_never_refused():
    found = check_time_order(dictionary(x=(0, 11), y=(11, 11)), ["x"], ["y"], strict=True)

    assert [finding.guardrail for finding in found] == ["G13"]
    assert not found[0].refused


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_every_finding_can_be_said(code):
    assert TimeOrderFinding(code=code, variable="x", other="y", when=1, other_when=2).text.startswith("'x'")
