"""How the values of a column of text are written: numbers, dates, codes. Used to suggest a kind and to convert.

Nothing is converted while a format is being found, and a format holds for the whole column or not at all.

>>> number_format(pa.array(["1 234,5", "12,25"]))
NumberFormat(decimal=',', thousands=' ', integers=False, taken='')
>>> date_format(pa.array(["03/04/2019", "05/06/2020"]))
'ambiguous'
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from miner.tables.model import Kind

SPACES = " \u00a0\u202f\u2009"
ISO, DAY_FIRST, MONTH_FIRST, COMPACT = "yyyy-mm-dd", "dd/mm/yyyy", "mm/dd/yyyy", "yyyymmdd"
AMBIGUOUS, MIXED = "ambiguous", "mixed"
DATE_FORMATS = (ISO, DAY_FIRST, MONTH_FIRST, COMPACT)

_INTEGER = r"^\s*[+-]?[0-9]+\s*$"
_POINT = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
_COMMA = r"^\s*[+-]?([0-9]+(,[0-9]*)?|,[0-9]+)\s*$"
_COMMA_THREE = r"^\s*[+-]?[0-9]{1,3}(,[0-9]{3})+\s*$"
_COMMA_THOUSANDS = r"^\s*[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?\s*$"
_DOT_THOUSANDS = r"^\s*[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?\s*$"
_SPACE_COMMA = rf"^\s*[+-]?([0-9]+|[0-9]{{1,3}}([{SPACES}][0-9]{{3}})+)(,[0-9]+)?\s*$"
_SPACE_POINT = rf"^\s*[+-]?([0-9]+|[0-9]{{1,3}}([{SPACES}][0-9]{{3}})+)(\.[0-9]+)?\s*$"
_LEADING_ZERO = r"^0[0-9]+$"
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?$"
_SLASHED = r"^[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}( [0-9:]+)?$"
_COMPACT = r"^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """How numbers are written. ``taken`` says how a comma before three digits was understood, where it was unclear."""

    decimal: str = "."
    thousands: str = ""
    integers: bool = False
    taken: str = ""


def share_matching(values: pa.Array, pattern: str) -> float:
    """The share of the values, all non-null, that match the pattern; 0 for no values."""
    if not len(values):
        return 0.0
    matched = pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0
    return float(matched) / len(values)


def number_format(values: pa.Array, *, delimiter: str = "") -> NumberFormat | None:
    """The format in which all of the distinct values are numbers, or None. Codes with leading zeros are no numbers.

    ``delimiter`` of the file decides what 1,234 means: a decimal comma where cells are separated by semicolons.
    """
    if not len(values) or share_matching(values, _LEADING_ZERO) > 0:
        return None

    def whole(pattern: str) -> bool:
        return share_matching(values, pattern) == 1.0

    if whole(_INTEGER):
        return NumberFormat(integers=True)
    if whole(_POINT):
        return NumberFormat(integers=share_matching(values, r"^\s*[+-]?[0-9]+(\.0*)?\s*$") == 1.0)
    with_comma = pc.filter(values, pc.match_substring(values, ","))
    if whole(_COMMA):
        if share_matching(with_comma, _COMMA_THREE) == 1.0:
            if delimiter in {";", "\t", "|"} or share_matching(with_comma, r"^\s*[+-]?0,") > 0:
                return NumberFormat(decimal=",", taken="a decimal comma")
            return NumberFormat(thousands=",", integers=True, taken="a thousands separator")
        return NumberFormat(decimal=",")
    spaces = "".join(
        sign for sign in SPACES if pc.any(pc.match_substring(pc.utf8_trim_whitespace(values), sign)).as_py()
    )
    if whole(_SPACE_COMMA):
        return NumberFormat(decimal=",", thousands=spaces, integers=not len(with_comma))
    if whole(_SPACE_POINT):
        return NumberFormat(thousands=spaces)
    if whole(_COMMA_THOUSANDS):
        return NumberFormat(thousands=",", integers=share_matching(values, r"\.") == 0)
    if whole(_DOT_THOUSANDS):
        return NumberFormat(decimal=",", thousands=".", integers=not len(with_comma))
    return None


def date_format(values: pa.Array, *, compact: bool = False) -> str:
    """The format of dates, "ambiguous", "mixed" or "" where the values are no dates.

    Eight digits are taken for a date only where ``compact`` says so (the header names a date): they may be a code.
    """
    if not len(values):
        return ""
    if share_matching(values, _ISO) == 1.0:
        return ISO
    if share_matching(values, _SLASHED) == 1.0:
        first, second = _two_numbers(values)
        if (first > 31).any() or (second > 31).any():
            return ""
        if (first > 12).any():
            return MIXED if (second > 12).any() else DAY_FIRST
        return MONTH_FIRST if (second > 12).any() else AMBIGUOUS
    if compact and share_matching(values, _COMPACT) == 1.0:
        return COMPACT
    return ""


def has_leading_zeros(values: pa.Array) -> bool:
    """True where all values are digits and some begin with a zero: codes, not numbers."""
    return share_matching(values, r"^[0-9]+$") == 1.0 and share_matching(values, _LEADING_ZERO) > 0


def to_numbers(values: pa.Array, form: NumberFormat) -> npt.NDArray[np.float64]:
    """Convert text to float64; NaN for null and for what is no number in this format."""
    text = pc.utf8_trim_whitespace(values)
    pattern = _pattern(form)
    text = pc.if_else(pc.fill_null(pc.match_substring_regex(text, pattern), False), text, pa.scalar(None, pa.string()))
    for sign in form.thousands:
        text = pc.replace_substring(text, sign, "")
    if form.decimal == ",":
        text = pc.replace_substring(text, ",", ".")
    # Arrow reads neither a leading plus nor a bare point at either end.
    text = pc.replace_substring_regex(text, r"^\+", "")
    text = pc.replace_substring_regex(text, r"^(-?)\.", r"\10.")
    text = pc.replace_substring_regex(text, r"\.($|[eE])", r"\1")
    numbers = pc.cast(text, pa.float64())
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)


def to_days(values: pa.Array, form: str) -> npt.NDArray[np.float64]:
    """Convert dates to days since 1970-01-01 as float64; NaN for null and for what is no date in this format."""
    text = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(values), 0, 10)
    if form in {DAY_FIRST, MONTH_FIRST}:
        order = r"\3-\2-\1" if form == DAY_FIRST else r"\3-\1-\2"
        text = pc.replace_substring_regex(text, r"^([0-9])([/.-])", r"0\1\2")
        text = pc.replace_substring_regex(text, r"^([0-9]{2})[/.-]([0-9])[/.-]", r"\1/0\2/")
        text = pc.replace_substring_regex(text, r"^([0-9]{2})[/.-]([0-9]{2})[/.-]([0-9]{4}).*$", order)
    elif form == COMPACT:
        text = pc.replace_substring_regex(text, r"^([0-9]{4})([0-9]{2})([0-9]{2})$", r"\1-\2-\3")
    parts = pc.extract_regex(text, r"^(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})$")
    year, month, day = (_integers(pc.struct_field(parts, name)) for name in ("y", "m", "d"))
    exists = (month >= 1) & (month <= 12) & (day >= 1) & (day <= _days_in_month(year, month))
    months = (year - 1970) * 12 + month - 1
    start = np.where(exists, months, 0).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.where(exists, start + day - 1, np.nan).astype(np.float64)


def infer_kind(
    distinct: pa.Array, *, n: int, n_known: int, numbers: NumberFormat | None, dates: str, name: str
) -> Kind:
    """A first suggestion of the kind from the distinct values of a column; a person can change it.

    Integers are a category up to ten values (ordinal where they run 0, 1, 2 ... or 1, 2, 3 ...), else a count.
    """
    k = len(distinct)
    if not n_known:
        return Kind.TEXT
    if dates and dates != MIXED:
        return Kind.DATE
    if k == 2:
        return Kind.BINARY
    if numbers is not None:
        if not numbers.integers:
            return Kind.CONTINUOUS
        values = np.sort(to_numbers(distinct, numbers))
        runs = values[0] >= 1 and values[-1] - values[0] == k - 1
        if n_known >= 20 and k == n_known and (_names_a_key(name) or runs):
            return Kind.KEY
        # Long whole numbers, all of one length and nearly all different, number something rather than count it.
        if n_known >= 20 and k >= 0.98 * n_known and share_matching(distinct, r"^[0-9]{8,}$") == 1.0:
            return Kind.KEY
        if k <= 10:
            consecutive = values[0] in {0.0, 1.0} and values[-1] - values[0] == k - 1
            return Kind.ORDINAL if consecutive and k > 2 else Kind.NOMINAL
        return Kind.COUNT if values[0] >= 0 else Kind.CONTINUOUS
    if n_known >= 20 and k >= 0.98 * n_known:
        return Kind.TEXT if _median_words(distinct) >= 3 else Kind.KEY
    if _median_words(distinct) >= 4 and k >= 0.5 * n_known:
        return Kind.TEXT
    return Kind.NOMINAL if k <= max(50, n // 20) else Kind.TEXT


def _names_a_key(name: str) -> bool:
    plain = name.casefold().strip()
    return plain in {"id", "seqn", "key", "pid", "ipp", "nip", "subject", "patient"} or plain.endswith(
        ("_id", "id_", "_key")
    )


def _median_words(values: pa.Array) -> float:
    sample = values.slice(0, 2_000).to_pylist()
    return float(np.median([len(value.split()) for value in sample]))


def _two_numbers(values: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    parts = pc.extract_regex(values, r"^(?P<a>[0-9]{1,2})[/.-](?P<b>[0-9]{1,2})")
    return _integers(pc.struct_field(parts, "a")), _integers(pc.struct_field(parts, "b"))


def _integers(values: pa.Array) -> npt.NDArray[np.int64]:
    numbers = pc.cast(pc.fill_null(values, "0"), pa.int64())
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)


def _days_in_month(year: npt.NDArray[np.int64], month: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    lengths = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return lengths[np.clip(month, 1, 12) - 1] + (leap & (month == 2))


def _pattern(form: NumberFormat) -> str:
    if form.thousands == ",":
        return _COMMA_THOUSANDS
    if form.thousands == ".":
        return _DOT_THOUSANDS
    if form.thousands:
        return _SPACE_COMMA if form.decimal == "," else _SPACE_POINT
    return _COMMA if form.decimal == "," else _POINT
