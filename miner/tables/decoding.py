"""From bytes to text: which kind of file this is, and in which encoding.

The content decides, whatever the file name says. Nothing is decompressed and nothing that could run is opened.

>>> decode("é;à".encode("cp1252")).encoding
'cp1252'
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from miner.errors import NotATable, UnreadableText
from miner.tables.report import Message, enumerate_lines

_EXPORT = "Export the table from the program that made it as CSV in UTF-8, or as Parquet."
_UNPACK = "Unpack it first, look at what it holds, and choose the table inside."
# First bytes -> (what the file is, what to do).
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (
        b"PK\x03\x04",
        "a zip archive or an Excel workbook",
        "Save the sheet as CSV in UTF-8, or unpack the archive first.",
    ),
    (b"PK\x05\x06", "an empty zip archive", _UNPACK),
    (b"\x1f\x8b", "a gzip file or an R data file", _UNPACK),
    (b"BZh", "a bzip2 file", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz file", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstandard file", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file", "Save the sheet as CSV in UTF-8."),
    (
        b"\x80\x02",
        "a Python pickle",
        "Pickles can run programs and are never opened. Export the table as CSV or Parquet.",
    ),
    (
        b"\x80\x03",
        "a Python pickle",
        "Pickles can run programs and are never opened. Export the table as CSV or Parquet.",
    ),
    (
        b"\x80\x04",
        "a Python pickle",
        "Pickles can run programs and are never opened. Export the table as CSV or Parquet.",
    ),
    (
        b"\x80\x05",
        "a Python pickle",
        "Pickles can run programs and are never opened. Export the table as CSV or Parquet.",
    ),
    (b"ARROW1\x00\x00", "an Arrow or Feather file", "Save the table as Parquet or CSV."),
    (b"FEA1", "an old Feather file", "Save the table as Parquet or CSV."),
    (b"\x93NUMPY", "a NumPy array", _EXPORT),
    (b"\x89HDF", "an HDF5 file", _EXPORT),
    (b"SQLite format 3\x00", "an SQLite database", "Export the table of persons as CSV or Parquet."),
    (b"<stata_dta>", "a Stata file", "In Stata: export delimited using FILE.csv, nolabel."),
    (b"$FL2", "an SPSS file", "In SPSS: save the data as CSV, values rather than labels."),
    (b"$FL3", "a compressed SPSS file", "In SPSS: save the data as CSV, values rather than labels."),
    (b"HEADER RECORD*******LIB", "a SAS transport file", "In SAS: proc export to a CSV file."),
    (b"\x00" * 12 + b"\xc2\xea\x81\x60", "a SAS data set", "In SAS: proc export to a CSV file."),
    (b"RDX", "an R data file", "In R: write.csv(x, 'FILE.csv', row.names = FALSE, fileEncoding = 'UTF-8')."),
    (b"%PDF", "a PDF document", _EXPORT),
    (b"\x89PNG", "a picture", _EXPORT),
    (b"\xff\xd8\xff", "a picture", _EXPORT),
    (b"{\\rtf", "a text document", _EXPORT),
)
PARQUET_MAGIC = b"PAR1"
_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The text of a file, without byte order mark or NUL, with the encoding used and what there is to say about it."""

    text: str
    encoding: str
    messages: tuple[Message, ...] = ()


def is_parquet(head: bytes) -> bool:
    """True where the first bytes are those of a Parquet file."""
    return head[:4] == PARQUET_MAGIC


def refuse_other_formats(head: bytes, *, name: str) -> None:
    """Raise ``NotATable`` where the first bytes are those of a format that is not a text table."""
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature):
            raise NotATable(name=name, format=what, remedy=remedy)
    start = head[:1024].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise NotATable(name=name, format="a web page or XML", remedy=_EXPORT)
    if start.startswith((b"{", b"[")) and re.match(rb'[\[{]\s*("|\{|\[|\])', start):
        raise NotATable(name=name, format="JSON", remedy=_EXPORT)


def decode(data: bytes, *, name: str = "file") -> Decoded:
    """Decode text: byte order mark, else UTF-8, else Windows-1252 with a warning.

    Raises ``UnreadableText`` where the result is not text. Bytes are never skipped or replaced.
    """
    messages: list[Message] = []
    text, encoding = "", ""
    for mark, codec in _BOMS:
        if data.startswith(mark):
            try:
                text, encoding = data.decode(codec), codec
            except UnicodeDecodeError as error:
                if codec != "utf-8-sig":
                    raise UnreadableText(name=name, share=1.0) from error
                data = data[len(mark) :]
            break
    if not encoding and (guess := _utf16_without_mark(data)):
        text, encoding = data.decode(guess), guess
        messages.append(Message(code="R-UTF16", values={"encoding": guess}))
    if not encoding:
        text, encoding = _utf8_or_cp1252(data, messages)
    if "\x00" in text:
        lines = [number for number, line in enumerate(text.split("\n"), 1) if "\x00" in line]
        messages.append(Message(code="R-NUL", values={"count": len(lines), "lines": enumerate_lines(lines)}))
        nuls = text.count("\x00")
        if nuls > 0.05 * len(text):
            raise UnreadableText(name=name, share=nuls / len(text))
        text = text.replace("\x00", "")
    if "\ufffd" in text:
        lines = [number for number, line in enumerate(text.split("\n"), 1) if "\ufffd" in line]
        messages.append(Message(code="R-REPLACED", values={"count": len(lines), "lines": enumerate_lines(lines)}))
    controls = len(_CONTROLS.findall(text))
    if controls > 0.02 * len(text):
        raise UnreadableText(name=name, share=controls / len(text))
    return Decoded(text=text, encoding=encoding, messages=tuple(messages))


def _utf8_or_cp1252(data: bytes, messages: list[Message]) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        values = {"line": data.count(b"\n", 0, error.start) + 1}
    try:
        text, encoding, code = data.decode("cp1252"), "cp1252", "R-CP1252"
    except UnicodeDecodeError:
        # Five bytes have no meaning in Windows-1252; ISO 8859-1 gives every byte one, so nothing is lost.
        text, encoding, code = data.decode("latin-1"), "latin-1", "R-LATIN1"
    messages.append(Message(code=code, values=values))
    return text, encoding


def _utf16_without_mark(data: bytes) -> str:
    """UTF-16 betrays itself: in Western text every second byte is NUL."""
    sample = data[:4096]
    if len(data) % 2 or len(sample) < 8 or 0 not in sample:
        return ""
    for codec, nuls in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if nuls.count(0) > 0.6 * len(nuls):
            try:
                data.decode(codec)
            except UnicodeDecodeError:
                return ""
            return codec
    return ""
