"""Sample sizes against simulation, statsmodels and their own inverses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import TTestIndPower

from causal import power
from miner.errors import PlanningInput

RISKS = st.floats(0.02, 0.9)


@given(RISKS, RISKS, st.floats(0.25, 4.0))
def test_power_at_the_sample_size_is_the_power_asked_for(p1: float, p0: float, ratio: float) -> None:
    if abs(p1 - p0) < 0.01:
        return
    n = power.cohort(p1=p1, p0=p0, power=0.9, ratio=ratio)
    assert power.cohort_power(p1=p1, p0=p0, exposed=n.exposed, unexposed=n.unexposed) == pytest.approx(0.9, abs=1e-9)


@given(st.floats(0.05, 0.5), st.integers(50, 5000))
def test_the_detectable_ratio_has_the_power_asked_for(p0: float, n: int) -> None:
    above, below = power.detectable_risk_ratio(p0=p0, exposed=n, unexposed=n)
    for rr in (above, below):
        if not math.isnan(rr):
            assert power.cohort_power(p1=rr * p0, p0=p0, exposed=n, unexposed=n) == pytest.approx(0.8, abs=1e-6)


@given(st.floats(0.1, 0.4), st.integers(100, 3000), st.integers(1, 1000))
def test_more_persons_never_lower_power(p0: float, n: int, more: int) -> None:
    p1 = p0 * 1.3
    few = power.cohort_power(p1=p1, p0=p0, exposed=n, unexposed=n)
    assert power.cohort_power(p1=p1, p0=p0, exposed=n + more, unexposed=n + more) >= few


def test_simulated_power_of_two_risks_is_that_promised() -> None:
    rng = np.random.default_rng(1)
    n = power.whole(power.cohort(p1=0.3, p0=0.15).exposed)
    a, c = rng.binomial(n, 0.3, 40_000), rng.binomial(n, 0.15, 40_000)
    pooled = (a + c) / (2 * n)
    z = (a - c) / n / np.sqrt(2 * pooled * (1 - pooled) / n)
    # Whole persons and whole events move it a little.
    assert (np.abs(z) > 1.959964).mean() == pytest.approx(0.8, abs=0.02)


@given(st.floats(0.1, 2.0), st.floats(0.5, 3.0))
def test_means_by_t_agree_with_statsmodels(d: float, ratio: float) -> None:
    ours = power.means(difference=d, ratio=ratio, power=0.85).exposed
    theirs = TTestIndPower().solve_power(effect_size=d, ratio=ratio, power=0.85, alpha=0.05)
    assert ours == pytest.approx(max(float(np.ravel(theirs)[0]), 2.0), rel=1e-4)


def test_power_of_a_large_effect_is_one_and_not_a_nan() -> None:
    assert power.means_power(difference=5.0, exposed=1000, unexposed=1000) == 1.0


def test_the_detectable_difference_is_the_inverse_of_the_sample_size() -> None:
    n = power.means(difference=0.37).exposed
    assert power.detectable_difference(exposed=n, unexposed=n) == pytest.approx(0.37, abs=1e-6)


def test_matched_sets_with_one_control_and_no_correlation_come_near_the_discordant_pairs() -> None:
    sets = power.matched_case_control(odds_ratio=2.5, p0=0.3, phi=0.0).exposed
    assert power.matched_case_control_power(odds_ratio=2.5, p0=0.3, phi=0.0, sets=sets) == pytest.approx(0.8, abs=1e-9)
    more_controls = power.matched_case_control(odds_ratio=2.5, p0=0.3, phi=0.0, ratio=4).exposed
    assert more_controls < sets


def test_events_follow_the_log_rank_simulation() -> None:
    rng = np.random.default_rng(2)
    events = power.whole(power.events_for_hazard_ratio(hazard_ratio=2.0))
    won = 0
    for _ in range(1500):
        t = np.tile([0.0, 1.0], events // 2 + 1)[:events]
        life = rng.exponential(1 / np.where(t == 1, 2.0, 1.0))
        arm = t[np.argsort(life)]
        at_risk = np.arange(events, 0, -1)
        share = np.cumsum(arm[::-1])[::-1] / at_risk
        won += abs((arm - share).sum() / math.sqrt((share * (1 - share)).sum())) > 1.96
    assert won / 1500 == pytest.approx(0.8, abs=0.04)


def test_the_detectable_hazard_ratio_needs_these_events() -> None:
    above, below = power.detectable_hazard_ratio(events=80, p_exposed=0.3)
    assert power.events_for_hazard_ratio(hazard_ratio=above, p_exposed=0.3) == pytest.approx(80)
    assert above * below == pytest.approx(1.0)


def test_rates_over_ever_longer_follow_up_approach_the_unlimited_case() -> None:
    unlimited = power.rates(rate1=0.2, rate0=0.1).exposed
    assert power.rates(rate1=0.2, rate0=0.1, follow_up=1e4).exposed == pytest.approx(unlimited, rel=1e-3)
    assert power.rates(rate1=0.2, rate0=0.1, follow_up=5).exposed > unlimited


def test_the_joint_rule_needs_more_than_significance() -> None:
    plain = power.joint_rule_power(effect=3.0, se=1.0, smallest_of_interest=0.0)
    assert power.joint_rule_power(effect=3.0, se=1.0, smallest_of_interest=3.0) == pytest.approx(0.5)
    assert plain > 0.8
    rng = np.random.default_rng(3)
    draws = rng.normal(3.0, 1.0, 200_000)
    both = ((draws - 1.959964 > 0) & (draws >= 2.5)).mean()
    assert power.joint_rule_power(effect=3.0, se=1.0, smallest_of_interest=2.5) == pytest.approx(both, abs=0.004)


def test_the_continuity_correction_is_inverted() -> None:
    n = power.cohort(p1=0.5625, p0=0.3, power=0.9).exposed
    corrected = power.with_continuity(n, 0.5625, 0.3)
    found = power.cohort_power(p1=0.5625, p0=0.3, exposed=corrected, unexposed=corrected, fleiss=True)
    assert found == pytest.approx(0.9, abs=1e-9)


def test_correlation_by_z_and_by_t_are_near_each_other() -> None:
    assert power.correlation_exact(r=0.2) == pytest.approx(power.correlation(r=0.2), rel=0.02)


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: power.cohort(p1=0.2, p0=0.2),
        lambda: power.cohort(p1=1.2, p0=0.2),
        lambda: power.cohort(p1=0.2, p0=0.1, power=1.0),
        lambda: power.cohort(p1=0.2, p0=0.1, alpha=0.0),
        lambda: power.cohort(p1=0.2, p0=0.1, sided=3),
        lambda: power.case_control(odds_ratio=1.0, p0=0.2),
        lambda: power.matched_case_control(odds_ratio=2, p0=0.05, phi=0.99),
        lambda: power.rates(rate1=0.1, rate0=0.1),
        lambda: power.means(difference=0.0),
        lambda: power.means_normal(difference=1.0, sd1=0.0),
        lambda: power.correlation(r=0.0),
        lambda: power.inflation(r2=1.0),
        lambda: power.inflation(loss=1.0),
        lambda: power.detectable_hazard_ratio(events=0),
        lambda: power.standardised_difference(None, 1.0, []),
    ],
)
def test_what_has_no_answer_gets_none(impossible: object) -> None:
    with pytest.raises(PlanningInput):
        impossible()  # type: ignore[operator]


def test_inflation_factors_multiply_and_name_their_source() -> None:
    found = power.inflation(r2=0.5, icc=0.1, cluster_size=11, loss=0.2, effective_share=0.5)
    assert found.factor == pytest.approx(2 * 2 * 1.25 * 2)
    assert all(row["source"] for row in found.rows())
