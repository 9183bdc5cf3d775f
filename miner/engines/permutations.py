"""Counting under permuted outcomes: of the persons of each pattern, how many are cases in each of many permutations.

A block is 512 permutations, one bit a person and permutation: one vector a person. The counts of a pattern are the sum
of the vectors of its persons, kept as bit planes (plane p holds the bit of weight 2^p of all 512 counts) and added by
carry-save adders, sixteen persons at a time: about three instructions a person for 512 permutations. Patterns of equal
margins share one running maximum, compared plane by plane, because given the margins p depends on the count alone.
The kernels stand in one file: numba's cache does not see a change in a callee of another one.

References
----------
Terada A, Kim H, Sese J. High-speed Westfall-Young permutation procedure for genome-wide association studies. ACM BCB
2015. doi:10.1145/2808719.2808721. Harley-Seal addition: Mula W, Kurz N, Lemire D. Comput J 2018;61:111-120.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from miner.engines.local import Ints, Words

WIDTH = 512
"""Permutations in a block: one bit each in a vector of eight words."""
PLANES = 31
"""Bits of a count: enough for any number of persons that a position (int32) can name."""
_WORDS = WIDTH // 64
_STEP = 16
_LOW = 10
"""Planes of a partial sum, of at most 63 steps of 16 persons."""
_SEGMENT = _STEP * 63

Places = npt.NDArray[np.int32]


def person_rows(bits: Words, n_positions: int) -> Words:
    """The items of each person: (items, words) turned into (positions, words of 64 items)."""
    n_items = len(bits)
    out = np.zeros((n_positions, -(-n_items // 64)), dtype=np.uint64)
    for first in range(0, n_items, 64):
        some = bits[first : first + 64].view(np.uint8)
        states = np.unpackbits(some, axis=1, bitorder="little", count=n_positions)
        packed = np.packbits(states, axis=0, bitorder="little").T
        words = np.zeros((n_positions, 8), dtype=np.uint8)
        words[:, : packed.shape[1]] = packed
        out[:, first // 64] = words.view(np.uint64)[:, 0]
    return out


def person_lists(bits: Words, people: Words, itemsets: npt.NDArray[np.int32], sizes: Ints) -> tuple[Places, Ints]:
    """Positions of the persons of each pattern, end to end, each list filled up to a multiple of 16 with the position
    after the last one (a row of the block that stays zero), and the offsets where the lists begin.

    ``bits`` (items, words) and ``people`` (positions, words of 64 items) are the same table both ways; ``itemsets``
    come in lexicographic order, ``sizes`` (m,) is their known number of persons.
    """
    offsets = np.concatenate([[0], np.cumsum(-(-sizes // _STEP) * _STEP)]).astype(np.int64)
    found = np.full(int(offsets[-1]), len(people), dtype=np.int32)
    _person_lists(bits, people, itemsets, offsets, found)
    return found, offsets


def padded_lists(lists: Sequence[npt.NDArray[np.integer]], zero_row: int) -> tuple[Places, Ints]:
    """Lists of positions end to end, each filled up to a multiple of 16 with ``zero_row``, and where they begin."""
    sizes = np.array([len(places) for places in lists], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(-(-sizes // _STEP) * _STEP)]).astype(np.int64)
    found = np.full(int(offsets[-1]), zero_row, dtype=np.int32)
    for places, start in zip(lists, offsets):
        found[start : start + len(places)] = places
    return found, offsets


def pack_permutations(outcomes: npt.NDArray[np.bool_], place: Places, n_positions: int) -> Words:
    """A block from up to 512 permuted outcomes, (permutations, persons); ``place`` is the position of each person."""
    packed = np.packbits(outcomes.T, axis=1, bitorder="little")
    out = np.zeros((n_positions + 1, _WORDS * 8), dtype=np.uint8)
    out[place, : packed.shape[1]] = packed
    return out.view(np.uint64)


def sums(found: Places, offsets: Ints, block: Words) -> npt.NDArray[np.int32]:
    """Cases among the persons of each list in each permutation of the block, shape (m, WIDTH)."""
    out = np.empty((len(offsets) - 1, WIDTH), dtype=np.int32)
    _sums(found, offsets, block, out)
    return out


def extreme_counts(
    found: Places, offsets: Ints, group: Ints, n_groups: int, block: Words, *, least: bool = False
) -> npt.NDArray[np.int32]:
    """The greatest (or least) number of cases among the lists of each group, by permutation: (n_groups, WIDTH).

    The lists of one group have the same number of persons.
    """
    best = np.zeros((n_groups, PLANES, _WORDS), dtype=np.uint64)
    flip = np.uint64(0xFFFFFFFFFFFFFFFF if least else 0)
    _extreme_counts(found, offsets, group, block, flip, best)
    out = np.empty((n_groups, WIDTH), dtype=np.int32)
    longest = int((offsets[1:] - offsets[:-1]).max(initial=0))
    _unpack_all(best ^ flip, longest.bit_length(), out)
    return out


def promising(
    counts: npt.NDArray[np.int32],
    exposed: Ints,
    cases: npt.NDArray[np.int64],
    persons: Ints,
    ln_least: npt.NDArray[np.float64],
    ln_factorial: npt.NDArray[np.float64],
) -> tuple[Ints, Ints]:
    """Where (group, permutation) the p of Fisher's test may be below ``ln_least`` (WIDTH,), the least seen so far.

    The mass of the table alone is a lower bound of its p. ``counts`` (groups, WIDTH) are the cases among the exposed,
    ``cases`` (groups, WIDTH) or (groups, 1) all cases; ``ln_factorial`` holds ln k! for k up to the persons.
    """
    groups = np.empty(counts.size, dtype=np.int64)
    columns = np.empty(counts.size, dtype=np.int64)
    m = _promising(counts, exposed, cases, persons, ln_least, ln_factorial, groups, columns)
    return groups[:m], columns[:m]


def extreme_scores(
    found: Places,
    offsets: Ints,
    block: Words,
    expected: npt.NDArray[np.float64],
    precision: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Least and greatest signed chi-square (a - E)|a - E| / V among the lists, by permutation: (WIDTH,) each.

    ``expected`` and ``precision`` (1 / V, 0 where nothing varies) are (m, WIDTH), or (m, 1) where no permutation
    changes them.
    """
    low, high = np.zeros(WIDTH), np.zeros(WIDTH)
    _extreme_scores(found, offsets, block, expected, precision, low, high)
    return low, high


# --- kernels ---


@intrinsic
def _slice_sum(typing_context: Any, block: Any, places: Any, begin: Any, end: Any, out: Any) -> Any:
    """Sum the vectors block[places[begin:end]] (a multiple of 16, at most 1,008 of them) into ten bit planes.

    Written as vector code so that the planes stay in registers; a full adder becomes two instructions where the
    machine has three-operand logic.
    """
    signature = types.void(types.uintp, types.uintp, types.int64, types.int64, types.uintp)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        block_at, places_at, begin_at, end_at, out_at = arguments
        word, half = ir.IntType(64), ir.IntType(32)
        vector = ir.VectorType(word, _WORDS)
        zero = ir.Constant(vector, [0] * _WORDS)

        def pointer(base: Any, offset: int, kind: Any) -> Any:
            return builder.inttoptr(builder.add(base, ir.Constant(word, offset)), kind.as_pointer())

        def full_add(a: Any, b: Any, c: Any) -> tuple[Any, Any]:
            either = builder.xor(a, b)
            return builder.xor(either, c), builder.or_(builder.and_(a, b), builder.and_(either, c))

        entry = builder.block
        loop = builder.append_basic_block("persons")
        done = builder.append_basic_block("done")
        builder.cbranch(builder.icmp_signed("<", begin_at, end_at), loop, done)

        builder.position_at_end(loop)
        at = builder.phi(word)
        at.add_incoming(begin_at, entry)
        planes = [builder.phi(vector) for _ in range(_LOW)]
        here = builder.add(places_at, builder.mul(at, ir.Constant(word, 4)))
        carried: list[Any] = []
        for i in range(_STEP):
            row = builder.zext(builder.load(pointer(here, 4 * i, half), align=4), word)
            line = builder.add(block_at, builder.mul(row, ir.Constant(word, 8 * _WORDS)))
            carried.append(builder.load(pointer(line, 0, vector), align=8))
        sums_now = []
        for plane in range(_LOW):
            total = planes[plane]
            upper = []
            while len(carried) > 1:
                total, carry = full_add(total, carried.pop(), carried.pop())
                upper.append(carry)
            if carried:
                last = carried.pop()
                upper.append(builder.and_(total, last))
                total = builder.xor(total, last)
            sums_now.append(total)
            carried = upper
        following = builder.add(at, ir.Constant(word, _STEP))
        at.add_incoming(following, loop)
        for plane, total in zip(planes, sums_now):
            plane.add_incoming(zero, entry)
            plane.add_incoming(total, loop)
        builder.cbranch(builder.icmp_signed("<", following, end_at), loop, done)

        builder.position_at_end(done)
        results = [builder.phi(vector) for _ in range(_LOW)]
        for result, total in zip(results, sums_now):
            result.add_incoming(zero, entry)
            result.add_incoming(total, loop)
        for plane, result in enumerate(results):
            builder.store(result, pointer(out_at, 8 * _WORDS * plane, vector), align=8)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _slice_max(typing_context: Any, planes: Any, n_planes: Any, flip: Any, best: Any) -> Any:
    """best = max(best, planes ^ flip), for 512 numbers in bit planes; with all bits flipped it keeps the least."""
    signature = types.void(types.uintp, types.int64, types.uint64, types.uintp)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        planes_at, count, flip_word, best_at = arguments
        word = ir.IntType(64)
        vector = ir.VectorType(word, _WORDS)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), _WORDS), [0] * _WORDS)
        undefined = ir.Constant(vector, ir.Undefined)
        zero, ones = ir.Constant(vector, [0] * _WORDS), ir.Constant(vector, [-1] * _WORDS)
        flips = builder.insert_element(undefined, flip_word, ir.Constant(ir.IntType(32), 0))
        flips = builder.shuffle_vector(flips, undefined, everywhere)

        def at(base: Any, plane: Any) -> Any:
            byte = builder.add(base, builder.mul(plane, ir.Constant(word, 8 * _WORDS)))
            return builder.inttoptr(byte, vector.as_pointer())

        def load_new(plane: Any) -> Any:
            return builder.xor(builder.load(at(planes_at, plane), align=8), flips)

        one = ir.Constant(word, 1)
        # Where two numbers first differ, from the highest plane downwards, the one with the bit is the greater.
        greater, equal = cgutils.alloca_once_value(builder, zero), cgutils.alloca_once_value(builder, ones)
        with cgutils.for_range(builder, count) as compared:
            plane = builder.sub(builder.sub(count, one), compared.index)
            new, old = load_new(plane), builder.load(at(best_at, plane), align=8)
            still = builder.load(equal)
            differ = builder.xor(new, old)
            wins = builder.and_(still, builder.and_(differ, new))
            builder.store(builder.or_(builder.load(greater), wins), greater)
            builder.store(builder.and_(still, builder.not_(differ)), equal)
        chosen = builder.load(greater)
        with cgutils.for_range(builder, count) as kept:
            new, old = load_new(kept.index), builder.load(at(best_at, kept.index), align=8)
            changed = builder.xor(old, builder.and_(chosen, builder.xor(new, old)))
            builder.store(changed, at(best_at, kept.index), align=8)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _trailing_zeros(typing_context: Any, word: Any) -> Any:
    """Place of the lowest one of a word that is not zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@njit(cache=True, nogil=True)
def _person_lists(bits, people, itemsets, offsets, found):  # type: ignore[no-untyped-def]
    n_words, item_words = bits.shape[1], people.shape[1]
    length = itemsets.shape[1]
    wanted = np.zeros(item_words, dtype=np.uint64)
    slot = np.empty(bits.shape[0], dtype=np.int64)
    low = np.uint64(1)
    start = 0
    while start < len(itemsets):
        # All patterns that differ in the last item only are filled in one pass over the persons of their prefix.
        size = 0
        while size < length and itemsets[start, size] >= 0:
            size += 1
        wanted[:] = 0
        end = start
        while end < len(itemsets):
            same = (size == length or itemsets[end, size] < 0) and itemsets[end, size - 1] >= 0
            for i in range(size - 1):
                same = same and itemsets[end, i] == itemsets[start, i]
            if not same:
                break
            item = itemsets[end, size - 1]
            wanted[item >> 6] |= low << np.uint64(item & 63)
            slot[item] = offsets[end]
            end += 1
        first_word = itemsets[start, size - 1] >> 6
        last_word = itemsets[end - 1, size - 1] >> 6
        for word in range(n_words):
            rest = ~np.uint64(0)
            for i in range(size - 1):
                rest &= bits[itemsets[start, i], word]
            while rest:
                place = 64 * word + _trailing_zeros(rest)
                rest &= rest - low
                if place >= len(people):
                    break
                for w in range(first_word, last_word + 1):
                    has = people[place, w] & wanted[w]
                    while has:
                        item = 64 * w + _trailing_zeros(has)
                        has &= has - low
                        found[slot[item]] = place
                        slot[item] += 1
        start = end


@njit(cache=True, nogil=True)
def _bit_length(number):  # type: ignore[no-untyped-def]
    length = 0
    while number >> length:
        length += 1
    return length


@njit(cache=True, nogil=True)
def _count(found, begin, end, block, part, planes):  # type: ignore[no-untyped-def]
    """Counts of one list as bit planes; returns how many planes they may need."""
    needed = max(1, _bit_length(end - begin))
    if end - begin <= _SEGMENT:
        _slice_sum(block.ctypes.data, found.ctypes.data, begin, end, planes.ctypes.data)
        return min(needed, _LOW)
    planes[:needed] = 0
    for start in range(begin, end, _SEGMENT):
        _slice_sum(block.ctypes.data, found.ctypes.data, start, min(start + _SEGMENT, end), part.ctypes.data)
        for w in range(_WORDS):
            carry = np.uint64(0)
            for p in range(needed):
                a, b = planes[p, w], (part[p, w] if p < _LOW else np.uint64(0))
                planes[p, w] = a ^ b ^ carry
                carry = (a & b) | (carry & (a ^ b))
    return needed


@njit(cache=True, nogil=True)
def _unpack(planes, needed, out):  # type: ignore[no-untyped-def]
    for w in range(_WORDS):
        for bit in range(64):
            out[64 * w + bit] = 0
        for p in range(needed):
            bits = planes[p, w]
            for bit in range(64):
                out[64 * w + bit] += np.int32((bits >> np.uint64(bit)) & np.uint64(1)) << np.int32(p)


@njit(cache=True, nogil=True)
def _unpack_all(planes, needed, out):  # type: ignore[no-untyped-def]
    for m in range(len(planes)):
        _unpack(planes[m], needed, out[m])


@njit(cache=True, nogil=True)
def _sums(found, offsets, block, out):  # type: ignore[no-untyped-def]
    part = np.empty((_LOW, _WORDS), dtype=np.uint64)
    planes = np.zeros((PLANES, _WORDS), dtype=np.uint64)
    for m in range(len(offsets) - 1):
        needed = _count(found, offsets[m], offsets[m + 1], block, part, planes)
        _unpack(planes, needed, out[m])


@njit(cache=True, nogil=True)
def _extreme_counts(found, offsets, group, block, flip, best):  # type: ignore[no-untyped-def]
    part = np.empty((_LOW, _WORDS), dtype=np.uint64)
    planes = np.zeros((PLANES, _WORDS), dtype=np.uint64)
    for m in range(len(offsets) - 1):
        needed = _count(found, offsets[m], offsets[m + 1], block, part, planes)
        _slice_max(planes.ctypes.data, needed, flip, best[group[m]].ctypes.data)
        # Above the planes a count needs its bits are zeros, which are ones when flipped.
        best[group[m], needed:] = flip


@njit(cache=True, nogil=True)
def _extreme_scores(found, offsets, block, expected, precision, low, high):  # type: ignore[no-untyped-def]
    part = np.empty((_LOW, _WORDS), dtype=np.uint64)
    planes = np.zeros((PLANES, _WORDS), dtype=np.uint64)
    counts = np.empty(WIDTH, dtype=np.int32)
    varying = expected.shape[1] > 1
    for m in range(len(offsets) - 1):
        needed = _count(found, offsets[m], offsets[m + 1], block, part, planes)
        _unpack(planes, needed, counts)
        if varying:
            for b in range(WIDTH):
                excess = counts[b] - expected[m, b]
                score = excess * abs(excess) * precision[m, b]
                low[b] = min(low[b], score)
                high[b] = max(high[b], score)
        else:
            mean, scale = expected[m, 0], precision[m, 0]
            for b in range(WIDTH):
                excess = counts[b] - mean
                score = excess * abs(excess) * scale
                low[b] = min(low[b], score)
                high[b] = max(high[b], score)


@njit(cache=True, nogil=True)
def _promising(counts, exposed, cases, persons, ln_least, ln_factorial, groups, columns):  # type: ignore[no-untyped-def]
    m = 0
    varying = cases.shape[1] > 1
    for g in range(len(counts)):
        x, n = exposed[g], persons[g]
        fixed = ln_factorial[x] + ln_factorial[n - x] - ln_factorial[n]
        for b in range(len(ln_least)):
            a, y = counts[g, b], cases[g, b if varying else 0]
            mass = (
                fixed
                + (ln_factorial[y] - ln_factorial[a] - ln_factorial[y - a])
                + (ln_factorial[n - y] - ln_factorial[x - a] - ln_factorial[n - y - x + a])
            )
            if mass < ln_least[b]:
                groups[m], columns[m] = g, b
                m += 1
    return m
