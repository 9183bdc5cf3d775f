"""False discovery procedures on sorted input, against their definitions as step-up rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.multiplicity import false_discovery as fdr

families = st.lists(st.floats(0.0001, 1.0), min_size=1, max_size=25).map(sorted)
levels = st.sampled_from([0.01, 0.05, 0.1, 0.2])


def step_up(p: list[float], level: float, m: int) -> int:
    """Number rejected by the rule "last k with p_(k) <= k level / m"."""
    return max((k for k, value in enumerate(p, 1) if value <= k * level / m * (1 + 1e-12)), default=0)


@given(p=families, level=levels, untested=st.integers(0, 10))
def test_bh_and_by_are_their_step_up_rules(p: list[float], level: float, untested: int) -> None:
    m = len(p) + untested
    harmonic = sum(1 / i for i in range(1, m + 1))

    def decided(values: np.ndarray) -> int:
        return int((values <= math.log(level) + 1e-12).sum())

    assert decided(fdr.benjamini_hochberg(np.log(p), m)) == step_up(p, level, m)
    assert decided(fdr.benjamini_yekutieli(np.log(p), m)) == step_up(p, level / harmonic, m)


@given(p=families, level=levels)
def test_the_two_stage_rule_is_definition_six(p: list[float], level: float) -> None:
    m, first_level = len(p), level / (1 + level)
    first = step_up(p, first_level, m)
    expected = {0: 0, m: m}.get(first, step_up(p, first_level * m / max(m - first, 1), m))

    values = fdr.benjamini_krieger_yekutieli(np.log(p), m, level)

    assert fdr.two_stage_nulls(np.log(p), m, level) == (first, m - first)
    assert int((values <= math.log(level) + 1e-12).sum()) == expected


def test_when_the_first_stage_rejects_all_the_two_stage_bh_leaves_nothing() -> None:
    assert np.isneginf(fdr.two_stage_benjamini_hochberg(np.log([0.001, 0.002]), 2, 0.05)).all()


def test_the_null_share_counts_what_lies_above_the_cut_and_what_was_not_tested() -> None:
    ln_p = np.log([0.01, 0.02, 0.6, 0.9])

    assert fdr.null_share(ln_p, 4) == (1.0, False)
    assert fdr.null_share(ln_p, 8)[0] == 1.0
    assert fdr.null_share(np.log([0.01] * 9 + [0.9]), 10) == (pytest.approx(0.2), False)
    assert fdr.null_share(np.log([0.01] * 9 + [0.9]), 10, safe=True) == (pytest.approx(0.4), False)
    assert fdr.null_share(np.log([0.01] * 10), 10) == (0.1, True)


@given(p=families)
def test_the_bootstrap_share_lies_between_zero_and_one_and_is_one_of_the_estimates(p: list[float]) -> None:
    share, floored = fdr.null_share_bootstrap(np.log(p), len(p))

    values = np.array(p)
    estimates = [float((values >= c).mean() / (1 - c)) for c in 0.05 + np.arange(19) * 0.05]
    assert 0.0 < share <= 1.0
    assert floored or share == 1.0 or min(abs(share - e) for e in estimates) < 1e-9


@given(p=families)
def test_storey_with_a_share_of_one_is_bh(p: list[float]) -> None:
    assert fdr.storey(np.log(p), len(p), 1.0) == pytest.approx(fdr.benjamini_hochberg(np.log(p), len(p)))
