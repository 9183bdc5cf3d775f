"""Stratified tables against statsmodels, and the laws that hold for any strata."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from miner.errors import ImpossibleCounts
from miner.statistics.fisher import log_fisher
from miner.statistics.stratified import mantel_haenszel, woolf_homogeneity

strata = st.lists(st.lists(st.integers(1, 40), min_size=4, max_size=4), min_size=2, max_size=5).map(
    lambda rows: np.array(rows).reshape(-1, 2, 2)
)


@given(strata)
def test_the_common_odds_ratio_and_its_tests_equal_statsmodels(tables: np.ndarray) -> None:
    theirs = StratifiedTable([table.astype(float) for table in tables])
    ours = mantel_haenszel(tables)
    assert ours.odds_ratio == pytest.approx(theirs.oddsratio_pooled, rel=1e-10)
    assert (ours.or_low, ours.or_high) == pytest.approx(theirs.oddsratio_pooled_confint(), rel=1e-9)
    assert ours.risk_ratio == pytest.approx(theirs.riskratio_pooled, rel=1e-10)
    assert ours.chi2 == pytest.approx(theirs.test_null_odds().statistic, rel=1e-9, abs=1e-12)
    assert math.exp(ours.ln_p) == pytest.approx(theirs.test_null_odds().pvalue, rel=1e-8)
    if ours.odds_ratio == 1:
        return  # statsmodels divides by zero in its test of homogeneity
    plain, adjusted = theirs.test_equal_odds(), theirs.test_equal_odds(adjust=True)
    assert ours.breslow_day == pytest.approx(plain.statistic, rel=1e-7, abs=1e-9)
    assert ours.breslow_day_tarone == pytest.approx(adjusted.statistic, rel=1e-7, abs=1e-9)
    assert math.exp(ours.breslow_day_ln_p) == pytest.approx(plain.pvalue, rel=1e-6)


@given(strata)
def test_stacks_together_give_what_each_gives_alone(tables: np.ndarray) -> None:
    together = mantel_haenszel(np.stack([tables, tables[:, ::-1]]))
    alone = mantel_haenszel(tables)
    assert together.odds_ratio[0] == alone.odds_ratio
    assert together.ln_p[0] == alone.ln_p
    assert together.odds_ratio[1] == pytest.approx(1 / float(alone.odds_ratio))


@given(strata)
def test_an_empty_stratum_changes_nothing(tables: np.ndarray) -> None:
    more = mantel_haenszel(np.concatenate([tables, np.zeros((1, 2, 2), dtype=int)]))
    alone = mantel_haenszel(tables)
    for name in (
        "odds_ratio",
        "or_low",
        "risk_ratio",
        "risk_difference",
        "rd_low",
        "ln_p",
        "breslow_day_ln_p",
        "strata",
    ):
        assert getattr(more, name) == pytest.approx(float(getattr(alone, name)), rel=1e-12, abs=1e-15)


@given(strata)
def test_one_stratum_is_the_crude_table(tables: np.ndarray) -> None:
    (a, b), (c, d) = tables[0]
    one = mantel_haenszel(tables[:1])
    assert one.odds_ratio == pytest.approx(a * d / (b * c))
    assert one.risk_ratio == pytest.approx(a / (a + b) / (c / (c + d)))
    assert one.risk_difference == pytest.approx(a / (a + b) - c / (c + d))
    assert not one.reversed
    assert math.isnan(one.breslow_day_ln_p)


def test_merging_identical_strata_leaves_the_odds_ratio() -> None:
    table = np.array([[[12, 5], [6, 9]]])
    assert mantel_haenszel(np.repeat(table, 3, axis=0)).odds_ratio == pytest.approx(12 * 9 / 30)


def test_kidney_stones_reverse() -> None:
    found = mantel_haenszel([[[81, 6], [234, 36]], [[192, 71], [55, 25]]])
    assert found.reversed
    assert found.crude_odds_ratio < 1 < found.odds_ratio


def test_empty_cells_and_single_sided_strata_do_not_fail() -> None:
    none = mantel_haenszel([[[0, 5], [0, 7]], [[0, 3], [0, 2]]])
    assert math.isnan(none.odds_ratio)
    assert math.isnan(none.ln_p)
    only = mantel_haenszel([[[4, 0], [0, 4]], [[3, 0], [0, 5]]])
    assert float(only.odds_ratio) == math.inf
    assert float(only.or_high) == math.inf
    assert np.isfinite(only.ln_p)
    assert np.isnan(only.breslow_day)


def test_a_strong_association_keeps_its_ln_p() -> None:
    table = [[[90_000, 10_000], [10_000, 90_000]]] * 3
    assert mantel_haenszel(table).ln_p < -150_000
    assert mantel_haenszel([table[0]]).ln_p == pytest.approx(float(log_fisher(90_000, 10_000, 10_000, 90_000)), rel=0.2)


def test_the_continuity_correction_does_not_cross_zero() -> None:
    balanced = mantel_haenszel([[[5, 5], [5, 5]]])
    assert balanced.chi2 == balanced.chi2_corrected == 0


def test_woolf_adds_a_half_only_where_a_cell_is_empty() -> None:
    chi2, ln_p, df = woolf_homogeneity([[[10, 20], [30, 40]], [[10, 20], [30, 40]]])
    assert chi2 == pytest.approx(0, abs=1e-12)
    assert (ln_p, df) == (pytest.approx(0, abs=1e-6), 1)
    assert np.isfinite(woolf_homogeneity([[[0, 20], [30, 40]], [[10, 20], [30, 40]]])[0])


def test_p_and_limits_hold_their_level_within_strata_of_other_risks() -> None:
    """No association within strata whose risks and exposures differ: the crude one is strong, the common one is not."""
    rng = np.random.default_rng(24)
    m, n = 2000, 120
    risks, exposures = (0.1, 0.3, 0.6), (0.2, 0.5, 0.8)
    tables = np.empty((m, 3, 2, 2), dtype=int)
    for k, (risk, exposure) in enumerate(zip(risks, exposures, strict=True)):
        exposed = rng.binomial(n, exposure, m)
        tables[:, k, 0, 0], tables[:, k, 1, 0] = rng.binomial(exposed, risk), rng.binomial(n - exposed, risk)
        tables[:, k, 0, 1] = exposed - tables[:, k, 0, 0]
        tables[:, k, 1, 1] = n - exposed - tables[:, k, 1, 0]
    found = mantel_haenszel(tables)
    assert np.mean(found.ln_p < math.log(0.05)) == pytest.approx(0.05, abs=0.016)
    assert np.median(found.crude_odds_ratio) > 1.8
    for low, high, null in (
        (found.or_low, found.or_high, 1),
        (found.rr_low, found.rr_high, 1),
        (found.rd_low, found.rd_high, 0),
        (found.rd_low_greenland, found.rd_high_greenland, 0),
    ):
        assert np.mean((low <= null) & (null <= high)) == pytest.approx(0.95, abs=0.016)
    assert np.mean(found.breslow_day_tarone_ln_p < math.log(0.05)) == pytest.approx(0.05, abs=0.02)


def test_shapes_and_values_that_are_no_tables_are_refused() -> None:
    with pytest.raises(ImpossibleCounts):
        mantel_haenszel([[1, 2], [3, 4]])
    with pytest.raises(ImpossibleCounts):
        mantel_haenszel([[[1, -2], [3, 4]]])
    with pytest.raises(ImpossibleCounts):
        mantel_haenszel([[[1, 2.5], [3, 4]]])
