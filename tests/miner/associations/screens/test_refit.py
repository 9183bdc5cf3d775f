from __future__ import annotations

import math

import numpy as np
import pytest

from miner.associations.screens import Screen, mine_screen
from miner.associations.screens.refit import firth
from tests.miner.associations.screens.tables_of_screens import COVARIATES, screen_dataset


def test_firths_estimate_of_a_two_by_two_table_is_the_odds_ratio_with_half_a_person_in_each_cell():
    x = np.repeat([1.0, 1.0, 0.0, 0.0], [7, 0, 5, 8])
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [7, 0, 5, 8])
    coefficients, covariance = firth(y, np.column_stack([np.ones(20), x]))
    assert coefficients[1] == pytest.approx(math.log(7.5 * 8.5 / (0.5 * 5.5)), rel=1e-6)
    assert np.isfinite(covariance).all()


@pytest.mark.parametrize("outcome", ["time", "stage"])
def test_a_refit_is_the_full_likelihood_estimate_of_statsmodels(outcome):
    data = screen_dataset()
    screen = Screen(exposures=("linked",), outcomes=(outcome,), covariates=COVARIATES, refit_below=0.0)
    row = next(iter(mine_screen(data, screen)))
    design = np.column_stack([data["age"] - data["age"].mean(), data["sex"], data["linked"] - 100])
    if outcome == "time":
        from statsmodels.duration.hazard_regression import PHReg

        fit = PHReg(data["time"], design, data["died"], ties="efron").fit()
    else:
        from statsmodels.miscmodels.ordinal_model import OrderedModel

        fit = OrderedModel(data["stage"], design, distr="logit").fit(method="newton", disp=0)
    assert row["estimate"] == pytest.approx(math.exp(fit.params[2]), rel=1e-4)
    assert row["summary"]["estimate"] == "maximum likelihood"


def test_a_separated_outcome_is_refitted_with_firths_penalty():
    data = screen_dataset()
    columns = dict(data.columns)
    columns["gene"] = np.where(data["ill"] == 1, data["gene"], 0).astype(np.int32)
    from miner.tables.model import Dataset

    separated = Dataset(dictionary=data.dictionary, columns=columns, keys=data.keys)
    screen = Screen(exposures=("gene",), outcomes=("ill",), covariates=COVARIATES, refit_below=0.0)
    row = next(iter(mine_screen(separated, screen)))
    assert row["summary"]["estimate"] == "Firth"
    assert 1 < row["estimate"] < 1e4
    assert math.isfinite(row["low"])
    assert math.isfinite(row["high"])
