"""Risk ratio, risk difference and odds ratio with score intervals that survive empty cells, for arrays of tables.

Each interval holds the values of the effect that a score test does not reject: at each trial value the two risks are
estimated under that constraint (a root of a quadratic or cubic), and the limits are found by bisection.

References
----------
Miettinen O, Nurminen M. Stat Med 1985;4:213-226. doi:10.1002/sim.4780040211
Koopman PAR. Biometrics 1984;40:513-517. doi:10.2307/2531405
Mee RW. Biometrics 1984;40:1175-1176.

>>> low = risk_ratio(4, 0, 0, 4).low
>>> round(float(low), 4)
2.0413
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.special import ndtri

from miner.errors import UnknownOption
from miner.statistics.counts import as_counts
from miner.statistics.results import Estimates, Floats, Ints

RATIO, DIFFERENCE, ODDS = 0, 1, 2
LARGEST_LOG = 690.0  # beyond exp(690) a ratio is infinite


def risk_ratio(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    c: npt.ArrayLike,
    d: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    corrected: bool = False,
) -> Estimates:
    """Risk ratio (a/(a+b)) / (c/(c+d)) with Koopman's score interval.

    ``corrected`` multiplies the variance by N/(N-1), as Miettinen and Nurminen do. NaN where a row is empty; 0 and
    infinity are estimates like others; with no case at all the estimate is NaN and the interval 0 to infinity.
    """
    return _intervals(RATIO, a, b, c, d, confidence, corrected=corrected)


def risk_difference(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    c: npt.ArrayLike,
    d: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    corrected: bool = True,
) -> Estimates:
    """Risk difference a/(a+b) - c/(c+d) with the score interval of Miettinen and Nurminen (uncorrected: Mee)."""
    return _intervals(DIFFERENCE, a, b, c, d, confidence, corrected=corrected)


def odds_ratio(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    c: npt.ArrayLike,
    d: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    corrected: bool = True,
) -> Estimates:
    """Odds ratio ad/(bc) with the score interval of Miettinen and Nurminen; never 0.5 added to a cell."""
    return _intervals(ODDS, a, b, c, d, confidence, corrected=corrected)


def critical_value(confidence: float) -> float:
    """The two-sided normal quantile of a confidence level strictly between 0 and 1.

    >>> round(critical_value(0.95), 6)
    1.959964
    """
    if not 0 < confidence < 1:
        raise UnknownOption(value=confidence, option="confidence level", known="a number between 0 and 1")
    return float(ndtri(0.5 + confidence / 2))


def _intervals(
    effect: int,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    c: npt.ArrayLike,
    d: npt.ArrayLike,
    confidence: float,
    *,
    corrected: bool,
) -> Estimates:
    one, two, three, four = as_counts(a, b, c, d)
    shape = one.shape
    estimate, low, high = np.empty(shape), np.empty(shape), np.empty(shape)
    _solve(
        one.ravel(),
        two.ravel(),
        three.ravel(),
        four.ravel(),
        effect,
        critical_value(confidence),
        corrected,
        estimate.reshape(-1),
        low.reshape(-1),
        high.reshape(-1),
    )
    return Estimates(estimate=estimate[()], low=low[()], high=high[()])


@njit(cache=True, nogil=True)
def _z_ratio(x1: float, n1: float, x2: float, n2: float, ln_ratio: float, factor: float) -> float:
    """Signed score statistic of a risk ratio: positive where the table lies above it."""
    ratio = math.exp(ln_ratio)
    half = n1 * ratio + x1 + n2 + x2 * ratio
    cases = x1 + x2
    root = math.sqrt(max(0.0, half * half - 4 * (n1 + n2) * ratio * cases))
    p2 = min(1.0, 2 * cases / (half + root))
    p1 = min(1.0, ratio * p2)
    top = x1 / n1 - ratio * x2 / n2
    variance = (p1 * (1 - p1) / n1 + ratio * ratio * p2 * (1 - p2) / n2) * factor
    return _quotient(top, variance)


@njit(cache=True, nogil=True)
def _z_odds(x1: float, n1: float, x2: float, n2: float, ln_odds: float, factor: float) -> float:
    """Signed score statistic of an odds ratio."""
    if ln_odds < 0:
        # The same table seen from the non-cases: risks near 1 would lose their digits.
        return -_z_odds(n1 - x1, n1, n2 - x2, n2, -ln_odds, factor)
    odds = math.exp(ln_odds)
    cases = x1 + x2
    slope = n1 * odds + n2 - cases * (odds - 1)
    root = math.sqrt(max(0.0, slope * slope + 4 * n2 * (odds - 1) * cases))
    if slope > 0:
        p2 = 2 * cases / (slope + root)
    else:
        p2 = (root - slope) / (2 * n2 * (odds - 1))
    p2 = min(1.0, max(0.0, p2))
    scale = (1 - p2) + p2 * odds
    p1, q1 = p2 * odds / scale, (1 - p2) / scale
    v1, v2 = n1 * p1 * q1, n2 * p2 * (1 - p2)
    variance = v1 * v2 / (v1 + v2) * factor if v1 > 0 and v2 > 0 else 0.0
    return _quotient(x1 * q1 - (n1 - x1) * p1, variance)


@njit(cache=True, nogil=True)
def _z_difference(x1: float, n1: float, x2: float, n2: float, delta: float, factor: float) -> float:
    """Signed score statistic of a risk difference; the constrained risk is the middle root of a cubic."""
    total = n1 + n2
    l3 = total
    l2 = (n1 + 2 * n2) * delta - total - (x1 + x2)
    l1 = (n2 * delta - total - 2 * x2) * delta + (x1 + x2)
    l0 = x2 * delta * (1 - delta)
    shift = l2 / (3 * l3)
    q = shift * shift * shift - l1 * l2 / (6 * l3 * l3) + l0 / (2 * l3)
    size = math.sqrt(max(0.0, shift * shift - l1 / (3 * l3)))
    signed = size if q > 0 else -size
    if size > 0:
        angle = (math.pi + math.acos(min(1.0, max(-1.0, q / (signed * signed * signed))))) / 3
    else:
        angle = 0.0
    p2 = 2 * signed * math.cos(angle) - shift
    p2 = min(min(1.0, 1 - delta), max(max(0.0, -delta), p2))
    p1 = min(1.0, max(0.0, p2 + delta))
    variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * factor
    return _quotient(x1 / n1 - x2 / n2 - delta, variance)


@njit(cache=True, nogil=True)
def _quotient(top: float, variance: float) -> float:
    if variance > 0:
        return top / math.sqrt(variance)
    # Without variance a table either is the only possible one or is impossible.
    if abs(top) < 1e-14:
        return 0.0
    return np.inf if top > 0 else -np.inf


@njit(cache=True, nogil=True)
def _score(effect: int, x1: float, n1: float, x2: float, n2: float, at: float, factor: float) -> float:
    if effect == 0:
        return _z_ratio(x1, n1, x2, n2, at, factor)
    if effect == 2:
        return _z_odds(x1, n1, x2, n2, at, factor)
    return _z_difference(x1, n1, x2, n2, at, factor)


@njit(cache=True, nogil=True)
def _bisect(
    effect: int, x1: float, n1: float, x2: float, n2: float, inside: float, outside: float, z: float, factor: float
) -> float:
    """The value between ``inside`` (not rejected) and ``outside`` (rejected) at which |score| is z."""
    for _ in range(60):
        middle = 0.5 * (inside + outside)
        if abs(_score(effect, x1, n1, x2, n2, middle, factor)) <= z:
            inside = middle
        else:
            outside = middle
        if abs(outside - inside) <= 1e-11 * max(1e-3, abs(middle)):
            break
    return 0.5 * (inside + outside)


@njit(cache=True, nogil=True)
def _ratio_limit(
    effect: int, x1: float, n1: float, x2: float, n2: float, start: float, way: float, z: float, factor: float
) -> float:
    """Limit of a ratio, searched on the log scale from a value that is not rejected."""
    inside, step = start, 0.5
    while True:
        outside = inside + way * step
        if abs(outside) > LARGEST_LOG:
            return np.inf if way > 0 else 0.0
        if abs(_score(effect, x1, n1, x2, n2, outside, factor)) > z:
            return math.exp(_bisect(effect, x1, n1, x2, n2, inside, outside, z, factor))
        inside = outside
        step *= 2


@njit(cache=True, nogil=True)
def _solve(
    a: Ints,
    b: Ints,
    c: Ints,
    d: Ints,
    effect: int,
    z: float,
    corrected: bool,
    estimate: Floats,
    low: Floats,
    high: Floats,
) -> None:
    for i in range(len(a)):
        x1, n1, x2, n2 = float(a[i]), float(a[i] + b[i]), float(c[i]), float(c[i] + d[i])
        if n1 == 0 or n2 == 0:
            estimate[i] = low[i] = high[i] = np.nan
            continue
        total = n1 + n2
        factor = total / (total - 1) if corrected else 1.0
        if effect == 1:
            value = x1 / n1 - x2 / n2
            estimate[i] = value
            if abs(_score(effect, x1, n1, x2, n2, -1.0, factor)) <= z:
                low[i] = -1.0
            else:
                low[i] = _bisect(effect, x1, n1, x2, n2, value, -1.0, z, factor)
            if abs(_score(effect, x1, n1, x2, n2, 1.0, factor)) <= z:
                high[i] = 1.0
            else:
                high[i] = _bisect(effect, x1, n1, x2, n2, value, 1.0, z, factor)
            continue
        if effect == 0:
            top, bottom = x1 * n2, x2 * n1
        else:
            top, bottom = x1 * (n2 - x2), x2 * (n1 - x1)
        if top == 0 and bottom == 0:
            estimate[i], low[i], high[i] = np.nan, 0.0, np.inf
        elif bottom == 0:
            estimate[i], high[i] = np.inf, np.inf
            low[i] = _ratio_limit(effect, x1, n1, x2, n2, 60.0, -1.0, z, factor)
        elif top == 0:
            estimate[i], low[i] = 0.0, 0.0
            high[i] = _ratio_limit(effect, x1, n1, x2, n2, -60.0, 1.0, z, factor)
        else:
            estimate[i] = top / bottom
            start = math.log(estimate[i])
            low[i] = _ratio_limit(effect, x1, n1, x2, n2, start, -1.0, z, factor)
            high[i] = _ratio_limit(effect, x1, n1, x2, n2, start, 1.0, z, factor)
