"""All-resolutions bounds against closed testing done by enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import FamilyTooSmall, SelectionOutsideFamily
from miner.multiplicity import AllResolutions, adjust
from miner.multiplicity.logarithms import ln_from_p

small_families = st.lists(
    st.sampled_from([0.0, 0.001, 0.005, 0.01, 0.0125, 0.02, 0.03, 0.05, 0.2, 0.6, 1.0]), min_size=1, max_size=6
)


class EveryIntersection:
    """Closed testing in the open: all 2^m - 1 intersection hypotheses, each by Simes."""

    def __init__(self, p: list[float], *, robust: bool) -> None:
        self.p = np.array(p)
        self.sets = [s for k in range(1, len(p) + 1) for s in combinations(range(len(p)), k)]
        self.simes = {s: self._simes(s, robust=robust) for s in self.sets}

    def _simes(self, chosen: tuple[int, ...], *, robust: bool) -> float:
        q = np.sort(self.p[list(chosen)])
        k = np.arange(1, q.size + 1)
        factor = q.size * (np.sum(1 / k) if robust else 1.0)
        return min(1.0, float(np.min(factor * q / k)))

    def adjusted(self, chosen: tuple[int, ...]) -> float:
        return max(value for s, value in self.simes.items() if set(chosen) <= set(s))

    def bound(self, chosen: tuple[int, ...], alpha: float) -> int:
        kept = [s for s in self.sets if set(s) <= set(chosen) and self.adjusted(s) > alpha * (1 + 1e-12)]
        return len(chosen) - max((len(s) for s in kept), default=0)


@pytest.mark.parametrize("robust", [False, True])
@given(p=small_families, untested=st.integers(0, 1), alpha=st.sampled_from([0.05, 0.1, 0.5]))
def test_every_bound_and_every_adjusted_p_equals_full_closed_testing(
    robust: bool, p: list[float], untested: int, alpha: float
) -> None:
    family = EveryIntersection(p + [1.0] * untested, robust=robust)
    ours = AllResolutions(ln_from_p(p), len(p) + untested, alpha, robust)

    for chosen in (s for s in family.sets if max(s) < len(p)):
        assert ours.bound(chosen) == family.bound(chosen, alpha)
        assert np.exp(ours.local_ln_p(chosen)) == pytest.approx(family.adjusted(chosen), rel=1e-9, abs=1e-300)
    assert ours.total == family.bound(tuple(range(len(p) + untested)), alpha)
    method = "hommel_robust" if robust else "hommel"
    by_door = np.exp(adjust(ln_from_p(p), method, m=len(p) + untested).ln_adjusted)
    assert by_door == pytest.approx([family.adjusted((i,)) for i in range(len(p))], rel=1e-9, abs=1e-300)


@given(
    p=st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=60),
    seed=st.integers(0, 2**32 - 1),
    alpha=st.sampled_from([0.05, 0.5]),
)
def test_the_curve_is_the_bound_of_each_prefix(p: list[float], seed: int, alpha: float) -> None:
    ours = AllResolutions(ln_from_p(p), len(p) + 3, alpha)
    order = np.random.default_rng(seed).permutation(len(p))

    curve = ours.curve(order)

    assert curve.tolist() == [ours.bound(order[: k + 1]) for k in range(len(p))]


@given(p=st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=40))
def test_the_concentration_set_is_the_least_prefix_with_the_whole_bound(p: list[float]) -> None:
    ours = AllResolutions(ln_from_p(p), len(p), 0.1)

    chosen = ours.concentration()

    assert ours.bound(chosen) == ours.total
    assert chosen.size == 0 or ours.bound(chosen[:-1]) < ours.total


@given(p=st.lists(st.floats(1e-9, 1.0), min_size=2, max_size=40), seed=st.integers(0, 2**32 - 1))
def test_a_larger_selection_never_has_a_smaller_bound(p: list[float], seed: int) -> None:
    generator = np.random.default_rng(seed)
    ours = AllResolutions(ln_from_p(p), len(p), 0.1)
    large = generator.permutation(len(p))[: generator.integers(1, len(p) + 1)]

    assert ours.bound(large[: large.size // 2]) <= ours.bound(large) <= min(large.size, ours.total)


def test_the_same_family_at_another_level_is_a_fresh_answer_without_sorting_again() -> None:
    ln_p = ln_from_p([0.001, 0.01, 0.04, 0.2, 0.9])
    strict = AllResolutions(ln_p, 5, 0.05)

    median = strict.at(0.5)

    assert median.total == AllResolutions(ln_p, 5, 0.5).total
    assert median.total >= strict.total


def test_the_robust_bound_is_never_above_the_simes_bound() -> None:
    ln_p = ln_from_p((np.arange(1, 301) / 301) ** 4)
    simes, robust = AllResolutions(ln_p, 1000, 0.1), AllResolutions(ln_p, 1000, 0.1, robust=True)

    assert np.all(robust.curve(range(300)) <= simes.curve(range(300)))
    assert simes.total > robust.total > 0


def test_one_hundred_thousand_hypotheses_with_few_p_in_hand_equal_the_full_list() -> None:
    p = (np.arange(1, 2001) / 2001) ** 6
    full = np.concatenate([p, np.ones(98_000)])

    few, all_of_them = AllResolutions(ln_from_p(p), 100_000), AllResolutions(ln_from_p(full), 100_000)

    basket = np.arange(0, 400, 3)
    assert few.bound(basket) == all_of_them.bound(basket) > 0
    assert few.total == all_of_them.total


def test_a_member_that_could_not_be_computed_is_never_counted_as_associated() -> None:
    ours = AllResolutions([-30.0, np.nan], 2)

    assert ours.bound([1]) == 0
    assert ours.bound([0, 1]) == 1


def test_an_empty_selection_and_an_empty_family_hold_nothing() -> None:
    assert AllResolutions([-5.0], 1).bound([]) == 0
    assert AllResolutions([], 0).total == 0
    assert AllResolutions([], 7).total == 0
    assert AllResolutions([], 7).concentration().size == 0
    assert AllResolutions([-5.0], 1).local_ln_p([]) == 0.0


def test_a_repeated_member_counts_once() -> None:
    assert AllResolutions([-30.0, -0.1], 2).bound([0, 0, 0]) == 1


@pytest.mark.parametrize("selection", [[2], [-1], [0.5], [True, False]])
def test_what_is_no_member_cannot_be_selected(selection: list[object]) -> None:
    with pytest.raises(SelectionOutsideFamily):
        AllResolutions([-1.0, -2.0], 2).bound(selection)


def test_a_curve_lists_each_member_once() -> None:
    with pytest.raises(SelectionOutsideFamily):
        AllResolutions([-1.0, -2.0], 2).curve([0, 0])


def test_a_family_smaller_than_its_members_is_refused() -> None:
    with pytest.raises(FamilyTooSmall):
        AllResolutions([-1.0, -2.0], 1)
