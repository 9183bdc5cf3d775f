"""Calibration recovers a known systematic error, and calibrated p-values of nulls are uniform."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from miner.errors import TooFewControls, UnequalLengths
from miner.statistics.calibration import SystematicError, calibrated_ln_p, fit_systematic_error


def controls(n: int, mean: float, sd: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.05, 0.3, n)
    return rng.normal(mean, np.sqrt(sd**2 + errors**2)), errors


def test_a_known_systematic_error_is_recovered() -> None:
    found = fit_systematic_error(*controls(3000, 0.4, 0.25, seed=1))
    assert found.mean == pytest.approx(0.4, abs=0.02)
    assert found.sd == pytest.approx(0.25, abs=0.02)
    assert found.recommended


def test_calibrated_p_of_further_nulls_is_uniform_and_the_plain_one_is_not() -> None:
    error = fit_systematic_error(*controls(2000, 0.4, 0.25, seed=2))
    estimates, errors = controls(1000, 0.4, 0.25, seed=3)
    assert stats.kstest(np.exp(calibrated_ln_p(error, estimates, errors)), "uniform").pvalue > 0.01
    plain = np.exp(calibrated_ln_p(SystematicError(mean=0, sd=0, controls=0), estimates, errors))
    assert np.mean(plain < 0.05) > 0.5


def test_controls_without_excess_spread_have_no_systematic_spread() -> None:
    rng = np.random.default_rng(4)
    errors = np.full(50, 0.5)
    found = fit_systematic_error(rng.normal(0, 0.1, 50), errors)
    assert found.sd == 0


def test_one_sided_p_asks_for_estimates_above_the_error() -> None:
    error = SystematicError(mean=0.5, sd=0.2, controls=30)
    assert math.exp(calibrated_ln_p(error, 0.5, 0.1, two_sided=False)) == pytest.approx(0.5)
    assert calibrated_ln_p(error, 2.0, 0.1, two_sided=False) < -10


def test_too_few_usable_controls_are_refused() -> None:
    with pytest.raises(TooFewControls):
        fit_systematic_error([0.1] * 9, [0.2] * 9)
    with pytest.raises(TooFewControls):
        fit_systematic_error([0.1] * 9 + [np.inf] * 5, [0.2] * 14)
    with pytest.raises(UnequalLengths):
        fit_systematic_error([0.1, 0.2], [0.1])
    assert not fit_systematic_error(*controls(12, 0, 0.1, seed=5)).recommended
