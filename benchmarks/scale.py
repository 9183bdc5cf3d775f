"""One machine against Spark on the same machine: from which size it pays to count in partitions.

Not part of ``all``: it needs Java 17 and the extra ``[spark]``. The table is written as Parquet once for each size; the
time runs from opening the files to the last count, for both engines. Spark's own start is a row of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.generate import OUTCOME, health_table
from benchmarks.harness import Task
from miner.patterns.distributed import mine_rules_distributed
from miner.patterns.items import declare_items
from miner.patterns.rules import mine_rules
from miner.tables.model import Dataset, Dictionary

K = 60
SIZES = (100_000, 1_000_000, 4_000_000)


def rows(peers: bool) -> Iterator[Task]:
    """The local engine and Spark (local[2]) on three sizes; Spark's start."""
    del peers
    yield Task(task="Spark session start", who="spark local[2]", n=0, p=0, prepare=_nothing, run=_start)
    for n in SIZES:
        task = f"rules h_{n}_{K} length <= 2 from Parquet"
        yield Task(task=task, n=n, p=K, prepare=partial(_files, n), run=_local, warm_up=partial(_files, 2_000))
        yield Task(
            task=task,
            who="fortuit on spark local[2]",
            n=n,
            p=K,
            prepare=partial(_files, n),
            run=_spark,
            warm_up=partial(_files, 2_000),
        )


def _nothing() -> None:
    return None


def _start(_: None) -> int:
    _session()
    return 1


def _session() -> Any:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.getcwd()
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    return session


def _files(n: int) -> tuple[Path, Dictionary]:
    """The table in eight Parquet files, in a folder that ends with the process."""
    import atexit

    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(tempfile.mkdtemp(prefix="fortuit-scale-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    dataset = health_table(n, K)
    for number, part in enumerate(np.array_split(np.arange(n), 8)):
        table = pa.table({name: np.asarray(values)[part] for name, values in dataset.columns.items()})
        pq.write_table(table, folder / f"part-{number}.parquet")
    return folder, dataset.dictionary


def _declared(dictionary: Dictionary) -> tuple[Any, Any]:
    """Items from the dictionary alone: every level has persons in these tables."""
    tiny = health_table(2_000, K)
    names = [variable.name for variable in dictionary if variable.name != OUTCOME]
    return declare_items(tiny, names).items, declare_items(tiny, [OUTCOME], absences=False).items[0]


def _local(data: tuple[Path, Dictionary]) -> int:
    import pyarrow.parquet as pq

    folder, dictionary = data
    table = pq.read_table(folder)
    columns = {name: table[name].to_numpy().copy() for name in table.column_names}
    dataset = Dataset(dictionary=dictionary, columns=columns, keys=("",) * table.num_rows, content_hash="scale")
    items, outcome = _declared(dictionary)
    return sum(len(b) for b in mine_rules(dataset, antecedent_items=items, outcome_items=[outcome], max_length=2))


def _spark(data: tuple[Path, Dictionary]) -> int:
    folder, dictionary = data
    items, outcome = _declared(dictionary)
    frame = _session().read.parquet(str(folder))
    return len(mine_rules_distributed(frame, dictionary, antecedent_items=items, outcome=outcome, max_length=2))
