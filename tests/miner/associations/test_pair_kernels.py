from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.associations import pair_kernels
from miner.statistics.log_probability import ln_t_two_sided


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 0.9999), st.integers(3, 100_000))
def test_the_kernels_ln_p_is_that_of_the_statistics_room(r, n):
    from miner.associations import pair_kernels

    t = r * math.sqrt((n - 2) / (1 - r * r))
    expected = float(ln_t_two_sided(t, n - 2))
    assert pair_kernels.ln_p_of_r2(r * r, float(n - 2)) == pytest.approx(expected, rel=1e-8, abs=1e-9)


def test_a_column_with_unknown_values_is_standardised_among_the_known():
    values = np.array([[1.0, np.nan, 3.0, 5.0], [2.0, 2.0, 2.0, np.nan]])
    known = ~np.isnan(values)
    order = np.argsort(values, axis=1).astype(np.int32)
    out, mean, spread = np.empty((2, 4)), np.empty(2), np.empty(2)
    pair_kernels.standardise_columns(values, known, False, order, out, mean, spread)
    assert mean.tolist() == [3.0, 2.0]
    assert spread == pytest.approx([np.std([1.0, 3.0, 5.0]), 0.0])
    assert out[0] == pytest.approx([-1.224745, 0.0, 0.0, 1.224745], abs=1e-6)
    assert out[1].tolist() == [0.0] * 4
