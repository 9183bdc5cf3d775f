"""A table of text hands out its columns as they are."""

from __future__ import annotations

from miner.tables.reading import read_table
from miner.tables.text_table import Limits


def test_columns_are_text_with_none_for_empty_cells():
    table = read_table(b"a,b\n1,\n,x\n")

    assert (table.n, table.names) == (2, ("a", "b"))
    assert table.values("a") == ["1", None]
    assert table.column("b").to_pylist() == [None, "x"]


def test_a_cell_may_not_be_longer_than_the_csv_reader_allows():
    assert Limits().cell_characters < 131_072
