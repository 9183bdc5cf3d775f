"""Imputed values are real ones, and pooling follows Rubin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from causal.design_matrix import analysis_data
from causal.estimation import imputed, pooled, standardisation
from miner.errors import PlanningInput
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable

LEVELS = tuple(Level(code=str(i), label=str(i)) for i in range(3))


def gappy(n: int = 500, seed: int = 1) -> tuple[Dataset, float]:
    """Age unknown more often where the outcome is high: complete cases are biased."""
    rng = np.random.default_rng(seed)
    age = rng.normal(50, 10, n)
    grade = np.clip(np.round((age - 50) / 10 + 1 + rng.normal(size=n) / 2), 0, 2).astype(np.int32)
    t = (rng.random(n) < 1 / (1 + np.exp(-(age - 50) / 10))).astype(np.int32)
    y = t + (age - 50) / 5 + rng.normal(size=n)
    gap = rng.random(n) < np.where((y > 1) & (t == 1), 0.6, 0.1)
    seen = np.where(gap, np.nan, age)
    variables = (
        Variable(name="t", kind=Kind.BINARY, levels=LEVELS[:2]),
        Variable(name="grade", kind=Kind.ORDINAL, levels=LEVELS),
        Variable(name="age", kind=Kind.CONTINUOUS),
        Variable(name="y", kind=Kind.CONTINUOUS),
    )
    codes = np.where(rng.random(n) < 0.1, -1, grade).astype(np.int32)
    columns = {"t": t, "grade": codes, "age": seen, "y": y}
    return Dataset(
        dictionary=Dictionary(name="g", variables=variables), columns=columns, keys=tuple(map(str, range(n)))
    ), 1.0


def estimate(dataset: Dataset):
    return standardisation(analysis_data(dataset, exposure="t", outcome="y", covariates=["age"]))[0]


def test_every_imputed_value_is_one_that_someone_has_and_known_ones_stay() -> None:
    dataset, _ = gappy()
    for completed in imputed(dataset, ["t", "grade", "age", "y"], imputations=2, rounds=3, seed=1):
        known = dataset.known("age")
        assert np.array_equal(completed["age"][known], dataset["age"][known])
        assert set(completed["age"]) <= set(dataset["age"][known])
        assert completed.known("grade").all()


def test_the_same_seed_gives_the_same_values() -> None:
    dataset, _ = gappy(120)
    first = imputed(dataset, ["t", "grade", "age", "y"], imputations=2, rounds=2, seed=3)
    again = imputed(dataset, ["t", "grade", "age", "y"], imputations=2, rounds=2, seed=3)

    assert [d.content_hash for d in first] == [d.content_hash for d in again]
    assert first[0].content_hash != first[1].content_hash


def test_imputation_repairs_what_complete_cases_distort() -> None:
    dataset, truth = gappy(2000)
    filled = pooled(
        [estimate(d) for d in imputed(dataset, ["t", "grade", "age", "y"], imputations=8, rounds=3, seed=2)]
    )

    assert abs(filled.value - truth) < abs(estimate(dataset).value - truth)
    assert "imputations" in filled.notes[-1]


def test_pooling_adds_the_variance_between() -> None:
    dataset, _ = gappy(200)
    one = replace(estimate(dataset), value=1.0, se=0.1)
    found = pooled([one, replace(one, value=1.2), replace(one, value=1.4)])

    assert found.value == pytest.approx(1.2)
    assert found.se == pytest.approx((0.01 + 4 / 3 * 0.04) ** 0.5)


def test_a_variable_of_which_nothing_is_known_is_refused() -> None:
    dataset, _ = gappy(50)
    empty = Dataset(
        dictionary=dataset.dictionary,
        columns={**dataset.columns, "age": np.full(50, np.nan)},
        keys=dataset.keys,
    )
    with pytest.raises(PlanningInput, match="age"):
        imputed(empty, ["t", "age", "y"], seed=1)
