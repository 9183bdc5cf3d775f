"""Suggestions are sensible starts, never silent decisions: each stands in the dictionary, with a note."""

from __future__ import annotations

import random

from miner.tables.demo import load_nhefs
from miner.tables.dictionary import from_rows, to_rows
from miner.tables.model import Interval, Kind, Role
from miner.tables.reading import read_table
from miner.tables.suggestions import sort_codes, suggest
from miner.tables.typed import apply_dictionary, conversions
from tests.miner.privacy import french_hospital


def table(header: str, *columns: list[object]):
    lines = [header, *(",".join(str(value) for value in row) for row in zip(*columns, strict=True))]
    return read_table(("\n".join(lines) + "\n").encode(), name="people.csv")


def test_missing_codes_that_stand_apart_are_suggested_with_a_note():
    rng = random.Random(1)
    n = 200
    answer = [rng.choice([1, 2, 3, 9]) for _ in range(n)]
    weeks = [rng.choice([*range(53), 77, 99]) for _ in range(n)]
    income = [rng.choice([*range(0, 700, 10), 999]) for _ in range(n)]
    lab = [rng.choice([*range(1, 60), -9]) for _ in range(n)]
    ages = [rng.randrange(20, 100) for _ in range(n - 1)] + [99]

    found = suggest(table("q1,weeks,income,lab,age", answer, weeks, income, lab, ages))

    assert [found[name].missing_codes for name in ("q1", "weeks", "income", "lab", "age")] == [
        ("9",), ("77", "99"), ("999",), ("-9",), (),
    ]  # fmt: skip
    assert "9" in found["q1"].note


def test_words_for_missing_are_suggested_and_leave_a_number():
    values = [f"{k / 2}" for k in range(40)] + ["NA", "unknown", "."]

    found = suggest(table("weight,id", values, list(range(43))))

    assert found["weight"].kind is Kind.CONTINUOUS
    assert set(found["weight"].missing_codes) == {"NA", "unknown", "."}


def test_the_first_complete_key_gets_the_role():
    found = suggest(table("person_id,age", list(range(100, 140)), [30 + k % 20 for k in range(40)]))

    assert found.names(Role.KEY) == ("person_id",)


def test_years_in_names_and_words_of_after_give_a_time():
    n = 30
    columns = [list(range(n)), [k % 7 for k in range(n)], [k % 9 for k in range(n)], [k % 11 for k in range(n)]]

    found = suggest(table("wt71,wt82,sbp_82,death_cause", *columns))

    assert [found[name].measured for name in ("wt71", "wt82", "sbp_82")] == [
        Interval(start=0, end=0), Interval(start=11, end=11), Interval(start=11, end=11),
    ]  # fmt: skip
    assert found["death_cause"].measured.start == 0
    assert found.time_zero == "1971"


def test_age_and_sex_are_proposed_as_covariates():
    found = suggest(
        table("age,sex,x", [30 + k % 20 for k in range(40)], [1 + k % 2 for k in range(40)], list(range(40)))
    )

    assert found.names(Role.COVARIATE) == ("age", "sex")


def test_direct_identifiers_are_left_out_as_text_or_kept_as_key():
    found = suggest(read_table(french_hospital.export().data))

    assert all(found[name].kind in {Kind.TEXT, Kind.KEY, Kind.DATE} for name in french_hospital.export().direct)
    assert found["creatinine"].kind is Kind.CONTINUOUS
    assert found["code_cip13"].kind is not Kind.CONTINUOUS


def test_the_suggested_dictionary_of_the_demo_can_be_applied_as_it_is():
    demo, _ = load_nhefs()
    found = suggest(demo)

    assert [one for one in conversions(demo, found) if one.unreadable] == []
    assert apply_dictionary(demo, found).n == 1629
    assert from_rows(to_rows(found), found) == found


def test_codes_are_sorted_as_numbers_where_they_are_numbers():
    assert sort_codes(["10", "9", "-1"]) == ["-1", "9", "10"]
    assert sort_codes(["b", "10", "a"]) == ["10", "a", "b"]
