"""Frequent itemsets with the cells of an outcome and the exact p of each, against miners that give support only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas as pd

from benchmarks.generate import OUTCOME, health_table, one_hot
from benchmarks.harness import Task, peer
from miner.patterns.items import declare_items
from miner.patterns.rules import mine_rules
from miner.statistics.fisher import log_fisher
from miner.tables.model import Dataset

SHARE = 0.01
LENGTH = 3


def rows(peers: bool) -> Iterator[Task]:
    """Fortuit at three sizes and with unknown values; the peers where they end within the limit."""
    for n in (10_000, 100_000, 1_000_000):
        yield _fortuit(n, 120)
    yield _fortuit(100_000, 120, unknown=0.05)
    if not peers:
        return
    for n in (10_000, 100_000):
        if (who := peer("mlxtend")) is not None:
            yield _peer(n, who, "apriori low_memory", _frame, _mlxtend)
        if (who := peer("pyfim")) is not None:
            yield _peer(n, who, "apriori", _baskets, _borgelt)
    if (who := peer("efficient-apriori")) is not None:
        yield _peer(10_000, who, "itemsets_from_transactions", _baskets, _efficient_apriori)


def _name(n: int, k: int) -> str:
    return f"itemsets h_{n}_{k} support {SHARE:.0%} length <= {LENGTH}"


def _fortuit(n: int, k: int, unknown: float = 0.0) -> Task:
    more = f", {unknown:.0%} unknown" if unknown else ""
    return Task(
        task=f"{_name(n, k)}{more}",
        n=n,
        p=k,
        prepare=partial(health_table, n, k, unknown=unknown),
        run=_mine,
        warm_up=partial(health_table, 2_000, 30, unknown=unknown),
    )


def _mine(dataset: Dataset) -> int:
    """Cells and exact p of every frequent itemset against the outcome."""
    names = [name for name in dataset.columns if name != OUTCOME]
    mining = mine_rules(
        dataset,
        antecedent_items=declare_items(dataset, names).items,
        outcome_items=declare_items(dataset, [OUTCOME], absences=False).items,
        max_length=LENGTH,
        minimum_share=SHARE,
    )
    return sum(len(log_fisher(block.a, block.b, block.c, block.d, side="greater")) for block in mining)


def _peer(n: int, who: str, how: str, prepare: Callable[[int, int], Any], run: Callable[[Any], int]) -> Task:
    return Task(
        task=_name(n, 120),
        who=f"{who} {how}",
        n=n,
        p=120,
        prepare=partial(prepare, n, 120),
        run=run,
        warm_up=partial(prepare, 500, 12),
    )


def _frame(n: int, k: int) -> pd.DataFrame:
    return one_hot(health_table(n, k))


def _baskets(n: int, k: int) -> list[tuple[int, ...]]:
    values = one_hot(health_table(n, k)).to_numpy()
    return [tuple(row.nonzero()[0].tolist()) for row in values]


def _mlxtend(frame: pd.DataFrame) -> int:
    from mlxtend.frequent_patterns import apriori

    return len(apriori(frame, min_support=SHARE, max_len=LENGTH, low_memory=True))


def _borgelt(baskets: list[tuple[int, ...]]) -> int:
    import fim

    return len(fim.apriori(baskets, supp=100 * SHARE, zmax=LENGTH))


def _efficient_apriori(baskets: list[tuple[int, ...]]) -> int:
    from efficient_apriori import itemsets_from_transactions

    found, _ = itemsets_from_transactions(baskets, min_support=SHARE, max_length=LENGTH)
    return sum(len(sets) for sets in found.values())
