"""The exposure's coefficient against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from causal.design_matrix import from_arrays
from causal.estimation import Link, Scale, crude, regression
from miner.errors import NoEvents, UnsuitableVariable
from tests.causal.estimation.test_standardisation import simulated


@pytest.mark.parametrize(
    ("link", "family", "scale"),
    [
        (Link.LOGISTIC, sm.families.Binomial(), Scale.ODDS_RATIO),
        (Link.POISSON, sm.families.Poisson(), Scale.RISK_RATIO),
        (Link.LINEAR, sm.families.Gaussian(), Scale.RISK_DIFFERENCE),
    ],
)
def test_coefficient_and_sandwich_are_those_of_statsmodels(link: Link, family: object, scale: Scale) -> None:
    data = simulated()
    x = sm.add_constant(np.column_stack([data.exposure, data.covariates]))
    theirs = sm.GLM(data.outcome, x, family=family).fit(cov_type="HC0", tol=1e-12)

    (ours,) = regression(data, link=link)

    b = np.log(ours.value) if scale.is_ratio else ours.value
    assert ours.scale is scale
    assert (b, ours.se) == pytest.approx((theirs.params[1], theirs.bse[1]), rel=1e-6)


def test_model_errors_of_a_linear_model_use_students_t() -> None:
    data = simulated(60, binary=False)
    x = sm.add_constant(np.column_stack([data.exposure, data.covariates]))
    low, high = sm.OLS(data.outcome, x).fit().conf_int()[1]

    (ours,) = regression(data, robust=False)
    assert (ours.low, ours.high) == pytest.approx((low, high), rel=1e-9)


def test_crude_risks_are_the_shares() -> None:
    t, y = np.repeat([1.0, 0.0], [20, 30]), np.r_[np.ones(5), np.zeros(15), np.ones(3), np.zeros(27)]
    risk, ratio, odds = crude(from_arrays(y, t))

    assert risk.value == pytest.approx(0.15)
    assert risk.se == pytest.approx((0.25 * 0.75 / 20 + 0.1 * 0.9 / 30) ** 0.5)
    assert (ratio.value, odds.value) == pytest.approx((2.5, 3.0))
    assert odds.se == pytest.approx((1 / 5 + 1 / 15 + 1 / 3 + 1 / 27) ** 0.5)


def test_a_number_is_no_logistic_outcome_and_a_negative_one_no_count() -> None:
    data = simulated(binary=False)
    with pytest.raises(UnsuitableVariable):
        regression(data, link=Link.LOGISTIC)
    with pytest.raises(UnsuitableVariable):
        regression(data, link=Link.POISSON)


def test_no_event_has_no_number() -> None:
    with pytest.raises(NoEvents):
        crude(from_arrays(np.zeros(10), np.tile([0.0, 1.0], 5)))
