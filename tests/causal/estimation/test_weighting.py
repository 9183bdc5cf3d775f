"""Weighting against the book, statsmodels and the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from causal.design_matrix import analysis_data, from_arrays
from causal.estimation import Estimand, Variance, inverse_weights, ipw, standardisation
from miner.errors import PerfectSeparation, UnsuitableVariable
from tests.causal.estimation.test_standardisation import simulated
from tests.causal.nhefs import COVARIATES, SQUARES, nhefs


def test_the_weights_of_the_book() -> None:
    data = analysis_data(nhefs(), exposure="qsmk", outcome="wt82_71", covariates=COVARIATES, squares=SQUARES)
    plain, stable = inverse_weights(data).weights, inverse_weights(data, stabilised=True).weights

    assert [plain.mean(), plain.min(), plain.max()] == pytest.approx([1.9963, 1.0537, 16.7001], abs=1e-4)
    assert [stable.mean(), stable.min(), stable.max()] == pytest.approx([0.9988, 0.3312, 4.2977], abs=1e-4)
    assert ipw(data)[0].value == pytest.approx(ipw(data, stabilised=True)[0].value, rel=1e-12)


def test_robust_interval_is_that_of_a_weighted_regression() -> None:
    data = analysis_data(nhefs(), exposure="qsmk", outcome="wt82_71", covariates=COVARIATES, squares=SQUARES)
    weights = inverse_weights(data).weights
    theirs = sm.WLS(data.outcome, sm.add_constant(data.exposure), weights=weights).fit(cov_type="HC0")

    (ours,) = ipw(data)
    assert (ours.value, ours.se) == pytest.approx((theirs.params[1], theirs.bse[1]), rel=1e-9)


@pytest.mark.parametrize("estimand", [Estimand.ATE, Estimand.ATT, Estimand.ATU, Estimand.ATO])
def test_influence_errors_agree_with_the_bootstrap_for_every_estimand(estimand: Estimand) -> None:
    data = simulated(binary=False)
    rng = np.random.default_rng(2)
    again = [ipw(data.take(rng.integers(0, data.n, data.n)), estimand=estimand)[0].value for _ in range(300)]

    (ours,) = ipw(data, estimand=estimand, variance=Variance.INFLUENCE)
    assert ours.se == pytest.approx(np.std(again), rel=0.15)


def test_overlap_weights_balance_the_means_exactly() -> None:
    data = simulated()
    w, t = inverse_weights(data, estimand=Estimand.ATO).weights, data.exposure
    for column in data.covariates.T:
        exposed = np.average(column[t == 1], weights=w[t == 1])
        unexposed = np.average(column[t == 0], weights=w[t == 0])
        assert exposed == pytest.approx(unexposed, abs=1e-8)


def test_saturated_weighting_and_standardisation_agree() -> None:
    rng = np.random.default_rng(8)
    s = rng.integers(0, 2, 400).astype(float)
    t = (rng.random(400) < 0.3 + 0.4 * s).astype(float)
    y = (rng.random(400) < 0.2 + 0.2 * t + 0.3 * s).astype(float)
    data = from_arrays(y, t, s.reshape(-1, 1), products=[0])

    for one, other in zip(ipw(data), standardisation(data), strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-8)


def test_truncation_is_counted_and_said() -> None:
    made = inverse_weights(simulated(), truncate=0.05)

    assert made.truncated == pytest.approx(60, abs=2)
    assert "truncated" in ipw(simulated(), truncate=0.05)[0].notes[-1]


def test_a_continuous_exposure_has_no_single_propensity() -> None:
    with pytest.raises(UnsuitableVariable):
        ipw(from_arrays([1.0, 2, 3, 4, 5], [0.1, 0.5, 2, 3, 4]))


def test_covariates_that_tell_the_arms_apart_are_refused() -> None:
    x = np.linspace(-1, 1, 60)
    with pytest.raises(PerfectSeparation, match="propensity"):
        ipw(from_arrays(x, (x > 0).astype(float), x.reshape(-1, 1)))
