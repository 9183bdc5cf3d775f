from __future__ import annotations

import json

from reports.charts.rule_graph import MOST_RULES, colour_of, rule_graph
from tests.reports.charts.rows import ROWS, T, finding


def test_the_strongest_are_drawn_and_the_title_says_of_how_many() -> None:
    graph = rule_graph([finding(k) for k in range(150)], T)
    assert graph is not None
    assert graph.options is not None
    assert graph.options["title"]["text"] == f"The {MOST_RULES} strongest of 150 rules and the items they share"


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


def test_the_scale_is_white_at_a_ratio_of_one() -> None:
    assert (colour_of(0.0), colour_of(2.0), colour_of(-9.0)) == ("#FFFFFF", "#D55E00", "#0072B2")
