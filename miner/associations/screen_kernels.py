"""Compiled loops of screens: risk sets of Cox models, products of exposures with the columns of a null model.

Kernels that call each other stand in one file, because numba's cache does not see a change in another file. They
release the interpreter lock and touch no random state but the seed they are given.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[Any]

_REASSOCIATE = {"reassoc", "contract"}
"""Sums may be split over vector lanes; nothing else is relaxed (NaN and infinity keep their meaning)."""


@njit(cache=True, nogil=True)
def cox_baseline(
    risk: Array, group: Array, event: Array, start: Array, share: Array, inverse: Array, own: Array
) -> None:
    """Risk sums of a Cox model at its events, tied events after Efron (1977, doi:10.1080/01621459.1977.10480613).

    Rows are sorted by time, last first; ``group`` (rows,) numbers the distinct times in that order. ``start`` says
    where the events of each group stand; for event e, ``share`` is the fraction of its tied events already taken out
    and ``inverse`` the reciprocal of the sum of risks. ``own`` (rows,) becomes the cumulative hazard each row was
    under, times its risk.
    """
    rows = risk.size
    groups = start.size - 1
    total = 0.0
    row = 0
    first_row = np.zeros(groups + 1, np.int64)
    for g in range(groups):
        first_row[g] = row
        deaths = 0.0
        while row < rows and group[row] == g:
            total += risk[row]
            if event[row]:
                deaths += risk[row]
            row += 1
        for e in range(start[g], start[g + 1]):
            inverse[e] = 1.0 / (total - share[e] * deaths)
    first_row[groups] = rows
    hazard = 0.0
    for g in range(groups - 1, -1, -1):
        step = 0.0
        taken = 0.0
        for e in range(start[g], start[g + 1]):
            step += inverse[e]
            taken += share[e] * inverse[e]
        hazard += step
        for t in range(first_row[g], first_row[g + 1]):
            own[t] = risk[t] * (hazard - (taken if event[t] else 0.0))


@njit(cache=True, nogil=True)
def cox_means(
    columns: Array,
    order: Array,
    risk: Array,
    last: Array,
    first: Array,
    event: Array,
    share: Array,
    inverse: Array,
    lines: Array,
    means: Array,
) -> None:
    """Risk-weighted mean of each column (c, rows) at each event, and the columns in the order of the risk sets.

    ``last`` (events,) is the number of rows at risk at event e, ``first`` and ``share`` name its tied events: those of
    the rows ``event[first[e]]`` up to the next time. Writes ``lines`` (c, rows) and ``means`` (c, events).
    """
    for c in range(columns.shape[0]):
        source, line, mean = columns[c], lines[c], means[c]
        for row in range(order.size):
            line[row] = source[order[row]]
        total = 0.0
        row = 0
        e = 0
        while e < last.size:
            stop = last[e]
            while row < stop:
                total += risk[row] * line[row]
                row += 1
            tied = 1
            while e + tied < last.size and last[e + tied] == stop:
                tied += 1
            if tied == 1:
                mean[e] = total * inverse[e]
            else:
                deaths = 0.0
                for k in range(tied):
                    died = event[first[e] + k]
                    deaths += risk[died] * line[died]
                for k in range(tied):
                    mean[e + k] = (total - share[e + k] * deaths) * inverse[e + k]
            e += tied


@njit(cache=True, nogil=True, fastmath=_REASSOCIATE)
def _dot4(x: Array, c0: Array, c1: Array, c2: Array, c3: Array) -> tuple[float, float, float, float]:
    a = 0.0
    b = 0.0
    c = 0.0
    d = 0.0
    for j in range(x.size):
        v = x[j]
        a += v * c0[j]
        b += v * c1[j]
        c += v * c2[j]
        d += v * c3[j]
    return a, b, c, d


@njit(cache=True, nogil=True, fastmath=_REASSOCIATE)
def _dot(x: Array, y: Array) -> float:
    a = 0.0
    for j in range(x.size):
        a += x[j] * y[j]
    return a


@njit(cache=True, nogil=True, fastmath=_REASSOCIATE)
def _weighted_square(x: Array, w: Array) -> float:
    a = 0.0
    for j in range(x.size):
        a += x[j] * x[j] * w[j]
    return a


@njit(cache=True, nogil=True)
def line_products(lines: Array, columns: Array, weight: Array, products: Array, squares: Array) -> None:
    """Products of each line (p, n) with a few columns (d, n), and its squares under ``weight`` (empty: all 1).

    One pass over each line: for so few columns a matrix product reads memory several times.
    """
    d, n = columns.shape
    block = 512
    products[:] = 0.0
    squares[:] = 0.0
    for i in range(lines.shape[0]):
        for low in range(0, n, block):
            high = min(n, low + block)
            x = lines[i, low:high]
            g = 0
            while g + 4 <= d:
                a, b, c, e = _dot4(
                    x,
                    columns[g, low:high],
                    columns[g + 1, low:high],
                    columns[g + 2, low:high],
                    columns[g + 3, low:high],
                )
                products[i, g] += a
                products[i, g + 1] += b
                products[i, g + 2] += c
                products[i, g + 3] += e
                g += 4
            while g < d:
                products[i, g] += _dot(x, columns[g, low:high])
                g += 1
            if weight.size:
                squares[i] += _weighted_square(x, weight[low:high])
            else:
                squares[i] += _dot(x, x)
