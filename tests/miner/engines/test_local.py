from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.engines import local


def packed(states: np.ndarray, layout: local.Layout) -> local.Words:
    """Panels of binary columns, shape (n, items), by the kernel under test."""
    panels = local.panels_for(states.shape[1], layout.n_words)
    truth = np.array([[False], [True]])
    for item in range(states.shape[1]):
        local.pack(states[:, item].astype(np.int32), truth, layout, panels, np.array([item]))
    return panels


@settings(deadline=None)
@given(st.lists(st.integers(-1, 4), min_size=0, max_size=300))
def test_persons_are_sorted_by_segment_each_beginning_at_a_word_and_nobody_is_lost(segments: list[int]) -> None:
    segment = np.array(segments, dtype=np.int64)

    layout = local.arrange(segment, 5)

    for s in range(5):
        rows = layout.rows[64 * layout.starts[s] : 64 * layout.starts[s + 1]]
        assert rows[rows >= 0].tolist() == np.flatnonzero(segment == s).tolist()
        assert layout.sizes[s] == (segment == s).sum()


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 900), items=st.integers(1, 40), segments=st.integers(1, 6), seed=st.integers(0, 10_000))
def test_counts_of_pairs_are_those_of_a_matrix_product(n: int, items: int, segments: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    states = (rng.random((n, items)) < rng.random(items)).astype(np.int64)
    segment = rng.integers(-1, segments, size=n)
    layout = local.arrange(segment, segments)
    panels = packed(states, layout)

    square = local.pair_counts(panels, panels, layout.starts)
    upper = local.pair_counts(panels, panels, layout.starts, triangle=True)

    for s in range(segments):
        part = states[segment == s]
        expected = part.T @ part
        assert (square[s, :items, :items] == expected).all()
        assert (np.triu(upper[s, :items, :items]) == np.triu(expected)).all()
    assert (square[:, items:] == 0).all()


def test_a_range_of_panels_gives_its_rows_of_the_whole() -> None:
    rng = np.random.default_rng(1)
    layout = local.arrange(np.zeros(500, dtype=np.int64), 1)
    panels = packed(rng.integers(0, 2, size=(500, 50)), layout)

    whole = local.pair_counts(panels, panels, layout.starts)
    part = local.pair_counts(panels, panels, layout.starts, first=1, last=3)

    assert (part == whole[:, 16:48]).all()


def test_more_words_than_one_block_are_all_counted() -> None:
    n = 64 * 700
    layout = local.arrange(np.zeros(n, dtype=np.int64), 1)
    panels = packed(np.ones((n, 2), dtype=np.int64), layout)

    assert local.pair_counts(panels, panels, layout.starts)[0, 0, 1] == n


def test_a_table_restricted_to_a_prefix_counts_triples() -> None:
    rng = np.random.default_rng(2)
    states = rng.integers(0, 2, size=(300, 20))
    layout = local.arrange(rng.integers(0, 2, size=300), 2)
    panels = packed(states, layout)
    those = np.array([3, 17, 5])

    seen = local.restrict(panels, local.column(panels, 9), those)
    counts = local.pair_counts(seen, seen, layout.starts).sum(axis=0)

    with_prefix = states[states[:, 9] == 1][:, those]
    assert (counts[:3, :3] == with_prefix.T @ with_prefix).all()


def test_unknown_values_are_neither_true_nor_known() -> None:
    layout = local.arrange(np.zeros(4, dtype=np.int64), 1)
    panels = local.panels_for(2, 1)
    codes = np.array([0, 1, -1, 1], dtype=np.int32)

    known = local.pack(codes, np.array([[True, False], [False, True]]), layout, panels, np.array([0, 1]))

    assert known.tolist() == [0b1011]
    assert local.column(panels, 0).tolist() == [0b0001]
    assert local.column(panels, 1).tolist() == [0b1010]
