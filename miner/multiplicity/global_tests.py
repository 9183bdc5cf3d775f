"""Is there anything at all? One p-value for the hypothesis that no member of a family is associated.

Each function takes ``ln p`` without NaN (a member that was not computed is given as 0, p = 1) and returns one ``ln p``.
An empty family gives 0 (p = 1).

>>> import numpy as np
>>> round(float(np.exp(simes(np.log([0.01, 0.2, 0.4])))), 4)
0.03
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, logsumexp

from miner.multiplicity.logarithms import checked_ln_p

LARGEST_P = 1.0 - 1e-15


def bonferroni_minimum(ln_p: npt.ArrayLike) -> float:
    """k times the least p. Any dependence."""
    values = checked_ln_p(ln_p)
    return min(0.0, float(values.min()) + math.log(values.size)) if values.size else 0.0


def simes(ln_p: npt.ArrayLike, m: int | None = None) -> float:
    """min over j of k p_(j) / j. Positive dependence. Simes 1986, doi:10.1093/biomet/73.3.751.

    ``m`` is the declared size; the members beyond those in hand count as p = 1.
    """
    values = np.sort(checked_ln_p(ln_p))
    size = values.size if m is None else m
    if not values.size:
        return 0.0
    return min(0.0, float((values - np.log(np.arange(1, values.size + 1))).min()) + math.log(size))


@dataclass(frozen=True, slots=True, kw_only=True)
class FisherCombination:
    """Fisher's statistic -2 sum ln p, its degrees of freedom and ``ln p``."""

    statistic: float
    df: int
    ln_p: float


def fisher_combination(ln_p: npt.ArrayLike) -> FisherCombination:
    """Fisher's combination; **independent** tests only. Fisher 1932.

    The tail of chi-square at an even number 2k of degrees of freedom is a Poisson sum, exact in logarithms:
    exp(-y) (1 + y + ... + y^(k-1) / (k-1)!) with y half the statistic.
    """
    values = checked_ln_p(ln_p)
    half = float(-values.sum())
    if values.size == 0 or half == 0.0:
        return FisherCombination(statistic=2.0 * half, df=2 * values.size, ln_p=0.0)
    if math.isinf(half):
        return FisherCombination(statistic=math.inf, df=2 * values.size, ln_p=-math.inf)
    steps = np.arange(values.size)
    tail = float(logsumexp(steps * math.log(half) - gammaln(steps + 1.0)))
    return FisherCombination(statistic=2.0 * half, df=2 * values.size, ln_p=min(0.0, tail - half))


def cauchy(ln_p: npt.ArrayLike) -> float:
    """Cauchy combination: mean of cot(pi p) against a standard Cauchy. Approximate under any dependence, for small p.

    Liu and Xie 2020, doi:10.1080/01621459.2018.1554485. A p of 1 is taken as 1 - 1e-15.
    """
    values = checked_ln_p(ln_p)
    if values.size == 0:
        return 0.0
    least = float(values.min())
    if math.isinf(least):
        return -math.inf
    p = np.minimum(np.exp(values), LARGEST_P)
    # Each cotangent is multiplied by the least p, so that 1 / (pi p) stays a float where p underflows.
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(p < 1e-8, np.exp(least - values) / math.pi, np.exp(least) / np.tan(math.pi * p))
    mean = float(scaled.mean())
    if mean > 0.0 and math.log(mean) - least > 15.0:
        return -(math.log(mean) - least) - math.log(math.pi)
    return math.log(0.5 - math.atan(mean / math.exp(least)) / math.pi)


def twice_the_mean(ln_p: npt.ArrayLike) -> float:
    """Twice the arithmetic mean of p. Any dependence. Vovk and Wang 2020, doi:10.1093/biomet/asaa027."""
    values = checked_ln_p(ln_p)
    return min(0.0, math.log(2.0) + float(logsumexp(values)) - math.log(values.size)) if values.size else 0.0
