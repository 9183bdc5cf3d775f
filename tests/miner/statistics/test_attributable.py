"""Attributable fractions and numbers needed, by hand and against their definitions."""

from __future__ import annotations

import math

import pytest

from miner.statistics.attributable import (
    attributable_fraction,
    number_needed,
    population_attributable_fraction,
    population_risk_difference,
    prevented_fraction,
)
from miner.statistics.proportions import wald_risk_ratio


def test_the_population_fraction_is_levins() -> None:
    a, b, c, d = 30, 70, 40, 360
    rr, prevalence = 3.0, 100 / 500
    levin = prevalence * (rr - 1) / (1 + prevalence * (rr - 1))
    found = population_attributable_fraction(a, b, c, d)
    assert found.estimate == pytest.approx(levin)
    assert found.low < levin < found.high
    share = a / (a + c) * (rr - 1) / rr
    assert found.estimate == pytest.approx(share)


def test_fractions_follow_the_risk_ratio() -> None:
    ratio = wald_risk_ratio(30, 70, 40, 360)
    found = attributable_fraction(30, 70, 40, 360)
    assert found.estimate == pytest.approx(2 / 3)
    assert found.low == pytest.approx(1 - 1 / float(ratio.low))
    prevented = prevented_fraction(8, 92, 25, 75)
    assert prevented.estimate == pytest.approx(1 - 0.32)
    assert prevented.low < prevented.estimate < prevented.high


def test_the_population_difference_is_the_excess_of_everyone_over_the_unexposed() -> None:
    found = population_risk_difference(30, 70, 40, 360)
    assert found.estimate == pytest.approx(70 / 500 - 40 / 400)
    assert found.low < found.estimate < found.high


def test_numbers_needed_say_benefit_or_harm_by_whether_the_outcome_is_wanted() -> None:
    needed = number_needed(30, 70, 10, 90, method="wald")
    assert needed.estimate == pytest.approx(5)
    assert not needed.disjoint
    assert needed.say(outcome_wanted=True).startswith("NNTB 5.0 (95 % interval: NNTB ")
    assert needed.say(outcome_wanted=False).startswith("NNTH 5.0 (95 % interval: NNTH ")


def test_an_interval_that_holds_no_difference_runs_through_infinity() -> None:
    needed = number_needed(3, 1, 1, 3, method="wald")
    assert needed.disjoint
    assert needed.low < 0 < needed.high
    assert needed.say(outcome_wanted=True) == "NNTB 2.0 (95 % interval: NNTB 0.9 to infinity to NNTH 10.0)"
    other = number_needed(1, 3, 3, 1, method="wald")
    assert other.say(outcome_wanted=True) == "NNTH 2.0 (95 % interval: NNTH 0.9 to infinity to NNTB 10.0)"


def test_no_difference_needs_infinitely_many_persons() -> None:
    needed = number_needed(5, 5, 5, 5)
    assert needed.estimate == math.inf
    assert "infinity" in needed.say(outcome_wanted=True)


def test_empty_rows_and_cells_are_undefined_and_never_an_error() -> None:
    assert math.isnan(population_risk_difference(1, 2, 0, 0).estimate)
    assert math.isnan(population_attributable_fraction(0, 5, 0, 5).estimate)
    assert population_attributable_fraction(5, 5, 0, 5).estimate == 1
    assert attributable_fraction(5, 5, 0, 5).estimate == 1
    assert attributable_fraction(0, 5, 5, 5).estimate == -math.inf
    assert math.isnan(attributable_fraction(0, 0, 5, 5).estimate)
