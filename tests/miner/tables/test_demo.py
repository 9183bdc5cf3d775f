"""The demo table is the published one, and its dictionary describes all of it."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
import pytest

from miner.tables.demo import load_nhefs
from miner.tables.dictionary import check_time_order, dump_dictionary, from_rows, load_dictionary, to_rows
from miner.tables.model import Kind, Role
from miner.tables.typed import apply_dictionary, conversions


@pytest.fixture(scope="module")
def demo():
    table, dictionary = load_nhefs()
    return table, dictionary, apply_dictionary(table, dictionary)


def test_the_dictionary_describes_every_column_with_a_label_and_a_time(demo):
    table, dictionary, _ = demo

    assert dictionary.names() == table.names
    assert all(variable.label for variable in dictionary)
    assert all(variable.measured for variable in dictionary if variable.kind is not Kind.KEY)
    assert len(dictionary.variables) == 67


def test_the_published_table_of_quitters_and_others_comes_out(demo):
    # Hernán and Robins, Causal Inference: What If, table 12.1 (persons with a known weight in 1982).
    _, _, dataset = demo
    known = dataset.known("wt82_71")
    published = {
        0: (1163, 42.8, 46.6, 85.4, 9.9, 70.3, 21.2, 24.1, 37.9, 8.9),
        1: (403, 46.2, 54.6, 91.1, 15.4, 72.4, 18.6, 26.0, 40.7, 11.2),
    }
    for group, expected in published.items():
        rows = known & (dataset["qsmk"] == group)
        found = (
            rows.sum(),
            dataset["age"][rows].mean(),
            100 * (dataset["sex"][rows] == 0).mean(),
            100 * (dataset["race"][rows] == 0).mean(),
            100 * (dataset["education"][rows] == 4).mean(),
            dataset["wt71"][rows].mean(),
            dataset["smokeintensity"][rows].mean(),
            dataset["smokeyrs"][rows].mean(),
            100 * (dataset["exercise"][rows] == 2).mean(),
            100 * (dataset["active"][rows] == 2).mean(),
        )
        assert found == pytest.approx(expected, abs=0.051)
    assert int(known.sum()) == 1566


def test_every_value_of_the_file_is_understood(demo):
    table, dictionary, dataset = demo

    assert [found.name for found in conversions(table, dictionary) if found.unreadable] == []
    assert dataset.known("hbp").sum() == 1629 - 791
    assert dictionary["hbp"].missing_codes == ("2",)


def test_numbers_agree_with_the_csv_module(demo):
    _, _, dataset = demo
    text = files("miner.tables.demo").joinpath("nhefs.csv").read_text()
    for number, row in enumerate(csv.DictReader(text.splitlines())):
        if number % 97:
            continue
        for name in ("wt82_71", "age", "cholesterol", "price71_82"):
            expected = float(row[name]) if row[name] else np.nan
            assert dataset[name][number] == pytest.approx(expected, nan_ok=True, abs=0)


def test_the_default_roles_respect_time(demo):
    _, dictionary, _ = demo
    roles = [dictionary.names(role) for role in (Role.EXPOSURE, Role.OUTCOME, Role.COVARIATE)]

    findings = check_time_order(dictionary, *roles, strict=True)

    assert {(f.code, f.variable) for f in findings} == {("exposure_overlaps_outcome", "qsmk")}
    assert all(finding.guardrail == "G13" for finding in findings)


def test_the_dictionary_survives_file_and_grid(demo):
    _, dictionary, _ = demo

    assert load_dictionary(dump_dictionary(dictionary).encode()) == dictionary
    assert from_rows(to_rows(dictionary), dictionary) == dictionary


def test_the_request_of_the_source_stands_beside_the_file(demo):
    _, dictionary, _ = demo

    assert "no attempt to identify anyone" in dictionary.source
    assert "identity of any person" in files("miner.tables.demo").joinpath("SOURCE.md").read_text()
