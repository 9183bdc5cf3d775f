"""Exact 2 x 2 probabilities a second time, apart from ``miner.statistics``: what R01 compares with.

The hypergeometric mass is written through Loader's saddle-point form of the binomial (2000, "Fast and accurate
computation of binomial probabilities"), which keeps all digits at any size; tails are summed outwards in plain numpy.

>>> import numpy as np
>>> tea = np.array([[3, 1, 1, 3]])
>>> np.exp(ln_fisher(tea, "greater")).round(6).tolist(), np.exp(ln_fisher(tea, "two-sided")).round(6).tolist()
([0.242857], [0.485714])
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SMALL: Final = 16
# Stirling's error ln n! - [(n + 1/2) ln n - n + ln(2 pi)/2] for n = 0 to 15; beyond, its series.
_ERRORS: Final = np.array(
    [0.0]
    + [
        math.lgamma(n + 1) - ((n + 0.5) * math.log(n) - n + 0.5 * math.log(2 * math.pi))
        for n in range(1, _SMALL)
    ]
)  # fmt: skip
# Terms this far below the largest (in logarithm) change nothing.
_NEGLIGIBLE: Final = -42.0
# scipy and R count a table as "as extreme" within this relative margin.
_TIE: Final = 1e-7


def ln_fisher(counts: Ints, side: str) -> Floats:
    """ln p of tables (k, 4) of a, b, c, d for the side "greater", "less", "two-sided" or "central"."""
    a, b, c, d = (counts[:, i].astype(np.int64) for i in range(4))
    if side == "greater":
        return _upper(a, b, c, d)
    # Swapping the columns turns "at most a" into "at least b".
    if side == "less":
        return _upper(b, a, d, c)
    if side == "central":
        return np.minimum(np.minimum(_upper(a, b, c, d), _upper(b, a, d, c)) + math.log(2), 0.0)
    return _two_sided(a, b, c, d)


def ln_mass(a: Ints, b: Ints, c: Ints, d: Ints) -> Floats:
    """ln of the probability of each table given its margins."""
    n, cases = a + b + c + d, a + c
    p = cases / np.maximum(n, 1)
    return _ln_binomial(a, a + b, p) + _ln_binomial(c, c + d, p) - _ln_binomial(cases, n, p)


def _ln_binomial(x: Ints, n: Ints, p: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = (
            _error(n) - _error(x) - _error(n - x)
            - _deviance(x.astype(float), n * p) - _deviance((n - x).astype(float), n * (1 - p))
            + 0.5 * np.log(n / (2 * np.pi * x * (n - x)))
        )  # fmt: skip
        at_zero = np.where(n == 0, 0.0, n * np.log1p(-p))
        at_all = n * np.log(p)
    return np.where((n == 0) | ((x == 0) & (p == 0)) | ((x == n) & (p == 1)), 0.0,
                    np.where(x == 0, at_zero, np.where(x == n, at_all, inside)))  # fmt: skip


def _error(n: Ints) -> Floats:
    size = np.maximum(n, _SMALL).astype(float)
    square = size * size
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * square)) / square) / square) / square) / size
    return np.where(n < _SMALL, _ERRORS[np.clip(n, 0, _SMALL - 1)], series)


def _deviance(x: Floats, mean: Floats) -> Floats:
    """x ln(x / mean) + mean - x, without cancellation where x is near its mean."""
    with np.errstate(divide="ignore", invalid="ignore"):
        v = (x - mean) / (x + mean)
        far = x * np.log(x / mean) + mean - x
        near = (x - mean) * v
        power = 2 * x * v
        for j in range(1, 12):
            power = power * v * v
            near = near + power / (2 * j + 1)
    return np.where(np.abs(x - mean) < 0.1 * (x + mean), near, far)


def _upper(a: Ints, b: Ints, c: Ints, d: Ints) -> Floats:
    """ln P(A >= a): summed upwards from a, or by the complement where a lies below the mode."""
    start = ln_mass(a, b, c, d)
    below = (a + 1) * (d + 1) <= (b * 1.0) * c
    result = np.empty(len(a))
    up = ~below
    result[up] = start[up] + np.log(_series(a[up], b[up], c[up], d[up]))
    # P(A >= a) = 1 - P(A <= a - 1); swapping the columns turns that tail into one summed upwards as well.
    low = np.flatnonzero(below)
    if len(low):
        a1, b1, c1, d1 = a[low] - 1, b[low] + 1, c[low] + 1, d[low] - 1
        possible = (a1 >= 0) & (d1 >= 0)
        tail = np.full(len(low), -np.inf)
        i = np.flatnonzero(possible)
        tail[i] = ln_mass(a1[i], b1[i], c1[i], d1[i]) + np.log(_series(b1[i], a1[i], d1[i], c1[i]))
        result[low] = np.log1p(-np.exp(np.minimum(tail, -1e-300)))
    return np.minimum(result, 0.0)


def _series(a: Ints, b: Ints, c: Ints, d: Ints) -> Floats:
    """1 + sum of the masses beyond a relative to that at a."""
    total, term = np.ones(len(a)), np.ones(len(a))
    running = np.arange(len(a))
    x, y, z, w = (v.astype(float) for v in (a, b, c, d))
    while len(running):
        ratio = y * z / ((x + 1) * (w + 1))
        term = term * ratio
        total[running] += term
        x, w, y, z = x + 1, w + 1, y - 1, z - 1
        # Past the mode terms fall faster than geometrically; before it none may be left out.
        going = (y > 0) & (z > 0) & ((ratio > 1) | (term > math.exp(_NEGLIGIBLE) * total[running]))
        running, term, x, y, z, w = running[going], term[going], x[going], y[going], z[going], w[going]
    return total


def _two_sided(a: Ints, b: Ints, c: Ints, d: Ints) -> Floats:
    """Minimum likelihood: all tables of these margins that are no more probable than the one seen."""
    result = np.empty(len(a))
    for k in range(len(a)):
        result[k] = _two_sided_one(int(a[k]), int(b[k]), int(c[k]), int(d[k]))
    return result


def _two_sided_one(a: int, b: int, c: int, d: int) -> float:
    exposed, unexposed, cases = a + b, c + d, a + c
    k = np.arange(max(0, cases - unexposed), min(exposed, cases) + 1)
    mass = -(gammaln(k + 1) + gammaln(exposed - k + 1) + gammaln(cases - k + 1) + gammaln(unexposed - cases + k + 1))
    beside = mass - mass[a - k[0]]
    extreme = beside[beside <= _TIE]
    one = (np.array([value], dtype=np.int64) for value in (a, b, c, d))
    return min(float(ln_mass(*one)[0]) + math.log(float(np.exp(extreme).sum())), 0.0)
