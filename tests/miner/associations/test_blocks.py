from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from miner.associations.blocks import correlation_blocks, joint_counts


def all_pairs(values, **options):
    q = len(values)
    found = {name: np.full((q, q), np.nan) for name in ("r", "n", "ln_p", "low", "high")}
    for block in correlation_blocks(values, **options):
        for name, matrix in found.items():
            part = getattr(block, name)
            matrix[block.first : block.first + len(part), block.first :] = part
    return found


@pytest.fixture(scope="module")
def values():
    rng = np.random.Generator(np.random.Philox(2))
    values = rng.normal(size=(290, 60)) + 0.4 * rng.normal(size=60)
    values[:100] = np.round(values[:100])
    return values


@pytest.mark.parametrize("unknown", [0.0, 0.15])
def test_pearson_ln_p_and_interval_are_scipys_pair_by_pair(values, unknown):
    rng = np.random.Generator(np.random.Philox(3))
    values = np.where(rng.random(values.shape) < unknown, np.nan, values * 1000 + 5e4)
    found = all_pairs(values)
    for i, j in [(0, 1), (5, 280), (270, 289), (255, 256)]:
        keep = ~np.isnan(values[i]) & ~np.isnan(values[j])
        expected = stats.pearsonr(values[i][keep], values[j][keep])
        interval = expected.confidence_interval()
        assert found["n"][i, j] == keep.sum()
        assert found["r"][i, j] == pytest.approx(expected.statistic, abs=1e-11)
        assert found["ln_p"][i, j] == pytest.approx(math.log(expected.pvalue), rel=1e-8, abs=1e-9)
        assert (found["low"][i, j], found["high"][i, j]) == pytest.approx(tuple(interval), abs=1e-10)


def test_ranked_blocks_are_spearman(values):
    found = all_pairs(values, ranked=True)
    for i, j in [(0, 1), (5, 280), (270, 289)]:
        expected = stats.spearmanr(values[i], values[j])
        assert found["r"][i, j] == pytest.approx(expected.statistic, abs=1e-12)
        assert found["ln_p"][i, j] == pytest.approx(math.log(expected.pvalue), rel=1e-8)


def test_a_constant_column_has_no_correlation(values):
    constant = values[:20].copy()
    constant[3] = 7.0
    found = all_pairs(constant)
    assert np.isnan(found["r"][3, 3:]).all()
    assert np.isnan(found["r"][:3, 3]).all()


def test_ln_p_stays_finite_where_p_underflows():
    x = np.arange(5000.0)
    rng = np.random.Generator(np.random.Philox(1))
    y = x + rng.normal(scale=200, size=5000)
    found = all_pairs(np.array([x, y]))
    r, n = found["r"][0, 1], 5000
    assert found["ln_p"][0, 1] < -5000
    from miner.statistics.log_probability import ln_t_two_sided

    t = r * math.sqrt((n - 2) / (1 - r * r))
    assert found["ln_p"][0, 1] == pytest.approx(float(ln_t_two_sided(t, n - 2)), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 300), st.integers(0, 2**31))
def test_joint_counts_are_those_of_a_matrix_product(q, n, seed):
    truth = np.random.Generator(np.random.Philox(seed)).random((q, n)) < 0.3
    expected = truth.astype(int) @ truth.T.astype(int)
    assert (np.triu(joint_counts(truth)) == np.triu(expected)).all()
