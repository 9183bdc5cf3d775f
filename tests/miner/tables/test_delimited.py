"""Rows as they stand in the file: every line is accounted for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import LimitExceeded, OneColumn
from miner.tables.delimited import parse
from miner.tables.text_table import Limits


def read(text: str):
    return parse(text, name="t.csv", limits=Limits())


def test_the_separator_that_cuts_all_lines_alike_wins_over_a_frequent_one():
    parsed = read("id;note\n1;a, b, c\n2;d\n3;e, f\n")

    assert (parsed.delimiter, parsed.rows[0]) == (";", ["1", "a, b, c"])


def test_a_decimal_comma_is_not_taken_for_a_separator():
    assert read("id;weight\n1;70,5\n2;81,0\n").delimiter == ";"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_give_the_same_rows(ending):
    parsed = read(ending.join(["a,b", "1,2", "3,4", ""]))

    assert parsed.rows == [["1", "2"], ["3", "4"]]
    assert parsed.messages == ()


def test_lines_before_the_header_are_skipped_and_said():
    parsed = read("Export of 12 May\na,b,c\n1,2,3\n4,5,6\n")

    assert parsed.header == ["a", "b", "c"]
    assert [message.code for message in parsed.messages] == ["R-PREAMBLE"]


def test_comment_lines_of_several_are_no_header():
    parsed = read("#Patient\tAge\n#STRING\tNUMBER\nPATIENT_ID\tAGE\np1\t40\np2\t41\n")

    assert parsed.header == ["PATIENT_ID", "AGE"]
    assert parsed.messages[0].values == {"count": 2, "lines": "1, 2"}
    assert read("#id\tage\np1\t40\n").header == ["#id", "age"]


def test_a_file_of_keys_and_values_is_not_a_table():
    with pytest.raises(OneColumn):
        read("type: x\nname: Study of a, b\ndescription: text\nsize: 4\n")


def test_a_header_shorter_than_the_rows_is_said_to_be_doubtful():
    parsed = read("age,sex\n1,40,f\n2,41,m\n3,42,f\n")

    assert "R-HEADER-SHORT" in [message.code for message in parsed.messages]


def test_separators_at_the_end_of_lines_hold_nothing_and_are_dropped():
    parsed = read("a,b\n1,2,,\n3,4,,\n5,6\n")

    assert all(len(row) == len(parsed.header) for row in parsed.rows)


def test_doubled_quotation_marks_are_one():
    assert read('a,b\n1,"say ""yes"""\n2,x\n').rows[0] == ["1", 'say "yes"']


def test_inches_do_not_hide_rows():
    # A quotation mark at the start of a cell, closed by chance three lines later.
    text = "id,size,end\n" + "".join(f'{k},"{k} in,x\n' if k % 4 == 0 else f"{k},small,x\n" for k in range(40))

    parsed = read(text)

    assert len(parsed.rows) == 40
    assert parsed.messages[0].is_loss


def test_swallowed_rows_are_named_where_they_cannot_be_saved():
    text = 'id,note,end\n1,"open,x\n2,y,x\n3,close",x\n4,"a\nb",x\n'

    codes = [message.code for message in read(text).messages]

    assert "R-SWALLOWED" in codes or "R-QUOTES" in codes


def test_a_cell_beyond_the_reader_is_a_limit_and_no_trace():
    with pytest.raises(LimitExceeded):
        read("a,b\n1," + "x" * 140_000 + "\n")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet='ab1",;\n ', max_size=14), min_size=1, max_size=10))
def test_every_line_is_a_row_or_is_named(lines):
    text = "first;second;third\n" + "\n".join(lines) + "\n"

    try:
        parsed = read(text)
    except OneColumn:
        # No separator cuts half of the lines alike: refused as a whole, which is no silent loss.
        filled = [line for line in text.splitlines() if line.strip()]
        for sign in ",;":
            widths = [line.count(sign) for line in filled if sign in line]
            assert all(2 * widths.count(width) < len(filled) for width in widths)
        return

    physical = sum(bool(line.strip()) for line in "\n".join(lines).split("\n"))
    assert len(parsed.rows) == physical or parsed.messages


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters='\n\r",\x00'), max_size=6)] * 3),
        min_size=1,
        max_size=12,
    )
)
def test_the_quick_way_and_the_careful_way_give_the_same_cells(rows):
    from miner.tables.delimited import _plain, _quoted

    lines = ["a,b,c", *(",".join(row) for row in rows)]

    quick = _plain(lines, ",", name="t", limits=Limits())
    careful = _quoted(lines, ",", 0, [], name="t", limits=Limits())

    assert quick is not None
    assert quick[0] == careful[0]
    assert [column.to_pylist() for column in quick[1]] == [column.to_pylist() for column in careful[1]]
