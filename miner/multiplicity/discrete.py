"""Corrections that know how small each p could have been: Tarone, and the sum of the null distributions.

A table with 3 exposed persons cannot give p = 1e-4, so it cannot produce a false rejection at that level, and
need not be paid for. All functions here work on the least attainable p, or on all attainable p, of Fisher's test given
the margins of each table.

>>> import numpy as np
>>> testable = tarone(np.log([1e-4, 0.02, 0.03, 0.4, 0.5]), alpha=0.05)
>>> testable.factor, testable.testable.tolist()
(2, [True, True, False, False, False])
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from miner.errors import TablesNotCounts
from miner.multiplicity.corrections import BoolArray
from miner.multiplicity.logarithms import TOLERANCE, FloatArray, IntArray, checked_level, checked_ln_p

TIE = 1e-7
"""Relative slack under which two tables are equally likely, as in scipy and R."""


class Side(StrEnum):
    """Alternative of Fisher's test; two-sided sums the tables at most as likely as the observed one."""

    GREATER = "greater"
    LESS = "less"
    TWO_SIDED = "two-sided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Testable:
    """Tarone's result: only ``testable`` hypotheses can be rejected, at ``alpha / factor``.

    ``factor`` belongs to ``alpha``; it replaces m in Bonferroni. The familywise error is kept under any dependence.
    """

    alpha: float
    factor: int
    testable: BoolArray

    @property
    def ln_threshold(self) -> float:
        """ln(alpha / factor)."""
        return math.log(self.alpha) - math.log(self.factor)

    def rejected(self, ln_p: npt.ArrayLike) -> BoolArray:
        """Decisions on the p-values of the same hypotheses."""
        return np.asarray(checked_ln_p(ln_p) <= self.ln_threshold + TOLERANCE, dtype=np.bool_)

    def ln_adjusted(self, ln_p: npt.ArrayLike) -> FloatArray:
        """min(1, factor p): at most ``alpha`` exactly where rejected, meaningful at this ``alpha`` only."""
        return np.minimum(checked_ln_p(ln_p) + math.log(self.factor), 0.0)


def tarone(ln_least_p: npt.ArrayLike, *, alpha: float) -> Testable:
    """The least k with at most k hypotheses whose least attainable p is at most alpha / k.

    Tarone 1990, doi:10.2307/2531456; for itemsets Terada and others 2013, doi:10.1073/pnas.1302233110. NaN (no
    attainable p known) counts as able to reach any p.
    """
    checked_level(alpha)
    values = checked_ln_p(ln_least_p)
    least = np.sort(np.where(np.isnan(values), -np.inf, values))
    ranks = np.arange(1, least.size + 1, dtype=np.float64)
    reachable = np.searchsorted(least, math.log(alpha) - np.log(ranks) + TOLERANCE, side="right")
    fits = np.flatnonzero(reachable <= ranks)
    factor = int(fits[0]) + 1 if fits.size else 1
    limit = math.log(alpha) - math.log(factor) + TOLERANCE
    return Testable(alpha=alpha, factor=factor, testable=np.where(np.isnan(values), True, values <= limit))


def attainable_ln_p(exposed: int, cases: int, persons: int, side: Side | str) -> FloatArray:
    """``ln p`` of Fisher's test at each possible number of exposed cases, from the least possible number upwards.

    >>> np.exp(attainable_ln_p(1, 1, 2, "two-sided")).round(12).tolist()
    [1.0, 1.0]
    """
    low, high = max(0, exposed + cases - persons), min(exposed, cases)
    a = np.arange(low, high + 1, dtype=np.float64)
    ln_mass = (
        _ln_choose(float(cases), a)
        + _ln_choose(float(persons - cases), exposed - a)
        - _ln_choose(float(persons), float(exposed))
    )
    if side == Side.LESS:
        tail = np.logaddexp.accumulate(ln_mass)
    elif side == Side.GREATER:
        tail = np.logaddexp.accumulate(ln_mass[::-1])[::-1]
    else:
        order = np.argsort(ln_mass, kind="stable")
        total = np.logaddexp.accumulate(ln_mass[order])
        # Tables that are equally likely up to rounding share the sum at the last of them.
        last = np.searchsorted(ln_mass[order], ln_mass[order] + TIE, side="right") - 1
        tail = np.empty_like(total)
        tail[order] = total[last]
    return np.minimum(tail, 0.0)


def _ln_choose(n: FloatArray | float, k: FloatArray | float) -> FloatArray:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0), dtype=np.float64)


class DiscreteFamily:
    """A family of two-by-two tables with the null distribution of each p-value.

    Parameters
    ----------
    tables : rows a, b, c, d (exposed cases, exposed non-cases, unexposed cases, unexposed non-cases)
    side : alternative of Fisher's test

    Raises
    ------
    TablesNotCounts

    Tables with the same margins share one distribution, which is computed once.
    """

    __slots__ = ("_distribution", "_family", "_members", "_observed", "side", "size")

    def __init__(self, tables: npt.ArrayLike, side: Side | str) -> None:
        counts = np.asarray(tables)
        if counts.size == 0:
            counts = np.empty((0, 4), dtype=np.int64)
        if counts.ndim != 2 or counts.shape[1] != 4:
            raise TablesNotCounts(problem="each needs the four numbers a, b, c, d")
        if counts.dtype.kind not in "iu" and not np.array_equal(counts, np.floor(counts)):
            raise TablesNotCounts(problem="a number is not whole")
        if (counts < 0).any():
            raise TablesNotCounts(problem="a number is negative")
        counts = counts.astype(np.int64)
        self.side = Side(side)
        self.size = counts.shape[0]
        a, b, c, d = counts.T
        margins = np.column_stack([a + b, a + c, a + b + c + d])
        distinct, family = np.unique(margins, axis=0, return_inverse=True)
        self._family: IntArray = family.ravel()
        self._members = np.bincount(self._family, minlength=distinct.shape[0]).astype(np.float64)
        by_table = [attainable_ln_p(int(x), int(y), int(n), self.side) for x, y, n in distinct]
        self._observed = np.array(
            [
                by_table[group][first - max(0, int(x + y - n))]
                for group, first, (x, y, n) in zip(self._family, a, margins)
            ],
            dtype=np.float64,
        )
        self._distribution = [np.unique(values) for values in by_table]

    @property
    def ln_p(self) -> FloatArray:
        """Fisher's ``ln p`` of each table."""
        return self._observed.copy()

    @property
    def ln_least_p(self) -> FloatArray:
        """Least attainable ``ln p`` of each table."""
        least = np.array([values[0] for values in self._distribution], dtype=np.float64)
        return least[self._family] if self.size else least

    def mid_p(self) -> FloatArray:
        """P(more extreme) + half P(as extreme). For display: it is not super-uniform, so no claim may rest on it."""
        p = np.exp(self._observed)
        before = np.array(
            [self._below(self._distribution[group], ln_p) for group, ln_p in zip(self._family, self._observed)]
        )
        return np.asarray((p + before) / 2.0, dtype=np.float64)

    def discrete_bonferroni(self) -> FloatArray:
        """Adjusted ``ln p``: the expected number of p-values at or below each p, at most 1.

        Familywise error, any dependence. Westfall and Wolfinger 1997, doi:10.1080/00031305.1997.10473577.
        """
        total = sum(
            (count * self._cdf(values, self._observed) for count, values in zip(self._members, self._distribution)),
            start=np.zeros(self.size),
        )
        with np.errstate(divide="ignore"):
            return np.minimum(np.log(total), 0.0)

    def heyse(self) -> FloatArray:
        """Heyse's discrete BH: min over j >= k of the expected number of p-values at or below p_(j), over j.

        It does not keep the false discovery rate in general (Doehler, Durand and Roquain 2018): for comparison, never
        a claim. Heyse 2011.
        """
        order = np.argsort(self._observed, kind="stable")
        at = self._observed[order]
        total = sum(
            (count * self._cdf(values, at) for count, values in zip(self._members, self._distribution)),
            start=np.zeros(self.size),
        )
        answer = np.empty(self.size)
        steps = np.log(total) - np.log(np.arange(1, self.size + 1)) if self.size else total
        answer[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 0.0)
        return answer

    def doehler_durand_roquain(self, alpha: float) -> BoolArray:
        """Decisions of the corrected discrete step-up (HSU) at ``alpha``; false discovery rate for independent tests.

        With F_i the null distributions: tau_m is the greatest attainable t with mean F_i(t) / (1 - F_i(t)) <= alpha,
        and tau_k the greatest t <= tau_m with mean F_i(t) / (1 - F_i(tau_m)) <= alpha k / m; the step-up rejects
        the r least p for the greatest r with p_(r) <= tau_r. Doehler, Durand and Roquain 2018, doi:10.1214/18-EJS1441.
        """
        checked_level(alpha)
        if self.size == 0:
            return np.zeros(0, dtype=np.bool_)
        support = np.unique(np.concatenate(self._distribution))
        cdf = np.array([self._cdf(values, support) for values in self._distribution])
        share = self._members / self.size
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.where(cdf < 1.0, cdf / (1.0 - cdf), np.where(cdf > 0.0, np.inf, 0.0))
        top = np.flatnonzero(share @ odds <= alpha * (1.0 + TOLERANCE))
        if top.size == 0:
            return np.zeros(self.size, dtype=np.bool_)
        last = int(top[-1])
        criterion = (share / (1.0 - cdf[:, last])) @ cdf[:, : last + 1]
        order = np.argsort(self._observed, kind="stable")
        steps = alpha * np.arange(1, self.size + 1) / self.size
        # The number of attainable values whose criterion stays below each step; 0 means that no t serves.
        reach = np.searchsorted(criterion, steps * (1.0 + TOLERANCE), side="right")
        critical = np.where(reach > 0, support[np.maximum(reach, 1) - 1], -np.inf)
        below = np.flatnonzero(self._observed[order] <= critical + TIE)
        answer = np.zeros(self.size, dtype=np.bool_)
        if below.size:
            answer[order[: int(below[-1]) + 1]] = True
        return answer

    @staticmethod
    def _cdf(values: FloatArray, at: FloatArray) -> FloatArray:
        """P(p <= t) under the null: the greatest attainable p at or below t."""
        reached = np.searchsorted(values, at + TIE, side="right")
        return np.where(reached > 0, np.exp(values[np.maximum(reached, 1) - 1]), 0.0)

    @staticmethod
    def _below(values: FloatArray, ln_p: float) -> float:
        reached = int(np.searchsorted(values, ln_p - TIE, side="left"))
        return float(np.exp(values[reached - 1])) if reached else 0.0
