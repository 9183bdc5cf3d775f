"""Items that are tied to one another by construction: recodings, totals and parts, questions asked of some only.

Two items with the same extent (the same persons, wherever both are known) are one condition under two names: one is
kept, the others are set apart. An item that implies another adds nothing to it: a pattern with both repeats a shorter
one. Both are found from the items alone; no outcome is looked at, so that leaving them out costs no validity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from miner.engines import local
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item, ItemGrammar, SetApart
from miner.tables.model import Dataset

_CHUNK_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Implication:
    """All ``count`` persons with the narrower item, of those for whom the wider is known, have the wider one too."""

    narrower: Item
    wider: Item
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Pairs of items tied by construction: ``same_extent`` as (kept, repeated), and one-way implications."""

    same_extent: tuple[tuple[Item, Item], ...]
    implications: tuple[Implication, ...]

    @property
    def determined(self) -> frozenset[tuple[Item, Item]]:
        """The pairs (narrower, wider) that no pattern needs to hold together."""
        return frozenset((tie.narrower, tie.wider) for tie in self.implications)

    def without_repeated(self, grammar: ItemGrammar) -> ItemGrammar:
        """The grammar with one item of each extent; the repeated ones are set apart under the name of the kept one."""
        repeated = {again: kept for kept, again in self.same_extent}
        apart = tuple(
            SetApart(name=item.text, reason=f"same_extent_as: {repeated[item].text}")
            for item in grammar.items
            if item in repeated
        )
        items = tuple(item for item in grammar.items if item not in repeated)
        return ItemGrammar(items=items, set_apart=(*grammar.set_apart, *apart))


def find_structure(dataset: Dataset, items: Sequence[Item], *, minimum_count: int = 20) -> Structure:
    """Ties between items of different variables that at least ``minimum_count`` persons show without an exception.

    Fewer persons can agree by chance; an implication by few persons is no reason to leave a pattern out.
    """
    encoded = EncodedItems(dataset, items)
    table = encoded.pack(local.arrange(np.zeros(dataset.n, dtype=np.int64), 1))
    k = len(items)
    step = max(1, _CHUNK_BYTES // (8 * local.LANES * local.LANES * len(table.panels)))
    narrower, wider, counts = [], [], []
    for first in range(0, len(table.panels), step):
        last = min(first + step, len(table.panels))
        both = local.pair_counts(table.panels, table.panels, table.layout.starts, first=first, last=last)[0]
        seen = local.pair_counts(table.panels, table.masks, table.layout.starts, first=first, last=last)[0]
        rows = min(last * local.LANES, k) - first * local.LANES
        both, seen = both[:rows, :k], seen[:rows][:, table.mask]
        here = first * local.LANES + np.arange(rows)
        tied = (both == seen) & (both >= minimum_count) & (table.group[here][:, None] != table.group[None, :])
        left, right = np.nonzero(tied)
        narrower.append(here[left])
        wider.append(right)
        counts.append(both[left, right])
    pairs = {
        (int(i), int(j)): int(count)
        for i, j, count in zip(np.concatenate(narrower), np.concatenate(wider), np.concatenate(counts))
    }
    known = [int(np.bitwise_count(table.known(i)).sum()) for i in range(k)]
    return _structure(tuple(items), pairs, known)


def _structure(items: tuple[Item, ...], pairs: dict[tuple[int, int], int], known: list[int]) -> Structure:
    kept: dict[int, int] = {}
    # Of items with one extent the one known for most persons stays, the first among equals.
    for i, j in sorted(pairs, key=lambda pair: (-known[pair[0]], pair)):
        if (j, i) in pairs and i not in kept and j not in kept:
            kept[j] = i
    same = tuple((items[i], items[j]) for j, i in sorted(kept.items()))
    implications = tuple(
        Implication(narrower=items[i], wider=items[j], count=count)
        for (i, j), count in sorted(pairs.items())
        if (j, i) not in pairs and i not in kept and j not in kept
    )
    return Structure(same_extent=same, implications=implications)
