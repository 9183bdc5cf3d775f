"""ln p against 40-digit arithmetic, from p near 1 to ln p of a million."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from miner.statistics.log_probability import ln_chi2_sf, ln_f_sf, ln_normal_two_sided, ln_one_sided, ln_t_two_sided


def exact_chi2(x: float, df: float) -> float:
    with mpmath.workdps(60):
        return float(mpmath.log(mpmath.gammainc(mpmath.mpf(df) / 2, mpmath.mpf(x) / 2, mpmath.inf, regularized=True)))


def exact_beta_tail(a: float, b: float, odds: float) -> float:
    """ln I_x(a, b), x = 1/(1+odds), by the hypergeometric series."""
    with mpmath.workdps(60):
        a_, b_, odds_ = mpmath.mpf(a), mpmath.mpf(b), mpmath.mpf(odds)
        x = 1 / (1 + odds_)
        log_front = a_ * mpmath.log(x) + b_ * mpmath.log(1 - x) - mpmath.log(a_)
        log_beta = mpmath.loggamma(a_) + mpmath.loggamma(b_) - mpmath.loggamma(a_ + b_)
        return float(log_front - log_beta + mpmath.log(mpmath.hyp2f1(a_ + b_, 1, a_ + 1, x)))


@pytest.mark.parametrize("df", [1, 2, 7, 40, 500])
@pytest.mark.parametrize("x", [1e-6, 0.5, 3.84, 60.0, 1500.0, 2.0e5])
def test_chi_squared_tail_equals_sixty_digit_arithmetic(x: float, df: int) -> None:
    assert ln_chi2_sf(x, df) == pytest.approx(exact_chi2(x, df), rel=1e-11, abs=1e-15)


def test_chi_squared_reaches_ln_p_of_minus_fifty_thousand() -> None:
    assert ln_chi2_sf(100_000, 1) == pytest.approx(-50005.9822640849, rel=1e-12)
    assert ln_chi2_sf(30_000, 7) == pytest.approx(-14977.1612932327, rel=1e-12)


@pytest.mark.parametrize(("t", "df"), [(2.0, 3), (80.0, 1000), (200.0, 50_000), (1e6, 4), (30.0, 1e5), (1e3, 2.5)])
def test_t_tail_equals_sixty_digit_arithmetic(t: float, df: float) -> None:
    assert ln_t_two_sided(t, df) == pytest.approx(exact_beta_tail(df / 2, 0.5, t * t / df), rel=1e-11)


@pytest.mark.parametrize(("f", "d1", "d2"), [(3.0, 2, 10), (500.0, 5, 1000), (2000.0, 3, 40_000), (40.0, 60, 900)])
def test_f_tail_equals_sixty_digit_arithmetic(f: float, d1: int, d2: int) -> None:
    assert ln_f_sf(f, d1, d2) == pytest.approx(exact_beta_tail(d2 / 2, d1 / 2, d1 * f / d2), rel=1e-11)


@given(st.floats(0.01, 30), st.floats(0.5, 300))
def test_moderate_tails_equal_scipy(x: float, df: float) -> None:
    assert math.exp(ln_t_two_sided(x, df)) == pytest.approx(2 * stats.t.sf(x, df), rel=1e-9)
    assert math.exp(ln_chi2_sf(x, df)) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9)
    assert math.exp(ln_f_sf(x, df, 17)) == pytest.approx(stats.f.sf(x, df, 17), rel=1e-8)
    assert math.exp(ln_normal_two_sided(-x)) == pytest.approx(2 * stats.norm.sf(x), rel=1e-9)


def test_tails_agree_where_the_method_changes() -> None:
    x = np.linspace(1300, 1400, 2001)
    assert np.all(np.diff(ln_chi2_sf(x, 3)) < 0)
    assert np.allclose(np.diff(ln_chi2_sf(x, 3)), -0.025, atol=1e-3)
    t = np.linspace(38, 60, 2001)
    assert np.max(np.abs(np.diff(ln_t_two_sided(t, 900), n=2))) < 1e-3


def test_limits_and_impossible_arguments() -> None:
    assert ln_chi2_sf(0, 3) == 0
    assert ln_chi2_sf(np.inf, 3) == -np.inf
    assert np.isnan(ln_chi2_sf(-1, 3))
    assert np.isnan(ln_chi2_sf(1, 0))
    assert ln_t_two_sided(0, 5) == 0
    assert ln_t_two_sided(np.inf, 5) == -np.inf
    assert np.isnan(ln_t_two_sided(np.nan, 5))
    assert np.isnan(ln_t_two_sided(1, 0))
    assert ln_t_two_sided(3.0, np.inf) == pytest.approx(float(ln_normal_two_sided(3.0)))
    assert ln_f_sf(4.0, 2, np.inf) == pytest.approx(float(ln_chi2_sf(8.0, 2)))
    assert np.isnan(ln_f_sf(4.0, 0, 3))


def test_f_with_one_numerator_degree_is_t_squared() -> None:
    t = np.array([0.3, 2.0, 45.0, 900.0])
    assert np.allclose(ln_f_sf(t * t, 1, 77), ln_t_two_sided(t, 77), rtol=1e-12)


def test_one_sided_p_halves_in_the_declared_direction_and_is_the_complement_in_the_other() -> None:
    ln_p = ln_normal_two_sided(1.3)
    assert math.exp(ln_one_sided(ln_p, True)) == pytest.approx(stats.norm.sf(1.3))
    assert math.exp(ln_one_sided(ln_p, False)) == pytest.approx(stats.norm.cdf(1.3))
