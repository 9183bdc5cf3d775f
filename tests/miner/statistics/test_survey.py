"""Weighted tables: simple samples give Pearson's test back, errors equal those of replicated computations."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from miner.errors import BadDesign, UnequalLengths
from miner.statistics.contingency import chi_square
from miner.statistics.results import Status
from miner.statistics.survey import survey_design, weighted_proportion, weighted_table

rng = np.random.default_rng(10)
N = 300
exposure = rng.integers(0, 2, N)
outcome = (rng.random(N) < 0.3 + 0.3 * exposure).astype(int)
weights = rng.uniform(1, 8, N)
stratum = rng.integers(0, 4, N)
cluster = rng.integers(0, 25, N)


def test_equal_weights_give_nearly_the_unweighted_statistic() -> None:
    found = weighted_table(exposure, outcome, survey_design(np.ones(N)))
    table = [[int(((exposure == i) & (outcome == j)).sum()) for j in (0, 1)] for i in (0, 1)]
    assert found.chi2.statistic == pytest.approx(chi_square(table).statistic, rel=1e-10)
    assert found.f.statistic == pytest.approx(chi_square(table).statistic, rel=0.15)


def test_the_scale_of_the_weights_changes_nothing() -> None:
    one = weighted_table(exposure, outcome, survey_design(weights))
    two = weighted_table(exposure, outcome, survey_design(weights * 1000))
    assert one.f.ln_p == pytest.approx(two.f.ln_p, rel=1e-9)
    assert one.standard_error == pytest.approx(two.standard_error, rel=1e-9)


def test_the_error_of_the_log_odds_is_that_of_a_robust_weighted_regression() -> None:
    found = weighted_table(exposure, outcome, survey_design(weights))
    model = sm.GLM(outcome, sm.add_constant(exposure), family=sm.families.Binomial(), freq_weights=weights)
    fit = model.fit(cov_type="HC0")
    scores = (weights * (outcome - fit.fittedvalues))[:, None] * sm.add_constant(exposure)
    bread = np.linalg.inv(
        (sm.add_constant(exposure).T * (weights * fit.fittedvalues * (1 - fit.fittedvalues)))
        @ sm.add_constant(exposure)
    )
    error = math.sqrt((bread @ (scores.T @ scores) @ bread)[1, 1] * N / (N - 1))
    assert found.log_odds_ratio is not None
    assert found.log_odds_ratio.estimate == pytest.approx(fit.params[1], rel=1e-6)
    assert found.standard_error == pytest.approx(error, rel=1e-6)


def test_strata_and_clusters_set_the_degrees_of_freedom() -> None:
    design = survey_design(weights, strata=stratum, units=cluster)
    pairs = len({(s, c) for s, c in zip(stratum, cluster, strict=True)})
    assert design.degrees_of_freedom == pairs - 4
    found = weighted_table(exposure, outcome, design)
    assert found.f.df2 == pytest.approx(pairs - 4)
    three = weighted_table(rng.integers(0, 3, N), outcome, design)
    assert 1 <= three.f.df <= 2
    assert three.log_odds_ratio is None


def test_whole_clusters_repeated_leave_the_error_as_it_was() -> None:
    """Each person listed thrice within their cluster: no new information."""
    one = weighted_table(exposure, outcome, survey_design(weights, units=cluster))
    index = np.repeat(np.arange(N), 3)
    again = weighted_table(exposure[index], outcome[index], survey_design(weights[index], units=cluster[index]))
    assert again.standard_error == pytest.approx(one.standard_error, rel=1e-9)


def test_a_census_has_no_sampling_error() -> None:
    design = survey_design(np.ones(N), population=np.full(N, float(N)))
    found = weighted_table(exposure, outcome, design)
    assert found.standard_error == pytest.approx(0, abs=1e-12)
    assert found.f.status is Status.NOT_COMPUTED


def test_persons_without_weight_change_no_table() -> None:
    zero = np.where(np.arange(N) < 40, 0.0, weights)
    level = np.where(np.arange(N) < 40, 7, exposure)
    found = weighted_table(level, outcome, survey_design(zero))
    assert found.table.shape == (2, 2)
    assert found.table.sum() == pytest.approx(weights[40:].sum())


def test_a_weighted_proportion_lies_within_its_limits() -> None:
    found = weighted_proportion(outcome, survey_design(weights))
    assert found.estimate == pytest.approx((weights * outcome).sum() / weights.sum())
    assert 0 < found.low < found.estimate < found.high < 1
    assert math.isnan(weighted_proportion(np.ones(N), survey_design(weights)).low)


def test_designs_that_cannot_be_used_say_why() -> None:
    for wrong in (np.zeros(5), np.array([1.0, -1.0]), np.array([1.0, np.nan]), np.array([])):
        with pytest.raises(BadDesign):
            survey_design(wrong)
    with pytest.raises(UnequalLengths):
        survey_design(np.ones(5), strata=np.ones(4))
    with pytest.raises(BadDesign, match="single sampling unit"):
        weighted_table([0, 1, 1], [0, 1, 0], survey_design(np.ones(3), strata=[0, 1, 1]))
    with pytest.raises(UnequalLengths):
        weighted_table([0, 1], [0, 1], survey_design(np.ones(3)))


def test_a_variable_with_one_value_is_not_tested() -> None:
    assert weighted_table(np.zeros(N), outcome, survey_design(weights)).f.status is Status.NOT_COMPUTED
