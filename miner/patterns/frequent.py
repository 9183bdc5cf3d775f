"""Frequent itemsets without an outcome: what goes together in a table, and which of the sets say it all.

A closed itemset has no further item that all its persons share; a maximal one is held by no longer frequent itemset of
the search. Both shorten a list of frequent itemsets without losing what it says.

References
----------
Pasquier N and others. Discovering frequent closed itemsets for association rules. ICDT 1999.
doi:10.1007/3-540-49257-7_25. Bayardo RJ. SIGMOD 1998. doi:10.1145/276305.276313 (maximal itemsets).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from miner.engines import local
from miner.errors import BadLength, BadSupport, NoItems, SearchStopped
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item
from miner.patterns.itemsets import barred_pairs, count_itemsets, universe_size
from miner.patterns.rules import LENGTH_LIMIT, grouped_order
from miner.tables.model import Dataset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrequentItemsets:
    """``itemsets`` (m, L) of item numbers, padded with -1, by length and then in the order of the items.

    ``count`` (m,) persons have all items, out of ``n_known`` (m,) for whom all items are known. ``closed`` and
    ``maximal`` (m,) as in the module; a set of the greatest length of the search counts as maximal.
    """

    itemsets: npt.NDArray[np.int32]
    count: npt.NDArray[np.int64]
    n_known: npt.NDArray[np.int64]
    closed: npt.NDArray[np.bool_]
    maximal: npt.NDArray[np.bool_]
    universe: int

    def __len__(self) -> int:
        return len(self.count)


def frequent_itemsets(
    dataset: Dataset,
    *,
    items: Sequence[Item],
    max_length: int = 3,
    minimum_count: int = 1,
    minimum_share: float = 0.0,
    determined: Collection[tuple[Item, Item]] = (),
    maximum_itemsets: int = 20_000_000,
    threads: int = 2,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FrequentItemsets:
    """All sets of 1 to max_length items of different variables that enough persons have.

    Parameters as in ``rules.mine_rules``.

    Raises
    ------
    NoItems, BadLength, BadSupport
    SearchStopped : cancelled, or more itemsets than may be held
    """
    if not items:
        raise NoItems(side="pattern")
    if not 1 <= max_length <= LENGTH_LIMIT:
        raise BadLength(length=max_length, limit=LENGTH_LIMIT)
    if minimum_count < 1 or not 0 <= minimum_share < 1:
        raise BadSupport(count=minimum_count, share=minimum_share)
    order = grouped_order(items)
    ordered = [items[i] for i in order]
    table = EncodedItems(dataset, ordered).pack(local.arrange(np.zeros(dataset.n, dtype=np.int64), 1))
    universe = universe_size(table.group, max_length)
    parts = []
    held = 0
    for part, settled in count_itemsets(
        table,
        np.arange(len(items)),
        max_length=max_length,
        minimum=max(minimum_count, ceil(minimum_share * dataset.n - 1e-9)),
        barred=barred_pairs(ordered, determined),
        threads=threads,
    ):
        parts.append(part)
        held += len(part.itemsets)
        if held > maximum_itemsets:
            raise SearchStopped(number=held, reason=f"At most {maximum_itemsets:,} itemsets may be held at once.")
        if cancelled is not None and cancelled():
            raise SearchStopped(number=held, reason="It was cancelled.")
        if progress is not None:
            progress(settled, universe)
    itemsets = np.concatenate([part.itemsets for part in parts])
    return FrequentItemsets(
        itemsets=np.array([*order, -1], dtype=np.int32)[itemsets],
        count=np.concatenate([part.cells[:, 0] for part in parts]).astype(np.int64),
        n_known=np.concatenate([part.known[:, 0] for part in parts]).astype(np.int64),
        closed=~local.included(table.rows(), itemsets),
        maximal=_maximal(itemsets, len(items)),
        universe=universe,
    )


def _maximal(itemsets: npt.NDArray[np.int32], n_items: int) -> npt.NDArray[np.bool_]:
    """Sets that are no part of a set with one item more: every part of a frequent set is frequent."""
    length = itemsets.shape[1]
    # A set as one number: its items in rising order, in base n_items + 1 with 0 for padding.
    ordered = np.sort(np.where(itemsets < 0, n_items, itemsets), axis=1)
    digits = np.where(ordered == n_items, 0, ordered + 1).astype(np.int64)
    weights = (n_items + 1) ** np.arange(length - 1, -1, -1, dtype=np.int64)
    keys = digits @ weights
    order = np.argsort(keys)
    maximal = np.ones(len(itemsets), dtype=np.bool_)
    for left_out in range(length):
        longer = digits[digits[:, left_out] > 0]
        rest = np.concatenate([np.delete(longer, left_out, axis=1), np.zeros((len(longer), 1), dtype=np.int64)], axis=1)
        shorter = rest @ weights
        place = np.searchsorted(keys[order], shorter)
        place = np.minimum(place, len(keys) - 1)
        held = order[place][keys[order][place] == shorter]
        maximal[held] = False
    return maximal
