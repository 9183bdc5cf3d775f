"""Trends against a regression written out and a permutation count."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from miner.errors import ImpossibleCounts, UnequalLengths
from miner.statistics.results import Status
from miner.statistics.trend import cochran_armitage, linear_by_linear

group = st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(group, min_size=2, max_size=5))
def test_linear_by_linear_is_the_correlation_of_score_and_case(groups: list[tuple[int, int]]) -> None:
    cases, n = (np.array(v) for v in zip(*groups, strict=True))
    ours, plain = linear_by_linear(cases, n), cochran_armitage(cases, n)
    score = np.repeat(np.arange(1, len(n) + 1), n)
    case = np.concatenate([np.r_[np.ones(x), np.zeros(m - x)] for x, m in groups])
    if np.ptp(case) == 0:
        assert ours.status is Status.NOT_COMPUTED
        return
    r = np.corrcoef(score, case)[0, 1]
    total = n.sum()
    assert ours.statistic == pytest.approx(r * math.sqrt(total - 1), abs=1e-9)
    assert plain.statistic == pytest.approx(r * math.sqrt(total), abs=1e-9)
    assert math.exp(plain.ln_p) == pytest.approx(2 * stats.norm.sf(abs(plain.statistic)), rel=1e-9)
    assert plain.effect.low <= plain.effect.estimate <= plain.effect.high


def test_rising_risks_give_a_positive_trend_and_scores_may_be_shifted_and_scaled() -> None:
    cases, n = [2, 5, 9], [20, 20, 20]
    rising = cochran_armitage(cases, n)
    assert rising.statistic > 0
    assert rising.effect.estimate == pytest.approx((9 / 20 - 2 / 20) / 2)
    assert cochran_armitage(cases, n, [10, 20, 30]).ln_p == pytest.approx(rising.ln_p)
    assert cochran_armitage(cases[::-1], n).statistic == pytest.approx(-rising.statistic)


def test_equal_risks_have_no_trend() -> None:
    assert cochran_armitage([10, 10, 10], [50, 50, 50]).ln_p == 0


def test_one_group_or_one_outcome_gives_a_reason() -> None:
    assert cochran_armitage([3], [10]).reason
    assert cochran_armitage([0, 0], [10, 10]).reason
    assert cochran_armitage([], []).reason


def test_impossible_groups_are_refused() -> None:
    with pytest.raises(ImpossibleCounts):
        cochran_armitage([11, 2], [10, 10])
    with pytest.raises(UnequalLengths):
        cochran_armitage([1, 2], [10, 10, 10])
