from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from miner.associations.screens.families import linear_model, logistic_model, ordinal_model, poisson_model
from miner.errors import NullModelFailed


@pytest.fixture(scope="module")
def given():
    rng = np.random.Generator(np.random.Philox(1))
    return np.column_stack([np.ones(400), 50 + 10 * rng.normal(size=400), rng.normal(size=400)])


def test_residuals_of_each_family_are_those_of_statsmodels(given):
    rng = np.random.Generator(np.random.Philox(2))
    y, case, count = rng.normal(size=400) + given[:, 2], rng.random(400) < 0.3, rng.poisson(2.0, 400)
    offset = np.log(rng.uniform(0.5, 2, 400))
    assert linear_model(y, given).residual == pytest.approx(sm.OLS(y, given).fit().resid, abs=1e-10)
    fit = sm.GLM(case.astype(float), given, family=sm.families.Binomial()).fit(tol=1e-13)
    assert logistic_model(case.astype(float), given).residual == pytest.approx(fit.resid_response, abs=1e-9)
    fit = sm.GLM(count, given, family=sm.families.Poisson(), offset=offset).fit(tol=1e-13)
    assert poisson_model(count.astype(float), given, offset).residual == pytest.approx(fit.resid_response, abs=1e-8)


def test_two_ordered_levels_are_a_logistic_model(given):
    y = (np.random.Generator(np.random.Philox(3)).random(400) < 0.3).astype(int)
    ordinal, logistic = ordinal_model(y, given), logistic_model(y.astype(float), given)
    assert ordinal.residual == pytest.approx(logistic.residual, abs=1e-6)
    assert ordinal.weight == pytest.approx(logistic.weight, abs=1e-6)


def test_residuals_are_orthogonal_to_the_covariates_to_the_last_digits(given):
    y = (np.random.Generator(np.random.Philox(4)).random(400) < 0.3).astype(float)
    assert np.abs(given.T @ logistic_model(y, given).residual).max() < 1e-9


def test_covariates_that_separate_the_outcome_are_reported(given):
    with pytest.raises(NullModelFailed, match="separate"):
        logistic_model((given[:, 1] > 50).astype(float), given)
