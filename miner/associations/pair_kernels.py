"""Compiled loops over rows of persons: ranks inside the rows both sides know, group sums, correlations and their ln p.

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

_TINY = 1e-300


@njit(cache=True, nogil=True)
def _beta_fraction(a: float, b: float, x: float) -> float:
    """Continued fraction of the incomplete beta function (modified Lentz; Numerical Recipes 6.4)."""
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    if abs(d) < _TINY:
        d = _TINY
    d = 1.0 / d
    h = d
    for m in range(1, 2000):
        m2 = 2 * m
        term = m * (b - m) * x / ((a + m2 - 1.0) * (a + m2))
        d = 1.0 + term * d
        if abs(d) < _TINY:
            d = _TINY
        c = 1.0 + term / c
        if abs(c) < _TINY:
            c = _TINY
        d = 1.0 / d
        h *= d * c
        term = -(a + m) * (a + b + m) * x / ((a + m2) * (a + m2 + 1.0))
        d = 1.0 + term * d
        if abs(d) < _TINY:
            d = _TINY
        c = 1.0 + term / c
        if abs(c) < _TINY:
            c = _TINY
        d = 1.0 / d
        step = d * c
        h *= step
        if abs(step - 1.0) < 1e-15:
            break
    return h


@njit(cache=True, nogil=True)
def ln_p_of_r2(r2: float, df: float) -> float:
    """ln of the two-sided p of a correlation whose square is ``r2`` with ``df`` degrees of freedom.

    With x = 1 - r2 the p-value is the regularised incomplete beta function I_x(df/2, 1/2).
    """
    if not (df > 0.0) or math.isnan(r2):
        return math.nan
    if r2 >= 1.0:
        return -math.inf
    if r2 <= 0.0:
        return 0.0
    a = 0.5 * df
    x = 1.0 - r2
    if a > 2000.0:
        # lgamma(a + 1/2) - lgamma(a) loses digits for large a; its asymptotic series does not.
        ratio = 0.5 * math.log(a) - 1.0 / (8.0 * a) + 1.0 / (192.0 * a * a * a)
    else:
        ratio = math.lgamma(a + 0.5) - math.lgamma(a)
    front = a * math.log1p(-r2) + 0.5 * math.log(r2) + ratio - 0.5 * math.log(math.pi)
    if x < (a + 1.0) / (a + 2.5):
        return front - math.log(a) + math.log(_beta_fraction(a, 0.5, x))
    return math.log1p(-2.0 * math.exp(front) * _beta_fraction(0.5, a, r2))


@njit(cache=True, nogil=True)
def correlation_inference(
    r: Array, n: Array, lost: float, z: float, spearman: bool, ln_p: Array, low: Array, high: Array
) -> None:
    """ln p, and the interval on Fisher's scale, for flat arrays of correlations.

    ``lost`` is the number of degrees of freedom beyond two (covariates). The variance on Fisher's scale is 1 / (n - 3)
    for Pearson and (1 + r^2 / 2) / (n - 3) for Spearman (Bonett and Wright 2000, doi:10.1007/BF02294183).
    """
    for k in range(r.size):
        value = r[k]
        df = n[k] - 2.0 - lost
        if math.isnan(value) or df < 1.0:
            ln_p[k] = math.nan
            low[k] = math.nan
            high[k] = math.nan
            continue
        ln_p[k] = ln_p_of_r2(value * value, df)
        if df < 2.0:
            low[k] = -1.0
            high[k] = 1.0
            continue
        if value >= 1.0 or value <= -1.0:
            low[k] = value
            high[k] = value
            continue
        spread = 1.0 + 0.5 * value * value if spearman else 1.0
        half = z * math.sqrt(spread / (df - 1.0))
        # tanh(atanh(r) +- half) by the addition theorem: one tanh instead of an atanh and two tanh.
        t = math.tanh(half)
        low[k] = (value - t) / (1.0 - value * t)
        high[k] = (value + t) / (1.0 + value * t)


@njit(cache=True, nogil=True)
def _rank_within(order: Array, dense: Array, n_known: int, known_other: Array, ranks: Array) -> tuple[int, float]:
    """Mid-ranks of one column inside the rows the other knows; returns (n, sum of t^3 - t over ties)."""
    used = 0
    ties = 0.0
    k = 0
    while k < n_known:
        level = dense[order[k]]
        stop = k
        count = 0
        while stop < n_known and dense[order[stop]] == level:
            if known_other[order[stop]]:
                count += 1
            stop += 1
        if count:
            middle = used + 0.5 * (count + 1)
            for t in range(k, stop):
                row = order[t]
                if known_other[row]:
                    ranks[row] = middle
            used += count
            ties += float(count) * count * count - count
        k = stop
    return used, ties


@njit(cache=True, nogil=True)
def _correlate(x: Array, y: Array, known_x: Array, known_y: Array, count: int) -> tuple[float, float, float]:
    middle = 0.5 * (count + 1)
    sxx = 0.0
    syy = 0.0
    sxy = 0.0
    for row in range(x.size):
        if known_x[row] and known_y[row]:
            u = x[row] - middle
            v = y[row] - middle
            sxx += u * u
            syy += v * v
            sxy += u * v
    return sxy, sxx, syy


@njit(cache=True, nogil=True)
def spearman_pairs(
    order: Array, dense: Array, n_known: Array, known: Array, left: Array, right: Array, rho: Array, n: Array
) -> None:
    """Spearman's rho of each pair, both sides ranked anew inside the rows that both know.

    ``order`` (q, rows) int32 sorts each column (unknown last), ``dense`` numbers its distinct values, ``n_known`` and
    ``known`` say which rows count; ``left`` and ``right`` index columns. Constant sides give NaN.
    """
    rows = order.shape[1]
    x = np.empty(rows)
    y = np.empty(rows)
    for k in range(left.size):
        i, j = left[k], right[k]
        count, _ = _rank_within(order[i], dense[i], n_known[i], known[j], x)
        _rank_within(order[j], dense[j], n_known[j], known[i], y)
        n[k] = count
        sxy, sxx, syy = _correlate(x, y, known[i], known[j], count)
        rho[k] = max(-1.0, min(1.0, sxy / math.sqrt(sxx * syy))) if sxx > 0.0 and syy > 0.0 else math.nan


@njit(cache=True, nogil=True)
def spearman_exact(order: Array, dense: Array, n_known: Array, known: Array, i: int, j: int) -> tuple[int, int]:
    """(exceedances, permutations) of |rho| over all orders of at most nine pairs (Heap's algorithm)."""
    rows = order.shape[1]
    x = np.empty(rows)
    y = np.empty(rows)
    count, _ = _rank_within(order[i], dense[i], n_known[i], known[j], x)
    _rank_within(order[j], dense[j], n_known[j], known[i], y)
    u = np.empty(count)
    v = np.empty(count)
    k = 0
    middle = 0.5 * (count + 1)
    for row in range(rows):
        if known[i][row] and known[j][row]:
            u[k] = x[row] - middle
            v[k] = y[row] - middle
            k += 1
    observed = abs(np.sum(u * v)) - 1e-9
    exceeding = 1
    total = 1
    state = np.zeros(count, np.int64)
    k = 1
    while k < count:
        if state[k] < k:
            a = 0 if k % 2 == 0 else state[k]
            v[a], v[k] = v[k], v[a]
            total += 1
            product = 0.0
            for t in range(count):
                product += u[t] * v[t]
            if abs(product) >= observed:
                exceeding += 1
            state[k] += 1
            k = 1
        else:
            state[k] = 0
            k += 1
    return exceeding, total


@njit(cache=True, nogil=True)
def group_sums(
    values: Array,
    order: Array,
    dense: Array,
    n_known: Array,
    codes: Array,
    left: Array,
    right: Array,
    size: Array,
    total: Array,
    square: Array,
    rank_sum: Array,
    ties: Array,
) -> None:
    """Counts, sums, centred squares and rank sums of a column in each group of another, pair by pair.

    ``codes`` (q, rows) int32 with -1 for unknown; the outputs are (pairs, groups), ``ties`` is (pairs,). Ranks are
    those inside the rows that both sides know; ``square`` is the sum of squares around the group's own mean.
    """
    groups = size.shape[1]
    raw = np.empty(groups)
    for k in range(left.size):
        i, j = left[k], right[k]
        column, rows_of, level_of, group_of = values[i], order[i], dense[i], codes[j]
        shift = column[rows_of[n_known[i] // 2]] if n_known[i] else 0.0
        raw[:] = 0.0
        used = 0
        tied = 0.0
        position = 0
        while position < n_known[i]:
            level = level_of[rows_of[position]]
            stop = position
            count = 0
            while stop < n_known[i] and level_of[rows_of[stop]] == level:
                if group_of[rows_of[stop]] >= 0:
                    count += 1
                stop += 1
            if count:
                middle = used + 0.5 * (count + 1)
                for t in range(position, stop):
                    row = rows_of[t]
                    group = group_of[row]
                    if group >= 0:
                        u = column[row] - shift
                        size[k, group] += 1
                        total[k, group] += u
                        raw[group] += u * u
                        rank_sum[k, group] += middle
                used += count
                tied += float(count) * count * count - count
            position = stop
        ties[k] = tied
        for group in range(groups):
            if size[k, group] > 0:
                mean = total[k, group] / size[k, group]
                square[k, group] = max(0.0, raw[group] - size[k, group] * mean * mean)
                total[k, group] += size[k, group] * shift


@njit(cache=True, nogil=True)
def correlations_from_sums(n: Array, sx: Array, sy: Array, sxx: Array, syy: Array, r: Array) -> None:
    """Turn ``r``, the sums of products, into Pearson's r of columns with variance 1; NaN where a side is constant."""
    for a in range(r.shape[0]):
        for b in range(r.shape[1]):
            count = n[a, b]
            product = r[a, b]
            r[a, b] = math.nan
            if count < 2.0:
                continue
            vx = sxx[a, b] - sx[a, b] * sx[a, b] / count
            vy = syy[a, b] - sy[a, b] * sy[a, b] / count
            if vx > 1e-10 * count and vy > 1e-10 * count:
                value = (product - sx[a, b] * sy[a, b] / count) / math.sqrt(vx * vy)
                r[a, b] = max(-1.0, min(1.0, value))


@njit(cache=True, nogil=True)
def standardise_columns(
    values: Array, known: Array, ranked: bool, order: Array, out: Array, mean: Array, spread: Array
) -> None:
    """Centre each column on its known values and divide by their standard deviation; 0 where unknown or constant.

    With ``ranked`` the mid-ranks are standardised instead, ``order`` sorting each column with unknown values last.
    """
    q, rows = values.shape
    for k in range(q):
        column, line = values[k], out[k]
        if ranked:
            arranged = order[k]
            position = 0
            while position < rows and known[k, arranged[position]]:
                stop = position + 1
                while stop < rows and column[arranged[stop]] == column[arranged[position]]:
                    stop += 1
                for t in range(position, stop):
                    line[arranged[t]] = 0.5 * (position + stop + 1)
                position = stop
            column = line
        count = 0
        total = 0.0
        for t in range(rows):
            if known[k, t]:
                count += 1
                total += column[t]
        middle = total / count if count else 0.0
        square = 0.0
        for t in range(rows):
            if known[k, t]:
                square += (column[t] - middle) * (column[t] - middle)
        scale = math.sqrt(square / count) if count else 0.0
        if scale <= 1e-14 * (1.0 + abs(middle)):
            scale = 0.0
        mean[k] = middle
        spread[k] = scale
        for t in range(rows):
            line[t] = (column[t] - middle) / scale if scale > 0.0 and known[k, t] else 0.0
