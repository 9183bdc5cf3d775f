"""Against statsmodels, and refusals where no answer exists."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from causal.estimation.models import fit_linear, fit_logistic
from miner.errors import CollinearCovariates, PerfectSeparation, TooFewPersons


def design(n: int = 300, seed: int = 1) -> tuple[np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return np.column_stack([np.ones(n), rng.normal(size=(n, 3)) * [1.0, 50.0, 1e4]]), rng


def test_logistic_coefficients_and_covariance_equal_those_of_statsmodels() -> None:
    x, rng = design()
    y = (rng.random(300) < 1 / (1 + np.exp(-(0.3 + x[:, 1])))).astype(float)

    ours, theirs = fit_logistic(x, y), sm.Logit(y, x).fit(disp=0, tol=1e-12)

    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-7)
    assert ours.bread == pytest.approx(theirs.cov_params(), rel=1e-6)


def test_weighted_least_squares_equals_statsmodels_with_its_sandwich() -> None:
    x, rng = design()
    y, w = x[:, 1] + rng.normal(size=300), rng.random(300) + 0.5

    ours, theirs = fit_linear(x, y, w), sm.WLS(y, x, weights=w).fit(cov_type="HC0")

    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-9)
    scores = x * (w * (y - ours.fitted))[:, None]
    assert ours.covariance(scores) == pytest.approx(theirs.cov_params(), rel=1e-9)


def test_cluster_errors_equal_those_of_statsmodels() -> None:
    x, rng = design()
    groups = rng.integers(0, 30, 300)
    y = x[:, 1] + rng.normal(size=30)[groups] + rng.normal(size=300)

    ours = fit_linear(x, y)
    theirs = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})

    scores = x * (y - ours.fitted)[:, None]
    assert ours.covariance(scores, groups) == pytest.approx(theirs.cov_params(), rel=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_perfect_separation_has_no_number(scale: float) -> None:
    x = np.column_stack([np.ones(40), np.linspace(-1, 1, 40) * scale])
    with pytest.raises(PerfectSeparation):
        fit_logistic(x, (x[:, 1] > 0).astype(float))


def test_a_category_with_events_only_has_no_number() -> None:
    flag = np.r_[np.ones(5), np.zeros(95)]
    y = np.r_[np.ones(5), np.tile([0.0, 1.0], 48)[:95]]
    with pytest.raises(PerfectSeparation):
        fit_logistic(np.column_stack([np.ones(100), flag]), y)


def test_a_column_that_repeats_others_is_named() -> None:
    x, rng = design()
    y = rng.normal(size=300)
    repeated = np.column_stack([x, x[:, 1] + x[:, 2]])
    with pytest.raises(CollinearCovariates, match="sum"):
        fit_linear(repeated, y, names=["one", "a", "b", "c", "sum"])


def test_fewer_persons_than_columns_are_refused() -> None:
    with pytest.raises(TooFewPersons):
        fit_linear(np.ones((3, 4)), np.ones(3))
