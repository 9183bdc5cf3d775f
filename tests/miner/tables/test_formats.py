"""Numbers and dates: found for a whole column or not at all, and converted like a second computation does."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.tables.formats import (
    COMPACT,
    DAY_FIRST,
    ISO,
    MONTH_FIRST,
    NumberFormat,
    date_format,
    has_leading_zeros,
    infer_kind,
    number_format,
    share_matching,
    to_days,
    to_numbers,
)
from miner.tables.model import Kind


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_written_by_python_come_back_exactly(numbers):
    text = pa.array([repr(number) for number in numbers])

    form = number_format(text)

    assert form is not None
    assert to_numbers(text, form).tolist() == numbers


@settings(deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.sampled_from([" ", "\u00a0", "\u202f", "\u2009"]))
def test_french_numbers_come_back(numbers, space):
    text = pa.array([f"{number:,}".replace(",", space) + ",5" for number in numbers])

    form = number_format(text)

    assert form is not None
    assert form.decimal == ","
    assert to_numbers(text, form).tolist() == [float(f"{number}.5") for number in numbers]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1.234,5", "12,0"], [1234.5, 12.0]),
        (["1,234.5", "12.0"], [1234.5, 12.0]),
        (["+3", "-4", "5"], [3.0, -4.0, 5.0]),
        ([".5", "5.", "1e3"], [0.5, 5.0, 1000.0]),
        (["1,234", "2,345,678"], [1234.0, 2345678.0]),
    ],
)
def test_other_ways_of_writing_are_understood(values, expected):
    form = number_format(pa.array(values))

    assert form is not None
    assert to_numbers(pa.array(values), form).tolist() == expected


def test_three_digits_after_each_comma_are_decided_by_the_separator_of_the_file():
    values = pa.array(["1,234", "5,678"])

    assert number_format(values, delimiter=";").decimal == ","
    assert number_format(values, delimiter=",").thousands == ","
    assert number_format(values).taken


@pytest.mark.parametrize("values", [["0012", "13"], ["1", "x"], ["1,2,3"], ["12 34"], ["1..2"], ["--1"], []])
def test_codes_and_words_are_no_numbers(values):
    assert number_format(pa.array(values, type=pa.string())) is None


def test_what_is_no_number_becomes_unknown():
    assert np.isnan(to_numbers(pa.array(["x", None, "1,5"]), NumberFormat())).tolist() == [True, True, True]


@settings(deadline=None)
@given(st.lists(st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)), min_size=1))
def test_days_agree_with_the_calendar_of_python(dates):
    expected = [(date - dt.date(1970, 1, 1)).days for date in dates]
    ways = {
        ISO: [f"{d.year:04d}-{d.month:02d}-{d.day:02d}" for d in dates],
        DAY_FIRST: [f"{d.day}/{d.month:02d}/{d.year:04d}" for d in dates],
        MONTH_FIRST: [f"{d.month:02d}/{d.day}/{d.year:04d}" for d in dates],
        COMPACT: [f"{d.year:04d}{d.month:02d}{d.day:02d}" for d in dates],
    }
    for form, text in ways.items():
        assert to_days(pa.array(text), form).tolist() == expected


@pytest.mark.parametrize("value", ["2019-02-29", "2019-13-01", "2019-00-10", "31/04/2019", "x", ""])
def test_days_that_do_not_exist_are_unknown(value):
    assert math.isnan(to_days(pa.array([value]), DAY_FIRST if "/" in value else ISO)[0])


def test_eight_digits_are_a_date_only_where_the_header_says_so():
    values = pa.array(["20190131", "20200229"])

    assert date_format(values) == ""
    assert date_format(values, compact=True) == COMPACT


def test_shares_and_zeros():
    assert share_matching(pa.array(["1", "x"]), r"^\d$") == 0.5
    assert share_matching(pa.array([], type=pa.string()), r"^\d$") == 0.0
    assert has_leading_zeros(pa.array(["01", "2A"])) is False
    assert has_leading_zeros(pa.array(["01", "75"])) is True


@pytest.mark.parametrize(
    ("values", "n_known", "kind"),
    [
        (["0", "1"], 100, Kind.BINARY),
        (["1", "2", "3", "4"], 100, Kind.ORDINAL),
        (["2", "5", "8"], 100, Kind.NOMINAL),
        ([str(k) for k in range(30, 90)], 500, Kind.COUNT),
        (["1.5", "2.5", "3.25"], 100, Kind.CONTINUOUS),
        ([str(k) for k in range(1, 101)], 100, Kind.KEY),
        (["red", "green", "blue"], 100, Kind.NOMINAL),
    ],
)
def test_kinds_are_suggested(values, n_known, kind):
    distinct = pa.array(values)

    assert infer_kind(distinct, n=n_known, n_known=n_known, numbers=number_format(distinct), dates="", name="v") is kind
