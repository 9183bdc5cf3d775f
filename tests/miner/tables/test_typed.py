"""Typed columns hold what the dictionary says, and nothing that did not fit disappears."""

from __future__ import annotations

import numpy as np
import pytest

from miner.errors import (
    AmbiguousDates,
    ColumnNotThere,
    MissingKey,
    NothingKnown,
    RepeatedKey,
    TooFewRows,
    UnreadableValues,
)
from miner.tables.model import Dictionary, Kind, Level, Role, Variable
from miner.tables.reading import read_table
from miner.tables.typed import apply_dictionary, conversions


def table(header: str, *rows: str, repeat: int = 1):
    return read_table(("\n".join([header, *rows * repeat]) + "\n").encode(), name="t.csv")


def dictionary(*variables: Variable) -> Dictionary:
    return Dictionary(name="t", variables=variables)


def test_each_kind_is_converted_and_missing_codes_become_unknown():
    text = table("id;w;n;s;d", "1;70,5;3;f;13/04/2019", "2;99;9;m;01/01/2020", "3;;4;f;", "4;80,25;0;x;29/02/2020")
    found = dictionary(
        Variable(name="id", kind=Kind.KEY, role=Role.KEY),
        Variable(name="w", kind=Kind.CONTINUOUS, missing_codes=("99",)),
        Variable(name="n", kind=Kind.COUNT, missing_codes=("9",)),
        Variable(name="s", kind=Kind.NOMINAL, missing_codes=("x",)),
        Variable(name="d", kind=Kind.DATE, unit="dd/mm/yyyy"),
    )

    data = apply_dictionary(text, found, least_rows=1)

    assert data.keys == ("1", "2", "3", "4")
    np.testing.assert_equal(data["w"], [70.5, np.nan, np.nan, 80.25])
    np.testing.assert_equal(data["n"], [3, np.nan, 4, 0])
    assert data["s"].tolist() == [0, 1, 0, -1]
    assert [level.code for level in data.dictionary["s"].levels] == ["f", "m"]
    np.testing.assert_equal(data["d"], [17999, 18262, np.nan, 18321])


def test_values_that_do_not_fit_are_named_by_row_and_count_and_never_shown():
    text = table("w,id", "70,1", "secret,2", "71,3", "hidden,4")

    with pytest.raises(UnreadableValues) as caught:
        apply_dictionary(text, dictionary(Variable(name="w", kind=Kind.CONTINUOUS)), least_rows=1)

    assert caught.value.values["rows"] == "2, 4"
    assert caught.value.values["count"] == 2
    assert "secret" not in caught.value.say()


def test_they_can_be_made_unknown_and_are_listed_beforehand():
    text = table("w,k", "70,1", "x,2", "71,-3", ",2.5")
    found = dictionary(Variable(name="w", kind=Kind.CONTINUOUS), Variable(name="k", kind=Kind.COUNT))

    listed = {one.name: one for one in conversions(text, found)}
    data = apply_dictionary(text, found, unreadable="unknown", least_rows=1)

    assert (listed["w"].unreadable, listed["w"].n_empty, listed["w"].n_known) == ((2,), 1, 2)
    assert listed["k"].unreadable == (3, 4)
    np.testing.assert_equal(data["w"], [70, np.nan, 71, np.nan])


def test_codes_outside_the_declared_levels_do_not_fit():
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    text = table("ill,k", "0,1", "1,1", "2,1")

    with pytest.raises(UnreadableValues, match="'ill'"):
        apply_dictionary(text, dictionary(Variable(name="ill", kind=Kind.BINARY, levels=levels)), least_rows=1)


def test_a_column_with_gaps_written_with_decimals_still_has_its_levels():
    levels = (Level(code="1", label="a"), Level(code="2", label="b"), Level(code="10", label="c"))
    text = table("g,k", "1.0,1", "2.0,1", ",1", "10.0,1")

    data = apply_dictionary(text, dictionary(Variable(name="g", kind=Kind.ORDINAL, levels=levels)), least_rows=1)

    assert data["g"].tolist() == [0, 1, -1, 2]


def test_ambiguous_dates_are_asked_about():
    text = table("d,k", "03/04/2019,1", "05/06/2019,2")

    with pytest.raises(AmbiguousDates):
        apply_dictionary(text, dictionary(Variable(name="d", kind=Kind.DATE)), least_rows=1)
    data = apply_dictionary(text, dictionary(Variable(name="d", kind=Kind.DATE, unit="mm/dd/yyyy")), least_rows=1)
    assert data["d"].tolist() == [17959, 18022]


def test_keys_must_be_there_and_be_different():
    key = dictionary(Variable(name="id", kind=Kind.KEY, role=Role.KEY), Variable(name="x", kind=Kind.COUNT))

    with pytest.raises(RepeatedKey, match="2 rows"):
        apply_dictionary(table("id,x", "a,1", "a,2", "b,3", "b,4"), key, least_rows=1)
    with pytest.raises(MissingKey, match="1 rows"):
        apply_dictionary(table("id,x", "a,1", ",2"), key, least_rows=1)


def test_without_a_key_rows_are_numbered():
    assert apply_dictionary(
        table("x,y", "1,2", "3,4"), dictionary(Variable(name="x", kind=Kind.COUNT)), least_rows=1
    ).keys == ("1", "2")


def test_three_rows_an_unknown_column_and_nothing_known_are_errors():
    x = Variable(name="x", kind=Kind.COUNT, missing_codes=("9",))

    with pytest.raises(TooFewRows, match="3 rows"):
        apply_dictionary(table("x,y", "1,2", "1,2", "1,2"), dictionary(x))
    with pytest.raises(ColumnNotThere, match="'xx'") as caught:
        apply_dictionary(table("x,y", "1,2"), dictionary(Variable(name="xx", kind=Kind.COUNT)), least_rows=1)
    assert caught.value.values["nearest"] == "x"
    with pytest.raises(NothingKnown):
        apply_dictionary(table("x,y", "9,2", "9,3"), dictionary(x), least_rows=1)


def test_the_same_table_in_another_format_has_the_same_content_hash():
    x = dictionary(Variable(name="w", kind=Kind.CONTINUOUS))

    first = apply_dictionary(table("w;k", "70,5;1", "1 234,0;2"), x, least_rows=1)
    second = apply_dictionary(table("w,k", "70.5,1", "1234,2"), x, least_rows=1)

    assert first.content_hash == second.content_hash
