"""One table, one direction, every input kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from causal import sensitivity
from causal.design_matrix import analysis_data, from_arrays
from causal.estimation import crude, standardisation
from causal.sensitivity_table import benchmark_r2, e_value_of, robustness_rows, sensitivity_table
from tests.causal.nhefs import COVARIATES, nhefs


def exposed_risks(high: float, low: float = 0.15, n: int = 400):
    t = np.repeat([1.0, 0.0], n)
    y = np.concatenate([np.r_[np.ones(round(p * n)), np.zeros(n - round(p * n))] for p in (high, low)])
    return from_arrays(y, t)


def test_a_binary_outcome_takes_its_e_value_from_the_standardised_risk_ratio() -> None:
    data = exposed_risks(0.30)
    found = crude(data)
    table = {row["analysis"]: row for row in sensitivity_table(data, found)}

    assert table["E-value of the estimate"]["value"] == pytest.approx(2 + math.sqrt(2))
    # Never from the risk difference taken for a mean difference, which halves it.
    assert e_value_of(data, found[0]).point == pytest.approx(2 + math.sqrt(2))


def test_a_number_takes_its_e_value_from_the_standardised_difference() -> None:
    data = analysis_data(nhefs(), exposure="qsmk", outcome="wt82_71", covariates=COVARIATES)
    (estimate,) = standardisation(data)
    d = estimate.value / data.outcome.std(ddof=1)
    assert e_value_of(data, estimate).risk_ratio == pytest.approx(math.exp(0.91 * d))


def test_every_row_has_a_reading_and_a_stronger_effect_is_more_robust_in_every_row() -> None:
    weak, strong = (
        {row["analysis"]: row["value"] for row in sensitivity_table(exposed_risks(p), crude(exposed_risks(p)))}
        for p in (0.25, 0.35)
    )
    shared = [name for name in weak if weak[name] is not None and strong.get(name) is not None]
    assert len(shared) > 15
    assert all(strong[name] >= weak[name] for name in shared)
    assert all(row["reading"] for row in sensitivity_table(exposed_risks(0.3), crude(exposed_risks(0.3))))


def test_an_interval_that_holds_the_null_has_nothing_to_tip() -> None:
    data = exposed_risks(0.16)
    rows = {row["analysis"]: row["value"] for row in sensitivity_table(data, crude(data))}
    assert rows["E-value of the limit nearer the null"] == 1.0
    assert rows["tipping point"] == 1.0


def test_benchmarks_are_the_partial_r2_of_the_covariate_as_a_whole() -> None:
    data = analysis_data(nhefs(), exposure="qsmk", outcome="wt82_71", covariates=COVARIATES)
    columns = data.groups["education"]
    exposure, outcome = benchmark_r2(data, columns)
    full = sm.OLS(data.exposure, sm.add_constant(data.covariates)).fit()
    less = sm.OLS(data.exposure, sm.add_constant(np.delete(data.covariates, columns, axis=1))).fit()

    assert exposure == pytest.approx((less.ssr - full.ssr) / less.ssr)
    assert 0 < outcome < 1


def test_the_robustness_rows_use_the_t_of_the_linear_model() -> None:
    data = analysis_data(nhefs(), exposure="qsmk", outcome="wt82_71", covariates=COVARIATES)
    first = robustness_rows(data)[0]
    design = sm.add_constant(np.column_stack([data.exposure, data.covariates]))
    fitted = sm.OLS(data.outcome, design).fit()
    assert first["inputs"]["t"] == pytest.approx(fitted.tvalues[1])
    assert first["value"] == pytest.approx(sensitivity.robustness_value(fitted.tvalues[1], fitted.df_resid))


def test_missing_outcomes_are_moved_against_the_finding() -> None:
    data = analysis_data(nhefs(), exposure="qsmk", outcome="wt82_71", covariates=COVARIATES)
    rows = [r for r in sensitivity_table(data, standardisation(data)) if r["analysis"].startswith("missing outcomes")]
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    assert values[0] < standardisation(data)[0].value
