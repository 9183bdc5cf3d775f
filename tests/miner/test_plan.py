from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import UnknownVariable
from miner.plan import (
    EmptyUniverse,
    Items,
    OverlappingRoles,
    Plan,
    PlanUnreadable,
    PlanValue,
    Rules,
    Run,
    Screens,
    TooManyTests,
    UnusableKind,
)
from miner.tables.demo import load_nhefs

NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=1, max_size=4, unique=True).map(tuple)


def plan(**changes: object) -> Plan:
    return Plan(**{"name": "p", "outcomes": ("death",), "exposures": ("qsmk",), **changes})  # type: ignore[arg-type]


@given(NAMES, st.integers(1, 3), st.integers(2, 10), st.booleans())
def test_a_plan_survives_its_own_file(exposures: tuple[str, ...], length: int, bins: int, scratch: bool) -> None:
    one = plan(exposures=exposures, rules=Rules(max_length=length), items=Items(bins=bins), run=Run(scratch=scratch))
    again = Plan.from_toml(one.to_toml())
    assert again == one
    assert again.content_hash == one.content_hash


def test_two_plans_that_differ_have_two_hashes() -> None:
    assert plan().content_hash != plan(rules=Rules(max_length=3)).content_hash


def test_a_whole_number_may_be_written_for_a_rate() -> None:
    text = plan().to_toml().replace("minimum_share = 0.0", "minimum_share = 0")
    assert Plan.from_toml(text) == plan()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("name = ", PlanUnreadable),
        ("format = 2", PlanUnreadable),
        ("colour = 'red'", PlanUnreadable),
        ("[rules]\nlength = 2", PlanUnreadable),
        ("[universe]\noutcomes = 'death'", PlanUnreadable),
        ("[rules]\nmax_length = 4\n[universe]\noutcomes=['a']\nexposures=['b']", PlanValue),
        ("[rules]\nmax_length = 'two'\n[universe]\noutcomes=['a']\nexposures=['b']", PlanValue),
        ("[corrections]\nq = 1.5\n[universe]\noutcomes=['a']\nexposures=['b']", PlanValue),
        ("[universe]\noutcomes = ['a']", EmptyUniverse),
        ("[universe]\noutcomes = ['a']\nexposures = ['a', 'b']", OverlappingRoles),
        ("[universe]\noutcomes = ['a']\nexposures = ['b', 'b']", PlanValue),
        ("[universe]\noutcomes=['a']\nexposures=['b']\n[rules]\nenabled=false\n[pairs]\nenabled=false", PlanValue),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_name(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        Plan.from_toml(text)


def test_a_misspelt_variable_is_named_with_the_nearest_one() -> None:
    _, dictionary = load_nhefs()
    with pytest.raises(UnknownVariable) as caught:
        plan(exposures=("smokeyers",)).checked(dictionary)
    assert caught.value.values == {"name": "smokeyers", "nearest": "smokeyrs"}


def test_keys_are_never_mined() -> None:
    _, dictionary = load_nhefs()
    with pytest.raises(UnusableKind):
        plan(exposures=("seqn",)).checked(dictionary)


def test_the_suggested_plan_takes_roles_from_the_dictionary_and_adjusts_for_age_and_sex() -> None:
    _, dictionary = load_nhefs()
    suggested = Plan.suggest(dictionary)
    assert suggested.adjust_for == ("age", "sex")
    assert "qsmk" in suggested.exposures
    assert set(suggested.outcomes) == {"death", "wt82_71"}
    assert suggested.checked(dictionary) is suggested


def test_a_scratch_plan_is_another_plan() -> None:
    assert plan().as_scratch().run.scratch
    assert plan().as_scratch().content_hash != plan().content_hash


def test_the_cap_is_said_with_the_number() -> None:
    error = TooManyTests(tests=2_619_282, limit=2_000_000)
    assert "2,619,282" in error.sentences()[0]


def test_a_plan_without_screens_keeps_the_hash_it_had_before_there_were_any() -> None:
    # Taken with the version before screens existed.
    assert plan().content_hash == "09f1ea84a58405d8653d7cac28c6f8700f96008bf5c7ca477310fa5fb72525e9"
    assert "screens" not in plan().to_dict()
    assert Plan.from_dict(plan().to_dict()) == plan()


def test_a_plan_file_shows_the_screens_even_where_there_are_none() -> None:
    assert "[screens]\nenabled = false" in plan().to_toml()
    assert Plan.from_toml(plan().to_toml()).content_hash == plan().content_hash


def test_screens_are_part_of_the_plan_and_of_its_hash() -> None:
    one = plan(screens=Screens(enabled=True, model="logistic", interaction="sex"))
    assert Plan.from_toml(one.to_toml()) == one
    assert one.content_hash != plan().content_hash


@pytest.mark.parametrize(
    ("screens", "error"),
    [
        ({"enabled": True, "model": "probit"}, PlanValue),
        ({"enabled": True, "interaction": "death"}, OverlappingRoles),
    ],
)
def test_screens_that_cannot_be_are_refused(screens: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        plan(screens=Screens(**screens))  # type: ignore[arg-type]


def test_a_modifier_that_is_not_there_is_named() -> None:
    _, dictionary = load_nhefs()
    with pytest.raises(UnknownVariable):
        plan(screens=Screens(enabled=True, interaction="sexe")).checked(dictionary)
