"""Compiled loops over tables of counts: statistics, permutations with fixed margins, intervals of noncentrality.

Kernels that call each other stand in one file, because numba's cache does not see a change in another file. They
release the interpreter lock and touch no random state but the seed they are given.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def _splitmix(state: Any) -> tuple[Any, Any]:
    state = state + np.uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def permuted_chi_square(table: Array, draws: int, stop_after: int, seed: int) -> tuple[int, int]:
    """(exceedances, draws made) of Pearson's chi-square over tables with the same margins, by shuffling labels.

    Stops after ``stop_after`` exceedances (Besag and Clifford 1991, doi:10.1093/biomet/78.2.301): the p-value is then
    exceedances / draws, else (exceedances + 1) / (draws + 1). ``seed`` starts a splitmix64 stream of its own.
    """
    # The largest column is what the others leave over, so only the others are drawn (from the better side).
    if table.sum(axis=1).max() > table.sum(axis=0).max():
        table = np.ascontiguousarray(table.T)
    r, c = table.shape
    row_total = table.sum(axis=1)
    column_total = table.sum(axis=0)
    rest = np.argmax(column_total)
    rows = np.repeat(np.arange(r), row_total)
    weight = np.zeros((r, c))
    observed = 0.0
    for a in range(r):
        for b in range(c):
            weight[a, b] = 1.0 / (float(row_total[a]) * column_total[b])
            observed += float(table[a, b]) * table[a, b] * weight[a, b]
    observed *= 1.0 - 1e-10
    state = np.uint64(seed)
    counted = np.empty((r, c), np.int64)
    exceeding = 0
    for draw in range(1, draws + 1):
        counted[:] = 0
        counted[:, rest] = row_total
        left = rows.size
        for b in range(c):
            if b == rest:
                continue
            for _ in range(column_total[b]):
                state, bits = _splitmix(state)
                pick = int(((bits >> np.uint64(32)) * np.uint64(left)) >> np.uint64(32))
                left -= 1
                row = rows[pick]
                rows[pick] = rows[left]
                rows[left] = row
                counted[row, b] += 1
                counted[row, rest] -= 1
        statistic = 0.0
        for a in range(r):
            for b in range(c):
                statistic += float(counted[a, b]) * counted[a, b] * weight[a, b]
        if statistic >= observed:
            exceeding += 1
            if exceeding >= stop_after:
                return exceeding, draw
    return exceeding, draws


@njit(cache=True, nogil=True)
def _sankaran(x: float, df: float, noncentrality: float) -> float:
    """Normal score of a noncentral chi-square (Sankaran 1963, doi:10.1093/biomet/50.1-2.199)."""
    s = df + noncentrality
    d = df + 2.0 * noncentrality
    h = 1.0 - 2.0 / 3.0 * s * (df + 3.0 * noncentrality) / (d * d)
    p = d / (s * s)
    m = (h - 1.0) * (1.0 - 3.0 * h)
    mean = 1.0 + h * p * (h - 1.0 - 0.5 * (2.0 - h) * m * p)
    return ((x / s) ** h - mean) / (h * math.sqrt(2.0 * p) * (1.0 + 0.5 * m * p))


@njit(cache=True, nogil=True)
def noncentrality_interval(x: Array, df: Array, z: float, low: Array, high: Array) -> None:
    """Interval of the noncentrality of chi-square statistics by inverting Sankaran's score at +z and -z."""
    for k in range(x.size):
        low[k] = math.nan
        high[k] = math.nan
        if not (x[k] >= 0.0) or not (df[k] > 0.0):
            continue
        for side in range(2):
            target = z if side == 0 else -z
            if _sankaran(x[k], df[k], 0.0) <= target:
                found = 0.0
            else:
                left = 0.0
                right = x[k] + 10.0 * math.sqrt(x[k] + df[k]) + 50.0
                for _ in range(80):
                    middle = 0.5 * (left + right)
                    if _sankaran(x[k], df[k], middle) > target:
                        left = middle
                    else:
                        right = middle
                    if right - left < 1e-10 * (1.0 + right):
                        break
                found = 0.5 * (left + right)
            if side == 0:
                low[k] = found
            else:
                high[k] = found


@njit(cache=True, nogil=True)
def stratified_tables(codes: Array, strata: Array, left: Array, right: Array, levels: Array, tables: Array) -> None:
    """2 x 2 tables (pairs, strata, 2, 2) of two coded columns; ``levels`` (pairs, 4) names the codes to count.

    The columns of ``levels`` are the first and second level of the left side, then of the right side; cell [0, 0] of a
    table counts the second level of both ("exposed cases").
    """
    for pair in range(left.size):
        a, b = codes[left[pair]], codes[right[pair]]
        for t in range(strata.size):
            if strata[t] < 0:
                continue
            if a[t] == levels[pair, 1]:
                row = 0
            elif a[t] == levels[pair, 0]:
                row = 1
            else:
                continue
            if b[t] == levels[pair, 3]:
                tables[pair, strata[t], row, 0] += 1
            elif b[t] == levels[pair, 2]:
                tables[pair, strata[t], row, 1] += 1


@njit(cache=True, nogil=True)
def table_statistics(counted: Array, down: Array, height: Array, across: Array, width: Array, out: Array) -> None:
    """Per table (n, chi-square, rows present, columns present, sparse) in ``out`` (tables, 5).

    Table k is the block of ``counted`` from (down, across) with its height and width; empty lines do not count. It is
    sparse where an expected count is below 1 or more than a fifth are below 5.
    """
    rows = np.empty(max(1, height.max()))
    cols = np.empty(max(1, width.max()))
    for k in range(down.size):
        h, w = height[k], width[k]
        rows[:] = 0.0
        cols[:] = 0.0
        n = 0.0
        for a in range(h):
            for b in range(w):
                count = counted[down[k] + a, across[k] + b]
                rows[a] += count
                cols[b] += count
                n += count
        r = 0
        c = 0
        for a in range(h):
            r += rows[a] > 0.0
        for b in range(w):
            c += cols[b] > 0.0
        statistic = 0.0
        small = 0
        tiny = 0
        for a in range(h):
            for b in range(w):
                expected = rows[a] * cols[b] / n if n > 0.0 else 0.0
                if expected > 0.0:
                    difference = counted[down[k] + a, across[k] + b] - expected
                    statistic += difference * difference / expected
                    small += expected < 5.0
                    tiny += expected < 1.0
        out[k, 0] = n
        out[k, 1] = statistic
        out[k, 2] = r
        out[k, 3] = c
        out[k, 4] = 1.0 if tiny > 0 or 5 * small > r * c else 0.0
