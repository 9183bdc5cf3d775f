"""Limits of a noncentrality against scipy's noncentral chi-squared."""

from __future__ import annotations

import pytest
from scipy import stats

from miner.statistics.noncentral import noncentral_limits


def test_limits_of_a_noncentrality_invert_its_distribution() -> None:
    low, high = noncentral_limits(20.0, 3, 0.95)
    assert stats.ncx2.cdf(20.0, 3, low) == pytest.approx(0.975, abs=1e-6)
    assert stats.ncx2.cdf(20.0, 3, high) == pytest.approx(0.025, abs=1e-6)
    assert noncentral_limits(0.0, 3, 0.95) == (0.0, 0.0)
    far = noncentral_limits(2e4, 3, 0.95)
    assert stats.ncx2.cdf(2e4, 3, far[0]) == pytest.approx(0.975, abs=2e-3)
