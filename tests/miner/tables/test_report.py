"""Every message of the report can be said, and comes back from JSON."""

from __future__ import annotations

import re

import pytest

from miner.tables.report import LOSSES, TEXTS, ColumnReport, Message, ReadReport, enumerate_lines


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_every_message_has_a_sentence(code):
    values = dict.fromkeys(re.findall(r"{(\w+)", TEXTS[code]), "v")

    message = Message(code=code, values=values)

    assert message.text.endswith(".")
    assert message.to_dict()["loss"] == (code in LOSSES)


def test_losses_are_messages():
    assert set(TEXTS) >= LOSSES


def test_long_lists_of_lines_are_cut():
    assert enumerate_lines(list(range(1, 13))) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more"


def test_a_report_survives_json_and_names_its_columns():
    column = ColumnReport(name="nir", used="nir", kind="key", n_missing=0, n_distinct=3, identifiers=("IMP-1",))
    other = ColumnReport(name="age", used="age", kind="count", n_missing=1, n_distinct=2, examples=("40",))
    message = Message(code="R-ZEROS", values={"name": "nir"})
    report = ReadReport(
        file="t.csv", format="delimited", n_bytes=9, rows=3, columns=(column, other), messages=(message,), delimiter=";"
    )

    assert ReadReport.from_dict(report.to_dict()) == report
    assert report["age"] is other
    assert report.identifiers == (column,)
    assert report.losses == ()
    with pytest.raises(KeyError):
        report["none"]
