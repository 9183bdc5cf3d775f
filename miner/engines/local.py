"""Bitset kernels: how many persons have both items of each pair, in every segment of rows, at the speed of the machine.

Persons are sorted into segments (outcome within stratum), each starting at a word of 64 persons, so that one pass of
AND and popcount over the words of a segment gives its cell. Columns are held in panels of 16 items, word by word
(``panels[panel, word, lane]``): a tile of 4 x 16 pairs then keeps its 64 counts in vector registers and reads memory
in order. All kernels stand in this file because numba's cache does not see a change in a callee of another one.

>>> layout = arrange(np.array([0, 1, 0, -1]), 2)
>>> layout.sizes.tolist(), layout.starts.tolist()
([2, 1], [0, 1, 2])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
"""Items of a panel: two vectors of eight 64-bit words."""
_VECTOR = 8
_ROWS = 4
_WORD_BLOCK = 256
"""Words a tile reads at once: two panels of it are 64 KiB, which the second-level cache always holds."""

Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Order of the persons in the words: ``rows[64 * word + bit]`` is a row number, or -1 for padding.

    Segment s occupies the words starts[s] to starts[s + 1] and has sizes[s] persons.
    """

    rows: npt.NDArray[np.int32]
    starts: Ints
    sizes: Ints

    @property
    def n_words(self) -> int:
        return int(self.starts[-1])


def arrange(segment: npt.NDArray[np.integer], n_segments: int) -> Layout:
    """Sort persons by segment, keeping their order inside; persons of segment -1 are left out."""
    numbers: Ints = np.ascontiguousarray(segment, dtype=np.int64)
    sizes = np.bincount(numbers[numbers >= 0], minlength=n_segments).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum((sizes + 63) // 64)]).astype(np.int64)
    rows = np.full(int(starts[-1]) * 64, -1, dtype=np.int32)
    _place(numbers, starts[:-1] * 64, rows)
    return Layout(rows=rows, starts=starts, sizes=sizes)


def panels_for(n_items: int, n_words: int) -> Words:
    """Empty panels for so many items; lanes beyond the last item stay zero and count nothing."""
    return np.zeros((max(1, -(-n_items // LANES)), n_words, LANES), dtype=np.uint64)


def pack(
    codes: npt.NDArray[np.int32],
    truth: npt.NDArray[np.bool_],
    layout: Layout,
    panels: Words,
    columns: Ints,
) -> Words:
    """Write the items of one variable into their columns of the panels and return its known bits, shape (n_words,).

    ``codes`` (n,) holds the state of each person, -1 where it is unknown; ``truth[code, m]`` tells whether the m-th
    item is true in that state.
    """
    known = np.zeros(layout.n_words, dtype=np.uint64)
    _pack(codes, truth, layout.rows, panels, columns, known)
    return known


def pair_counts(
    left: Words, right: Words, starts: Ints, *, first: int = 0, last: int | None = None, triangle: bool = False
) -> Ints:
    """Counts of persons with both items, shape (n_segments, rows, columns).

    Rows are the items of the left panels ``first`` to ``last`` (panel numbers), columns all items of the right panels.
    With ``triangle`` the two sides are the same panels and only pairs at or right of the diagonal panel are counted.
    """
    last = len(left) if last is None else last
    counts = np.zeros((len(starts) - 1, (last - first) * LANES, len(right) * LANES), dtype=np.uint64)
    _tiles(left, right, starts, first, last, triangle, counts)
    return counts.view(np.int64)


def restrict(panels: Words, prefix: Words, columns: Ints) -> Words:
    """Panels of the given columns, each ANDed with the prefix bits: the table as seen by those who have the prefix."""
    out = panels_for(len(columns), len(prefix))
    _restrict(panels, prefix, columns, out)
    return out


def column(panels: Words, item: int) -> Words:
    """The bits of one item, shape (n_words,)."""
    return panels[item // LANES, :, item % LANES]


def frequent_pairs(
    counts: Ints,
    minimum: int,
    group: Ints,
    first: int,
    known: Ints,
    mask: Ints,
    known_first: int = 0,
) -> tuple[Ints, Counts, Counts]:
    """Pairs (j, k), j < k, of different groups that at least ``minimum`` persons have, in lexicographic order.

    ``counts`` (segments, rows, columns) starts at item ``first``. Returns the pairs (m, 2), their counts by segment
    (m, segments) and the persons by segment for whom both items are known: ``known[s, u, v]`` for the masks u <= v of
    the two items, ``mask`` naming the mask of each item and ``known_first`` the mask of the first row of ``known``.
    """
    m = _count_frequent(counts, minimum, group, first)
    pairs = np.empty((m, 2), dtype=np.int64)
    cells = np.empty((m, counts.shape[0]), dtype=np.int32)
    base = np.empty((m, counts.shape[0]), dtype=np.int32)
    _emit_frequent(counts, minimum, group, first, known, mask, known_first, pairs, cells, base)
    return pairs, cells, base


def subset_counts(rows: Words, masks: Words, mask: Ints, itemsets: npt.NDArray[np.int32], starts: Ints) -> Ints:
    """Persons with each subset of each itemset, among those for whom the whole itemset is known.

    ``rows`` (items, words) and ``masks`` (masks, words) hold bits row by row. Returns (m, 2 ** L, segments): entry
    [i, s] counts the persons with the items j of itemset i whose bit 2 ** j is set in s; s = 0 counts all known.
    Padding (-1) is an item that everybody has.
    """
    out = np.zeros((len(itemsets), 1 << itemsets.shape[1], len(starts) - 1), dtype=np.int64)
    _subset_counts(rows, masks, mask, itemsets, starts, out)
    return out


def included(rows: Words, itemsets: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Whether all persons of an itemset share a further item, shape (m,)."""
    out = np.zeros(len(itemsets), dtype=np.bool_)
    _included(rows, itemsets, out)
    return out


# --- kernels ---


@njit(cache=True, nogil=True)
def _place(segment, position, rows):  # type: ignore[no-untyped-def]
    position = position.copy()
    for row in range(len(segment)):
        s = segment[row]
        if s >= 0:
            rows[position[s]] = row
            position[s] += 1


@njit(cache=True, nogil=True)
def _pack(codes, truth, rows, panels, columns, known):  # type: ignore[no-untyped-def]
    m = len(columns)
    bits = np.zeros(m, dtype=np.uint64)
    one = np.uint64(1)
    for word in range(len(known)):
        bits[:] = 0
        seen = np.uint64(0)
        for bit in range(64):
            row = rows[64 * word + bit]
            if row >= 0 and codes[row] >= 0:
                code = codes[row]
                seen |= one << np.uint64(bit)
                for j in range(m):
                    bits[j] |= np.uint64(truth[code, j]) << np.uint64(bit)
        known[word] = seen
        for j in range(m):
            panels[columns[j] // LANES, word, columns[j] % LANES] = bits[j]


@njit(cache=True, nogil=True)
def _restrict(panels, prefix, columns, out):  # type: ignore[no-untyped-def]
    for p in range(len(out)):
        first = LANES * p
        width = min(LANES, len(columns) - first)
        # Word by word, so that whole lines of the panel are written at once.
        for word in range(len(prefix)):
            bits = prefix[word]
            for lane in range(width):
                e = columns[first + lane]
                out[p, word, lane] = panels[e // LANES, word, e % LANES] & bits


@intrinsic
def _tile(typing_context: Any, right: Any, left: Any, begin: Any, end: Any, out: Any, stride: Any) -> Any:
    """Add the popcounts of 4 x 16 pairs over the words begin to end to out (row stride in words).

    Written as vector code because a plain loop reaches a third to a half of it: LLVM neither keeps the 64 counts in
    registers nor may assume that counts and bits do not overlap. ``llvm.ctpop`` on vectors becomes vpopcntq where the
    machine has it, and the best sequence of the target elsewhere.
    """
    signature = types.void(types.uintp, types.uintp, types.int64, types.int64, types.uintp, types.int64)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        right_at, left_at, begin_at, end_at, out_at, out_stride = arguments
        word = ir.IntType(64)
        vector = ir.VectorType(word, _VECTOR)
        zero = ir.Constant(vector, [0] * _VECTOR)
        undefined = ir.Constant(vector, ir.Undefined)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), _VECTOR), [0] * _VECTOR)
        popcount = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector]), f"llvm.ctpop.v{_VECTOR}i64"
        )
        halves = LANES // _VECTOR

        def address(base: Any, words: Any) -> Any:
            return builder.add(base, builder.mul(words, ir.Constant(word, 8)))

        def pointer(base: Any, offset: int, kind: Any) -> Any:
            return builder.inttoptr(builder.add(base, ir.Constant(word, offset)), kind.as_pointer())

        entry = builder.block
        loop = builder.append_basic_block("words")
        done = builder.append_basic_block("done")
        builder.cbranch(builder.icmp_signed("<", begin_at, end_at), loop, done)

        builder.position_at_end(loop)
        at = builder.phi(word)
        at.add_incoming(begin_at, entry)
        sums = []
        for _ in range(_ROWS * halves):
            total = builder.phi(vector)
            total.add_incoming(zero, entry)
            sums.append(total)
        offset = builder.mul(at, ir.Constant(word, LANES))
        right_here, left_here = address(right_at, offset), address(left_at, offset)
        columns = [builder.load(pointer(right_here, 8 * _VECTOR * h, vector), align=8) for h in range(halves)]
        updated = []
        for r in range(_ROWS):
            bits = builder.load(pointer(left_here, 8 * r, word), align=8)
            spread = builder.insert_element(undefined, bits, ir.Constant(ir.IntType(32), 0))
            spread = builder.shuffle_vector(spread, undefined, everywhere)
            for h in range(halves):
                ones = builder.call(popcount, [builder.and_(spread, columns[h])])
                updated.append(builder.add(sums[halves * r + h], ones))
        following = builder.add(at, ir.Constant(word, 1))
        at.add_incoming(following, loop)
        for total, new in zip(sums, updated):
            total.add_incoming(new, loop)
        builder.cbranch(builder.icmp_signed("<", following, end_at), loop, done)

        builder.position_at_end(done)
        for index, new in enumerate(updated):
            total = builder.phi(vector)
            total.add_incoming(zero, entry)
            total.add_incoming(new, loop)
            updated[index] = total
        for r in range(_ROWS):
            line = address(out_at, builder.mul(out_stride, ir.Constant(word, r)))
            for h in range(halves):
                target = pointer(line, 8 * _VECTOR * h, vector)
                value = builder.add(builder.load(target, align=8), updated[halves * r + h])
                builder.store(value, target, align=8)
        return context.get_dummy_value()

    return signature, generate


@njit(cache=True, nogil=True)
def _tiles(left, right, starts, first, last, triangle, counts):  # type: ignore[no-untyped-def]
    n_words = right.shape[1]
    stride = counts.shape[2]
    left_at, right_at, out_at = left.ctypes.data, right.ctypes.data, counts.ctypes.data
    panel_bytes = n_words * LANES * 8
    for s in range(len(starts) - 1):
        for begin in range(starts[s], starts[s + 1], _WORD_BLOCK):
            end = min(begin + _WORD_BLOCK, starts[s + 1])
            for p in range(first, last):
                for q in range(p if triangle else 0, len(right)):
                    for r in range(0, LANES, _ROWS):
                        line = (s * counts.shape[1] + (p - first) * LANES + r) * stride + q * LANES
                        _tile(
                            right_at + q * panel_bytes,
                            left_at + p * panel_bytes + 8 * r,
                            begin,
                            end,
                            out_at + 8 * line,
                            stride,
                        )


@njit(cache=True, nogil=True)
def _support(counts, row, col):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    for s in range(counts.shape[0]):
        total += counts[s, row, col]
    return total


@njit(cache=True, nogil=True)
def _count_frequent(counts, minimum, group, first):  # type: ignore[no-untyped-def]
    m = 0
    for row in range(counts.shape[1]):
        j = first + row
        for k in range(j + 1, len(group)):
            if group[j] != group[k] and _support(counts, row, k) >= minimum:
                m += 1
    return m


@njit(cache=True, nogil=True)
def _emit_frequent(counts, minimum, group, first, known, mask, known_first, pairs, cells, base):  # type: ignore[no-untyped-def]
    m = 0
    for row in range(counts.shape[1]):
        j = first + row
        for k in range(j + 1, len(group)):
            if group[j] != group[k] and _support(counts, row, k) >= minimum:
                pairs[m, 0], pairs[m, 1] = j, k
                low, high = min(mask[j], mask[k]) - known_first, max(mask[j], mask[k])
                for s in range(counts.shape[0]):
                    cells[m, s] = counts[s, row, k]
                    base[m, s] = known[s, low, high]
                m += 1


@intrinsic
def _ones(typing_context: Any, word: Any) -> Any:
    """Number of ones in a word."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@njit(cache=True, nogil=True)
def _subset_counts(rows, masks, mask, itemsets, starts, out):  # type: ignore[no-untyped-def]
    length = itemsets.shape[1]
    parts = np.empty(1 << length, dtype=np.uint64)
    for m in range(len(itemsets)):
        for s in range(len(starts) - 1):
            for word in range(starts[s], starts[s + 1]):
                known = ~np.uint64(0)
                for j in range(length):
                    known &= masks[mask[itemsets[m, j]] if itemsets[m, j] >= 0 else 0, word]
                parts[0] = known
                out[m, 0, s] += _ones(known)
                for subset in range(1, 1 << length):
                    j = 0
                    while not (subset >> j) & 1:
                        j += 1
                    bits = parts[subset & (subset - 1)]
                    if itemsets[m, j] >= 0:
                        bits &= rows[itemsets[m, j], word]
                    parts[subset] = bits
                    out[m, subset, s] += _ones(bits)


@njit(cache=True, nogil=True)
def _included(rows, itemsets, out):  # type: ignore[no-untyped-def]
    n_words = rows.shape[1]
    extent = np.empty(n_words, dtype=np.uint64)
    for m in range(len(itemsets)):
        extent[:] = ~np.uint64(0)
        for j in range(itemsets.shape[1]):
            if itemsets[m, j] >= 0:
                extent &= rows[itemsets[m, j]]
        for item in range(len(rows)):
            inside = True
            for j in range(itemsets.shape[1]):
                inside = inside and itemsets[m, j] != item
            word = 0
            while inside and word < n_words:
                inside = not (extent[word] & ~rows[item, word])
                word += 1
            if inside:
                out[m] = True
                break
