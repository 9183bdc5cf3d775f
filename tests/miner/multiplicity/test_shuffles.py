"""Arrangements: all of them when few, uniform when drawn, inside strata always."""

from __future__ import annotations

import math
from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chisquare

from miner.errors import ImpossiblePermutation
from miner.multiplicity.shuffles import BLOCK, Outcome


def rows_of(blocks: object) -> list[tuple[float, ...]]:
    return [tuple(row) for block in blocks for row in block]


@pytest.mark.parametrize(
    ("values", "strata"),
    [
        ([0, 0, 0, 1, 1], None),
        ([1, 1, 1, 0, 1, 0], None),
        ([1, 0, 0, 1, 1, 0], ["b", "a", "a", "b", "a", "b"]),
        ([1, 1, 0, 0, 1, 0, 0], [1, 1, 2, 2, 2, 3, 3]),
    ],
)
def test_all_arrangements_are_those_of_brute_force_and_the_observed_comes_first(
    values: list[int], strata: list[object] | None
) -> None:
    outcome = Outcome(values, strata)
    labels = np.array(strata if strata is not None else [0] * len(values))

    listed = rows_of(outcome.all_arrangements())

    expected = {
        row
        for row in permutations([float(v) for v in values])
        if all(
            sum(np.array(row)[labels == label]) == sum(np.array(values)[labels == label]) for label in np.unique(labels)
        )
    }
    assert listed[0] == tuple(values)
    assert len(listed) == len(set(listed)) == outcome.assignments
    assert set(listed) == expected


def test_blocks_hold_a_fixed_number_of_rows() -> None:
    sizes = [block.shape[0] for block in Outcome([1] * 4 + [0] * 8).all_arrangements()]

    assert sizes == [BLOCK] * (math.comb(12, 4) // BLOCK) + [math.comb(12, 4) % BLOCK]


@pytest.mark.parametrize("values", [[0, 0, 1, 1, 1], [3.0, 1.0, 2.0, 2.5]])
def test_drawn_arrangements_are_uniform(values: list[float]) -> None:
    outcome = Outcome(values)

    drawn = rows_of(outcome.random_blocks(12_000, seed=5))[1:]

    counts = Counter(drawn)
    assert len(counts) == outcome.assignments
    assert chisquare(list(counts.values())).pvalue > 1e-4


def test_drawn_arrangements_stay_inside_strata() -> None:
    generator = np.random.default_rng(3)
    values, strata = generator.normal(size=60), generator.integers(0, 4, 60)
    binary = (values > 0).astype(float)

    for given_values in (values, binary):
        for row in rows_of(Outcome(given_values, strata).random_blocks(50, seed=1)):
            for label in range(4):
                inside = strata == label
                assert sorted(np.array(row)[inside]) == sorted(given_values[inside])


def test_a_seed_gives_the_same_stream_and_a_longer_run_begins_like_a_shorter_one() -> None:
    outcome = Outcome([0, 1] * 10)

    short, long = (rows_of(outcome.random_blocks(count, seed=9)) for count in (BLOCK + 3, 3 * BLOCK))

    assert short == long[: len(short)]
    assert rows_of(outcome.random_blocks(50, seed=8)) != rows_of(outcome.random_blocks(50, seed=9))


@pytest.mark.parametrize("values", [[1, 1, 1], [0], [0.5, math.nan]])
def test_an_outcome_that_cannot_be_permuted_is_refused(values: list[float]) -> None:
    with pytest.raises(ImpossiblePermutation):
        Outcome(values)


def test_strata_of_another_length_are_refused() -> None:
    with pytest.raises(ImpossiblePermutation):
        Outcome([0, 1, 1], [1, 2])


def test_a_general_outcome_is_not_enumerated() -> None:
    with pytest.raises(ImpossiblePermutation):
        next(Outcome([1.0, 2.0, 3.0]).all_arrangements())
