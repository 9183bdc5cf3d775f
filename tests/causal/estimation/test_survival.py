"""Curves, restricted means and hazard ratios."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from causal.design_matrix import from_arrays
from causal.estimation import Scale, hazard_ratio, restricted_mean_difference, survival_curve
from miner.errors import NoEvents


def times(n: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    t = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(float)
    life = rng.exponential(1 / np.exp(-1 - 0.7 * t + 0.5 * x))
    end = rng.uniform(0.5, 6, n)
    return np.round(np.minimum(life, end), 2) + 0.01, (life <= end).astype(float), t, x


def test_the_curve_is_that_of_statsmodels() -> None:
    time, event, _, _ = times()
    at, survival = survival_curve(time, event)
    theirs = SurvfuncRight(time, event)

    assert at.tolist() == theirs.surv_times.tolist()
    assert survival == pytest.approx(theirs.surv_prob, rel=1e-12)


def test_the_restricted_mean_is_the_area_and_its_error_is_greenwoods() -> None:
    time, event, t, _ = times()
    found = restricted_mean_difference(from_arrays(time, t), event, horizon=3.0, adjusted=False)
    area, variance = {}, 0.0
    for arm in (0.0, 1.0):
        own = t == arm
        at, survival = survival_curve(time[own], event[own])
        at, survival = at[at <= 3], survival[at <= 3]
        widths = np.diff(np.r_[0, at, 3.0])
        area[arm] = float((np.r_[1.0, survival] * widths).sum())
        beyond = np.cumsum((survival * widths[1:])[::-1])[::-1]
        risk = np.array([(time[own] >= u).sum() for u in at])
        died = np.array([((time[own] == u) & (event[own] == 1)).sum() for u in at])
        variance += float((beyond**2 * died / (risk * (risk - died))).sum())

    assert found.scale is Scale.RMST_DIFFERENCE
    assert found.value == pytest.approx(area[1.0] - area[0.0], rel=1e-9)
    assert found.se == pytest.approx(variance**0.5, rel=1e-6)


def test_weighting_removes_measured_confounding() -> None:
    time, event, t, x = times(6000)
    crude = restricted_mean_difference(from_arrays(time, t), event, horizon=3.0, adjusted=False)
    adjusted = restricted_mean_difference(from_arrays(time, t, x.reshape(-1, 1)), event, horizon=3.0)
    # Truth by simulation: everyone exposed against nobody, without end of observation.
    rng = np.random.default_rng(9)
    big = rng.normal(size=400_000)
    unit = rng.exponential(size=400_000)
    mean = [np.minimum(unit / np.exp(-1 - 0.7 * a + 0.5 * big), 3.0).mean() for a in (0.0, 1.0)]

    assert abs(adjusted.value - (mean[1] - mean[0])) < abs(crude.value - (mean[1] - mean[0])) / 2
    assert adjusted.low < mean[1] - mean[0] < adjusted.high


def test_the_hazard_ratio_of_two_arms_without_ties_maximises_the_partial_likelihood() -> None:
    rng = np.random.default_rng(3)
    t = np.tile([0.0, 1.0], 40)
    time = rng.exponential(1 / np.exp(0.6 * t))
    found = hazard_ratio(from_arrays(time, t), np.ones(80))
    order = np.argsort(time)
    arm = t[order]

    def partial(b: float) -> float:
        risk = np.cumsum(np.exp(b * arm)[::-1])[::-1]
        return float((b * arm - np.log(risk)).sum())

    grid = np.linspace(-1, 2, 30_001)
    best = grid[np.argmax([partial(b) for b in grid[::30]]) * 30]
    assert np.log(found.value) == pytest.approx(best, abs=0.005)


def test_a_time_varying_exposure_undoes_immortal_time() -> None:
    # Exposure starts later in life and does nothing: called exposed from the start, it would seem to protect.
    rng = np.random.default_rng(5)
    life, start = rng.exponential(1.0, 1500), rng.exponential(1.0, 1500)
    ever = (start < life).astype(float)
    naive = hazard_ratio(from_arrays(life, ever), np.ones(1500))
    rows = [(0.0, min(s, z), 0.0, float(s >= z)) for z, s in zip(life, start, strict=True)]
    rows += [(s, z, 1.0, 1.0) for z, s in zip(life, start, strict=True) if s < z]
    entry, stop, exposed, event = map(np.array, zip(*rows, strict=True))
    varying = hazard_ratio(from_arrays(stop, exposed), event, entry=entry)

    assert naive.high < 0.8
    assert varying.low < 1.0 < varying.high


@pytest.mark.parametrize("function", [hazard_ratio, restricted_mean_difference])
def test_an_arm_without_events_has_no_number(function: object) -> None:
    time, event, t, _ = times()
    with pytest.raises(NoEvents):
        function(from_arrays(time, t), np.where(t == 1, 0.0, event))  # type: ignore[operator]
