"""Matching against brute force, and its coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from causal.design_matrix import AnalysisData, from_arrays
from causal.estimation import Estimand, matching
from causal.estimation.weighting import propensity_model
from miner.errors import NoOverlap
from tests.causal.estimation.test_standardisation import simulated


def brute(data: AnalysisData) -> float:
    score, t, y = logit(propensity_model(data)[0].fitted), data.exposure, data.outcome
    gaps = []
    for i in np.flatnonzero(t == 1):
        others = np.flatnonzero(t == 0)
        gaps.append(y[i] - y[others[np.argmin(np.abs(score[others] - score[i]))]])
    return float(np.mean(gaps))


def test_each_exposed_person_meets_the_nearest_unexposed_one() -> None:
    data = simulated(300, binary=False)
    assert matching(data, caliper=None)[0].value == pytest.approx(brute(data), rel=1e-12)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=300)
        t = (rng.random(300) < 1 / (1 + np.exp(-0.7 * x))).astype(float)
        found = matching(from_arrays(2 * t + x + rng.normal(size=300), t, x.reshape(-1, 1)), estimand=Estimand.ATE)[0]
        held += found.low <= 2 <= found.high
    assert 0.90 <= held / 150 <= 1.0


def test_who_finds_no_match_is_counted() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=400)
    t = (rng.random(400) < 1 / (1 + np.exp(-3 * x))).astype(float)
    found = matching(from_arrays(x + t, t, x.reshape(-1, 1)), caliper=0.01)[0]

    assert "left out" in found.notes[-1]
    assert found.n < t.sum()


def test_no_match_at_all_is_refused() -> None:
    with pytest.raises(NoOverlap):
        matching(simulated(200, binary=False), caliper=0.0)
