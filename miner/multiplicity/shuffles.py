"""Permutations of an outcome: all of them when they are few, else seeded random ones in blocks.

A block is a matrix with one permuted outcome a row. Block k of seed s is drawn from its own Philox stream, so that any
block can be made again without those before it; the observed order is always the very first row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
from numba import njit

from miner.errors import ImpossiblePermutation
from miner.multiplicity.logarithms import FloatArray, IntArray

BLOCK = 128
"""Permutations in a block: part of the definition of a seeded stream."""


class Outcome:
    """An outcome with the strata inside which it may be permuted.

    Parameters
    ----------
    values : (n,) numbers; two groups are given as 0 and 1
    strata : (n,) labels of any kind, or None; rows are exchanged only within a stratum
    """

    __slots__ = ("_drawn", "_ends", "_order", "_sorted", "binary", "values")

    def __init__(self, values: npt.ArrayLike, strata: npt.ArrayLike | None = None) -> None:
        self.values = np.asarray(values, dtype=np.float64).ravel()
        n = self.values.size
        if not np.isfinite(self.values).all():
            raise ImpossiblePermutation(problem="the outcome has missing values; leave those rows out first")
        if n < 2 or self.values.min() == self.values.max():
            raise ImpossiblePermutation(problem="the outcome does not vary")
        labels = np.zeros(n, dtype=np.int64)
        if strata is not None:
            labels = np.unique(np.asarray(strata).ravel(), return_inverse=True)[1].ravel().astype(np.int64)
            if labels.size != n:
                raise ImpossiblePermutation(problem=f"{labels.size} strata labels were given for {n} rows")
        self.binary = bool(np.isin(self.values, (0.0, 1.0)).all())
        # Rows by stratum; inside a stratum of a binary outcome the rarer value first: drawing its places is enough.
        rarer = np.empty(n)
        sizes = np.bincount(labels)
        drawn = []
        for label, size in enumerate(sizes):
            inside = labels == label
            ones = int(self.values[inside].sum()) if self.binary else 0
            rarer[inside] = self.values[inside] != (1.0 if 2 * ones <= size else 0.0)
            drawn.append(min(ones, size - ones) if self.binary else size - 1)
        self._order: IntArray = np.lexsort((rarer if self.binary else np.zeros(n), labels)).astype(np.int64)
        self._sorted = self.values[self._order]
        self._ends: IntArray = np.cumsum(sizes).astype(np.int64)
        self._drawn: IntArray = np.array(drawn, dtype=np.int64)

    @property
    def assignments(self) -> int:
        """Number of different arrangements of a binary outcome; of a general one, the product of factorials."""
        starts = np.concatenate([[0], self._ends[:-1]])
        if self.binary:
            return math.prod(math.comb(int(e - s), int(k)) for s, e, k in zip(starts, self._ends, self._drawn))
        return math.prod(math.factorial(int(e - s)) for s, e in zip(starts, self._ends))

    def all_arrangements(self) -> Iterator[FloatArray]:
        """Blocks of every different arrangement of a binary outcome, the observed one first.

        Raises
        ------
        ImpossiblePermutation
            When the outcome is not binary: its arrangements are drawn, not listed.
        """
        if not self.binary:
            raise ImpossiblePermutation(problem="only two groups can be arranged in every way")
        starts = np.concatenate([[0], self._ends[:-1]]).astype(np.int64)
        choices = [combinations(range(int(s), int(e)), int(k)) for s, e, k in zip(starts, self._ends, self._drawn)]
        rows = [self.values]
        for chosen in product(*choices):
            row = np.empty_like(self.values)
            for start, end, places in zip(starts, self._ends, chosen):
                # Where the stratum holds one value only, nothing is drawn and both ends agree.
                row[self._order[start:end]] = self._sorted[end - 1]
                row[self._order[list(places)]] = self._sorted[start]
            if np.array_equal(row, self.values):
                continue
            rows.append(row)
            if len(rows) == BLOCK:
                yield np.array(rows)
                rows = []
        if rows:
            yield np.array(rows)

    def random_blocks(self, permutations: int, seed: int) -> Iterator[FloatArray]:
        """The observed outcome, then ``permutations`` random ones, in blocks of at most ``BLOCK`` rows."""
        yield self.values[None, :]
        for block in range(math.ceil(permutations / BLOCK)):
            rows = min(BLOCK, permutations - block * BLOCK)
            stream = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(block,))))
            uniforms = stream.random((BLOCK, int(self._drawn.sum())))[:rows]
            yield shuffled(self._sorted, self._order, self._ends, self._drawn, uniforms)


@njit(cache=True, nogil=True)
def shuffled(values: FloatArray, order: IntArray, ends: IntArray, drawn: IntArray, uniforms: FloatArray) -> FloatArray:
    """One Fisher-Yates shuffle a row, stopped in each stratum once ``drawn`` values have found their place.

    ``values`` stand in the order of ``order``; where the shuffle stops, the rest of a stratum holds one value only.
    """
    out = np.empty((uniforms.shape[0], values.size), dtype=np.float64)
    place = order.copy()
    for row in range(uniforms.shape[0]):
        start = 0
        used = 0
        for stratum in range(ends.size):
            end = ends[stratum]
            for i in range(start, start + drawn[stratum]):
                j = i + int(uniforms[row, used] * (end - i))
                used += 1
                place[i], place[j] = place[j], place[i]
            for i in range(start, end):
                out[row, place[i]] = values[i]
            start = end
    return out
