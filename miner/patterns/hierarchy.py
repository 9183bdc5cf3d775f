"""Hierarchies of codes (ATC, ICD, genes to pathways): search at the level at which something can be seen.

A hierarchy names the parent of each code. The levels of one variable are rolled up into items that hold for any
descendant; variables of their own (one a drug, one a gene) are rolled up into new yes/no variables. An item and its
ancestor never stand in one pattern: such a pattern says no more than the item alone.

>>> atc = Hierarchy(parent={"C09AA": "C09", "C09CA": "C09", "C09": "C"})
>>> atc.ancestors("C09AA"), atc.leaves("C")
(('C09', 'C'), ('C09AA', 'C09CA'))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

import numpy as np
import numpy.typing as npt

from miner.errors import BadHierarchy
from miner.patterns.items import Item, Operator
from miner.tables.model import Dataset, Interval, Kind, Level, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """``parent`` names the parent of each code; ``labels`` how a person reads a code (the code itself where absent)."""

    parent: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            tuple(TopologicalSorter({child: {above} for child, above in self.parent.items()}).static_order())
        except CycleError as cycle:
            raise BadHierarchy(detail=" is below ".join(map(str, cycle.args[1]))) from cycle

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The codes above a code, nearest first."""
        found = []
        while code in self.parent:
            code = self.parent[code]
            found.append(code)
        return tuple(found)

    def leaves(self, code: str) -> tuple[str, ...]:
        """The codes below a code that have none below themselves, in the order of the hierarchy."""
        inner = set(self.parent.values())
        return tuple(child for child in self.parent if child not in inner and code in self.ancestors(child))

    def above(self, codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Each ancestor of at least two of the codes, with those of the codes that lie below it."""
        below: dict[str, list[str]] = {}
        for code in codes:
            for ancestor in self.ancestors(code):
                below.setdefault(ancestor, []).append(code)
        return {ancestor: tuple(those) for ancestor, those in below.items() if len(those) > 1}

    def label(self, code: str) -> str:
        return self.labels.get(code, code)


def roll_up_levels(variable: Variable, hierarchy: Hierarchy) -> tuple[Item, ...]:
    """Items "any of" for each ancestor of at least two levels of a categorical variable.

    They are items of the same variable, so that no pattern holds two of them, or one of them with a level.
    """
    return tuple(
        Item(variable=variable.name, operator=Operator.ANY_OF, values=codes, label=hierarchy.label(ancestor))
        for ancestor, codes in hierarchy.above([level.code for level in variable.levels]).items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledUp:
    """A table with one yes/no variable more for each ancestor, and the pairs (item, item of its ancestor)."""

    dataset: Dataset
    added: tuple[str, ...]
    determined: frozenset[tuple[Item, Item]]


def roll_up_variables(dataset: Dataset, hierarchy: Hierarchy) -> RolledUp:
    """Add, for each ancestor of at least two binary variables, whether a person has any of them.

    It is true where any is known to be true, false where all are known to be false, else unknown. The new variable is
    of the role of the first one below it and was measured while any of them was.

    Raises
    ------
    BadHierarchy : where an ancestor has the name of a variable of the table
    """
    binary = [v.name for v in dataset.dictionary if v.kind is Kind.BINARY and v.name in dataset.columns]
    groups = hierarchy.above(binary)
    taken = [name for name in groups if name in dataset.dictionary]
    if taken:
        raise BadHierarchy(detail=f"'{taken[0]}' is both a variable of the table and an ancestor of others")
    columns = dict(dataset.columns)
    variables = list(dataset.dictionary.variables)
    for name, below in groups.items():
        columns[name] = _any_of([dataset[child] for child in below])
        variables.append(_ancestor(name, [dataset.dictionary[child] for child in below], hierarchy))
    rolled = Dataset(
        dictionary=replace(dataset.dictionary, variables=tuple(variables)),
        columns=columns,
        keys=dataset.keys,
    )
    tied = {
        (_presence(rolled.dictionary[child]), _presence(rolled.dictionary[ancestor]))
        for child in (*binary, *groups)
        for ancestor in hierarchy.ancestors(child)
        if ancestor in groups and (child in groups or child in groups[ancestor])
    }
    return RolledUp(dataset=rolled, added=tuple(groups), determined=frozenset(tied))


def _any_of(columns: list[npt.NDArray[np.generic]]) -> npt.NDArray[np.int32]:
    states = np.array(columns, dtype=np.int32)
    return np.where((states == 1).any(axis=0), 1, np.where((states < 0).any(axis=0), -1, 0)).astype(np.int32)


def _ancestor(name: str, below: list[Variable], hierarchy: Hierarchy) -> Variable:
    times = [variable.measured for variable in below if variable.measured is not None]
    measured = None
    if len(times) == len(below):
        measured = Interval(start=min(time.start for time in times), end=max(time.end for time in times))
    return Variable(
        name=name,
        label=hierarchy.label(name),
        kind=Kind.BINARY,
        role=below[0].role,
        levels=(Level(code="0", label="no"), Level(code="1", label="yes")),
        measured=measured,
        note="any of " + ", ".join(variable.name for variable in below),
    )


def _presence(variable: Variable) -> Item:
    level = variable.levels[1]
    return Item(variable=variable.name, operator=Operator.EQUAL, values=(level.code,), label=level.label)
