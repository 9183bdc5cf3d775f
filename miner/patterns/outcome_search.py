"""One outcome against all patterns: their cells, the least p that their margins allow, their p, and permuted outcomes.

Without strata the test is Fisher's exact test; with strata it is Cochran-Mantel-Haenszel's, for which the outcome is
compared, and permuted, within each stratum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from miner.engines import local
from miner.engines.permutations import WIDTH
from miner.errors import NoItems, SearchStopped
from miner.multiplicity.discrete import Side
from miner.multiplicity.logarithms import TOLERANCE
from miner.multiplicity.shuffles import Outcome
from miner.patterns.item_table import EncodedItems, ItemTable
from miner.patterns.items import Item
from miner.patterns.itemsets import AnyInts, count_itemsets, row_sums, universe_size
from miner.patterns.rules import checked_strata, grouped_order
from miner.statistics.fisher import log_fisher, log_least_attainable
from miner.tables.model import Dataset

CHUNK = 32_768
"""Patterns worth one pass over the permutations."""
_ENUMERATED = 10_000

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Patterns with their cells by segment and the least p that their margins allow."""

    itemsets: npt.NDArray[np.int32]
    cells: AnyInts
    known: AnyInts
    ln_least: Floats

    def __len__(self) -> int:
        return len(self.ln_least)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Batch:
        if chosen.all():
            return self
        rows = np.flatnonzero(chosen)
        return Batch(
            itemsets=self.itemsets.take(rows, axis=0),
            cells=self.cells.take(rows, axis=0),
            known=self.known.take(rows, axis=0),
            ln_least=self.ln_least.take(rows),
        )

    @property
    def support(self) -> Ints:
        """Persons who have the pattern."""
        return row_sums(self.cells)

    @classmethod
    def joined(cls, parts: Sequence[Batch]) -> Batch:
        if len(parts) == 1:
            return parts[0]
        return cls(
            itemsets=np.concatenate([part.itemsets for part in parts]),
            cells=np.concatenate([part.cells for part in parts]),
            known=np.concatenate([part.known for part in parts]),
            ln_least=np.concatenate([part.ln_least for part in parts]),
        )

    def table(self) -> tuple[Ints, Ints, Ints, Ints]:
        """a, b, c, d over all strata."""
        a, b = row_sums(self.cells[:, 0::2]), row_sums(self.cells[:, 1::2])
        return a, b, row_sums(self.known[:, 0::2]) - a, row_sums(self.known[:, 1::2]) - b

    def margins(self) -> tuple[AnyInts, AnyInts, AnyInts]:
        """Exposed, cases and persons by stratum, each (m, strata)."""
        return margins_by_stratum(self.cells, self.known)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutcomeSearch:
    """One outcome laid out by stratum and outcome, with the items as bits."""

    table: ItemTable
    usable: Ints
    order: Ints
    outcome: npt.NDArray[np.int8]
    stratum: Ints
    max_length: int
    side: Side
    stratified: bool
    ln_least_by_support: Floats | None

    @classmethod
    def over(
        cls,
        dataset: Dataset,
        items: Sequence[Item],
        outcome: Item,
        max_length: int,
        side: Side,
        strata: npt.NDArray[np.integer] | None,
    ) -> OutcomeSearch:
        order = [i for i in grouped_order(items) if items[i].variable != outcome.variable]
        if not order:
            raise NoItems(side="pattern")
        state = EncodedItems(dataset, [outcome]).states(0)
        checked = checked_strata(strata, dataset.n)
        stratum = np.zeros(dataset.n, dtype=np.int64) if checked is None else checked
        inside = (state >= 0) & (stratum >= 0)
        if len(np.unique(state[inside])) < 2:
            raise NoItems(side="outcome")
        layout = local.arrange(np.where(inside, 2 * stratum + (state == 0), -1), 2 * (int(stratum.max()) + 1))
        table = EncodedItems(dataset, [items[i] for i in order]).pack(layout)
        by_support = None
        if checked is None and table.complete[table.mask].all():
            cases, others = layout.sizes.tolist()
            x = np.arange(cases + others + 1)
            a = np.minimum(x, cases)
            by_support = log_least_attainable(a, x - a, cases - a, others - (x - a), side.value)
        return cls(
            table=table,
            usable=np.arange(len(order)),
            order=np.array([*order, -1]),
            outcome=state,
            stratum=stratum,
            max_length=max_length,
            side=side,
            stratified=checked is not None,
            ln_least_by_support=by_support,
        )

    @property
    def universe(self) -> int:
        return universe_size(self.table.group, self.max_length)

    def least_support(self, ln_limit: float) -> int:
        """The least number of persons with which a pattern can reach the limit; 1 where support alone cannot tell."""
        if self.ln_least_by_support is None:
            return 1
        reach = np.flatnonzero(self.ln_least_by_support <= ln_limit + TOLERANCE)
        return max(1, int(reach[0])) if len(reach) else len(self.ln_least_by_support)

    def batches(self, minimum: Callable[[], int]) -> Iterator[tuple[Batch, int]]:
        """Patterns part by part, with the number of declared patterns settled so far."""
        parts = count_itemsets(self.table, self.usable, max_length=self.max_length, minimum=minimum)
        for part, settled in parts:
            ln_least = self.ln_least(part.cells, part.known)
            yield Batch(itemsets=part.itemsets, cells=part.cells, known=part.known, ln_least=ln_least), settled

    @property
    def nothing(self) -> Batch:
        segments = len(self.table.layout.sizes)
        none = np.empty((0, segments), dtype=np.int32)
        itemsets = np.empty((0, self.max_length), dtype=np.int32)
        return Batch(itemsets=itemsets, cells=none, known=none, ln_least=np.empty(0))

    def chunks(self, minimum: Callable[[], int]) -> Iterator[tuple[Batch, int]]:
        """The same, gathered to chunks worth a pass over the permutations; lengths are not mixed."""
        waiting: list[Batch] = []
        held, length, settled = 0, 0, 0
        for batch, now in self.batches(minimum):
            if not len(batch):
                continue
            size = int((batch.itemsets[0] >= 0).sum())
            if held and (held >= CHUNK or size != length):
                yield Batch.joined(waiting), settled
                waiting, held = [], 0
            waiting.append(batch)
            held, length, settled = held + len(batch), size, now
        if held:
            yield Batch.joined(waiting), settled

    def ln_least(self, cells: AnyInts, known: AnyInts) -> Floats:
        if self.ln_least_by_support is not None:
            return self.ln_least_by_support[row_sums(cells)]
        exposed, cases, persons = margins_by_stratum(cells, known)
        most, least = np.minimum(exposed, cases), np.maximum(0, exposed + cases - persons)
        if self.stratified:
            ends = (self.ln_p_of_scores(signed_chi2(end, exposed, cases, persons)) for end in (least, most))
            return np.minimum(*ends)
        margins = np.concatenate([exposed, cases, persons], axis=1)
        different, where = np.unique(margins, axis=0, return_inverse=True)
        x, y, n = different.T
        a = np.minimum(x, y)
        return log_least_attainable(a, x - a, y - a, n - x - y + a, self.side.value)[where.ravel()]

    def ln_p(self, batch: Batch) -> Floats:
        if not self.stratified:
            return log_fisher(*batch.table(), side=self.side.value)
        return self.ln_p_of_scores(signed_chi2(batch.cells[:, 0::2], *batch.margins()))

    def ln_p_of_scores(self, score: Floats) -> Floats:
        """ln p of signed chi-squares with one degree of freedom."""
        z = np.sign(score) * np.sqrt(np.abs(score))
        if self.side is Side.TWO_SIDED:
            return np.minimum(np.log(2.0) + log_ndtr(-np.abs(z)), 0.0)
        return log_ndtr(-z if self.side is Side.GREATER else z)

    def permuted(self, count: int, seed: int) -> tuple[int, Iterator[npt.NDArray[np.bool_]]]:
        """How many permutations there are beside the observed order, and these in blocks of 512 rows."""
        rows = self.table.layout.rows
        rows = rows[rows >= 0]
        outcome = Outcome(self.outcome[rows] == 1, self.stratum[rows] if self.stratified else None)
        if outcome.assignments <= min(_ENUMERATED, count + 1):
            return outcome.assignments - 1, _regrouped(outcome.all_arrangements())
        return count, _regrouped(outcome.random_blocks(count, seed))

    def report(
        self,
        settled: int,
        total: int,
        progress: Callable[[int, int], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        if cancelled is not None and cancelled():
            raise SearchStopped(number=settled, reason="It was cancelled.")
        if progress is not None:
            progress(settled, total)


def signed_chi2(a: AnyInts, exposed: AnyInts, cases: AnyInts, persons: AnyInts) -> Floats:
    """Signed Cochran-Mantel-Haenszel chi-square without continuity correction, from margins (m, strata).

    >>> one = [np.array([[n]]) for n in (3, 4, 4, 8)]
    >>> signed_chi2(*one).round(4).tolist()
    [1.75]
    """
    expected, precision = expected_and_precision(exposed, cases, persons)
    excess = row_sums(a) - expected
    return excess * np.abs(excess) * precision


def expected_and_precision(exposed: AnyInts, cases: AnyInts, persons: AnyInts) -> tuple[Floats, Floats]:
    """Expected number of exposed cases over the strata (axis 1) and one over its variance, 0 where nothing varies."""
    expected, variance = np.zeros(1), np.zeros(1)
    # Stratum by stratum: a sum over a short last axis costs numpy more than the arithmetic.
    for stratum in range(exposed.shape[1]):
        x, y = exposed[:, stratum].astype(np.float64), cases[:, stratum].astype(np.float64)
        n = np.maximum(persons[:, stratum], 1).astype(np.float64)
        share = x * y / n
        expected = expected + share
        variance = variance + share * (n - x) * (n - y) / (n * np.maximum(n - 1, 1))
    return expected, np.where(variance > 0, 1.0 / np.where(variance > 0, variance, 1.0), 0.0)


def margins_by_stratum(cells: AnyInts, known: AnyInts) -> tuple[AnyInts, AnyInts, AnyInts]:
    cases = known[:, 0::2]
    return cells[:, 0::2] + cells[:, 1::2], cases, cases + known[:, 1::2]


def _regrouped(blocks: Iterator[Floats]) -> Iterator[npt.NDArray[np.bool_]]:
    """Blocks of 512 rows of cases from blocks of any size, without the observed order, which comes first."""
    waiting: list[npt.NDArray[np.bool_]] = []
    held, first = 0, True
    for block in blocks:
        rows = block[1:] > 0 if first else block > 0
        first = False
        while len(rows):
            part, rows = rows[: WIDTH - held], rows[WIDTH - held :]
            waiting.append(part)
            held += len(part)
            if held == WIDTH:
                yield np.concatenate(waiting)
                waiting, held = [], 0
    if held:
        yield np.concatenate(waiting)
