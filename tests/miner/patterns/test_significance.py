from __future__ import annotations

from itertools import combinations
from math import comb, log

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import fisher_exact, norm

from miner.errors import SearchStopped, TooFewPermutations
from miner.multiplicity.discrete import Side
from miner.multiplicity.shuffles import Outcome
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import declare_items
from miner.patterns.significance import SignificantPatterns, tarone_patterns, westfall_young_patterns
from miner.tables.model import Dataset, Dictionary, Kind
from tests.miner.patterns.tables import categorical, random_dataset


def binary_dataset(x: npt.NDArray[np.int64], y: npt.NDArray[np.int64]) -> Dataset:
    names = [f"g{i}" for i in range(x.shape[1])]
    return Dataset(
        dictionary=Dictionary(name="b", variables=tuple(categorical(n, 2, Kind.BINARY) for n in (*names, "y"))),
        columns={**{n: x[:, i].astype(np.int32) for i, n in enumerate(names)}, "y": y.astype(np.int32)},
        keys=tuple(str(i) for i in range(len(y))),
    )


def patterns_of(dataset: Dataset, max_length: int) -> tuple[dict[tuple[int, ...], tuple], tuple, object]:
    """States of every pattern: who has it, for whom it is known."""
    names = [name for name in dataset.columns if name != "y"]
    items = declare_items(dataset, names, absences=False).items
    (outcome,) = declare_items(dataset, ["y"], absences=False).items
    encoded = EncodedItems(dataset, items)
    states = np.array([encoded.states(i) for i in range(len(items))])
    found = {}
    for length in range(1, max_length + 1):
        for chosen in combinations(range(len(items)), length):
            if len({items[i].variable for i in chosen}) == length:
                known = (states[list(chosen)] >= 0).all(axis=0)
                found[chosen] = ((states[list(chosen)] == 1).all(axis=0) & known, known)
    return found, items, outcome


def fisher_p(has: np.ndarray, known: np.ndarray, y: np.ndarray, side: str) -> float:
    a, b = int((has & (y == 1)).sum()), int((has & (y == 0)).sum())
    c, d = int((known & (y == 1)).sum()) - a, int((known & (y == 0)).sum()) - b
    return float(fisher_exact([[a, b], [c, d]], alternative=side)[1])


def least_p(has: np.ndarray, known: np.ndarray, y: np.ndarray, side: str) -> float:
    seen = known & (y >= 0)
    x, cases, n = int((has & seen).sum()), int((known & (y == 1)).sum()), int(seen.sum())
    return min(
        float(fisher_exact([[a, x - a], [cases - a, n - x - cases + a]], alternative=side)[1])
        for a in range(max(0, x + cases - n), min(x, cases) + 1)
    )


def chosen(result: SignificantPatterns) -> set[tuple[int, ...]]:
    return {tuple(sorted(int(i) for i in row if i >= 0)) for row in result.itemsets}


@pytest.mark.parametrize("side", ["greater", "less", "two-sided"])
@pytest.mark.parametrize("unknown", [0.0, 0.15])
@pytest.mark.parametrize("seed", [1, 2])
def test_tarone_over_all_patterns_equals_brute_force(side: str, unknown: float, seed: int) -> None:
    dataset = random_dataset(70, [2, 3, 2, 2, 3], seed=seed, unknown=unknown)
    patterns, items, outcome = patterns_of(dataset, 3)
    y = dataset["y"]

    result = tarone_patterns(dataset, items=items, outcome=outcome, max_length=3, side=side)

    least = {key: least_p(*value, y, side) for key, value in patterns.items()}
    k = next(k for k in range(1, 10_000) if sum(p <= 0.05 / k * (1 + 1e-9) for p in least.values()) <= k)
    p = {key: fisher_p(*value, y, side) for key, value in patterns.items()}
    assert result.universe == len(patterns)
    assert result.factor == k
    assert result.testable == sum(q <= 0.05 / k * (1 + 1e-9) for q in least.values())
    assert chosen(result) == {key for key, q in p.items() if q <= 0.05 / k * (1 + 1e-9)}
    for row, ln_p, ln_least in zip(result.itemsets, result.ln_p, result.ln_least):
        key = tuple(sorted(int(i) for i in row if i >= 0))
        assert ln_p == pytest.approx(log(p[key]), abs=1e-7)
        assert ln_least == pytest.approx(log(least[key]), abs=1e-7)


def lamp(supports: list[int], cases: int, n: int, alpha: float) -> int:
    """K as LAMP publishes it: the greatest support s with alpha / K(s) < f(s - 1), and the patterns that have it."""

    def reach(x: int) -> float:
        return comb(cases, x) / comb(n, x) if x <= cases else 1 / comb(n, cases)

    number = [sum(x >= s for x in supports) for s in range(n + 2)]
    return number[max(s for s in range(1, n + 1) if number[s] and alpha / number[s] < reach(s - 1))]


@pytest.mark.parametrize("seed", range(6))
def test_the_lamp_factor_is_the_published_one_and_tarones_never_exceeds_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = (rng.random((60, 8)) < 0.4).astype(np.int64)
    y = (rng.random(60) < 0.15 + 0.5 * (x[:, 0] & x[:, 1])).astype(np.int64)
    dataset = binary_dataset(x, y)
    patterns, items, outcome = patterns_of(dataset, 3)

    result = tarone_patterns(dataset, items=items, outcome=outcome, max_length=3)

    supports = [int(has.sum()) for has, _ in patterns.values()]
    assert result.lamp_factor == lamp(supports, int(y.sum()), 60, 0.05)
    assert result.factor is not None
    assert result.testable <= result.factor <= result.lamp_factor


def cmh_p(has: np.ndarray, known: np.ndarray, y: np.ndarray, strata: np.ndarray, side: str) -> float:
    excess = variance = 0.0
    for s in range(strata.max() + 1):
        inside = known & (strata == s) & (y >= 0)
        n, x, cases = (int(part.sum()) for part in (inside, has & inside, inside & (y == 1)))
        if n > 1:
            excess += int((has & inside & (y == 1)).sum()) - x * cases / n
            variance += x * (n - x) * cases * (n - cases) / (n**2 * (n - 1))
    z = excess / np.sqrt(variance) if variance > 0 else 0.0
    return float({"greater": norm.sf(z), "less": norm.cdf(z), "two-sided": 2 * norm.sf(abs(z))}[side])


@pytest.mark.parametrize("side", ["greater", "less", "two-sided"])
@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("unknown", [0.0, 0.1])
def test_westfall_young_equals_brute_force_over_the_same_permutations(
    side: str, stratified: bool, unknown: float
) -> None:
    dataset = random_dataset(120, [2, 3, 2, 2, 3], seed=8, unknown=unknown)
    patterns, items, outcome = patterns_of(dataset, 2)
    y = np.asarray(dataset["y"])
    strata = np.random.default_rng(3).integers(0 if not unknown else -1, 3, size=120)
    count, seed, alpha = 99, 5, 0.2

    result = westfall_young_patterns(
        dataset,
        items=items,
        outcome=outcome,
        max_length=2,
        side=side,
        alpha=alpha,
        strata=strata if stratified else None,
        permutations=count,
        seed=seed,
    )

    inside = (y >= 0) & (strata >= 0) if stratified else y >= 0
    # The product permutes persons in the order in which they are laid out: by stratum, cases first.
    rows = np.lexsort((1 - y[inside], strata[inside])) if stratified else np.argsort(1 - y[inside], kind="stable")
    rows = np.flatnonzero(inside)[rows]
    blocks = np.concatenate(list(Outcome(y[rows], strata[rows] if stratified else None).random_blocks(count, seed)))

    def p_of(has: np.ndarray, known: np.ndarray, values: np.ndarray) -> float:
        if stratified:
            return cmh_p(has[rows], known[rows], values, strata[rows], side)
        return fisher_p(has[rows], known[rows], values, side)

    table = np.array([[p_of(*value, values) for value in patterns.values()] for values in blocks])
    minima = table[1:].min(axis=1)
    adjusted = (1 + (minima[:, None] <= table[0] * (1 + 1e-9)).sum(axis=0)) / (count + 1)
    expected = {key: q for key, q in zip(patterns, adjusted) if q <= alpha + 1e-12}
    assert chosen(result) == set(expected)
    for row, ln_adjusted in zip(result.itemsets, result.ln_adjusted):
        assert np.exp(ln_adjusted) == pytest.approx(expected[tuple(sorted(int(i) for i in row if i >= 0))])
    assert result.ln_minima is not None
    least = [least_p(has & inside, known & inside, np.where(inside, y, -1), side) for has, known in patterns.values()]
    if not stratified:
        assert result.testable == sum(np.log(p) < result.ln_threshold for p in least)
    low = minima < np.exp(result.ln_threshold) * (1 - 1e-9)
    np.testing.assert_allclose(result.ln_minima[low], np.log(minima[low]), rtol=1e-7)


def test_few_arrangements_are_all_used() -> None:
    x = np.array([[1, 0], [1, 1], [1, 0], [1, 1], [0, 0], [0, 1], [0, 0], [0, 1], [0, 0]])
    y = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0])
    dataset = binary_dataset(x, y)
    _, items, outcome = patterns_of(dataset, 1)

    result = westfall_young_patterns(dataset, items=items, outcome=outcome, max_length=1, permutations=1_000, seed=1)

    assert result.ln_minima is not None
    assert len(result.ln_minima) == comb(9, 4) - 1
    assert chosen(result) == {(0,)}
    # Of the 126 arrangements two give p = 1 / 126: the observed one, and the one that follows the second item.
    assert np.exp(result.ln_adjusted[0]) == pytest.approx(2 / comb(9, 4))


def test_a_planted_pair_is_found_by_both_and_more_permutations_than_one_block_agree() -> None:
    rng = np.random.default_rng(12)
    x = (rng.random((600, 30)) < 0.25).astype(np.int64)
    y = (rng.random(600) < 0.2 + 0.6 * (x[:, 3] & x[:, 9])).astype(np.int64)
    dataset = binary_dataset(x, y)
    _, items, outcome = patterns_of(dataset, 1)

    bound = tarone_patterns(dataset, items=items, outcome=outcome, max_length=3)
    permuted = westfall_young_patterns(
        dataset, items=items, outcome=outcome, max_length=3, permutations=1_100, seed=4, side=Side.GREATER
    )

    assert (3, 9) in chosen(bound)
    assert chosen(bound) <= chosen(permuted)
    assert permuted.ln_threshold >= bound.ln_threshold


def test_under_the_null_a_pattern_is_found_no_more_often_than_alpha_allows() -> None:
    rng = np.random.default_rng(21)
    hits = 0
    for _ in range(60):
        x = (rng.random((150, 8)) < 0.3).astype(np.int64)
        dataset = binary_dataset(x, rng.integers(0, 2, 150))
        _, items, outcome = patterns_of(dataset, 1)
        hits += (
            len(
                westfall_young_patterns(
                    dataset, items=items, outcome=outcome, max_length=2, permutations=99, alpha=0.1, seed=1
                )
            )
            > 0
        )

    # Binomial(60, 0.1) exceeds 13 with probability 0.002.
    assert hits <= 13


def test_too_few_permutations_and_a_cancelled_search_are_refused() -> None:
    dataset = random_dataset(80, [2, 2, 3], seed=1)
    _, items, outcome = patterns_of(dataset, 1)

    with pytest.raises(TooFewPermutations):
        westfall_young_patterns(dataset, items=items, outcome=outcome, permutations=10, seed=1)
    with pytest.raises(SearchStopped):
        tarone_patterns(dataset, items=items, outcome=outcome, cancelled=lambda: True)
    with pytest.raises(SearchStopped):
        tarone_patterns(dataset, items=items, outcome=outcome, maximum_patterns=1)
