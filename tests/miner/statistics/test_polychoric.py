"""The polychoric correlation against scipy's bivariate normal and simulated classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from miner.statistics.polychoric import bivariate_normal, polychoric
from miner.statistics.results import Status


@pytest.mark.parametrize("rho", [-0.95, -0.4, 0.0, 0.3, 0.9])
def test_the_bivariate_normal_equals_scipy(rho: float) -> None:
    law = stats.multivariate_normal(cov=[[1, rho], [rho, 1]])
    for h, k in [(0.0, 0.0), (1.2, -0.4), (-2.0, 1.5), (2.5, 2.5)]:
        assert bivariate_normal(h, k, rho) == pytest.approx(law.cdf([h, k]), abs=2e-6)
    assert bivariate_normal(0.0, 0.0, rho) == pytest.approx(0.25 + math.asin(rho) / (2 * math.pi), abs=1e-12)
    assert bivariate_normal(np.inf, 0.7, rho) == pytest.approx(stats.norm.cdf(0.7))
    assert bivariate_normal(-np.inf, 0.7, rho) == 0


def test_classes_cut_from_a_bivariate_normal_give_its_correlation() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=20_000).T
    table = np.histogram2d(np.digitize(x, [-0.5, 0.8]), np.digitize(y, [-1, 0, 1]), bins=(3, 4))[0]
    result = polychoric(table)
    assert abs(result.rho - 0.6) < 3 * result.standard_error
    assert result.rho == pytest.approx(result.rho_two_step, abs=0.005)
    assert result.row_thresholds == pytest.approx((-0.5, 0.8), abs=0.03)


def test_a_table_in_perfect_order_is_degenerate_and_one_class_is_not_computed() -> None:
    assert polychoric([[20, 0], [0, 20]]).status is Status.DEGENERATE
    one = polychoric([[20, 5]])
    assert one.status is Status.NOT_COMPUTED
    assert math.isnan(one.rho)


def test_reversing_the_columns_turns_the_sign() -> None:
    table = np.array([[30, 12, 5], [10, 20, 25]])
    assert polychoric(table).rho == pytest.approx(-polychoric(table[:, ::-1]).rho, abs=1e-4)
