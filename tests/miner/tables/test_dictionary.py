"""A dictionary survives file and grid, and what contradicts itself is refused by name."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import DictionaryError, DictionaryUnreadable, InconsistentVariable
from miner.tables.dictionary import dump_dictionary, from_rows, load_dictionary, to_rows
from miner.tables.model import Dictionary, Interval, Kind, Level, Role, Variable

plain = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=8)
code = plain.filter(lambda text: not set(text) & set("\\;="))
numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: x + 0.0)


@st.composite
def variables(draw):
    kind = draw(st.sampled_from([Kind.CONTINUOUS, Kind.COUNT, Kind.NOMINAL, Kind.ORDINAL, Kind.DATE, Kind.TEXT]))
    codes = draw(st.lists(code, unique=True, max_size=4)) if kind.is_categorical else []
    start, end = sorted([draw(numbers), draw(numbers)])
    return Variable(
        name=draw(plain),
        label=draw(plain | st.just("")),
        kind=kind,
        role=draw(st.sampled_from(Role)),
        unit=draw(plain | st.just("")),
        missing_codes=tuple(sorted(set(draw(st.lists(code, max_size=2))) - set(codes))),
        levels=tuple(Level(code=one, label=draw(plain)) for one in codes),
        measured=draw(st.none() | st.just(Interval(start=start, end=end))),
        cut_points=tuple(sorted(set(draw(st.lists(numbers, max_size=3))))),
        note=draw(plain | st.just("")),
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(variables(), min_size=1, max_size=4, unique_by=lambda variable: variable.name))
def test_whatever_is_declared_survives_file_and_grid(found):
    dictionary = Dictionary(name="t", variables=tuple(found), time_zero="1971", licence="CC0")

    assert load_dictionary(dump_dictionary(dictionary).encode()) == dictionary
    assert from_rows(to_rows(dictionary), dictionary) == dictionary


def test_an_edited_cell_of_the_grid_is_taken_over():
    base = Dictionary(name="t", variables=(Variable(name="sex", kind=Kind.TEXT),))
    row = to_rows(base)[0] | {
        "kind": "binary",
        "role": "covariate",
        "levels": "1 = male; 2 = fe\\=male",
        "missing_codes": "9; 99",
        "from": "0",
        "to": 0.5,
        "cut_points": math.nan,
    }

    variable = from_rows([row], base)["sex"]

    assert (variable.kind, variable.role, variable.missing_codes) == (Kind.BINARY, Role.COVARIATE, ("9", "99"))
    assert variable.levels == (Level(code="1", label="male"), Level(code="2", label="fe=male"))
    assert variable.measured == Interval(start=0, end=0.5)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "number"},
        {"role": "cause"},
        {"kind": "binary", "levels": "0 = no"},
        {"kind": "nominal", "levels": "1 = a; 1 = b"},
        {"kind": "nominal", "levels": "9 = a; 1 = b", "missing_codes": "9"},
        {"cut_points": "40; 30"},
        {"cut_points": "forty"},
        {"from": 1, "to": None},
        {"from": 2, "to": 1},
        {"kind": "duration+event"},
        {"kind": "nominal", "levels": "1 = a = b"},
    ],
)
def test_contradictions_are_refused_with_the_name_of_the_variable(change):
    base = Dictionary(name="t", variables=(Variable(name="sex", kind=Kind.COUNT),))

    with pytest.raises(InconsistentVariable, match="'sex'"):
        from_rows([to_rows(base)[0] | change], base)


@pytest.mark.parametrize(
    "text",
    [
        b"not toml [",
        b"\xff\xfe",
        b'name = "t"\n',
        b'format = 99\nname = "t"\n[[variables]]\nname = "a"\nkind = "count"\n',
        b'name = "t"\n[[variables]]\nkind = "count"\n',
        b'name = "t"\n[[variables]]\nname = "a"\nkind = "count"\n[[variables]]\nname = "a"\nkind = "count"\n',
        b'name = "t"\n[[variables]]\nname = "a"\nkind = "count"\ncolour = "red"\n',
        b'name = "t"\n[[variables]]\nname = "a"\nkind = "count"\nmeasured = [1]\n',
        b'name = "t"\n[[variables]]\nname = "a"\nkind = "nominal"\nlevels = ["x"]\n',
        b'name = "t"\n[[variables]]\nname = "a"\nkind = "count"\nmissing_codes = 9\n',
    ],
)
def test_files_that_are_no_dictionary_give_an_error_with_a_code(text):
    with pytest.raises(DictionaryError) as caught:
        load_dictionary(text)

    assert all(caught.value.sentences())


def test_a_dictionary_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DictionaryUnreadable):
        load_dictionary(tmp_path / "none.toml")


def test_a_label_that_is_a_backslash_survives_the_grid() -> None:
    levels = (Level(code="0", label="\\"), Level(code="1", label="a;b=c\\"))
    dictionary = Dictionary(name="d", variables=(Variable(name="x", kind=Kind.NOMINAL, levels=levels),))
    assert from_rows(to_rows(dictionary), dictionary)["x"].levels == levels
