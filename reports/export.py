"""The one writer of delimited files: labelled, safe in a spreadsheet, atomic on disk.

A text cell that a spreadsheet would take for a formula gets a leading apostrophe; numbers stay numbers.

>>> guarded("=1+1"), guarded("-0.5 kg"), guarded("plain")
("'=1+1", "'-0.5 kg", 'plain')
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def guarded(text: str) -> str:
    """A text cell that no spreadsheet runs. To undo: drop one leading apostrophe before one of ``= + - @``."""
    return f"'{text}" if text.startswith(TRIGGERS) or (text.startswith("'") and text[1:2] in TRIGGERS) else text


def to_csv(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, label: str, denominators: str) -> str:
    """A CSV text (RFC 4180, UTF-8) whose first line, a comment, holds label and denominators.

    Undefined numbers are empty cells; infinities are written Inf and -Inf.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([f"# {label}. {denominators}"])
    writer.writerow([guarded(column) for column in columns])
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return out.getvalue()


def _cell(value: object) -> object:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if isinstance(value, int | float):
        return repr(value) if isinstance(value, float) else value
    if isinstance(value, Sequence) and not isinstance(value, str):
        return guarded("; ".join(str(part) for part in value))
    return guarded(str(value))


def write_whole(path: Path, data: str | bytes) -> None:
    """Write a file so that it is the old one or the new one, never half: temporary file, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    with temporary.open("wb") as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
