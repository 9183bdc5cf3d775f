"""The volcano: bounded, honest about what it leaves out, and without persons in it."""

from __future__ import annotations

import math
from typing import Any

from reports.charts.volcano import MOST_POINTS, volcano
from reports.translation import translator

T = translator("en")


def point(k: int, **changed: Any) -> dict[str, Any]:
    plain = {"finding": f"F-{k}", "statement": f"s{k}", "x": k / 10, "ln_p": -float(k), "level": "robust", "n": 100}
    return plain | changed


def drawn(points: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = volcano(points, T, of=9_000, scale="axis.log2_ratio", **options).to_dict()
    return found


def marks(chart: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for rows in chart["datasets"].values() for row in rows if "finding" in row]


def test_a_point_stands_at_its_size_and_its_evidence() -> None:
    one = marks(drawn([point(5)]))[0]
    assert (one["x"], one["n"], one["level"]) == (0.5, 100, "robust")
    assert math.isclose(one["y"], 5 / math.log(10))


def test_only_the_strongest_are_drawn_and_the_title_says_of_how_many() -> None:
    chart = drawn([point(k) for k in range(MOST_POINTS + 50)])
    kept = marks(chart)
    assert len(kept) == MOST_POINTS
    assert min(int(one["finding"][2:]) for one in kept) == 50
    assert "2,000" in chart["title"]["text"]
    assert "9,000" in chart["title"]["text"]


def test_what_has_no_place_is_left_out_and_the_strongest_are_capped() -> None:
    points = [point(1, x=None), point(2, x=math.inf), point(3, ln_p=-math.inf), point(4, ln_p=-5_000.0)]
    kept = marks(drawn(points))
    assert [one["finding"] for one in kept] == ["F-4"]
    assert kept[0]["y"] == 40.0


def test_the_line_of_decision_is_drawn_where_something_passed() -> None:
    assert len(drawn([point(1)], line=-3.0)["layer"]) == len(drawn([point(1)])["layer"]) + 1


def test_nothing_but_what_is_shown_goes_into_the_chart() -> None:
    kept = marks(drawn([point(1, person="Ada", counts=[1, 2, 3, 4])]))
    assert set(kept[0]) == {"finding", "statement", "x", "y", "level", "n"}
