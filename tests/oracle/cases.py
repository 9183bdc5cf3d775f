"""Oracle cases: how they are loaded, and when an answer agrees with one.

A file is a list of cases or an object that holds one under ``oracles``. A case has ``id``, ``kind``, ``inputs``,
``expected`` and ``tolerance``:

- a number is an absolute tolerance (0 asks for equality); above 1,000 a relative 1e-5 suffices as well;
- an object has ``rel`` and ``abs`` (either suffices), ``X_rel`` and ``X_abs`` which govern the fields whose name
  contains X, and ``exact``, which asks for equality of all that is not governed by a ``rel`` or an ``abs``.

>>> [str(m) for m in compare({"p": 0.25, "hits": [1, 2]}, {"p": 0.2501, "hits": [1, 3]}, {"rel": 1e-2, "exact": True})]
['hits[1]: expected 2, got 3']
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOT_SHIPPED = Path(__file__).with_name("not_shipped.toml")
CASES = Path(__file__).with_name("cases")

# Absolute error allowed where the expected number is an exact zero, to which no relative error exists.
ROUNDING_AT_ZERO = 1e-12
# Two statistics (not probabilities) below this both stand for the zero they would be in exact arithmetic.
ROUNDING_NOISE = 1e-15
# From here on a plain numeric tolerance is also read as this relative one (the convention of the causal file).
LARGE = 1000.0
LARGE_REL = 1e-5
# Qualifiers of a tolerance that name a group of fields rather than a part of their names.
GROUPS = {"quantile": ("EB05", "EB95")}
# Kinds whose questions stand among the answers: the keys that are answers, taken out before an adapter sees the rest.
ANSWERS = {
    "log_p_extreme": frozenset({"logp"}),
    "ari_closed_testing": frozenset(
        {"adjusted", "h", "total_discoveries", "concentration_p", "true_discoveries_lower", "tdp", "p"}
    ),
    "ari_large": frozenset({"total", "lower_bounds", "every7th"}),
    "e_bh": frozenset({"adjusted", "k", "rejected"}),
}


class Unsupported(Exception):
    """The product has no procedure for this case; the message says which."""


class NoData(Unsupported):
    """The case names a data set in words, and it is not at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with its answer from elsewhere."""

    id: str
    kind: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any]
    tolerance: Any
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One field of a case that the answer does not meet."""

    field: str
    expected: object
    got: object

    def __str__(self) -> str:
        return f"{self.field}: expected {_short(self.expected)}, got {_short(self.got)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """Fields not compared (not shipped, or defined otherwise than in the source), or whose source lost digits."""

    not_shipped: Mapping[str, frozenset[str]]
    otherwise: Mapping[str, Mapping[str, str]]
    precision: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)

    def skips(self, kind: str, field: str, expected: object) -> bool:
        """Whether a top-level field of a case of this kind is left out of the comparison."""
        if field in self.not_shipped.get(kind, frozenset()):
            return True
        value = self.otherwise.get(kind, {}).get(field)
        return value is not None and value == expected


def load(path: Path) -> list[Case]:
    """All cases of a file, in file order."""
    content = json.loads(path.read_text(encoding="utf-8"))
    entries = content["oracles"] if isinstance(content, dict) else content
    return [
        Case(
            id=str(entry["id"]),
            kind=str(entry["kind"]),
            inputs=_with_points(entry),
            expected=entry["expected"],
            tolerance=entry.get("tolerance", 0),
            source=str(entry.get("source") or entry.get("citation") or ""),
        )
        for entry in entries
    ]


def _with_points(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs; where a kind asks at points named in ``expected`` (levels, subsets), with these as ``points``."""
    answers = ANSWERS.get(entry["kind"])
    if answers is None:
        return dict(entry["inputs"])
    return dict(entry["inputs"]) | {"points": _without(answers, entry["expected"])}


def _without(names: frozenset[str], value: Any) -> Any:
    """``value`` without the keys in ``names``, at every depth."""
    if isinstance(value, Mapping):
        return {key: _without(names, inner) for key, inner in value.items() if key not in names}
    return [_without(names, inner) for inner in value] if isinstance(value, list) else value


def load_exceptions(path: Path = NOT_SHIPPED) -> Exceptions:
    """The committed list of fields that are not compared, each with a reason."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    not_shipped: dict[str, set[str]] = {}
    otherwise: dict[str, dict[str, str]] = {}
    for entry in content.get("not_shipped", []):
        if not entry["reason"]:
            raise ValueError(f"{entry['kind']}: a field is left out only with a reason")
        not_shipped.setdefault(entry["kind"], set()).update(entry["fields"])
    for entry in content.get("defined_otherwise", []):
        if not entry["reason"]:
            raise ValueError(f"{entry['kind']}: a value differs only with a reason")
        otherwise.setdefault(entry["kind"], {}).update(dict.fromkeys(entry["fields"], entry["expected"]))
    precision: dict[str, dict[str, Mapping[str, float]]] = {}
    for entry in content.get("source_precision", []):
        if not entry["reason"]:
            raise ValueError(f"{entry['kind']}: a source is imprecise only with a reason")
        limits = {sort: float(entry[sort]) for sort in ("rel", "abs", "root_abs") if sort in entry}
        precision.setdefault(entry["kind"], {}).update(dict.fromkeys(entry["fields"], limits))
    return Exceptions(
        not_shipped={kind: frozenset(fields) for kind, fields in not_shipped.items()},
        otherwise=otherwise,
        precision=precision,
    )


def compare(
    expected: Mapping[str, Any],
    answer: Mapping[str, Any],
    tolerance: object,
    precision: Mapping[str, Mapping[str, float]] | None = None,
) -> list[Mismatch]:
    """Where the answer does not meet the expected fields; empty where it meets all of them.

    ``precision`` holds, by top-level field, the error that the source's own computation carries; meeting it suffices.
    """
    found: list[Mismatch] = []
    for name, value in expected.items():
        gaps = list(_differences("", {name: value}, answer, tolerance))
        if gaps and precision and name in precision:
            gaps = list(_differences("", {name: value}, answer, precision[name]))
        found += gaps
    return found


def _differences(field: str, expected: object, got: object, tolerance: object) -> Iterator[Mismatch]:
    expected, got = _plain(expected), _plain(got)
    if isinstance(expected, Mapping):
        if not isinstance(got, Mapping):
            yield Mismatch(field=field, expected=expected, got=got)
            return
        for key, value in expected.items():
            name = f"{field}.{key}" if field else str(key)
            if key not in got:
                yield Mismatch(field=name, expected=value, got="no answer")
            else:
                yield from _differences(name, value, got[key], tolerance)
    elif isinstance(expected, list):
        yield from _list_differences(field, expected, got, tolerance)
    elif isinstance(got, list) and len(got) == 1:
        yield from _differences(field, expected, got[0], tolerance)
    elif not _agree(field, expected, got, tolerance):
        yield Mismatch(field=field, expected=expected, got=got)


def _list_differences(field: str, expected: list[Any], got: object, tolerance: object) -> Iterator[Mismatch]:
    if not isinstance(got, list):
        # A scalar may have been written as a list of one.
        if len(expected) == 1:
            yield from _differences(field, expected[0], got, tolerance)
        else:
            yield Mismatch(field=field, expected=expected, got=got)
        return
    if len(expected) != len(got):
        yield Mismatch(field=field, expected=expected, got=got)
        return
    if _is_set(expected):
        if _as_set(expected) != _as_set(got):
            yield Mismatch(field=field, expected=expected, got=got)
        return
    for i, (left, right) in enumerate(zip(expected, got, strict=True)):
        yield from _differences(f"{field}[{i}]", left, right, tolerance)


def _is_set(values: list[Any]) -> bool:
    """Lists of names, and lists of lists of names, are sets: their order says nothing."""
    names = [v for v in values if isinstance(v, str) and _number(v) is None]
    nested = [v for v in values if isinstance(v, list) and all(isinstance(w, str) and _number(w) is None for w in v)]
    return bool(values) and (len(names) == len(values) or len(nested) == len(values))


def _as_set(values: list[Any]) -> list[object]:
    return sorted((sorted(map(str, v)) if isinstance(v, list) else [str(v)]) for v in values)


def _agree(field: str, expected: object, got: object, tolerance: object) -> bool:
    if expected is None:
        # null is written for what is missing and for what is not a finite number.
        number = _number(got)
        return got is None or (number is not None and not math.isfinite(number))
    if isinstance(expected, bool) or isinstance(got, bool):
        return isinstance(expected, bool) and isinstance(got, bool) and expected == got
    want, have = _number(expected), _number(got)
    if want is None or have is None:
        if want is not None and math.isnan(want):
            return got is None
        return expected == got
    if math.isnan(want) or math.isnan(have):
        return math.isnan(want) and math.isnan(have)
    if math.isinf(want) or math.isinf(have):
        return want == have
    return _near(field, want, have, tolerance)


def _near(field: str, want: float, have: float, tolerance: object) -> bool:
    if want == have:
        return True
    relative, absolute, exact = _limits(field, tolerance)
    gap = abs(want - have)
    if isinstance(tolerance, Mapping) and "root_abs" in tolerance and want * have > 0:
        # The source sought the root in x where |x| <= 1, else in 1/x.
        sought = gap if abs(want) <= 1 else abs(1 / want - 1 / have)
        if sought <= tolerance["root_abs"]:
            return True
    if isinstance(tolerance, int | float) and absolute > 0 and abs(want) > LARGE:
        relative = max(relative, LARGE_REL)
    if gap <= absolute or gap <= relative * abs(want):
        return True
    if exact and relative == 0 and absolute == 0:
        return False
    if want == 0:
        return gap <= ROUNDING_AT_ZERO
    return max(abs(have), abs(want)) < ROUNDING_NOISE and not _is_probability(field)


def _is_probability(field: str) -> bool:
    """p-values may be as small as they like: none of them stands for zero."""
    name = field.lower()
    parts = set(name.replace(".", "_").replace("[", "_").split("_"))
    return bool({"p", "pvalue", "logp"} & parts) or "fisher" in name or "hyperconfidence" in name


def _limits(field: str, tolerance: object) -> tuple[float, float, bool]:
    """Relative and absolute tolerance of one field, and whether the case asks for equality."""
    if isinstance(tolerance, int | float):
        return 0.0, float(tolerance), tolerance == 0
    if not isinstance(tolerance, Mapping):
        return 0.0, 0.0, True
    general = {"rel": tolerance.get("rel"), "abs": tolerance.get("abs")}
    special: dict[str, float] = {}
    others: list[float] = []
    for key, value in tolerance.items():
        qualifier, _, sort = key.rpartition("_")
        if sort not in {"rel", "abs"} or not qualifier:
            continue
        if _governs(qualifier, field):
            special[sort] = max(special.get(sort, 0.0), float(value))
        elif sort == "rel":
            others.append(float(value))
    if special:
        return special.get("rel", 0.0), special.get("abs", 0.0), False
    if general["rel"] is None and general["abs"] is None and not tolerance.get("exact"):
        # Only qualified tolerances are given and none names this field: the strictest of them holds.
        return min(others, default=0.0), 0.0, False
    return float(general["rel"] or 0.0), float(general["abs"] or 0.0), bool(tolerance.get("exact"))


def _governs(qualifier: str, field: str) -> bool:
    if any(name in field for name in GROUPS.get(qualifier, ())):
        return True
    # "or_ci" also names "or_exact_ci": the parts of the qualifier stand in the name in this order.
    parts = iter(field.replace(".", "_").replace("[", "_").split("_"))
    return qualifier in field or all(part in parts for part in qualifier.split("_"))


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return (
        {"NaN": math.nan, "NA": math.nan, "Inf": math.inf, "-Inf": -math.inf}.get(value)
        if isinstance(value, str)
        else None
    )


def _plain(value: object) -> object:
    """NumPy scalars and arrays as plain Python, tuples and sets as lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, Sequence) and not isinstance(value, str | list):
        return list(value)
    return value


def _short(value: object, limit: int = 120) -> str:
    text = repr(_plain(value))
    return text if len(text) <= limit else f"{text[:limit]}..."
