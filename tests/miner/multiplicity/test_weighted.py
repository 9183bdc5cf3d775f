"""Weighted corrections: their definitions, and that equal weights are no weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import UnknownCorrection, UnusableWeights
from miner.multiplicity import adjust, rejected
from miner.multiplicity.logarithms import ln_from_p
from miner.multiplicity.weighted import adjust_weighted

members = st.lists(
    st.tuples(st.sampled_from([0.0, 0.001, 0.01, 0.02, 0.05, 0.3, 1.0]), st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])),
    min_size=1,
    max_size=12,
).filter(lambda rows: any(w > 0 for _, w in rows))


@pytest.mark.parametrize("method", ["bonferroni", "holm", "bh"])
@given(p=st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=20), weight=st.floats(0.1, 9.0))
def test_equal_weights_are_no_weights(method: str, p: list[float], weight: float) -> None:
    weighted = adjust_weighted(ln_from_p(p), [weight] * len(p), method)

    assert weighted.ln_adjusted == pytest.approx(adjust(ln_from_p(p), method).ln_adjusted, abs=1e-9)


@given(rows=members, alpha=st.sampled_from([0.05, 0.2]))
def test_weighted_holm_is_its_sequential_rule(rows: list[tuple[float, float]], alpha: float) -> None:
    p, w = (np.array(column) for column in zip(*rows, strict=True))
    w = w / w.mean()
    left = list(np.flatnonzero(w > 0))
    expected = np.zeros(p.size, dtype=bool)
    while left:
        best = min(left, key=lambda i: p[i] / w[i])
        if p[best] / w[best] > alpha / w[left].sum() * (1 + 1e-12):
            break
        expected[best] = True
        left.remove(best)

    ours = adjust_weighted(ln_from_p(p), w, "holm")

    assert rejected(ours.ln_adjusted, alpha).tolist() == expected.tolist()


@pytest.mark.parametrize("method", ["bonferroni", "holm", "bh"])
@given(rows=members)
def test_a_weight_of_zero_is_never_rejected_yet_counted(method: str, rows: list[tuple[float, float]]) -> None:
    p, w = zip(*rows, strict=True)

    ours = adjust_weighted(ln_from_p(p), w, method)

    assert ours.weights.mean() == pytest.approx(1.0)
    assert not rejected(ours.ln_adjusted, 0.9999)[np.array(w) == 0.0].any()


def test_a_member_without_p_keeps_its_weight() -> None:
    ours = adjust_weighted([math.log(0.01), math.nan], [1, 1], "holm")

    assert np.exp(ours.ln_adjusted) == pytest.approx([0.02, math.nan], nan_ok=True)


@pytest.mark.parametrize("weights", [[0, 0], [1], [1, -1], [1, math.inf], [1, math.nan]])
def test_unusable_weights_are_refused(weights: list[float]) -> None:
    with pytest.raises(UnusableWeights):
        adjust_weighted([-1.0, -2.0], weights, "bh")


def test_a_correction_without_a_weighted_form_is_refused() -> None:
    with pytest.raises(UnknownCorrection):
        adjust_weighted([-1.0], [1], "hommel")


def test_an_empty_family_stays_empty() -> None:
    assert adjust_weighted([], [], "holm").ln_adjusted.size == 0
