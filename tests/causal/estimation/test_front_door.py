"""The front-door formula on probabilities and on data with a hidden confounder."""

from __future__ import annotations

import numpy as np
import pytest

from causal.design_matrix import from_arrays
from causal.estimation import crude, front_door
from causal.estimation.front_door import front_door_probabilities
from miner.errors import NoOverlap, UnsuitableVariable


def hidden(n: int = 40_000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    u = rng.random(n) < 0.5
    x = (rng.random(n) < 0.2 + 0.6 * u).astype(float)
    m = (rng.random(n) < 0.2 + 0.5 * x).astype(float)
    y = (rng.random(n) < 0.1 + 0.4 * m + 0.4 * u).astype(float)
    return x, m, y


def test_data_give_the_truth_that_the_crude_difference_misses() -> None:
    x, m, y = hidden()
    data = from_arrays(y, x)

    found, plain = front_door(data, m)[0], crude(data)[0]

    assert found.low < 0.5 * 0.4 < found.high
    assert plain.low > 0.3


def test_data_and_probabilities_give_the_same_risks() -> None:
    x, m, y = hidden(500)
    mean = {(a, b): y[(x == a) & (m == b)].mean() for a in (0, 1) for b in (0, 1)}
    expected = front_door_probabilities(
        exposure=x.mean(),
        mediator=[m[x == a].mean() for a in (0, 1)],
        outcome=[[mean[a, b] for b in (0, 1)] for a in (0, 1)],
    )

    found = front_door(from_arrays(y, x), m)[0]
    assert (found.mean_exposed, found.mean_unexposed) == pytest.approx((expected.risk_exposed, expected.risk_unexposed))


def test_errors_agree_with_the_bootstrap() -> None:
    x, m, y = hidden(800)
    rng = np.random.default_rng(3)
    again = []
    for _ in range(200):
        rows = rng.integers(0, 800, 800)
        again.append(front_door(from_arrays(y[rows], x[rows]), m[rows])[0].value)

    assert front_door(from_arrays(y, x), m)[0].se == pytest.approx(np.std(again), rel=0.15)


def test_an_empty_cell_and_a_number_as_mediator_are_refused() -> None:
    x, _, y = hidden(300)
    with pytest.raises(NoOverlap):
        front_door(from_arrays(y, x), x)
    with pytest.raises(UnsuitableVariable):
        front_door(from_arrays(y, x), np.random.default_rng(1).normal(size=300))
