"""Masking small cells of a table of counts so that no sum or difference gives them back.

Primary suppression takes the small counts; secondary suppression finds, by mixed-integer programming, the cheapest set
of further cells such that for each small count every value from 0 to the threshold stays possible; an attack by linear
programming proves it afterwards. Totals are cells too (M. Fischetti, J. J. Salazar, Manag. Sci. 47 (2001) 1008-1027,
doi:10.1287/mnsc.47.7.1008.9805).

>>> import numpy as np
>>> protected = protect(np.array([[40, 3], [50, 30]]), threshold=11)
>>> bool(protected.masked[0, 1]), int(protected.masked.sum()) >= 4
(True, True)
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from miner.errors import CannotProtect

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_MOST_JOINT = 40_000
_SECONDS = 8.0
_MARGIN_WEIGHT = 5.0
_stdout_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Protected:
    """A table with its totals in the last row and column, and which of these cells are masked.

    ``primary`` counts the small cells, ``secondary`` those masked for their sake; the log may say so, the table never
    tells them apart (DECISIONS 27).
    """

    full: Counts
    masked: Mask
    primary: int
    secondary: int

    def shown(self, symbol: str = "•") -> list[list[int | str]]:
        """Cells as they may be shown: the count, or one and the same symbol for every masked cell."""
        return [
            [symbol if hidden else int(count) for count, hidden in zip(counts, row, strict=True)]
            for counts, row in zip(self.full, self.masked, strict=True)
        ]


def with_totals(table: Counts) -> Counts:
    """The table (r, c) with a last row and column of totals; one row or one column stays a table."""
    counts = np.atleast_2d(np.asarray(table, dtype=np.int64))
    counts = np.vstack([counts, counts.sum(axis=0)])
    return np.hstack([counts, counts.sum(axis=1, keepdims=True)])


def primary(full: Counts, threshold: int) -> Mask:
    """Which cells of a table with totals are small: 1 to threshold - 1, or that far from the total of their line.

    The second is the complement: 997 of 1,000 tells of 3 persons, whether or not they have a cell of their own.
    """
    small = (full > 0) & (full < threshold)
    for total in (full[-1, -1], full[:, -1:], full[-1:, :]):
        rest = total - full
        near = (rest > 0) & (rest < threshold)
        # A total has no complement in its own line.
        if np.ndim(total) and np.shape(total)[1] == 1:
            near[:, -1] = False
        elif np.ndim(total):
            near[-1, :] = False
        else:
            near[-1, -1] = False
        small |= near
    return small


def equations(shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """The sums that everybody knows to hold in a table with totals of this shape: one row each, equal to zero."""
    rows, columns = shape
    place = np.arange(rows * columns).reshape(rows, columns)
    lines = []
    for row in range(rows):
        line = np.zeros(rows * columns)
        line[place[row, :-1]], line[place[row, -1]] = 1.0, -1.0
        lines.append(line)
    for column in range(columns):
        line = np.zeros(rows * columns)
        line[place[:-1, column]], line[place[-1, column]] = 1.0, -1.0
        lines.append(line)
    return np.array(lines)


def attack(full: Counts, masked: Mask) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What anybody can work out: the least and the greatest value of each masked cell, given all shown cells and sums.

    Returns two arrays of the shape of ``full``; a shown cell has its count in both.
    """
    from scipy.optimize import linprog

    low = full.astype(np.float64).copy()
    high = low.copy()
    hidden = np.flatnonzero(masked.ravel())
    if not len(hidden):
        return low, high
    system = equations(full.shape)
    shown = np.flatnonzero(~masked.ravel())
    known = -system[:, shown] @ full.ravel()[shown]
    unknown = system[:, hidden]
    used = np.abs(unknown).sum(axis=1) > 0
    for place, cell in enumerate(hidden):
        goal = np.zeros(len(hidden))
        goal[place] = 1.0
        for sign, target in ((1.0, low), (-1.0, high)):
            found = linprog(sign * goal, A_eq=unknown[used], b_eq=known[used], bounds=(0, None), method="highs")
            open_end = 0.0 if sign > 0 else np.inf
            target.ravel()[cell] = sign * float(found.fun or 0.0) if found.status == 0 else open_end
    return low, high


def is_safe(full: Counts, masked: Mask, small: Mask, threshold: int) -> bool:
    """True where for each small cell the attack leaves everything from 0 to the threshold possible.

    A cell that is small by its complement is safe where its complement is as unknown as that.
    """
    low, high = attack(full, masked)
    width = np.where(full < threshold, threshold, 0)
    fine = (low <= 1e-6) & (high >= width - 1e-6)
    large = full >= threshold
    fine |= large & (high - low >= threshold - 1e-6)
    return bool(np.all(fine[small]) and np.all(masked[small]))


def protect(table: Counts, threshold: int, *, totals_known: bool = False) -> Protected:
    """Mask a table of counts (r, c), with its totals, so that the attack learns nothing about its small cells.

    ``totals_known`` says that large totals stand elsewhere (the sizes of groups), so that they cannot be masked.
    Raises ``CannotProtect`` where not even masking all cells would do.
    """
    full = with_totals(table)
    small = primary(full, threshold)
    if not small.any():
        return Protected(full=full, masked=small, primary=0, secondary=0)
    known = np.zeros_like(small)
    if totals_known:
        known[-1, :] = known[:, -1] = True
        known &= ~small
    masked = _cheapest(full, small, known, threshold)
    if masked is None or not is_safe(full, masked, small, threshold):
        masked = ~known
        if not is_safe(full, masked, small, threshold):
            raise CannotProtect()
    return Protected(full=full, masked=masked, primary=int(small.sum()), secondary=int(masked.sum() - small.sum()))


def _cheapest(full: Counts, small: Mask, known: Mask, threshold: int) -> Mask | None:
    """All small cells at once where the program stays small, else one after the other with what is masked for free."""
    cells = np.flatnonzero(small.ravel())
    if 2 * len(cells) * full.size <= _MOST_JOINT:
        return _program(full, small, known, cells, threshold)
    masked: Mask = small.copy()
    for cell in cells:
        found = _program(full, masked, known, np.array([cell]), threshold)
        if found is None:
            return None
        masked |= found
    return masked


def _program(full: Counts, fixed: Mask, known: Mask, cells: npt.NDArray[np.int64], threshold: int) -> Mask | None:
    """The mixed-integer program: mask so that each of ``cells`` can go down to 0 and up to the threshold.

    Variables: y (masked or not, one per cell), then two deviations per protected cell that keep all sums and touch
    masked cells only.
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    size = full.size
    count = full.ravel().astype(np.float64)
    reach = 2.0 * threshold
    system = sparse.csr_matrix(equations(full.shape))
    weight = 1.0 + np.log1p(count)
    total = np.zeros(full.shape, dtype=bool)
    total[-1, :] = total[:, -1] = True
    weight[total.ravel()] *= _MARGIN_WEIGHT
    down = np.minimum(count, reach)
    n_deviations = 2 * len(cells)
    n = size * (1 + n_deviations)
    identity = sparse.identity(size, format="csr")
    blocks: list[list[Any]] = []
    lows, highs = [], []
    lower = np.concatenate([fixed.ravel().astype(float), np.tile(-down, n_deviations)])
    upper = np.concatenate([(~known).ravel().astype(float), np.full(size * n_deviations, reach)])
    for place in range(n_deviations):
        cell = cells[place // 2]
        row: list[Any] = [None] * (1 + n_deviations)
        row[0] = sparse.csr_matrix((system.shape[0], size))
        row[1 + place] = system
        blocks.append(row)
        lows.append(np.zeros(system.shape[0]))
        highs.append(np.zeros(system.shape[0]))
        # A cell that is shown cannot deviate: -down * y <= d <= reach * y.
        for matrix, sign in ((sparse.diags(down), 1.0), (sparse.diags(np.full(size, -reach)), 1.0)):
            row = [None] * (1 + n_deviations)
            row[0], row[1 + place] = matrix, sign * identity
            blocks.append(row)
        lows += [np.zeros(size), np.full(size, -np.inf)]
        highs += [np.full(size, np.inf), np.zeros(size)]
        start = size * (1 + place) + cell
        if place % 2 == 0:
            # A large cell that is small by its complement has to move by the threshold in all.
            lower[start] = max(threshold - count[cell], 0.0) if count[cell] < threshold else threshold / 2
        else:
            upper[start] = -count[cell] if count[cell] < threshold else -threshold / 2
    constraint = LinearConstraint(sparse.bmat(blocks, format="csr"), np.concatenate(lows), np.concatenate(highs))
    if (lower > upper).any():
        return None
    with _quiet():
        found = milp(
            np.concatenate([weight, np.zeros(n - size)]),
            constraints=constraint,
            bounds=Bounds(lower, upper),
            integrality=np.concatenate([np.ones(size), np.zeros(n - size)]),
            options={"time_limit": _SECONDS, "mip_rel_gap": 0.05},
        )
    if found.x is None:
        return None
    return np.asarray(found.x[:size] > 0.5).reshape(full.shape) | fixed


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the solver, which writes to file descriptor 1 whatever it is told, off the terminal (DECISIONS 40)."""
    with _stdout_lock:
        kept = os.dup(1)
        try:
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), 1)
                yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def merge_levels(table: Counts, threshold: int, *, ordinal: bool = False) -> tuple[tuple[int, ...], ...]:
    """Groups of rows to be joined until every row total reaches the threshold, as tuples of row numbers.

    Ordinal rows join a neighbour, nominal ones the next smallest. One group of everything is the last resort.
    """
    totals = np.asarray(table, dtype=np.int64).sum(axis=1)
    groups = [[row] for row in range(len(totals))]
    while len(groups) > 1:
        sums = [int(totals[group].sum()) for group in groups]
        least = int(np.argmin(sums))
        if sums[least] >= threshold:
            break
        if ordinal:
            sides = [side for side in (least - 1, least + 1) if 0 <= side < len(groups)]
        else:
            sides = [side for side in range(len(groups)) if side != least]
        other = min(sides, key=lambda side: sums[side])
        low, high = sorted((least, other))
        groups[low] = sorted(groups[low] + groups[high])
        del groups[high]
    return tuple(tuple(group) for group in groups)


def round_counts(table: Counts, base: int) -> Counts:
    """Inner counts rounded to the base (half up), totals added from the rounded ones."""
    rounded = (np.asarray(table, dtype=np.int64) + base // 2) // base * base
    return with_totals(rounded)
