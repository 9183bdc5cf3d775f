from __future__ import annotations

import numpy as np

from miner.engines import local
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import declare_items
from tests.miner.patterns.tables import random_dataset


def unpacked(words: local.Words, layout: local.Layout, n: int) -> np.ndarray:
    """Bits as states of the persons in the order of the table; persons outside the layout are false."""
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), bitorder="little").astype(bool)
    out = np.zeros(n, dtype=bool)
    inside = layout.rows >= 0
    out[layout.rows[inside]] = bits[inside]
    assert not bits[~inside].any()
    return out


def test_bits_say_who_has_an_item_and_for_whom_it_is_known_in_any_layout() -> None:
    dataset = random_dataset(200, [3, 2, 4], seed=1, unknown=0.2)
    items = declare_items(dataset, ["x0", "x1", "x2"], missing_as_item=True).items
    encoded = EncodedItems(dataset, items)
    segment = np.random.default_rng(2).integers(-1, 3, 200)
    layout = local.arrange(segment, 3)

    table = encoded.pack(layout)

    for i in range(len(items)):
        states = np.where(segment < 0, -1, encoded.states(i))
        assert (unpacked(table.bits(i), layout, 200) == (states == 1)).all()
        assert (unpacked(table.known(i), layout, 200) == (states >= 0)).all()
        assert (table.rows()[i] == table.bits(i)).all()
        assert (table.mask_rows()[table.mask[i]] == table.known(i)).all()


def test_variables_known_for_the_same_persons_share_a_mask_and_complete_ones_are_marked() -> None:
    dataset = random_dataset(100, [3, 2, 4], seed=1)
    items = declare_items(dataset, ["x0", "x1", "x2"]).items

    table = EncodedItems(dataset, items).pack(local.arrange(np.zeros(100, dtype=np.int64), 1))

    assert set(table.mask.tolist()) == {0}
    assert table.complete.tolist() == [True]
    assert table.group.tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
