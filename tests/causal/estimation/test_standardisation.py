"""Standardisation against closed forms, brute force and the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from causal.design_matrix import AnalysisData, analysis_data, from_arrays
from causal.estimation import Estimand, Scale, standardisation, standardised_means
from miner.errors import NoEvents, UnsuitableVariable
from tests.causal.nhefs import COVARIATES, SQUARES, nhefs


def simulated(n: int = 600, seed: int = 3, *, binary: bool = True) -> AnalysisData:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    t = (rng.random(n) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    eta = -0.5 + 0.7 * t + 0.8 * x[:, 0] - 0.3 * x[:, 1]
    y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float) if binary else eta + rng.normal(size=n)
    return from_arrays(y, t, x)


def test_a_saturated_model_gives_the_standardised_risks_of_the_strata() -> None:
    # Kidney stones: success of open surgery against puncture, by size of the stone.
    rows = [(1, 0, 81, 87), (1, 1, 192, 263), (0, 0, 234, 270), (0, 1, 55, 80)]
    t, s, y = (
        np.concatenate(parts)
        for parts in zip(
            *[(np.full(n, a), np.full(n, b), np.r_[np.ones(k), np.zeros(n - k)]) for a, b, k, n in rows], strict=True
        )
    )
    risk, ratio, odds = standardisation(from_arrays(y, t, s.reshape(-1, 1), products=[0]))

    assert (risk.mean_exposed, risk.mean_unexposed) == pytest.approx((0.832546, 0.778875), abs=1e-6)
    assert ratio.value == pytest.approx(0.832546 / 0.778875, abs=1e-5)
    assert odds.value == pytest.approx(0.832546 / 0.167454 * 0.221125 / 0.778875, abs=1e-4)


def test_the_mean_difference_without_products_is_the_coefficient_of_least_squares() -> None:
    data = analysis_data(nhefs(), exposure="qsmk", outcome="wt82_71", covariates=COVARIATES, squares=SQUARES)
    (ours,) = standardisation(data)
    theirs = sm.OLS(data.outcome, sm.add_constant(np.column_stack([data.exposure, data.covariates]))).fit(
        cov_type="HC0"
    )

    assert ours.value == pytest.approx(theirs.params[1], rel=1e-9)
    assert ours.value == pytest.approx(3.4626, abs=1e-4)
    assert ours.se == pytest.approx(theirs.bse[1], rel=1e-6)


def test_the_standard_errors_agree_with_the_bootstrap() -> None:
    data = simulated()
    rng = np.random.default_rng(9)
    again = [[e.value for e in standardisation(data.take(rng.integers(0, data.n, data.n)))] for _ in range(300)]
    spread = np.std(np.column_stack([np.array(again)[:, 0], np.log(np.array(again)[:, 1:])]), axis=0)

    ours = np.array([e.se for e in standardisation(data)])

    assert ours == pytest.approx(spread, rel=0.15)


def test_att_and_atu_average_to_ate() -> None:
    data = simulated(binary=False)
    crossed = AnalysisData(
        outcome=data.outcome, exposure=data.exposure, covariates=data.covariates, names=data.names, rows=data.rows,
        report=data.report, products=(0,),
    )  # fmt: skip
    by = {e: standardisation(crossed, estimand=e)[0].value for e in (Estimand.ATE, Estimand.ATT, Estimand.ATU)}
    share = data.exposure.mean()

    assert by[Estimand.ATE] == pytest.approx(share * by[Estimand.ATT] + (1 - share) * by[Estimand.ATU], rel=1e-9)


def test_clusters_of_copies_do_not_shrink_the_interval() -> None:
    data = simulated()
    twice = from_arrays(
        np.tile(data.outcome, 2), np.tile(data.exposure, 2), np.tile(data.covariates, (2, 1)),
        cluster=np.tile(np.arange(data.n), 2),
    )  # fmt: skip
    once, doubled = standardisation(data)[0], standardisation(twice)[0]

    assert doubled.value == pytest.approx(once.value, rel=1e-9)
    assert doubled.se == pytest.approx(once.se, rel=1e-6)


def test_a_continuous_exposure_can_be_set_to_any_value() -> None:
    rng = np.random.default_rng(4)
    x, dose = rng.normal(size=(400, 1)), rng.normal(size=400)
    data = from_arrays(2 * dose + x[:, 0] + rng.normal(size=400), dose, x)
    means = standardised_means(data, (-1.0, 3.0))

    (estimate,) = means.contrasts()
    fitted = sm.OLS(data.outcome, sm.add_constant(np.column_stack([dose, x]))).fit()
    assert estimate.value == pytest.approx(4 * fitted.params[1], rel=1e-9)


def test_three_arms_are_compared_with_the_reference() -> None:
    rng = np.random.default_rng(5)
    arm = rng.integers(0, 3, 500).astype(float)
    y = np.array([0.0, 1.0, 5.0])[arm.astype(int)] + rng.normal(size=500)
    means = standardised_means(from_arrays(y, arm, rng.normal(size=(500, 1))), (0.0, 1.0, 2.0), factor=True)

    assert means.contrasts(1.0, 0.0)[0].value == pytest.approx(1.0, abs=0.3)
    assert means.contrasts(2.0, 0.0)[0].value == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize("arm", [0.0, 1.0])
def test_an_arm_without_events_has_no_number(arm: float) -> None:
    t = np.tile([0.0, 1.0], 50)
    y = np.where(t == arm, 0.0, np.tile([0.0, 0.0, 1.0, 1.0], 25))
    with pytest.raises(NoEvents):
        standardisation(from_arrays(y, t))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_exchanging_the_arms_turns_the_sign_and_inverts_the_ratios(seed: int) -> None:
    data = simulated(200, seed)
    mirrored = from_arrays(data.outcome, 1 - data.exposure, data.covariates)

    for one, other in zip(standardisation(data), standardisation(mirrored), strict=True):
        expected = 1 / one.value if one.scale is not Scale.RISK_DIFFERENCE else -one.value
        assert other.value == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_overlap_population_is_left_to_its_weights() -> None:
    with pytest.raises(UnsuitableVariable, match="ATO"):
        standardisation(simulated(), estimand=Estimand.ATO)
