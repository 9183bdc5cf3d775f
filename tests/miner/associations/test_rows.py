from __future__ import annotations

import math

from miner.associations.rows import build_row, hypothesis_id, number, triple


def test_an_identity_does_not_depend_on_the_order_of_a_pair_or_of_what_is_adjusted_for():
    assert hypothesis_id("pair", ["b"], "a") == hypothesis_id("pair", ["a"], "b")
    assert hypothesis_id("screen", ["a"], "b") != hypothesis_id("screen", ["b"], "a")
    assert hypothesis_id("screen", ["a"], "b", given=("u", "v")) == hypothesis_id(
        "screen", ["a"], "b", given=("v", "u")
    )
    assert hypothesis_id("screen", ["a"], "b", modifier="m") != hypothesis_id("screen", ["a"], "b")
    assert hypothesis_id("pair", ["a"], "b") != hypothesis_id("signal", ["a"], "b")


def test_two_spellings_of_one_letter_are_one_name():
    assert hypothesis_id("pair", ["\u00e9"], "b") == hypothesis_id("pair", ["e\u0301"], "b")


def test_undefined_numbers_are_none_and_infinite_ones_stay():
    assert number(math.nan) is None
    assert triple(1.0, math.nan, math.inf) == [1.0, None, math.inf]


def test_a_row_without_anything_computed_still_has_every_field():
    row = build_row(ordinal=3, mode="pair", x=["a"], y="b", test="none", status="not_computed", reason="text")
    assert row["ln_p"] is row["estimate"] is row["df"] is row["adjusted"] is None
    assert row["counts"] is None
    assert (row["n"], row["n_unknown"], row["effects"], row["summary"]) == (0, 0, {}, {})
