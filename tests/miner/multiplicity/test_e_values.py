"""e-BH against its definition, and the calibrator's mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from miner.errors import FamilyTooSmall, NotAnEValue
from miner.multiplicity import rejected
from miner.multiplicity.e_values import calibrated, e_bh, ln_from_e

e_values = st.lists(st.sampled_from([0.0, 0.5, 1.0, 5.0, 19.0, 20.0, 40.0, 100.0, math.inf]), min_size=1, max_size=12)


@given(e=e_values, alpha=st.sampled_from([0.05, 0.1, 0.2, 0.5]), untested=st.integers(0, 5))
def test_e_bh_rejects_the_largest_k_that_its_definition_allows(e: list[float], alpha: float, untested: int) -> None:
    m = len(e) + untested
    ranked = sorted(e, reverse=True)
    k = max((j for j in range(1, len(e) + 1) if j * ranked[j - 1] / m >= 1 / alpha * (1 - 1e-12)), default=0)

    decisions = rejected(e_bh(ln_from_e(e), m=m), alpha)

    assert int(decisions.sum()) == k
    assert k == 0 or min(np.array(e)[decisions]) >= ranked[k - 1]


def test_the_calibrator_has_mean_one_over_a_uniform_p() -> None:
    mean, _ = quad(lambda p: math.exp(float(calibrated([math.log(p)])[0])), 0.0, 1.0)

    assert mean == pytest.approx(1.0, abs=1e-6)


def test_an_e_value_that_could_not_be_computed_counts_and_stays_missing() -> None:
    assert np.exp(e_bh(ln_from_e([40.0, math.nan]))) == pytest.approx([0.05, math.nan], nan_ok=True)


def test_nothing_gives_nothing() -> None:
    assert e_bh([]).size == 0


def test_a_negative_e_value_is_refused() -> None:
    with pytest.raises(NotAnEValue):
        ln_from_e([1.0, -0.1])


def test_a_universe_smaller_than_its_members_is_refused() -> None:
    with pytest.raises(FamilyTooSmall):
        e_bh([0.0, 0.0], m=1)
