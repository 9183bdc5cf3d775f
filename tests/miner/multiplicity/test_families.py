"""Universes are counted by formula and by enumeration; runs share one error."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import UnusableUniverse
from miner.multiplicity.families import (
    Mode,
    Reduction,
    Spent,
    Universe,
    count_pairs,
    count_rules,
    margin_filter,
    spend,
    spending_share,
)

variables = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3), max_size=5)


def enumerate_rules(left: dict[str, int], right: dict[str, int], max_length: int) -> int:
    """Write every rule down."""
    antecedent_items = [(name, i) for name, items in left.items() for i in range(items)]
    rules = 0
    for name, items in right.items():
        for _ in range(items):
            for length in range(1, max_length + 1):
                for chosen in combinations(antecedent_items, length):
                    names = [variable for variable, _ in chosen]
                    rules += len(set(names)) == length and name not in names
    return rules


@given(left=variables, right=variables, max_length=st.integers(1, 3))
def test_the_count_of_rules_is_that_of_writing_them_down(
    left: dict[str, int], right: dict[str, int], max_length: int
) -> None:
    assert count_rules(left, max_length, consequents=right) == enumerate_rules(left, right, max_length)
    assert count_rules(left, max_length) == enumerate_rules(left, left, max_length)


@given(left=st.sets(st.sampled_from("abcdef")), right=st.sets(st.sampled_from("abcdef")))
def test_the_count_of_pairs_is_that_of_writing_them_down(left: set[str], right: set[str]) -> None:
    assert count_pairs(left, right) == len({frozenset((x, y)) for x in left for y in right if x != y})
    assert count_pairs(left) == len(list(combinations(left, 2)))


def rules(
    left: str, right: str = "xy", *, max_length: int = 2, test: str = "fisher_greater", scope: str = "d1"
) -> Universe:
    def items(names: str) -> dict[str, frozenset[str]]:
        return {name: frozenset({f"{name} = 1", f"{name} = 2"}) for name in names}

    return Universe(mode=Mode.RULE, scope=scope, test=test, left=items(left), right=items(right), max_length=max_length)


def pairs(left: str, right: str) -> Universe:
    return Universe(
        mode=Mode.PAIR,
        scope="d1",
        test="spearman",
        left={name: frozenset({name}) for name in left},
        right={name: frozenset({name}) for name in right},
    )


def test_the_shares_of_all_runs_sum_to_one() -> None:
    assert sum(spending_share(j) for j in range(1, 200_000)) == pytest.approx(1.0, abs=1e-5)
    assert sum(spending_share(j, declared_runs=4) for j in range(1, 10)) == pytest.approx(1.0)


def test_runs_spend_in_order() -> None:
    history: list[Spent] = []
    for name, left in (("r1", "abc"), ("r2", "abcd"), ("r3", "abcde")):
        history.append(spend(history, name, rules(left)))

    assert [spent.turn for spent in history] == [1, 2, 3]
    assert [spent.share for spent in history] == [spending_share(j) for j in (1, 2, 3)]
    assert [spent.m for spent in history] == [spent.universe.size for spent in history]


@pytest.mark.parametrize(
    "inner",
    [rules("abc"), rules("ab"), rules("abc", "x"), rules("abc", max_length=1)],
    ids=["same", "l", "r", "length"],
)
def test_a_run_inside_an_earlier_universe_spends_nothing_and_keeps_its_m(inner: Universe) -> None:
    first = spend([], "r1", rules("abc"))

    second = spend([first], "r2", inner)
    third = spend([first, second], "r3", rules("abcd"))

    assert (second.turn, second.m, second.share, second.within) == (0, first.m, first.share, "r1")
    assert (third.turn, third.within) == (2, None)


@pytest.mark.parametrize(
    "outer",
    [
        rules("abcd"),
        rules("abc", "xyz"),
        rules("abc", max_length=3),
        rules("abc", test="chi"),
        rules("abc", scope="d2"),
    ],
    ids=["left", "right", "length", "test", "scope"],
)
def test_a_run_that_goes_beyond_spends(outer: Universe) -> None:
    first = spend([], "r1", rules("abc"))

    assert spend([first], "r2", outer).turn == 2


def test_another_binning_is_another_universe() -> None:
    old = rules("a")
    new = Universe(
        mode=old.mode,
        scope=old.scope,
        test=old.test,
        left={"a": frozenset({"a in [0, 5)"})},
        right=old.right,
        max_length=1,
    )

    assert not old.contains(new)


def test_a_pair_is_the_same_from_both_sides() -> None:
    assert pairs("abc", "xy").contains(pairs("x", "ab"))
    assert pairs("abc", "abc").size == 3
    assert not pairs("abc", "xy").contains(pairs("ab", "ab"))


def test_a_screen_counts_exposures_against_other_outcomes() -> None:
    screen = Universe(
        mode=Mode.SCREEN,
        scope="d1",
        test="linear",
        left={"a": frozenset({"a"}), "b": frozenset({"b"})},
        right={"b": frozenset({"b"}), "y": frozenset({"y"})},
    )

    assert screen.size == 3


def test_a_scratch_run_spends_nothing_and_shelters_nothing() -> None:
    scratch = spend([], "s1", rules("abc"), scratch=True)

    following = spend([scratch], "r1", rules("ab"))

    assert scratch.scratch
    assert (following.turn, following.share) == (1, spending_share(1))


def test_declared_runs_share_equally_and_end() -> None:
    history = [spend([], "r1", rules("a"), declared_runs=2)]
    history.append(spend(history, "r2", rules("ab"), declared_runs=2))

    assert [spent.share for spent in history] == [0.5, 0.5]
    with pytest.raises(UnusableUniverse):
        spend(history, "r3", rules("abc"), declared_runs=2)


def test_a_filter_on_margins_lowers_m_and_is_recorded() -> None:
    few = Reduction(rule="margins of at least 10 persons", removed=5)

    granted = spend([], "r1", rules("abc"), reductions=[few])

    assert granted.m == granted.universe.size - 5
    assert granted.reductions == (few,)


def test_what_an_earlier_family_took_out_is_not_sheltered_by_it() -> None:
    few = Reduction(rule="margins of at least 10 persons", removed=5)
    first = spend([], "r1", rules("abc"), reductions=[few])

    whole, same = spend([first], "r2", rules("ab")), spend([first], "r2", rules("ab"), reductions=[few])

    assert (whole.within, whole.turn) == (None, 2)
    assert (same.within, same.turn, same.m) == ("r1", 0, first.m)


def test_the_margin_filter_counts_rules_with_a_small_margin_on_either_side() -> None:
    assert margin_filter([9, 10, 30, 30], [50, 50, 9, 10], least=10).removed == 2
    assert margin_filter([], [], least=10).removed == 0


def test_filters_that_leave_nothing_are_refused() -> None:
    with pytest.raises(UnusableUniverse):
        spend([], "r1", rules("a"), reductions=[Reduction(rule="all", removed=10**6)])


def test_a_family_name_is_used_once() -> None:
    with pytest.raises(UnusableUniverse):
        spend([spend([], "r1", rules("a"))], "r1", rules("ab"))


def test_an_empty_universe_is_refused() -> None:
    with pytest.raises(UnusableUniverse):
        spend([], "r1", rules("x", "x"))


@pytest.mark.parametrize(("items", "length"), [({"a": 2}, 0), ({"a": -1}, 1)])
def test_what_cannot_be_counted_is_refused(items: dict[str, int], length: int) -> None:
    with pytest.raises(UnusableUniverse):
        count_rules(items, length)


def test_runs_are_counted_from_one() -> None:
    with pytest.raises(UnusableUniverse):
        spending_share(0)
