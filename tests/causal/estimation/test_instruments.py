"""Two-stage least squares against the Wald ratio and the algebra of projections."""

from __future__ import annotations

import numpy as np
import pytest

from causal.design_matrix import from_arrays
from causal.estimation import Method, two_stage
from miner.errors import WeakInstrument


def confounded(n: int = 4000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    hidden, z, x = rng.normal(size=n), rng.integers(0, 2, n).astype(float), rng.normal(size=n)
    t = 0.8 * z + hidden + 0.3 * x + rng.normal(size=n)
    return 1.2 * t + 2 * hidden + x + rng.normal(size=n), t, z, x


def test_one_binary_instrument_gives_the_wald_ratio() -> None:
    y, t, z, _ = confounded()
    found = two_stage(from_arrays(y, t), z)
    wald = (y[z == 1].mean() - y[z == 0].mean()) / (t[z == 1].mean() - t[z == 0].mean())

    assert found.estimate.method is Method.WALD
    assert found.estimate.value == pytest.approx(wald, rel=1e-9)


def test_covariates_and_two_instruments_follow_the_algebra() -> None:
    y, t, z, x = confounded()
    two = np.column_stack([z, z * x])
    found = two_stage(from_arrays(y, t, x.reshape(-1, 1)), two)
    ones = np.ones(len(y))
    w, v = np.column_stack([t, ones, x]), np.column_stack([ones, x, two])
    p = v @ np.linalg.solve(v.T @ v, v.T @ w)
    expected = np.linalg.solve(p.T @ w, p.T @ y)[0]

    assert found.estimate.value == pytest.approx(expected, rel=1e-9)
    assert found.estimate.low < 1.2 < found.estimate.high
    assert abs(found.least_squares - 1.2) > 0.5


def test_first_stage_f_is_the_square_of_t_for_one_instrument() -> None:
    y, t, z, _ = confounded()
    design = np.column_stack([np.ones(len(z)), z])
    b = np.linalg.solve(design.T @ design, design.T @ t)
    s2 = ((t - design @ b) ** 2).sum() / (len(z) - 2)
    squared = b[1] ** 2 / (s2 * np.linalg.inv(design.T @ design)[1, 1])

    found = two_stage(from_arrays(y, t), z)
    assert found.first_stage_f == pytest.approx(squared, rel=1e-9)
    assert not found.weak


def test_an_instrument_that_moves_nothing_is_refused() -> None:
    y, t, _, _ = confounded()
    order = np.argsort(t)
    useless = np.zeros(len(t))
    useless[order[::2]] = 1.0
    with pytest.raises(WeakInstrument):
        two_stage(from_arrays(y, t), useless)
