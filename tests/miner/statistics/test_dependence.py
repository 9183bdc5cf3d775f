"""Distance correlation by its definition, and xi where ties would break others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from miner.statistics import dependence
from miner.statistics.dependence import chatterjee_xi, distance_correlation
from miner.statistics.results import Status

columns = st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=4, max_size=25)


def by_definition(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Distance correlation and its bias-corrected square from the full matrices."""
    n = len(x)
    a, b = (np.abs(v[:, None] - v) for v in (x, y))
    plain = [m - m.mean(axis=0) - m.mean(axis=1)[:, None] + m.mean() for m in (a, b)]
    unbiased = []
    for m in (a, b):
        u = m - m.sum(axis=0) / (n - 2) - m.sum(axis=1)[:, None] / (n - 2) + m.sum() / ((n - 1) * (n - 2))
        np.fill_diagonal(u, 0)
        unbiased.append(u)
    dcor = math.sqrt(max(0, (plain[0] * plain[1]).sum()) / math.sqrt((plain[0] ** 2).sum() * (plain[1] ** 2).sum()))
    scale = math.sqrt((unbiased[0] ** 2).sum() * (unbiased[1] ** 2).sum())
    return dcor, (unbiased[0] * unbiased[1]).sum() / scale if scale > 1e-9 else math.nan


@settings(max_examples=50)
@given(columns)
def test_distance_correlation_follows_its_definition(rows: list[tuple[int, int]]) -> None:
    x, y = (np.array(v, dtype=float) for v in zip(*rows, strict=True))
    result = distance_correlation(x, y)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert result.status is Status.NOT_COMPUTED
        return
    dcor, corrected = by_definition(x, y)
    assert result.effect.estimate == pytest.approx(dcor, abs=1e-7)
    if not math.isnan(corrected):
        assert result.effects[2].estimate == pytest.approx(corrected, abs=1e-9)


def test_blocks_of_rows_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=100)
    y = x**2 + rng.normal(size=100)
    whole = distance_correlation(x, y)
    monkeypatch.setattr(dependence, "ROWS_AT_ONCE", 7)
    assert distance_correlation(x, y).ln_p == pytest.approx(whole.ln_p, rel=1e-9)


def test_a_parabola_is_seen_where_a_correlation_sees_nothing() -> None:
    x = np.linspace(-1, 1, 101)
    assert abs(stats.pearsonr(x, x**2).statistic) < 1e-12
    assert distance_correlation(x, x**2).ln_p < -20
    assert chatterjee_xi(x, x**2).effect.estimate > 0.9


def test_xi_without_ties_equals_scipy() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=80)
    y = np.sin(3 * x) + 0.3 * rng.normal(size=80)
    ours, theirs = chatterjee_xi(x, y), stats.chatterjeexi(x, y, y_continuous=False)
    assert ours.effect.estimate == pytest.approx(theirs.statistic, abs=1e-10)
    assert math.exp(ours.ln_p) == pytest.approx(theirs.pvalue, rel=1e-6)


def test_xi_of_a_constant_is_refused_and_not_significant() -> None:
    y = np.arange(50) % 7
    assert chatterjee_xi(np.zeros(50), y).status is Status.NOT_COMPUTED
    assert math.isnan(chatterjee_xi(y, np.ones(50)).ln_p)


def test_the_order_of_rows_does_not_make_an_association() -> None:
    """A sorted file with a two-valued x: breaking ties by row would give a large xi."""
    x = np.repeat([0.0, 1.0], 100)
    y = np.tile(np.arange(100.0), 2)
    sorted_xi = stats.chatterjeexi(x, y).statistic
    assert sorted_xi > 0.5
    assert abs(chatterjee_xi(x, y, seed=1).effect.estimate) < 0.1
    assert chatterjee_xi(x, y, seed=1).ln_p == chatterjee_xi(x, y, seed=1).ln_p


def test_xi_p_is_uniform_enough_under_independence_with_ties() -> None:
    rng = np.random.default_rng(9)
    p = [
        math.exp(chatterjee_xi(rng.integers(0, 40, 60), rng.integers(0, 5, 60), seed=i, tie_breaks=10).ln_p)
        for i in range(300)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.09


def test_too_few_persons_have_no_normal_law() -> None:
    result = chatterjee_xi([1, 2, 3, 4], [1, 3, 2, 4])
    assert result.status is Status.NOT_COMPUTED
    assert math.isfinite(result.effect.estimate)
    assert distance_correlation([1, 2, 3], [1, 2, 3]).status is Status.NOT_COMPUTED
    assert chatterjee_xi([1], [1]).status is Status.NOT_COMPUTED
