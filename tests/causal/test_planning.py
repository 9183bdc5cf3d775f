"""Shrinkage never passes zero nor the mined effect, and repairs the winner's curse on average."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from causal.planning import conditional_likelihood, design_errors, fiqt, planning_effect
from miner.errors import PlanningInput


@given(st.floats(2.0, 30.0), st.floats(0.5, 2.0))
def test_conditional_estimates_lie_between_zero_and_the_observed(z: float, c: float) -> None:
    found = conditional_likelihood(z, c)
    assert -1e-6 <= found.mle <= z + 1e-6
    assert conditional_likelihood(-z, c).average == pytest.approx(-found.average, abs=1e-6)


def test_far_from_the_threshold_nothing_is_shrunken() -> None:
    assert conditional_likelihood(12.0, 2.0).average == pytest.approx(12.0, abs=1e-3)


def test_just_above_the_threshold_it_collapses() -> None:
    assert conditional_likelihood(1.97, 1.96).average < 1.0


def test_what_was_not_selected_is_refused() -> None:
    with pytest.raises(PlanningInput, match="threshold"):
        conditional_likelihood(1.0, 1.96)
    with pytest.raises(PlanningInput):
        conditional_likelihood(float("nan"), 1.96)


def test_fiqt_is_the_quantile_of_the_adjusted_p() -> None:
    z = np.random.default_rng(1).normal(0, 2, 200)
    p = 2 * stats.norm.sf(np.abs(z))
    expected = np.sign(z) * stats.norm.isf(stats.false_discovery_control(p) / 2)
    assert fiqt(z) == pytest.approx(expected, abs=1e-6)


def test_fiqt_keeps_an_enormous_z() -> None:
    assert fiqt([60.0, *np.zeros(999)])[0] == pytest.approx(60.0, abs=0.2)


def test_shrunken_effects_are_nearer_the_truth_than_mined_ones_on_average() -> None:
    rng = np.random.default_rng(3)
    truth = 1.5
    z = rng.normal(truth, 1, 4000)
    won = z[z > 1.96][:300]
    shrunken = np.array([planning_effect(estimate=v, se=1.0, threshold=1.96).shrunken for v in won])
    assert abs(shrunken.mean() - truth) < abs(won.mean() - truth) / 2


@given(st.floats(2.0, 8.0))
def test_the_planning_effect_never_leaves_the_interval_from_zero_to_mined(z: float) -> None:
    found = planning_effect(estimate=z * 0.1, se=0.1, threshold=1.96, family_z=[z, 1.0, 0.2, -0.4])
    assert 0.0 <= found.shrunken <= z * 0.1 + 1e-12


def test_a_split_inside_discovery_is_preferred_and_may_take_all_away() -> None:
    assert planning_effect(estimate=3, se=1, threshold=2, split_estimate=1.0).shrunken == 1.0
    none = planning_effect(estimate=3, se=1, threshold=2, split_estimate=-1.0)
    assert none.shrunken == 0.0
    assert not none.supported
    assert "smallest effect" in none.notes[-1]


def test_selection_by_lift_is_said_to_be_approximate() -> None:
    assert "approximate" in planning_effect(estimate=3, se=1, threshold=2, selected_by_p=False).notes[0]


def test_errors_of_sign_and_magnitude_agree_with_simulation() -> None:
    rng = np.random.default_rng(4)
    draws = rng.normal(1.0, 0.8, 400_000)
    won = draws[np.abs(draws) > 1.959964 * 0.8]
    found = design_errors(1.0, 0.8)
    assert found.power == pytest.approx(len(won) / len(draws), abs=0.003)
    assert found.type_s == pytest.approx((won < 0).mean(), abs=0.003)
    assert found.exaggeration == pytest.approx(np.abs(won).mean(), abs=0.01)


def test_no_effect_has_no_design_errors() -> None:
    with pytest.raises(PlanningInput):
        design_errors(0.0, 1.0)
