"""What can be said of any selection, however it was made: closed testing with Simes (all-resolutions inference).

A person looks at all results and picks; ``AllResolutions.bound`` says how many of the picks are associated, at a
confidence that holds for all selections at once. The same objects give Hommel's adjusted p-values.

>>> import numpy as np
>>> basket = AllResolutions(np.log([0.001, 0.002, 0.4, 0.9]), m=4, alpha=0.05)
>>> basket.bound([0, 1]), basket.bound([2, 3]), basket.total
(2, 0, 2)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from miner.errors import FamilyTooSmall, SelectionOutsideFamily
from miner.multiplicity.closed_testing import bounds_of_prefixes, least_slopes
from miner.multiplicity.logarithms import TOLERANCE, FloatArray, IntArray, checked_level, checked_ln_p, ln_harmonic


class JumpLevels:
    """The levels at which the number of unrejected hypotheses jumps, for one family and every alpha.

    For i hypotheses Simes' test compares ``f(i) p_(k)`` with ``k alpha``, f(i) = i; the robust variant (Hommel 1983)
    takes f(i) = i (1 + 1/2 + ... + 1/i) and needs no assumption on dependence. A_j is the level at which the j
    largest p are just rejected as a set; only the j that reach the p in hand are stored, for the others A_j = 1.

    Parameters
    ----------
    sorted_ln_p : ascending, no NaN
    m : family size, at least their number; the rest counts as p = 1
    robust : use Hommel's 1983 factor
    """

    __slots__ = ("_first", "_levels", "_thresholds", "m", "robust")

    def __init__(self, sorted_ln_p: FloatArray, m: int, *, robust: bool) -> None:
        n = sorted_ln_p.size
        self.m = m
        self.robust = robust
        self._first = m - n + 1
        sizes = float(m) - np.arange(n, dtype=np.float64)
        slopes = least_slopes(sorted_ln_p)
        if m > n:
            slopes = np.minimum(slopes, -np.log(sizes))
        # Origin x belongs to j = m - x: reversed, the arrays run over j = first..m.
        levels = np.minimum((self.ln_factor(sizes) + slopes)[::-1], 0.0)
        self._levels = np.maximum.accumulate(levels[::-1])[::-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            below = np.where(sizes > 1.0, self.ln_factor(np.maximum(sizes - 1.0, 1.0)), -np.inf)[::-1]
            # p_(i) is adjusted at the largest j with f(j-1) p <= A_j; descending in j, so searchable.
            self._thresholds = np.where(np.isneginf(below), np.inf, self._levels - below)

    def ln_factor(self, size: FloatArray | float) -> FloatArray:
        """ln f(size)."""
        ln_size = np.log(np.asarray(size, dtype=np.float64))
        return np.asarray(ln_size + ln_harmonic(size) if self.robust else ln_size, dtype=np.float64)

    def unrejected(self, alpha: float) -> int:
        """h(alpha): the size of the largest set that closed testing at ``alpha`` does not reject."""
        if math.log(alpha) + TOLERANCE >= 0.0:
            return 0
        return self._first - 1 + int(np.count_nonzero(self._levels > math.log(alpha) + TOLERANCE))

    def adjust(self, ln_p: FloatArray) -> FloatArray:
        """Adjusted ``ln p`` of elementary hypotheses, or of Simes' combination of any intersection."""
        n = self._levels.size
        # Ascending thresholds are those of j = m down to first; the first that holds p gives the largest j.
        step = np.searchsorted(self._thresholds[::-1], ln_p, side="left")
        j = self.m - step.astype(np.float64)
        level = np.where(step < n, self._levels[::-1][np.minimum(step, n - 1)], 0.0)
        adjusted = np.minimum(self.ln_factor(np.maximum(j, 1.0)) + ln_p, level)
        return np.where(np.isneginf(ln_p), -np.inf, np.minimum(adjusted, 0.0))


def hommel(ln_p: FloatArray, m: int, *, robust: bool = False) -> FloatArray:
    """Hommel's adjusted ``ln p`` for sorted input, in n log n steps.

    Simes' inequality, or any dependence with ``robust``. Hommel 1988, doi:10.1093/biomet/75.2.383; Meijer, Krebs and
    Goeman 2019, doi:10.1515/ijb-2018-0071.
    """
    return JumpLevels(ln_p, m, robust=robust).adjust(ln_p)


class AllResolutions:
    """Simultaneous lower bounds on the number of associations in every selection from one family.

    Parameters
    ----------
    ln_p : the p-values in hand, as logarithms; NaN (not computed) counts as p = 1
    m : size of the declared universe, at least their number; the rest counts as p = 1
    alpha : 1 - confidence; all bounds hold together with probability at least 1 - alpha
    robust : hold under any dependence instead of Simes' inequality

    Goeman, Meijer, Krebs and Solari 2019, doi:10.1093/biomet/asz041. Sorting and the jump levels are done once, so that
    a bound costs time in proportion to the selection only.
    """

    __slots__ = ("_jumps", "_ln_p", "_ln_scale", "alpha", "h", "m", "robust")

    def __init__(self, ln_p: FloatArray | Sequence[float], m: int, alpha: float = 0.05, robust: bool = False) -> None:
        values = checked_ln_p(ln_p)
        if m < values.size:
            raise FamilyTooSmall(m=m, members=values.size)
        self._ln_p = np.where(np.isnan(values), 0.0, values)
        self._jumps = JumpLevels(np.sort(self._ln_p), m, robust=robust)
        self.m = m
        self.robust = robust
        self._set_level(alpha)

    def _set_level(self, alpha: float) -> None:
        self.alpha = checked_level(alpha)
        self.h = self._jumps.unrejected(self.alpha)
        self._ln_scale = float(self._jumps.ln_factor(float(self.h))) - math.log(self.alpha) if self.h else -math.inf

    def at(self, alpha: float) -> AllResolutions:
        """The same family at another level, sharing the sorted p-values (``alpha=0.5`` gives a median bound)."""
        other = object.__new__(AllResolutions)
        other._ln_p, other._jumps, other.m, other.robust = self._ln_p, self._jumps, self.m, self.robust
        other._set_level(alpha)
        return other

    @property
    def total(self) -> int:
        """Bound for the whole universe: m - h."""
        return self.m - self.h

    def bound(self, indices: Sequence[int] | IntArray) -> int:
        """At least this many of the selected members are associated.

        Parameters
        ----------
        indices : positions in ``ln_p``, in any order; repeats count once

        Raises
        ------
        SelectionOutsideFamily
            A position that is not a whole number from 0 to len(ln_p) - 1.
        """
        chosen = np.unique(self._positions(indices))
        if chosen.size == 0:
            return 0
        size = chosen.size
        category = np.minimum(self._category(self._ln_p[chosen]), size + 1)
        count = np.cumsum(np.bincount(category, minlength=size + 2))[1 : size + 1]
        return max(0, int((count - np.arange(size)).max()))

    def curve(self, order: Sequence[int] | IntArray) -> IntArray:
        """Bounds of all prefixes of ``order`` (a ranking by anything), in one pass.

        Raises
        ------
        SelectionOutsideFamily
            As ``bound``; also when a member is listed twice.
        """
        chosen = self._positions(order)
        repeated = np.bincount(chosen, minlength=1)
        if chosen.size and repeated.max() > 1:
            raise SelectionOutsideFamily(index=f"{int(repeated.argmax())} twice", last=self._ln_p.size - 1)
        return bounds_of_prefixes(np.minimum(self._category(self._ln_p[chosen]), chosen.size + 1))

    def concentration(self) -> IntArray:
        """The smallest set of the best members whose bound is that of the whole universe, best first."""
        order = np.argsort(self._ln_p, kind="stable")
        if self.total == 0:
            return order[:0]
        return order[: int(np.searchsorted(self.curve(order), self.total)) + 1]

    def local_ln_p(self, indices: Sequence[int] | IntArray) -> float:
        """Adjusted ``ln p`` of the hypothesis that *none* of the selected members is associated."""
        chosen = np.sort(self._ln_p[np.unique(self._positions(indices))])
        if chosen.size == 0:
            return 0.0
        combined = np.array([float((chosen - np.log(np.arange(1, chosen.size + 1))).min())])
        return float(self._jumps.adjust(combined)[0])

    def _category(self, ln_p: FloatArray) -> IntArray:
        """The least whole u >= 1 with f(h) p <= u alpha; capped: beyond the number in hand it proves nothing."""
        # The guard of the one decision rule, moved to this side of the inequality.
        scaled = np.exp(np.minimum(ln_p + self._ln_scale - TOLERANCE, math.log(self._ln_p.size + 1.0)))
        return np.maximum(np.ceil(scaled), 1.0).astype(np.int64)

    def _positions(self, indices: Sequence[int] | IntArray) -> IntArray:
        chosen = np.asarray(indices)
        if chosen.size == 0:
            return np.empty(0, dtype=np.int64)
        last = self._ln_p.size - 1
        if chosen.dtype.kind not in "iu":
            raise SelectionOutsideFamily(index=chosen.ravel()[0], last=last)
        outside = (chosen < 0) | (chosen > last)
        if outside.any():
            raise SelectionOutsideFamily(index=int(chosen[outside][0]), last=last)
        return chosen.ravel().astype(np.int64)
