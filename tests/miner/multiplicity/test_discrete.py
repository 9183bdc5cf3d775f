"""Discrete corrections in exact fractions, and the error they promise by full enumeration."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from miner.errors import LevelOutsideUnit, TablesNotCounts
from miner.multiplicity import adjust, rejected
from miner.multiplicity.discrete import DiscreteFamily, Side, attainable_ln_p, tarone

counts = st.integers(0, 9)
tables = st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=8)
SIDES = list(Side)


def exact_distribution(x: int, y: int, n: int, side: Side) -> dict[int, tuple[Fraction, Fraction]]:
    """For each number of exposed cases: its probability and Fisher's p, in fractions."""
    total = math.comb(n, x)
    mass = {
        a: Fraction(math.comb(y, a) * math.comb(n - y, x - a), total) for a in range(max(0, x + y - n), min(x, y) + 1)
    }
    p = {
        Side.GREATER: lambda a: sum(m for b, m in mass.items() if b >= a),
        Side.LESS: lambda a: sum(m for b, m in mass.items() if b <= a),
        Side.TWO_SIDED: lambda a: sum(m for m in mass.values() if m <= mass[a]),
    }[side]
    return {a: (m, p(a)) for a, m in mass.items()}


@pytest.mark.parametrize("side", SIDES)
@given(x=st.integers(0, 15), y=st.integers(0, 15), extra=st.integers(0, 15))
def test_attainable_p_equal_exact_fractions(side: Side, x: int, y: int, extra: int) -> None:
    n = max(x, y) + extra
    exact = [float(p) for _, p in exact_distribution(x, y, n, side).values()]

    assert np.exp(attainable_ln_p(x, y, n, side)) == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize("side", SIDES)
@given(rows=tables)
def test_observed_and_least_p_and_both_adjustments_equal_their_definitions(
    side: Side, rows: list[tuple[int, ...]]
) -> None:
    family = DiscreteFamily(rows, side)
    exact = [exact_distribution(a + b, a + c, a + b + c + d, side) for a, b, c, d in rows]
    observed = [distribution[row[0]][1] for distribution, row in zip(exact, rows, strict=True)]

    def expected_at_or_below(t: Fraction) -> Fraction:
        return sum(sum(m for m, p in distribution.values() if p <= t) for distribution in exact)

    bonferroni = [min(1.0, float(expected_at_or_below(t))) for t in observed]
    ranked = sorted(observed)
    heyse = {t: min(float(expected_at_or_below(v) / (k + 1)) for k, v in enumerate(ranked) if v >= t) for t in observed}

    assert np.exp(family.ln_p) == pytest.approx([float(t) for t in observed], rel=1e-10)
    assert np.exp(family.ln_p) == pytest.approx(
        [fisher_exact([[a, b], [c, d]], alternative=side.value).pvalue for a, b, c, d in rows], rel=1e-9
    )
    assert np.exp(family.ln_least_p) == pytest.approx(
        [min(float(p) for _, p in distribution.values()) for distribution in exact], rel=1e-10
    )
    assert np.exp(family.discrete_bonferroni()) == pytest.approx(bonferroni, rel=1e-9)
    assert np.exp(family.heyse()) == pytest.approx([min(1.0, heyse[t]) for t in observed], rel=1e-9)


@given(rows=tables)
def test_the_discrete_bonferroni_is_never_worse_than_bonferroni(rows: list[tuple[int, ...]]) -> None:
    family = DiscreteFamily(rows, "two-sided")

    assert np.all(family.discrete_bonferroni() <= adjust(family.ln_p, "bonferroni").ln_adjusted + 1e-6)


@pytest.mark.parametrize("side", SIDES)
@given(row=st.tuples(counts, counts, counts, counts))
def test_the_mid_p_is_half_way_to_the_next_smaller_p(side: Side, row: tuple[int, ...]) -> None:
    a, b, c, d = row
    distribution = exact_distribution(a + b, a + c, a + b + c + d, side)
    own = distribution[a][1]
    smaller = max((p for _, p in distribution.values() if p < own), default=Fraction(0))

    assert DiscreteFamily([row], side).mid_p()[0] == pytest.approx(float((own + smaller) / 2), rel=1e-10)


@given(
    least=st.lists(st.sampled_from([1e-9, 1e-4, 0.001, 0.004, 0.01, 0.02, 0.04, 0.2, 1.0]), min_size=1, max_size=25),
    alpha=st.sampled_from([0.01, 0.05, 0.1]),
)
def test_the_factor_is_the_least_that_pays_for_all_it_lets_in(least: list[float], alpha: float) -> None:
    expected = next(k for k in range(1, len(least) + 1) if sum(p <= alpha / k * (1 + 1e-12) for p in least) <= k)

    ours = tarone(np.log(least), alpha=alpha)

    assert ours.factor == expected
    assert int(ours.testable.sum()) <= expected


def error_rates(margins: list[tuple[int, int, int]], alpha: float) -> dict[str, float]:
    """Chance of any rejection when all tables are null and independent, over every outcome there is."""
    side = Side.GREATER
    distributions = [exact_distribution(*margin, side) for margin in margins]
    rates = {"tarone": 0.0, "discrete bonferroni": 0.0, "hsu": 0.0}
    for outcome in product(*(distribution.items() for distribution in distributions)):
        weight = math.prod(float(mass) for _, (mass, _) in outcome)
        rows = [(a, x - a, y - a, n - x - y + a) for (a, _), (x, y, n) in zip(outcome, margins, strict=True)]
        family = DiscreteFamily(rows, side)
        any_of = {
            "tarone": tarone(family.ln_least_p, alpha=alpha).rejected(family.ln_p),
            "discrete bonferroni": rejected(family.discrete_bonferroni(), alpha),
            "hsu": family.doehler_durand_roquain(alpha),
        }
        for name, decisions in any_of.items():
            rates[name] += weight * bool(decisions.any())
    return rates


@pytest.mark.parametrize(
    ("margins", "alpha"),
    [
        ([(3, 4, 10), (5, 4, 10), (2, 5, 10)], 0.1),
        ([(4, 3, 12), (6, 6, 12), (2, 2, 12)], 0.2),
        ([(5, 5, 10), (1, 5, 10), (1, 5, 10)], 0.05),
    ],
)
def test_the_promised_error_is_kept_over_every_outcome_of_null_tables(
    margins: list[tuple[int, int, int]], alpha: float
) -> None:
    for rate in error_rates(margins, alpha).values():
        assert rate <= alpha + 1e-12


def hsu_by_definition(rows: list[tuple[int, ...]], alpha: float) -> int:
    """Number of rejections of HSU, straight from its critical values, in fractions."""
    exact = [exact_distribution(a + b, a + c, a + b + c + d, Side.TWO_SIDED) for a, b, c, d in rows]
    m = len(rows)

    def cdf(i: int, t: Fraction) -> Fraction:
        return sum((mass for mass, p in exact[i].values() if p <= t), Fraction(0))

    support = sorted({p for distribution in exact for _, p in distribution.values()})
    level = Fraction(alpha).limit_denominator(1000)

    def odds(t: Fraction) -> Fraction | None:
        values = [cdf(i, t) for i in range(m)]
        return None if any(v == 1 for v in values) else sum(v / (1 - v) for v in values) / m

    fits = [t for t in support if (value := odds(t)) is not None and value <= level]
    if not fits:
        return 0
    last = max(fits)
    observed = sorted(distribution[row[0]][1] for distribution, row in zip(exact, rows, strict=True))
    best = 0
    for k in range(1, m + 1):
        below = [
            t
            for t in support
            if t <= last and sum(cdf(i, t) / (1 - cdf(i, last)) for i in range(m)) / m <= level * k / m
        ]
        if below and observed[k - 1] <= max(below):
            best = k
    return best


@given(rows=tables, alpha=st.sampled_from([0.05, 0.2, 0.5]))
def test_the_corrected_discrete_step_up_is_its_definition(rows: list[tuple[int, ...]], alpha: float) -> None:
    decisions = DiscreteFamily(rows, "two-sided").doehler_durand_roquain(alpha)

    assert int(decisions.sum()) == hsu_by_definition(rows, alpha)


def test_an_empty_family_has_no_answers() -> None:
    family = DiscreteFamily([], "greater")

    assert family.ln_p.size == family.ln_least_p.size == family.mid_p().size == family.heyse().size == 0
    assert family.discrete_bonferroni().size == family.doehler_durand_roquain(0.05).size == 0
    assert tarone([], alpha=0.05).factor == 1


def test_a_hypothesis_without_a_known_least_p_is_paid_for() -> None:
    assert tarone([math.nan, math.nan, 0.0], alpha=0.05).factor == 2


def test_adjusted_values_belong_to_the_level_and_agree_with_the_decisions() -> None:
    ours = tarone(np.log([1e-4, 0.02, 0.03, 0.4]), alpha=0.05)
    ln_p = np.log([0.001, 0.02, 0.03, 0.5])

    assert rejected(ours.ln_adjusted(ln_p), 0.05).tolist() == ours.rejected(ln_p).tolist()


@pytest.mark.parametrize("rows", [[[1, 2, 3]], [[1.5, 2, 3, 4]], [[-1, 2, 3, 4]], [1, 2, 3, 4]])
def test_what_is_no_table_of_counts_is_refused(rows: list[object]) -> None:
    with pytest.raises(TablesNotCounts):
        DiscreteFamily(rows, "greater")


def test_tarone_needs_a_level() -> None:
    with pytest.raises(LevelOutsideUnit):
        tarone([-1.0], alpha=0.0)
