"""The child process gives back what the parent would have read, and takes every blow in its place."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from miner.errors import EmptyFile, FileNotThere, OutOfMemory, OutOfTime, ReaderStopped
from miner.tables.reading import read_table
from miner.tables.sandbox import read_file_safely, run_in_child
from miner.tables.text_table import Limits


def test_the_child_reads_what_the_parent_would(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_bytes("nom;âge;durée\nZoé;3;1,5\nLoïc;;2,5\n".encode("cp1252"))

    apart, here = read_file_safely(path), read_table(path)

    assert apart.report == here.report
    assert apart.table.equals(here.table)


def test_uploaded_bytes_keep_their_name():
    table = read_file_safely(b"a,b\n1,2\n", name="upload.csv")

    assert table.report.file == "upload.csv"


def test_errors_of_the_child_come_back_as_they_are(tmp_path: Path):
    with pytest.raises(EmptyFile, match=r"empty\.csv"):
        read_file_safely(b"", name="empty.csv")
    with pytest.raises(FileNotThere):
        read_file_safely(tmp_path / "none.csv")


def test_a_small_file_that_becomes_large_meets_the_memory_limit(tmp_path: Path):
    path = tmp_path / "bomb.parquet"
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 60_000, pa.int32()), pa.array(["x" * 60_000]))
    pq.write_table(pa.table({"x": text}), path)
    assert path.stat().st_size < 1_000_000

    with pytest.raises(OutOfMemory) as caught:
        read_file_safely(path, Limits(memory_bytes=700_000_000, decoded_bytes=10**12))

    assert caught.value.code == "E-READ-09"


def test_time_is_limited_and_no_process_stays_behind(tmp_path: Path):
    # Other tests of this worker may keep helpers of their own alive.
    others = set(_children())
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 200_000)
    before = time.monotonic()

    with pytest.raises(OutOfTime):
        read_file_safely(path, Limits(wall_seconds=0.2))

    assert time.monotonic() - before < 30
    assert not set(_children()) - others


def _children() -> list[str]:
    """Processes whose parent is this one, from /proc; zombies count as left behind."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.append(stat.parent.name)
    return found


def test_an_unknown_task_and_a_broken_answer_are_a_stopped_reader(tmp_path: Path):
    with pytest.raises(ReaderStopped):
        run_in_child("nothing", {}, tmp_path, limits=Limits(), name="t")


def test_an_answer_can_only_name_errors_of_the_tree(tmp_path: Path, monkeypatch):
    from miner.tables import sandbox

    for name in ("SystemExit", "annotations", "ClassVar", "nothing"):
        error = sandbox._rebuilt({"class": name, "values": {}}, name="t", limits=Limits())
        assert isinstance(error, ReaderStopped)


def test_the_environment_of_the_caller_stays_with_the_caller(tmp_path: Path, monkeypatch):
    from miner.tables import sandbox

    monkeypatch.setenv("SECRET_TOKEN", "do not pass on")

    assert "do not pass on" not in json.dumps(sandbox._environment(tmp_path))
