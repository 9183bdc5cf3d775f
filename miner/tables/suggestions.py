"""A first dictionary for a table, suggested from its values and names; every line of it is for a person to change.

>>> from miner.tables.reading import read_table
>>> table = read_table(b"id,sex,sbp_82,death\\n" + b"".join(b"%d,%d,%d,0\\n" % (i, i % 2, 100 + i) for i in range(30)))
>>> [(v.name, v.kind.value, v.role.value, v.measured) for v in suggest(table)][3]
('death', 'nominal', 'ignored', Interval(start=0, end=1))
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from miner.privacy.identifiers import HIDING_RULES, header_words
from miner.tables import formats
from miner.tables.model import Dictionary, Interval, Kind, Level, Role, Variable
from miner.tables.report import ColumnReport
from miner.tables.text_table import TextTable

MISSING_WORDS = {
    "na",
    "n/a",
    "nan",
    "null",
    "none",
    "nd",
    "nr",
    "nsp",
    "ne sait pas",
    "inconnu",
    "unknown",
    "missing",
    "manquant",
}
MISSING_WORDS |= {"non renseigné", "non renseigne", "not available", "[not available]", "?", "-", "--", ".", "#n/a"}
NO_DATE = {"01/01/1600", "1600-01-01", "31/12/9999", "9999-12-31", "01/01/9999"}
_AFTER_LIST = """
        death died dead mort morte dcd deces decede mortality relapse recurrence outcome followup survival survie
        evolution rechute recidive discharge sortie censored censor event status
"""
_AFTER = frozenset(_AFTER_LIST.split())
_AGE = {"age", "agean", "ridageyr", "ageyears"}
_SEX = {"sex", "sexe", "gender", "riagendr", "genre"}
_WEIGHTS = re.compile(
    r"^(wt(mec|int|saf|dr|sa)\w*|weight_(survey|sample)|poids_(sondage|pond)\w*|pond\w*|sampling_weight)", re.IGNORECASE
)


def suggest(table: TextTable) -> Dictionary:
    """Kinds, roles, missing codes, levels and time order of the columns, as far as values and names tell them."""
    years = _years(table.names)
    first = min(years.values(), default=0)
    keyed = False
    variables = []
    for report in table.report.columns:
        variable = _describe(report, table.column(report.used))
        if variable.kind is Kind.KEY and not keyed and report.n_missing == 0 and report.n_distinct == table.n:
            keyed = True
            variable = replace(variable, role=Role.KEY)
        if report.used in years:
            year = years[report.used] - first
            note = "Time of measurement suggested from the year in the name."
            variable = replace(variable, measured=Interval(start=year, end=year), note=_join(variable.note, note))
        elif set(header_words(report.used)) & _AFTER or "follow_up" in report.used.casefold():
            note = "The name speaks of something after time zero; the interval in years is for you to correct."
            variable = replace(variable, measured=Interval(start=0, end=1), note=_join(variable.note, note))
        variables.append(variable)
    time_zero = f"19{first:02d}" if years and first > 30 else (f"20{first:02d}" if years else "")
    return Dictionary(name=re.sub(r"\.[A-Za-z]+$", "", table.name), variables=tuple(variables), time_zero=time_zero)


def _describe(report: ColumnReport, column: pa.ChunkedArray) -> Variable:
    distinct = pc.unique(pc.utf8_trim_whitespace(pc.drop_null(pc.unique(column)).cast(pa.string())))
    distinct = distinct.combine_chunks() if isinstance(distinct, pa.ChunkedArray) else distinct
    kind = Kind(report.kind)
    words = header_words(report.used)
    missing = [value for value in distinct.to_pylist() if value.casefold() in MISSING_WORDS]
    if kind is Kind.DATE:
        missing += [value for value in distinct.to_pylist() if value[:10] in NO_DATE]
    rest = pc.filter(distinct, pc.invert(pc.is_in(distinct, value_set=pa.array(missing, type=pa.string()))))
    numbers = formats.number_format(rest) if kind is not Kind.DATE else None
    if numbers is not None and len(rest):
        missing += _numeric_missing(rest, numbers)
        rest = pc.filter(distinct, pc.invert(pc.is_in(distinct, value_set=pa.array(missing, type=pa.string()))))
    if missing and kind is not Kind.DATE:
        known = len(column) - column.null_count
        kind = formats.infer_kind(
            rest, n=len(column), n_known=known, numbers=numbers, dates=formats.date_format(rest), name=report.used
        )
    note = f"Suggested as missing: {', '.join(missing)}." if missing else ""
    role = Role.IGNORED
    unit = report.dates if kind is Kind.DATE and report.dates in formats.DATE_FORMATS else ""
    hidden = set(report.identifiers) & HIDING_RULES
    if hidden and kind is not Kind.KEY:
        kind, note = Kind.TEXT, _join(note, f"Left out: {', '.join(sorted(hidden))}.")
    elif _WEIGHTS.match(report.used) and numbers is not None:
        role = Role.WEIGHT
    elif set(words) & (_AGE | _SEX):
        role = Role.COVARIATE
    measured = Interval(start=0, end=0) if set(words) & (_AGE | _SEX) else None
    levels = _levels(rest, kind) if kind.is_categorical else ()
    return Variable(
        name=report.used,
        kind=kind,
        role=role,
        unit=unit,
        missing_codes=tuple(missing),
        levels=levels,
        measured=measured,
        note=note,
    )


def _numeric_missing(distinct: pa.Array, form: formats.NumberFormat) -> list[str]:
    """Codes such as 9, 99, 999, -9 that stand apart from the other values of a column of whole numbers."""
    if not form.integers:
        return []
    numbers = formats.to_numbers(distinct, form)
    text = dict(zip(numbers.tolist(), distinct.to_pylist(), strict=True))
    found: list[float] = []
    for negative in (-9.0, -99.0, -999.0):
        nonnegative = all(value >= 0 for value in text if value != negative)
        if negative in text and len(text) > 1 and nonnegative:
            found.append(negative)
    for width in (1, 2, 3, 4):
        nines, sevens, eights = (float(str(digit) * width) for digit in (9, 7, 8))
        others = np.array([value for value in text if value not in {nines, sevens, eights, *found}])
        if nines in text and len(others) and max(text) == nines:
            # The rest must end well below: 1, 2, 3, 9 has a gap, ages up to 99 do not.
            lowest = min(value for value in (sevens, eights, nines) if value in text)
            if others.max() <= (5 if width == 1 else 0.8 * lowest):
                found += [value for value in (sevens, eights, nines) if value in text]
    return [text[value] for value in found]


def _levels(distinct: pa.Array, kind: Kind) -> tuple[Level, ...]:
    codes = sort_codes(distinct.to_pylist())
    if kind is Kind.BINARY and len(codes) == 2:
        # The first level of a binary variable is the absence.
        absent = {"0", "no", "non", "n", "false", "faux", "negative", "négatif", "absent"}
        codes = sorted(codes, key=lambda code: code.casefold() not in absent)
    return tuple(Level(code=code, label=code) for code in codes)


def sort_codes(codes: list[str]) -> list[str]:
    """Codes in the order of their numbers where all are numbers, else in the order of the alphabet."""
    if all(re.fullmatch(r"[+-]?\d+(\.\d+)?", code) for code in codes):
        return sorted(codes, key=float)
    return sorted(codes)


def _years(names: tuple[str, ...]) -> dict[str, int]:
    """Two-digit years at the end of names (wt71, wt82, tax71_82), where at least two years and three names occur."""
    found = {}
    for name in names:
        match = re.search(r"(?<!\d)(\d\d)(?:_(\d\d))?$", name)
        if match:
            years = [int(part) for part in match.groups() if part]
            found[name] = max(years)
    plausible = {name: year for name, year in found.items() if 50 <= year <= 99 or year <= 30}
    return plausible if len(plausible) >= 3 and len(set(plausible.values())) >= 2 else {}


def _join(first: str, second: str) -> str:
    return f"{first} {second}".strip()
