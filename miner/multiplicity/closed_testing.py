"""Kernels of closed testing: jump levels by divide and conquer, and the bound of every top-k in one pass.

The two loops here cannot be written as array expressions; everything around them is in ``selection``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from miner.multiplicity.logarithms import FloatArray, IntArray


@njit(cache=True, nogil=True)
def least_slopes(ln_p: FloatArray) -> FloatArray:
    """For each origin x = 0..n-1 the least ``ln(p_(i) / (i - x))`` over i = x+1..n, ``ln_p`` sorted ascending.

    As the origin moves left, a point that once beats a later one keeps beating it, so the best i never grows: the
    middle origin's answer halves the search for the origins on both sides, n log n comparisons in all, each a
    difference of logarithms (a convex hull would need differences of p, which underflow).
    """
    n = ln_p.size
    ln_run = np.log(np.arange(1, n + 1).astype(np.float64))
    best = np.empty(n, dtype=np.float64)
    stack = np.empty((128, 4), dtype=np.int64)
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = 0, n - 1, 0, n - 1
    top = 1
    while top > 0:
        top -= 1
        first, last, low, high = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3]
        if first > last:
            continue
        origin = (first + last) // 2
        start = max(origin, low)
        chosen = start
        least = ln_p[start] - ln_run[start - origin]
        for i in range(start + 1, high + 1):
            slope = ln_p[i] - ln_run[i - origin]
            if slope < least:
                least = slope
                chosen = i
        best[origin] = least
        stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3] = first, origin - 1, low, chosen
        stack[top + 1, 0], stack[top + 1, 1], stack[top + 1, 2], stack[top + 1, 3] = origin + 1, last, chosen, high
        top += 2
    return best


@njit(cache=True, nogil=True)
def _find(parent: IntArray, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True, nogil=True)
def bounds_of_prefixes(category: IntArray) -> IntArray:
    """Bound of each prefix of a list, from the categories of its members (the least u with f(h) q <= u alpha).

    The bound is the greatest excess of members of category at most u over u - 1. That is a matching: each member takes
    the highest free place among 2..its category, and one that finds none raises the bound by one (Hall's theorem).
    ``parent`` points from a place to the highest free place at or below it; place 1 stands for "none".
    """
    n = category.size
    parent = np.arange(n + 2)
    bound = np.empty(n, dtype=np.int64)
    found = 0
    for i in range(n):
        if category[i] <= n:
            place = _find(parent, category[i])
            if place == 1:
                found += 1
            else:
                parent[place] = place - 1
        bound[i] = found
    return bound
