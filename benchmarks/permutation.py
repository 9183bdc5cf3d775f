"""Westfall and Young's step-down max-T by permutations of a two-group outcome."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from benchmarks.harness import Task, peer
from miner.multiplicity.permutation import max_t

Data = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], int]
N, P, PERMUTATIONS = 10_000, 2_000, 2_000


def rows(peers: bool) -> Iterator[Task]:
    """Fortuit, and nilearn's permuted least squares where it is installed; results are tests times permutations."""
    yield Task(
        task=f"permutation max-T, {PERMUTATIONS} permutations (results: tests times permutations)",
        n=N,
        p=P,
        prepare=partial(_data, N, P, PERMUTATIONS),
        run=_max_t,
        warm_up=partial(_data, 200, 20, 50),
    )
    if peers and (who := peer("nilearn")) is not None:
        yield Task(
            task="permutation max-T, 50 permutations (results: tests times permutations)",
            n=N,
            p=P,
            prepare=partial(_data, N, P, 50),
            run=_nilearn,
            who=f"{who} permuted_ols",
        )


def _data(n: int, p: int, permutations: int) -> Data:
    rng = np.random.default_rng(1)
    outcome = (rng.random(n) < 0.3).astype(np.float64)
    return rng.normal(size=(p, n)) + 0.05 * outcome, outcome, permutations


def _max_t(data: Data) -> int:
    x, outcome, permutations = data
    max_t(x, outcome, seed=1, permutations=permutations)
    return len(x) * permutations


def _nilearn(data: Data) -> int:
    from nilearn.mass_univariate import permuted_ols

    x, outcome, permutations = data
    permuted_ols(outcome[:, None], x.T, n_perm=permutations, random_state=1)
    return len(x) * permutations
