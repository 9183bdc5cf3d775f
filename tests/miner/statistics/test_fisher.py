"""Fisher's test against exact rationals and scipy, at every small table and at large ones."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from miner.errors import ImpossibleCounts, UnknownOption
from miner.statistics.fisher import SIDES, log_fisher, log_least_attainable, log_mass, log_mid_p

cells = st.integers(0, 60)


def exact(a: int, b: int, c: int, d: int) -> dict[str, Fraction]:
    """All one- and two-sided p-values by exact rational arithmetic."""
    exposed, cases, n = a + b, a + c, a + b + c + d
    support = range(max(0, exposed + cases - n), min(exposed, cases) + 1)
    total = math.comb(n, exposed)
    mass = {k: Fraction(math.comb(cases, k) * math.comb(n - cases, exposed - k), total) for k in support}
    greater = sum((m for k, m in mass.items() if k >= a), Fraction(0))
    less = sum((m for k, m in mass.items() if k <= a), Fraction(0))
    return {
        "greater": greater,
        "less": less,
        "two-sided": sum((m for m in mass.values() if m <= mass[a]), Fraction(0)),
        "central": min(Fraction(1), 2 * min(greater, less)),
        "mass": mass[a],
    }


@pytest.mark.parametrize("side", SIDES)
def test_every_table_up_to_five_per_cell_equals_exact_rationals(side: str) -> None:
    tables = np.array(list(product(range(6), repeat=4)))
    expected = [float(exact(*map(int, t))[side]) for t in tables]
    assert np.allclose(np.exp(log_fisher(*tables.T, side)), expected, rtol=1e-12, atol=0)


@given(cells, cells, cells, cells)
def test_tables_equal_exact_rationals_on_every_side(a: int, b: int, c: int, d: int) -> None:
    expected = exact(a, b, c, d)
    for side in SIDES:
        assert math.exp(log_fisher(a, b, c, d, side)) == pytest.approx(float(expected[side]), rel=1e-11)
    assert math.exp(log_mass(a, b, c, d)) == pytest.approx(float(expected["mass"]), rel=1e-11)


@given(cells, cells, cells, cells)
def test_two_sided_p_is_the_one_of_scipy(a: int, b: int, c: int, d: int) -> None:
    assert math.exp(log_fisher(a, b, c, d, "two-sided")) == pytest.approx(
        stats.fisher_exact([[a, b], [c, d]])[1], rel=1e-9
    )


@given(cells, cells, cells, cells)
def test_exchanging_rows_exchanges_sides_and_transposing_changes_nothing(a: int, b: int, c: int, d: int) -> None:
    assert log_fisher(a, b, c, d, "greater") == pytest.approx(
        float(log_fisher(c, d, a, b, "less")), rel=1e-9, abs=1e-14
    )
    assert log_fisher(a, b, c, d, "two-sided") == pytest.approx(
        float(log_fisher(a, c, b, d, "two-sided")), rel=1e-9, abs=1e-14
    )


def test_large_tables_keep_ten_digits_of_p() -> None:
    n = 20_000
    rng = np.random.default_rng(11)
    x, y = rng.integers(50, n - 50, 60), rng.integers(50, n - 50, 60)
    centre = np.round(x * y / n).astype(int)
    a = np.clip(centre + rng.integers(-400, 400, 60), np.maximum(0, x + y - n), np.minimum(x, y))
    got = log_fisher(a, x - a, y - a, n - x - y + a)
    for i in range(60):
        assert got[i] == pytest.approx(exact_log_greater(int(a[i]), int(x[i]), int(y[i]), n), rel=1e-10, abs=1e-10)


def exact_log_greater(a: int, x: int, y: int, n: int) -> float:
    with mpmath.workdps(50):
        ln = lambda v: mpmath.loggamma(v + 1)  # noqa: E731
        start = ln(x) - ln(a) - ln(x - a) + ln(n - x) - ln(y - a) - ln(n - x - y + a) - ln(n) + ln(y) + ln(n - y)
        term = tail = mpmath.mpf(1)
        for k in range(a, min(x, y)):
            term *= mpmath.mpf((x - k) * (y - k)) / ((k + 1) * (n - x - y + k + 1))
            tail += term
        return float(start + mpmath.log(tail))


def test_a_table_of_millions_of_persons_neither_overflows_nor_underflows() -> None:
    m = 3_000_000
    assert log_fisher(m, 0, 0, m) < -4_000_000
    assert log_fisher(m, m, m, m, "two-sided") == 0
    assert -0.8 < log_fisher(m, m, m, m) < -0.6


def test_an_empty_margin_gives_p_of_one() -> None:
    for table in [(0, 0, 0, 0), (5, 0, 7, 0), (0, 0, 3, 9), (0, 5, 0, 7)]:
        assert all(log_fisher(*table, side) == 0 for side in SIDES)


@given(cells, cells, cells, cells)
def test_mid_p_takes_off_half_the_mass_of_the_table(a: int, b: int, c: int, d: int) -> None:
    p = exact(a, b, c, d)
    half = p["mass"] / 2
    assert math.exp(log_mid_p(a, b, c, d, "greater")) == pytest.approx(float(p["greater"] - half), rel=1e-11)
    assert math.exp(log_mid_p(a, b, c, d, "less")) == pytest.approx(float(p["less"] - half), rel=1e-11)
    doubled = min(Fraction(1), 2 * min(p["greater"] - half, p["less"] - half))
    assert math.exp(log_mid_p(a, b, c, d)) == pytest.approx(float(doubled), rel=1e-11)
    unlikely = float(p["two-sided"] - half)
    assert math.exp(log_mid_p(a, b, c, d, "minimum likelihood")) == pytest.approx(unlikely, rel=1e-7)


@given(st.integers(0, 15), st.integers(0, 15), st.integers(0, 15), st.integers(0, 15))
def test_no_table_with_the_same_margins_has_a_smaller_p_than_the_least_attainable(
    a: int, b: int, c: int, d: int
) -> None:
    exposed, cases, n = a + b, a + c, a + b + c + d
    counts = np.arange(max(0, exposed + cases - n), min(exposed, cases) + 1)
    for side in SIDES:
        every = log_fisher(counts, exposed - counts, cases - counts, n - exposed - cases + counts, side)
        assert log_least_attainable(a, b, c, d, side) == pytest.approx(float(every.min()), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("margins", [(6, 9, 20), (1, 15, 30), (10, 10, 21)])
def test_p_is_super_uniform_under_the_null(margins: tuple[int, int, int]) -> None:
    exposed, cases, n = margins
    a = np.arange(max(0, exposed + cases - n), min(exposed, cases) + 1)
    table = (a, exposed - a, cases - a, n - exposed - cases + a)
    mass = np.exp(log_mass(*table))
    for side in SIDES:
        p = np.exp(log_fisher(*table, side))
        for level in p:
            assert mass[p <= level + 1e-12].sum() <= level + 1e-9


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ImpossibleCounts):
        log_fisher(-1, 2, 3, 4)
    with pytest.raises(ImpossibleCounts):
        log_fisher(1.5, 2, 3, 4)
    with pytest.raises(ImpossibleCounts):
        log_fisher(np.array([1.0, np.nan]), 2, 3, 4)
    with pytest.raises(UnknownOption):
        log_fisher(1, 2, 3, 4, "both")
    with pytest.raises(UnknownOption):
        log_mid_p(1, 2, 3, 4, "central")
