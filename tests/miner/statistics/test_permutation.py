"""Permutation tests against full enumeration."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import UnknownOption
from miner.statistics.permutation import permutation_test
from miner.statistics.results import Status

values = st.lists(st.integers(-9, 9).map(float), min_size=2, max_size=9)


@settings(max_examples=60)
@given(values, st.data())
def test_exact_p_is_the_share_of_all_exchanges(y: list[float], data: st.DataObject) -> None:
    n1 = data.draw(st.integers(1, len(y) - 1))
    group = [1] * n1 + [0] * (len(y) - n1)
    for scores in ("values", "ranks"):
        score = np.array(y)
        if scores == "ranks":
            score = np.array([(score < v).sum() + ((score == v).sum() + 1) / 2 for v in score])
        centre = n1 * score.mean()
        distance = abs(score[:n1].sum() - centre)
        far = [abs(score[list(s)].sum() - centre) >= distance - 1e-9 for s in combinations(range(len(y)), n1)]
        assert math.exp(permutation_test(y, group, scores=scores).ln_p) == pytest.approx(np.mean(far), rel=1e-12)


def test_forty_persons_are_still_exact_and_more_are_drawn_from_the_seed() -> None:
    rng = np.random.default_rng(1)
    y, group = rng.normal(size=40), np.arange(40) % 2
    exact = permutation_test(y, group)
    assert exact.summary["exchanges"] == math.comb(40, 20)
    y, group = rng.normal(size=60) + (np.arange(60) % 2), np.arange(60) % 2
    drawn = permutation_test(y, group, seed=3, draws=999)
    assert drawn.summary["exchanges"] == 999
    assert drawn.ln_p == permutation_test(y, group, seed=3, draws=999).ln_p
    assert drawn.ln_p >= math.log(1 / 1000)


def test_one_group_and_unknown_scores() -> None:
    assert permutation_test([1, 2, 3], [1, 1, 1]).status is Status.NOT_COMPUTED
    assert permutation_test([2, 2, 2], [0, 1, 1]).ln_p == 0
    with pytest.raises(UnknownOption):
        permutation_test([1, 2], [0, 1], scores="signs")
