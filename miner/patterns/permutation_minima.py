"""The least p of all patterns in each permutation of the outcome: what Westfall and Young compare each p with.

Given its margins, the p of a pattern depends on its number of exposed cases alone. Patterns of equal margins are
therefore reduced to their greatest (and least) count in each permutation before any p is computed, and p is computed
only where the mass of the table alone does not exclude that it is a new least. Where values are unknown, the margins
themselves change with the permutation, and are counted for each combination of known variables.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from miner.engines import local, permutations
from miner.engines.permutations import WIDTH
from miner.multiplicity.discrete import Side
from miner.patterns.outcome_search import Batch, OutcomeSearch, expected_and_precision
from miner.statistics.fisher import log_fisher

_VARYING_CHUNK = 1_024

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Margins:
    """Margins by known-combination: ``combination`` (m,) of each pattern, the persons (combinations, strata) of each,
    and the lists of those for whom it is not known, by combination and stratum."""

    combination: Ints
    persons: Ints
    unknown: permutations.Places
    offsets: Ints


@dataclass(kw_only=True, eq=False)
class PermutationMinima:
    """ln of the least p in each of ``count`` permutations, lowered chunk by chunk of patterns.

    At most ``allowed`` - 1 of the permutations may have a least p below that of a significant pattern.
    """

    search: OutcomeSearch
    count: int
    allowed: int
    threads: int
    ln_least: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.ln_least = np.zeros(self.count)

    @property
    def ln_limit(self) -> float:
        """A p is significant, so far, only below this limit; it never rises."""
        return float(np.partition(self.ln_least, self.allowed - 1)[self.allowed - 1])

    def packed(self, outcomes: npt.NDArray[np.bool_]) -> local.Words:
        """Permuted outcomes as one vector of bits for each position of the layout."""
        rows = self.search.table.layout.rows
        return permutations.pack_permutations(outcomes, np.flatnonzero(rows >= 0).astype(np.int32), len(rows))

    def lower(self, batch: Batch, blocks: list[local.Words], first: int) -> None:
        """Lower the minima of the permutations from number ``first`` on by the patterns of a batch."""
        sizes = batch.support
        lists = permutations.person_lists(self._bits, self._people, batch.itemsets, sizes)
        margins = self._margins(batch)

        def one(number: int) -> None:
            start = first + number * WIDTH
            part = self.ln_least[start : min(start + WIDTH, self.count)]
            if self.search.stratified:
                self._lower_scores(batch, lists, margins, blocks[number], part)
            else:
                self._lower_exact(sizes, lists, margins, blocks[number], part)

        with ThreadPoolExecutor(max_workers=self.threads) as pool:
            list(pool.map(one, range(len(blocks))))

    @cached_property
    def _bits(self) -> local.Words:
        return self.search.table.rows()

    @cached_property
    def _people(self) -> local.Words:
        return permutations.person_rows(self._bits, len(self.search.table.layout.rows))

    @cached_property
    def _ln_factorial(self) -> Floats:
        return gammaln(np.arange(int(self.search.table.layout.sizes.sum()) + 1) + 1.0)

    @cached_property
    def _sizes(self) -> tuple[Ints, Ints]:
        """Cases and persons by stratum."""
        sizes = self.search.table.layout.sizes.reshape(-1, 2)
        return sizes[:, 0], sizes.sum(axis=1)

    def _margins(self, batch: Batch) -> _Margins:
        table = self.search.table
        masks = np.where(batch.itemsets >= 0, table.mask[batch.itemsets], 0)
        if not masks.any():
            nobody, one = np.empty(0, dtype=np.int32), np.zeros(2, dtype=np.int64)
            return _Margins(np.zeros(len(batch), dtype=np.int64), self._sizes[1][None, :], nobody, one)
        different, combination = np.unique(np.sort(masks, axis=1), axis=0, return_inverse=True)
        starts = 64 * table.layout.starts[::2]
        lists: list[npt.NDArray[np.int64]] = []
        for combined in different:
            known = np.bitwise_and.reduce([local.column(table.masks, int(u)) for u in combined], axis=0)
            missing = local.column(table.masks, 0) & ~known
            places = np.flatnonzero(np.unpackbits(missing.view(np.uint8), bitorder="little"))
            lists.extend(np.split(places, np.searchsorted(places, starts[1:-1])))
        sizes = np.array([len(places) for places in lists], dtype=np.int64)
        found, offsets = permutations.padded_lists(lists, len(table.layout.rows))
        persons = self._sizes[1] - sizes.reshape(len(different), -1)
        return _Margins(combination.ravel().astype(np.int64), persons, found, offsets)

    def _cases(self, margins: _Margins, block: local.Words) -> Ints:
        """Cases among those for whom a combination is known, (combinations, strata, WIDTH)."""
        left = permutations.sums(margins.unknown, margins.offsets, block).astype(np.int64)
        return self._sizes[0][:, None] - left.reshape(len(margins.persons), -1, WIDTH)

    def _lower_exact(
        self,
        sizes: Ints,
        lists: tuple[permutations.Places, Ints],
        margins: _Margins,
        block: local.Words,
        ln_least: Floats,
    ) -> None:
        keys = margins.combination * (int(sizes.max()) + 1) + sizes
        _, example, group = np.unique(keys, return_index=True, return_inverse=True)
        exposed, combination = sizes[example], margins.combination[example]
        persons = margins.persons[combination, 0]
        if len(margins.unknown):
            cases = self._cases(margins, block)[combination, 0]
        else:
            cases = np.full((len(exposed), 1), self._sizes[0][0])
        held = len(ln_least)
        for least in {Side.GREATER: (False,), Side.LESS: (True,), Side.TWO_SIDED: (False, True)}[self.search.side]:
            counts = permutations.extreme_counts(
                *lists, group.ravel().astype(np.int64), len(exposed), block, least=least
            )[:, :held]
            rows, columns = permutations.promising(counts, exposed, cases, persons, ln_least, self._ln_factorial)
            a, x, n = counts[rows, columns].astype(np.int64), exposed[rows], persons[rows]
            y = cases[rows, columns if cases.shape[1] > 1 else 0]
            ln_p = log_fisher(a, x - a, y - a, n - x - y + a, side=self.search.side.value)
            np.minimum.at(ln_least, columns, ln_p)

    def _lower_scores(
        self,
        batch: Batch,
        lists: tuple[permutations.Places, Ints],
        margins: _Margins,
        block: local.Words,
        ln_least: Floats,
    ) -> None:
        found, offsets = lists
        exposed, cases, persons = batch.margins()
        if not len(margins.unknown):
            expected, precision = expected_and_precision(exposed, cases, persons)
            self._take_scores(found, offsets, block, expected[:, None], precision[:, None], ln_least)
            return
        permuted = self._cases(margins, block)
        for start in range(0, len(batch), _VARYING_CHUNK):
            part = slice(start, start + _VARYING_CHUNK)
            expected, precision = expected_and_precision(
                exposed[part, :, None], permuted[margins.combination[part]], persons[part, :, None]
            )
            self._take_scores(found, offsets[start : start + _VARYING_CHUNK + 1], block, expected, precision, ln_least)

    def _take_scores(
        self,
        found: permutations.Places,
        offsets: Ints,
        block: local.Words,
        expected: Floats,
        precision: Floats,
        ln_least: Floats,
    ) -> None:
        low, high = permutations.extreme_scores(found, offsets, block, expected, precision)
        for score in (low, high):
            np.minimum(ln_least, self.search.ln_p_of_scores(score[: len(ln_least)]), out=ln_least)
