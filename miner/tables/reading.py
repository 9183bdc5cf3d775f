"""Reading a file into a table of text and a report of what was found. The first room of the house.

For files of strangers use ``miner.tables.sandbox.read_file_safely``, which does this in a process with limits.

>>> table = read_table(b"id;weight\\n001;70,5\\n002;81,0\\n", name="t.csv")
>>> table.names, table.values("id"), table.report["weight"].decimal
(('id', 'weight'), ['001', '002'], ',')
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from miner.errors import EmptyFile, FileNotThere, LimitExceeded, NoRows, NoValues
from miner.privacy.identifiers import FREE_TEXT, HIDING_RULES, inspect_column, inspect_columns
from miner.tables import formats
from miner.tables.decoding import decode, is_parquet, refuse_other_formats
from miner.tables.delimited import parse
from miner.tables.model import Kind
from miner.tables.parquet import read_parquet
from miner.tables.report import ColumnReport, Message, ReadReport, enumerate_lines
from miner.tables.text_table import Limits, TextTable

FEW_ROWS = 20
_TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".tab", ".dat"}
_DEFAULT_LIMITS = Limits()


def read_table(source: bytes | Path, *, name: str = "", limits: Limits = _DEFAULT_LIMITS) -> TextTable:
    """Read CSV, TSV (any of four separators) or Parquet; the content decides which.

    Raises a ``ReadError`` that says what, why and what to do. Every doubt short of that is a message of the report.
    """
    name = name or (source.name if isinstance(source, Path) else "table")
    data = _bytes_of(source, name=name, limits=limits)
    if not data:
        raise EmptyFile(name=name)
    messages: list[Message] = []
    suffix = Path(name).suffix.lower()
    encoding = delimiter = ""
    n_lines = 0
    if is_parquet(data):
        kind = "parquet"
        if suffix in _TEXT_SUFFIXES:
            messages.append(Message(code="R-PARQUET-NAME", values={"suffix": suffix}))
        header, columns, found = read_parquet(data, name=name, limits=limits)
        messages.extend(found)
    else:
        refuse_other_formats(data[:4096], name=name)
        kind = "delimited"
        if suffix in {".parquet", ".pq"}:
            messages.append(Message(code="R-TEXT-NAME", values={"suffix": suffix}))
        decoded = decode(data, name=name)
        messages.extend(decoded.messages)
        parsed = parse(decoded.text, name=name, limits=limits)
        messages.extend(parsed.messages)
        encoding, delimiter, n_lines = decoded.encoding, parsed.delimiter, parsed.n_lines
        header = parsed.header
        if not parsed.columns or not len(parsed.columns[0]):
            raise NoRows(name=name, columns=len(header))
        columns = [_blank_to_null(column) for column in parsed.columns]
    used = _unique_names(header, messages)
    rows = len(columns[0]) if columns else 0
    if all(column.null_count == rows for column in columns):
        raise NoValues(name=name, rows=rows, columns=len(header))
    if kind == "delimited" and formats.number_format(pa.array([cell for cell in header if cell.strip()])) is not None:
        messages.append(Message(code="R-HEADER-NUMBERS"))
    reports = [
        _describe(column, name=verbatim, used=unique, delimiter=delimiter, messages=messages)
        for verbatim, unique, column in zip(header, used, columns, strict=True)
    ]
    reports = _with_identifiers(reports, columns, messages)
    if rows < FEW_ROWS:
        messages.append(Message(code="R-FEW-ROWS", values={"rows": rows}))
    report = ReadReport(
        file=name,
        format=kind,
        n_bytes=len(data),
        rows=rows,
        columns=tuple(reports),
        messages=tuple(messages),
        encoding=encoding,
        delimiter=delimiter,
        lines=n_lines,
        content_sha256=hashlib.sha256(data).hexdigest(),
    )
    return TextTable(name=name, table=pa.Table.from_arrays(columns, names=used), report=report)


def _bytes_of(source: bytes | Path, *, name: str, limits: Limits) -> bytes:
    if isinstance(source, bytes):
        size = len(source)
    else:
        try:
            size = source.stat().st_size if source.is_file() else -1
        except OSError as error:
            raise FileNotThere(name=name) from error
        if size < 0:
            raise FileNotThere(name=name)
    if size > limits.file_bytes:
        raise LimitExceeded(name=name, quantity="its size in bytes", found=size, limit=limits.file_bytes)
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError as error:
        raise FileNotThere(name=name) from error


def _blank_to_null(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """An empty cell, and only that, is missing."""
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(column), ""), pa.scalar(None, pa.string()), column)


def _unique_names(header: list[str], messages: list[Message]) -> list[str]:
    """A name of its own for each column; the headers themselves stay in the report as they are."""
    used: list[str] = []
    taken = set(header)
    for position, verbatim in enumerate(header, 1):
        unique = verbatim
        if not verbatim.strip():
            unique = _free(f"column {position}", taken)
            messages.append(Message(code="R-EMPTY-HEADER", values={"position": position, "used": unique}))
        elif verbatim in used:
            unique = _free(verbatim, taken)
            values = {"name": verbatim, "position": position, "used": unique}
            messages.append(Message(code="R-DUPLICATE", values=values))
        if any(unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cs"} for sign in verbatim):
            messages.append(Message(code="R-NAME-SIGNS", values={"position": position}))
        taken.add(unique)
        used.append(unique)
    return used


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name} ({number})", number + 1
    return candidate


def _describe(
    column: pa.ChunkedArray, *, name: str, used: str, delimiter: str, messages: list[Message]
) -> ColumnReport:
    n = len(column)
    distinct = _distinct(column)
    trimmed = pc.unique(pc.utf8_trim_whitespace(distinct))
    if not len(distinct):
        messages.append(Message(code="R-ALL-MISSING", values={"name": used}))
        return ColumnReport(name=name, used=used, kind=Kind.TEXT.value, n_missing=n, n_distinct=0)
    if len(distinct) == 1 and n > 1:
        messages.append(Message(code="R-CONSTANT", values={"name": used}))
    dates = formats.date_format(trimmed, compact=_names_a_date(used))
    numbers = None if dates else formats.number_format(trimmed, delimiter=delimiter)
    if dates == formats.AMBIGUOUS:
        messages.append(Message(code="R-DATES", values={"name": used}))
    elif dates == formats.MIXED:
        messages.append(Message(code="R-DATE-MIX", values={"name": used}))
    if not dates and numbers is None:
        _doubts(column, trimmed, used=used, delimiter=delimiter, messages=messages)
    elif numbers is not None:
        if numbers.taken:
            messages.append(Message(code="R-COMMA-THREE", values={"name": used, "taken": numbers.taken}))
        elif numbers.decimal == ",":
            messages.append(Message(code="R-DECIMAL", values={"name": used}))
        if numbers.thousands:
            messages.append(Message(code="R-THOUSANDS", values={"name": used}))
    kind = formats.infer_kind(trimmed, n=n, n_known=n - column.null_count, numbers=numbers, dates=dates, name=used)
    return ColumnReport(
        name=name,
        used=used,
        kind=kind.value,
        n_missing=column.null_count,
        n_distinct=len(trimmed),
        decimal=numbers.decimal if numbers else ".",
        thousands=numbers.thousands if numbers else "",
        dates=dates,
        integers=bool(numbers and numbers.integers),
        examples=tuple(value[:40] for value in trimmed.slice(0, 5).to_pylist()),
    )


def _doubts(column: pa.ChunkedArray, distinct: pa.Array, *, used: str, delimiter: str, messages: list[Message]) -> None:
    """Codes with leading zeros, and columns of numbers in which a few values are something else."""
    if formats.has_leading_zeros(distinct):
        messages.append(Message(code="R-ZEROS", values={"name": used}))
        return
    numeric = pc.match_substring_regex(
        distinct, r"^\s*[+-]?[0-9][0-9 .,\x{00a0}\x{202f}\x{2009}]*([eE][+-]?[0-9]+)?\s*$"
    )
    others = pc.filter(distinct, pc.invert(numeric))
    if len(others) and len(others) <= max(3, len(distinct) // 20) and len(distinct) - len(others) >= 5:
        like_numbers = pc.filter(distinct, numeric)
        if formats.number_format(like_numbers, delimiter=delimiter) is None:
            return
        odd = pc.is_in(pc.utf8_trim_whitespace(column), value_set=others)
        rows = [row for row, hit in enumerate(odd.to_pylist(), 1) if hit]
        values = {"name": used, "count": len(rows), "rows": enumerate_lines(rows)}
        messages.append(Message(code="R-MIXED", values=values))


def _with_identifiers(
    reports: list[ColumnReport], columns: list[pa.ChunkedArray], messages: list[Message]
) -> list[ColumnReport]:
    """The rules of the privacy room, with the examples withheld wherever one of them fired."""
    findings = [
        inspect_column(report.used, column, kind=report.kind) for report, column in zip(reports, columns, strict=True)
    ]
    findings = inspect_columns([report.used for report in reports], columns, findings)
    marked = []
    for report, finding in zip(reports, findings, strict=True):
        direct = [rule for rule in finding.rules if rule in HIDING_RULES]
        if FREE_TEXT in finding.rules:
            values = {"name": report.used, "count": len(finding.rows)}
            messages.append(Message(code="R-FREE-TEXT", values=values))
        elif direct:
            values = {"name": report.used, "rules": ", ".join(direct)}
            messages.append(Message(code="R-IDENTIFIER", values=values))
        hidden = bool(direct) or report.kind in {Kind.KEY.value, Kind.TEXT.value}
        marked.append(
            replace(
                report,
                identifiers=finding.rules,
                free_text_hits=finding.rows,
                examples=() if hidden else report.examples,
            )
        )
    return marked


def _distinct(column: pa.ChunkedArray) -> pa.Array:
    distinct = pc.unique(column)
    distinct = distinct.combine_chunks() if isinstance(distinct, pa.ChunkedArray) else distinct
    return pc.drop_null(distinct)


def _names_a_date(name: str) -> bool:
    plain = name.casefold()
    return any(word in plain for word in ("date", "_dt", "dt_", "_dte", "_dtd", "jour")) or plain.startswith("dat")
