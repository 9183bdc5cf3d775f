"""Each test's own record gives its ln p back."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from miner.errors import UnknownOption
from miner.statistics import contingency, correlation, dependence, groups, permutation, survey, trend
from miner.statistics.fisher import log_fisher
from miner.statistics.recompute import TESTS, ln_p_from_record
from miner.statistics.results import TestResult
from miner.statistics.stratified import mantel_haenszel

rng = np.random.default_rng(5)
x = np.round(rng.normal(size=60), 1)
y = np.round(0.4 * x + rng.normal(size=60), 1)
given = rng.normal(size=(60, 2))
two, three = rng.integers(0, 2, 60), rng.integers(0, 3, 60)
table = [[9, 4, 7], [3, 11, 6]]

weighted = survey.weighted_table(two, three, survey.survey_design(np.linspace(1, 4, 60)))

RESULTS: list[TestResult] = [
    contingency.likelihood_ratio(table),
    correlation.spearman_exact(x[:7], y[:7]),
    permutation.permutation_test(x[:20], two[:20]),
    permutation.permutation_test(x, two, scores="ranks", seed=4, draws=199),
    dependence.distance_correlation(x, y),
    dependence.chatterjee_xi(x, y),
    weighted.f,
    weighted.chi2,
    correlation.pearson(x, y),
    correlation.spearman(x, y),
    correlation.kendall(x, y),
    correlation.partial_pearson(x, y, given),
    correlation.partial_spearman(x, y, given),
    correlation.semipartial_pearson(x, y, given),
    groups.point_biserial(x, two),
    groups.welch(x, two),
    groups.student(x, two),
    groups.mann_whitney(x, two),
    groups.kruskal(x, three),
    groups.eta_squared(x, three),
    trend.cochran_armitage([3, 5, 9], [20, 18, 16]),
    trend.linear_by_linear([3, 5, 9], [20, 18, 16], [0, 1, 3]),
    contingency.chi_square(table),
    contingency.chi_square_permutation(table, seed=3, permutations=499),
]


@pytest.mark.parametrize("result", RESULTS, ids=lambda r: r.test)
def test_ln_p_comes_again_from_the_record_written_as_json(result: TestResult) -> None:
    summary = json.loads(json.dumps(dict(result.summary)))
    again = ln_p_from_record(result.test, n=result.n, counts=None, summary=summary)
    assert again == pytest.approx(result.ln_p, rel=1e-12)
    assert math.isfinite(again)


@pytest.mark.parametrize("side", ["greater", "less", "two-sided", "central"])
def test_fisher_comes_again_from_its_four_counts(side: str) -> None:
    name = f"fisher_{side.replace('-', '_')}"
    assert ln_p_from_record(name, n=30, counts=[9, 4, 6, 11], summary={}) == log_fisher(9, 4, 6, 11, side)


def test_strata_come_again_from_their_tables() -> None:
    strata = [[[9, 4], [6, 11]], [[2, 8], [1, 9]]]
    assert ln_p_from_record("cochran_mantel_haenszel", n=50, counts=strata, summary={}) == mantel_haenszel(strata).ln_p


def test_a_perfect_fit_has_no_probability_left() -> None:
    result = correlation.pearson([1, 2, 3, 4], [2, 4, 6, 8])
    assert ln_p_from_record("pearson", n=4, counts=None, summary=result.summary) == -np.inf


def test_every_test_named_is_covered_and_no_other_is_accepted() -> None:
    covered = {r.test for r in RESULTS} | {"cochran_mantel_haenszel"} | {t for t in TESTS if t.startswith("fisher")}
    assert covered == set(TESTS)
    with pytest.raises(UnknownOption):
        ln_p_from_record("guess", n=3, counts=None, summary={})
