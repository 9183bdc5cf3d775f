"""Table 1 as rows that may be shown: counts and means by group, standardised differences, never a p-value."""

from __future__ import annotations

from typing import Any

from miner.privacy.disclosure import disclose_count
from miner.privacy.profiles import Place, Profile
from miner.project import Project
from miner.tables.model import Dictionary
from miner.tables.profile import Cell, TableOne, masked_cells, table_one
from miner.tables.split import no_split
from reports.gate import Safe, gated
from reports.translation import number

MASK = "•"


def table_one_rows(project: Project, names: tuple[str, ...], by: str, place: Place, language: str) -> Safe:
    """Table 1 of the discovery part, by the levels of a variable or for all; masked as the project's profile asks."""
    discovery = project.discovery
    found = table_one(discovery, no_split(discovery), names, by=by)
    return _shown(found, project.dictionary, project.profile, place, language)


def _shown(found: TableOne, dictionary: Dictionary, profile: Profile, place: Place, language: str) -> Safe:
    groups = [
        f"{group} (n = {_count(size, profile, place, language)})" for group, size in zip(found.groups, found.sizes)
    ]
    rows: list[dict[str, Any]] = []
    masks = masked_cells(found, profile, place=place)
    for row, hidden in zip(found.rows, masks, strict=True):
        variable = dictionary[row.variable]
        title = f"{variable.title} [{variable.unit}]" if variable.unit else variable.title
        shown: dict[str, Any] = {"variable": f"{title}: {row.level}" if row.level else title}
        for group, cell, mask in zip(groups, row.cells, hidden, strict=True):
            shown[group] = MASK if mask else _cell(cell, language, numeric=not row.level)
        shown["unknown"] = _count(sum(cell.unknown for cell in row.cells), profile, place, language)
        if len(groups) == 2:
            shown["difference"] = MASK if any(hidden) else number(row.difference, language)
        rows.append(shown)
    columns = ("variable", *groups, "unknown", *(("difference",) if len(groups) == 2 else ()))
    return gated(rows, columns)


def _cell(cell: Cell, language: str, *, numeric: bool) -> str:
    if numeric:
        return f"{number(cell.mean, language, 1)} ({number(cell.sd, language, 1)})"
    share = 100.0 * cell.count / cell.n if cell.n else float("nan")
    return f"{number(cell.count, language, 0)} ({number(share, language, 1)} %)"


def _count(value: int, profile: Profile, place: Place, language: str) -> str:
    count = disclose_count(value, profile, place=place)
    return MASK if count is None else number(count, language, 0)
