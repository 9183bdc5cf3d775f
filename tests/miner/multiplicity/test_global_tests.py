"""Global tests against scipy and plain formulae, and far below what a float p can hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import combine_pvalues

from miner.multiplicity.global_tests import bonferroni_minimum, cauchy, fisher_combination, simes, twice_the_mean

p_values = st.lists(st.floats(1e-6, 0.999), min_size=1, max_size=20)


@given(p_values)
def test_fisher_equals_scipy(p: list[float]) -> None:
    second = combine_pvalues(p, method="fisher")

    ours = fisher_combination(np.log(p))

    assert ours.statistic == pytest.approx(second.statistic, rel=1e-12)
    assert math.exp(ours.ln_p) == pytest.approx(second.pvalue, rel=1e-9, abs=1e-290)
    assert ours.df == 2 * len(p)


@given(p_values)
def test_the_cauchy_combination_is_its_formula(p: list[float]) -> None:
    mean = np.mean(np.tan((0.5 - np.array(p)) * np.pi))

    assert math.exp(cauchy(np.log(p))) == pytest.approx(0.5 - math.atan(mean) / math.pi, rel=1e-8)


@given(p_values)
def test_simes_bonferroni_and_twice_the_mean_are_their_formulae(p: list[float]) -> None:
    ranked = np.sort(p)

    assert math.exp(simes(np.log(p))) == pytest.approx(
        min(1.0, float((len(p) * ranked / np.arange(1, len(p) + 1)).min())), rel=1e-12
    )
    assert math.exp(bonferroni_minimum(np.log(p))) == pytest.approx(min(1.0, len(p) * ranked[0]), rel=1e-12)
    assert math.exp(twice_the_mean(np.log(p))) == pytest.approx(min(1.0, 2 * np.mean(p)), rel=1e-12)


def test_far_below_a_float_the_combinations_still_have_their_limits() -> None:
    ln_p = [-50_000.0, math.log(0.5)]

    # The larger p has a cotangent of 0, so the mean is half of 1 / (pi p): p doubles.
    assert cauchy(ln_p) == pytest.approx(-50_000.0 + math.log(2), abs=1e-9)
    # With y = 50,000 + ln 2, the tail of 4 degrees of freedom is exp(-y) (1 + y).
    y = 50_000.0 + math.log(2)
    assert fisher_combination(ln_p).ln_p == pytest.approx(-y + math.log1p(y), abs=1e-9)


def test_members_beyond_those_in_hand_count_as_one() -> None:
    assert simes(np.log([0.01]), m=5) == pytest.approx(simes(np.log([0.01, 1, 1, 1, 1])))


@pytest.mark.parametrize(
    "test", [simes, bonferroni_minimum, cauchy, twice_the_mean, lambda p: fisher_combination(p).ln_p]
)
def test_an_empty_family_shows_nothing_and_all_ones_show_nothing(test: object) -> None:
    assert test([]) == 0.0
    assert math.exp(test([0.0, 0.0])) > 0.99


def test_a_p_of_zero_settles_it() -> None:
    assert cauchy([-math.inf, 0.0]) == -math.inf
    assert fisher_combination([-math.inf, 0.0]).ln_p == -math.inf
