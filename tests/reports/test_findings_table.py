"""Findings as rows: disclosed, labelled, ordered, and with a denominator that no filter changes."""

from __future__ import annotations

import csv
import io
import math

import pytest

from miner.privacy.profiles import Place, Setting, profile
from miner.project import Project
from reports.findings_table import COLUMNS, denominators, findings_csv, p_text, shown_rows, shown_text

PUBLIC = profile(Setting.PUBLIC)


def test_each_row_carries_the_label_its_family_and_its_m(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings("R1")
    rows = shown_rows(found, PUBLIC, language="fr")
    assert len(rows) == len(found)
    assert {row["claim"] for row in rows} == {"Hypothèse, pas une causalité"}
    assert {(row["family"], row["m"]) for row in rows} == {("R1", found.family.m)}


def test_filters_cut_rows_and_nothing_else(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings("R1")
    everything = {row["finding"]: row for row in shown_rows(found, PUBLIC)}
    for options in ({"level": "robust"}, {"mode": "pair"}, {"search": "QSMK"}, {"findings": list(everything)[:2]}):
        rows = shown_rows(found, PUBLIC, **options)  # type: ignore[arg-type]
        assert 0 < len(rows) < len(everything)
        assert all(row == everything[row["finding"]] for row in rows)
    assert shown_rows(found, PUBLIC, search="(unbalanced [") == [], "a search is text, no pattern"


def test_p_values_are_those_of_their_logarithms(copy_of_demo: Project) -> None:
    for row in shown_rows(copy_of_demo.findings("R1"), PUBLIC)[:200]:
        assert row["p"] == pytest.approx(math.exp(row["ln_p"]))
        assert row["p"] <= row["p_bh"] * (1 + 1e-12) <= row["p_by"] * (1 + 1e-9)


def test_no_small_count_leaves_a_secure_room(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings("R1")
    secure = profile(Setting.SECURE_ROOM)
    rows = shown_rows(found, secure, place=Place.EXPORT)
    shown = [row[cell] for row in rows for cell in "abcd" if row[cell] is not None]
    assert shown
    assert not [count for count in shown if 0 < count < secure.threshold]
    assert any(row["masked"] for row in rows)


def test_the_file_says_label_and_denominator_first(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings("R1")
    rows = shown_rows(found, PUBLIC, search="qsmk", place=Place.EXPORT)
    lines = list(csv.reader(io.StringIO(findings_csv(copy_of_demo, found, rows, "en"), newline="")))
    assert lines[0][0].startswith("# Hypothesis, not causation.")
    assert "6,392" in lines[0][0]
    assert tuple(lines[1]) == COLUMNS
    assert len(lines) == 2 + len(rows)


def test_the_terminal_shows_crude_beside_adjusted_and_the_basket(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings("R1")
    rows = shown_rows(found, PUBLIC)[:2]
    bound = {"basket": {"size": 2, "at_least": 1, "robust": 0, "m": 6392}}
    lines = shown_text(found, rows, bound, "en")
    assert lines[0].startswith("Hypothesis, not causation.")
    assert denominators(found, "en") in lines[0]
    assert "At least 1 of these 2 are associated" in lines[-1]
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("ln_p", "english", "french"),
    [
        (None, "–", "–"),
        (0.0, "1.000", "1,000"),
        (1e-15, "1.000", "1,000"),
        (math.log(0.0456), "0.046", "0,046"),
        (math.log(0.0005), "< 0.001", "< 0,001"),
        (-800.0, "ln p = −800", "ln p = −800"),
    ],
)
def test_a_p_value_is_written_for_reading(ln_p: float | None, english: str, french: str) -> None:
    assert p_text(ln_p, "en") == english
    assert p_text(ln_p, "fr") == french
