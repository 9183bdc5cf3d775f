from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.engines import local
from miner.patterns import itemsets
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import declare_items
from miner.patterns.itemsets import barred_pairs, count_itemsets, row_sums, universe_size
from tests.miner.patterns.tables import random_dataset


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9), st.integers(1, 4))
def test_the_universe_is_the_number_of_sets_of_items_of_different_groups(groups: list[int], max_length: int) -> None:
    expected = sum(
        len({groups[i] for i in chosen}) == length
        for length in range(1, max_length + 1)
        for chosen in combinations(range(len(groups)), length)
    )

    assert universe_size(np.array(groups), max_length) == expected


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1_000), segments=st.integers(1, 5))
def test_cells_by_segment_are_counted_for_each_set_in_rising_order(seed: int, segments: int) -> None:
    dataset = random_dataset(150, [3, 2, 3], seed=seed, unknown=0.1)
    items = declare_items(dataset, ["x0", "x1", "x2"]).items
    encoded = EncodedItems(dataset, items)
    segment = np.random.default_rng(seed).integers(-1, segments, 150)
    table = encoded.pack(local.arrange(segment, segments))

    parts = [part for part, _ in count_itemsets(table, np.arange(len(items)), max_length=3, minimum=1)]

    states = np.array([encoded.states(i) for i in range(len(items))])
    seen = [tuple(row) for part in parts for row in part.itemsets.tolist()]
    assert seen == sorted(seen, key=lambda row: (sum(i >= 0 for i in row), row))
    assert len(set(seen)) == len(seen)
    for part in parts:
        for row, cells, known in zip(part.itemsets, part.cells, part.known):
            chosen = row[row >= 0]
            for s in range(segments):
                inside = states[chosen][:, segment == s]
                assert cells[s] == (inside == 1).all(axis=0).sum()
                assert known[s] == (inside >= 0).all(axis=0).sum()


def test_a_bound_that_rises_during_the_search_prunes_what_comes_after() -> None:
    dataset = random_dataset(300, [3, 3, 3, 3], seed=2)
    items = declare_items(dataset, ["x0", "x1", "x2", "x3"]).items
    table = EncodedItems(dataset, items).pack(local.arrange(np.zeros(300, dtype=np.int64), 1))
    bound = [1]

    lengths: dict[int, int] = {}
    for part, _ in count_itemsets(table, np.arange(12), max_length=3, minimum=lambda: bound[0], threads=1):
        if len(part.itemsets):
            length = int((part.itemsets[0] >= 0).sum())
            lengths[length] = min(lengths.get(length, 300), int(row_sums(part.cells).min()))
            bound[0] = 20 if length == 2 else bound[0]

    assert lengths[2] < 20
    assert lengths[3] >= 20


def test_pairs_are_barred_whatever_their_order_and_only_if_both_items_are_there() -> None:
    dataset = random_dataset(50, [3, 2], seed=2)
    items = declare_items(dataset, ["x0", "x1"]).items

    assert barred_pairs(items, [(items[4], items[1]), (items[1], items[4])]).tolist() == [1 * 5 + 4]
    assert barred_pairs(items[:3], [(items[4], items[1])]).tolist() == []


@pytest.mark.parametrize(("chunk_bytes", "mask_limit"), [(1, 1_024), (1, 1), (32 << 20, 1)])
def test_chunks_of_memory_and_many_masks_change_no_count(
    monkeypatch: pytest.MonkeyPatch, chunk_bytes: int, mask_limit: int
) -> None:
    dataset = random_dataset(200, [3] * 14, seed=5, unknown=0.1)
    items = declare_items(dataset, [f"x{v}" for v in range(14)]).items
    table = EncodedItems(dataset, items).pack(local.arrange(np.arange(200) % 2, 2))

    def counted() -> list[list[list[int]]]:
        parts = [part for part, _ in count_itemsets(table, np.arange(len(items)), max_length=3, minimum=4)]
        return [
            np.concatenate([getattr(part, name) for part in parts]).tolist() for name in ("itemsets", "cells", "known")
        ]

    whole = counted()
    monkeypatch.setattr(itemsets, "_CHUNK_BYTES", chunk_bytes)
    monkeypatch.setattr(itemsets, "_MASK_LIMIT", mask_limit)

    assert counted() == whole
    assert len(whole[0]) > 1_000
