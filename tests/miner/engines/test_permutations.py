from __future__ import annotations

import numpy as np
import pytest

from miner.engines import local
from miner.engines import permutations as kernels


def table(n: int, items: int, seed: int) -> tuple[np.ndarray, local.Words, local.Words]:
    """Binary states (n, items), their bits item by item and person by person; n is a multiple of 64."""
    rng = np.random.default_rng(seed)
    states = rng.random((n, items)) < rng.random(items)
    bits = np.packbits(np.ascontiguousarray(states.T), axis=1, bitorder="little").view(np.uint64)
    return states, bits, kernels.person_rows(bits, n)


def block_of(n: int, count: int, seed: int) -> tuple[np.ndarray, local.Words]:
    outcomes = np.random.default_rng(seed).random((count, n)) < 0.3
    return outcomes, kernels.pack_permutations(outcomes, np.arange(n, dtype=np.int32), n)


@pytest.mark.parametrize("items", [5, 64, 130])
def test_persons_of_each_pattern_are_listed_in_order_and_filled_up_with_the_zero_row(items: int) -> None:
    states, bits, people = table(320, items, 1)
    itemsets = np.array([[0, -1, -1], [4, -1, -1], [0, 2, -1], [0, 3, -1], [1, 2, 4], [2, 3, items - 1]], np.int32)
    extents = [np.flatnonzero(states[:, [i for i in row if i >= 0]].all(axis=1)) for row in itemsets]
    sizes = np.array([len(extent) for extent in extents])

    found, offsets = kernels.person_lists(bits, people, itemsets, sizes)

    for extent, start, end in zip(extents, offsets, offsets[1:]):
        assert (end - start) % 16 == 0
        assert found[start : start + len(extent)].tolist() == extent.tolist()
        assert (found[start + len(extent) : end] == 320).all()


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1_000, 1_008, 1_009, 2_500])
def test_counts_of_lists_of_any_length_are_sums_of_rows(size: int) -> None:
    outcomes, block = block_of(2_560, 500, 3)
    places = np.sort(np.random.default_rng(4).choice(2_560, size, replace=False))

    counts = kernels.sums(*kernels.padded_lists([places, places[: size // 2]], 2_560), block)

    assert (counts[0, :500] == outcomes[:, places].sum(axis=1)).all()
    assert (counts[1, :500] == outcomes[:, places[: size // 2]].sum(axis=1)).all()
    assert (counts[:, 500:] == 0).all()


def test_the_greatest_and_least_count_of_each_group_are_kept() -> None:
    rng = np.random.default_rng(5)
    outcomes, block = block_of(640, 512, 6)
    lists = [rng.choice(640, size, replace=False) for size in (20, 300, 20, 300, 20)]
    found, offsets = kernels.padded_lists(lists, 640)
    counts = np.array([outcomes[:, places].sum(axis=1) for places in lists])
    group = np.array([0, 1, 0, 1, 0])

    most = kernels.extreme_counts(found, offsets, group, 2, block)
    least = kernels.extreme_counts(found, offsets, group, 2, block, least=True)

    for g in (0, 1):
        assert (most[g] == counts[group == g].max(axis=0)).all()
        assert (least[g] == counts[group == g].min(axis=0)).all()


@pytest.mark.parametrize("varying", [False, True])
def test_extreme_scores_are_those_of_the_counts(varying: bool) -> None:
    rng = np.random.default_rng(7)
    outcomes, block = block_of(640, 512, 8)
    lists = [rng.choice(640, size, replace=False) for size in (30, 90, 200)]
    counts = np.array([outcomes[:, places].sum(axis=1) for places in lists])
    shape = (3, 512) if varying else (3, 1)
    expected, precision = rng.uniform(5, 60, shape), rng.uniform(0, 0.1, shape)

    low, high = kernels.extreme_scores(*kernels.padded_lists(lists, 640), block, expected, precision)

    scores = (counts - expected) * np.abs(counts - expected) * precision
    np.testing.assert_allclose(low, np.minimum(scores.min(axis=0), 0), rtol=1e-12)
    np.testing.assert_allclose(high, np.maximum(scores.max(axis=0), 0), rtol=1e-12)


def test_no_count_whose_p_is_below_the_least_so_far_is_passed_over() -> None:
    from scipy.special import gammaln
    from scipy.stats import hypergeom

    rng = np.random.default_rng(9)
    exposed, persons = np.array([10, 40, 60]), np.array([100, 100, 90])
    cases = np.array([[30], [30], [25]])
    counts = np.array([rng.hypergeometric(y, n - y, x, 512) for x, y, n in zip(exposed, cases[:, 0], persons)])
    ln_least = np.log(rng.uniform(0.001, 0.5, 512))

    rows, columns = kernels.promising(
        counts.astype(np.int32), exposed, cases, persons, ln_least, gammaln(np.arange(101) + 1.0)
    )

    p = hypergeom.sf(counts - 1, persons[:, None], cases, exposed[:, None])
    needed = set(zip(*np.nonzero(np.log(p) < ln_least)))
    assert needed <= set(zip(rows.tolist(), columns.tolist()))
    assert len(rows) < counts.size
