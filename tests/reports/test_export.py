"""The one writer of delimited files: no cell runs, nothing is lost, and a file is whole or not there."""

from __future__ import annotations

import csv
import io
import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.export import TRIGGERS, guarded, to_csv, write_whole

PAYLOADS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1:A9)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    '=HYPERLINK("http://evil.example","x")',
    "'=1",
    "''=1",
]


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_text_cell_begins_as_a_formula(text: str) -> None:
    assert not guarded(text).startswith(TRIGGERS)


@given(st.text(max_size=30))
def test_guarding_adds_one_apostrophe_or_nothing(text: str) -> None:
    assert guarded(text) in {text, f"'{text}"}
    assert not guarded(text).startswith(TRIGGERS)


def test_numbers_stay_numbers_and_unknown_is_empty() -> None:
    row = {"a": -1.5, "b": float("nan"), "c": None, "d": math.inf, "e": -math.inf, "f": -3, "g": ["=x", "y"], "h": True}
    text = to_csv([row], tuple(row), label="Hypothesis", denominators="1 of 9 tests")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines[0] == ["# Hypothesis. 1 of 9 tests"]
    assert lines[1] == list("abcdefgh")
    assert lines[2] == ["-1.5", "", "", "Inf", "-Inf", "-3", "'=x; y", "True"]
    assert text.endswith("\r\n")


@given(
    st.lists(
        st.text(alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_is_read_back(cells: list[str]) -> None:
    columns = tuple(f"c{k}" for k in range(len(cells)))
    text = to_csv([dict(zip(columns, cells))], columns, label="L", denominators="D")
    assert list(csv.reader(io.StringIO(text, newline="")))[2] == [guarded(cell) for cell in cells]


def test_a_float_is_written_so_that_it_comes_back() -> None:
    value = 0.1 + 0.2
    text = to_csv([{"x": value}], ("x",), label="L", denominators="D")
    assert float(text.splitlines()[2]) == value


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.txt"
    write_whole(path, "old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [file.name for file in path.parent.iterdir()] == ["x.txt"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.txt"
    write_whole(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
