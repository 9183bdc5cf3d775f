from __future__ import annotations

import numpy as np
import pytest

from miner.associations.screens.cox import CoxModel
from miner.associations.screens.score import joint_test, score_tests
from miner.errors import NullModelFailed


def brute_force(time, event, risk, x):
    """Score and information of x at given risks, tied events after Efron, straight from the definition."""
    u = v = 0.0
    for t in np.unique(time[event]):
        at, dying = time >= t, (time == t) & event
        d = int(dying.sum())
        u += x[dying].sum()
        for k in range(d):
            weight = risk * at - k / d * risk * dying
            mean = (weight * x).sum() / weight.sum()
            u -= mean
            v += (weight * x**2).sum() / weight.sum() - mean**2
    return u, v


@pytest.mark.parametrize("ties", [False, True])
def test_score_and_information_without_covariates_are_the_definition(ties):
    rng = np.random.Generator(np.random.Philox(1))
    time, event = rng.exponential(size=150), rng.random(150) < 0.6
    if ties:
        time = np.ceil(time * 5)
    x = rng.normal(size=150)
    model = CoxModel.fit(time, event, np.zeros((150, 0)))
    u, v, _ = score_tests(model, x[None, :])
    assert (u[0], v[0]) == pytest.approx(brute_force(time, event, np.ones(150), x), rel=1e-9)


def test_the_joint_test_agrees_with_the_single_one_and_counts_aliased_columns_out():
    rng = np.random.Generator(np.random.Philox(2))
    time, event, z = rng.exponential(size=200), rng.random(200) < 0.5, rng.normal(size=(200, 2))
    model = CoxModel.fit(time, event, z)
    x = rng.normal(size=200)
    u, v, _ = score_tests(model, x[None, :])
    assert joint_test(model, x[None, :])[0] == pytest.approx(u[0] ** 2 / v[0], rel=1e-9)
    assert joint_test(model, np.array([x, 2 * x + z[:, 0]]))[1] == 1
    assert model.rank == 2


def test_nobody_with_the_event_is_reported():
    with pytest.raises(NullModelFailed, match="event"):
        CoxModel.fit(np.arange(1.0, 10.0), np.zeros(9, bool), np.zeros((9, 0)))
