from __future__ import annotations

import numpy as np
import pytest

from miner.associations import adjusted_kernels


def test_pillais_trace_given_covariates_is_the_sum_of_squared_partial_canonical_correlations():
    rng = np.random.Generator(np.random.Philox(1))
    z, x, y = rng.normal(size=(200, 2)), rng.normal(size=(200, 2)), rng.normal(size=(200, 3))
    x, y = x + z[:, :1], y + x[:, :1] + z[:, 1:]
    given = np.column_stack([np.ones(200), z])
    n, rank = np.zeros(1, np.int64), np.zeros((1, 3), np.int64)
    pillai, r = np.empty(1), np.empty(1)
    adjusted_kernels.residual_association(
        np.column_stack([x, y]), np.ones((2, 200), bool), given, np.ones(200, bool), np.array([0, 2]), np.array([2, 5]),
        np.array([0]), np.array([1]), n, rank, pillai, r,
    )  # fmt: skip
    rx, ry = (v - given @ np.linalg.lstsq(given, v, rcond=None)[0] for v in (x, y))
    correlations = np.linalg.svd(np.linalg.qr(rx)[0].T @ np.linalg.qr(ry)[0], compute_uv=False)
    assert pillai[0] == pytest.approx((correlations**2).sum())
    assert rank[0].tolist() == [3, 2, 3]


def test_without_covariates_the_difference_and_its_error_are_welchs():
    rng = np.random.Generator(np.random.Philox(2))
    values, codes = rng.normal(size=(1, 60)), (rng.random((1, 60)) < 0.3).astype(np.int32)
    n, rank, slope, error = np.zeros(1, np.int64), np.zeros(1, np.int64), np.empty(1), np.empty(1)
    first = np.array([0])
    adjusted_kernels.adjusted_differences(
        values, np.ones((1, 60), bool), codes, np.ones((60, 1)), np.ones(60, bool), first, first, n, rank, slope, error
    )
    one, two = values[codes == 1], values[codes == 0]
    assert slope[0] == pytest.approx(one.mean() - two.mean())
    assert error[0] == pytest.approx(np.sqrt(one.var(ddof=1) / len(one) + two.var(ddof=1) / len(two)))
