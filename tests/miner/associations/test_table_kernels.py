from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from miner.associations import table_kernels


def test_permuted_tables_keep_the_margins_law_and_are_reproducible():
    table = np.array([[8, 2, 1], [3, 9, 2], [1, 1, 6]])
    first = table_kernels.permuted_chi_square(table, 9_999, 10**9, np.uint64(5))
    again = table_kernels.permuted_chi_square(table, 9_999, 10**9, np.uint64(5))
    assert first == again
    rng = np.random.Generator(np.random.Philox(2))
    drawn = stats.random_table(table.sum(axis=1), table.sum(axis=0)).rvs(20_000, random_state=rng)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    reference = (((drawn - expected) ** 2 / expected).sum(axis=(1, 2))) >= (
        (table - expected) ** 2 / expected
    ).sum() - 1e-9
    error = np.sqrt(reference.mean() / 9_999 + reference.mean() / 20_000)
    assert first[0] / 9_999 == pytest.approx(reference.mean(), abs=4 * error + 1e-4)


def test_a_null_table_stops_after_the_exceedances_asked_for():
    tail, draws = table_kernels.permuted_chi_square(np.array([[5, 5], [5, 5], [5, 5]]), 9_999, 50, np.uint64(1))
    assert tail == 50
    assert draws == 50


def test_noncentrality_limits_bracket_the_statistic_as_scipys_distribution_does():
    x, df = np.array([3.0, 12.0, 80.0, 400.0]), np.array([2.0, 4.0, 6.0, 3.0])
    low, high = np.empty(4), np.empty(4)
    table_kernels.noncentrality_interval(x, df, 1.959964, low, high)
    assert low[0] == 0.0
    assert stats.ncx2.sf(x[1:], df[1:], low[1:]) == pytest.approx(np.full(3, 0.025), rel=0.05)
    assert stats.ncx2.cdf(x, df, high) == pytest.approx(np.full(4, 0.025), rel=0.08)
