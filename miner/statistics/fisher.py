"""Fisher's exact test of a two-by-two table as ln p, for arrays of tables.

Given the margins, the count ``a`` is hypergeometric. Its log mass comes from Loader's saddle-point form (C. Loader,
"Fast and accurate computation of binomial probabilities", 2000), which keeps its digits at any table size; each tail is
then summed outward by the ratio of neighbouring masses until nothing is added.

>>> round(float(np.exp(log_fisher(3, 1, 1, 3))), 6)
0.242857
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from miner.errors import UnknownOption
from miner.statistics.counts import as_counts
from miner.statistics.results import Floats, Ints

SIDES = ("greater", "less", "two-sided", "central")
MID_P_SIDES = ("greater", "less", "two-sided", "minimum likelihood")

# Two masses that differ by less than this are equal: the convention of R and scipy for the two-sided p.
TIE = 1e-7


def log_fisher(a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike, side: str = "greater") -> Floats:
    """ln p of Fisher's exact test for each table.

    Parameters
    ----------
    a, b, c, d : counts of one shape: exposed cases, exposed non-cases, unexposed cases, unexposed non-cases
    side : ``greater`` (more exposed cases than expected), ``less``, ``two-sided`` (the tables that are at most as
        likely as the one seen), or ``central`` (twice the smaller tail, which agrees with exact intervals)

    Returns
    -------
    ln p, of the common shape; 0 (p = 1) where a margin is empty.

    References
    ----------
    Fisher RA. J R Stat Soc 1935;98:39-82. doi:10.2307/2342435
    """
    if side not in SIDES:
        raise UnknownOption(value=side, option="side", known=", ".join(SIDES))
    one, two, three, four = as_counts(a, b, c, d)
    result = np.empty(one.shape)
    _fisher(one.ravel(), two.ravel(), three.ravel(), four.ravel(), SIDES.index(side), result.reshape(-1))
    return result[()]


def log_mid_p(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike, side: str = "two-sided"
) -> Floats:
    """ln of the mid-p value: the mass of the table seen counts half.

    ``two-sided`` doubles the smaller one-sided mid-p; ``minimum likelihood`` takes half the mass of the table seen off
    the two-sided p. Mid-p values are right on average and not for each table: they serve display and intervals, and no
    claim rests on them.

    >>> round(float(np.exp(log_mid_p(3, 1, 1, 3))), 6)
    0.257143
    """
    if side not in MID_P_SIDES:
        raise UnknownOption(value=side, option="side", known=", ".join(MID_P_SIDES))
    mass = log_mass(a, b, c, d)
    if side == "minimum likelihood":
        whole = log_fisher(a, b, c, d, "two-sided")
        return whole + np.log1p(-0.5 * np.exp(mass - whole))
    tails = [log_fisher(a, b, c, d, s) for s in (("greater", "less") if side == "two-sided" else (side,))]
    halved = [tail + np.log1p(-0.5 * np.exp(np.minimum(mass - tail, 0.0))) for tail in tails]
    if side == "two-sided":
        return np.minimum(np.minimum(halved[0], halved[1]) + np.log(2.0), 0.0)
    return halved[0]


def log_mass(a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike) -> Floats:
    """ln of the hypergeometric probability of each table given its margins."""
    one, two, three, four = as_counts(a, b, c, d)
    result = np.empty(one.shape)
    _masses(one.ravel(), two.ravel(), three.ravel(), four.ravel(), result.reshape(-1))
    return result[()]


def log_least_attainable(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike, side: str = "greater"
) -> Floats:
    """ln of the smallest p that a table with the same margins could give: what makes a hypothesis testable at all.

    >>> round(float(np.exp(log_least_attainable(3, 1, 1, 3))), 6)
    0.014286
    """
    one, two, three, four = as_counts(a, b, c, d)
    exposed, cases, total = one + two, one + three, one + two + three + four
    most, least = np.minimum(exposed, cases), np.maximum(0, exposed + cases - total)

    def at(count: Ints) -> Floats:
        return log_fisher(count, exposed - count, cases - count, total - exposed - cases + count, side)

    if side == "greater":
        return at(most)
    if side == "less":
        return at(least)
    return np.minimum(at(most), at(least))


@njit(cache=True, nogil=True)
def _stirling_error(n: float) -> float:
    """ln n! minus Stirling's approximation."""
    if n < 16:
        if n == 0:
            return 0.0
        product = 0.0
        for i in range(2, int(n) + 1):
            product += math.log(i)
        return product - (0.5 * math.log(2 * math.pi * n) + n * math.log(n) - n)
    n2 = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188) / n2) / n2) / n2) / n2) / n


@njit(cache=True, nogil=True)
def _deviance(x: float, mean: float) -> float:
    """x ln(x/mean) + mean - x, without cancellation where x is near the mean."""
    if abs(x - mean) < 0.1 * (x + mean):
        v = (x - mean) / (x + mean)
        s = (x - mean) * v
        ej = 2 * x * v
        v2 = v * v
        j = 1
        while j < 1000:
            ej *= v2
            s1 = s + ej / (2 * j + 1)
            if s1 == s:
                return s1
            s = s1
            j += 1
        return s
    return x * math.log(x / mean) + mean - x


@njit(cache=True, nogil=True)
def _ln_binomial(x: float, n: float, p: float, q: float) -> float:
    """ln of the binomial mass at x, for 0 < p < 1 (or p of 0 or 1 where the mass is 1)."""
    if p == 0.0 or q == 0.0 or n == 0.0:
        return 0.0
    if x == 0.0:
        return -_deviance(n, n * q) - n * p if p < 0.1 else n * math.log(q)
    if x == n:
        return -_deviance(n, n * p) - n * q if q < 0.1 else n * math.log(p)
    core = (
        _stirling_error(n) - _stirling_error(x) - _stirling_error(n - x) - _deviance(x, n * p) - _deviance(n - x, n * q)
    )
    return core + 0.5 * math.log(n / (2 * math.pi * x * (n - x)))


@njit(cache=True, nogil=True)
def _ln_mass(k: int, exposed: int, cases: int, total: int) -> float:
    """ln P(A = k) for a table with these margins."""
    if total == 0:
        return 0.0
    p, q = exposed / total, (total - exposed) / total
    others = total - cases
    return (
        _ln_binomial(float(k), float(cases), p, q)
        + _ln_binomial(float(exposed - k), float(others), p, q)
        - _ln_binomial(float(exposed), float(total), p, q)
    )


@njit(cache=True, nogil=True)
def _ln_upward(k: int, most: int, exposed: int, cases: int, total: int) -> float:
    """ln P(A >= k), k at or above the mode."""
    if k > most:
        return -np.inf
    rest = total - exposed - cases
    term, tail = 1.0, 1.0
    while k < most:
        term *= (exposed - k) / (k + 1.0) * ((cases - k) / (rest + k + 1.0))
        k += 1
        tail += term
        if term < 1e-17 * tail:
            break
    return math.log(tail)


@njit(cache=True, nogil=True)
def _ln_downward(k: int, least: int, exposed: int, cases: int, total: int) -> float:
    """ln P(A <= k), k at or below the mode, relative to the mass at k."""
    if k < least:
        return -np.inf
    rest = total - exposed - cases
    term, tail = 1.0, 1.0
    while k > least:
        term *= k / (exposed - k + 1.0) * ((rest + k) / (cases - k + 1.0))
        k -= 1
        tail += term
        if term < 1e-17 * tail:
            break
    return math.log(tail)


@njit(cache=True, nogil=True)
def _ln_at_least(k: int, least: int, most: int, mode: int, exposed: int, cases: int, total: int) -> float:
    """ln P(A >= k), from the shorter side."""
    if k <= least:
        return 0.0
    if k > mode:
        return min(0.0, _ln_mass(k, exposed, cases, total) + _ln_upward(k, most, exposed, cases, total))
    below = _ln_mass(k - 1, exposed, cases, total) + _ln_downward(k - 1, least, exposed, cases, total)
    return math.log1p(-math.exp(min(below, -1e-17)))


@njit(cache=True, nogil=True)
def _ln_at_most(k: int, least: int, most: int, mode: int, exposed: int, cases: int, total: int) -> float:
    """ln P(A <= k), from the shorter side."""
    if k >= most:
        return 0.0
    if k < mode:
        return min(0.0, _ln_mass(k, exposed, cases, total) + _ln_downward(k, least, exposed, cases, total))
    above = _ln_mass(k + 1, exposed, cases, total) + _ln_upward(k + 1, most, exposed, cases, total)
    return math.log1p(-math.exp(min(above, -1e-17)))


@njit(cache=True, nogil=True)
def _ln_unlikely(k: int, least: int, most: int, mode: int, exposed: int, cases: int, total: int) -> float:
    """ln of the total mass of the tables at most as likely as k. The mass has one mode, so each side is bisected."""
    limit = _ln_mass(k, exposed, cases, total) + TIE
    if _ln_mass(mode, exposed, cases, total) <= limit:
        return 0.0
    low, high = least - 1, mode
    while high - low > 1:
        middle = (low + high) // 2
        if _ln_mass(middle, exposed, cases, total) <= limit:
            low = middle
        else:
            high = middle
    left = low
    low, high = mode, most + 1
    while high - low > 1:
        middle = (low + high) // 2
        if _ln_mass(middle, exposed, cases, total) <= limit:
            high = middle
        else:
            low = middle
    right = high
    first, second = -np.inf, -np.inf
    if left >= least:
        first = _ln_mass(left, exposed, cases, total) + _ln_downward(left, least, exposed, cases, total)
    if right <= most:
        second = _ln_mass(right, exposed, cases, total) + _ln_upward(right, most, exposed, cases, total)
    larger, smaller = max(first, second), min(first, second)
    return min(0.0, larger + math.log1p(math.exp(smaller - larger)))


@njit(cache=True, nogil=True)
def _fisher(a: Ints, b: Ints, c: Ints, d: Ints, side: int, result: Floats) -> None:
    for i in range(len(a)):
        k, exposed, cases = a[i], a[i] + b[i], a[i] + c[i]
        total = exposed + c[i] + d[i]
        least, most = max(0, exposed + cases - total), min(exposed, cases)
        if least == most:
            result[i] = 0.0
            continue
        # (exposed + 1)(cases + 1) may exceed 64 bits for very large tables.
        mode = min(most, max(least, int((exposed + 1.0) * (cases + 1.0) / (total + 2.0))))
        if side == 0:
            result[i] = _ln_at_least(k, least, most, mode, exposed, cases, total)
        elif side == 1:
            result[i] = _ln_at_most(k, least, most, mode, exposed, cases, total)
        elif side == 2:
            result[i] = _ln_unlikely(k, least, most, mode, exposed, cases, total)
        else:
            greater = _ln_at_least(k, least, most, mode, exposed, cases, total)
            less = _ln_at_most(k, least, most, mode, exposed, cases, total)
            result[i] = min(0.0, min(greater, less) + math.log(2.0))


@njit(cache=True, nogil=True)
def _masses(a: Ints, b: Ints, c: Ints, d: Ints, result: Floats) -> None:
    for i in range(len(a)):
        result[i] = _ln_mass(a[i], a[i] + b[i], a[i] + c[i], a[i] + b[i] + c[i] + d[i])
