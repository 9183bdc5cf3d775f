"""How often a finding comes back when the whole pipeline is run on other draws of the same persons.

A pipeline is everything between a data set and its findings: fitting of bins, tests, correction. It is run again on
each draw; nothing is carried over from the full data. Frequencies are descriptions of stability, not probabilities of
truth.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from miner.errors import BadStability
from miner.tables.model import Dataset


class Draw(StrEnum):
    """How persons are drawn: a share of them without replacement, or all of them with replacement."""

    SUBSAMPLE = "subsample"
    BOOTSTRAP = "bootstrap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a pipeline says of one hypothesis: ln p of its test and the sign of its effect (0: no direction)."""

    ln_p: float
    direction: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineResult:
    """Identities of the findings selected after correction, and the evidence for every hypothesis tested."""

    selected: Collection[str]
    evidence: Mapping[str, Evidence]


Pipeline = Callable[[Dataset, int], PipelineResult]
"""Runs on a data set with a seed of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """Draws in which each hypothesis was selected, of ``draws`` in all; everything needed to run them again."""

    times_selected: Mapping[str, int]
    draws: int
    seed: int
    draw: Draw
    share: float
    mean_selected: float

    def frequency(self, identity: str) -> float:
        """Share of the draws in which a hypothesis was selected."""
        return self.times_selected.get(identity, 0) / self.draws

    def expected_false(self, threshold: float, m: int) -> float:
        """Bound on the expected number of null hypotheses with a frequency of at least ``threshold``.

        q^2 / ((2 threshold - 1) m) for a mean of q selected of m, on subsamples of one half, where null hypotheses are
        exchangeable and the pipeline is better than guessing (Meinshausen and Buhlmann 2010,
        doi:10.1111/j.1467-9868.2010.00740.x).

        >>> stability = Stability(
        ...     times_selected={}, draws=100, seed=1, draw=Draw.SUBSAMPLE, share=0.5, mean_selected=10.0
        ... )
        >>> round(stability.expected_false(0.75, 1000), 9)
        0.2
        """
        if not 0.5 < threshold <= 1 or self.draw is not Draw.SUBSAMPLE or self.share != 0.5:
            raise BadStability(detail="the bound holds for subsamples of one half and thresholds above one half")
        return self.mean_selected**2 / ((2 * threshold - 1) * m)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """Splits in which a hypothesis was selected in one half, and those of them in which the other half agreed."""

    selected: Mapping[str, int]
    replicated: Mapping[str, int]
    splits: int
    seed: int
    alpha: float

    def share(self, identity: str) -> float:
        """Share of a hypothesis's selections that the other half replicated; NaN where it was never selected."""
        times = self.selected.get(identity, 0)
        return self.replicated.get(identity, 0) / times if times else math.nan


def selection_stability(
    dataset: Dataset,
    pipeline: Pipeline,
    *,
    draws: int,
    seed: int,
    draw: Draw = Draw.SUBSAMPLE,
    share: float = 0.5,
    cluster: str = "",
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Stability:
    """Run the pipeline on ``draws`` draws of the persons and count what is selected.

    Parameters
    ----------
    dataset
        The discovery part.
    pipeline
        The whole pipeline; it is given each draw and a seed.
    share
        Of the persons (or clusters) in a subsample; a bootstrap draws as many as there are.
    cluster
        Variable whose persons are drawn together.
    progress, cancelled
        Called after each draw with (draws done, draws in all), and asked before each whether to stop. What was done
        until then is returned with its true number of draws.

    Raises
    ------
    BadStability
        No draws, or a share that leaves nobody or everybody.
    """
    if draws < 1 or not 0 < share < 1:
        raise BadStability(detail=f"{draws} draws of a share of {share}")
    groups = _groups(dataset, cluster)
    times: Counter[str] = Counter()
    done = total = 0
    for number in range(draws):
        if cancelled is not None and cancelled():
            break
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number])))
        size = int(groups.max()) + 1
        if draw is Draw.BOOTSTRAP:
            rows = _rows(groups, rng.integers(0, size, size))
        else:
            rows = _rows(groups, rng.permutation(size)[: max(1, round(share * size))])
        selected = set(pipeline(dataset.take(rows), int(rng.integers(2**31))).selected)
        times.update(selected)
        total += len(selected)
        done += 1
        if progress is not None:
            progress(done, draws)
    return Stability(
        times_selected=dict(times),
        draws=done,
        seed=seed,
        draw=draw,
        share=share if draw is Draw.SUBSAMPLE else 1.0,
        mean_selected=total / done if done else math.nan,
    )


def split_half_replication(
    dataset: Dataset,
    pipeline: Pipeline,
    *,
    splits: int,
    seed: int,
    alpha: float = 0.05,
    cluster: str = "",
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Replication:
    """Select in one half and look in the other, both ways, for ``splits`` random splits of the persons.

    A selection is replicated where the other half has p at most alpha divided by the number selected, in the same
    direction. The halves share every bias of the data: this is internal replication only.
    """
    if splits < 1 or not 0 < alpha < 1:
        raise BadStability(detail=f"{splits} splits at alpha {alpha}")
    groups = _groups(dataset, cluster)
    selected: Counter[str] = Counter()
    replicated: Counter[str] = Counter()
    done = 0
    for number in range(splits):
        if cancelled is not None and cancelled():
            break
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number])))
        order = rng.permutation(int(groups.max()) + 1)
        middle = len(order) // 2
        halves = [
            pipeline(dataset.take(_rows(groups, part)), int(rng.integers(2**31)))
            for part in (order[:middle], order[middle:])
        ]
        for one, other in (halves, halves[::-1]):
            limit = math.log(alpha / max(1, len(one.selected))) + 1e-12
            for identity in one.selected:
                selected[identity] += 1
                replicated[identity] += _agrees(one.evidence.get(identity), other.evidence.get(identity), limit)
        done += 1
        if progress is not None:
            progress(done, splits)
    return Replication(selected=dict(selected), replicated=dict(replicated), splits=done, seed=seed, alpha=alpha)


def _agrees(one: Evidence | None, other: Evidence | None, limit: float) -> bool:
    if one is None or other is None or not other.ln_p <= limit:
        return False
    return one.direction == other.direction


def _groups(dataset: Dataset, cluster: str) -> npt.NDArray[np.int64]:
    """Number of the group each person is drawn with: the person's own without clusters."""
    if dataset.n < 2:
        raise BadStability(detail=f"{dataset.n} persons")
    if not cluster:
        return np.arange(dataset.n)
    known = dataset.known(cluster)
    codes = np.unique(np.asarray(dataset[cluster]), return_inverse=True)[1].reshape(-1)
    # Persons whose cluster is not known stand for themselves.
    lone = np.flatnonzero(~known)
    codes[lone] = codes.max() + 1 + np.arange(len(lone))
    return np.unique(codes, return_inverse=True)[1].reshape(-1)


def _rows(groups: npt.NDArray[np.int64], chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Row numbers of the chosen groups, a group as often as it was chosen."""
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return np.concatenate([order[starts[g] : starts[g + 1]] for g in chosen])
