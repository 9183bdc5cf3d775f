"""Significant patterns: the familywise error over all patterns up to a length, however many they are.

Two bounds are given. Tarone's (LAMP) counts only the patterns whose margins allow a small enough p. Westfall and
Young's permutes the outcome and compares each p with the least p of all patterns in each permutation, which uses how
strongly patterns overlap. Without strata the test is Fisher's; with strata the outcome is compared and permuted within
each of them (Cochran-Mantel-Haenszel). No pattern that could matter is left out: a pattern is passed over only once
its least possible p is beyond the bound, which never moves back.

References
----------
Tarone RE. Biometrics 1990;46:515-522. Terada A and others. PNAS 2013;110:12996-13001. doi:10.1073/pnas.1302233110.
Westfall PH, Young SS. Resampling-based multiple testing. Wiley 1993. Llinares-Lopez F and others. KDD 2015.
doi:10.1145/2783258.2783363.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil, floor, log
from typing import Any

import numpy as np
import numpy.typing as npt

from miner.engines.permutations import WIDTH
from miner.errors import SearchStopped, TooFewPermutations
from miner.multiplicity.discrete import Side, tarone
from miner.multiplicity.logarithms import TOLERANCE, checked_level
from miner.patterns.items import Item
from miner.patterns.outcome_search import CHUNK, Batch, OutcomeSearch
from miner.patterns.permutation_minima import PermutationMinima
from miner.tables.model import Dataset

_PASS_BYTES = 256 << 20
_TIE = 1e-9

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignificantPatterns:
    """The patterns that are significant over the whole universe, and what the bound rests on.

    ``itemsets`` (r, L) holds numbers of the items as given, padded with -1, in the order of ``ln_p``; a, b, c, d as in
    ``RuleBlock``; ``ln_least`` the least p that the margins allow, ``ln_adjusted`` the familywise adjusted p.
    ``universe`` is the number of declared patterns, ``testable`` of those whose least p reaches the threshold
    ``exp(ln_threshold)``: a pattern is significant if its p is at most the threshold (Tarone), or below it
    (permutations). ``factor`` replaces the number of tests in Bonferroni (Tarone); ``lamp_factor`` is the number of
    patterns of sufficient support in LAMP's formulation, None where support alone does not order the patterns.
    ``ln_minima`` (B,) holds the least p of each permutation, at least where it is below the threshold.
    """

    test: str
    side: Side
    alpha: float
    universe: int
    testable: int
    ln_threshold: float
    itemsets: npt.NDArray[np.int32]
    a: Ints
    b: Ints
    c: Ints
    d: Ints
    ln_p: Floats
    ln_least: Floats
    ln_adjusted: Floats
    factor: int | None = None
    lamp_factor: int | None = None
    ln_minima: Floats | None = None

    def __len__(self) -> int:
        return len(self.ln_p)


def tarone_patterns(
    dataset: Dataset,
    *,
    items: Sequence[Item],
    outcome: Item,
    max_length: int = 2,
    alpha: float = 0.05,
    side: Side | str = Side.GREATER,
    strata: npt.NDArray[np.integer] | None = None,
    maximum_patterns: int = 50_000_000,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SignificantPatterns:
    """Patterns with p <= alpha / k, k the least number with at most k patterns able to reach alpha / k.

    Parameters
    ----------
    dataset : persons; who has an unknown item or outcome is left out of the patterns with that item
    items, outcome : declared items; items of the variable of the outcome are left out
    max_length : longest pattern
    side : ``greater``, ``less`` or ``two-sided``
    strata : (n,) stratum of each person, -1 unknown (left out); then the test is Cochran-Mantel-Haenszel
    maximum_patterns : testable patterns to hold at most

    Raises
    ------
    SearchStopped : cancelled, or more testable patterns than may be held
    """
    checked_level(alpha)
    search = OutcomeSearch.over(dataset, items, outcome, max_length, Side(side), strata)
    limit = _Limit(search=search, alpha=alpha, ln_limit=log(alpha), support=search.least_support(log(alpha)))
    kept: list[Batch] = []
    held, settled_at = 0, 0
    for batch, settled in search.batches(lambda: limit.support):
        search.report(settled, search.universe, progress, cancelled)
        kept.append(limit.able(batch))
        held += len(kept[-1])
        if held > maximum_patterns:
            raise SearchStopped(number=held, reason=f"At most {maximum_patterns:,} patterns may be held at once.")
        if held > 2 * settled_at + CHUNK:
            limit.rise(Batch.joined(kept))
            kept = [limit.able(Batch.joined(kept))]
            held = settled_at = len(kept[0])
    everything = Batch.joined([search.nothing, *kept])
    limit.rise(everything)
    result = tarone(everything.ln_least, alpha=alpha)
    testable = everything.where(result.testable)
    ln_p = search.ln_p(testable)
    chosen = result.rejected(ln_p)
    return _result(
        search,
        testable.where(chosen),
        ln_p[chosen],
        result.ln_adjusted(ln_p[chosen]),
        alpha=alpha,
        testable=int(result.testable.sum()),
        ln_threshold=result.ln_threshold,
        factor=result.factor,
        lamp_factor=limit.lamp_factor(everything),
    )


def westfall_young_patterns(
    dataset: Dataset,
    *,
    items: Sequence[Item],
    outcome: Item,
    seed: int,
    max_length: int = 2,
    alpha: float = 0.05,
    side: Side | str = Side.GREATER,
    strata: npt.NDArray[np.integer] | None = None,
    permutations: int = 1_000,
    threads: int = 2,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SignificantPatterns:
    """Patterns whose p is below the least p of all patterns in all but a share alpha of the permutations.

    The adjusted p of a pattern is (1 + number of permutations whose least p is at most its p) / (B + 1). The outcome is
    permuted among the persons for whom it is known, within strata where these are given; where it has at most 10,000
    arrangements all of them are used. Parameters as for ``tarone_patterns``; ``seed`` gives the same permutations as
    ``multiplicity.shuffles``.

    Raises
    ------
    TooFewPermutations, SearchStopped
    """
    checked_level(alpha)
    search = OutcomeSearch.over(dataset, items, outcome, max_length, Side(side), strata)
    count, blocks = search.permuted(permutations, seed)
    allowed = floor(alpha * (count + 1) + 1e-9)
    if allowed < 1:
        raise TooFewPermutations(permutations=count, alpha=alpha, needed=ceil(1 / alpha) - 1)
    minima = PermutationMinima(search=search, count=count, allowed=allowed, threads=threads)
    step = max(1, _PASS_BYTES // (len(search.table.layout.rows) * WIDTH // 8))
    passes = ceil(count / (step * WIDTH))
    found: list[tuple[Batch, Floats]] = []
    least: list[Floats] = []
    for number in range(passes):
        held = [minima.packed(block) for block in islice(blocks, step)]
        for batch, settled in search.chunks(lambda: search.least_support(minima.ln_limit)):
            search.report(number * search.universe + settled, passes * search.universe, progress, cancelled)
            able = batch.where(batch.ln_least < minima.ln_limit)
            if not len(able):
                continue
            minima.lower(able, held, number * step * WIDTH)
            if number == 0:
                ln_p = search.ln_p(able)
                small = ln_p < minima.ln_limit
                least.append(able.ln_least)
                found.append((able.where(small), ln_p[small]))
    batch = Batch.joined([search.nothing, *(part for part, _ in found)])
    ln_p = np.concatenate([np.empty(0), *(part for _, part in found)])
    chosen = ln_p + _TIE * np.maximum(1.0, -ln_p) < minima.ln_limit
    ordered = np.sort(minima.ln_least)
    at_most = np.searchsorted(ordered, ln_p[chosen] + _TIE * np.maximum(1.0, -ln_p[chosen]), side="right")
    return _result(
        search,
        batch.where(chosen),
        ln_p[chosen],
        np.log((1.0 + at_most) / (count + 1.0)),
        alpha=alpha,
        # The limit only fell: no pattern that can go below its last value was passed over.
        testable=int((np.concatenate([np.empty(0), *least]) < minima.ln_limit).sum()),
        ln_threshold=minima.ln_limit,
        ln_minima=minima.ln_least,
    )


@dataclass(slots=True, kw_only=True)
class _Limit:
    """The rising bound of Tarone's search: which patterns can still be testable at its end."""

    search: OutcomeSearch
    alpha: float
    ln_limit: float
    support: int

    def able(self, batch: Batch) -> Batch:
        if self.search.ln_least_by_support is None:
            return batch.where(batch.ln_least <= self.ln_limit + TOLERANCE)
        return batch.where(batch.support >= self.support)

    def rise(self, batch: Batch) -> None:
        """With more patterns known, fewer can be testable: raise the support, or lower the limit of the least p."""
        if self.search.ln_least_by_support is None:
            self.ln_limit = tarone(batch.ln_least, alpha=self.alpha).ln_threshold
            return
        # LAMP: at a support of s, K(s) patterns; those below s are out of reach once alpha / K(s) < p*(s - 1).
        reach = np.minimum.accumulate(self.search.ln_least_by_support)
        number = self._at_least(batch)
        some = np.flatnonzero(number[1:] > 0) + 1
        out = log(self.alpha) - np.log(number[some]) < reach[some - 1] - TOLERANCE
        self.support = max(self.support, int(some[out].max(initial=1)))

    def lamp_factor(self, batch: Batch) -> int | None:
        if self.search.ln_least_by_support is None:
            return None
        return max(1, int(self._at_least(batch)[self.support]))

    def _at_least(self, batch: Batch) -> Ints:
        """Number of patterns by least support."""
        size = int(self.search.table.layout.sizes.sum()) + 2
        return np.bincount(batch.support, minlength=size)[::-1].cumsum()[::-1]


def _result(
    search: OutcomeSearch, batch: Batch, ln_p: Floats, ln_adjusted: Floats, **fields: Any
) -> SignificantPatterns:
    order = np.argsort(ln_p, kind="stable")
    a, b, c, d = (cells[order] for cells in batch.table())
    return SignificantPatterns(
        test="cochran_mantel_haenszel" if search.stratified else "fisher",
        side=search.side,
        universe=search.universe,
        itemsets=search.order[batch.itemsets[order]].astype(np.int32),
        a=a,
        b=b,
        c=c,
        d=d,
        ln_p=ln_p[order],
        ln_least=batch.ln_least[order],
        ln_adjusted=ln_adjusted[order],
        **fields,
    )
