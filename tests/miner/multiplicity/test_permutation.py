"""Westfall-Young against the definition, permutation by permutation."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import pearsonr, ttest_ind

from miner.errors import ImpossiblePermutation
from miner.multiplicity import permutation
from miner.multiplicity.permutation import max_t, min_p


def statistics_by_scipy(x: np.ndarray, y: np.ndarray, statistic: str) -> np.ndarray:
    return np.array([ttest_ind(row[y == 1], row[y == 0], equal_var=statistic == "pooled").statistic for row in x])


def turned(t: np.ndarray, tail: str) -> np.ndarray:
    return {"two-sided": np.abs(t), "greater": t, "less": -t}[tail]


def by_definition(x: np.ndarray, y: np.ndarray, statistic: str, tail: str) -> tuple[list[float], ...]:
    """Raw p, step-down max-T and step-down min-P, written as in Westfall and Young."""
    n, ones = y.size, int(y.sum())
    every = []
    for chosen in combinations(range(n), ones):
        arrangement = np.zeros(n)
        arrangement[list(chosen)] = 1
        every.append(turned(statistics_by_scipy(x, arrangement, statistic), tail))
    t = np.array(every)
    observed = turned(statistics_by_scipy(x, y, statistic), tail)
    raw = (t >= observed - 1e-9).mean(axis=0)
    p_of_each = np.array([(t >= row - 1e-9).mean(axis=0) for row in t])

    m = observed.size
    max_adjusted, min_adjusted = np.empty(m), np.empty(m)
    running = 0.0
    order = np.argsort(-observed)
    for k in range(m):
        running = max(running, float((t[:, order[k:]].max(axis=1) >= observed[order[k]] - 1e-9).mean()))
        max_adjusted[order[k]] = running
    running = 0.0
    order = np.lexsort((-observed, raw))
    for k in range(m):
        running = max(running, float((p_of_each[:, order[k:]].min(axis=1) <= raw[order[k]] + 1e-9).mean()))
        min_adjusted[order[k]] = running
    return raw.tolist(), max_adjusted.tolist(), min_adjusted.tolist()


@pytest.fixture(scope="module")
def small() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(11)
    y = np.array([1, 0, 1, 0, 0, 1, 0, 0])
    x = generator.normal(size=(5, 8)) + y * np.array([[2.0], [1.0], [0.0], [0.0], [-1.5]])
    return x, y


@pytest.mark.parametrize("statistic", ["pooled", "welch"])
@pytest.mark.parametrize("tail", ["two-sided", "greater", "less"])
def test_complete_enumeration_equals_the_definition(
    small: tuple[np.ndarray, np.ndarray], statistic: str, tail: str
) -> None:
    raw, by_max, by_min = by_definition(*small, statistic, tail)

    ours_max = max_t(*small, seed=1, statistic=statistic, tail=tail)
    ours_min = min_p(*small, seed=1, statistic=statistic, tail=tail)

    assert (ours_max.permutations, ours_max.complete, ours_max.seed) == (56, True, None)
    assert np.exp(ours_max.ln_p) == pytest.approx(raw)
    assert np.exp(ours_min.ln_p) == pytest.approx(raw)
    assert np.exp(ours_max.ln_adjusted) == pytest.approx(by_max)
    assert np.exp(ours_min.ln_adjusted) == pytest.approx(by_min)
    assert ours_max.statistic == pytest.approx(statistics_by_scipy(*small, statistic), rel=1e-9)


def test_random_permutations_approach_the_complete_enumeration(small: tuple[np.ndarray, np.ndarray]) -> None:
    complete = max_t(*small, seed=1)

    drawn = max_t(*small, seed=1, permutations=20_000, complete_up_to=0)

    assert (drawn.permutations, drawn.complete, drawn.seed) == (20_001, False, 1)
    assert np.exp(drawn.ln_adjusted) == pytest.approx(np.exp(complete.ln_adjusted), abs=0.02)
    assert np.exp(drawn.ln_p) == pytest.approx(np.exp(complete.ln_p), abs=0.02)


def test_the_smallest_p_of_a_drawn_run_is_one_over_its_arrangements() -> None:
    y = np.repeat([0, 1], 30)
    x = np.vstack([y * 10.0 + np.arange(60) % 7, np.arange(60) % 5])

    answer = max_t(x, y, seed=2, permutations=499)

    assert math.exp(answer.ln_adjusted[0]) == pytest.approx(1 / 500)


def test_single_precision_gives_the_same_counts_on_tied_items(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(5)
    x = (generator.random((40, 300)) < 0.2).astype(np.uint8)
    y = (generator.random(300) < 0.3).astype(float)
    double = {s: max_t(x, y, seed=3, statistic=s, permutations=600) for s in ("pooled", "welch")}

    monkeypatch.setattr(permutation, "SINGLE_PRECISION_FROM", 1)

    for statistic, expected in double.items():
        single = max_t(x, y, seed=3, statistic=statistic, permutations=600)
        assert np.exp(single.ln_p) == pytest.approx(np.exp(expected.ln_p), abs=2 / 601)
        assert np.all(single.ln_p >= expected.ln_p - 1e-12)
        assert np.exp(single.ln_adjusted) == pytest.approx(np.exp(expected.ln_adjusted), abs=3 / 601)


def test_many_rows_are_split_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(6)
    x, y = generator.normal(size=(37, 40)), np.repeat([0, 1], 20)
    whole = max_t(x, y, seed=3, permutations=300)

    monkeypatch.setattr(permutation, "ROWS", 5)

    assert max_t(x, y, seed=3, permutations=300).ln_adjusted.tolist() == whole.ln_adjusted.tolist()


def test_the_correlation_with_a_numeric_outcome_is_pearson_and_its_p_uniformly_permuted() -> None:
    generator = np.random.default_rng(8)
    y = generator.normal(size=50)
    x = np.vstack([y + generator.normal(size=50), generator.normal(size=(3, 50))])

    answer = max_t(x, y, seed=4, statistic="correlation", permutations=2_000)

    r = np.array([pearsonr(row, y).statistic for row in x])
    assert answer.statistic == pytest.approx(r * np.sqrt(49), rel=1e-9)
    assert np.exp(answer.ln_p) == pytest.approx([pearsonr(row, y).pvalue for row in x], abs=0.03)


def test_strata_remove_what_they_explain() -> None:
    """Outcome and item both follow the stratum, and nothing else."""
    generator = np.random.default_rng(9)
    stratum = np.repeat([0, 1], 150)
    y = (generator.random(300) < np.where(stratum, 0.8, 0.2)).astype(float)
    x = (generator.random((1, 300)) < np.where(stratum, 0.8, 0.2)).astype(float)

    free, within = (max_t(x, y, seed=1, strata=strata, permutations=999) for strata in (None, stratum))

    assert math.exp(free.ln_p[0]) < 0.01
    assert math.exp(within.ln_p[0]) > 0.05


def test_adjusted_p_follow_the_order_of_the_statistics_and_never_fall_below_p() -> None:
    generator = np.random.default_rng(10)
    x, y = generator.normal(size=(30, 60)), np.repeat([0, 1], 30)

    for answer in (max_t(x, y, seed=1, permutations=400), min_p(x, y, seed=1, permutations=400)):
        assert np.all(answer.ln_adjusted >= answer.ln_p)
    by_max = max_t(x, y, seed=1, permutations=400)
    assert np.all(np.diff(by_max.ln_adjusted[np.argsort(-np.abs(by_max.statistic))]) >= 0)


def test_a_hypothesis_that_does_not_vary_has_no_p_and_disturbs_none() -> None:
    generator = np.random.default_rng(12)
    x, y = generator.normal(size=(4, 30)), np.repeat([0, 1], 15)
    with_constant = np.vstack([x, np.full((1, 30), 0.1)])

    for method in (max_t, min_p):
        alone, beside = method(x, y, seed=1, permutations=200), method(with_constant, y, seed=1, permutations=200)
        assert beside.ln_adjusted[:4].tolist() == alone.ln_adjusted.tolist()
        assert np.isnan([beside.ln_p[4], beside.ln_adjusted[4], beside.statistic[4]]).all()


@pytest.mark.parametrize(
    ("x", "y", "options"),
    [
        ([[1.0, 2.0]], [0, 1, 1], {}),
        ([[1.0, math.nan, 3.0]], [0, 1, 1], {}),
        ([[1.0, 2.0, 3.0]], [0, 1, 2], {}),
        ([[1.0, 2.0, 3.0]], [0, 1, 1], {"statistic": "welch"}),
        ([[1.0, 2.0, 3.0]], [1, 1, 1], {}),
        ([1.0, 2.0, 3.0], [0, 1, 1], {}),
    ],
    ids=["width", "missing", "three groups", "group of one", "constant outcome", "no matrix"],
)
def test_what_cannot_be_permuted_is_refused(x: object, y: object, options: dict[str, str]) -> None:
    for method in (max_t, min_p):
        with pytest.raises(ImpossiblePermutation):
            method(x, y, seed=1, **options)
