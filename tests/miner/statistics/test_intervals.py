"""Score intervals against a constrained likelihood maximised numerically, and their coverage by enumeration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import binom

from miner.errors import UnknownOption
from miner.statistics.intervals import critical_value, odds_ratio, risk_difference, risk_ratio

TABLES = [
    (8, 92, 25, 75),
    (3, 1, 1, 3),
    (0, 10, 4, 6),
    (4, 0, 0, 4),
    (5, 0, 2, 8),
    (104, 10933, 189, 10845),
    (1, 9, 9, 1),
]
FORMS = [risk_ratio, risk_difference, odds_ratio]
cells = st.integers(0, 40)


def numeric_z(form: object, table: tuple[int, int, int, int], value: float, factor: float) -> float:
    """|score| at a trial value, from a one-dimensional numerical maximisation of the likelihood."""
    a, b, c, d = table
    n1, n2 = a + b, c + d

    def first(p2: float) -> float:
        if form is risk_difference:
            return p2 + value
        if form is risk_ratio:
            return p2 * value
        return p2 * value / (1 - p2 + p2 * value)

    low, high = 0.0, 1.0
    if form is risk_difference:
        low, high = max(0.0, -value), min(1.0, 1 - value)
    if form is risk_ratio:
        high = min(1.0, 1 / value)

    def loss(p2: float) -> float:
        p1 = min(1.0, max(0.0, first(p2)))
        return -float(xlogy(a, p1) + xlogy(b, 1 - p1) + xlogy(c, p2) + xlogy(d, 1 - p2))

    p2 = float(minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x)
    p1 = first(p2)
    v1, v2 = p1 * (1 - p1) / n1, p2 * (1 - p2) / n2
    if form is risk_difference:
        return abs(a / n1 - c / n2 - value) / math.sqrt((v1 + v2) * factor)
    if form is risk_ratio:
        return abs(a / n1 - value * c / n2) / math.sqrt((v1 + value**2 * v2) * factor)
    i1, i2 = n1 * p1 * (1 - p1), n2 * p2 * (1 - p2)
    return abs(a - n1 * p1) / math.sqrt(factor / (1 / i1 + 1 / i2))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("corrected", [False, True])
def test_at_each_finite_limit_the_score_is_the_critical_value(form, table, corrected) -> None:  # type: ignore[no-untyped-def]
    n = sum(table)
    estimates = form(*table, corrected=corrected)
    bounds = (-1.0, 1.0) if form is risk_difference else (0.0, math.inf)
    for limit in (float(estimates.low), float(estimates.high)):
        if limit not in bounds:
            z = numeric_z(form, table, limit, n / (n - 1) if corrected else 1.0)
            assert z == pytest.approx(critical_value(0.95), rel=1e-4)


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__name__)
@given(cells, cells, cells, cells)
def test_every_interval_holds_its_estimate(form, a, b, c, d) -> None:  # type: ignore[no-untyped-def]
    found = form(a, b, c, d)
    if a + b == 0 or c + d == 0:
        assert math.isnan(found.estimate)
        assert math.isnan(found.low)
    elif not math.isnan(found.estimate):
        assert found.low - 1e-9 <= found.estimate
        assert found.estimate <= found.high + 1e-9


@given(cells, cells, cells, cells)
def test_exchanging_the_rows_inverts_ratios_and_negates_differences(a: int, b: int, c: int, d: int) -> None:
    for form in (risk_ratio, odds_ratio):
        one, two = form(a, b, c, d), form(c, d, a, b)
        with np.errstate(divide="ignore"):
            assert one.low == pytest.approx(1 / two.high, rel=1e-6, nan_ok=True)
            assert one.high == pytest.approx(1 / two.low, rel=1e-6, nan_ok=True)
    one, two = risk_difference(a, b, c, d), risk_difference(c, d, a, b)
    assert one.low == pytest.approx(-two.high, abs=1e-8, nan_ok=True)


@given(cells, cells, cells, cells)
def test_exchanging_cases_and_non_cases_inverts_the_odds_ratio(a: int, b: int, c: int, d: int) -> None:
    one, two = odds_ratio(a, b, c, d), odds_ratio(b, a, d, c)
    with np.errstate(divide="ignore"):
        assert one.low == pytest.approx(1 / two.high, rel=1e-6, nan_ok=True)


def test_empty_cells_give_limits_and_never_an_added_half() -> None:
    assert float(risk_ratio(0, 10, 4, 6).estimate) == 0
    assert float(odds_ratio(4, 0, 0, 4).estimate) == math.inf
    assert float(risk_ratio(5, 0, 2, 8).low) == pytest.approx(1.7904, abs=1e-4)
    none = risk_ratio(0, 5, 0, 5)
    assert math.isnan(none.estimate)
    assert (float(none.low), float(none.high)) == (0.0, math.inf)


def test_a_higher_confidence_gives_a_wider_interval() -> None:
    for form in FORMS:
        narrow, wide = form(8, 92, 25, 75, confidence=0.8), form(8, 92, 25, 75, confidence=0.99)
        assert wide.low < narrow.low
        assert narrow.high < wide.high


def test_a_confidence_outside_0_and_1_is_refused() -> None:
    with pytest.raises(UnknownOption):
        risk_ratio(1, 2, 3, 4, confidence=95)


def test_arrays_give_what_their_tables_give_alone() -> None:
    tables = np.array(TABLES)
    for form in FORMS:
        together = form(*tables.T)
        for i, table in enumerate(TABLES):
            assert together.low[i] == form(*table).low
            assert together.high[i] == form(*table).high


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__name__)
def test_coverage_by_exact_enumeration_of_all_tables(form) -> None:  # type: ignore[no-untyped-def]
    """Thirty points of two risks and sizes: mean coverage .94 to .97, none below .90."""
    found = []
    for n1, n2 in [(20, 20), (15, 40), (30, 30)]:
        x1, x2 = (v.ravel() for v in np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij"))
        limits = form(x1, n1 - x1, x2, n2 - x2)
        for p1, p2 in [(p, q) for p in (0.1, 0.3, 0.5, 0.8) for q in (0.1, 0.4, 0.7) if (p, q) != (0.1, 0.7)][:10]:
            mass = binom.pmf(x1, n1, p1) * binom.pmf(x2, n2, p2)
            truth = {
                risk_ratio: p1 / p2,
                risk_difference: p1 - p2,
                odds_ratio: p1 * (1 - p2) / (p2 * (1 - p1)),
            }[form]
            found.append(float(mass[(limits.low <= truth) & (truth <= limits.high)].sum()))
    assert len(found) == 30
    assert 0.94 <= np.mean(found) <= 0.97
    assert min(found) >= 0.90
