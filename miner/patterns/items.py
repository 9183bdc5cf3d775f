"""Items: the conditions on single variables from which patterns are made, declared before any p-value exists.

An item is true, false or unknown for each person; unknown is never taken for false. Items of one variable exclude one
another in a pattern. Where an item depends on the data (quantile classes), it is fitted once, on the discovery part,
and carries its limits with it, so that it means the same for every other table.

>>> Item(variable="age", operator=Operator.INTERVAL, values=(40.0, 50.0)).text
'age in [40, 50)'
>>> Item(variable="sex", operator=Operator.EQUAL, values=("1",), label="female").text
'sex = female'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from miner.errors import NotAnItemVariable
from miner.tables.model import Dataset, Kind, Variable

_EPOCH = date(1970, 1, 1)


class Operator(StrEnum):
    """How the values of an item are to be read."""

    EQUAL = "="
    INTERVAL = "in"
    AT_LEAST = ">="
    ANY_OF = "any of"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A condition on one variable.

    ``values`` holds level codes (EQUAL, AT_LEAST, ANY_OF), or the limits [low, high) of a class of numbers (INTERVAL);
    it is empty for UNKNOWN. ``label`` is how a person reads the values; ``fitted`` tells limits taken from the data
    from declared ones.
    """

    variable: str
    operator: Operator
    values: tuple[float | str, ...] = ()
    label: str = ""
    fitted: bool = False

    @property
    def text(self) -> str:
        """The item as a person reads it and as the ledger names it."""
        if self.operator is Operator.UNKNOWN:
            return f"{self.variable} is unknown"
        if self.operator is Operator.INTERVAL:
            return f"{self.variable} {self.label or _interval(self.limits, number_text)}"
        return f"{self.variable} {self.operator.value} {self.label or ', '.join(str(v) for v in self.values)}"

    @property
    def limits(self) -> tuple[float, float]:
        """The limits [low, high) of a class of numbers."""
        low, high = self.values
        return float(low), float(high)

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, object]:
        """Plain values, as written in a plan and in the ledger; infinite limits as text."""
        values = [v if isinstance(v, str) or np.isfinite(v) else str(v) for v in self.values]
        return {
            "variable": self.variable,
            "operator": self.operator.value,
            "values": values,
            "label": self.label,
            "fitted": self.fitted,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, object]) -> Item:
        """The item that ``to_dict`` wrote."""
        operator = Operator(str(plain["operator"]))
        values: Sequence[object] = plain["values"]  # type: ignore[assignment]
        kept = tuple(float(str(v)) if operator is Operator.INTERVAL else str(v) for v in values)
        return cls(
            variable=str(plain["variable"]),
            operator=operator,
            values=kept,
            label=str(plain["label"]),
            fitted=bool(plain["fitted"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetApart:
    """A variable or item that gives no condition to search, with the reason; it is listed and counted."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemGrammar:
    """The declared items in order, grouped by variable, and what was set apart."""

    items: tuple[Item, ...]
    set_apart: tuple[SetApart, ...] = ()

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def per_variable(self) -> dict[str, int]:
        """Number of items of each variable: what the size of the universe is counted from."""
        return dict(Counter(item.variable for item in self.items))

    def keep(self, *, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> ItemGrammar:
        """The same grammar with only the included items (all where none is named) and without the excluded ones.

        Each entry is the text of an item or the name of a variable. What falls out is set apart with its reason.
        """
        wanted, unwanted = set(include), set(exclude)
        kept: list[Item] = []
        apart = list(self.set_apart)
        for item in self.items:
            names = {item.text, item.variable}
            if wanted and not names & wanted:
                apart.append(SetApart(name=item.text, reason="not_included"))
            elif names & unwanted:
                apart.append(SetApart(name=item.text, reason="excluded"))
            else:
                kept.append(item)
        return ItemGrammar(items=tuple(kept), set_apart=tuple(apart))


def declare_items(
    dataset: Dataset,
    variables: Sequence[str],
    *,
    bins: int = 4,
    thresholds: bool = False,
    missing_as_item: bool = False,
    absences: bool = True,
) -> ItemGrammar:
    """The items of the variables: levels, clinical cut points, else quantile classes fitted on this table.

    Parameters
    ----------
    dataset : the discovery part; only quantile classes and level counts are taken from it, never an outcome
    variables : names in the order in which items are declared
    bins : number of quantile classes of a numeric variable without cut points
    thresholds : ordinal variables as ``>= g`` for each level g after the first, instead of one item a level
    missing_as_item : one more item, "is unknown", for each variable with unknown values
    absences : items also for the first level (the absence) of binary variables

    Raises
    ------
    NotAnItemVariable : for text, keys and follow-up times
    """
    items: list[Item] = []
    apart: list[SetApart] = []
    for name in variables:
        variable = dataset.dictionary[name]
        if name not in dataset.columns or variable.kind in {Kind.TEXT, Kind.KEY, Kind.DURATION}:
            raise NotAnItemVariable(name=name, kind=variable.kind.value)
        known = dataset.known(name)
        if variable.kind.is_categorical:
            found = _level_items(variable, thresholds=thresholds, absences=absences)
            codes = np.asarray(dataset[name], dtype=np.int32)
            # Unknown is -1: the least known code is found with it out of the way.
            varies = known.any() and codes.max() > codes.min(where=known, initial=codes.max())
        else:
            found = _class_items(variable, dataset[name][known].astype(np.float64), bins)
            varies = len(found) > 1
        if missing_as_item and not known.all():
            found = (*found, Item(variable=name, operator=Operator.UNKNOWN)) if varies else found
        if varies:
            items.extend(found)
        else:
            apart.append(SetApart(name=name, reason="all_unknown" if not known.any() else "constant"))
    return ItemGrammar(items=tuple(items), set_apart=tuple(apart))


def number_text(value: float) -> str:
    """The shortest text of a limit: no trailing zeros, at most 12 significant digits.

    >>> number_text(40.0), number_text(0.1 + 0.2)
    ('40', '0.3')
    """
    return f"{value:.12g}"


def quantile_cuts(values: npt.NDArray[np.float64], bins: int) -> tuple[float, ...]:
    """Inner limits of ``bins`` classes [c1, c2) ... as equal in size as ties allow; each limit is an observed value.

    Where the least value alone fills every quantile (most persons drink nothing), it is one class and the rest another.

    >>> quantile_cuts(np.arange(1.0, 9.0), 4)
    (3.0, 5.0, 7.0)
    >>> quantile_cuts(np.array([0.0, 0.0, 0.0, 0.0, 5.0]), 3)
    (5.0,)
    """
    if not len(values):
        return ()
    ordered = np.sort(values)
    # A class starts at the first observed value with at least k/bins of the persons below it.
    starts = np.ceil(np.arange(1, bins) * len(ordered) / bins).astype(np.int64)
    cuts = np.unique(ordered[np.minimum(starts, len(ordered) - 1)])
    inner = cuts[cuts > ordered[0]]
    above = ordered[ordered > ordered[0]]
    return tuple(float(cut) for cut in (inner if len(inner) else above[:1]))


def _level_items(variable: Variable, *, thresholds: bool, absences: bool) -> tuple[Item, ...]:
    repeated = Counter(level.label for level in variable.levels)
    labels = [f"{v.label} ({v.code})" if repeated[v.label] > 1 or not v.label else v.label for v in variable.levels]
    codes = [level.code for level in variable.levels]
    if thresholds and variable.kind is Kind.ORDINAL:
        return tuple(
            Item(variable=variable.name, operator=Operator.AT_LEAST, values=(codes[g],), label=labels[g])
            for g in range(1, len(codes))
        )
    first = 1 if variable.kind is Kind.BINARY and not absences else 0
    return tuple(
        Item(variable=variable.name, operator=Operator.EQUAL, values=(codes[g],), label=labels[g])
        for g in range(first, len(codes))
    )


def _class_items(variable: Variable, values: npt.NDArray[np.float64], bins: int) -> tuple[Item, ...]:
    fitted = not variable.cut_points
    cuts = quantile_cuts(values, bins) if fitted else tuple(sorted(set(variable.cut_points)))
    if not cuts or not len(values):
        return ()
    edges = (-np.inf, *cuts, np.inf)
    write = _day_text if variable.kind is Kind.DATE else number_text
    return tuple(
        Item(
            variable=variable.name,
            operator=Operator.INTERVAL,
            values=(float(low), float(high)),
            label=_interval((low, high), write),
            fitted=fitted,
        )
        for low, high in pairwise(edges)
    )


def _day_text(days: float) -> str:
    return (_EPOCH + timedelta(days=days)).isoformat()


def _interval(limits: tuple[float, float], text: Callable[[float], str]) -> str:
    low, high = limits
    if np.isneginf(low):
        return f"< {text(high)}"
    if np.isposinf(high):
        return f">= {text(low)}"
    return f"in [{text(low)}, {text(high)})"
