"""Counts are checked once, and say what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest

from miner.errors import ImpossibleCounts
from miner.statistics.counts import as_counts


def test_scalars_and_arrays_are_broadcast_to_one_shape_of_whole_numbers() -> None:
    a, b, c, d = as_counts(1, [2, 3], np.uint8(4), np.array([5.0, 6.0]))
    assert [x.tolist() for x in (a, b, c, d)] == [[1, 1], [2, 3], [4, 4], [5, 6]]
    assert all(x.dtype == np.int64 and x.flags.c_contiguous for x in (a, b, c, d))


def test_one_table_stays_a_scalar() -> None:
    assert as_counts(1, 2, 3, 4)[0].shape == ()


@pytest.mark.parametrize("wrong", [-1, 2.5, float("nan"), float("inf"), [1, -3]])
def test_a_count_that_no_number_of_persons_can_be_is_named(wrong: object) -> None:
    with pytest.raises(ImpossibleCounts) as caught:
        as_counts(1, wrong, 3, 4)  # type: ignore[arg-type]
    assert caught.value.values["cell"] == "b"
