from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from miner.ledger.audit.corrections import KNOWN, adjusted
from miner.ledger.verify_pack import adjusted as by_verifier
from miner.multiplicity import adjust

STATSMODELS = {"bh": "fdr_bh", "by": "fdr_by", "hochberg": "simes-hochberg"}
p_values = st.lists(st.floats(1e-300, 1.0), min_size=1, max_size=30)


@pytest.mark.parametrize("method", KNOWN)
@given(p=p_values, extra=st.integers(0, 20))
def test_the_second_computation_is_that_of_statsmodels_with_ones_for_the_missing(
    method: str, p: list[float], extra: int
) -> None:
    with np.errstate(divide="ignore"):  # statsmodels takes the logarithm of 0 where p = 1
        expected = multipletests([*p, *[1.0] * extra], method=STATSMODELS.get(method, method))[1][: len(p)]
    found = adjusted(np.log(p), method, m=len(p) + extra)
    assert found is not None
    np.testing.assert_allclose(np.exp(found), expected, rtol=1e-9)


@pytest.mark.parametrize("method", KNOWN)
@given(p=p_values, extra=st.integers(0, 20))
def test_it_agrees_with_the_miner(method: str, p: list[float], extra: int) -> None:
    found = adjusted(np.log(p), method, m=len(p) + extra)
    assert found is not None
    np.testing.assert_allclose(found, adjust(np.log(p), method, m=len(p) + extra).ln_adjusted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["bh", "by", "holm"])
@given(p=st.lists(st.none() | st.floats(1e-300, 1.0), max_size=30), extra=st.integers(0, 20))
def test_it_agrees_with_the_verifier_of_the_pack(method: str, p: list[float | None], extra: int) -> None:
    ln_p = [None if one is None else math.log(one) for one in p]
    found = adjusted(np.array([math.nan if one is None else one for one in ln_p]), method, m=len(p) + extra)
    assert found is not None
    again = [math.nan if one is None else one for one in by_verifier(ln_p, method, len(p) + extra)]
    np.testing.assert_allclose(found, again, rtol=1e-12, atol=1e-12)


def test_p_values_that_no_float_can_hold_are_adjusted_too() -> None:
    found = adjusted(np.array([-50_000.0, -10.0, math.nan]), "holm", m=1000)
    assert found is not None
    np.testing.assert_allclose(found[:2], [-50_000 + math.log(1000), -10 + math.log(999)])
    assert math.isnan(found[2])


def test_what_is_not_known_here_is_said() -> None:
    assert adjusted(np.array([-1.0]), "storey", m=3) is None
    assert adjusted(np.array([-1.0]), "hommel", m=10**6) is None


@pytest.mark.parametrize("method", KNOWN)
def test_an_empty_family_has_no_answers(method: str) -> None:
    found = adjusted(np.array([]), method, m=0)
    assert found is not None
    assert len(found) == 0
