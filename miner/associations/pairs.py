"""Every pair of the chosen variables, tested by the kinds of its two sides; unknown values drop out pair by pair.

The universe is fixed before anything is computed: all unordered pairs of a list, or of two lists. A pair that cannot be
computed is a row too, with its status and reason, and counts in the family.

>>> list(PairUniverse(variables=("a", "b", "c")))
[('a', 'b'), ('a', 'c'), ('b', 'c')]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from miner.associations import pair_tests
from miner.associations.adjusted_pairs import Adjustment
from miner.associations.columns import Columns, Scale, prepare_columns
from miner.associations.pair_tests import Fields, Places
from miner.associations.rows import TestRow, build_row, hypothesis_id
from miner.statistics.intervals import critical_value
from miner.tables.model import Dataset

_CHUNK = 20_000
"""Pairs computed between two looks at ``cancelled``; bounds memory too."""

TESTS = {
    "spearman": "number or ordered levels with number or ordered levels",
    "welch": "number with a binary",
    "kruskal": "number with nominal groups, ordered levels with nominal groups or a binary",
    "fisher_two_sided": "two sides with two levels each",
    "chi_square": "nominal groups with nominal groups or a binary",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairUniverse:
    """The declared pairs: all C(q, 2) of ``variables``, or each of ``variables`` with each of ``against``.

    A pair that both lists allow in either order is counted once; a variable is never paired with itself.
    """

    variables: tuple[str, ...]
    against: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        if not self.against:
            for k, x in enumerate(self.variables):
                for y in self.variables[k + 1 :]:
                    yield x, y
            return
        seen = set()
        for x in self.variables:
            for y in self.against:
                if x != y and (y, x) not in seen:
                    seen.add((x, y))
                    yield x, y

    def __len__(self) -> int:
        if not self.against:
            return len(self.variables) * (len(self.variables) - 1) // 2
        both = len(set(self.variables) & set(self.against))
        return len(self.variables) * len(self.against) - both - both * (both - 1) // 2


def mine_pairs(
    dataset: Dataset,
    universe: PairUniverse | Sequence[str],
    *,
    adjust_for: Sequence[str] = (),
    confidence: float = 0.95,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[TestRow]:
    """Test rows of all pairs, in the order of the universe; stops early only where ``cancelled`` says so.

    Parameters
    ----------
    dataset
        The discovery part. Unknown values are left out pair by pair and counted in ``n_unknown``.
    universe
        The declared pairs, or a list of variables for all their pairs.
    adjust_for
        Covariates of the adjusted value shown beside the crude one (age and sex where they are recorded). A pair that
        holds a covariate is adjusted for the others.
    confidence
        Of the intervals.
    seed
        Of the permutations of sparse tables.
    progress, cancelled
        Called between chunks with (pairs done, pairs in all), and asked whether to stop.

    Raises
    ------
    UnknownVariable
        A name that the dictionary does not have.
    """
    if not isinstance(universe, PairUniverse):
        universe = PairUniverse(variables=tuple(universe))
    names = tuple(dict.fromkeys((*universe.variables, *universe.against)))
    columns = prepare_columns(dataset, names)
    adjustment = Adjustment.prepare(dataset, columns, tuple(adjust_for), confidence) if adjust_for else None
    where = {name: k for k, name in enumerate(names)}
    total, done = len(universe), 0
    pairs = iter(universe)
    while done < total and not (cancelled is not None and cancelled()):
        chunk = np.array([(where[x], where[y]) for x, y in _take(pairs, _CHUNK)], np.int64).reshape(-1, 2)
        yield from _rows_of(columns, adjustment, chunk, done, confidence, seed)
        done += len(chunk)
        if progress is not None:
            progress(done, total)


def _take(pairs: Iterator[tuple[str, str]], count: int) -> Iterator[tuple[str, str]]:
    for _, pair in zip(range(count), pairs):
        yield pair


def _rows_of(
    columns: Columns, adjustment: Adjustment | None, chunk: Places, first: int, confidence: float, seed: int
) -> Iterator[TestRow]:
    fields: list[Fields] = [{} for _ in chunk]
    for members, found in _tested(columns, chunk, confidence, seed):
        for k, values in zip(members.tolist(), found, strict=True):
            fields[k] = values
    adjusted = adjustment.beside(chunk, fields) if adjustment is not None else [None] * len(chunk)
    for k, (i, j) in enumerate(chunk.tolist()):
        values = fields[k]
        beside = adjusted[k]
        yield build_row(
            ordinal=first + k,
            mode="pair",
            x=[columns.names[i]],
            y=columns.names[j],
            n_unknown=columns.n - int(values["n"]),  # type: ignore[call-overload]
            adjusted_for=[] if beside is None else beside[0],
            adjusted=None if beside is None else beside[1],
            **values,  # type: ignore[arg-type]
        )


def _tested(columns: Columns, chunk: Places, confidence: float, seed: int) -> Iterator[tuple[Places, Iterator[Fields]]]:
    """Members of the chunk with their fields, one test after the other."""
    z = critical_value(confidence)
    scale, place = columns.scale, columns.place
    # The side with the smaller scale (numbers first, groups last) is the left one of a kernel.
    swap = scale[chunk[:, 0]] > scale[chunk[:, 1]]
    ordered = np.where(swap[:, None], chunk[:, ::-1], chunk)
    low, high = scale[ordered].T
    left, right = place[ordered].T
    members = np.flatnonzero(high == Scale.NONE)
    yield members, iter([_NOT_ANALYSED] * len(members))
    members = np.flatnonzero(high <= Scale.ORDER)
    yield members, pair_tests.spearman(columns, left[members], right[members], z)
    means = (low == Scale.NUMBER) & (high == Scale.BINARY)
    members = np.flatnonzero(means)
    yield members, pair_tests.welch(columns, left[members], right[members], z, confidence)
    members = np.flatnonzero((low <= Scale.ORDER) & (high > Scale.ORDER) & (high < Scale.NONE) & ~means)
    yield members, pair_tests.kruskal(columns, left[members], right[members], z)
    members = np.flatnonzero((low > Scale.ORDER) & (high < Scale.NONE))
    if len(members):
        yield from _table_tests(columns, chunk[members], members, confidence, z, seed)


def _table_tests(
    columns: Columns, pairs: Places, members: Places, confidence: float, z: float, seed: int
) -> Iterator[tuple[Places, Iterator[Fields]]]:
    """Group columns against group columns: empty levels dropped, then Fisher for 2 x 2 and chi-square for the rest."""
    left, right = columns.place[pairs].T
    counted = pair_tests.tables(columns, left, right)
    rows, cols = counted.sum(axis=2) > 0, counted.sum(axis=1) > 0
    named = [
        [_present(columns.groups.labels[i], rows[k]), _present(columns.groups.labels[j], cols[k])]
        for k, (i, j) in enumerate(zip(left, right))
    ]
    r, c = rows.sum(axis=1), cols.sum(axis=1)
    single = np.flatnonzero((r < 2) | (c < 2))
    yield members[single], (_single_level(int(counted[k].sum())) for k in single)
    small = np.flatnonzero((r == 2) & (c == 2))
    if len(small):
        squares = np.stack([counted[k][np.ix_(rows[k], cols[k])] for k in small])
        yield members[small], pair_tests.fisher(squares, [named[k] for k in small], confidence)
    wide = np.flatnonzero((r >= 2) & (c >= 2) & (r + c > 4))
    yield (
        members[wide],
        (
            pair_tests.chi_square(
                counted[k][np.ix_(rows[k], cols[k])], named[k], z, (seed, *_stream(columns, pairs[k].tolist()))
            )
            for k in wide
        ),
    )


def _present(labels: Sequence[str], occurs: np.ndarray) -> list[str]:
    return [label for label, present in zip(labels, occurs) if present]


def _stream(columns: Columns, pair: list[int]) -> tuple[int]:
    """A random stream that belongs to the hypothesis, whatever else is in the universe."""
    return (int(hypothesis_id("pair", [columns.names[pair[0]]], columns.names[pair[1]])[:12], 16),)


_NOT_ANALYSED: Fields = {
    "test": "none",
    "status": "not_computed",
    "reason": "text, keys and durations with an event are not tested in pairs; a Cox screen takes durations",
    "n": 0,
}


def _single_level(n: int) -> Fields:
    return {
        "test": "fisher_two_sided",
        "status": "degenerate",
        "reason": "one side has a single level among the persons known for both",
        "n": n,
    }
