"""Exact inference on an odds ratio given all margins: of one table, or common to K strata.

Given the margins, the number of exposed cases follows Fisher's noncentral hypergeometric law, whose only parameter is
the odds ratio; over strata the counts add up. The whole law is computed, so that estimate, limits and p are exact.

>>> result = conditional_odds_ratio([[3, 1], [1, 3]])
>>> round(result.estimate, 4), round(result.low, 4), round(result.high, 2)
(6.4083, 0.2117, 626.24)

References
----------
Cornfield J. Proc 3rd Berkeley Symp 1956;4:135-148. Mehta CR, Patel NR, Gray R. J Am Stat Assoc 1985;80:969-973.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.special import gammaln, logsumexp

from miner.errors import ImpossibleCounts, TooLarge
from miner.statistics.fisher import TIE
from miner.statistics.results import Floats

LARGEST_SUPPORT = 20_000  # of a sum over strata; one table alone may be of any size
LARGEST_LOG = 690.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalOdds:
    """Conditional maximum likelihood and median-unbiased (mid-p) odds ratios with limits, and exact p-values.

    NaN where the margins leave only one possible table; limits are then 0 and infinity.
    """

    estimate: float
    low: float
    high: float
    mid_p_estimate: float
    mid_p_low: float
    mid_p_high: float
    ln_p_two_sided: float
    ln_p_greater: float
    ln_p_less: float


def conditional_odds_ratio(tables: npt.ArrayLike, *, confidence: float = 0.95) -> ConditionalOdds:
    """Exact odds ratio of one table (2, 2), or common to K strata (K, 2, 2): rows exposed or not, columns case or not.

    The limits invert the two one-sided exact tests, each at half of 1 - confidence; those of mid-p count the table seen
    half. The two-sided p sums the tables at most as likely as the one seen.

    Raises ``TooLarge`` where the strata together allow more than 20,000 different counts; the Mantel-Haenszel estimate
    serves there.
    """
    support, ln_mass, observed = _law(tables)
    if len(support) == 1:
        return ConditionalOdds(
            estimate=math.nan,
            low=0.0,
            high=math.inf,
            mid_p_estimate=math.nan,
            mid_p_low=0.0,
            mid_p_high=math.inf,
            ln_p_two_sided=0.0,
            ln_p_greater=0.0,
            ln_p_less=0.0,
        )
    tail = (1 - confidence) / 2
    at = int(observed - support[0])
    last = len(support) - 1

    def upper(ln_odds: float, half: float = 0.0) -> float:
        law = _tilted(support, ln_mass, ln_odds)
        return float(law[at:].sum() - half * law[at])

    def lower(ln_odds: float, half: float = 0.0) -> float:
        law = _tilted(support, ln_mass, ln_odds)
        return float(law[: at + 1].sum() - half * law[at])

    def mean(ln_odds: float) -> float:
        return float((support * _tilted(support, ln_mass, ln_odds)).sum())

    ln_p = ln_mass - logsumexp(ln_mass)
    return ConditionalOdds(
        estimate=_solve(mean, float(observed)) if 0 < at < last else (0.0 if at == 0 else math.inf),
        low=_solve(upper, tail) if at > 0 else 0.0,
        high=_solve(lower, tail) if at < last else math.inf,
        mid_p_estimate=_solve(lambda t: upper(t, 0.5), 0.5) if 0 < at < last else (0.0 if at == 0 else math.inf),
        mid_p_low=_solve(lambda t: upper(t, 0.5), tail) if at > 0 else 0.0,
        mid_p_high=_solve(lambda t: lower(t, 0.5), tail) if at < last else math.inf,
        ln_p_two_sided=min(0.0, float(logsumexp(ln_p[ln_p <= ln_p[at] + TIE]))),
        ln_p_greater=min(0.0, float(logsumexp(ln_p[at:]))),
        ln_p_less=min(0.0, float(logsumexp(ln_p[: at + 1]))),
    )


def _law(tables: npt.ArrayLike) -> tuple[Floats, Floats, int]:
    """Possible totals of exposed cases, their ln mass at an odds ratio of 1 (up to a constant), and the total seen."""
    counts = np.asarray(tables, dtype=np.float64)
    if counts.ndim not in {2, 3} or counts.shape[-2:] != (2, 2):
        raise ImpossibleCounts(cell=f"shape {counts.shape}", value="something else than tables of 2 x 2")
    if np.any(~np.isfinite(counts) | (counts < 0) | (counts != np.floor(counts))):
        raise ImpossibleCounts(cell="a to d", value="a number that is not a count")
    stack = counts.reshape(-1, 2, 2)
    laws = [_stratum(table) for table in stack]
    length = sum(len(law) - 1 for _, law in laws) + 1
    if len(laws) > 1 and length > LARGEST_SUPPORT:
        raise TooLarge(size=length, limit=LARGEST_SUPPORT)
    start, total = laws[0]
    for least, law in laws[1:]:
        total = _sum_of(total, law)
        start += least
    return start + np.arange(len(total), dtype=np.float64), total, int(stack[:, 0, 0].sum())


def _stratum(table: Floats) -> tuple[int, Floats]:
    exposed, cases, total = table[0].sum(), table[:, 0].sum(), table.sum()
    least = max(0.0, exposed + cases - total)
    k = np.arange(least, min(exposed, cases) + 1)
    others = total - cases
    ln_mass = -gammaln(k + 1) - gammaln(cases - k + 1) - gammaln(exposed - k + 1) - gammaln(others - exposed + k + 1)
    return int(least), ln_mass - ln_mass.max()


@njit(cache=True, nogil=True)
def _sum_of(first: Floats, second: Floats) -> Floats:
    """ln mass of the sum of two independent counts: a convolution that keeps the far tails, which would underflow."""
    result = np.full(len(first) + len(second) - 1, -np.inf)
    for total in range(len(result)):
        begin, end = max(0, total - len(second) + 1), min(total, len(first) - 1)
        largest = -np.inf
        for i in range(begin, end + 1):
            largest = max(largest, first[i] + second[total - i])
        value = 0.0
        for i in range(begin, end + 1):
            value += math.exp(first[i] + second[total - i] - largest)
        result[total] = largest + math.log(value)
    return result


def _tilted(support: Floats, ln_mass: Floats, ln_odds: float) -> Floats:
    weights = ln_mass + (support - support[0]) * ln_odds
    law = np.exp(weights - weights.max())
    return law / law.sum()


def _solve(function: Callable[[float], float], value: float) -> float:
    """exp of the ln odds at which a monotone function takes a value."""
    from scipy.optimize import brentq

    edge = 1.0
    while (function(-edge) - value) * (function(edge) - value) > 0:
        edge *= 2
        if edge > LARGEST_LOG:
            return math.nan
    return math.exp(brentq(lambda t: function(t) - value, -edge, edge, xtol=1e-13, rtol=1e-14, maxiter=300))
