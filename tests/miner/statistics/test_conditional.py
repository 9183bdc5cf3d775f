"""Exact odds ratios against scipy's and against rational enumeration of all tables."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats.contingency import odds_ratio

from miner.errors import ImpossibleCounts, TooLarge
from miner.statistics.conditional import conditional_odds_ratio
from miner.statistics.fisher import log_fisher

cells = st.integers(0, 25)


@settings(max_examples=40)
@given(cells, cells, cells, cells)
def test_estimate_and_limits_of_one_table_equal_scipy(a: int, b: int, c: int, d: int) -> None:
    ours = conditional_odds_ratio([[a, b], [c, d]])
    if 0 in {a + b, c + d, a + c, b + d}:
        assert math.isnan(ours.estimate)
        assert (ours.low, ours.high, ours.ln_p_two_sided) == (0.0, math.inf, 0.0)
        return
    theirs = odds_ratio([[a, b], [c, d]], kind="conditional")
    limits = theirs.confidence_interval(0.95)
    assert ours.estimate == pytest.approx(theirs.statistic, rel=1e-6)
    assert ours.low == pytest.approx(limits.low, rel=1e-6)
    assert ours.high == pytest.approx(limits.high, rel=1e-6)


@given(cells, cells, cells, cells)
def test_p_of_one_table_is_fishers(a: int, b: int, c: int, d: int) -> None:
    ours = conditional_odds_ratio([[a, b], [c, d]])
    assert ours.ln_p_greater == pytest.approx(float(log_fisher(a, b, c, d)), rel=1e-9, abs=1e-11)
    assert ours.ln_p_less == pytest.approx(float(log_fisher(a, b, c, d, "less")), rel=1e-9, abs=1e-11)
    assert ours.ln_p_two_sided == pytest.approx(float(log_fisher(a, b, c, d, "two-sided")), rel=1e-9, abs=1e-11)


def test_p_of_strata_equals_exact_rationals() -> None:
    strata = [[[2, 1], [5, 7]], [[3, 2], [1, 6]], [[0, 4], [3, 9]]]
    laws = []
    for (a, b), (c, d) in strata:
        exposed, cases, n = a + b, a + c, a + b + c + d
        support = range(max(0, exposed + cases - n), min(exposed, cases) + 1)
        total = math.comb(n, exposed)
        laws.append({k: Fraction(math.comb(cases, k) * math.comb(n - cases, exposed - k), total) for k in support})
    mass: dict[int, Fraction] = {}
    for chosen in product(*laws):
        weight = math.prod((law[k] for law, k in zip(laws, chosen, strict=True)), start=Fraction(1))
        mass[sum(chosen)] = mass.get(sum(chosen), Fraction(0)) + weight
    seen = sum(table[0][0] for table in strata)
    ours = conditional_odds_ratio(strata)
    assert math.exp(ours.ln_p_greater) == pytest.approx(float(sum(m for k, m in mass.items() if k >= seen)), rel=1e-11)
    two_sided = float(sum(m for m in mass.values() if m <= mass[seen]))
    assert math.exp(ours.ln_p_two_sided) == pytest.approx(two_sided, rel=1e-11)


def test_mid_p_limits_lie_within_the_exact_ones() -> None:
    ours = conditional_odds_ratio([[8, 92], [25, 75]])
    assert ours.low < ours.mid_p_low < ours.mid_p_estimate < ours.mid_p_high < ours.high


def test_an_empty_cell_gives_an_estimate_of_0_or_infinity_with_one_finite_limit() -> None:
    none, all_ = conditional_odds_ratio([[0, 10], [4, 6]]), conditional_odds_ratio([[4, 0], [0, 4]])
    assert (none.estimate, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(1.298, abs=1e-3)
    assert (all_.estimate, all_.high) == (math.inf, math.inf)
    assert all_.low == pytest.approx(1.339, abs=1e-3)


def test_a_large_table_is_computed_and_too_many_strata_are_refused() -> None:
    large = conditional_odds_ratio([[900, 99_100], [500, 99_500]])
    assert large.low < 1.8073 < large.high
    with pytest.raises(TooLarge):
        conditional_odds_ratio(np.full((3, 2, 2), 20_000))


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ImpossibleCounts):
        conditional_odds_ratio([1, 2, 3, 4])
    with pytest.raises(ImpossibleCounts):
        conditional_odds_ratio([[1, -2], [3, 4]])
