"""Correlations against scipy and statsmodels, and the laws of ranks."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from miner.errors import UnequalLengths
from miner.statistics.correlation import (
    kendall,
    partial_pearson,
    partial_spearman,
    pearson,
    ranks,
    rounded,
    semipartial_pearson,
    spearman,
    spearman_exact,
)
from miner.statistics.results import Status

grid = hnp.arrays(np.float64, st.integers(5, 40), elements=st.integers(-6, 6).map(float))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    x = draw(grid)
    return x, draw(hnp.arrays(np.float64, len(x), elements=st.integers(-6, 6).map(float)))


@given(pairs())
def test_each_correlation_equals_scipy_with_ties(pair: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = pair
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        for form in (pearson, spearman, kendall):
            result = form(x, y)
            assert result.status is Status.NOT_COMPUTED
            assert result.reason
            assert math.isnan(result.ln_p)
        return
    for form, theirs in ((pearson, stats.pearsonr), (spearman, stats.spearmanr)):
        ours, expected = form(x, y), theirs(x, y)
        assert ours.effect.estimate == pytest.approx(expected.statistic, abs=1e-12)
        if abs(expected.statistic) < 0.999:
            assert math.exp(ours.ln_p) == pytest.approx(expected.pvalue, rel=1e-9)
    expected = stats.kendalltau(x, y, method="asymptotic")
    ours = kendall(x, y)
    assert ours.effect.estimate == pytest.approx(expected.statistic, abs=1e-12)
    assert math.exp(ours.ln_p) == pytest.approx(expected.pvalue, rel=1e-9)


def test_pearsons_interval_is_fishers_z() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=30)
    y = x + rng.normal(size=30)
    ours = pearson(x, y, confidence=0.9).effect
    expected = stats.pearsonr(x, y).confidence_interval(0.9)
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high), rel=1e-10)


def test_the_interval_of_spearmans_rho_covers() -> None:
    rng = np.random.default_rng(7)
    truth = 6 / math.pi * math.asin(0.5 / 2)
    hits = 0
    for _ in range(400):
        x = rng.normal(size=60)
        y = 0.5 * x + math.sqrt(0.75) * rng.normal(size=60)
        effect = spearman(x, y).effect
        hits += effect.low <= truth <= effect.high
    assert 0.92 <= hits / 400 <= 0.98


def test_partial_correlations_equal_residuals_of_statsmodels() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=(80, 2))
    x, y = z @ [1.0, -0.5] + rng.normal(size=80), z @ [0.3, 0.8] + rng.normal(size=80)
    design = sm.add_constant(z)
    left, right = (sm.OLS(v, design).fit().resid for v in (x, y))
    ours = partial_pearson(x, y, z)
    assert ours.effect.estimate == pytest.approx(stats.pearsonr(left, right).statistic, rel=1e-10)
    assert ours.df == 76
    fitted = sm.OLS(y, np.column_stack([design, x])).fit()
    assert ours.statistic == pytest.approx(fitted.tvalues[-1], rel=1e-9)
    assert math.exp(ours.ln_p) == pytest.approx(fitted.pvalues[-1], rel=1e-8)
    by_ranks = partial_pearson(ranks(x), ranks(y), np.column_stack([ranks(c) for c in z.T]))
    assert partial_spearman(x, y, z).effect.estimate == pytest.approx(by_ranks.effect.estimate, rel=1e-12)
    half = semipartial_pearson(x, y, z)
    assert half.effect.estimate == pytest.approx(stats.pearsonr(x, right).statistic, rel=1e-10)


def test_nothing_is_left_of_a_variable_that_the_others_determine() -> None:
    rng = np.random.default_rng(4)
    z = rng.normal(size=50)
    result = partial_pearson(2 * z + 3, rng.normal(size=50), z)
    assert result.status is Status.NOT_COMPUTED


@given(pairs())
def test_no_increasing_transformation_changes_rank_correlations(pair: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = pair
    for form in (spearman, kendall):
        plain, moved = form(x, y), form(np.exp(x / 3), 5 * y - 2)
        assert plain.ln_p == pytest.approx(moved.ln_p, rel=1e-9, nan_ok=True)
        assert form(y, x).ln_p == pytest.approx(plain.ln_p, rel=1e-9, nan_ok=True)
        assert form(x, -y).effect.estimate == pytest.approx(-plain.effect.estimate, abs=1e-12, nan_ok=True)


def test_numbers_that_differ_in_the_last_digit_only_are_ties() -> None:
    x = np.array([0.1 + 0.2, 0.3, 1.0, 2.0])
    assert ranks(x).tolist() == [1.5, 1.5, 3.0, 4.0]
    assert rounded(np.array([0.0, -1.5, 1e300, 5e-324, 123456.7890123456])).tolist() == [
        0.0,
        -1.5,
        1e300,
        5e-324,
        123456.789012,
    ]


def test_unknown_values_are_left_out_in_pairs() -> None:
    x = [1.0, 2.0, np.nan, 4.0, 5.0, 7.0]
    y = [2.0, np.nan, 3.0, 1.0, 6.0, 9.0]
    assert spearman(x, y).n == 4
    assert spearman(x, y).ln_p == spearman([1, 4, 5, 7], [2, 1, 6, 9]).ln_p


def test_a_perfect_fit_is_degenerate_and_says_so() -> None:
    result = pearson([1, 2, 3, 4], [3, 5, 7, 9])
    assert result.status is Status.DEGENERATE
    assert result.ln_p == -math.inf
    assert (result.effect.estimate, result.effect.low, result.effect.high) == (1, 1, 1)


def test_strong_associations_of_many_persons_keep_their_ln_p() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=20_000)
    result = pearson(x, 5 * x + rng.normal(size=20_000))
    assert -50_000 < result.ln_p < -20_000


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_persons_give_no_correlation(n: int) -> None:
    x = np.arange(n, dtype=float)
    assert pearson(x, x).status is Status.NOT_COMPUTED
    assert spearman(x, x).status is Status.NOT_COMPUTED


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=6))
def test_exact_p_of_rho_counts_all_orders(rows: list[tuple[int, int]]) -> None:
    x, y = (np.array(v, dtype=float) for v in zip(*rows, strict=True))
    result = spearman_exact(x, y)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert result.status is Status.NOT_COMPUTED
        return
    seen = abs(stats.spearmanr(x, y).statistic)
    far = [abs(np.corrcoef(ranks(x), p)[0, 1]) >= seen - 1e-9 for p in permutations(ranks(y))]
    assert math.exp(result.ln_p) == pytest.approx(np.mean(far), rel=1e-12)


@pytest.mark.parametrize("form", [pearson, spearman, kendall], ids=lambda f: f.__name__)
def test_p_is_uniform_under_independence(form) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(20)
    p = [math.exp(form(rng.normal(size=40), rng.normal(size=40)).ln_p) for _ in range(1000)]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_partial_p_is_uniform_where_all_association_runs_through_the_third() -> None:
    rng = np.random.default_rng(21)
    p, crude = [], []
    for _ in range(600):
        z = rng.normal(size=60)
        x, y = z + rng.normal(size=60), z + rng.normal(size=60)
        p.append(math.exp(partial_pearson(x, y, z).ln_p))
        crude.append(math.exp(pearson(x, y).ln_p))
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(crude) < 0.05) > 0.9


def test_many_persons_are_left_to_the_approximation() -> None:
    assert spearman_exact(np.arange(10.0), np.arange(10.0)).reason


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(UnequalLengths):
        pearson([1, 2, 3], [1, 2])
    with pytest.raises(UnequalLengths):
        partial_pearson([1, 2, 3], [1, 2, 3], [[1], [2]])
