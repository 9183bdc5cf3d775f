"""The views of findings: what they draw, what they leave out and say so, and the same numbers as a table."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest

from reports.charts.forest import MOST_LINES, forest
from reports.charts.frame import as_png, as_svg
from reports.charts.heat_map import MOST, heat_map
from reports.charts.manhattan import MOST_POINTS, manhattan
from reports.charts.rule_graph import MOST_RULES, colour_of, rule_graph
from reports.charts.rule_matrix import groups_for, rule_matrix
from reports.charts.view import View, direction, log2_ratio
from reports.translation import LANGUAGES, translator

T = translator("en")


def finding(k: int, **changed: Any) -> dict[str, Any]:
    """A disclosed row of a rule of two items."""
    x = [f"v{k % 7} = yes", f"w{k} = no"]
    plain: dict[str, Any] = {
        "finding": f"F-{k}", "statement": f"{' and '.join(x)} — with — death = dead", "x": " & ".join(x), "length": 2,
        "y": ("death = dead", "asthma = ever")[k % 2], "mode": "rule", "effect": "risk_ratio", "estimate": 1.5,
        "low": 1.1, "high": 2.0, "adjusted_estimate": 2.0, "adjusted_low": 1.4, "adjusted_high": 2.9,
        "adjusted_for": "age", "n": 100 + k, "a": 10 + k, "ln_p": -float(k % 30), "p": math.exp(-(k % 30)),
        "level": "unadjusted", "masked": False,
    }  # fmt: skip
    return plain | changed


def masked(k: int) -> dict[str, Any]:
    none = dict.fromkeys(
        ("estimate", "low", "high", "adjusted_estimate", "adjusted_low", "adjusted_high", "a", "ln_p", "p")
    )
    return finding(k, masked=True, **none)


def spec(view: View) -> dict[str, Any]:
    found: dict[str, Any] = view.chart.to_dict()
    return found


def points(view: View, *names: str) -> list[Mapping[str, Any]]:
    return [row for rows in spec(view)["datasets"].values() for row in rows if set(names) <= set(row)]


ROWS = [finding(k) for k in range(40)]
SINGLE = [finding(k, x=f"v{k % 5} = yes", length=1) for k in range(20)]


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


def test_the_strongest_are_drawn_and_the_title_says_of_how_many() -> None:
    many = [finding(k, ln_p=-float(k)) for k in range(MOST_POINTS + 20)]
    drawn = points(manhattan(many, T, of=9_000), "evidence")
    assert len(drawn) == MOST_POINTS
    lines = forest(many, T)
    assert len(lines.twin.rows) == MOST_LINES
    assert f"{len(many):,}" in spec(lines)["title"]["text"]
    graph = rule_graph(many, T)
    assert graph is not None
    assert graph.options is not None
    assert (
        graph.options["title"]["text"] == f"The {MOST_RULES} strongest of {len(many):,} rules and the items they share"
    )


def test_a_heat_map_stays_within_sixty_by_sixty() -> None:
    rows = [finding(k, x=f"i{k} = yes", y=f"o{k} = yes", length=1) for k in range(MOST + 30)]
    view = heat_map(rows, T)
    assert view is not None
    assert len({row["x"] for row in view.twin.rows}) == MOST


def test_the_graph_is_plain_json_and_joins_each_rule_to_its_items_and_its_outcome() -> None:
    graph = rule_graph(ROWS[:4], T)
    assert graph is not None
    options = json.loads(json.dumps(graph.options))
    series = options["series"][0]
    assert len(series["links"]) == 4 * 3
    names = [node["name"] for node in series["data"]]
    first = next(k for k, name in enumerate(names) if name.endswith("(F-0)"))
    ends = {names[link["source"]] for link in series["links"] if link["target"] == first}
    assert ends == {"v0 = yes", "w0 = no"}
    assert "edgeSymbol" not in series


def test_an_item_with_an_ampersand_in_its_text_stays_whole() -> None:
    graph = rule_graph([finding(1, x="nose & throat = yes", length=1)], T)
    assert graph is not None
    assert graph.options is not None
    assert "nose & throat = yes" in {node["name"] for node in graph.options["series"][0]["data"]}


def test_groups_are_as_many_as_asked_for_and_hold_every_antecedent() -> None:
    rows = [finding(k, adjusted_estimate=0.5 + k / 10) for k in range(40)]
    view = rule_matrix(rows, T, groups=4)
    assert view is not None
    assert len({row["antecedent_group"] for row in view.twin.rows}) <= 4
    sizes = {row["antecedent_group"]: row["antecedents"] for row in view.twin.rows}
    assert sum(sizes.values()) == 40
    assert groups_for(rows) == 40


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


def test_a_screen_has_one_value_and_it_is_the_adjusted_one() -> None:
    view = forest([finding(1, mode="screen", effect="odds_ratio", adjusted_estimate=None)], T)
    assert [row["value"] for row in points(view, "middle")] == ["adjusted"]


def test_limits_beyond_the_edge_are_cut_there() -> None:
    view = forest([finding(1, high=math.inf, low=1e-9, adjusted_estimate=None)], T)
    assert [(row["low"], row["high"]) for row in points(view, "middle")] == [(1 / 32, 32.0)]


def test_the_scale_is_white_at_a_ratio_of_one() -> None:
    assert (colour_of(0.0), colour_of(2.0), colour_of(-9.0)) == ("#FFFFFF", "#D55E00", "#0072B2")
