"""Shrinkage: definitions by numerical integration, recovery of a known prior."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from miner.errors import NoPrior, UnequalLengths
from miner.statistics.shrinkage import GammaMixture, empirical_bayes, fit_gamma_mixture, information_component

PRIOR = GammaMixture(alpha1=2.0, beta1=0.5, alpha2=4.0, beta2=4.5, p=0.15)


def posterior_density(value: float, n: int, e: float) -> float:
    prior = PRIOR.p * stats.gamma.pdf(value, PRIOR.alpha1, scale=1 / PRIOR.beta1)
    prior += (1 - PRIOR.p) * stats.gamma.pdf(value, PRIOR.alpha2, scale=1 / PRIOR.beta2)
    return float(prior * stats.poisson.pmf(n, value * e))


@pytest.mark.parametrize(("n", "e"), [(0, 0.5), (3, 0.4), (12, 10.0), (40, 8.0)])
def test_ebgm_and_its_points_follow_from_the_posterior_by_integration(n: int, e: float) -> None:
    found = empirical_bayes(PRIOR, n, e)
    whole = integrate.quad(posterior_density, 0, 60, args=(n, e), limit=400)[0]
    log_mean = integrate.quad(lambda v: math.log(v) * posterior_density(v, n, e), 0, 60, limit=400)[0]
    assert found.ebgm == pytest.approx(math.exp(log_mean / whole), rel=1e-5)
    for level, point in ((0.05, found.eb05), (0.95, found.eb95)):
        below = integrate.quad(posterior_density, 0, float(point), args=(n, e), limit=400)[0]
        assert below / whole == pytest.approx(level, abs=1e-6)


def test_the_information_component_shrinks_small_counts_to_no_signal() -> None:
    few, many = information_component(1, 0.01), information_component(1000, 10.0)
    assert few.estimate < 2 < math.log2(1 / 0.01)
    assert many.estimate == pytest.approx(math.log2(100), abs=0.1)
    assert few.low < 0 < many.low
    none = information_component(0, 1.5)
    assert none.estimate == pytest.approx(-2)
    assert np.isfinite(none.low)
    assert np.isnan(information_component(3, 0.0).estimate)


def test_the_closed_form_limits_are_near_the_exact_ones_for_large_counts() -> None:
    exact, near = information_component(400, 200.0), information_component(400, 200.0, approximate=True)
    assert near.low == pytest.approx(float(exact.low), abs=0.03)
    assert near.high == pytest.approx(float(exact.high), abs=0.03)


@pytest.mark.parametrize("least", [0, 1])
def test_the_prior_of_a_screen_is_learnt_from_its_pairs(least: int) -> None:
    rng = np.random.default_rng(3)
    m = 6000
    e = np.exp(rng.normal(0.5, 1.2, m))
    signal = rng.random(m) < PRIOR.p
    ratio = np.where(signal, rng.gamma(PRIOR.alpha1, 1 / PRIOR.beta1, m), rng.gamma(PRIOR.alpha2, 1 / PRIOR.beta2, m))
    n = rng.poisson(ratio * e)
    found = fit_gamma_mixture(n, e, least_count=least)
    learnt, true = empirical_bayes(found, n, e), empirical_bayes(PRIOR, n, e)
    assert np.median(np.abs(np.log(learnt.ebgm / true.ebgm))) < 0.06
    assert np.corrcoef(np.log(learnt.eb05), np.log(true.eb05))[0, 1] > 0.99


def test_shrunken_ratios_lie_between_the_prior_and_the_observed() -> None:
    found = empirical_bayes(PRIOR, [1, 10, 100], [0.1, 1.0, 10.0])
    assert np.all(np.diff(found.ebgm) > 0)
    assert np.all(found.ebgm < 10)
    assert np.all(found.eb05 < found.ebgm)
    assert np.all(found.ebgm < found.eb95)


def test_too_few_pairs_and_unequal_columns_are_refused() -> None:
    with pytest.raises(NoPrior):
        fit_gamma_mixture([1, 2, 3], [1.0, 1.0, 1.0])
    with pytest.raises(UnequalLengths):
        information_component([1, 2], [1.0, 2.0, 3.0])
