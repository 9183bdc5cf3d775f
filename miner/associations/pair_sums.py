"""The sums that pair tests rest on, for many pairs at once: by blocks where pairs fill a rectangle, else pair by pair.

Ranks are taken anew inside the rows known for both sides of a pair, as Spearman and Kruskal-Wallis define them. Where
both sides are complete, or where the plan asks for ranks of the whole column, matrix products do.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.associations import blocks, pair_kernels, table_kernels
from miner.associations.blocks import Floats, Scored
from miner.associations.columns import Columns, Groups
from miner.engines.local import LANES, pair_counts

Places = npt.NDArray[np.int64]
_THREADS = 2
_WASTE = 4
"""A rectangle is computed whole where it holds at most this many times the pairs asked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupSums:
    """Per pair and level: persons, mean of values, mean rank; per pair: squares of ranks between levels and in all.

    ``square``, the squares of values around the level's mean, is kept where no ranks are asked for.
    """

    size: Floats
    mean: Floats
    square: Floats
    mean_rank: Floats
    rank_between: Floats
    rank_total: Floats


def rank_correlations(columns: Columns, left: Places, right: Places, *, column_ranks: bool) -> tuple[Floats, Places]:
    """Spearman's rho and n of pairs of score columns; NaN where a side does not vary."""
    scores = columns.scores
    rho, n = np.empty(len(left)), np.empty(len(left), np.int64)
    whole = scores.n_known == columns.n
    dense = _rectangular(left, right) & (column_ranks | (whole[left] & whole[right]))
    if dense.any():
        rows, cols = _range(left[dense]), _range(right[dense])
        r, count = blocks.correlate(scores.ranks.lines(*rows), scores.ranks.lines(*cols))
        at = left[dense] - rows[0], right[dense] - cols[0]
        rho[dense], n[dense] = r[at], count[at]
    apart = np.flatnonzero(~dense)

    def run(part: Places) -> None:
        a, b = np.empty(len(part)), np.empty(len(part), np.int64)
        pair_kernels.spearman_pairs(
            scores.order, scores.dense, scores.n_known, scores.known, left[part], right[part], a, b
        )
        rho[part], n[part] = a, b

    _in_threads(run, apart)
    return rho, n


def group_sums(columns: Columns, left: Places, right: Places, *, ranked: bool, column_ranks: bool) -> GroupSums:
    """Sums of score columns within the levels of group columns; with ``ranked`` also those of the ranks."""
    scores, groups = columns.scores, columns.groups
    levels = max(2, max((len(groups.labels[j]) for j in right), default=2))
    shape = len(left), levels
    found = GroupSums(
        size=np.zeros(shape), mean=np.zeros(shape), square=np.zeros(shape), mean_rank=np.zeros(shape),
        rank_between=np.zeros(len(left)), rank_total=np.zeros(len(left)),
    )  # fmt: skip
    whole = (scores.n_known == columns.n)[left] & (groups.n_known == columns.n)[right]
    dense = _rectangular(left, right) & (groups.offset[right] >= 0)
    if ranked:
        dense &= column_ranks | whole
    if dense.any():
        _by_products(columns, left, right, np.flatnonzero(dense), ranked, found)

    def run(part: Places) -> None:
        _by_rows(columns, left, right, part, found)

    _in_threads(run, np.flatnonzero(~dense))
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairTables:
    """Tables of pairs of group columns: narrow ones are blocks of one product of bits, wide ones are counted by rows.

    ``statistics`` (pairs, 5) holds n, chi-square, rows and columns present, and whether expected counts are small.
    """

    groups: Groups
    left: Places
    right: Places
    counted: npt.NDArray[np.int64]
    down: Places
    across: Places
    statistics: Floats

    @classmethod
    def count(cls, groups: Groups, left: Places, right: Places) -> PairTables:
        """Count the levels of each left column with those of its right one, over the rows known for both."""
        height, width = (np.array([len(groups.labels[v]) for v in side], np.int64) for side in (left, right))
        narrow = (groups.offset[left] >= 0) & (groups.offset[right] >= 0)
        counted, first = _joint_counts(groups, left[narrow], right[narrow])
        down = np.where(narrow, groups.offset[left] - first[0], 0)
        across = np.where(narrow, groups.offset[right] - first[1], 0)
        statistics = np.zeros((len(left), 5))
        if narrow.any():
            part = np.zeros((int(narrow.sum()), 5))
            table_kernels.table_statistics(counted, down[narrow], height[narrow], across[narrow], width[narrow], part)
            statistics[narrow] = part
        for k in np.flatnonzero(~narrow):
            table, origin = _table_by_rows(groups, left[k], right[k]), np.zeros(1, np.int64)
            table_kernels.table_statistics(
                table, origin, height[k : k + 1], origin, width[k : k + 1], statistics[k : k + 1]
            )
        return cls(
            groups=groups, left=left, right=right, counted=counted, down=down, across=across, statistics=statistics
        )

    def present(self, k: int) -> tuple[Places, Places]:
        """Numbers of the levels of both sides that occur in table k."""
        whole = self._whole(k)
        return np.flatnonzero(whole.any(axis=1)), np.flatnonzero(whole.any(axis=0))

    def table(self, k: int) -> npt.NDArray[np.int64]:
        """Table k without its empty lines."""
        whole = self._whole(k)
        return whole[whole.any(axis=1)][:, whole.any(axis=0)]

    def _whole(self, k: int) -> npt.NDArray[np.int64]:
        i, j = self.left[k], self.right[k]
        if self.groups.offset[i] < 0 or self.groups.offset[j] < 0:
            return _table_by_rows(self.groups, i, j)
        height, width = len(self.groups.labels[i]), len(self.groups.labels[j])
        return self.counted[self.down[k] : self.down[k] + height, self.across[k] : self.across[k] + width]


def _joint_counts(groups: Groups, left: Places, right: Places) -> tuple[npt.NDArray[np.int64], tuple[int, int]]:
    """Counts of levels with levels over the ranges of both sides, and the lines at which they start."""
    if not len(left):
        return np.zeros((1, 1), np.int64), (0, 0)
    (top, bottom), (begin, end) = _lines(groups, left), _lines(groups, right)
    starts = np.array([0, groups.bits.shape[1]], np.int64)
    first = top // LANES, begin // LANES
    counted = pair_counts(groups.bits[first[0] : -(-bottom // LANES)], groups.bits[first[1] : -(-end // LANES)], starts)
    return counted[0], (first[0] * LANES, first[1] * LANES)


def _table_by_rows(groups: Groups, i: int, j: int) -> npt.NDArray[np.int64]:
    a, b = groups.codes[i], groups.codes[j]
    r, c = len(groups.labels[i]), len(groups.labels[j])
    both = (a >= 0) & (b >= 0)
    return np.bincount(a[both].astype(np.int64) * c + b[both], minlength=r * c).reshape(r, c)


def _by_products(
    columns: Columns, left: Places, right: Places, members: Places, ranked: bool, found: GroupSums
) -> None:
    scores, groups = columns.scores, columns.groups
    rows = _range(left[members])
    needed, which = np.unique(right[members], return_inverse=True)
    width = np.array([len(groups.labels[j]) for j in needed], np.int64)
    first = np.concatenate([[0], np.cumsum(width)])
    # One line of nobody where no group occurs at all.
    truth = np.zeros((max(int(first[-1]), 1), columns.n), np.bool_)
    for k, j in enumerate(needed):
        np.equal(groups.codes[j], np.arange(width[k], dtype=np.int32)[:, None], out=truth[first[k] : first[k + 1]])
    level = np.arange(found.size.shape[1])
    inside = level[None, :] < width[which, None]
    at = (left[members] - rows[0])[:, None], np.where(inside, first[which, None] + level[None, :], 0)
    complete = scores.ranks.known is None and bool((groups.n_known[needed] == columns.n).all())

    def sums(scored: Scored, squared: bool) -> tuple[Floats, Floats, Floats, Floats]:
        parts = blocks.level_sums(scored.lines(*rows), truth, squared=squared)
        size, total, square = (np.where(inside, part[at], 0.0) for part in parts)
        return size, total, np.divide(total, size, out=np.zeros_like(total), where=size > 0), square

    size, _, mean, square = sums(scores.values, squared=not ranked)
    spread = scores.values.spread[left[members], None]
    found.size[members] = size
    found.mean[members] = scores.values.mean[left[members], None] + spread * mean
    if not ranked:
        rest = square - size * mean**2
        found.square[members] = np.where(rest > 1e-11 * size, rest, 0.0) * spread**2
        return
    size, total, mean, square = sums(scores.ranks, squared=not complete)
    n = np.maximum(size.sum(axis=1), 1.0)
    spread = scores.ranks.spread[left[members], None]
    middle = total.sum(axis=1) / n
    # Standardised ranks of complete columns have squares that sum to n.
    rest = n if complete else square.sum(axis=1) - n * middle**2
    found.mean_rank[members] = scores.ranks.mean[left[members], None] + spread * mean
    found.rank_between[members] = (size * (mean - middle[:, None]) ** 2).sum(axis=1) * spread[:, 0] ** 2
    found.rank_total[members] = np.where(rest > 1e-11 * n, rest, 0.0) * spread[:, 0] ** 2


def _by_rows(columns: Columns, left: Places, right: Places, part: Places, found: GroupSums) -> None:
    scores, groups = columns.scores, columns.groups
    # A few pairs at a time, so that a group column of a thousand levels does not fill the memory.
    step = max(1, 200_000 // found.size.shape[1])
    for begin in range(0, len(part), step):
        members = part[begin : begin + step]
        size, total, square, rank_sum = (np.zeros((len(members), found.size.shape[1])) for _ in range(4))
        ties = np.zeros(len(members))
        pair_kernels.group_sums(
            scores.values.values, scores.order, scores.dense, scores.n_known, groups.codes,
            left[members], right[members], size, total, square, rank_sum, ties,
        )  # fmt: skip
        spread = scores.values.spread[left[members], None]
        n = size.sum(axis=1)
        present = size > 0
        mean = np.divide(total, size, out=np.zeros_like(total), where=present)
        mean_rank = np.divide(rank_sum, size, out=np.zeros_like(total), where=present)
        found.size[members] = size
        found.mean[members] = scores.values.mean[left[members], None] + spread * mean
        found.square[members] = np.where(square > 1e-11 * size, square, 0.0) * spread**2
        found.mean_rank[members] = mean_rank
        found.rank_between[members] = (size * (mean_rank - (n[:, None] + 1) / 2) ** 2).sum(axis=1)
        found.rank_total[members] = (n**3 - n - ties) / 12


def _in_threads(run: Callable[[Places], None], members: Places) -> None:
    """Share the pairs between threads: the kernels release the interpreter lock."""
    if len(members) < 2 * _THREADS:
        if len(members):
            run(members)
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        for done in pool.map(run, np.array_split(members, _THREADS)):
            assert done is None  # noqa: S101


def fills_rectangle(left: Places, right: Places) -> bool:
    """Whether the pairs are nearly all pairs of the columns that occur on either side."""
    return len(left) > 0.6 * len(np.unique(left)) * len(np.unique(right))


def _rectangular(left: Places, right: Places) -> npt.NDArray[np.bool_]:
    """All true where the range of columns that the pairs span is not much larger than the pairs."""
    if not len(left):
        return np.zeros(0, np.bool_)
    area = np.ptp(np.array(_range(left))) * np.ptp(np.array(_range(right)))
    return np.full(len(left), area <= _WASTE * len(left) + 4096)


def _range(places: Places) -> tuple[int, int]:
    """The columns from the first to the last, starting at a panel of the engine."""
    return int(places.min()) // LANES * LANES, int(places.max()) + 1


def _lines(groups: Groups, places: Places) -> tuple[int, int]:
    """The bit lines of the narrow columns from the first to the last."""
    narrow = places[groups.offset[places] >= 0]
    last = int(narrow.max())
    return int(groups.offset[narrow.min()]), int(groups.offset[last]) + len(groups.labels[last])
