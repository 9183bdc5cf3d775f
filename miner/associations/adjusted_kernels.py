"""Compiled loops for pairs given covariates: partial association of blocks of columns, adjusted differences.

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
