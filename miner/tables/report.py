"""What was found while reading a file: a report that the person sees before anything is done with the table.

Messages are codes with values, so that any language can say them; English stands here as the text of last resort.

>>> Message(code="R-CP1252", values={"line": 3}).text
'Bytes that are not UTF-8 (first on line 3) were read as Windows-1252; check the accents.'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The text of each message. Messages marked as losses must be confirmed by a person before the table is used.
TEXTS: Mapping[str, str] = {
    "R-CP1252": "Bytes that are not UTF-8 (first on line {line}) were read as Windows-1252; check the accents.",
    "R-LATIN1": "Bytes that are neither UTF-8 nor Windows-1252 (first on line {line}) were read as ISO 8859-1.",
    "R-UTF16": "The file is UTF-16 without a byte order mark; it was read as {encoding}.",
    "R-PARQUET-NAME": "The name ends in '{suffix}', but the content is Parquet; it was read as Parquet.",
    "R-TEXT-NAME": "The name ends in '{suffix}', but the content is text; it was read as delimited text.",
    "R-NUL": "NUL characters were taken out of {count} line(s): {lines}.",
    "R-QUOTES": "Quotation marks do not pair up (lines {lines}); read as ordinary characters, so no row is lost.",
    "R-SWALLOWED": "{count} line(s) may have been swallowed by an unclosed quotation mark: {lines}.",
    "R-MULTILINE": "{count} row(s) hold a cell of several lines (lines {lines}).",
    "R-OPEN-QUOTE": "A quotation mark opened on line {line} is never closed.",
    "R-STRAY-QUOTE": "Quotation marks inside cells are not doubled (lines {lines}); those cells may be wrong.",
    "R-SHORT": "{count} row(s) have fewer cells than the header (lines {lines}); the missing cells are empty.",
    "R-LONG": "{count} row(s) have more cells than the header (lines {lines}); the cells beyond it were dropped.",
    "R-BLANK": "{count} blank line(s) were skipped (lines {lines}).",
    "R-PREAMBLE": "{count} line(s) before the header were skipped (lines {lines}).",
    "R-HEADER-SHORT": "The header has {header} names for rows of {width} cells: names may stand over wrong columns.",
    "R-DUPLICATE": "The header '{name}' occurs more than once; column {position} is called '{used}' here.",
    "R-EMPTY-HEADER": "Column {position} has no header; it is called '{used}' here.",
    "R-HEADER-NUMBERS": "The first line holds numbers; the header may be missing, and the first person taken for it.",
    "R-NAME-SIGNS": "The header of column {position} holds control or direction characters; they are kept in the name.",
    "R-ALL-MISSING": "The column '{name}' has no value in any row.",
    "R-CONSTANT": "The column '{name}' has one single value.",
    "R-DATES": "The dates of '{name}' could be day/month or month/day: state which in the dictionary.",
    "R-DATE-MIX": "The dates of '{name}' mix day/month and month/day; they are kept as text.",
    "R-DECIMAL": "The numbers of '{name}' are written with a decimal comma.",
    "R-THOUSANDS": "The numbers of '{name}' are grouped by thousands.",
    "R-COMMA-THREE": "In '{name}' every comma is followed by three digits: it was taken as {taken}.",
    "R-ZEROS": "The values of '{name}' have leading zeros: they are kept as codes, not numbers.",
    "R-MIXED": "{count} value(s) of '{name}' are not numbers among numbers (data rows {rows}).",
    "R-FEW-ROWS": "The table has {rows} rows: too few to mine.",
    "R-NESTED": "The Parquet column '{name}' is of type {type}, which is not a plain value; it was left out.",
    "R-REPLACED": "Letters were lost before this file: U+FFFD stands on {count} line(s) ({lines}).",
    "R-IDENTIFIER": "The column '{name}' looks like a direct identifier ({rules}).",
    "R-FREE-TEXT": "The column '{name}' is free text; identifiers were found in {count} of its rows.",
}
LOSSES = frozenset(
    {
        "R-SWALLOWED",
        "R-OPEN-QUOTE",
        "R-STRAY-QUOTE",
        "R-QUOTES",
        "R-SHORT",
        "R-LONG",
        "R-NUL",
        "R-NESTED",
        "R-MULTILINE",
    }
    | {"R-PREAMBLE", "R-REPLACED", "R-HEADER-SHORT"}
)


def enumerate_lines(lines: list[int], *, most: int = 10) -> str:
    """The first line numbers as text, with how many more there are.

    >>> enumerate_lines([2, 5, 9], most=2)
    '2, 5 and 1 more'
    """
    shown = ", ".join(str(line) for line in lines[:most])
    return shown if len(lines) <= most else f"{shown} and {len(lines) - most} more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing a person should know about the file: a code, the values it speaks of, and the English text."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The message in English."""
        return TEXTS[self.code].format(**self.values)

    @property
    def is_loss(self) -> bool:
        """True where something of the file may not have arrived: a person has to confirm it."""
        return self.code in LOSSES

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"code": self.code, "values": dict(self.values), "text": self.text, "loss": self.is_loss}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReport:
    """One column as found: ``name`` is the header verbatim, ``used`` the unique name it has in the table.

    ``kind`` is a suggestion (a value of ``miner.tables.model.Kind``). ``decimal`` is "." or ",", ``thousands`` the
    grouping signs found, ``dates`` the format of dates. ``examples`` is empty where the values could name a person.
    ``identifiers`` lists the rules (IMP-1 ...) that fired; ``free_text_hits`` the data rows, counted from 1, of
    free-text cells holding a direct identifier.
    """

    name: str
    used: str
    kind: str
    n_missing: int
    n_distinct: int
    decimal: str = "."
    thousands: str = ""
    dates: str = ""
    integers: bool = False
    examples: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    free_text_hits: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "used": self.used,
            "kind": self.kind,
            "n_missing": self.n_missing,
            "n_distinct": self.n_distinct,
            "decimal": self.decimal,
            "thousands": self.thousands,
            "dates": self.dates,
            "integers": self.integers,
            "examples": list(self.examples),
            "identifiers": list(self.identifiers),
            "free_text_hits": list(self.free_text_hits),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """What the file is, what was found in it, and what a person has to know or confirm."""

    file: str
    format: str
    n_bytes: int
    rows: int
    columns: tuple[ColumnReport, ...]
    messages: tuple[Message, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    lines: int = 0
    content_sha256: str = ""

    def __getitem__(self, used: str) -> ColumnReport:
        for column in self.columns:
            if column.used == used:
                return column
        raise KeyError(used)

    @property
    def losses(self) -> tuple[Message, ...]:
        """The messages that a person has to confirm before the table is used."""
        return tuple(message for message in self.messages if message.is_loss)

    @property
    def identifiers(self) -> tuple[ColumnReport, ...]:
        """The columns in which a direct identifier was found."""
        return tuple(column for column in self.columns if column.identifiers)

    def to_dict(self) -> dict[str, object]:
        """One JSON object, as printed by ``fortuit read FILE --json``."""
        return {
            "file": self.file,
            "format": self.format,
            "bytes": self.n_bytes,
            "sha256": self.content_sha256,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "lines": self.lines,
            "rows": self.rows,
            "columns": [column.to_dict() for column in self.columns],
            "warnings": [message.to_dict() for message in self.messages],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, object]) -> ReadReport:
        """The report that ``to_dict`` wrote: the way it comes back from the reading process."""
        columns = []
        for entry in plain["columns"]:  # type: ignore[attr-defined]
            values = dict(entry)
            for name in ("examples", "identifiers", "free_text_hits"):
                values[name] = tuple(values[name])
            columns.append(ColumnReport(**values))
        messages = [
            Message(code=entry["code"], values=entry["values"])
            for entry in plain["warnings"]  # type: ignore[attr-defined]
        ]
        return cls(
            file=str(plain["file"]),
            format=str(plain["format"]),
            n_bytes=int(plain["bytes"]),  # type: ignore[call-overload]
            rows=int(plain["rows"]),  # type: ignore[call-overload]
            columns=tuple(columns),
            messages=tuple(messages),
            encoding=str(plain["encoding"]),
            delimiter=str(plain["delimiter"]),
            lines=int(plain["lines"]),  # type: ignore[call-overload]
            content_sha256=str(plain["sha256"]),
        )
