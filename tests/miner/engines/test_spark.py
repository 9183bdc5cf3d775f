from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from miner.engines.spark import moments, sum_partitions
from miner.patterns.distributed import mine_rules_distributed
from miner.patterns.items import declare_items
from miner.patterns.rules import mine_rules
from miner.tables.model import Dataset
from tests.miner.patterns.tables import random_dataset

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")])
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def frame_of(session: Any, dataset: Dataset, partitions: int, **more: np.ndarray) -> Any:
    columns = {name: np.asarray(values) for name, values in dataset.columns.items()} | more
    table = pd.DataFrame({name: values.astype(np.int32) for name, values in columns.items()})
    return session.createDataFrame(table).repartition(partitions)


@pytest.mark.parametrize("max_length", [1, 2, 3])
def test_rules_over_partitions_have_the_counts_of_the_local_engine(session: Any, max_length: int) -> None:
    dataset = random_dataset(500, [3, 2, 3, 2], seed=7, unknown=0.08)
    items = declare_items(dataset, ["x0", "x1", "x2", "x3"]).items
    (outcome,) = declare_items(dataset, ["y"], absences=False).items
    strata = np.random.default_rng(1).integers(-1, 3, 500)

    ours = mine_rules_distributed(
        frame_of(session, dataset, 3, stratum=strata),
        dataset.dictionary,
        antecedent_items=items,
        outcome=outcome,
        max_length=max_length,
        minimum_count=15,
        strata="stratum",
        n_strata=3,
    )

    blocks = mine_rules(
        dataset,
        antecedent_items=items,
        outcome_items=[outcome],
        max_length=max_length,
        minimum_count=15,
        strata=strata,
    )
    expected = {
        tuple(rule): (int(a), int(b), int(c), int(d), cells.tolist())
        for block in blocks
        for rule, a, b, c, d, cells in zip(
            block.antecedents.tolist(), block.a, block.b, block.c, block.d, np.asarray(block.strata)
        )
    }
    assert {
        tuple(rule): (int(a), int(b), int(c), int(d), cells.tolist())
        for rule, a, b, c, d, cells in zip(
            ours.antecedents.tolist(), ours.a, ours.b, ours.c, ours.d, np.asarray(ours.strata)
        )
    } == expected
    assert len(expected) > 5


def test_gram_matrices_give_pairwise_complete_correlations_and_a_linear_regression(session: Any) -> None:
    rng = np.random.default_rng(4)
    base = rng.normal(size=400)
    table = pd.DataFrame({f"v{i}": 1e4 * i + base * i + rng.normal(size=400) for i in range(4)})
    table.loc[rng.random(400) < 0.1, "v2"] = np.nan
    names = list(table)

    found = moments(session.createDataFrame(table).repartition(4), names)

    covariance = found.products - found.sums * found.sums.T / found.n
    variance = found.squares - found.sums**2 / found.n
    correlation = covariance / np.sqrt(variance * variance.T)
    np.testing.assert_allclose(correlation, table.corr().to_numpy(), rtol=1e-10)
    assert (found.n == table.notna().astype(int).T @ table.notna().astype(int)).all().all()
    complete = [0, 1, 3]
    slopes = np.linalg.solve(covariance[np.ix_(complete[:2], complete[:2])], covariance[complete[:2], 3])
    design = np.column_stack([np.ones(400), table["v0"], table["v1"]])
    expected = np.linalg.lstsq(design - [0, *design[:, 1:].mean(axis=0)], table["v3"], rcond=None)[0][1:]
    np.testing.assert_allclose(slopes, expected, rtol=1e-10)


def test_whole_numbers_are_added_exactly_and_unknown_values_arrive_as_such(session: Any) -> None:
    table = session.createDataFrame([(1, 0.5), (None, 1.5), (3, None)], schema="code int, value double").repartition(2)

    big, known = sum_partitions(
        table,
        ["code", "value"],
        lambda columns: [
            np.array([2**60 * int((columns["code"] > 0).sum())]),
            np.array([(columns["code"] >= 0).sum(), (~np.isnan(columns["value"])).sum()]),
        ],
    )

    assert big.tolist() == [2**61]
    assert known.tolist() == [2, 2]
