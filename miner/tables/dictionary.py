"""The dictionary as a file and as a grid: TOML to keep, rows of text to edit. Both ways without loss.

>>> from miner.tables.model import Kind
>>> text = dump_dictionary(Dictionary(name="t", variables=(Variable(name="age", kind=Kind.COUNT, unit="years"),)))
>>> load_dictionary(text.encode())["age"].unit
'years'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import tomli_w

from miner.errors import DictionaryUnreadable, InconsistentVariable
from miner.tables.model import Dictionary, Interval, Kind, Level, Role, Variable
from miner.tables.suggestions import suggest
from miner.tables.time_order import TimeOrderFinding, check_time_order

__all__ = [
    "TimeOrderFinding",
    "check_time_order",
    "dump_dictionary",
    "from_rows",
    "load_dictionary",
    "suggest",
    "to_rows",
]

FORMAT = 1
_Choice = TypeVar("_Choice", Kind, Role)
_TABLE_FIELDS = ("name", "time_zero", "licence", "source", "unit_of_analysis")
_KNOWN = {"name", "label", "kind", "role", "unit", "missing_codes", "levels", "measured", "cut_points", "event", "note"}


def load_dictionary(source: Path | bytes) -> Dictionary:
    """Read a dictionary file. Raises ``DictionaryUnreadable`` or ``InconsistentVariable``."""
    try:
        text = source.decode("utf-8") if isinstance(source, bytes) else source.read_text(encoding="utf-8")
        plain = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DictionaryUnreadable(detail=str(error)) from error
    if plain.get("format", FORMAT) != FORMAT:
        raise DictionaryUnreadable(detail=f"its format is {plain['format']!r}, this Fortuit reads {FORMAT}")
    entries = plain.get("variables")
    if not isinstance(entries, list) or not entries:
        raise DictionaryUnreadable(detail="it has no [[variables]]")
    variables = tuple(_variable(entry) for entry in entries)
    fields = {name: str(plain[name]) for name in _TABLE_FIELDS if name in plain}
    return _dictionary(variables, {"name": "table", **fields})


def dump_dictionary(dictionary: Dictionary) -> str:
    """The dictionary as TOML, empty fields left out."""
    plain = dictionary.to_dict()
    result: dict[str, object] = {"format": FORMAT}
    result.update({name: plain[name] for name in _TABLE_FIELDS if plain[name]})
    entries = []
    for variable in dictionary:
        entry = {name: value for name, value in variable.to_dict().items() if value not in ("", [], None)}
        if entry["role"] == Role.IGNORED.value:
            del entry["role"]
        entries.append(entry)
    result["variables"] = entries
    return tomli_w.dumps(result)


def to_rows(dictionary: Dictionary) -> list[dict[str, object]]:
    """One row per variable for an editable grid: everything as text, numbers and the interval as numbers or None."""
    return [
        {
            "name": variable.name,
            "label": variable.label,
            "kind": variable.kind.value,
            "role": variable.role.value,
            "unit": variable.unit,
            "missing_codes": "; ".join(variable.missing_codes),
            "levels": "; ".join(_escape(level.code) + " = " + _escape(level.label) for level in variable.levels),
            "from": None if variable.measured is None else variable.measured.start,
            "to": None if variable.measured is None else variable.measured.end,
            "cut_points": "; ".join(
                f"{cut:g}" if float(f"{cut:g}") == cut else repr(cut) for cut in variable.cut_points
            ),
            "event": variable.event,
            "note": variable.note,
        }
        for variable in dictionary
    ]


def from_rows(rows: Iterable[Mapping[str, object]], base: Dictionary) -> Dictionary:
    """The dictionary that an edited grid describes; what holds for the whole table comes from ``base``.

    Raises ``InconsistentVariable`` where a cell cannot be understood.
    """
    variables = []
    for row in rows:
        name = str(row["name"])
        start, end = row.get("from"), row.get("to")
        entry: dict[str, object] = {
            "name": name,
            "label": _text(row.get("label")),
            "kind": _text(row.get("kind")),
            "role": _text(row.get("role")) or Role.IGNORED.value,
            "unit": _text(row.get("unit")),
            "missing_codes": _split(_text(row.get("missing_codes"))),
            "levels": [_level(part, name) for part in _split(_text(row.get("levels")), escaped=True)],
            "cut_points": [_number(part, name) for part in _split(_text(row.get("cut_points")))],
            "event": _text(row.get("event")),
            "note": _text(row.get("note")),
        }
        if not (_blank(start) and _blank(end)):
            if _blank(start) or _blank(end):
                raise InconsistentVariable(
                    name=name, problem="its measurement has only one end", rule="An interval has a start and an end."
                )
            entry["measured"] = [_number(start, name), _number(end, name)]
        variables.append(_variable(entry))
    return _dictionary(tuple(variables), {field: getattr(base, field) for field in _TABLE_FIELDS})


def _dictionary(variables: tuple[Variable, ...], fields: dict[str, str]) -> Dictionary:
    try:
        return Dictionary(variables=variables, **fields)
    except ValueError as error:
        raise DictionaryUnreadable(detail=str(error)) from error


def _variable(entry: object) -> Variable:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise DictionaryUnreadable(detail="an entry of [[variables]] has no name")
    name = str(entry["name"])
    if unknown := sorted(set(entry) - _KNOWN):
        known = ", ".join(sorted(_KNOWN))
        raise InconsistentVariable(
            name=name, problem=f"it has the field '{unknown[0]}'", rule=f"The fields are {known}."
        )
    kind = _choice(Kind, entry.get("kind"), "kind", name)
    role = _choice(Role, entry.get("role", Role.IGNORED.value), "role", name)
    interval = entry.get("measured")
    measured = None
    if interval is not None:
        try:
            start, end = (float(bound) for bound in interval)
            measured = Interval(start=start, end=end)
        except (TypeError, ValueError) as error:
            raise InconsistentVariable(
                name=name,
                problem=f"its measurement is {interval!r}",
                rule="An interval is [start, end], in years, in order.",
            ) from error
    try:
        levels = tuple(Level(code=str(code), label=str(label)) for code, label in entry.get("levels", []))
        cuts = tuple(float(cut) for cut in entry.get("cut_points", []))
        missing = tuple(str(code) for code in _listed(entry.get("missing_codes", [])))
    except (TypeError, ValueError) as error:
        raise InconsistentVariable(
            name=name,
            problem="its levels, cut points or missing codes cannot be read",
            rule="Levels are pairs [code, label], cut points numbers, missing codes a list of texts.",
        ) from error
    variable = Variable(
        name=name,
        label=str(entry.get("label", "")),
        kind=kind,
        role=role,
        unit=str(entry.get("unit", "")),
        missing_codes=missing,
        levels=levels,
        measured=measured,
        cut_points=cuts,
        event=str(entry.get("event", "")),
        note=str(entry.get("note", "")),
    )
    _check(variable)
    return variable


def _check(variable: Variable) -> None:
    problems: Sequence[tuple[bool, str, str]] = (
        (
            variable.kind is Kind.BINARY and len(variable.levels) not in {0, 2},
            f"it is binary with {len(variable.levels)} levels",
            "A binary variable has two levels, the absence first.",
        ),
        (
            len({level.code for level in variable.levels}) < len(variable.levels),
            "two of its levels have the same code",
            "Each code stands for one level.",
        ),
        (
            bool({level.code for level in variable.levels} & set(variable.missing_codes)),
            "a missing code is also a level",
            "A missing code means unknown and is never a category.",
        ),
        (
            list(variable.cut_points) != sorted(set(variable.cut_points)),
            "its cut points do not increase",
            "Cut points part the numbers from low to high.",
        ),
        (
            variable.kind is Kind.DURATION and not variable.event,
            "it is a duration without an event",
            "A duration names the binary variable that says whether the event ended it.",
        ),
    )
    for wrong, problem, rule in problems:
        if wrong:
            raise InconsistentVariable(name=variable.name, problem=problem, rule=rule)


def _choice(choices: type[_Choice], value: object, field: str, name: str) -> _Choice:
    try:
        return choices(str(value))
    except ValueError as error:
        known = ", ".join(choice.value for choice in choices)
        raise InconsistentVariable(
            name=name, problem=f"its {field} is {value!r}", rule=f"A {field} is one of {known}."
        ) from error


def _listed(value: object) -> list[object]:
    """A text is no list of its letters."""
    if not isinstance(value, list | tuple):
        raise TypeError("a list is expected")
    return list(value)


def _text(value: object) -> str:
    return "" if _blank(value) else str(value)


def _blank(value: object) -> bool:
    # A grid gives NaN for an empty cell; NaN alone differs from itself.
    return value is None or value == "" or value != value


def _number(value: object, name: str) -> float:
    try:
        return float(str(value).replace(",", "."))
    except ValueError as error:
        raise InconsistentVariable(
            name=name, problem=f"'{value}' is not a number", rule="Write numbers as 12.5."
        ) from error


def _escape(text: str) -> str:
    return re.sub(r"([\\;=])", r"\\\1", text)


def _split(text: str, *, escaped: bool = False) -> list[str]:
    parts = _parts(text, ";") if escaped else text.split(";")
    return [part.strip() for part in parts if part.strip()]


def _parts(text: str, sign: str) -> list[str]:
    """The text between the signs that no backslash escapes; a backslash escapes what follows it, itself included."""
    parts = [""]
    for token in re.findall(r"\\.|.|\n", text, flags=re.DOTALL):
        if token == sign:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _level(part: str, name: str) -> list[str]:
    sides = _parts(part, "=")
    if len(sides) > 2:
        raise InconsistentVariable(
            name=name, problem=f"'{part}' is not a level", rule="Write levels as 0 = no; 1 = yes."
        )
    plain = [re.sub(r"\\([\\;=])", r"\1", side.strip()) for side in sides]
    return [plain[0], plain[-1]]
