"""Laws and second computations of the sensitivity formulae; the published values are in tests/oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from causal import sensitivity
from causal.estimation.models import fit_linear
from causal.sensitivity import Measure
from miner.errors import PlanningInput

RATIOS = st.floats(0.05, 20.0)


@given(RATIOS)
def test_the_e_value_of_a_ratio_and_its_inverse_are_one(ratio: float) -> None:
    assert sensitivity.e_value(ratio).point == pytest.approx(sensitivity.e_value(1 / ratio).point, rel=1e-9)


@given(RATIOS)
def test_a_confounder_of_e_value_strength_explains_just_all(ratio: float) -> None:
    e = sensitivity.e_value(ratio).point
    assert sensitivity.bias_factor(e, e) == pytest.approx(max(ratio, 1 / ratio), rel=1e-9)


def test_no_association_has_an_e_value_of_one() -> None:
    assert sensitivity.e_value(1.0, 0.9, 1.1).point == 1.0
    assert sensitivity.e_value(1.0, 0.9, 1.1).limit == 1.0


@given(st.floats(1.05, 5.0), st.floats(1.01, 3.0))
def test_an_interval_on_one_side_of_the_null_has_a_limit_between_one_and_the_point(rr: float, width: float) -> None:
    found = sensitivity.e_value(rr, rr / width, rr * width)
    assert 1.0 <= found.limit <= found.point


@given(st.floats(1.01, 10.0))
def test_common_outcomes_shrink_odds_and_hazard_ratios_towards_one(ratio: float) -> None:
    for measure in (Measure.OR, Measure.HR):
        assert (
            sensitivity.e_value(ratio, measure=measure).point
            < sensitivity.e_value(ratio, measure=measure, rare=True).point
        )
        assert sensitivity.risk_ratio_from(1 / ratio, measure) == pytest.approx(
            1 / sensitivity.risk_ratio_from(ratio, measure), rel=1e-9
        )


def test_a_ratio_below_zero_is_refused() -> None:
    with pytest.raises(PlanningInput):
        sensitivity.e_value(-1.0)


def test_the_e_value_of_a_risk_difference_exchanges_the_arms_where_it_is_negative() -> None:
    one = sensitivity.e_value_risk_difference(30, 70, 10, 90)
    other = sensitivity.e_value_risk_difference(10, 90, 30, 70)
    assert one.point == pytest.approx(other.point)
    assert one.limit == pytest.approx(other.limit)


@given(st.floats(-20, 20), st.integers(5, 5000))
def test_the_robustness_value_lies_between_zero_and_one_and_alpha_lowers_it(t: float, degrees: int) -> None:
    value = sensitivity.robustness_value(t, degrees)
    assert 0 <= sensitivity.robustness_value(t, degrees, alpha=0.05) <= value + 1e-12 <= 1.0 + 1e-12


def test_a_confounder_at_the_robustness_value_takes_all_of_the_estimate() -> None:
    # Brute force: build the confounder with that partial R2 with exposure and outcome, and adjust for it.
    rng = np.random.default_rng(1)
    n = 400
    t = rng.normal(size=n)
    y = 0.2 * t + rng.normal(size=n)
    one = np.ones(n)
    fit = fit_linear(np.column_stack([one, t]), y)
    residual = y - fit.fitted
    se = math.sqrt(residual @ residual / (n - 2) * fit.bread[1, 1])
    rv = sensitivity.robustness_value(fit.coefficients[1] / se, n - 2)

    def orthogonal(v: np.ndarray, *others: np.ndarray) -> np.ndarray:
        q, _ = np.linalg.qr(np.column_stack([one, *others]))
        v = v - q @ (q.T @ v)
        return v / np.linalg.norm(v)

    unit_t, unit_e = orthogonal(t), orthogonal(residual, t)
    noise = orthogonal(rng.normal(size=n), t, residual)
    # z = a t + b e + c noise, with partial R2 rv with t, and rv with y given t.
    a = math.sqrt(rv)
    b = math.sqrt(1 - rv) * math.sqrt(rv)
    c = math.sqrt(1 - rv) * math.sqrt(1 - rv)
    z = a * unit_t + b * unit_e + c * noise
    adjusted = fit_linear(np.column_stack([one, t, z]), y).coefficients[1]
    assert adjusted == pytest.approx(0.0, abs=1e-9)


def test_benchmarks_reject_the_impossible() -> None:
    with pytest.raises(PlanningInput, match="stronger"):
        sensitivity.confounder_bound(
            estimate=1, se=0.1, degrees=100, r2_exposure_benchmark=0.6, r2_outcome_benchmark=0.1, k=3
        )


def test_without_hidden_bias_rosenbaum_is_the_ordinary_test() -> None:
    rng = np.random.default_rng(2)
    treated, control = rng.normal(0.4, 1, 40), rng.normal(0, 1, 40)
    ordinary = stats.wilcoxon(treated, control, alternative="greater", method="asymptotic", correction=False).pvalue
    assert sensitivity.rosenbaum_signed_rank(treated, control, [1.0])[0] == pytest.approx(ordinary, rel=1e-9)
    exact = stats.binomtest(18, 25, 0.5, alternative="greater").pvalue
    assert sensitivity.rosenbaum_mcnemar((18, 7), [1.0])[0] == pytest.approx(exact)


@given(st.lists(st.floats(1, 10), min_size=2, max_size=5).map(sorted))
def test_more_hidden_bias_never_lowers_the_bound(gamma: list[float]) -> None:
    bounds = sensitivity.rosenbaum_mcnemar((20, 8), gamma)
    assert bounds == sorted(bounds)


def test_the_largest_gamma_is_told_or_not_a_number() -> None:
    assert sensitivity.largest_gamma([1, 2, 3], [0.01, 0.04, 0.2]) == 2
    assert math.isnan(sensitivity.largest_gamma([1], [0.5]))


def test_full_participation_and_perfect_measurement_change_nothing() -> None:
    table = [[30, 20], [70, 80]]
    full = sensitivity.selection_adjusted(table, case_exposed=1, case_unexposed=1, other_exposed=1, other_unexposed=1)
    assert full.odds_ratio == full.odds_ratio_observed
    for of in ("exposure", "outcome"):
        perfect = sensitivity.misclassification_adjusted(table, sensitivity=1, specificity=1, of=of)
        assert perfect.odds_ratio == pytest.approx(full.odds_ratio)


def test_misclassification_is_undone() -> None:
    true = np.array([[300.0, 200.0], [700.0, 800.0]])
    se, sp = 0.8, 0.9
    seen = np.column_stack([true[:, 0] * se + true[:, 1] * (1 - sp), true[:, 0] * (1 - se) + true[:, 1] * sp])
    found = sensitivity.misclassification_adjusted(seen.tolist(), sensitivity=se, specificity=sp)
    assert found.odds_ratio == pytest.approx(300 * 800 / (200 * 700))


def test_bias_parameters_come_in_pairs() -> None:
    with pytest.raises(PlanningInput, match="pairs"):
        sensitivity.multiple_bias_bound(confounding=[2.0])


def test_no_tipping_strength_exists_for_equal_prevalences() -> None:
    assert math.isnan(sensitivity.tipping_binary(1.5, 0.2, 0.2))
