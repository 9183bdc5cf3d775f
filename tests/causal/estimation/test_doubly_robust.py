"""AIPW is right when either model is, and its errors are those of the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.treatment.treatment_effects import TreatmentEffect

from causal.design_matrix import from_arrays
from causal.estimation import Estimand, aipw, standardisation
from miner.errors import UnsuitableVariable
from tests.causal.estimation.test_standardisation import simulated


def misspecified(seed: int, *, outcome: bool) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    n = 20_000
    x = rng.normal(size=n)
    shape = x**2
    wrong_for_propensity = shape if not outcome else x
    t = (rng.random(n) < 1 / (1 + np.exp(-(wrong_for_propensity - 1)))).astype(float)
    y = 1.0 * t + (shape if outcome else x) + rng.normal(size=n)
    data = from_arrays(y, t, x.reshape(-1, 1))
    return aipw(data)[0].value, standardisation(data)[0].value


def test_a_wrong_outcome_model_is_repaired_by_the_propensity_model() -> None:
    robust, _ = misspecified(1, outcome=True)
    assert robust == pytest.approx(1.0, abs=0.08)


def test_a_wrong_propensity_model_is_repaired_by_the_outcome_model() -> None:
    robust, _ = misspecified(2, outcome=False)
    assert robust == pytest.approx(1.0, abs=0.08)


def test_the_estimate_is_that_of_statsmodels_with_the_same_models() -> None:
    data = simulated(binary=False)
    crossed = from_arrays(data.outcome, data.exposure, data.covariates, products=[0, 1])
    x = sm.add_constant(data.covariates)
    theirs = TreatmentEffect(
        sm.OLS(data.outcome, x), data.exposure, results_select=sm.Logit(data.exposure, x).fit(disp=0)
    ).aipw(return_results=False)

    assert aipw(crossed)[0].value == pytest.approx(float(np.ravel(theirs)[0]), rel=1e-6)


@pytest.mark.parametrize("estimand", [Estimand.ATE, Estimand.ATT, Estimand.ATU])
def test_errors_agree_with_the_bootstrap(estimand: Estimand) -> None:
    data = simulated(binary=True)
    rng = np.random.default_rng(2)
    again = [aipw(data.take(rng.integers(0, data.n, data.n)), estimand=estimand)[0].value for _ in range(200)]

    assert aipw(data, estimand=estimand)[0].se == pytest.approx(np.std(again), rel=0.2)


def test_three_measures_come_together_for_a_binary_outcome() -> None:
    assert [e.scale.value for e in aipw(simulated())] == ["risk_difference", "risk_ratio", "odds_ratio"]


def test_the_overlap_population_is_not_offered() -> None:
    with pytest.raises(UnsuitableVariable):
        aipw(simulated(), estimand=Estimand.ATO)
