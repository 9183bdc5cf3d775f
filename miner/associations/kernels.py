"""Compiled loops over rows of persons: ranks inside the rows both sides know, group sums, contingency tables.

Kernels that call each other stand in this one file, because numba's cache does not see a change in another file.
They release the interpreter lock, touch no random state but the seed they are given, and print nothing.
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
def _eliminate(moments: Array, first: int, stop: int, diagonal: Array) -> int:
    """Sweep the columns first..stop out of a symmetric matrix; returns how many were not aliased."""
    size = moments.shape[0]
    rank = 0
    for j in range(first, stop):
        pivot = moments[j, j]
        if pivot <= 1e-9 * diagonal[j] or pivot <= 0.0:
            moments[j, :] = 0.0
            moments[:, j] = 0.0
            continue
        rank += 1
        for a in range(size):
            factor = moments[a, j] / pivot
            if a == j or factor == 0.0:
                continue
            for b in range(size):
                if b != j:
                    moments[a, b] -= factor * moments[j, b]
        moments[j, :] = 0.0
        moments[:, j] = 0.0
    return rank


@njit(cache=True, nogil=True)
def _trace_ratio(denominator: Array, numerator: Array) -> tuple[float, int]:
    """(trace of denominator^-1 numerator, rank) for symmetric matrices, aliased columns left out."""
    size = denominator.shape[0]
    a = denominator.copy()
    b = numerator.copy()
    diagonal = np.empty(size)
    for j in range(size):
        diagonal[j] = denominator[j, j]
    alive = np.zeros(size, np.bool_)
    for j in range(size):
        pivot = a[j, j]
        if pivot <= 1e-9 * diagonal[j] or pivot <= 0.0:
            continue
        alive[j] = True
        a[j, :] /= pivot
        b[j, :] /= pivot
        for k in range(size):
            if k != j and a[k, j] != 0.0:
                factor = a[k, j]
                a[k, :] -= factor * a[j, :]
                b[k, :] -= factor * b[j, :]
    trace = 0.0
    rank = 0
    for j in range(size):
        if alive[j]:
            trace += b[j, j]
            rank += 1
    return trace, rank


@njit(cache=True, nogil=True)
def residual_association(
    design: Array,
    known: Array,
    covariates: Array,
    covered: Array,
    first: Array,
    stop: Array,
    left: Array,
    right: Array,
    n: Array,
    rank: Array,
    pillai: Array,
    r: Array,
) -> None:
    """Association of two blocks of columns after both are made orthogonal to the covariates, pair by pair.

    ``design`` (rows, columns) holds the columns ``first[v]``..``stop[v]`` of variable v, ``known`` (variables, rows)
    says which rows count, ``covariates`` (rows, k) has the constant first and ``covered`` its known rows. Writes rows
    used, the ranks (covariates, left, right), Pillai's trace (the sum of squared partial canonical correlations) and,
    for two single columns, the partial correlation.
    """
    k = covariates.shape[1]
    for pair in range(left.size):
        i, j = left[pair], right[pair]
        p, q = stop[i] - first[i], stop[j] - first[j]
        size = k + p + q
        row = np.empty(size)
        moments = np.zeros((size, size))
        used = 0
        for t in range(design.shape[0]):
            if not (known[i, t] and known[j, t] and covered[t]):
                continue
            used += 1
            for c in range(k):
                row[c] = covariates[t, c]
            for c in range(p):
                row[k + c] = design[t, first[i] + c]
            for c in range(q):
                row[k + p + c] = design[t, first[j] + c]
            for a in range(size):
                value = row[a]
                if value != 0.0:
                    for b in range(a, size):
                        moments[a, b] += value * row[b]
        diagonal = np.empty(size)
        for a in range(size):
            diagonal[a] = moments[a, a]
            for b in range(a):
                moments[a, b] = moments[b, a]
        n[pair] = used
        rank[pair, 0] = _eliminate(moments, 0, k, diagonal)
        for a in range(k, size):
            if moments[a, a] <= 1e-9 * diagonal[a]:
                moments[a, :] = 0.0
                moments[:, a] = 0.0
        r[pair] = math.nan
        if p == 1 and q == 1:
            product = moments[k, k] * moments[k + 1, k + 1]
            if product > 0.0:
                r[pair] = max(-1.0, min(1.0, moments[k, k + 1] / math.sqrt(product)))
        before = moments[k + p :, k + p :].copy()
        for a in range(size):
            diagonal[a] = moments[a, a]
        rank[pair, 1] = _eliminate(moments, k, k + p, diagonal)
        explained = before - moments[k + p :, k + p :]
        pillai[pair], rank[pair, 2] = _trace_ratio(before, explained)


@njit(cache=True, nogil=True)
def adjusted_differences(
    values: Array,
    known: Array,
    codes: Array,
    covariates: Array,
    covered: Array,
    left: Array,
    right: Array,
    n: Array,
    rank: Array,
    slope: Array,
    error: Array,
) -> None:
    """Linear-model difference of a number between two groups given covariates, with the HC2 standard error.

    Without covariates the difference and its error are those of Welch's test (MacKinnon and White 1985,
    doi:10.1016/0304-4076(85)90158-7).
    """
    k = covariates.shape[1]
    rows = covariates.shape[0]
    for pair in range(left.size):
        i, j = left[pair], right[pair]
        column, group = values[i], codes[j]
        moments = np.zeros((k, k))
        zx = np.zeros(k)
        zy = np.zeros(k)
        used = 0
        for t in range(rows):
            if known[i, t] and group[t] >= 0 and covered[t]:
                used += 1
                for a in range(k):
                    z = covariates[t, a]
                    zy[a] += z * column[t]
                    if group[t]:
                        zx[a] += z
                    for b in range(k):
                        moments[a, b] += z * covariates[t, b]
        n[pair] = used
        slope[pair] = math.nan
        error[pair] = math.nan
        # Gauss-Jordan with aliased columns left at zero: inverse, then the two regressions on the covariates.
        inverse = np.eye(k)
        alive = np.zeros(k, np.bool_)
        work = moments.copy()
        for a in range(k):
            if work[a, a] <= 1e-9 * moments[a, a] or work[a, a] <= 0.0:
                inverse[a, :] = 0.0
                continue
            alive[a] = True
            pivot = work[a, a]
            work[a, :] /= pivot
            inverse[a, :] /= pivot
            for b in range(k):
                if b != a:
                    factor = work[b, a]
                    work[b, :] -= factor * work[a, :]
                    inverse[b, :] -= factor * inverse[a, :]
        for a in range(k):
            if not alive[a]:
                inverse[a, :] = 0.0
                inverse[:, a] = 0.0
        rank[pair] = alive.sum()
        if used - rank[pair] - 1 < 1:
            continue
        by_x = inverse @ zx
        by_y = inverse @ zy
        sxx = 0.0
        sxy = 0.0
        for t in range(rows):
            if known[i, t] and group[t] >= 0 and covered[t]:
                u = 1.0 if group[t] else 0.0
                v = column[t]
                for a in range(k):
                    u -= covariates[t, a] * by_x[a]
                    v -= covariates[t, a] * by_y[a]
                sxx += u * u
                sxy += u * v
        if sxx <= 1e-9 * used:
            continue
        estimate = sxy / sxx
        meat = 0.0
        for t in range(rows):
            if known[i, t] and group[t] >= 0 and covered[t]:
                u = 1.0 if group[t] else 0.0
                v = column[t]
                leverage = 0.0
                for a in range(k):
                    u -= covariates[t, a] * by_x[a]
                    v -= covariates[t, a] * by_y[a]
                    inner = 0.0
                    for c in range(k):
                        inner += inverse[a, c] * covariates[t, c]
                    leverage += covariates[t, a] * inner
                leverage += u * u / sxx
                residual = v - estimate * u
                if leverage < 1.0 - 1e-12:
                    meat += u * u * residual * residual / (1.0 - leverage)
        slope[pair] = estimate
        error[pair] = math.sqrt(meat) / sxx


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


_REASSOCIATE = {"reassoc", "contract"}
"""Sums may be split over vector lanes; nothing else is relaxed (NaN and infinity keep their meaning)."""


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
