from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from miner.associations.screens.robust import Design, design_test

CASES = Path(__file__).parents[3] / "oracle" / "cases" / "statistics.json"


def design(weight, stratum, unit):
    stratum, unit = np.asarray(stratum), np.asarray(unit)
    size = np.array([len(np.unique(unit[stratum == h])) for h in range(stratum.max() + 1)])
    return Design(name="survey", weight=np.asarray(weight, float), stratum=stratum, unit=unit, size=size)


def test_a_weighted_log_odds_ratio_and_its_error_are_those_of_svyglm():
    cases = json.loads(CASES.read_text())
    cases = cases if isinstance(cases, list) else cases["oracles"]
    (case,) = [case for case in cases if case["id"] == "survey_1"]
    data = {name: np.array(values, float) for name, values in case["inputs"]["data"].items()}
    n = len(data["weight"])
    coefficients, covariance, df = design_test(
        "logistic",
        data["outcome"],
        np.ones((n, 1)),
        np.zeros(n),
        data["exposure"][None, :],
        design(data["weight"], np.zeros(n, int), np.arange(n)),
    )
    assert coefficients[0] == pytest.approx(case["expected"]["log_or"], rel=1e-6)
    assert math.sqrt(covariance[0, 0]) == pytest.approx(case["expected"]["log_or_se"], rel=1e-6)
    assert df == n - 2


def test_equal_weights_without_clusters_are_the_sandwich_with_n_over_n_minus_1():
    import statsmodels.api as sm

    rng = np.random.Generator(np.random.Philox(6))
    n = 200
    z, x = rng.normal(size=n), rng.normal(size=n)
    y = 1 + z + 0.5 * x + rng.normal(size=n) * (1 + np.abs(x))
    given = np.column_stack([np.ones(n), z])
    found = design_test("linear", y, given, np.zeros(n), x[None, :], design(np.ones(n), np.zeros(n, int), np.arange(n)))
    fit = sm.OLS(y, np.column_stack([given, x])).fit(cov_type="HC0")
    assert found[0][0] == pytest.approx(fit.params[-1], rel=1e-9)
    assert math.sqrt(found[1][0, 0]) == pytest.approx(fit.bse[-1] * math.sqrt(n / (n - 1)), rel=1e-9)


def test_multiplying_all_weights_changes_nothing():
    rng = np.random.Generator(np.random.Philox(7))
    n = 120
    x, w = rng.normal(size=n), rng.uniform(0.5, 2, n)
    y = (rng.random(n) < 0.4).astype(float)
    stratum, unit = np.repeat(np.arange(3), 40), np.arange(n) // 4
    first, second = (
        design_test("logistic", y, np.ones((n, 1)), np.zeros(n), x[None, :], design(k * w, stratum, unit))
        for k in (1, 1000)
    )
    assert second[0] == pytest.approx(first[0], rel=1e-8)
    assert second[1] == pytest.approx(first[1], rel=1e-8)
    assert first[2] == 30 - 3 - 1


def test_a_domain_counts_the_sampling_units_that_lost_all_their_persons():
    rng = np.random.Generator(np.random.Philox(8))
    n = 80
    stratum, unit = np.repeat(np.arange(2), 40), np.arange(n) // 4
    full = design(np.ones(n), stratum, unit)
    keep = unit > 1
    influence = rng.normal(size=(n, 1))
    inside = full.take(keep).covariance(influence[keep])
    zeroed = full.covariance(np.where(keep[:, None], influence, 0.0))
    assert inside == pytest.approx(zeroed, rel=1e-12)
    assert full.take(keep).degrees == full.degrees == 18


def test_a_stratum_with_a_single_unit_adds_nothing():
    lonely = design(np.ones(5), [0, 0, 0, 0, 1], [0, 0, 1, 1, 2])
    influence = np.array([[1.0], [2.0], [3.0], [4.0], [100.0]])
    assert lonely.covariance(influence)[0, 0] == pytest.approx(2 * ((3 - 5) ** 2 + (7 - 5) ** 2))
