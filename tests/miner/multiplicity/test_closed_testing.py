"""The two kernels against the same thing done by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.multiplicity.closed_testing import bounds_of_prefixes, least_slopes


@given(st.lists(st.floats(-60_000.0, 0.0) | st.just(-np.inf), min_size=1, max_size=60).map(sorted))
def test_the_least_slope_from_each_origin_is_the_minimum_over_all_points(ln_p: list[float]) -> None:
    values = np.array(ln_p)
    n = values.size

    every = [min(values[i] - np.log(i - x + 1.0) for i in range(x, n)) for x in range(n)]

    assert least_slopes(values) == pytest.approx(every, rel=1e-14, abs=1e-14)


def test_no_points_have_no_slopes() -> None:
    assert least_slopes(np.empty(0)).size == 0


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30))
def test_the_bound_of_each_prefix_is_its_greatest_excess(category: list[int]) -> None:
    n = len(category)
    kept = np.minimum(np.array(category, dtype=np.int64), n + 1)

    every = [max(0, *(1 - u + int((kept[: k + 1] <= u).sum()) for u in range(1, k + 2))) for k in range(n)]

    assert bounds_of_prefixes(kept).tolist() == every
