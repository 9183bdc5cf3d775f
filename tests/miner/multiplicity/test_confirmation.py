"""The sealed part: one budget, lists frozen before, one side, Holm."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from miner.errors import ConfirmationListInvalid, LevelOutsideUnit, OutOfOrder, TablesNotCounts
from miner.multiplicity import ClaimLevel
from miner.multiplicity.confirmation import Unlock, confirm, next_unlock, one_sided, power_warnings


def openings(*places: tuple[int, int]) -> list[Unlock]:
    history: list[Unlock] = []
    for frozen_at, sequence in places:
        history.append(next_unlock(history, frozen_at=frozen_at, sequence=sequence))
    return history


def test_each_opening_halves_the_level_and_all_together_stay_within_it() -> None:
    history = openings(*((i, 100 + i) for i in range(20)))

    assert [unlock.level(0.05) for unlock in history[:3]] == [0.025, 0.0125, 0.00625]
    assert sum(unlock.level(0.05) for unlock in history) < 0.05


def test_lists_frozen_before_the_first_opening_may_wait_and_later_ones_are_marked() -> None:
    first, waiting, later = openings((1, 10), (2, 20), (15, 30))

    assert (first.reused, waiting.reused, later.reused) == (False, False, True)


def test_a_reused_sealed_part_never_holds_anything_up() -> None:
    reused = openings((1, 10), (15, 30))[1]

    result = confirm(["a"], [-100.0], reused)

    assert result.passed.tolist() == [True]
    assert result.levels.tolist() == [ClaimLevel.UNADJUSTED]


@pytest.mark.parametrize(("frozen_at", "sequence"), [(20, 20), (30, 20), (5, 10), (5, 9)])
def test_a_list_is_frozen_before_and_openings_follow_each_other(frozen_at: int, sequence: int) -> None:
    with pytest.raises(OutOfOrder):
        next_unlock(openings((1, 10)), frozen_at=frozen_at, sequence=sequence)


def test_the_list_is_judged_by_holm_at_the_level_of_the_opening() -> None:
    unlock = openings((1, 2))[0]

    result = confirm(["a", "b", "c", "d"], np.log([0.005, 0.008, 0.02, 0.5]), unlock)

    # Level 0.025: 0.005 <= 0.025 / 4, 0.008 <= 0.025 / 3, 0.02 > 0.025 / 2.
    assert result.alpha == 0.025
    assert result.passed.tolist() == [True, True, False, False]
    assert result.levels.tolist() == ["held up", "held up", "unadjusted", "unadjusted"]


def test_a_hypothesis_that_could_not_be_computed_counts_and_fails() -> None:
    result = confirm(["a", "b"], [math.log(0.02), math.nan], openings((1, 2))[0])

    assert result.adjusted.m == 2
    assert result.passed.tolist() == [False, False]


@pytest.mark.parametrize(("names", "ln_p"), [(["a", "a"], [-1.0, -2.0]), (["a"], [-1.0, -2.0])])
def test_a_list_with_repeats_or_gaps_is_refused(names: list[str], ln_p: list[float]) -> None:
    with pytest.raises(ConfirmationListInvalid):
        confirm(names, ln_p, openings((1, 2))[0])


@given(z=st.floats(-8, 8), side=st.sampled_from([1, -1]))
def test_one_side_of_a_symmetric_test_is_that_of_the_normal(z: float, side: int) -> None:
    ln_two_sided = math.log(2) + norm.logsf(abs(z))

    ours = one_sided([ln_two_sided], [z * side >= 0])

    assert ours[0] == pytest.approx(norm.logsf(z * side), rel=1e-6, abs=1e-9)


def test_power_at_the_discovered_strength_is_that_of_a_normal_test() -> None:
    ln_p = norm.logsf([4.0, 2.0])

    strong, weak = power_warnings(ln_p, discovery_share=0.5, level=0.025)

    bar = norm.isf(0.025 / 2)
    assert strong.power == pytest.approx(norm.sf(bar - 4.0), rel=1e-6)
    assert [strong.power_half, weak.power] == pytest.approx([norm.sf(bar - 2.0)] * 2, rel=1e-6)
    assert math.isnan(strong.least_expected)
    assert not strong.sparse


def test_power_of_a_very_small_p_is_one_and_not_missing() -> None:
    assert power_warnings([-50_000.0], discovery_share=0.5, level=0.025)[0].power == 1.0


def test_fewer_than_five_expected_persons_in_a_cell_give_a_warning() -> None:
    counts = [[12, 50, 60, 70], [5, 50, 60, 70], [math.nan] * 4]

    enough, few, no_table = power_warnings([-5.0] * 3, discovery_share=0.6, level=0.025, counts=counts)

    assert (enough.least_expected, enough.sparse) == (pytest.approx(8.0), False)
    assert (few.least_expected, few.sparse) == (pytest.approx(10 / 3), True)
    assert not no_table.sparse


def test_no_list_no_warnings() -> None:
    assert power_warnings([], discovery_share=0.5, level=0.025) == []


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_sealed_part_must_exist(share: float) -> None:
    with pytest.raises(LevelOutsideUnit):
        power_warnings([-1.0], discovery_share=share, level=0.05)


def test_cells_come_in_fours() -> None:
    with pytest.raises(TablesNotCounts):
        power_warnings([-1.0], discovery_share=0.5, level=0.05, counts=[[1, 2, 3]])
