"""Bytes become the letters that were meant, or an error: nothing is skipped, replaced, unpacked or run."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import NotATable, UnreadableText
from miner.tables.decoding import decode, is_parquet, refuse_other_formats


@settings(deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufffd", exclude_categories=("Cc", "Cs")), min_size=1)
)
def test_text_in_utf_8_comes_back(text):
    assert decode(text.encode()).text == text.removeprefix("\ufeff")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_not_part_of_the_text(codec):
    assert decode("é;à\n1;2".encode(codec)).text == "é;à\n1;2"


def test_the_line_of_the_first_foreign_byte_is_named():
    decoded = decode(b"a;b\n1;2\n3;\xe9\n")

    assert decoded.encoding == "cp1252"
    assert decoded.messages[0].values["line"] == 3


def test_lost_letters_are_named():
    assert decode("a;b\n1;caf\ufffd\n".encode()).messages[0].code == "R-REPLACED"


@pytest.mark.parametrize(
    "head", [b"PK\x03\x04", b"\x1f\x8b", b"BZh9", b"\x89HDF", b"RDX3", b"$FL2", b"<?xml", b'[{"a"']
)
def test_other_formats_are_named_and_refused(head):
    with pytest.raises(NotATable) as caught:
        refuse_other_formats(head + b"rest", name="t.csv")

    assert caught.value.values["remedy"]


def test_a_pickle_is_refused_in_each_protocol():
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(NotATable, match="pickle"):
            refuse_other_formats(pickle.dumps({"a": 1}, protocol=protocol), name="t.csv")


def test_text_that_begins_with_a_brace_in_a_header_is_a_table():
    refuse_other_formats(b"[id],[name]\n1,2\n", name="t.csv")


def test_noise_is_not_text():
    with pytest.raises(UnreadableText):
        decode(bytes(range(1, 31)) * 30)
    with pytest.raises(UnreadableText):
        decode(b"a,b\n" + b"\x00" * 50 + b"1,2\n")


def test_parquet_is_known_by_its_first_bytes():
    assert is_parquet(b"PAR1....")
    assert not is_parquet(b"id,PAR1")
