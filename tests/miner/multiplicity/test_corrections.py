"""Corrections against statsmodels, scipy and brute force, and the laws each must obey."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from miner.errors import AnotherLevel, FamilyTooSmall, LevelOutsideUnit, NotAProbability, UnknownCorrection
from miner.multiplicity import Correction, Dependence, Guarantee, adjust, rejected
from miner.multiplicity.corrections import PROPERTIES
from miner.multiplicity.logarithms import ln_from_p

PLAIN = [c for c in Correction if c not in (Correction.TWO_STAGE, Correction.TWO_STAGE_BH)]
CLASSIC = [c for c in PLAIN if c not in (Correction.STOREY, Correction.STOREY_BOOTSTRAP)]
STATSMODELS = {
    "bonferroni": "bonferroni",
    "sidak": "sidak",
    "holm": "holm",
    "holm_sidak": "holm-sidak",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "bh": "fdr_bh",
    "by": "fdr_by",
}

p_values = st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=25)
tied_p_values = st.lists(
    st.sampled_from([0.0, 1e-300, 0.001, 0.01, 0.0125, 0.025, 0.05, 0.3, 1.0]), min_size=1, max_size=20
)


@pytest.fixture(autouse=True, scope="module")
def _no_garbage_to_look_through() -> Iterator[None]:
    """statsmodels collects garbage on each call of Holm, which takes longer than the rest: leave it little to do."""
    gc.freeze()
    yield
    gc.unfreeze()


def adjusted(p: list[float], method: str, **options: object) -> np.ndarray:
    return np.exp(adjust(ln_from_p(p), method, **options).ln_adjusted)


@pytest.mark.parametrize("method", sorted(STATSMODELS))
@given(p=p_values)
def test_each_classic_correction_equals_statsmodels(method: str, p: list[float]) -> None:
    with np.errstate(divide="ignore"):
        second = multipletests(p, method=STATSMODELS[method])[1]

    assert adjusted(p, method) == pytest.approx(second, rel=1e-9, abs=1e-13)


@given(p=tied_p_values)
def test_bh_and_by_equal_scipy_with_ties_and_zeros(p: list[float]) -> None:
    assert adjusted(p, "bh") == pytest.approx(false_discovery_control(p, method="bh"), rel=1e-10, abs=1e-320)
    assert adjusted(p, "by") == pytest.approx(false_discovery_control(p, method="by"), rel=1e-10, abs=1e-320)


@pytest.mark.parametrize(("method", "name"), [("tsbh", "fdr_tsbh"), ("bky", "fdr_tsbky")])
@given(p=st.lists(st.floats(1e-9, 1.0), min_size=2, max_size=25), alpha=st.sampled_from([0.01, 0.05, 0.1, 0.2]))
def test_two_stage_decisions_equal_statsmodels(method: str, name: str, p: list[float], alpha: float) -> None:
    ours = adjust(ln_from_p(p), method, alpha=alpha)

    assert ours.rejected(alpha).tolist() == multipletests(p, alpha=alpha, method=name)[0].tolist()


@pytest.mark.parametrize("method", CLASSIC)
@given(p=tied_p_values, seed=st.integers(0, 2**32 - 1))
def test_permuting_the_family_permutes_the_answer(method: str, p: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(p))

    assert adjusted(list(np.array(p)[order]), method) == pytest.approx(adjusted(p, method)[order], rel=1e-12, abs=0)


@pytest.mark.parametrize("method", PLAIN)
@given(p=p_values)
def test_a_smaller_p_never_has_a_larger_adjusted_p(method: str, p: list[float]) -> None:
    answer = adjusted(p, method)

    order = np.argsort(p, kind="stable")
    assert np.all(np.diff(answer[order]) >= -1e-15)


@pytest.mark.parametrize("method", CLASSIC)
@given(p=tied_p_values)
def test_adjusted_p_is_at_least_p_and_at_most_one(method: str, p: list[float]) -> None:
    answer = adjusted(p, method)

    assert np.all(answer >= np.array(p) * (1 - 1e-12))
    assert np.all(answer <= 1.0)


@given(p=tied_p_values)
def test_the_order_between_corrections_holds(p: list[float]) -> None:
    bonferroni, holm, hochberg, hommel, bh, by = (
        adjusted(p, name) for name in ("bonferroni", "holm", "hochberg", "hommel", "bh", "by")
    )
    slack = 1 + 1e-12

    assert np.all(holm <= bonferroni * slack)
    assert np.all(hochberg <= holm * slack)
    assert np.all(hommel <= hochberg * slack)
    assert np.all(bh <= hommel * slack)
    assert np.all(by >= bh / slack)
    assert np.all(adjusted(p, "hommel_robust") >= hommel / slack)
    assert np.all(adjusted(p, "sidak") <= bonferroni * slack)


@pytest.mark.parametrize("method", CLASSIC)
@given(p=tied_p_values, untested=st.integers(1, 30))
def test_a_larger_universe_equals_appended_ones_and_never_lowers_a_value(
    method: str, p: list[float], untested: int
) -> None:
    declared = adjusted(p, method, m=len(p) + untested)

    appended = adjusted(p + [1.0] * untested, method)[: len(p)]
    assert declared == pytest.approx(appended, rel=1e-10, abs=0)
    assert np.all(declared >= adjusted(p, method) * (1 - 1e-12))


@pytest.mark.parametrize("method", CLASSIC)
@given(p=p_values)
def test_scaling_by_logarithms_loses_nothing_where_p_is_no_longer_a_float(method: str, p: list[float]) -> None:
    shift = 50_000.0

    far = adjust(ln_from_p(p) - shift, method).ln_adjusted

    small = adjust(ln_from_p(p) - 300.0, method).ln_adjusted
    assert far + shift == pytest.approx(small + 300.0, abs=1e-9)


@pytest.mark.parametrize("method", CLASSIC)
def test_a_family_of_one_is_not_adjusted(method: str) -> None:
    assert adjusted([0.03], method) == pytest.approx([0.03], rel=1e-12)


@pytest.mark.parametrize("method", PLAIN)
def test_an_empty_family_gives_an_empty_answer(method: str) -> None:
    answer = adjust([], method)

    assert answer.ln_adjusted.size == 0
    assert answer.m == 0


def test_a_member_that_could_not_be_computed_counts_unless_dropped() -> None:
    p = [0.01, math.nan, 0.04]

    counted, dropped = adjust(ln_from_p(p), "bonferroni"), adjust(ln_from_p(p), "bonferroni", na_rule="drop")

    assert (counted.m, dropped.m) == (3, 2)
    assert np.exp(counted.ln_adjusted) == pytest.approx([0.03, math.nan, 0.12], nan_ok=True)
    assert np.exp(dropped.ln_adjusted) == pytest.approx([0.02, math.nan, 0.08], nan_ok=True)
    assert counted.rejected(0.05).tolist() == [True, False, False]


@pytest.mark.parametrize("method", PLAIN)
def test_a_family_of_nothing_but_missing_values_stays_missing(method: str) -> None:
    assert np.isnan(adjust([math.nan, math.nan], method).ln_adjusted).all()


def test_the_decision_absorbs_rounding_at_the_boundary_and_nothing_more() -> None:
    at = math.log(0.05)

    assert rejected([at, at + 0.9e-12, at + 2e-12], 0.05).tolist() == [True, True, False]
    # 3 * (0.05 / 3) is not 0.05 in floats; the decision must not depend on that.
    assert adjust(np.log([0.05 / 3, 1.0, 1.0]), "bonferroni").rejected(0.05)[0]


@pytest.mark.parametrize("bad", [0.1, 1e-9, math.inf])
def test_a_value_that_is_no_probability_is_refused_by_position(bad: float) -> None:
    with pytest.raises(NotAProbability) as caught:
        adjust([-1.0, bad], "bh")

    assert caught.value.values["position"] == 1


@pytest.mark.parametrize("bad", [-0.1, 1.2])
def test_p_outside_the_unit_interval_has_no_logarithm_here(bad: float) -> None:
    with pytest.raises(NotAProbability):
        ln_from_p([0.5, bad])


def test_a_universe_smaller_than_its_members_is_refused() -> None:
    with pytest.raises(FamilyTooSmall):
        adjust([-1.0, -2.0], "bh", m=1)


def test_an_unknown_correction_is_named() -> None:
    with pytest.raises(UnknownCorrection, match="fdr_gbs"):
        adjust([-1.0], "fdr_gbs")


@pytest.mark.parametrize("alpha", [None, 0.0, -0.1, 1.5, math.nan])
def test_a_level_specific_correction_needs_a_level(alpha: float | None) -> None:
    with pytest.raises(LevelOutsideUnit):
        adjust([-1.0], "bky", alpha=alpha)


def test_values_adjusted_for_one_level_refuse_to_decide_at_another() -> None:
    answer = adjust([-5.0, -1.0], "bky", alpha=0.05)

    with pytest.raises(AnotherLevel):
        answer.rejected(0.1)


def test_an_adaptive_correction_can_reject_a_raw_p_of_one_fifth_and_says_it_needs_independence() -> None:
    p = [1e-5] * 9 + [0.2]

    answer = adjust(ln_from_p(p), "bky", alpha=0.05)

    assert answer.rejected(0.05)[-1]
    assert answer.dependence is Dependence.INDEPENDENT
    assert not adjust(ln_from_p(p), "bh").rejected(0.05)[-1]


def test_storey_uses_one_mth_and_says_so_when_no_p_is_large() -> None:
    answer = adjust(ln_from_p([0.01, 0.02]), "storey")

    assert (answer.null_share, answer.floored) == (0.5, True)


def test_every_correction_states_what_it_keeps_and_what_it_assumes() -> None:
    assert set(PROPERTIES) == set(Correction)
    assert PROPERTIES[Correction.BENJAMINI_YEKUTIELI] == (Guarantee.FALSE_DISCOVERY, Dependence.ANY)


def test_a_universe_beyond_any_float_integer_is_corrected() -> None:
    answer = adjust([-200.0], "by", m=10**30)

    expected = -200 + math.log(10**30) + math.log(math.log(10**30) + np.euler_gamma)
    assert answer.ln_adjusted[0] == pytest.approx(expected, rel=1e-12)
