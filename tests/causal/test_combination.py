"""Sites are combined as statsmodels combines them, and few sites are not taken for many."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from causal.combination import combined
from causal.estimation import Estimand, Estimate, Method, Scale
from miner.errors import PlanningInput


def site(value: float, se: float, scale: Scale = Scale.MEAN_DIFFERENCE) -> Estimate:
    return Estimate(
        method=Method.IPW, estimand=Estimand.ATE, scale=scale, value=value, low=0, high=0, se=se, n=9, n_exposed=4,
        n_unexposed=5,
    )  # fmt: skip


SITES = [(0.2, 0.1), (0.7, 0.15), (0.4, 0.2), (1.1, 0.3)]


def test_mean_tau_and_i2_are_those_of_dersimonian_and_laird() -> None:
    found = combined([site(*s) for s in SITES])
    y, se = np.array(SITES).T
    theirs = combine_effects(y, se**2, method_re="dl", use_t=True)

    assert found.value == pytest.approx(theirs.mean_effect_re)
    assert found.tau == pytest.approx(math.sqrt(theirs.tau2))
    assert found.i2 == pytest.approx(theirs.i2)
    assert found.heterogeneity_p == pytest.approx(theirs.test_homogeneity().pvalue)


def test_ratios_are_combined_as_logarithms() -> None:
    found = combined([site(math.exp(v), s, Scale.RISK_RATIO) for v, s in SITES])
    assert math.log(found.value) == pytest.approx(combined([site(*s) for s in SITES]).value)


def test_sites_that_agree_have_no_tau_and_two_sites_no_prediction() -> None:
    found = combined([site(0.5, 0.1), site(0.5, 0.2)])
    assert (found.tau, found.i2) == (0.0, 0.0)
    assert math.isnan(found.prediction_low)


def test_another_site_is_less_certain_than_the_mean() -> None:
    found = combined([site(*s) for s in SITES])
    assert found.prediction_low < found.low < found.value < found.high < found.prediction_high


def test_one_site_or_two_scales_are_refused() -> None:
    with pytest.raises(PlanningInput):
        combined([site(1, 1)])
    with pytest.raises(PlanningInput):
        combined([site(1, 1), replace(site(1, 1), scale=Scale.RISK_RATIO)])
