"""What all views of findings share: what they draw, what they leave out, and the same numbers as a table."""

from __future__ import annotations

import math
from typing import Any

import pytest

from reports.charts.forest import forest
from reports.charts.frame import as_png, as_svg
from reports.charts.heat_map import heat_map
from reports.charts.manhattan import manhattan
from reports.charts.rule_graph import rule_graph
from reports.charts.rule_matrix import rule_matrix
from reports.charts.view import View, direction, log2_ratio
from reports.translation import LANGUAGES, translator
from tests.reports.charts.rows import ROWS, SINGLE, T, finding, masked, points, spec


def every(rows: list[dict[str, Any]], language: str = "en") -> dict[str, View | None]:
    t = translator(language)
    return {
        "manhattan": manhattan(rows, t, of=500),
        "forest": forest(rows, t),
        "heat_map": heat_map(rows + SINGLE, t),
        "rule_graph": rule_graph(rows, t),
        "rule_matrix": rule_matrix(rows, t),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_has_a_sentence_the_label_a_description_and_a_table(language: str) -> None:
    for name, view in every(ROWS, language).items():
        assert view is not None
        title = spec(view)["title"]
        assert len(title["text"].split()) >= 5, name
        assert title["subtitle"] == translator(language)("label")
        assert view.alt
        assert view.twin.rows
        assert set(view.twin.columns) <= set(view.twin.rows[0])


def test_every_view_becomes_a_picture() -> None:
    for view in every(ROWS).values():
        assert view is not None
        assert as_svg(view.chart).startswith("<svg")
    assert as_png(every(ROWS)["forest"].chart, 0.5)[:4] == b"\x89PNG"  # type: ignore[union-attr]


def test_masked_findings_give_no_mark_and_no_number() -> None:
    rows = [*ROWS[:3], *(masked(k) for k in range(50, 60))]
    graph = rule_graph(rows, T)
    assert graph is not None
    assert len(graph.twin.rows) == 3
    assert len(points(manhattan(rows, T, of=9), "evidence")) == 3
    heat = heat_map([*SINGLE, masked(99) | {"x": "rare = yes", "length": 1}], T)
    assert heat is not None
    hidden = [cell for cell in points(heat, "mark") if cell["x"] == "rare = yes"]
    assert [(cell["mark"], cell["value"]) for cell in hidden] == [("•", None)]


def test_where_all_is_masked_there_is_no_view_of_rules() -> None:
    rows = [masked(k) for k in range(5)]
    assert rule_graph(rows, T) is None
    assert rule_matrix(rows, T) is None
    assert heat_map(rows, T) is None
    assert forest(rows, T).twin.rows == ()


def test_the_adjusted_value_is_drawn_where_there_is_one() -> None:
    assert log2_ratio(finding(1)) == 1.0
    assert log2_ratio(finding(1, adjusted_estimate=None)) == pytest.approx(math.log2(1.5))
    assert log2_ratio(finding(1, effect="mean_difference")) is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, 1),
        ({"adjusted_estimate": 0.5}, -1),
        ({"effect": "mean_difference", "adjusted_estimate": -0.1}, -1),
        ({"effect": "cramer_v"}, 0),
        ({"estimate": None, "adjusted_estimate": None}, 0),
    ],
)
def test_direction_is_that_of_the_adjusted_value(changed: dict[str, Any], expected: int) -> None:
    assert direction(finding(1, **changed)) == expected
