"""Familywise procedures on sorted input, against textbook examples written out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.multiplicity import familywise

P = [0.01, 0.02, 0.03, 0.50]
BY_HAND = {
    "bonferroni": [0.04, 0.08, 0.12, 1.0],
    "holm": [0.04, 0.06, 0.06, 0.50],
    "hochberg": [0.04, 0.06, 0.06, 0.50],
    "sidak": [1 - 0.99**4, 1 - 0.98**4, 1 - 0.97**4, 1 - 0.5**4],
    "holm_sidak": [1 - 0.99**4, 1 - 0.98**3, 1 - 0.97**2, 0.50],
}


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_the_example_by_hand(name: str) -> None:
    expected = np.maximum.accumulate(BY_HAND[name]) if "holm" in name else BY_HAND[name]

    assert np.exp(getattr(familywise, name)(np.log(P), 4)) == pytest.approx(expected, rel=1e-12)


@given(p=st.lists(st.floats(0.0001, 1.0), min_size=1, max_size=20), alpha=st.sampled_from([0.01, 0.05, 0.2]))
def test_holm_rejects_what_testing_one_after_the_other_rejects(p: list[float], alpha: float) -> None:
    p = sorted(p)
    rejected = 0
    for k, value in enumerate(p):
        if value > alpha / (len(p) - k) * (1 + 1e-12):
            break
        rejected += 1

    ours = familywise.holm(np.log(p), len(p)) <= np.log(alpha) + 1e-12

    assert int(ours.sum()) == rejected
    assert bool(ours[:rejected].all())


@given(p=st.lists(st.floats(0.0001, 1.0), min_size=1, max_size=20), alpha=st.sampled_from([0.01, 0.05, 0.2]))
def test_hochberg_rejects_up_to_the_last_p_below_its_threshold(p: list[float], alpha: float) -> None:
    p = sorted(p)
    m = len(p)
    last = max((k + 1 for k, value in enumerate(p) if value <= alpha / (m - k) * (1 + 1e-12)), default=0)

    assert int((familywise.hochberg(np.log(p), m) <= np.log(alpha) + 1e-12).sum()) == last
