from __future__ import annotations

import importlib.util

import pytest

from benchmarks.__main__ import APART, NAMES
from benchmarks.harness import measure, rows_of

FIELDS = {"task", "who", "n", "p", "output_count", "cpu_seconds", "wall_seconds", "peak_rss_mib"}


@pytest.mark.parametrize("name", [n for n in (*NAMES, *APART) if importlib.util.find_spec(f"benchmarks.{n}")])
def test_a_row_is_known_by_its_task_its_size_and_who_did_it(name: str) -> None:
    tasks = list(rows_of(name, peers=True))

    names = [(task.task, task.who, task.n, task.p) for task in tasks]
    assert len(set(names)) == len(names) > 0


def test_a_row_is_measured_in_a_process_of_its_own() -> None:
    task = next(rows_of("significance", peers=False))

    row = measure("significance", False, 0, task)

    assert set(row) == FIELDS
    assert row["who"] == "fortuit"
    assert isinstance(row["cpu_seconds"], float)
    assert isinstance(row["output_count"], int)
    assert row["cpu_seconds"] > 0 < row["output_count"]


def test_a_row_that_ends_without_a_result_keeps_its_place_and_says_why() -> None:
    task = next(rows_of("significance", peers=False))

    row = measure("significance", False, 10_000, task)

    assert row["cpu_seconds"] is None
    assert "StopIteration" in str(row["error"])
