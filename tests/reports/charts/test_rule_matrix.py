from __future__ import annotations

from reports.charts.rule_matrix import groups_for, rule_matrix
from tests.reports.charts.rows import T, finding


def test_groups_are_as_many_as_asked_for_and_hold_every_antecedent() -> None:
    rows = [finding(k, adjusted_estimate=0.5 + k / 10) for k in range(40)]
    view = rule_matrix(rows, T, groups=4)
    assert view is not None
    assert len({row["antecedent_group"] for row in view.twin.rows}) <= 4
    sizes = {row["antecedent_group"]: row["antecedents"] for row in view.twin.rows}
    assert sum(sizes.values()) == 40
    assert groups_for(rows) == 40
