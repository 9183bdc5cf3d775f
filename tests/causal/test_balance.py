"""Balance and overlap, with the light that each fixture must show."""

from __future__ import annotations

import numpy as np
import pytest

from causal.balance import (
    Light,
    balance_table,
    effective_sizes,
    overlap,
    standardised_difference,
    variance_inflation,
)
from causal.design_matrix import AnalysisData, analysis_data, from_arrays
from causal.estimation import inverse_weights
from miner.errors import PerfectSeparation
from tests.causal.nhefs import COVARIATES, SQUARES, nhefs


def shifted(gap: float, n: int = 2000, seed: int = 1) -> AnalysisData:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    t = (rng.random(n) < 1 / (1 + np.exp(-gap * x - (0 if gap < 3 else gap)))).astype(float)
    return from_arrays(x + t, t, x.reshape(-1, 1))


def test_the_published_differences_of_nhefs() -> None:
    data = analysis_data(nhefs(), exposure="qsmk", outcome="wt82_71", covariates=COVARIATES, squares=SQUARES)
    weights = inverse_weights(data).weights
    rows = {row.column: row for row in balance_table(data, weights)}

    assert rows["age"].crude == pytest.approx(0.282, abs=1e-3)
    assert rows["wt71"].crude == pytest.approx(0.1332, abs=1e-3)
    assert abs(rows["age"].weighted) < 0.05
    assert rows["age"].light is Light.GREEN


def test_without_weights_the_light_is_that_of_the_raw_difference() -> None:
    (row,) = balance_table(shifted(2.0))
    assert row.light is Light.RED
    assert row.weighted == row.crude


def test_a_constant_that_differs_is_infinitely_apart() -> None:
    assert standardised_difference(np.ones(3), np.zeros(3)) == np.inf
    assert standardised_difference(np.ones(3), np.ones(3)) == 0.0


def test_equal_weights_keep_everyone() -> None:
    sizes = effective_sizes(np.array([1.0, 1, 0, 0, 0]), np.full(5, 2.0))
    assert (sizes.all, sizes.exposed, sizes.unexposed) == (5.0, 2.0, 3.0)


def test_arms_that_overlap_are_green_and_arms_that_do_not_are_red() -> None:
    assert overlap(shifted(0.3)).light is Light.GREEN
    apart = overlap(shifted(5.0))
    assert apart.light is Light.RED
    assert apart.reasons
    assert apart.c_statistic > 0.9


def test_perfectly_separated_arms_have_no_overlap_to_measure() -> None:
    x = np.linspace(-1, 1, 100)
    with pytest.raises(PerfectSeparation):
        overlap(from_arrays(x, (x > 0).astype(float), x.reshape(-1, 1)))


def test_the_share_of_exposure_explained_is_r2() -> None:
    data = shifted(1.0)
    r = np.corrcoef(data.exposure, data.covariates[:, 0])[0, 1]
    assert variance_inflation(data) == pytest.approx(r**2)
