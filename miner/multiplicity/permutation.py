"""Westfall-Young: familywise adjustment by permuting the outcome, which keeps the dependence between the tests.

Step-down max-T compares each statistic with the largest permuted one among the hypotheses not yet ahead of it; min-P
does the same on the scale of p, so that hypotheses with different null distributions weigh alike. Both need the
outcome to be exchangeable within the strata given, and subset pivotality. A permutation p is never 0: the observed
arrangement is one of those counted.

Westfall and Young 1993; Ge, Dudoit and Speed 2003, doi:10.1007/BF02595811.

>>> import numpy as np
>>> x = np.array([[1.0, 2.0, 3.0, 9.0, 10.0, 11.0], [1.0, 9.0, 3.0, 2.0, 10.0, 4.0]])
>>> answer = max_t(x, [0, 0, 0, 1, 1, 1], seed=1)
>>> answer.complete, answer.permutations, np.exp(answer.ln_adjusted).round(2).tolist()
(True, 20, [0.1, 0.7])
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from miner.errors import ImpossiblePermutation
from miner.multiplicity.logarithms import FloatArray, IntArray
from miner.multiplicity.shuffles import Outcome

Matrix = npt.NDArray[np.floating]

COMPLETE_UP_TO: Final = 10_000
SINGLE_PRECISION_FROM: Final = 200_000_000
"""Products (tests x persons x permutations) from which single precision is used."""
SLACK: Final = 1e-9
SLACK_SINGLE: Final = 1e-4
"""How far a permuted statistic may fall short of the observed one and still count as reaching it.

In single precision a score of 10,000 persons is off by about 1e-5, so ties could be lost; counting what comes within
1e-4 keeps the test valid and raises a p of 1e-4 by less than a thousandth of itself.
"""
ROWS: Final = 2048
"""Hypotheses multiplied at once, so that a block of scores stays in cache."""


class Statistic(StrEnum):
    """Pooled-variance t, Welch's t, or the correlation with any numeric outcome (scaled by the root of n - 1)."""

    POOLED = "pooled"
    WELCH = "welch"
    CORRELATION = "correlation"


class Tail(StrEnum):
    """Which statistics speak against the null hypothesis."""

    TWO_SIDED = "two-sided"
    GREATER = "greater"
    LESS = "less"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permuted:
    """Result of a permutation adjustment; NaN for a hypothesis that does not vary.

    Parameters
    ----------
    statistic : observed, sign included
    ln_p : permutation p of each hypothesis alone
    ln_adjusted : step-down adjusted
    permutations : arrangements compared, the observed one included
    complete : whether these were all arrangements; else they were drawn with ``seed``
    """

    statistic: FloatArray
    ln_p: FloatArray
    ln_adjusted: FloatArray
    permutations: int
    complete: bool
    seed: int | None


def max_t(
    x: npt.ArrayLike,
    outcome: npt.ArrayLike,
    *,
    seed: int,
    statistic: Statistic | str = Statistic.POOLED,
    tail: Tail | str = Tail.TWO_SIDED,
    strata: npt.ArrayLike | None = None,
    permutations: int = 9_999,
    complete_up_to: int = COMPLETE_UP_TO,
) -> Permuted:
    """Step-down max-T.

    Parameters
    ----------
    x : (m, n) one hypothesis a row, one person a column; items as 0 and 1
    outcome : (n,) 0 and 1 for two groups; any numbers with ``correlation``
    seed : of the random permutations
    statistic, tail : what is compared
    strata : (n,) labels; the outcome is permuted within strata only
    permutations : random arrangements beside the observed one
    complete_up_to : two groups with at most so many arrangements are enumerated instead

    Raises
    ------
    ImpossiblePermutation
        Missing values, an outcome that does not vary, or groups too small for the statistic.
    """
    task = _Task(x, outcome, statistic, tail, strata, permutations, complete_up_to, seed)
    observed = task.strength(task.outcome.values[None, :], slice(None))[:, 0].astype(np.float64)
    varies = task.varies
    order = np.flatnonzero(varies)[np.argsort(-observed[varies], kind="stable")]
    count_alone = np.zeros(order.size, dtype=np.int64)
    count_below = np.zeros(order.size, dtype=np.int64)
    ordered = task.reordered(order)
    bar = observed[order].astype(ordered.dtype) - ordered.slack
    total = 0
    for block in task.blocks():
        running = np.full(block.shape[0], -np.inf, dtype=ordered.dtype)
        # From the weakest hypothesis upwards, so that the running maximum covers those not ahead of each.
        for start in range((order.size - 1) // ROWS * ROWS, -1, -ROWS):
            rows = slice(start, min(start + ROWS, order.size))
            _count(ordered.strength(block, rows), bar[rows], running, count_alone[rows], count_below[rows])
        total += block.shape[0]
    adjusted = np.maximum.accumulate(count_below)
    return task.result(observed, order, count_alone, adjusted, total)


def min_p(
    x: npt.ArrayLike,
    outcome: npt.ArrayLike,
    *,
    seed: int,
    statistic: Statistic | str = Statistic.POOLED,
    tail: Tail | str = Tail.TWO_SIDED,
    strata: npt.ArrayLike | None = None,
    permutations: int = 9_999,
    complete_up_to: int = COMPLETE_UP_TO,
) -> Permuted:
    """Step-down min-P; parameters and errors as ``max_t``. All permuted outcomes are held in memory at once."""
    task = _Task(x, outcome, statistic, tail, strata, permutations, complete_up_to, seed)
    arrangements = np.concatenate(list(task.blocks()))
    total = arrangements.shape[0]
    members = np.flatnonzero(task.varies)
    counts = np.zeros(members.size, dtype=np.int64)
    observed = np.full(task.varies.size, np.nan)
    chunk = max(1, 4_000_000 // total)
    for start in range(0, members.size, chunk):
        rows = members[start : start + chunk]
        strength = task.strength(arrangements, rows).astype(np.float64)
        observed[rows] = strength[:, 0]
        counts[start : start + chunk] = np.count_nonzero(strength >= strength[:, :1] - task.slack, axis=1)
    ranking = np.lexsort((-observed[members], counts))
    order, raw = members[ranking], counts[ranking]
    least = np.full(total, total, dtype=np.int64)
    below = np.empty(order.size, dtype=np.int64)
    for start in range((order.size - 1) // chunk * chunk, -1, -chunk):
        strength = task.strength(arrangements, order[start : start + chunk]).astype(np.float64)
        for i in range(strength.shape[0] - 1, -1, -1):
            ascending = np.sort(strength[i])
            reached = total - np.searchsorted(ascending, strength[i] - task.slack, side="left")
            np.minimum(least, reached, out=least)
            below[start + i] = np.count_nonzero(least <= raw[start + i])
    return task.result(observed, order, raw, np.maximum.accumulate(below), total)


class _Task:
    """The data in the form in which a matrix product gives the scores of a block of permutations."""

    def __init__(
        self,
        x: npt.ArrayLike,
        outcome: npt.ArrayLike,
        statistic: Statistic | str,
        tail: Tail | str,
        strata: npt.ArrayLike | None,
        permutations: int,
        complete_up_to: int,
        seed: int,
    ) -> None:
        self.statistic = Statistic(statistic)
        self.tail = Tail(tail)
        self.outcome = Outcome(outcome, strata)
        self.permutations = permutations
        self.seed = seed
        values = np.asarray(x)
        n = self.outcome.values.size
        if values.ndim != 2 or values.shape[1] != n:
            raise ImpossiblePermutation(problem=f"the hypotheses need {n} columns, one for each row of the outcome")
        if self.statistic is not Statistic.CORRELATION:
            if not self.outcome.binary:
                raise ImpossiblePermutation(problem="the outcome is not 0 and 1")
            least = int(min(self.outcome.values.sum(), n - self.outcome.values.sum()))
            if n < 3 or (self.statistic is Statistic.WELCH and least < 2):
                raise ImpossiblePermutation(problem="a group is too small for a variance")
        self.complete = self.outcome.binary and self.outcome.assignments <= complete_up_to
        planned = self.outcome.assignments if self.complete else permutations + 1
        single = float(values.size) * planned >= SINGLE_PRECISION_FROM
        self.dtype = np.dtype(np.float32 if single else np.float64)
        self.slack = SLACK_SINGLE if single else SLACK
        self._standardise(values)

    def _standardise(self, values: Matrix) -> None:
        """Rows to mean 0 and mean square 1, a few at a time, so that no second matrix in double precision is held."""
        self.scaled = np.empty(values.shape, dtype=self.dtype)
        self.varies = np.empty(values.shape[0], dtype=np.bool_)
        chunk = max(1, 500_000 // values.shape[1])
        for start in range(0, values.shape[0], chunk):
            rows = slice(start, start + chunk)
            block = values[rows].astype(np.float64)
            if not np.isfinite(block).all():
                raise ImpossiblePermutation(problem="a hypothesis has missing values; leave those rows out first")
            largest = np.maximum(np.abs(block).max(axis=1), 1e-300)
            block -= block.mean(axis=1, keepdims=True)
            spread = np.sqrt(np.einsum("ij,ij->i", block, block) / values.shape[1])
            # A row whose spread is rounding of its own size is constant.
            self.varies[rows] = spread > 1e-12 * largest
            np.divide(block, np.where(spread > 0.0, spread, 1.0)[:, None], out=self.scaled[rows], casting="same_kind")
        self.squares = self.scaled**2 if self.statistic is Statistic.WELCH else None

    def reordered(self, order: IntArray) -> _Task:
        """The same task with the rows in ``order``."""
        other = object.__new__(_Task)
        other.__dict__.update(self.__dict__)
        other.scaled = np.ascontiguousarray(self.scaled[order])
        other.squares = None if self.squares is None else np.ascontiguousarray(self.squares[order])
        return other

    def blocks(self) -> Iterator[FloatArray]:
        """Blocks of arrangements, the observed one first."""
        if self.complete:
            return self.outcome.all_arrangements()
        return self.outcome.random_blocks(self.permutations, self.seed)

    def signed(self, block: FloatArray, rows: slice | IntArray) -> Matrix:
        """Statistic of each row (axis 0) under each arrangement (axis 1).

        ``pooled`` and ``correlation`` are both computed as the correlation: at fixed n the pooled t is a rising
        function of it, so every comparison is the same.
        """
        n = self.outcome.values.size
        values = self.outcome.values
        scaled = self.scaled[rows]
        if self.squares is None:
            arrangement = block.astype(self.dtype)
            if not self.outcome.binary:
                arrangement = ((block - values.mean()) / values.std()).astype(self.dtype)
                factor = 1.0 / np.sqrt(n)
            else:
                factor = 1.0 / (values.std() * np.sqrt(n))
            score = scaled @ arrangement.T
            score *= self.dtype.type(factor * np.sqrt((n - 1) / n))
            return score
        arrangement = block.astype(self.dtype)
        n1 = float(values.sum())
        n0 = n - n1
        score, square = scaled @ arrangement.T, self.squares[rows] @ arrangement.T
        # Rows have mean 0 and mean square 1: group 0 holds -score in sum and n - square in squares.
        variance1 = (square - score**2 / n1) / (n1 - 1.0)
        variance0 = (n - square - score**2 / n0) / (n0 - 1.0)
        error = np.sqrt(np.maximum(variance1, 0.0) / n1 + np.maximum(variance0, 0.0) / n0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(error > 0.0, score * (1.0 / n1 + 1.0 / n0) / error, np.sign(score) * np.inf)

    def strength(self, block: FloatArray, rows: slice | IntArray) -> Matrix:
        """The statistic turned so that larger speaks against the null hypothesis."""
        signed = self.signed(block, rows)
        if self.tail is Tail.TWO_SIDED:
            return np.abs(signed, out=signed)
        return signed if self.tail is Tail.GREATER else np.negative(signed, out=signed)

    def result(
        self, observed: FloatArray, order: IntArray, alone: IntArray, adjusted: IntArray, total: int
    ) -> Permuted:
        """Counts as logarithms, back in the order of the input."""
        ln_p, ln_adjusted = np.full(observed.size, np.nan), np.full(observed.size, np.nan)
        ln_p[order] = np.log(alone / total)
        ln_adjusted[order] = np.log(adjusted / total)
        statistic = self.signed(self.outcome.values[None, :], slice(None))[:, 0].astype(np.float64)
        if self.statistic is Statistic.POOLED:
            n = self.outcome.values.size
            r = np.clip(statistic / np.sqrt(n - 1.0), -1.0, 1.0)
            with np.errstate(divide="ignore"):
                statistic = r * np.sqrt((n - 2.0) / (1.0 - r**2))
        return Permuted(
            statistic=np.where(self.varies, statistic, np.nan),
            ln_p=ln_p,
            ln_adjusted=ln_adjusted,
            permutations=total,
            complete=self.complete,
            seed=None if self.complete else self.seed,
        )


@njit(cache=True, nogil=True)
def _count(strength: Matrix, bar: Matrix, running: Matrix, alone: IntArray, below: IntArray) -> None:
    """Add, from the last row up, how many arrangements reach the bar: by the row itself, and by any row so far."""
    for i in range(strength.shape[0] - 1, -1, -1):
        own = 0
        any_below = 0
        limit = bar[i]
        for b in range(strength.shape[1]):
            value = strength[i, b]
            own += value >= limit
            if value > running[b]:
                running[b] = value
            any_below += running[b] >= limit
        alone[i] += own
        below[i] += any_below
