"""Comparisons of groups against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from miner.errors import UnequalLengths
from miner.statistics.groups import (
    eta_squared,
    kruskal,
    mann_whitney,
    point_biserial,
    student,
    welch,
)
from miner.statistics.results import Status

samples = st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=25)


@given(samples, samples)
def test_two_group_tests_equal_scipy(first: list[float], second: list[float]) -> None:
    values, group = first + second, [1] * len(first) + [0] * len(second)
    if len(set(first)) > 1 or len(set(second)) > 1:
        expected = stats.ttest_ind(first, second, equal_var=False)
        ours = welch(values, group)
        assert ours.statistic == pytest.approx(expected.statistic, rel=1e-9, abs=1e-12)
        assert ours.df == pytest.approx(expected.df, rel=1e-9)
        assert math.exp(ours.ln_p) == pytest.approx(expected.pvalue, rel=1e-9)
        interval = expected.confidence_interval()
        assert (ours.effect.low, ours.effect.high) == pytest.approx((interval.low, interval.high), rel=1e-9, abs=1e-9)
        expected = stats.ttest_ind(first, second)
        assert math.exp(student(values, group).ln_p) == pytest.approx(expected.pvalue, rel=1e-9)
    if len(set(values)) > 1:
        expected = stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=True)
        ours = mann_whitney(values, group)
        assert min(1.0, math.exp(ours.ln_p)) == pytest.approx(expected.pvalue, rel=1e-9)
        assert ours.effect.estimate == pytest.approx(expected.statistic / len(first) / len(second))
        assert ours.effects[1].estimate == pytest.approx(2 * ours.effect.estimate - 1)
        assert ours.effect.low <= ours.effect.estimate <= ours.effect.high


@given(st.lists(samples, min_size=2, max_size=5))
def test_several_group_tests_equal_scipy(samples_: list[list[float]]) -> None:
    values = [value for sample in samples_ for value in sample]
    group = [i for i, sample in enumerate(samples_) for _ in sample]
    if len(set(values)) < 2:
        assert kruskal(values, group).status is Status.NOT_COMPUTED
        return
    expected = stats.kruskal(*samples_)
    ours = kruskal(values, group)
    assert ours.statistic == pytest.approx(expected.statistic, rel=1e-9, abs=1e-10)
    # Near a statistic of 0 its rounding error of 1e-14 moves p by the square root of that.
    assert math.exp(ours.ln_p) == pytest.approx(expected.pvalue, rel=1e-8 if expected.statistic > 1e-10 else 1e-5)
    assert ours.effect.low - 1e-9 <= max(ours.effect.estimate, ours.effect.low)
    if any(len(set(sample)) > 1 for sample in samples_):
        expected = stats.f_oneway(*samples_)
        anova = eta_squared(values, group)
        assert anova.statistic == pytest.approx(expected.statistic, rel=1e-8, abs=1e-10)
        if not math.isnan(expected.pvalue):  # scipy gives NaN where its F comes out slightly negative
            assert math.exp(anova.ln_p) == pytest.approx(
                expected.pvalue, rel=1e-7 if expected.statistic > 1e-10 else 1e-5
            )
        assert 0 <= anova.effect.estimate <= 1


def test_point_biserial_is_students_test() -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 2, 50)
    values = group + rng.normal(size=50)
    assert point_biserial(values, group).ln_p == pytest.approx(student(values, group).ln_p, rel=1e-10)
    assert point_biserial(values, group).effect.estimate == pytest.approx(stats.pointbiserialr(group, values).statistic)


def test_exchanging_the_groups_turns_the_direction_and_keeps_the_p() -> None:
    rng = np.random.default_rng(2)
    values, group = rng.normal(size=40), np.arange(40) % 2
    for form in (welch, student, mann_whitney, point_biserial):
        one, two = form(values, group), form(values, 1 - group)
        assert one.ln_p == pytest.approx(two.ln_p, rel=1e-12)
        assert one.statistic == pytest.approx(-two.statistic, rel=1e-12)


def test_unknown_values_and_groups_are_left_out() -> None:
    values = [1.0, 2.0, np.nan, 4.0, 5.0, 9.0]
    group = [0, 0, 0, 1, 1, -1]
    assert welch(values, group).n == 4
    assert welch(values, np.array([0, 0, 0, 1, 1, np.nan])).n == 4
    assert kruskal(values, group).ln_p == kruskal([1, 2, 4, 5], [0, 0, 1, 1]).ln_p


def test_groups_too_small_and_values_all_equal_give_a_reason() -> None:
    assert welch([1, 2, 3], [0, 0, 1]).reason
    assert welch([2, 2, 2, 2], [0, 0, 1, 1]).status is Status.NOT_COMPUTED
    assert mann_whitney([1, 1, 1], [0, 0, 1]).status is Status.NOT_COMPUTED
    assert mann_whitney([1, 2], [1, 1]).status is Status.NOT_COMPUTED
    assert kruskal([1.0, 2.0], [0, 0]).status is Status.NOT_COMPUTED
    assert kruskal([], []).status is Status.NOT_COMPUTED
    assert eta_squared([], []).status is Status.NOT_COMPUTED
    assert student([1, 1, 1, 1], [0, 0, 1, 1]).status is Status.NOT_COMPUTED


def test_groups_without_spread_that_differ_are_degenerate() -> None:
    result = welch([1, 1, 2, 2], [0, 0, 1, 1])
    assert result.status is Status.DEGENERATE
    assert result.ln_p == -math.inf
    assert eta_squared([1, 1, 2, 2], [0, 0, 1, 1]).status is Status.DEGENERATE


def test_a_difference_beyond_all_floats_keeps_its_ln_p() -> None:
    rng = np.random.default_rng(5)
    group = np.arange(4000) % 2
    values = 20 * group + rng.normal(size=4000)
    assert -60_000 < welch(values, group).ln_p < -5000
    assert math.isfinite(mann_whitney(values, group).ln_p)
    assert math.isfinite(kruskal(values, group).ln_p)


@pytest.mark.parametrize("form", [welch, student, mann_whitney, kruskal, eta_squared], ids=lambda f: f.__name__)
def test_p_is_uniform_where_the_groups_are_alike(form) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(22)
    group = np.repeat([0, 1], [40, 40])
    p = [min(1.0, math.exp(form(rng.normal(size=80), group).ln_p)) for _ in range(1000)]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_welch_keeps_its_level_where_student_does_not() -> None:
    rng = np.random.default_rng(23)
    group = np.repeat([0, 1], [80, 20])
    values = [np.concatenate([rng.normal(0, 1, 80), rng.normal(0, 4, 20)]) for _ in range(1000)]
    levels = [np.mean([form(v, group).ln_p < math.log(0.05) for v in values]) for form in (welch, student)]
    assert levels[0] < 0.072
    assert levels[1] > 0.15


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(UnequalLengths):
        welch([1, 2, 3], [0, 1])
