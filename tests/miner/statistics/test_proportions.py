"""Closed-form intervals against statsmodels and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from miner.statistics import proportions

positive = st.integers(1, 60)


@given(st.integers(0, 50), st.integers(0, 50))
def test_wilson_and_clopper_pearson_equal_statsmodels(cases: int, others: int) -> None:
    n = cases + others
    if n == 0:
        assert math.isnan(proportions.wilson(0, 0).estimate)
        assert math.isnan(proportions.clopper_pearson(0, 0).low)
        return
    for ours, theirs in ((proportions.wilson, "wilson"), (proportions.clopper_pearson, "beta")):
        low, high = proportion_confint(cases, n, method=theirs)
        found = ours(cases, n)
        assert float(found.low) == pytest.approx(low, abs=1e-10)
        assert float(found.high) == pytest.approx(high, abs=1e-10)


@given(positive, positive, positive, positive)
def test_wald_ratios_equal_statsmodels_without_a_shift(a: int, b: int, c: int, d: int) -> None:
    table = Table2x2(np.array([[a, b], [c, d]]), shift_zeros=False)
    odds, risk = proportions.wald_odds_ratio(a, b, c, d), proportions.wald_risk_ratio(a, b, c, d)
    assert (odds.low, odds.high) == pytest.approx(table.oddsratio_confint(), rel=1e-9)
    assert (risk.low, risk.high) == pytest.approx(table.riskratio_confint(), rel=1e-9)
    shifted = Table2x2(np.array([[a, b], [c, d]]) + 0.5, shift_zeros=False)
    haldane = proportions.haldane_odds_ratio(a, b, c, d)
    assert haldane.estimate == pytest.approx(shifted.oddsratio)
    assert haldane.low == pytest.approx(shifted.oddsratio_confint()[0])


@given(positive, positive, positive, positive)
def test_newcombe_and_wald_differences_equal_statsmodels(a: int, b: int, c: int, d: int) -> None:
    for ours, theirs in (
        (proportions.newcombe_risk_difference, "newcomb"),
        (proportions.wald_risk_difference, "wald"),
    ):
        low, high = confint_proportions_2indep(a, a + b, c, c + d, method=theirs, compare="diff")
        found = ours(a, b, c, d)
        assert float(found.low) == pytest.approx(low, abs=1e-9)
        assert float(found.high) == pytest.approx(high, abs=1e-9)


def test_empty_cells_are_limits_and_not_shifted() -> None:
    none = proportions.wald_odds_ratio(0, 10, 4, 6)
    assert (float(none.estimate), float(none.low), float(none.high)) == (0.0, 0.0, math.inf)
    all_ = proportions.wald_risk_ratio(4, 0, 0, 4)
    assert float(all_.estimate) == math.inf
    assert float(all_.high) == math.inf
    assert math.isnan(proportions.wald_risk_ratio(0, 0, 1, 2).estimate)
    assert math.isnan(proportions.wald_risk_ratio(0, 0, 1, 2).low)
