"""From text to numbers and categories, by the dictionary and nothing else.

>>> from miner.tables.dictionary import suggest
>>> from miner.tables.reading import read_table
>>> text = read_table(b"id;weight\\n" + b"".join(b"%d;%d,5\\n" % (i, 60 + i % 7) for i in range(20)))
>>> apply_dictionary(text, suggest(text))["weight"][:3]
array([60.5, 61.5, 62.5])
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from miner.errors import (
    AmbiguousDates,
    ColumnNotThere,
    MissingKey,
    NothingKnown,
    RepeatedKey,
    TooFewRows,
    UnreadableValues,
)
from miner.tables import formats
from miner.tables.model import Dataset, Dictionary, Kind, Level, Role, Variable
from miner.tables.report import enumerate_lines
from miner.tables.suggestions import sort_codes
from miner.tables.text_table import TextTable

LEAST_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What became of one column: known values, cells empty, cells with a missing code, and rows that were unreadable.

    ``unreadable`` counts data rows from 1.
    """

    name: str
    n_known: int
    n_empty: int
    n_missing_code: int
    unreadable: tuple[int, ...]


def apply_dictionary(
    table: TextTable, dictionary: Dictionary, *, unreadable: str = "error", least_rows: int = LEAST_ROWS
) -> Dataset:
    """Convert the table. Missing codes become unknown.

    Values that do not fit their kind raise ``UnreadableValues`` (with rows and count, never the values), or become
    unknown with ``unreadable="unknown"``: ``conversions`` lists them beforehand. Columns that the dictionary does not
    name are left out. Levels that were not declared are those of the file, in order, so that the dictionary of the
    returned data set is complete.
    """
    if table.n < least_rows:
        raise TooFewRows(rows=table.n, least=least_rows)
    for variable in dictionary:
        if variable.name not in table.names:
            near = get_close_matches(variable.name, table.names, n=1, cutoff=0.0)
            raise ColumnNotThere(name=variable.name, nearest=near[0] if near else "")
    columns: dict[str, npt.NDArray[np.generic]] = {}
    complete = dictionary
    any_known = False
    for variable in dictionary:
        if variable.kind in {Kind.TEXT, Kind.KEY}:
            continue
        values, declared, conversion = _convert(table, variable)
        if conversion.unreadable and unreadable == "error":
            raise UnreadableValues(
                name=variable.name,
                count=len(conversion.unreadable),
                kind=variable.kind.value,
                rows=enumerate_lines(list(conversion.unreadable)),
                expected=_expected(variable),
            )
        if conversion.n_known == 0 and variable.role is Role.IGNORED:
            continue
        any_known = any_known or conversion.n_known > 0
        columns[variable.name] = values
        complete = complete.with_variable(declared)
    if not any_known:
        raise NothingKnown()
    return Dataset(dictionary=complete, columns=columns, keys=_keys(table, dictionary))


def conversions(table: TextTable, dictionary: Dictionary) -> tuple[Conversion, ...]:
    """What would become of each column that is neither text nor key, without raising for values that do not fit."""
    return tuple(
        _convert(table, variable)[2]
        for variable in dictionary
        if variable.kind not in {Kind.TEXT, Kind.KEY} and variable.name in table.names
    )


def _convert(
    table: TextTable, variable: Variable
) -> tuple[npt.NDArray[np.int32] | npt.NDArray[np.float64], Variable, Conversion]:
    text = pc.utf8_trim_whitespace(table.column(variable.name)).combine_chunks()
    text = text if isinstance(text, pa.Array) else pa.concat_arrays(text.chunks)
    codes = pa.array(sorted(set(variable.missing_codes)), type=pa.string())
    missing = pc.is_in(text, value_set=codes)
    kept = pc.if_else(missing, pa.scalar(None, pa.string()), text)
    declared = variable
    values: npt.NDArray[np.int32] | npt.NDArray[np.float64]
    if variable.kind.is_categorical:
        if not variable.levels:
            found = sort_codes(pc.unique(pc.drop_null(kept)).to_pylist())
            declared = replace(variable, levels=tuple(Level(code=code, label=code) for code in found))
        values = _codes(kept, declared)
        unknown = values < 0
    elif variable.kind is Kind.DATE:
        values = _days(table, kept, variable)
        unknown = np.isnan(values)
    else:
        values = _numbers(table, kept, variable)
        unknown = np.isnan(values)
        if variable.kind is Kind.COUNT:
            with np.errstate(invalid="ignore"):
                wrong = (values < 0) | (values % 1 != 0)
            unknown = unknown | (wrong & ~np.isnan(values))
            values = np.where(unknown, np.nan, values)
    given = np.asarray(pc.is_valid(kept).to_numpy(zero_copy_only=False), dtype=bool)
    rows = np.flatnonzero(given & unknown) + 1
    n_missing_code = int(pc.sum(missing).as_py() or 0)
    conversion = Conversion(
        name=variable.name,
        n_known=int((~unknown).sum()),
        n_empty=int(text.null_count),
        n_missing_code=n_missing_code,
        unreadable=tuple(int(row) for row in rows),
    )
    return values, declared, conversion


def _codes(kept: pa.Array, variable: Variable) -> npt.NDArray[np.int32]:
    levels = pa.array([level.code for level in variable.levels], type=pa.string())
    places = pc.fill_null(pc.index_in(kept, value_set=levels), -1)
    result = np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int32).copy()
    missed = (result < 0) & np.asarray(pc.is_valid(kept).to_numpy(zero_copy_only=False), dtype=bool)
    if missed.any() and formats.number_format(levels) is not None:
        # 1.0 in the file is the level 1: a column with gaps is often written with a decimal point.
        numbers = formats.to_numbers(kept, formats.NumberFormat())
        wanted = formats.to_numbers(levels, formats.NumberFormat())
        order = np.argsort(wanted)
        place = np.clip(np.searchsorted(wanted[order], numbers), 0, len(wanted) - 1)
        same = missed & (wanted[order][place] == numbers)
        result[same] = order[place][same]
    return result


def _numbers(table: TextTable, kept: pa.Array, variable: Variable) -> npt.NDArray[np.float64]:
    report = table.report[variable.name]
    form = formats.NumberFormat(decimal=report.decimal, thousands=report.thousands)
    if not report.integers and report.decimal == "." and not report.thousands:
        # The format was not found while words among the numbers hid it: look again without the missing codes.
        distinct = pc.unique(pc.drop_null(kept))
        form = formats.number_format(distinct, delimiter=table.report.delimiter) or form
    return formats.to_numbers(kept, form)


def _days(table: TextTable, kept: pa.Array, variable: Variable) -> npt.NDArray[np.float64]:
    form = variable.unit if variable.unit in formats.DATE_FORMATS else ""
    if not form:
        form = formats.date_format(pc.unique(pc.drop_null(kept)), compact=True)
        if form in {formats.AMBIGUOUS, formats.MIXED}:
            raise AmbiguousDates(name=variable.name)
    return formats.to_days(kept, form or formats.ISO)


def _expected(variable: Variable) -> str:
    if variable.kind.is_categorical:
        return "Its values are the codes of its levels: " + ", ".join(level.code for level in variable.levels) + "."
    if variable.kind is Kind.COUNT:
        return "A count is a whole number of at least 0."
    if variable.kind is Kind.DATE:
        return f"Its dates are written {variable.unit or 'yyyy-mm-dd'} and must exist in the calendar."
    return "A number is written with digits, one decimal sign and, if any, one sign between the thousands."


def _keys(table: TextTable, dictionary: Dictionary) -> tuple[str, ...]:
    """The key of each row, or its number in the file where no key is declared."""
    names = dictionary.names(Role.KEY)
    if not names:
        return tuple(str(row) for row in range(1, table.n + 1))
    keys = table.values(names[0])
    empty = [row for row, key in enumerate(keys, 1) if key is None]
    if empty:
        raise MissingKey(name=names[0], count=len(empty), rows=enumerate_lines(empty))
    seen: dict[str, int] = {}
    repeated = []
    for row, key in enumerate(keys, 1):
        if seen.setdefault(str(key), row) != row:
            repeated.append(row)
    if repeated:
        raise RepeatedKey(
            name=names[0], count=len(repeated), rows=enumerate_lines(repeated), unit=dictionary.unit_of_analysis
        )
    return tuple(str(key) for key in keys)
