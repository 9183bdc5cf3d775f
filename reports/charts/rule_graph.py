"""The rule graph: items are circles, rules small squares between the items they join and their outcome. No arrows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports.charts.frame import COLOURS, framed
from reports.charts.heat_map import DIVERGING, REACH
from reports.charts.view import View, log2_ratio, view
from reports.translation import Translate

MOST_RULES = 100
COLUMNS = ("finding", "x", "y", "a", "n", "estimate", "adjusted_estimate", "level")


def rule_graph(rows: Sequence[Mapping[str, Any]], t: Translate, *, most: int = MOST_RULES) -> View | None:
    """The first ``most`` rules of the rows that have a ratio: size for persons, colour for the ratio (log2).

    None where there is no such rule. The still picture lays items and outcomes on a circle.
    """
    rules = [row for row in rows if row["mode"] == "rule" and log2_ratio(row) is not None]
    drawn = rules[:most]
    if not drawn:
        return None
    items = list(dict.fromkeys(item for row in drawn for item in [*items_of(row), str(row["y"])]))
    outcomes = {str(row["y"]) for row in drawn}
    title = t("rule_graph.title", shown=len(drawn), of=f"{len(rules):,}")
    alt_text = t("rule_graph.alt", shown=len(drawn), items=len(items))
    options = _options(drawn, items, outcomes, title, t)
    return view(_picture(drawn, items, outcomes, title, t), alt_text, drawn, COLUMNS, options=options)


def items_of(row: Mapping[str, Any]) -> list[str]:
    """The items of the antecedent; the whole text where it cannot be told which they are."""
    parts = str(row["x"]).split(" & ")
    return parts if len(parts) == row["length"] else [str(row["x"])]


def _size(row: Mapping[str, Any], largest: int) -> float:
    return 8 + 14 * math.sqrt(int(row["a"] or 0) / max(largest, 1))


def _options(
    drawn: Sequence[Mapping[str, Any]], items: Sequence[str], outcomes: set[str], title: str, t: Translate
) -> dict[str, Any]:
    largest = max(int(row["a"] or 0) for row in drawn)
    number = {item: k for k, item in enumerate(items)}
    nodes: list[dict[str, Any]] = [
        {
            "name": item,
            "symbol": "circle",
            "symbolSize": 26 if item in outcomes else 16,
            "value": 0,
            "category": 1 if item in outcomes else 0,
            "itemStyle": {"color": COLOURS["line"] if item in outcomes else COLOURS["light"]},
            "label": {"show": True},
        }
        for item in items
    ]
    links: list[dict[str, Any]] = []
    for row in drawn:
        nodes.append(
            {
                "name": f"{row['statement']} ({row['finding']})",
                "symbol": "rect",
                "symbolSize": _size(row, largest),
                "value": round(log2_ratio(row) or 0.0, 3),
                "category": 2,
                "itemStyle": {"color": colour_of(log2_ratio(row) or 0.0), "borderColor": "#666666", "borderWidth": 1},
                "label": {"show": False},
            }
        )
        rule = len(nodes) - 1
        links += [{"source": number[item], "target": rule} for item in items_of(row)]
        links.append({"source": rule, "target": number[str(row["y"])], "lineStyle": {"width": 2}})
    kinds = [t("rule_graph.item"), t("rule_graph.outcome"), t("rule_graph.rule")]
    return {
        "title": {"text": title, "subtext": t("label"), "left": 0, "subtextStyle": {"color": COLOURS["strong"]}},
        "tooltip": {"formatter": "{b}: {c}"},
        "legend": {"data": kinds, "bottom": 0},
        "series": [
            {
                "type": "graph",
                "layout": "force",
                "roam": True,
                "draggable": True,
                "top": 70,
                "bottom": 50,
                "zoom": 0.85,
                "force": {"repulsion": 150, "edgeLength": 50, "gravity": 0.2, "layoutAnimation": False},
                "label": {"position": "right", "fontSize": 11},
                "lineStyle": {"color": "#999999", "opacity": 0.7},
                "emphasis": {"focus": "adjacency"},
                "categories": [
                    {"name": name, "symbol": symbol, "itemStyle": {"color": colour}}
                    for name, symbol, colour in zip(
                        kinds,
                        ("circle", "circle", "rect"),
                        (COLOURS["light"], COLOURS["line"], colour_of(REACH / 2)),
                    )
                ],
                "data": nodes,
                "links": links,
            }
        ],
    }


def _picture(
    drawn: Sequence[Mapping[str, Any]], items: Sequence[str], outcomes: set[str], title: str, t: Translate
) -> Any:
    import altair as alt

    # Outcomes on an inner circle, items on the outer one; a rule stands at the middle of what it joins.
    inner = [item for item in items if item in outcomes]
    outer = [item for item in items if item not in outcomes]
    place = _circle(inner, 0.35 if len(inner) > 1 else 0.0) | _circle(outer, 1.0)
    points = [
        {"name": item, "x": x, "y": y, "role": t("rule_graph.outcome" if item in outcomes else "rule_graph.item")}
        for item, (x, y) in place.items()
    ]
    squares, lines = [], []
    for k, row in enumerate(drawn):
        ends = [place[item] for item in [*items_of(row), str(row["y"])]]
        x, y = sum(end[0] for end in ends) / len(ends), sum(end[1] for end in ends) / len(ends)
        # Rules between the same ends would lie on one another.
        x, y = x + 0.03 * math.cos(k), y + 0.03 * math.sin(k)
        squares.append({"x": x, "y": y, "ratio": log2_ratio(row), "a": row["a"], "statement": row["statement"]})
        lines += [{"x": x, "y": y, "x2": end[0], "y2": end[1]} for end in ends]
    nothing = alt.Axis(labels=False, ticks=False, domain=False, grid=False, title=None)
    wide, high = alt.Scale(domain=[-1.7, 1.7]), alt.Scale(domain=[-1.1, 1.1])
    where = {"x": alt.X("x:Q", axis=nothing, scale=wide), "y": alt.Y("y:Q", axis=nothing, scale=high)}
    strokes = alt.Chart(pd.DataFrame(lines)).mark_rule(color="#BBBBBB").encode(x2="x2:Q", y2="y2:Q", **where)
    base = alt.Chart(pd.DataFrame(points))
    legend = alt.Legend(title=None)
    roles = [t("rule_graph.item"), t("rule_graph.outcome")]
    circles = base.mark_circle(size=130, opacity=1).encode(
        color=alt.Color(
            "role:N", scale=alt.Scale(domain=roles, range=[COLOURS["light"], COLOURS["line"]]), legend=legend
        ),
        **where,
    )
    # Names stand outside the circle, each on its side.
    right = base.transform_filter("datum.x >= 0").mark_text(dx=9, align="left", fontSize=11)
    left = base.transform_filter("datum.x < 0").mark_text(dx=-9, align="right", fontSize=11)
    names = [side.encode(text="name:N", **where) for side in (right, left)]
    marks = (
        alt.Chart(pd.DataFrame(squares))
        .mark_square(stroke="#666666", opacity=1)
        .encode(
            fill=alt.Fill(
                "ratio:Q",
                scale=alt.Scale(domain=[-REACH, 0, REACH], range=list(DIVERGING), clamp=True, interpolate="rgb"),
                legend=alt.Legend(title=t("axis.log2_ratio_short")),
            ),
            size=alt.Size("a:Q", scale=alt.Scale(range=[20, 180]), legend=alt.Legend(title=t("column.a"))),
            **where,
        )
    )
    return framed(alt.layer(strokes, marks, circles, *names), title, t, width=860, height=560)


def _circle(names: Sequence[str], radius: float) -> dict[str, tuple[float, float]]:
    angle = 2 * math.pi / max(len(names), 1)
    return {name: (radius * math.cos(k * angle), radius * math.sin(k * angle)) for k, name in enumerate(names)}


def colour_of(value: float) -> str:
    """The colour of a log2 ratio on the diverging scale, cut at a ratio of 4 and of 1/4."""
    share = min(abs(value) / REACH, 1.0)
    end = DIVERGING[2] if value > 0 else DIVERGING[0]
    parts = (round(255 + (int(end[k : k + 2], 16) - 255) * share) for k in (1, 3, 5))
    return "#" + "".join(f"{part:02X}" for part in parts)
