"""From text to rows: separator, quotation marks, lines against rows. Nothing is lost in silence.

>>> parsed = parse("a;b\\n1;2\\n3\\n", name="t.csv", limits=Limits())
>>> parsed.delimiter, parsed.rows, [message.code for message in parsed.messages]
(';', [['1', '2'], ['3', '']], ['R-SHORT'])
"""

from __future__ import annotations

import contextlib
import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from miner.errors import EmptyFile, LimitExceeded, OneColumn
from miner.tables.report import Message, enumerate_lines
from miner.tables.text_table import Limits

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_SAMPLE_LINES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Header, columns of cells as they stand in the file, the separator, and what there is to say about them."""

    header: list[str]
    columns: list[pa.ChunkedArray]
    delimiter: str
    n_lines: int
    messages: tuple[Message, ...]

    @property
    def rows(self) -> list[list[str]]:
        """The cells row by row."""
        return [list(row) for row in zip(*(column.to_pylist() for column in self.columns), strict=True)]


@dataclass(slots=True)
class _Records:
    """Rows as the ``csv`` reader cuts them, with the last line of each; faults of quotation, if any."""

    rows: list[list[str]]
    ends: list[int]
    stray: list[int]
    open_quote: int

    def spans(self) -> Iterable[tuple[int, int]]:
        """First and last line of each row."""
        first = 1
        for end in self.ends:
            yield first, end
            first = end + 1


def parse(text: str, *, name: str, limits: Limits) -> Parsed:
    """Cut text into columns of cells.

    Raises ``EmptyFile``, ``OneColumn`` or ``LimitExceeded``. Every row that was padded, cut, joined over lines or
    suspected is named by its line in a message.
    """
    if not text.strip():
        raise EmptyFile(name=name)
    # One line ending; lone carriage returns are line ends of old Macintosh files.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) > 2 * limits.rows + 1:
        raise LimitExceeded(name=name, quantity="the number of lines", found=len(lines), limit=2 * limits.rows + 1)
    messages: list[Message] = []
    delimiter = _sniff(lines, name=name)
    comments = _comments(lines)
    plain = None if comments else _plain(lines, delimiter, name=name, limits=limits)
    if plain is not None:
        header, columns = plain
    else:
        header, columns = _quoted(lines, delimiter, comments, messages, name=name, limits=limits)
    for column in columns:
        longest = pc.max(pc.utf8_length(column)).as_py() or 0
        if longest > limits.cell_characters:
            raise LimitExceeded(name=name, quantity="the length of a cell", found=longest, limit=limits.cell_characters)
    return Parsed(header=header, columns=columns, delimiter=delimiter, n_lines=len(lines), messages=tuple(messages))


def _plain(
    lines: list[str], delimiter: str, *, name: str, limits: Limits
) -> tuple[list[str], list[pa.ChunkedArray]] | None:
    """The file without any doubt: no quotation mark, no blank line, each line with as many separators as the header.

    Such a file, which most large exports are, is cut by Arrow in a tenth of the time and memory. None for all others.
    """
    width = lines[0].count(delimiter) + 1
    if len(lines) < 2 or any('"' in line or line.count(delimiter) != width - 1 for line in lines):
        return None
    _weigh(len(lines) - 1, width, name=name, limits=limits)
    names = [str(place) for place in range(width)]
    table = pacsv.read_csv(
        pa.py_buffer("\n".join(lines[1:]).encode("utf-8")),
        read_options=pacsv.ReadOptions(column_names=names, use_threads=False, block_size=_block_size(lines)),
        parse_options=pacsv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return lines[0].split(delimiter), list(table.columns)


def _comments(lines: list[str]) -> int:
    """Number of lines before the header that begin with #; a single one may be the header itself."""
    count = next((number for number, line in enumerate(lines) if not line.startswith("#")), 0)
    return count if count > 1 else 0


def _block_size(lines: list[str]) -> int:
    """Arrow wants each line to fit into a block."""
    return max(1 << 20, 8 * max(map(len, lines)))


def _weigh(rows: int, columns: int, *, name: str, limits: Limits) -> None:
    for quantity, found, limit in (
        ("the number of columns", columns, limits.columns),
        ("the number of rows", rows, limits.rows),
        ("the number of cells", rows * columns, limits.cells),
    ):
        if found > limit:
            raise LimitExceeded(name=name, quantity=quantity, found=found, limit=limit)


def _quoted(
    lines: list[str], delimiter: str, comments: int, messages: list[Message], *, name: str, limits: Limits
) -> tuple[list[str], list[pa.ChunkedArray]]:
    """The file with quotation marks, blank or ragged lines: cut by the ``csv`` reader, doubts said."""
    records = _cut(lines, delimiter, quoted=True, name=name, limits=limits)
    width = _width(records.rows)
    swallowed = _swallowed(records, lines, delimiter, width)
    if swallowed or records.open_quote or records.stray:
        literal = _cut(lines, delimiter, quoted=False, name=name, limits=limits)
        suspects = sorted({*swallowed, *records.stray, *([records.open_quote] if records.open_quote else [])})
        # Without quotation marks every line has as many cells as the header: then they were ordinary characters.
        if all(len(row) == width for row in literal.rows if row):
            messages.append(Message(code="R-QUOTES", values={"lines": enumerate_lines(suspects)}))
            records = literal
        else:
            messages.extend(_quote_messages(records, swallowed))
    elif len(records.rows) < len(lines):
        several = [first for first, last in records.spans() if last > first]
        values = {"count": len(several), "lines": enumerate_lines(several)}
        messages.append(Message(code="R-MULTILINE", values=values))
    header, rows = _level(records, width, comments, messages)
    columns = [pa.chunked_array([pa.array(cells, type=pa.string())]) for cells in zip(*rows, strict=True)]
    return header, columns


def _sniff(lines: list[str], *, name: str) -> str:
    """The separator that cuts most of the first lines into the same number (above one) of cells."""
    sample = [line for line in islice(lines, _SAMPLE_LINES) if line.strip()]
    best, best_score = "", (0.0, False, 0.0, 0)
    for delimiter in DELIMITERS:
        ways = [[line.count(delimiter) + 1 for line in sample]]
        # A cell beyond the limit of the reader is refused later, with its length; here it must not hide the separator.
        with contextlib.suppress(csv.Error):
            ways.append([len(row) for row in csv.reader((line + "\n" for line in sample), delimiter=delimiter) if row])
        for widths in ways:
            if not (wide := Counter(width for width in widths if width > 1)):
                continue
            cells, agreeing = max(wide.items(), key=lambda item: (item[1], item[0]))
            share = agreeing / len(widths)
            # Among separators that cut most lines alike, the one that cuts the first line alike too is meant.
            score = (round(share, 1), widths[0] == cells, share, cells)
            if score > best_score:
                best, best_score = delimiter, score
    if not best or (best_score[2] < 0.5 and not best_score[1]):
        raise OneColumn(name=name, hint=_hint(sample))
    return best


def _hint(sample: list[str]) -> str:
    """Another sign that occurs equally often in every line may be the separator meant."""
    for sign, word in ((":", "colon"), ("^", "caret"), ("~", "tilde"), ("\x01", "control sign 1"), ("#", "hash")):
        counts = {line.count(sign) for line in sample}
        if len(counts) == 1 and counts != {0}:
            return f"; a {word} does, perhaps that was meant"
    if len({len(line.split()) for line in sample}) == 1 and len(sample[0].split()) > 1:
        return "; blanks do, perhaps that was meant"
    return ""


def _cut(lines: list[str], delimiter: str, *, quoted: bool, name: str, limits: Limits) -> _Records:
    """Cut by the strict reader; where that stops at a fault of quotation, by the tolerant one, which goes on."""
    records = _Records(rows=[], ends=[], stray=[], open_quote=0)
    for strict in (True, False):
        records.rows.clear()
        records.ends.clear()
        reader = csv.reader(
            (line + "\n" for line in lines),
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            strict=strict,
        )
        cells = 0
        try:
            for row in reader:
                records.rows.append(row)
                records.ends.append(reader.line_num)
                cells += len(row)
                if len(row) > limits.columns or len(records.rows) > limits.rows + 1 or cells > limits.cells + len(row):
                    _weigh(len(records.rows) - 1, len(row), name=name, limits=limits)
                    raise LimitExceeded(name=name, quantity="the number of cells", found=cells, limit=limits.cells)
        except csv.Error as error:
            if "field larger" in str(error):
                raise LimitExceeded(
                    name=name, quantity="the length of a cell", found=131_073, limit=limits.cell_characters
                ) from error
            continue
        break
    if quoted and not strict:
        records.stray, records.open_quote = _strict_faults(lines, delimiter, list(records.spans()))
    return records


def _strict_faults(lines: list[str], delimiter: str, spans: list[tuple[int, int]]) -> tuple[list[int], int]:
    """Lines of rows with a quotation mark where none may stand, and the line of a mark that is never closed."""
    stray: list[int] = []
    for first, last in spans:
        record = lines[first - 1 : last]
        if not any('"' in line for line in record):
            continue
        try:
            list(csv.reader((line + "\n" for line in record), delimiter=delimiter, strict=True))
        except csv.Error as error:
            if last == len(lines) and "unexpected end" in str(error):
                return stray, first
            stray.append(first)
    return stray, 0


def _width(rows: Iterable[list[str]]) -> int:
    """Number of cells of the header: of the first row that is not blank, or of most rows where that is wider."""
    tally = Counter(len(row) for row in islice(rows, 2_000) if row)
    usual = max(tally.items(), key=lambda item: (item[1], item[0]))[0]
    first = next(len(row) for row in rows if row)
    return max(first, usual) if first > 1 or usual == 1 else usual


def _swallowed(records: _Records, lines: list[str], delimiter: str, width: int) -> list[int]:
    """Lines inside a cell of several lines that look like rows of their own."""
    found: list[int] = []
    for first, last in records.spans():
        if last > first:
            inside = [
                number for number in range(first + 1, last + 1) if lines[number - 1].count(delimiter) >= width - 1
            ]
            # A last line with one quotation mark closes a cell in which a person wrote several lines.
            closes = inside == [last] and lines[last - 1].count('"') % 2 == 1
            if inside and not closes:
                found.extend(inside)
    return found


def _quote_messages(records: _Records, swallowed: list[int]) -> list[Message]:
    messages = []
    if swallowed:
        values = {"count": len(swallowed), "lines": enumerate_lines(swallowed)}
        messages.append(Message(code="R-SWALLOWED", values=values))
    if records.open_quote:
        messages.append(Message(code="R-OPEN-QUOTE", values={"line": records.open_quote}))
    if records.stray:
        messages.append(Message(code="R-STRAY-QUOTE", values={"lines": enumerate_lines(records.stray)}))
    several = [first for first, last in records.spans() if last > first]
    if several and not swallowed:
        values = {"count": len(several), "lines": enumerate_lines(several)}
        messages.append(Message(code="R-MULTILINE", values=values))
    return messages


def _level(records: _Records, width: int, comments: int, messages: list[Message]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the same length; blank, short and long rows are named."""
    header: list[str] | None = None
    rows: list[list[str]] = []
    preamble: list[int] = []
    blank: list[int] = []
    short: list[int] = []
    long: list[int] = []
    for (line, _), row in zip(records.spans(), records.rows):
        if not row or (len(row) == 1 and not row[0].strip()):
            blank.append(line)
            continue
        if header is None:
            if line <= comments or (len(row) < width and len(row) == 1):
                preamble.append(line)
            else:
                header = row + [""] * (width - len(row))
                if len(row) < width:
                    values = {"header": len(row), "width": width}
                    messages.append(Message(code="R-HEADER-SHORT", values=values))
            continue
        if len(row) < width:
            short.append(line)
            row = row + [""] * (width - len(row))
        elif len(row) > width:
            # Separators at the end of a line are a habit of some exports, and hold nothing.
            if any(cell.strip() for cell in row[width:]):
                long.append(line)
            row = row[:width]
        rows.append(row)
    for code, found in (("R-PREAMBLE", preamble), ("R-BLANK", blank), ("R-SHORT", short), ("R-LONG", long)):
        if found:
            messages.append(Message(code=code, values={"count": len(found), "lines": enumerate_lines(found)}))
    return header or [], rows
