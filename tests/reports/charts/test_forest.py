from __future__ import annotations

import math

from reports.charts.forest import MOST_LINES, forest
from tests.reports.charts.rows import T, finding, points, spec


def test_the_strongest_are_drawn_and_the_title_says_of_how_many() -> None:
    many = [finding(k) for k in range(60)]
    lines = forest(many, T)
    assert len(lines.twin.rows) == MOST_LINES
    assert "60" in spec(lines)["title"]["text"]


def test_a_screen_has_one_value_and_it_is_the_adjusted_one() -> None:
    view = forest([finding(1, mode="screen", effect="odds_ratio", adjusted_estimate=None)], T)
    assert [row["value"] for row in points(view, "middle")] == ["adjusted"]


def test_limits_beyond_the_edge_are_cut_there() -> None:
    view = forest([finding(1, high=math.inf, low=1e-9, adjusted_estimate=None)], T)
    assert [(row["low"], row["high"]) for row in points(view, "middle")] == [(1 / 32, 32.0)]
