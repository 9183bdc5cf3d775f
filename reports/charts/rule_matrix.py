"""The grouped rule matrix: antecedents that go with the outcomes alike form a group; a balloon a group and outcome.

Groups come from a tree of the antecedents' ratios over the outcomes (Hahsler and Karpienko 2017,
doi:10.1007/s00180-016-0649-3, group by lift with k-means).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from reports.charts.frame import framed
from reports.charts.heat_map import DIVERGING, REACH
from reports.charts.rule_graph import items_of
from reports.charts.view import View, log2_ratio, view
from reports.translation import Translate

MOST_ANTECEDENTS = 1_000
GROUPS = 12
COLUMNS = ("antecedent_group", "antecedents", "y", "rules", "value", "a")


def rule_matrix(rows: Sequence[Mapping[str, Any]], t: Translate, *, groups: int = GROUPS) -> View | None:
    """Balloons: colour for the median ratio (log2, adjusted where possible), size for the most persons with both.

    The first ``MOST_ANTECEDENTS`` antecedents of the rows are grouped. None where no rule has a ratio.
    """
    import altair as alt

    rules = [row for row in rows if row["mode"] == "rule" and log2_ratio(row) is not None]
    antecedents = list(dict.fromkeys(str(row["x"]) for row in rules))[:MOST_ANTECEDENTS]
    if not antecedents:
        return None
    kept = set(antecedents)
    rules = [row for row in rules if str(row["x"]) in kept]
    outcomes = list(dict.fromkeys(str(row["y"]) for row in rules))
    member = _grouped(rules, antecedents, outcomes, groups)
    names = _names(rules, member, t)
    balloons = []
    for group in sorted(set(member.values())):
        inside = [row for row in rules if member[str(row["x"])] == group]
        for outcome in outcomes:
            own = [row for row in inside if row["y"] == outcome]
            if own:
                balloons.append(
                    {
                        "antecedent_group": names[group],
                        "antecedents": len({row["x"] for row in inside}),
                        "y": outcome,
                        "rules": len(own),
                        "value": median(log2_ratio(row) or 0.0 for row in own),
                        "a": max(int(row["a"] or 0) for row in own),
                    }
                )
    marks = (
        alt.Chart(pd.DataFrame(balloons))
        .mark_circle(stroke="#888888", opacity=1)
        .encode(
            x=alt.X("y:N", sort=outcomes, title=None, axis=alt.Axis(labelAngle=-30, labelLimit=220)),
            y=alt.Y("antecedent_group:N", sort=list(names.values()), title=None, axis=alt.Axis(labelLimit=360)),
            fill=alt.Fill(
                "value:Q",
                scale=alt.Scale(domain=[-REACH, 0, REACH], range=list(DIVERGING), clamp=True, interpolate="rgb"),
                legend=alt.Legend(title=t("axis.log2_ratio_short")),
            ),
            size=alt.Size("a:Q", scale=alt.Scale(range=[30, 500]), legend=alt.Legend(title=t("column.a"))),
            tooltip=[
                alt.Tooltip("antecedent_group:N", title=t("rule_matrix.group")),
                alt.Tooltip("rules:Q", title=t("mode.rule")),
                alt.Tooltip("value:Q", title=t("axis.log2_ratio_short"), format=".2f"),
            ],
        )
    )
    title = t("rule_matrix.title", antecedents=len(antecedents), groups=len(names), outcomes=len(outcomes))
    height = max(100, 34 * len(names))
    chart = framed(marks, title, t, width=max(160, 110 * len(outcomes)), height=height)
    return view(chart, t("rule_matrix.alt", groups=len(names), outcomes=len(outcomes)), balloons, COLUMNS)


def _grouped(
    rules: Sequence[Mapping[str, Any]], antecedents: Sequence[str], outcomes: Sequence[str], groups: int
) -> dict[str, int]:
    """Group number of each antecedent, the groups in the order of their strongest member."""
    values = np.zeros((len(antecedents), len(outcomes)))
    line = {name: k for k, name in enumerate(antecedents)}
    column = {name: k for k, name in enumerate(outcomes)}
    for row in rules:
        values[line[str(row["x"])], column[str(row["y"])]] = min(max(log2_ratio(row) or 0.0, -REACH), REACH)
    if len(antecedents) <= groups:
        return line
    from scipy.cluster.hierarchy import fcluster, linkage

    found = fcluster(linkage(values, "ward"), groups, criterion="maxclust")
    number: dict[int, int] = {}
    return {name: number.setdefault(int(found[k]), len(number)) for k, name in enumerate(antecedents)}


def _names(rules: Sequence[Mapping[str, Any]], member: Mapping[str, int], t: Translate) -> dict[int, str]:
    """The two commonest items of a group, and how many more antecedents it holds."""
    items: dict[int, Counter[str]] = {}
    for text, row in {str(row["x"]): row for row in rules}.items():
        items.setdefault(member[text], Counter()).update(items_of(row))
    sizes = Counter(member.values())
    names: dict[int, str] = {}
    for group in sorted(items):
        text = ", ".join(item for item, _ in items[group].most_common(2))
        name = t("rule_matrix.name", items=text, n=sizes[group])
        # Two groups may share their commonest items.
        names[group] = name if name not in names.values() else f"{name} ({group + 1})"
    return names


def groups_for(rows: Sequence[Mapping[str, Any]]) -> int:
    """The most groups that a person may ask for: as many as there are antecedents, at most 40."""
    return min(40, math.ceil(len({row["x"] for row in rows if row["mode"] == "rule"})))
