from __future__ import annotations

from reports.charts.manhattan import MOST_POINTS, manhattan
from tests.reports.charts.rows import ROWS, T, finding, points, spec


def test_the_strongest_are_drawn() -> None:
    many = [finding(k, ln_p=-float(k)) for k in range(MOST_POINTS + 20)]
    assert len(points(manhattan(many, T, of=9_000), "evidence")) == MOST_POINTS


def test_the_title_says_how_many_passed_of_how_many_declared() -> None:
    rows = [*ROWS, finding(99, level="robust", ln_p=-50.0)]
    assert spec(manhattan(rows, T, of=9_000))["title"]["text"].startswith("1 of 9,000 declared tests")
