from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom

from miner.ledger.audit.exact import ln_fisher, ln_mass
from miner.statistics.fisher import log_fisher

cells = st.integers(0, 40)


def exactly(a: int, b: int, c: int, d: int) -> tuple[Fraction, dict[int, Fraction]]:
    total = math.comb(a + b + c + d, a + c)
    support = range(max(0, a - d), min(a + b, a + c) + 1)
    mass = {k: Fraction(math.comb(a + b, k) * math.comb(c + d, a + c - k), total) for k in support}
    return mass[a], mass


@settings(max_examples=200)
@given(cells, cells, cells, cells)
def test_all_sides_are_those_of_whole_numbers(a: int, b: int, c: int, d: int) -> None:
    if a + b + c + d == 0:
        return
    seen, mass = exactly(a, b, c, d)
    upper, lower = sum(v for k, v in mass.items() if k >= a), sum(v for k, v in mass.items() if k <= a)
    expected = {
        "greater": upper,
        "less": lower,
        "central": min(Fraction(1), 2 * min(upper, lower)),
        "two-sided": sum(v for v in mass.values() if v <= seen * (1 + Fraction(1, 10**7))),
    }
    table = np.array([[a, b, c, d]])
    for side, value in expected.items():
        assert ln_fisher(table, side)[0] == pytest.approx(math.log(value), rel=1e-10, abs=1e-12)
    assert ln_mass(*table.T)[0] == pytest.approx(math.log(seen), rel=1e-11, abs=1e-12)


def test_large_tables_agree_with_the_miner_and_with_scipy() -> None:
    draw = np.random.default_rng(3)
    n1, n2 = draw.integers(10, 50_000, 200), draw.integers(10, 50_000, 200)
    a, c = draw.binomial(n1, 0.2), draw.binomial(n2, 0.15)
    table = np.column_stack([a, n1 - a, c, n2 - c])
    for side in ("greater", "less", "two-sided"):
        miner = log_fisher(*table.T, side=side)
        np.testing.assert_allclose(ln_fisher(table, side), miner, rtol=1e-9, atol=1e-10)
    scipy = hypergeom.logsf(a - 1, n1 + n2, a + c, n1)
    np.testing.assert_allclose(ln_fisher(table, "greater"), scipy, rtol=1e-6, atol=1e-8)
    assert math.exp(ln_fisher(table[:1], "two-sided")[0]) == pytest.approx(
        fisher_exact(table[0].reshape(2, 2)).pvalue, rel=1e-6
    )


def test_an_extreme_table_keeps_its_digits() -> None:
    table = np.array([[50_000, 0, 0, 50_000]])
    expected = -(math.lgamma(100_001) - 2 * math.lgamma(50_001))
    assert ln_fisher(table, "greater")[0] == pytest.approx(expected, rel=1e-10)
