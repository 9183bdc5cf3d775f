"""Rules over a Spark table: the same universe, kernels and counts as on one machine, partition by partition.

Each level is one pass: every partition counts the same list of candidates, the counts are added, and what is too rare
in the whole table is barred from the next level. No partition is pruned by its own counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from miner.engines import local, spark
from miner.errors import BadLength, BadSupport, NoItems
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item
from miner.patterns.itemsets import Counted, count_itemsets
from miner.patterns.rules import RuleBlock, as_rules, grouped_order
from miner.tables.model import Dataset, Dictionary

LENGTH_LIMIT = 3


def mine_rules_distributed(
    frame: Any,
    dictionary: Dictionary,
    *,
    antecedent_items: Sequence[Item],
    outcome: Item,
    max_length: int = 2,
    minimum_count: int = 1,
    minimum_share: float = 0.0,
    strata: str | None = None,
    n_strata: int = 0,
) -> RuleBlock:
    """Count every rule of one outcome whose antecedent has enough persons of known outcome.

    Parameters
    ----------
    frame : a Spark table of the typed columns of a ``Dataset`` (codes as int, numbers as double, null for unknown)
    dictionary : describes the columns
    strata, n_strata : a column of stratum numbers from 0 (null: unknown), and how many strata there are
    Others as in ``rules.mine_rules``, with at most three items.
    """
    if not antecedent_items:
        raise NoItems(side="antecedent")
    if not 1 <= max_length <= LENGTH_LIMIT:
        raise BadLength(length=max_length, limit=LENGTH_LIMIT)
    if minimum_count < 1 or not 0 <= minimum_share < 1:
        raise BadSupport(count=minimum_count, share=minimum_share)
    order = [i for i in grouped_order(antecedent_items) if antecedent_items[i].variable != outcome.variable]
    items = tuple(antecedent_items[i] for i in order)
    names = sorted({item.variable for item in (*items, outcome)} | ({strata} if strata else set()))
    minimum = max(minimum_count, ceil(minimum_share * frame.count() - 1e-9)) if minimum_share else minimum_count
    barred: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
    itemsets: list[npt.NDArray[np.int32]] = []
    cells: list[npt.NDArray[np.int64]] = []
    known: list[npt.NDArray[np.int64]] = []
    for length in sorted({min(2, max_length), max_length}):
        partial = PartitionCounts(
            dictionary=dictionary,
            items=items,
            outcome=outcome,
            strata=strata,
            n_strata=n_strata if strata else 0,
            length=length,
            barred=barred,
        )
        counted, base = spark.sum_partitions(frame, names, partial)
        candidates = partial.candidates()
        enough = counted.sum(axis=1) >= minimum
        new = (candidates >= 0).sum(axis=1) > (2 if length > 2 else 0)
        chosen = enough & new
        padding = np.full((int(chosen.sum()), max_length - length), -1, dtype=np.int32)
        itemsets.append(np.concatenate([candidates[chosen], padding], axis=1))
        cells.append(counted[chosen])
        known.append(base[chosen])
        rare = candidates[~enough & ((candidates >= 0).sum(axis=1) == 2)]
        barred = np.unique(rare[:, 0].astype(np.int64) * len(items) + rare[:, min(1, length - 1)])
    found = Counted(itemsets=np.concatenate(itemsets), cells=np.concatenate(cells), known=np.concatenate(known))
    return as_rules(found, order, 0, n_strata if strata else 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartitionCounts:
    """Cells and known persons of every candidate, by segment, in one partition: what travels to the workers."""

    dictionary: Dictionary
    items: tuple[Item, ...]
    outcome: Item
    strata: str | None
    n_strata: int
    length: int
    barred: npt.NDArray[np.int64]

    def __call__(self, columns: spark.Columns) -> spark.Arrays:
        counted = self._count(columns)
        return [
            np.concatenate([part.cells for part in counted]).astype(np.int64),
            np.concatenate([part.known for part in counted]).astype(np.int64),
        ]

    def candidates(self) -> npt.NDArray[np.int32]:
        """The candidates in the order in which every partition counts them: counting nobody lists them."""
        names = {item.variable for item in (*self.items, self.outcome)} | ({self.strata} if self.strata else set())
        nobody: spark.Columns = {}
        for name in names:
            categorical = name == self.strata or self.dictionary[name].kind.is_categorical
            nobody[name] = np.empty(0, dtype=np.int32 if categorical else np.float64)
        return np.concatenate([part.itemsets for part in self._count(nobody)])

    def _count(self, columns: spark.Columns) -> list[Any]:
        n = len(next(iter(columns.values())))
        values = {name: column for name, column in columns.items() if name in self.dictionary}
        dataset = Dataset(dictionary=self.dictionary, columns=values, keys=("",) * n, content_hash="partition")
        state = EncodedItems(dataset, [self.outcome]).states(0)
        stratum = np.zeros(n, dtype=np.int64) if self.strata is None else columns[self.strata].astype(np.int64)
        stratum = np.where(stratum < 0, self.n_strata, stratum)
        # One stratum more than there are holds the persons of unknown stratum, in every partition.
        layout = local.arrange(np.where(state < 0, -1, 2 * stratum + (state == 0)), 2 * (self.n_strata + 1))
        table = EncodedItems(dataset, self.items).pack(layout)
        return [
            part
            for part, _ in count_itemsets(
                table,
                np.arange(len(self.items)),
                max_length=self.length,
                minimum=0,
                barred=self.barred,
                threads=1,
            )
        ]
