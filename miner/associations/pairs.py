"""Every pair of the chosen variables, tested by the kinds of its two sides; unknown values drop out pair by pair.

The universe is fixed before anything is computed: all unordered pairs of a list, or of two lists. A pair that cannot be
computed is a row too, with its status and reason, and counts in the family.

>>> list(PairUniverse(variables=("a", "b", "c")))
[('a', 'b'), ('a', 'c'), ('b', 'c')]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from miner.associations import pair_tests
from miner.associations.adjusted_pairs import Adjustment
from miner.associations.columns import Columns, Scale, prepare_columns
from miner.associations.pair_sums import PairTables, Places, fills_rectangle
from miner.associations.pair_tests import Fields
from miner.associations.rows import TestRow, build_row, hypothesis_id
from miner.statistics.intervals import critical_value
from miner.tables.model import Dataset

_CHUNK_CELLS = 10_000_000_000
"""Pairs times persons summed before rows are written: a few seconds at most, and a bound on memory."""
_BATCH = 4_096
"""Rows written between two looks at ``cancelled``."""

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
    column_ranks: bool = False,
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
    column_ranks
        Where values are unknown, rank each column once instead of anew inside each pair. It makes millions of pairs
        with unknown values as fast as complete ones; each row says which ranks it used.
    progress, cancelled
        Called as the work goes on with (pairs done, pairs in all), and asked whether to stop.

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
    size = int(np.clip(_CHUNK_CELLS // max(dataset.n, 1), 2_000, 100_000))
    pairs = iter(universe)
    while done < total:
        if cancelled is not None and cancelled():
            return
        chunk = np.array([(where[x], where[y]) for x, y in islice(pairs, size)], np.int64)
        test = _ChunkTests(columns=columns, chunk=chunk, confidence=confidence, seed=seed, column_ranks=column_ranks)
        fields = test.fields()
        for first in range(0, len(chunk), _BATCH):
            if cancelled is not None and cancelled():
                return
            part = chunk[first : first + _BATCH]
            yield from _rows_of(columns, adjustment, part, list(islice(fields, len(part))), done)
            done += len(part)
            if progress is not None:
                progress(done, total)


def _rows_of(
    columns: Columns, adjustment: Adjustment | None, pairs: Places, fields: list[Fields], first: int
) -> Iterator[TestRow]:
    adjusted = adjustment.beside(pairs, fields) if adjustment is not None else [None] * len(pairs)
    for k, (i, j) in enumerate(pairs.tolist()):
        values, beside = fields[k], adjusted[k]
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _ChunkTests:
    """The tests of one chunk of pairs, each kind of test as one stream; sums come first, rows are written as asked."""

    columns: Columns
    chunk: Places
    confidence: float
    seed: int
    column_ranks: bool

    def fields(self) -> Iterator[Fields]:
        """The fields of each pair, in the order of the chunk."""
        streams: list[Iterator[Fields]] = []
        stream_of = np.zeros(len(self.chunk), np.int64)
        for members, stream in self._streams():
            stream_of[members] = len(streams)
            streams.append(stream)
        for number in stream_of.tolist():
            yield next(streams[number])

    def _streams(self) -> Iterator[tuple[Places, Iterator[Fields]]]:
        z, columns = critical_value(self.confidence), self.columns
        # The side with the smaller scale (numbers first, groups last) is the left one of a test.
        scale = columns.scale[self.chunk]
        swap = scale[:, 0] > scale[:, 1]
        ordered = np.where(swap[:, None], self.chunk[:, ::-1], self.chunk)
        low, high = columns.scale[ordered].T
        left, right = columns.place[ordered].T
        members = np.flatnonzero(high == Scale.NONE)
        yield members, iter([_NOT_ANALYSED] * len(members))
        members = np.flatnonzero(high <= Scale.ORDER)
        yield members, pair_tests.spearman(columns, left[members], right[members], z, self.column_ranks)
        means = (low == Scale.NUMBER) & (high == Scale.BINARY)
        ranks = (low <= Scale.ORDER) & (high > Scale.ORDER) & (high < Scale.NONE) & ~means
        for members in _by_order(np.flatnonzero(means), swap, left, right):
            yield members, pair_tests.welch(columns, left[members], right[members], z, self.confidence)
        for members in _by_order(np.flatnonzero(ranks), swap, left, right):
            yield members, pair_tests.kruskal(columns, left[members], right[members], z, self.column_ranks)
        members = np.flatnonzero((low > Scale.ORDER) & (high < Scale.NONE))
        if len(members):
            yield from self._table_streams(members, z)

    def _table_streams(self, members: Places, z: float) -> Iterator[tuple[Places, Iterator[Fields]]]:
        """Groups with groups: empty levels dropped, then Fisher for 2 x 2 and chi-square for the rest."""
        groups = self.columns.groups
        left, right = self.columns.place[self.chunk[members]].T
        counts = PairTables.count(groups, left, right)

        def labels_of(k: int) -> list[list[str]]:
            rows, cols = counts.present(k)
            return [[groups.labels[left[k]][a] for a in rows], [groups.labels[right[k]][b] for b in cols]]

        def seed_of(k: int) -> tuple[int, ...]:
            """A random stream that belongs to the hypothesis, whatever else is in the universe."""
            x, y = (self.columns.names[v] for v in self.chunk[members[k]])
            return self.seed, int(hypothesis_id("pair", [x], y)[:12], 16)

        n, _, r, c, _ = counts.statistics.T
        single = np.flatnonzero((r < 2) | (c < 2))
        yield members[single], (_single_level(int(n[k])) for k in single)
        small = np.flatnonzero((r == 2) & (c == 2))
        if len(small):
            squares = np.stack([counts.table(int(k)) for k in small])
            yield members[small], pair_tests.fisher(squares, lambda k: labels_of(small[k]), self.confidence)
        wide = np.flatnonzero((r >= 2) & (c >= 2) & (r + c > 4))
        yield (
            members[wide],
            pair_tests.chi_square(
                counts.statistics[wide],
                lambda k: counts.table(wide[k]),
                lambda k: labels_of(wide[k]),
                lambda k: seed_of(wide[k]),
                z,
            ),
        )


def _by_order(members: Places, swap: np.ndarray, left: Places, right: Places) -> list[Places]:
    """Pairs with the group second, then those with it first, unless both together fill a rectangle of columns."""
    if fills_rectangle(left[members], right[members]):
        return [members]
    return [members[~swap[members]], members[swap[members]]]


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
