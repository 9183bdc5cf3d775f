"""All pairs in blocks: correlations and group sums as matrix products, tables as AND and popcount.

Columns are rows of an array (q, n) here, so that each is contiguous. Unknown values are zeros in the products and a
mask says where they are; a pair then uses exactly the rows that both sides know. Sums are kept in float64 throughout:
float32 over 100,000 rows moves log10 p by 2e-3.

>>> x = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0]])
>>> [round(float(block.r[0, 1]), 6) for block in correlation_blocks(x)]
[0.6]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.associations import pair_kernels
from miner.engines.local import LANES, pair_counts
from miner.statistics.intervals import critical_value

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

_LINES = 256
"""Columns of the left side of a block: enough for a fast product, few enough for a quick cancel."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Columns standardised among their known values, 0 where unknown; ``known`` is None if all are.

    A value is ``mean + spread`` times the standardised one; a constant column has spread 0.
    ``squares`` and the packed mask ``bits`` are kept beside the values, because every block needs them.
    """

    values: Floats
    mean: Floats
    spread: Floats
    known: Floats | None = None
    squares: Floats | None = None
    bits: npt.NDArray[np.uint64] | None = None

    def lines(self, first: int, last: int) -> Scored:
        """The columns ``first`` to ``last``, both multiples of the engine's panel width or the end."""
        chosen = slice(first, last)
        if self.known is None or self.squares is None or self.bits is None:
            return Scored(self.values[chosen], self.mean[chosen], self.spread[chosen])
        bits = self.bits[first // LANES : -(-last // LANES)]
        return Scored(
            self.values[chosen], self.mean[chosen], self.spread[chosen], self.known[chosen], self.squares[chosen], bits
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrelationBlock:
    """Correlations of the columns ``first``.. with all from ``first`` on, arrays of shape (lines, q - first)."""

    first: int
    r: Floats
    n: Floats
    ln_p: Floats
    low: Floats
    high: Floats


def score_columns(
    values: Floats, *, ranked: bool = False, order: Ints | None = None, out: Floats | None = None
) -> Scored:
    """Standardise columns (q, n), NaN for unknown, or their mid-ranks; ``order`` saves sorting them again.

    ``out`` may be the values themselves."""
    known = ~np.isnan(values)
    if order is None:
        order = np.argsort(values, axis=1).astype(np.int32) if ranked else np.zeros((len(values), 1), np.int32)
    out = np.empty_like(values) if out is None else out
    mean, spread = np.empty(len(values)), np.empty(len(values))
    pair_kernels.standardise_columns(values, known, ranked, order, out, mean, spread)
    if bool(known.all()):
        return Scored(out, mean, spread)
    return Scored(out, mean, spread, known.astype(np.float64), out**2, bit_panels(known))


def correlate(left: Scored, right: Scored) -> tuple[Floats, Floats]:
    """Pearson's r and the number of rows known for both, each of shape (columns left, columns right)."""
    rows = left.values.shape[1]
    products = left.values @ right.values.T
    if left.known is None and right.known is None:
        constant = np.logical_or.outer(left.spread == 0, right.spread == 0)
        products /= rows
        products[constant] = np.nan
        return np.clip(products, -1.0, 1.0, out=products), np.full(products.shape, float(rows))
    n = _joint_known(left, right)
    sx, sxx = _sums_within(left, right)
    sy, syy = (part.T for part in _sums_within(right, left))
    pair_kernels.correlations_from_sums(n, sx, sy, sxx, syy, products)
    return products, n


def correlation_blocks(
    values: Floats,
    *,
    ranked: bool = False,
    confidence: float = 0.95,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[CorrelationBlock]:
    """All correlations of the columns (q, n) with ln p and interval, a few hundred lines at a time.

    Parameters
    ----------
    values
        Shape (q, n), NaN for unknown: each pair uses the rows known for both.
    ranked
        Correlate mid-ranks (Spearman). Ranks are those of the column, not taken anew for each pair of columns with
        unknown values; ``mine_pairs`` does that unless it is told otherwise.
    confidence
        Of the intervals.
    cancelled
        Asked before each block.
    """
    z = critical_value(confidence)
    scored = score_columns(np.ascontiguousarray(values, np.float64), ranked=ranked)
    q = len(scored.values)
    for first in range(0, q, _LINES):
        if cancelled is not None and cancelled():
            return
        r, n = correlate(scored.lines(first, min(first + _LINES, q)), scored.lines(first, q))
        ln_p, low, high = np.empty_like(r), np.empty_like(r), np.empty_like(r)
        pair_kernels.correlation_inference(
            r.reshape(-1), n.reshape(-1), 0.0, z, ranked, ln_p.reshape(-1), low.reshape(-1), high.reshape(-1)
        )
        yield CorrelationBlock(first=first, r=r, n=n, ln_p=ln_p, low=low, high=high)


def level_sums(scored: Scored, truth: npt.NDArray[np.bool_], *, squared: bool) -> tuple[Floats, Floats, Floats]:
    """Count, sum and sum of squares of each score column over the known rows of each indicator line (lines, n).

    Without ``squared`` the sums of squares are left at 0: they cost as much as the sums.
    """
    size, total, square = (np.zeros((len(scored.values), len(truth))) for _ in range(3))
    for first in range(0, len(truth), _LINES):
        member = truth[first : first + _LINES].astype(np.float64).T
        across = slice(first, first + _LINES)
        size[:, across] = member.sum(axis=0)
        # A few score columns at a time: the squares of all of them would be as large as the table.
        for begin in range(0, len(scored.values), _LINES):
            down = slice(begin, begin + _LINES)
            values = scored.values[down]
            total[down, across] = values @ member
            if squared:
                square[down, across] = (values**2 if scored.squares is None else scored.squares[down]) @ member
            if scored.known is not None:
                size[down, across] = scored.known[down] @ member
    return size, total, square


def bit_panels(truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """Pack indicator columns (q, n) into the panels of the counting engine."""
    packed = np.packbits(truth, axis=1, bitorder="little")
    words = -(-packed.shape[1] // 8)
    padded = np.zeros((-(-max(len(truth), 1) // LANES) * LANES, words * 8), np.uint8)
    padded[: len(truth), : packed.shape[1]] = packed
    lanes = padded.view(np.uint64).reshape(-1, LANES, words)
    return np.ascontiguousarray(lanes.transpose(0, 2, 1))


def joint_counts(truth: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Rows in which both of two indicator columns (q, n) are true, for all pairs: shape (q, q), upper triangle filled.

    With the diagonal (the margins) this is every 2 x 2 table of complete binary columns.

    >>> joint_counts(np.array([[True, True, False], [True, False, False]]))[0].tolist()
    [2, 1]
    """
    panels = bit_panels(truth)
    counted = pair_counts(panels, panels, np.array([0, panels.shape[1]], np.int64), triangle=True)
    return counted[0, : len(truth), : len(truth)]


def _joint_known(left: Scored, right: Scored) -> Floats:
    shape = len(left.values), len(right.values)
    if left.bits is None or right.bits is None:
        side = left.known if left.known is not None else right.known
        assert side is not None  # noqa: S101
        counts = side.sum(axis=1)
        return np.ascontiguousarray(np.broadcast_to(counts[:, None] if left.known is not None else counts, shape))
    starts = np.array([0, left.bits.shape[1]], np.int64)
    return pair_counts(left.bits, right.bits, starts)[0, : shape[0], : shape[1]].astype(np.float64)


def _sums_within(scored: Scored, other: Scored) -> tuple[Floats, Floats]:
    """Sums and sums of squares of columns over the rows that each column of the other side knows."""
    squares = scored.values**2 if scored.squares is None else scored.squares
    if other.known is None:
        shape = len(scored.values), len(other.values)
        total, square = (part.sum(axis=1)[:, None] for part in (scored.values, squares))
        return np.broadcast_to(total, shape), np.broadcast_to(square, shape)
    return scored.values @ other.known.T, squares @ other.known.T
