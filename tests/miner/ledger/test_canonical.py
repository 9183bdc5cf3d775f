from __future__ import annotations

import json
import math
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import NotCanonical
from miner.ledger.canonical import as_float, canonical, fingerprint, is_canonical, parse

scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats() | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)


class Colour(StrEnum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


def canonical_or_none(value: Any) -> bytes | None:
    try:
        return canonical(value)
    except NotCanonical:
        return None


@given(values)
def test_reading_and_writing_again_gives_the_same_bytes(value: Any) -> None:
    written = canonical_or_none(value)
    if written is not None:
        assert canonical(parse(written)) == written
        assert is_canonical(written)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_finite_floats_survive_to_the_last_bit(value: float) -> None:
    read = json.loads(canonical([value]))[0]
    assert math.copysign(1, read) == math.copysign(1, value)
    assert read == value


@given(st.dictionaries(st.text(alphabet="abcdé", max_size=3), st.integers(0, 9), max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))
    assert canonical_or_none(value) == canonical_or_none(backwards)


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        ({}, b"{}"),
        (5, b"5"),
        (5.0, b"5.0"),
        (-0.0, b"-0.0"),
        (1e16, b"1e+16"),
        (5e-324, b"5e-324"),
        ([math.nan, -math.inf], b'["NaN","-Infinity"]'),
        ("e\u0301", "\u00e9".encode().join([b'"', b'"'])),
        ({"e\u0301": 1}, '{"\u00e9":1}'.encode()),
        ('quote " and \\ and \n', b'"quote \\" and \\\\ and \\n"'),
        ((1, 2), b"[1,2]"),
        (Colour.RED, b'"red"'),
        (Number.ONE, b"1"),
        (np.float32(0.5), b"0.5"),
        (np.int64(7), b"7"),
        (np.array([1, 2]), b"[1,2]"),
        (MappingProxyType({"a": True}), b'{"a":true}'),
        ({"b": None, "B": None, "a": None}, b'{"B":null,"a":null,"b":null}'),
    ],
)
def test_each_value_has_one_spelling(value: Any, spelt: bytes) -> None:
    assert canonical(value) == spelt
    assert canonical({"x": [value]}) == b'{"x":[' + spelt + b"]}"


@pytest.mark.parametrize(
    "value",
    [
        2**53,
        -(2**53),
        {1: "number as key"},
        {"a": {None: 1}},
        {"\u00e9": 1, "e\u0301": 2},
        "\ud800",
        {"set"},
        b"bytes",
        1 + 2j,
        [2**60],
    ],
)
def test_what_has_no_one_spelling_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(NotCanonical):
        canonical(loop)


@pytest.mark.parametrize("text", [b'{"a":1,"a":2}', b"[NaN]", b"{", b"\xff", b""])
def test_parsing_is_strict(text: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(text)


@pytest.mark.parametrize("text", [b'{"b":1,"a":2}', b"[1, 2]", b"[1.00]", b"[01]", b'["\\u00e9"]', b"[1e5]"])
def test_another_spelling_is_not_canonical(text: bytes) -> None:
    assert not is_canonical(text)


def test_named_floats_come_back_as_floats() -> None:
    assert as_float("-Infinity") == -math.inf
    assert math.isnan(as_float(None))
    with pytest.raises(NotCanonical):
        as_float([1])


def test_the_fingerprint_is_fixed_for_ever() -> None:
    # printf '{"a":[1,2.5,"é",null,true]}' | sha256sum
    expected = "4e2e0c24ee9a5bdcf69a27ad82fa94433955bdaabcf294a2f94a70eefb5c7d6d"
    assert fingerprint({"a": [1, 2.5, "é", None, True]}) == expected
