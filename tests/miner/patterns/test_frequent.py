from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from miner.errors import BadLength, BadSupport, NoItems, SearchStopped
from miner.patterns.frequent import FrequentItemsets, frequent_itemsets
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item, declare_items
from miner.tables.model import Dataset
from tests.miner.patterns.tables import random_dataset


def named(found: FrequentItemsets, chosen: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(int(i) for i in row if i >= 0) for row in found.itemsets[chosen]}


def one_hot(dataset: Dataset, items: tuple[Item, ...]) -> pd.DataFrame:
    encoded = EncodedItems(dataset, items)
    return pd.DataFrame({i: encoded.states(i) == 1 for i in range(len(items))})


def test_frequent_and_maximal_itemsets_are_those_of_mlxtend() -> None:
    from mlxtend.frequent_patterns import fpgrowth, fpmax

    dataset = random_dataset(300, [3, 2, 3, 2], seed=4)
    items = declare_items(dataset, ["x0", "x1", "x2", "x3"]).items

    found = frequent_itemsets(dataset, items=items, max_length=4, minimum_share=0.05)

    frame = one_hot(dataset, items)
    theirs = fpgrowth(frame, min_support=0.05, use_colnames=True)
    assert len(theirs) > 60
    assert {frozenset(s): round(v * 300) for s, v in zip(theirs["itemsets"], theirs["support"])} == {
        frozenset(int(i) for i in row if i >= 0): int(count) for row, count in zip(found.itemsets, found.count)
    }
    longest = fpmax(frame, min_support=0.05, use_colnames=True)
    assert named(found, found.maximal) == {frozenset(s) for s in longest["itemsets"]}


def test_a_closed_itemset_has_no_further_item_that_all_its_persons_share() -> None:
    dataset = random_dataset(40, [3, 2, 3, 2], seed=9)
    items = declare_items(dataset, ["x0", "x1", "x2", "x3"]).items
    states = one_hot(dataset, items).to_numpy()

    found = frequent_itemsets(dataset, items=items, max_length=3, minimum_count=2)

    expected = set()
    for row in found.itemsets:
        chosen = [int(i) for i in row if i >= 0]
        extent = states[:, chosen].all(axis=1)
        if not any(states[extent, other].all() for other in range(len(items)) if other not in chosen):
            expected.add(frozenset(chosen))
    assert 0 < len(expected) < len(found)
    assert named(found, found.closed) == expected


def test_what_is_not_known_is_left_out_of_the_denominator_of_an_itemset() -> None:
    dataset = random_dataset(200, [2, 3], seed=5, unknown=0.2)
    items = declare_items(dataset, ["x0", "x1"]).items

    found = frequent_itemsets(dataset, items=items, max_length=2)

    for row, n_known in zip(found.itemsets, found.n_known):
        known = np.ones(200, dtype=bool)
        for i in row[row >= 0]:
            known &= dataset.known(items[i].variable)
        assert n_known == known.sum()


def test_impossible_requests_and_a_full_memory_are_refused_by_name() -> None:
    dataset = random_dataset(50, [2, 3], seed=5)
    items = declare_items(dataset, ["x0", "x1"]).items

    with pytest.raises(NoItems):
        frequent_itemsets(dataset, items=())
    with pytest.raises(BadLength):
        frequent_itemsets(dataset, items=items, max_length=0)
    with pytest.raises(BadSupport):
        frequent_itemsets(dataset, items=items, minimum_share=1.0)
    with pytest.raises(SearchStopped):
        frequent_itemsets(dataset, items=items, maximum_itemsets=3)
    with pytest.raises(SearchStopped):
        frequent_itemsets(dataset, items=items, cancelled=lambda: True)
