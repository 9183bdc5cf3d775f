"""A table as found in a file: every value as text, nothing interpreted yet, with the report of its reading.

Numbers, dates and categories come later and from a dictionary (``miner.tables.typed``): a reader that guesses turns
the hospital code 0012 into twelve and the code NA into a missing value.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from miner.tables.report import ReadReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one file may take: of the disk, of memory and of time.

    ``cell_characters`` stays below 131,072, the field limit of the standard ``csv`` reader.
    """

    file_bytes: int = 200_000_000
    rows: int = 2_000_000
    columns: int = 5_000
    cells: int = 100_000_000
    cell_characters: int = 65_536
    decoded_bytes: int = 500_000_000
    memory_bytes: int = 3_000_000_000
    cpu_seconds: int = 120
    wall_seconds: float = 180.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextTable:
    """Columns of text of equal length; an empty cell is null. Names are unique (see ``ColumnReport.used``)."""

    name: str
    table: pa.Table
    report: ReadReport

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.table.num_rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The unique names of the columns, in file order."""
        return tuple(self.table.column_names)

    def column(self, name: str) -> pa.ChunkedArray:
        """The column as an Arrow array of strings, null where the cell is empty."""
        return self.table.column(name)

    def values(self, name: str) -> list[str | None]:
        """The column as a list, None where the cell is empty."""
        return list(self.table.column(name).to_pylist())
