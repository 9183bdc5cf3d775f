"""Intervals in closed form: one proportion (Wilson, Clopper-Pearson) and the large-sample intervals of 2x2 effects.

The large-sample (Wald) forms stand beside the score intervals for comparison with published tables; at an empty cell
they are infinite or undefined, and nothing is added to a cell except by ``haldane_odds_ratio``, whose name says so.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from miner.statistics.counts import as_counts
from miner.statistics.intervals import critical_value
from miner.statistics.results import Estimates, Floats


def wilson(cases: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95) -> Estimates:
    """Proportion with Wilson's score interval (J Am Stat Assoc 1927;22:209-212). NaN where n = 0.

    >>> round(float(wilson(0, 10).high), 6)
    0.277533
    """
    x, total = _proportion(cases, n)
    z2 = critical_value(confidence) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / total
        centre = (p + z2 / (2 * total)) / (1 + z2 / total)
        half = np.sqrt(z2 * (p * (1 - p) / total + z2 / (4 * total * total))) / (1 + z2 / total)
    low = np.where(x == 0, 0.0, centre - half)
    high = np.where(x == total, 1.0, centre + half)
    return _where_known(total > 0, p, low, high)


def clopper_pearson(cases: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95) -> Estimates:
    """Proportion with the exact interval of Clopper and Pearson (Biometrika 1934;26:404-413). NaN where n = 0.

    >>> round(float(clopper_pearson(0, 10).high), 6)
    0.308497
    """
    x, total = _proportion(cases, n)
    tail = (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / total
        low = np.where(x == 0, 0.0, betaincinv(np.maximum(x, 1), total - x + 1, tail))
        high = np.where(x == total, 1.0, betaincinv(x + 1, np.maximum(total - x, 1), 1 - tail))
    return _where_known(total > 0, p, low, high)


def newcombe_risk_difference(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike, *, confidence: float = 0.95
) -> Estimates:
    """Risk difference with Newcombe's hybrid score interval (Stat Med 1998;17:873-890, method 10)."""
    one, two, three, four = as_counts(a, b, c, d)
    first = wilson(one, one + two, confidence=confidence)
    second = wilson(three, three + four, confidence=confidence)
    difference = first.estimate - second.estimate
    low = difference - np.hypot(first.estimate - first.low, second.high - second.estimate)
    high = difference + np.hypot(first.high - first.estimate, second.estimate - second.low)
    return Estimates(estimate=difference, low=low, high=high)


def wald_risk_ratio(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike, *, confidence: float = 0.95
) -> Estimates:
    """Risk ratio with Katz's log interval (Biometrics 1978;34:469-474). At an empty cell limits are 0 to infinity."""
    x1, y1, x2, y2 = _floats(a, b, c, d)
    with np.errstate(divide="ignore", invalid="ignore"):
        n1, n2 = x1 + y1, x2 + y2
        ratio = (x1 / n1) / (x2 / n2)
        variance = 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2
    return _log_interval(ratio, variance, confidence)


def wald_odds_ratio(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike, *, confidence: float = 0.95
) -> Estimates:
    """Odds ratio with Woolf's log interval (Ann Hum Genet 1955;19:251-253). At an empty cell limits are 0 to infinity.

    >>> odds = wald_odds_ratio(3, 1, 1, 3)
    >>> round(float(odds.estimate), 3), round(float(odds.low), 4)
    (9.0, 0.3666)
    """
    return _log_odds(*_floats(a, b, c, d), confidence)


def haldane_odds_ratio(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike, *, confidence: float = 0.95
) -> Estimates:
    """Odds ratio after adding 0.5 to every cell (Haldane 1956, Anscombe 1956), with Woolf's interval: always finite.

    >>> float(haldane_odds_ratio(4, 0, 0, 4).estimate)
    81.0
    """
    one, two, three, four = (cell + 0.5 for cell in _floats(a, b, c, d))
    return _log_odds(one, two, three, four, confidence)


def wald_risk_difference(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike, *, confidence: float = 0.95
) -> Estimates:
    """Risk difference with the large-sample interval, which may leave [-1, 1]."""
    x1, y1, x2, y2 = _floats(a, b, c, d)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = x1 / (x1 + y1), x2 / (x2 + y2)
        half = critical_value(confidence) * np.sqrt(p1 * (1 - p1) / (x1 + y1) + p2 * (1 - p2) / (x2 + y2))
    return Estimates(estimate=p1 - p2, low=p1 - p2 - half, high=p1 - p2 + half)


def _floats(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    one, two, three, four = as_counts(a, b, c, d)
    return one.astype(float)[()], two.astype(float)[()], three.astype(float)[()], four.astype(float)[()]


def _log_odds(a: Floats, b: Floats, c: Floats, d: Floats, confidence: float) -> Estimates:
    with np.errstate(divide="ignore", invalid="ignore"):
        return _log_interval((a * d) / (b * c), 1 / a + 1 / b + 1 / c + 1 / d, confidence)


def _log_interval(ratio: Floats, variance: Floats, confidence: float) -> Estimates:
    z = critical_value(confidence)
    known = ~np.isnan(ratio)
    usable = known & (ratio > 0) & np.isfinite(ratio)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        half = z * np.sqrt(variance)
        low, high = np.exp(np.log(ratio) - half), np.exp(np.log(ratio) + half)
    return Estimates(
        estimate=ratio,
        low=np.where(usable, low, np.where(known, 0.0, np.nan))[()],
        high=np.where(usable, high, np.where(known, np.inf, np.nan))[()],
    )


def _proportion(cases: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Floats, Floats]:
    x, rest, _, _ = as_counts(cases, np.asarray(n) - np.asarray(cases), 0, 0)
    return x.astype(float)[()], (x + rest).astype(float)[()]


def _where_known(known: npt.NDArray[np.bool_], estimate: Floats, low: Floats, high: Floats) -> Estimates:
    return Estimates(
        estimate=np.where(known, estimate, np.nan)[()],
        low=np.where(known, low, np.nan)[()],
        high=np.where(known, high, np.nan)[()],
    )
