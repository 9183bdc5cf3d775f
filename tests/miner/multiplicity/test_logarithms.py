"""The logarithmic identities against mpmath-free second computations in plain floats and fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import LevelOutsideUnit, NotAProbability
from miner.multiplicity.logarithms import checked_level, checked_ln_p, ln_from_p, ln_harmonic, ln_sidak


@given(st.integers(1, 400))
def test_the_harmonic_number_is_that_of_exact_fractions(count: int) -> None:
    exact = sum(Fraction(1, i) for i in range(1, count + 1))

    assert math.exp(float(ln_harmonic(count))) == pytest.approx(float(exact), rel=1e-13)


def test_the_harmonic_number_of_a_huge_family_follows_its_expansion() -> None:
    assert math.exp(float(ln_harmonic(1e15))) == pytest.approx(math.log(1e15) + np.euler_gamma + 0.5e-15, rel=1e-13)


@given(p=st.floats(1e-9, 0.999), count=st.integers(1, 10_000))
def test_sidak_equals_the_plain_formula_where_that_one_works(p: float, count: int) -> None:
    plain = -math.expm1(count * math.log1p(-p))

    assert math.exp(float(ln_sidak(np.array([math.log(p)]), count)[0])) == pytest.approx(plain, rel=1e-7)


@pytest.mark.parametrize(("ln_p", "count"), [(-100.0, 7), (-50_000.0, 10**6)])
def test_sidak_of_a_tiny_p_is_the_count_times_p(ln_p: float, count: int) -> None:
    assert float(ln_sidak(np.array([ln_p]), count)[0]) == pytest.approx(ln_p + math.log(count), abs=1e-12)


def test_sidak_of_zero_and_one_stay_zero_and_one() -> None:
    assert ln_sidak(np.array([-np.inf, 0.0]), 5.0).tolist() == [-np.inf, 0.0]


def test_checking_returns_a_copy_with_rounding_above_zero_removed() -> None:
    given_values = np.array([1e-13, -1.0, np.nan])

    checked = checked_ln_p(given_values)

    assert checked.tolist()[:2] == [0.0, -1.0]
    assert np.isnan(checked[2])
    assert given_values[0] == 1e-13


def test_none_is_read_as_not_computed() -> None:
    assert np.isnan(checked_ln_p([None, -1.0])[0])  # type: ignore[list-item]


def test_a_negative_p_is_refused_with_its_place() -> None:
    with pytest.raises(NotAProbability) as caught:
        ln_from_p([0.1, 0.2, -0.5])

    assert caught.value.values["position"] == 2


@pytest.mark.parametrize("level", [0.0, -1.0, 1.0001, math.nan, "0.05"])
def test_a_level_outside_the_unit_interval_is_refused(level: object) -> None:
    with pytest.raises(LevelOutsideUnit):
        checked_level(level)  # type: ignore[arg-type]
