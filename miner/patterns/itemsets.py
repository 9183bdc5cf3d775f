"""Itemsets: sets of items of different variables, counted level by level in one layout of the persons.

A set of l + 2 items is a prefix of l items and a pair: all pairs of the items that extend a prefix are counted in one
pass over the table as seen by those who have the prefix, which is where the bitset kernels are fastest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
import numpy.typing as npt

from miner.engines import local
from miner.patterns.item_table import ItemTable
from miner.patterns.items import Item

_CHUNK_BYTES = 32 << 20
_MASK_LIMIT = 1_024

Ints = npt.NDArray[np.int64]
AnyInts = npt.NDArray[np.integer]
_NO_PAIRS: Ints = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """Itemsets of one part of the work.

    ``itemsets`` (m, L) holds item numbers of the table, padded with -1; ``cells`` (m, segments) the persons who have
    all items, ``known`` (m, segments) those for whom all items are known.
    """

    itemsets: npt.NDArray[np.int32]
    cells: AnyInts
    known: AnyInts


_Task = tuple[Callable[[], Counted], float]
"""Work to do, and its share of all work on patterns of its length."""


def row_sums(values: AnyInts) -> Ints:
    """Sums over the last axis of (m, few), column by column: numpy's own sum over a short axis is far slower."""
    total = values[:, 0].astype(np.int64)
    for column in range(1, values.shape[1]):
        total += values[:, column]
    return total


def universe_size(groups: Ints, max_length: int) -> int:
    """Number of sets of 1 to max_length items of different groups: elementary symmetric polynomials of group sizes."""
    return sum(_symmetric(groups, max_length)[1:])


def barred_pairs(items: Sequence[Item], determined: Collection[tuple[Item, Item]]) -> Ints:
    """The pairs as sorted numbers i * len(items) + j with i < j; pairs of other items fall out."""
    place = {item: i for i, item in enumerate(items)}
    pairs = [sorted((place[x], place[y])) for x, y in determined if x in place and y in place]
    return np.unique(np.array([i * len(items) + j for i, j in pairs], dtype=np.int64))


def count_itemsets(
    table: ItemTable,
    usable: Ints,
    *,
    max_length: int,
    minimum: int | Callable[[], int],
    barred: Ints = _NO_PAIRS,
    threads: int = 2,
) -> Iterator[tuple[Counted, int]]:
    """Cells of every set of 1 to max_length usable items that at least ``minimum`` persons have.

    A callable ``minimum`` is asked before each part of the work: a bound that only ever rises prunes the later parts.
    Yields parts with the number of candidate sets settled so far. Singles and pairs come from one pass over the whole
    table; sets of l + 2 items from one pass over the table as seen by those who have a prefix of l items. Sets that
    hold a barred pair are left out.
    """
    bound = minimum if callable(minimum) else lambda: minimum
    counter = _Counter(table=table, minimum=bound, max_length=max_length, barred=barred)
    group = table.group[usable]
    sizes = _symmetric(group, max_length)
    singles, counts = counter.singles(usable)
    settled = sizes[1]
    yield singles, settled
    frequent = usable[counts >= bound()]
    if max_length < 2 or not len(frequent):
        return
    prefixes = [np.empty(0, dtype=np.int64)]
    extensions = [frequent]
    for length in range(2, max_length + 1):
        next_prefixes: list[Ints] = []
        next_extensions: list[Ints] = []
        reached = 0.0
        with ThreadPoolExecutor(max_workers=threads) as pool:
            for part, share in _in_order(pool, counter.tasks(prefixes, extensions), 2 * threads):
                reached += share
                yield part, settled + round(sizes[length] * min(reached, 1.0))
                if length < max_length:
                    found_prefixes, found_extensions = _extend(part.itemsets[:, :length])
                    next_prefixes.extend(found_prefixes)
                    next_extensions.extend(found_extensions)
        settled += sizes[length]
        prefixes, extensions = next_prefixes, next_extensions
        if not prefixes:
            return


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Counter:
    """Counts of sets that share a prefix, from the bits of a table."""

    table: ItemTable
    minimum: Callable[[], int]
    max_length: int
    barred: Ints

    def singles(self, usable: Ints) -> tuple[Counted, Ints]:
        table = self.table
        everybody = local.restrict(table.masks, local.column(table.masks, 0), np.zeros(1, dtype=np.int64))
        cells = local.pair_counts(everybody, table.panels, table.layout.starts)[:, 0, usable].T
        known = local.pair_counts(everybody, table.masks, table.layout.starts)[:, 0, table.mask[usable]].T
        counts = cells.sum(axis=1)
        enough = counts >= self.minimum()
        itemsets = np.full((int(enough.sum()), self.max_length), -1, dtype=np.int32)
        itemsets[:, 0] = usable[enough]
        return Counted(
            itemsets=itemsets, cells=cells[enough].astype(np.int32), known=known[enough].astype(np.int32)
        ), counts

    def tasks(self, prefixes: Sequence[Ints], extensions: Sequence[Ints]) -> Iterator[_Task]:
        """The work on each prefix, and its share of the whole: one task, or several where its counts would not fit a
        chunk of memory."""
        for prefix, those in zip(prefixes, extensions):
            n_panels = -(-len(those) // local.LANES)
            step = max(1, _CHUNK_BYTES // (len(self.table.layout.starts) * 8 * local.LANES * n_panels * local.LANES))
            if step >= n_panels:
                yield partial(self.pairs, prefix, those), 1 / len(prefixes)
                continue
            panels = local.restrict(self.table.panels, self.prefix_bits(prefix), those)
            for first in range(0, n_panels, step):
                last = min(first + step, n_panels)
                share = (last - first) / n_panels / len(prefixes)
                yield partial(self.pairs, prefix, those, panels, first, last), share

    def pairs(
        self, prefix: Ints, those: Ints, panels: local.Words | None = None, first: int = 0, last: int | None = None
    ) -> Counted:
        """The sets prefix + two of ``those`` items whose first is in the panels ``first`` to ``last``."""
        table, starts = self.table, self.table.layout.starts
        if panels is None:
            panels = local.restrict(table.panels, self.prefix_bits(prefix), those)
        last = len(panels) if last is None else last
        counts = local.pair_counts(panels, panels, starts, first=first, last=last, triangle=True)
        rows = min(last * local.LANES, len(those)) - first * local.LANES
        known, mask, known_first = self.known(prefix, those, first, last)
        pairs, cells, base = local.frequent_pairs(
            counts[:, :rows], self.minimum(), table.group[those], first * local.LANES, known, mask, known_first
        )
        ends = those[pairs]
        if len(self.barred):
            free = ~np.isin(ends[:, 0] * len(table.items) + ends[:, 1], self.barred)
            ends, cells, base = ends[free], cells[free], base[free]
        itemsets = np.full((len(ends), self.max_length), -1, dtype=np.int32)
        itemsets[:, : len(prefix)] = prefix
        itemsets[:, len(prefix) : len(prefix) + 2] = ends
        return Counted(itemsets=itemsets, cells=cells, known=base)

    def prefix_bits(self, prefix: Ints) -> local.Words:
        if not len(prefix):
            return local.column(self.table.masks, 0)
        return np.bitwise_and.reduce([self.table.bits(int(i)) for i in prefix], axis=0)

    def known(self, prefix: Ints, those: Ints, first: int, last: int) -> tuple[Ints, Ints, int]:
        """Persons by segment for whom the prefix and two masks are known, (segments, masks, masks), upper part; the
        mask of each item; and the mask of the first row.

        Masks are counted once for all items that share them; where there are too many, once for each item of the chunk.
        """
        table, starts = self.table, self.table.layout.starts
        numbers, mask = np.unique(table.mask[those], return_inverse=True)
        of_prefix = np.unique(table.mask[prefix])
        if len(numbers) == 1 and table.complete[numbers].all() and table.complete[of_prefix].all():
            return table.layout.sizes.reshape(-1, 1, 1), mask.astype(np.int64), 0
        bits = local.column(table.masks, 0)
        for number in of_prefix:
            bits = bits & local.column(table.masks, int(number))
        if len(numbers) <= _MASK_LIMIT:
            panels = local.restrict(table.masks, bits, numbers)
            return local.pair_counts(panels, panels, starts, triangle=True), mask.astype(np.int64), 0
        panels = local.restrict(table.masks, bits, table.mask[those])
        known = local.pair_counts(panels, panels, starts, first=first, last=last, triangle=True)
        return known, np.arange(len(those)), first * local.LANES


def _extend(found: npt.NDArray[np.int32]) -> tuple[list[Ints], list[Ints]]:
    """Group sets of equal prefix: each set of l items is a prefix's last item and the items that extend it."""
    if not len(found):
        return [], []
    heads = found[:, :-1]
    changes = np.flatnonzero((heads[1:] != heads[:-1]).any(axis=1)) + 1
    prefixes, extensions = [], []
    for rows in np.split(np.arange(len(found)), changes):
        if len(rows) > 1:
            prefixes.append(heads[rows[0]].astype(np.int64))
            extensions.append(found[rows, -1].astype(np.int64))
    return prefixes, extensions


def _in_order(pool: ThreadPoolExecutor, tasks: Iterator[_Task], ahead: int) -> Iterator[tuple[Counted, float]]:
    """Results in the order of the tasks, with only ``ahead`` of them under way: the memory stays bounded."""
    waiting = deque((pool.submit(task), share) for task, share in islice(tasks, ahead))
    try:
        while waiting:
            future, share = waiting.popleft()
            result = future.result()
            waiting.extend((pool.submit(task), part) for task, part in islice(tasks, 1))
            yield result, share
    finally:
        for future, _ in waiting:
            future.cancel()


def _symmetric(groups: Ints, max_length: int) -> list[int]:
    """e_0 .. e_L of the group sizes, as exact whole numbers."""
    sizes = np.unique(groups, return_counts=True)[1].tolist()
    totals = [1] + [0] * max_length
    for size in sizes:
        for length in range(max_length, 0, -1):
            totals[length] += size * totals[length - 1]
    return totals
