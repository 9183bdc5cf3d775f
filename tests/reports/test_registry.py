"""The registry as files: denominators, every version, and no formula."""

from __future__ import annotations

import csv
import io
import json

from miner.ledger.registry import withdraw
from miner.project import Project
from reports.registry import COLUMNS, registry_csv, registry_denominators, registry_json, registry_rows

FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1"]


def test_the_registry_counts_the_tests_it_was_drawn_from(copy_of_demo: Project) -> None:
    text = registry_denominators(copy_of_demo, "en")
    assert text.startswith("1 registered out of 4,554 tests computed")
    document = json.loads(registry_json(copy_of_demo, "fr"))
    assert document["label"] == "Hypothèse, pas une causalité"
    assert document["tests_run"] == copy_of_demo.tests_run == sum(run["tests_run"] for run in document["families"])
    assert document["checkpoint"] == copy_of_demo.ledger.checkpoint().text()


def test_a_statement_that_looks_like_a_formula_runs_in_no_spreadsheet(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings("R1")
    for name, words in zip(found.names, FORMULAS):
        copy_of_demo.register(found, name, person=f"{words[:2]}Ada", words=words)
    text = registry_csv(copy_of_demo, "en")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines[0][0].startswith("# Hypothesis, not causation.")
    assert tuple(lines[1]) == COLUMNS
    number = {"estimate", "low", "high", "ln_p", "ln_p_bh", "ln_p_by", "ln_p_holm", "adjusted_estimate"}
    for line in lines[2:]:
        for column, cell in zip(COLUMNS, line):
            if column in number and cell:
                float(cell)
            else:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (column, cell)
    statements = [row["statement"] for row in json.loads(registry_json(copy_of_demo, "en"))["hypotheses"]]
    assert set(FORMULAS[:4]) <= set(statements), "JSON holds the words as they were written"


def test_a_withdrawn_hypothesis_stays_with_its_reason_and_its_versions(copy_of_demo: Project) -> None:
    one = copy_of_demo.hypotheses()[0]
    withdraw(copy_of_demo.ledger, one.id, base=one.version, person="Ada", reason="measured after the outcome")
    row = registry_rows(copy_of_demo, "en")[0]
    assert row["status"] == "withdrawn"
    assert row["reason"] == "measured after the outcome"
    assert [version["version"] for version in row["history"]] == list(range(1, row["version"] + 1))
    assert row["claim"] == "Hypothesis, not causation"
    assert row["m"] == 6392
