from __future__ import annotations

from reports.charts.heat_map import MOST, heat_map
from tests.reports.charts.rows import T, finding


def test_a_heat_map_stays_within_sixty_by_sixty() -> None:
    rows = [finding(k, x=f"i{k} = yes", y=f"o{k} = yes", length=1) for k in range(MOST + 30)]
    view = heat_map(rows, T)
    assert view is not None
    assert len({row["x"] for row in view.twin.rows}) == MOST
