"""What a table is here: variables described by a dictionary, columns as arrays, persons as rows.

>>> Interval(start=-1, end=0).ends_before(Interval(start=0, end=11))
True
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


class Kind(StrEnum):
    """How the values of a variable are to be understood."""

    CONTINUOUS = "continuous"
    COUNT = "count"
    ORDINAL = "ordinal"
    NOMINAL = "nominal"
    BINARY = "binary"
    DATE = "date"
    DURATION = "duration+event"
    TEXT = "text"
    KEY = "key"

    @property
    def is_numeric(self) -> bool:
        """Held as float64 with NaN for unknown (dates as days since 1970-01-01, durations in their unit)."""
        return self in {Kind.CONTINUOUS, Kind.COUNT, Kind.DATE, Kind.DURATION}

    @property
    def is_categorical(self) -> bool:
        """Held as int32 codes into ``Variable.levels``, -1 for unknown."""
        return self in {Kind.ORDINAL, Kind.NOMINAL, Kind.BINARY}


class Role(StrEnum):
    """The part a variable plays when a plan is made; it says nothing about causes."""

    EXPOSURE = "exposure"
    OUTCOME = "outcome"
    COVARIATE = "covariate"
    STRATUM = "stratum"
    WEIGHT = "weight"
    CLUSTER = "cluster"
    KEY = "key"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """When a variable was measured, in years relative to time zero (negative: before it)."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not self.start <= self.end:
            raise ValueError(f"an interval ends at or after its start, not {self.start} to {self.end}")

    def ends_before(self, other: Interval) -> bool:
        """True where nothing of this interval lies after the start of the other."""
        return self.end <= other.start

    def overlaps(self, other: Interval) -> bool:
        """True where the two share more than one instant."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One value of a categorical variable: the code found in the file and what it means."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One column: its name in the file, and what a person declared about it.

    ``levels`` are ordered for ordinal variables; for a binary one the first is the absence, the second the presence.
    ``cut_points`` split a numeric variable into the items [-inf, c1), [c1, c2) ... for rules; empty means quantiles.
    ``event`` names the binary column that ends a duration. ``measured`` is None where the time is not known.
    """

    name: str
    label: str = ""
    kind: Kind
    role: Role = Role.IGNORED
    unit: str = ""
    missing_codes: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    measured: Interval | None = None
    cut_points: tuple[float, ...] = ()
    event: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """What a person reads: the label, else the name."""
        return self.label or self.name

    def to_dict(self) -> dict[str, object]:
        """Plain values, as written in a dictionary file and in the ledger."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind.value,
            "role": self.role.value,
            "unit": self.unit,
            "missing_codes": list(self.missing_codes),
            "levels": [[level.code, level.label] for level in self.levels],
            "measured": None if self.measured is None else [self.measured.start, self.measured.end],
            "cut_points": list(self.cut_points),
            "event": self.event,
            "note": self.note,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Variable:
        """The variable that :meth:`to_dict` wrote."""
        measured = plain["measured"]
        return cls(
            name=plain["name"],
            label=plain["label"],
            kind=Kind(plain["kind"]),
            role=Role(plain["role"]),
            unit=plain["unit"],
            missing_codes=tuple(plain["missing_codes"]),
            levels=tuple(Level(code=code, label=label) for code, label in plain["levels"]),
            measured=None if measured is None else Interval(start=measured[0], end=measured[1]),
            cut_points=tuple(float(cut) for cut in plain["cut_points"]),
            event=plain["event"],
            note=plain["note"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """All variables of a table in file order, with what holds for the table as a whole."""

    name: str
    variables: tuple[Variable, ...]
    time_zero: str = ""
    licence: str = ""
    source: str = ""
    unit_of_analysis: str = "person"

    def __post_init__(self) -> None:
        names = [variable.name for variable in self.variables]
        if len(set(names)) != len(names):
            raise ValueError("two variables of a dictionary have the same name")

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.variables)

    def __contains__(self, name: object) -> bool:
        return any(variable.name == name for variable in self.variables)

    def __getitem__(self, name: str) -> Variable:
        for variable in self.variables:
            if variable.name == name:
                return variable
        raise KeyError(name)

    def names(self, *roles: Role) -> tuple[str, ...]:
        """Names of the variables with one of the roles, in file order; all names where no role is given."""
        return tuple(variable.name for variable in self.variables if not roles or variable.role in roles)

    def with_variable(self, variable: Variable) -> Dictionary:
        """The same dictionary with the variable of that name replaced."""
        return replace(self, variables=tuple(variable if v.name == variable.name else v for v in self.variables))

    def to_dict(self) -> dict[str, object]:
        """Plain values, as written in a dictionary file and in the ledger."""
        return {
            "name": self.name,
            "time_zero": self.time_zero,
            "licence": self.licence,
            "source": self.source,
            "unit_of_analysis": self.unit_of_analysis,
            "variables": [variable.to_dict() for variable in self.variables],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Dictionary:
        """The dictionary that :meth:`to_dict` wrote."""
        whole = {name: value for name, value in plain.items() if name != "variables"}
        return cls(variables=tuple(Variable.from_dict(variable) for variable in plain["variables"]), **whole)

    @property
    def content_hash(self) -> str:
        """SHA-256 over the canonical JSON of the whole dictionary."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Typed columns with their dictionary. Rows are persons; ``keys`` names them and never leaves the project.

    ``columns`` maps each variable that is not text, key or ignored for lack of values to an array of shape (n,):
    float64 with NaN for unknown (numeric kinds) or int32 codes into the variable's levels with -1 for unknown.
    """

    dictionary: Dictionary
    columns: Mapping[str, npt.NDArray[np.generic]]
    keys: tuple[str, ...]
    content_hash: str = field(default="")

    def __post_init__(self) -> None:
        for name, values in self.columns.items():
            if len(values) != len(self.keys):
                raise ValueError(f"column {name} has {len(values)} rows, the table {len(self.keys)}")
            values.setflags(write=False)
        if not self.content_hash:
            object.__setattr__(self, "content_hash", self._hash())

    @property
    def n(self) -> int:
        """Number of rows (persons)."""
        return len(self.keys)

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        return self.columns[name]

    def known(self, name: str) -> npt.NDArray[np.bool_]:
        """Which rows have a known value of the variable."""
        values = self.columns[name]
        return ~np.isnan(values) if values.dtype.kind == "f" else values.astype(np.int64) >= 0

    def take(self, rows: npt.NDArray[np.generic]) -> Dataset:
        """The persons selected by a boolean mask or by row numbers, with a content hash of their own."""
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Dataset(
            dictionary=self.dictionary,
            columns={name: values[index].copy() for name, values in self.columns.items()},
            keys=tuple(self.keys[i] for i in index),
        )

    def frame(self, names: tuple[str, ...] | None = None) -> pd.DataFrame:
        """A fresh pandas frame: numbers as float64, categories as (ordered) Categorical of level labels."""
        data: dict[str, object] = {}
        for name in self.columns if names is None else names:
            variable, values = self.dictionary[name], self.columns[name]
            if variable.kind.is_categorical:
                labels = pd.Index([level.label for level in variable.levels])
                codes = values.astype(np.int32)
                data[name] = pd.Categorical.from_codes(codes, categories=labels, ordered=variable.kind is Kind.ORDINAL)
            else:
                data[name] = values.astype(np.float64)
        return pd.DataFrame(data)

    def _hash(self) -> str:
        digest = hashlib.sha256(b"fortuit-dataset-1\0")
        for name in sorted(self.columns):
            values = np.ascontiguousarray(self.columns[name])
            # One bit pattern for NaN and for zero, whatever produced them.
            if values.dtype.kind == "f":
                values = np.where(np.isnan(values), np.nan, values + 0.0)
            digest.update(f"{name}\0{values.dtype.str}\0{len(values)}\0".encode())
            digest.update(values.tobytes())
        for key in self.keys:
            digest.update(key.encode() + b"\0")
        return digest.hexdigest()
