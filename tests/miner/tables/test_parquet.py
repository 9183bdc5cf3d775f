"""Parquet arrives as text without loss, and a small file that would become large is refused before it does."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from miner.errors import DamagedFile, LimitExceeded, NoRows
from miner.tables.parquet import read_parquet
from miner.tables.text_table import Limits


def write(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_each_plain_type_becomes_the_text_a_person_would_write(tmp_path: Path):
    path = write(
        tmp_path / "t.parquet",
        i=pa.array([1, None], pa.int32()),
        f=pa.array([0.1, float("nan")]),
        b=pa.array([True, None]),
        s=pa.array(["0012", ""]),
        d=pa.array([dt.date(2019, 1, 31), None]),
        t=pa.array([17_927 * 86_400_000, None], pa.timestamp("ms")),
        e=pa.array([Decimal("1.50"), None]),
        c=pa.array(["x", None]).dictionary_encode(),
        n=pa.nulls(2),
    )

    header, columns, messages = read_parquet(path, name="t", limits=Limits())

    first = {name: column[0].as_py() for name, column in zip(header, columns, strict=True)}
    assert first == {
        "i": "1", "f": "0.1", "b": "true", "s": "0012", "d": "2019-01-31", "t": "2019-01-31", "e": "1.50",
        "c": "x", "n": None,
    }  # fmt: skip
    assert all(column[1].as_py() is None for column in columns)
    assert messages == []


def test_floats_come_back_to_the_last_bit(tmp_path: Path):
    numbers = np.random.default_rng(1).standard_normal(500) * 10.0 ** np.arange(500).clip(0, 200)
    path = write(tmp_path / "t.parquet", x=numbers)

    _, columns, _ = read_parquet(path.read_bytes(), name="t", limits=Limits())

    assert [float(value.as_py()) for value in columns[0]] == numbers.tolist()


def test_the_footer_is_weighed_first(tmp_path: Path):
    path = write(tmp_path / "t.parquet", x=np.zeros(1000, dtype=np.int8))

    with pytest.raises(LimitExceeded, match="rows"):
        read_parquet(path, name="t", limits=Limits(rows=999))
    with pytest.raises(LimitExceeded, match="cells"):
        read_parquet(path, name="t", limits=Limits(cells=999))


def test_unpacking_is_counted_while_it_happens(tmp_path: Path):
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array(["x" * 1000]))
    path = write(tmp_path / "t.parquet", x=text)

    assert path.stat().st_size < 100_000
    with pytest.raises(LimitExceeded, match="unpacked"):
        read_parquet(path, name="t", limits=Limits(decoded_bytes=100_000_000))


def test_empty_and_cut_files_are_errors(tmp_path: Path):
    path = write(tmp_path / "t.parquet", x=np.zeros(0))
    with pytest.raises(NoRows):
        read_parquet(path, name="t", limits=Limits())
    whole = write(tmp_path / "u.parquet", x=np.arange(1000)).read_bytes()
    with pytest.raises(DamagedFile):
        read_parquet(whole[: len(whole) // 2], name="t", limits=Limits())
