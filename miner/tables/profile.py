"""Table 1: what the persons of the discovery part are like, in groups, without a single test (DECISIONS 11).

Standardised differences say how unlike two groups are; a p-value here would be a test that no ledger has counted.

>>> from miner.tables.demo import load_nhefs
>>> from miner.tables.split import no_split
>>> from miner.tables.typed import apply_dictionary
>>> data = apply_dictionary(*load_nhefs())
>>> age = table_one(data, no_split(data), ["age"], by="qsmk").rows[0]
>>> [round(cell.mean, 1) for cell in age.cells], round(age.difference, 2)
([42.9, 46.7], 0.31)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from miner.errors import CannotProtect
from miner.privacy.disclosure import profile_of
from miner.privacy.profiles import Place, Profile
from miner.privacy.suppression import protect
from miner.tables.model import Dataset, Kind, Variable
from miner.tables.split import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One variable, or one level of it, in one group. ``count`` persons of ``n`` known; ``unknown`` persons besides.

    Numeric: mean, standard deviation (n - 1), median and quartiles; ``count`` is then n. Undefined numbers are NaN.
    """

    n: int
    unknown: int
    count: int
    mean: float = math.nan
    sd: float = math.nan
    median: float = math.nan
    lower_quartile: float = math.nan
    upper_quartile: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A numeric variable, or a level of a categorical one, over all groups.

    ``difference`` is the standardised difference of the last group minus the first (two groups only, else NaN): for
    means over the pooled standard deviation, for shares over that of the two shares.
    """

    variable: str
    level: str
    cells: tuple[Cell, ...]
    difference: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOne:
    """Groups with their sizes, and the rows in the order asked for."""

    by: str
    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    rows: tuple[Row, ...]


def table_one(dataset: Dataset, split: Split, names: Sequence[str], *, by: str = "") -> TableOne:
    """Describe variables in the discovery part, in all or by the levels of ``by`` (binary, ordinal or nominal).

    Persons whose group is unknown are left out. The result holds exact counts: show it through the disclosure gate.
    """
    part = dataset.take(split.discovery)
    if by:
        levels = tuple(level.label for level in part.dictionary[by].levels)
        masks = [part[by] == code for code in range(len(levels))]
    else:
        levels, masks = ("all",), [np.ones(part.n, dtype=bool)]
    rows: list[Row] = []
    for name in names:
        if name != by and name in part.columns:
            rows += _rows(part, part.dictionary[name], masks)
    return TableOne(by=by, groups=levels, sizes=tuple(int(mask.sum()) for mask in masks), rows=tuple(rows))


def masked_cells(
    found: TableOne, rules: Profile | Mapping[str, object], *, place: Place
) -> tuple[tuple[bool, ...], ...]:
    """Which cells of a Table 1 may not be shown there, per row and group; with one of them goes the difference.

    The levels of a variable are protected together, as a table whose totals are known: the sizes of the groups stand
    above them, and a Table 1 of all persons may stand beside.
    """
    who = profile_of(rules)
    if not who.masks(place):
        return tuple((False,) * len(row.cells) for row in found.rows)
    masks: list[tuple[bool, ...]] = []
    for _, group in groupby(found.rows, key=lambda row: row.variable):
        rows = list(group)
        if not rows[0].level:
            masks += [tuple(cell.n < who.threshold for cell in row.cells) for row in rows]
            continue
        counts = np.array([[cell.count for cell in row.cells] for row in rows], dtype=np.int64)
        try:
            masked = protect(counts, who.threshold, totals_known=True).masked[:-1, :-1]
        except CannotProtect:
            masked = np.ones(counts.shape, dtype=bool)
        masks += [tuple(bool(hidden) for hidden in line) for line in masked]
    return tuple(masks)


def _rows(part: Dataset, variable: Variable, masks: Sequence[npt.NDArray[np.bool_]]) -> list[Row]:
    values = part[variable.name]
    known = part.known(variable.name)
    if variable.kind.is_numeric:
        numbers = np.asarray(values, dtype=np.float64)
        cells = tuple(_numeric(numbers, mask, known) for mask in masks)
        return [
            Row(
                variable=variable.name,
                level="",
                cells=cells,
                # A calendar date has no scale on which groups could be compared.
                difference=math.nan if variable.kind is Kind.DATE else _difference_of_means(cells),
            )
        ]
    rows = []
    for code, level in enumerate(variable.levels):
        cells = tuple(
            Cell(
                n=int((mask & known).sum()),
                unknown=int((mask & ~known).sum()),
                count=int((mask & (values == code)).sum()),
            )
            for mask in masks
        )
        rows.append(
            Row(variable=variable.name, level=level.label, cells=cells, difference=_difference_of_shares(cells))
        )
    return rows


def _numeric(values: npt.NDArray[np.float64], mask: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> Cell:
    here = values[mask & known]
    unknown = int((mask & ~known).sum())
    if not len(here):
        return Cell(n=0, unknown=unknown, count=0)
    lower, median, upper = np.quantile(here, [0.25, 0.5, 0.75])
    return Cell(
        n=len(here),
        unknown=unknown,
        count=len(here),
        mean=float(here.mean()),
        sd=float(here.std(ddof=1)) if len(here) > 1 else math.nan,
        median=float(median),
        lower_quartile=float(lower),
        upper_quartile=float(upper),
    )


def _difference_of_means(cells: tuple[Cell, ...]) -> float:
    """(mean1 - mean0) / sqrt((sd0^2 + sd1^2) / 2): Austin, Stat. Med. 28 (2009) 3083, doi:10.1002/sim.3697."""
    if len(cells) != 2:
        return math.nan
    first, last = cells
    scale = math.sqrt((first.sd**2 + last.sd**2) / 2)
    return (last.mean - first.mean) / scale if scale > 0 else math.nan


def _difference_of_shares(cells: tuple[Cell, ...]) -> float:
    if len(cells) != 2 or not all(cell.n for cell in cells):
        return math.nan
    first, last = (cell.count / cell.n for cell in cells)
    scale = math.sqrt((first * (1 - first) + last * (1 - last)) / 2)
    return (last - first) / scale if scale > 0 else math.nan
