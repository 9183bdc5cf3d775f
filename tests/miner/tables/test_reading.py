"""Reading: what is in the file arrives, and whatever is doubtful is said."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import (
    DamagedFile,
    EmptyFile,
    FileNotThere,
    LimitExceeded,
    NoRows,
    NotATable,
    NoValues,
    OneColumn,
    ReadError,
    UnreadableText,
)
from miner.tables.reading import read_table
from miner.tables.report import ReadReport
from miner.tables.text_table import Limits


def codes(table) -> list[str]:
    return [message.code for message in table.report.messages]


def rows(n: int = 30) -> str:
    return "".join(f"{i};{i % 2};{60 + i / 2:.1f}\n" for i in range(n)).replace(".", ",")


def test_text_stays_text_until_a_dictionary_speaks():
    table = read_table(b"code,ghm\n0012,NA\n0100,05M\n", name="t.csv")

    assert table.values("code") == ["0012", "0100"]
    assert table.values("ghm") == ["NA", "05M"]
    assert "R-ZEROS" in codes(table)
    assert table.report["code"].kind != "count"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_found(delimiter):
    data = (
        delimiter.join(["id", "age", "note"])
        + "\n"
        + "".join(f"{delimiter.join([str(i), '40', 'x'])}\n" for i in range(9))
    )

    table = read_table(data.encode())

    assert (table.report.delimiter, len(table.names), table.n) == (delimiter, 3, 9)


def test_a_semicolon_file_with_decimal_commas_has_its_decimal_sign_per_column():
    table = read_table(("id;sex;weight\n" + rows()).encode())

    assert table.report["weight"].decimal == ","
    assert table.report["weight"].kind == "continuous"


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "\u2009"])
def test_spaces_between_thousands_are_numbers(space):
    table = read_table(f"id;cost\n1;1{space}234,5\n2;12{space}000,0\n3;7,25\n".encode())

    assert table.report["cost"].kind == "continuous"
    assert space in table.report["cost"].thousands


@pytest.mark.parametrize(
    ("encoding", "expected", "warning"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8-sig", "utf-8-sig", None),
        ("utf-16", "utf-16", None),
        ("utf-16-le", "utf-16-le", "R-UTF16"),
        ("utf-16-be", "utf-16-be", "R-UTF16"),
        ("cp1252", "cp1252", "R-CP1252"),
    ],
)
def test_each_encoding_gives_the_same_words(encoding, expected, warning):
    text = "prénom;durée € à l’entrée\nZoé;3\nÉlodie;4\n"

    table = read_table(text.encode(encoding))

    assert table.names == ("prénom", "durée € à l’entrée")
    assert table.values("prénom") == ["Zoé", "Élodie"]
    assert table.report.encoding == expected
    assert (warning in codes(table)) if warning else not {"R-CP1252", "R-UTF16"} & set(codes(table))


def test_bytes_without_meaning_in_windows_1252_are_kept_as_latin_1():
    table = read_table("a;b\n\x81;é\n".encode("latin-1"))

    assert "R-LATIN1" in codes(table)
    assert table.values("a") == ["\x81"]


def test_rows_short_and_long_are_named_by_line():
    table = read_table(b"a,b,c\n1,2,3\n1,2\n1,2,3,4\n1,2,3\n")

    said = {message.code: message.values for message in table.report.messages}
    assert said["R-SHORT"]["lines"] == "3"
    assert said["R-LONG"]["lines"] == "4"
    assert table.n == 4


def test_an_unclosed_quotation_mark_swallows_no_row():
    lines = [f'{i},"5 foot {i % 3}' if i % 2 else f"{i},tall" for i in range(150)]
    lines = [line + ",x" for line in lines]

    table = read_table(("id,height,end\n" + "\n".join(lines) + "\n").encode())

    assert table.n == 150
    assert "R-QUOTES" in codes(table)
    assert table.report.losses


def test_a_cell_of_several_lines_stays_one_cell_and_is_said():
    table = read_table(b'id,note,age\n1,"first line\nsecond line",40\n2,short,41\n')

    assert table.values("note") == ["first line\nsecond line", "short"]
    assert "R-MULTILINE" in codes(table)


def test_duplicate_and_empty_headers_get_names_of_their_own_and_are_reported_verbatim():
    table = read_table(b"age,age,,sex\n1,2,3,4\n5,6,7,8\n")

    assert table.names == ("age", "age (2)", "column 3", "sex")
    assert [column.name for column in table.report.columns] == ["age", "age", "", "sex"]
    assert {"R-DUPLICATE", "R-EMPTY-HEADER"} <= set(codes(table))


def test_nul_characters_are_taken_out_and_named():
    table = read_table(b"a,b\n1,x\x00y\n2,z\n" * 1 + b"3,w\n" * 20)

    said = {message.code: message.values for message in table.report.messages}
    assert said["R-NUL"]["lines"] == "2"
    assert table.values("b")[0] == "xy"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("03/04/2019", "05/06/2019", "ambiguous"),
        ("13/04/2019", "05/06/2019", "dd/mm/yyyy"),
        ("04/13/2019", "05/06/2019", "mm/dd/yyyy"),
        ("13/04/2019", "05/26/2019", "mixed"),
        ("2019-04-13", "2019-05-26", "yyyy-mm-dd"),
    ],
)
def test_dates_are_understood_or_asked_about(first, second, expected):
    table = read_table(f"id,seen\n1,{first}\n2,{second}\n3,{first}\n".encode())

    assert table.report["seen"].dates == expected
    assert ("R-DATES" in codes(table)) == (expected == "ambiguous")


def test_a_parquet_file_named_csv_is_read_as_parquet_and_said(tmp_path: Path):
    path = tmp_path / "table.csv"
    pq.write_table(pa.table({"id": [1, 2, 3], "weight": [70.5, None, 81.25], "ill": [True, False, None]}), path)

    table = read_table(path)

    assert table.report.format == "parquet"
    assert "R-PARQUET-NAME" in codes(table)
    assert table.values("weight") == ["70.5", None, "81.25"]
    assert table.values("ill") == ["true", "false", None]


def test_a_text_file_named_parquet_is_read_as_text_and_said():
    table = read_table(b"a,b\n1,2\n", name="table.parquet")

    assert "R-TEXT-NAME" in codes(table)


def test_nested_parquet_columns_are_left_out_by_name(tmp_path: Path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": [1, 2], "visits": [[1], [2, 3]]}), path)

    table = read_table(path)

    assert table.names == ("id",)
    assert "R-NESTED" in codes(table)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyFile),
        (b"\n \n\n", EmptyFile),
        (b"a,b,c\n", NoRows),
        (b"age:sex\n1:2\n3:4\n", OneColumn),
        (b"name\nAnna\nBob\n", OneColumn),
        (b"a,b\n,\n,\n", NoValues),
        (b"PK\x03\x04rest", NotATable),
        (b"\x80\x04\x95rest", NotATable),
        (b"\x1f\x8brest", NotATable),
        (b'{"a": 1}', NotATable),
        (b"<html><table>", NotATable),
        (b"PAR1 but nothing more", DamagedFile),
        (bytes(range(1, 32)) * 40 + b",", UnreadableText),
    ],
)
def test_bad_files_give_an_error_that_says_what_why_and_what_to_do(data, error):
    with pytest.raises(error) as caught:
        read_table(data, name="bad.csv")

    what, why, todo = caught.value.sentences()
    assert "bad.csv" in what
    assert why
    assert todo
    assert caught.value.exit_code == 11


def test_the_wrong_separator_is_guessed_in_the_error():
    with pytest.raises(OneColumn, match="one single column") as caught:
        read_table(b"age:sex\n1:2\n3:4\n", name="t.csv")

    assert "colon" in caught.value.say()


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path):
    with pytest.raises(FileNotThere):
        read_table(tmp_path / "none.csv")
    with pytest.raises(FileNotThere):
        read_table(tmp_path)


def test_three_rows_can_be_read_and_are_said_to_be_few():
    table = read_table(b"a,b\n1,2\n3,4\n5,6\n")

    assert "R-FEW-ROWS" in codes(table)


def test_columns_without_values_are_said():
    table = read_table(b"a,b\n1,\n2,\n")

    assert "R-ALL-MISSING" in codes(table)
    assert table.report["b"].n_missing == 2


@pytest.mark.parametrize(
    ("limits", "over"),
    [
        (Limits(rows=3), b"a,b\n1,2\n1,2\n1,2\n1,2\n"),
        (Limits(columns=2), b"a,b,c\n1,2,3\n"),
        (Limits(cells=6), b"a,b\n1,2\n1,2\n1,2\n1,2\n"),
        (Limits(cell_characters=5), b"a,b\n1,123456\n"),
        (Limits(file_bytes=7), b"a,b\n1,2\n"),
    ],
)
def test_limits_hold_at_their_boundary(limits, over):
    with pytest.raises(LimitExceeded):
        read_table(over, limits=limits)


@pytest.mark.parametrize(
    ("limits", "at"),
    [
        (Limits(rows=3), b"a,b\n1,2\n1,2\n1,2\n"),
        (Limits(columns=2), b"a,b\n1,3\n"),
        (Limits(cells=6), b"a,b\n1,2\n1,2\n1,2\n"),
        (Limits(cell_characters=5), b"a,b\n1,12345\n"),
        (Limits(file_bytes=8), b"a,b\n1,2\n"),
    ],
)
def test_what_is_just_within_the_limits_is_read(limits, at):
    assert read_table(at, limits=limits).n >= 1


def test_the_report_is_one_json_object_and_comes_back_whole():
    table = read_table("nom;âge;note\nMartin;3;x\nDurand;4;y\n".encode("cp1252"))

    plain = json.loads(json.dumps(table.report.to_dict()))

    assert ReadReport.from_dict(plain).to_dict() == table.report.to_dict()
    assert plain["columns"][1]["name"] == "âge"


cell = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=12), st.sampled_from([",", ";", "\t", "|"]))
def test_whatever_is_written_by_the_csv_module_is_read_back(written, delimiter):
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["first", "second", "third"])
    writer.writerows(written)

    try:
        table = read_table(out.getvalue().encode())
    except ReadError:
        # Cells of replacement or other rare signs only: refused or empty, but never a wrong table.
        assert all(not value.strip() for row in written for value in row) or "\ufffd" in out.getvalue()
        return

    expected = [tuple(value if value.strip() else None for value in row) for row in written]
    assert list(zip(*(table.values(name) for name in table.names), strict=True)) == expected
