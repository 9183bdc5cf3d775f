"""The one gate before anything is shown: what a page draws or a file holds is a ``Safe`` value made here.

Rows of findings and registries pass the disclosure rules of the project's profile; rows about variables, events, files
and settings hold no counts of persons below a table and are declared as descriptive. Nothing else can be shown: the
drawing functions of the workbench take ``Safe`` values only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miner.privacy.disclosure import disclose_row
from miner.privacy.profiles import Place, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """Rows that may be shown at a place, with the columns in their order."""

    rows: tuple[Mapping[str, Any], ...]
    columns: tuple[str, ...]


def disclosed(
    row: Mapping[str, Any], profile: Profile, place: Place, cutoffs: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """A finding's row as it may appear at a place: unchanged, or with what would give a small count away masked."""
    return disclose_row(row, profile, place=place, cutoffs=cutoffs)


def gated(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Safe:
    """Rows that were disclosed one by one, cut to the columns named."""
    return Safe(rows=tuple({name: row.get(name) for name in columns} for row in rows), columns=tuple(columns))


def descriptive(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> Safe:
    """Rows about variables, tests, events, files or settings: none of them stands for a person.

    Raises TypeError where a row carries cells of persons, which must pass :func:`disclosed`.
    """
    names = tuple(columns) or tuple(rows[0] if rows else ())
    for row in rows:
        if {"counts", "a", "b", "c", "d"} & set(row):
            raise TypeError("rows with counts of persons pass the disclosure rules, they are not descriptive")
    return gated(rows, names)
