"""The forest: the strongest ratios with their intervals, crude beside adjusted, on a symmetric logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports.charts.frame import COLOURS, framed
from reports.charts.view import RATIOS, View, view
from reports.translation import Translate

MOST_LINES = 25
WIDEST = 32.0
LEAST = 2.0
COLUMNS = (
    "statement",
    "association",
    "estimate",
    "low",
    "high",
    "adjusted_estimate",
    "adjusted_low",
    "adjusted_high",
    "adjusted_for",
    "n",
)


def forest(rows: Sequence[Mapping[str, Any]], t: Translate) -> View:
    """The first ``MOST_LINES`` ratios of the rows, in their order; limits beyond 1/32 and 32 are cut at the edge."""
    import altair as alt

    ratios = [row for row in rows if row["effect"] in RATIOS and isinstance(row["estimate"], float)]
    drawn = ratios[:MOST_LINES]
    names = [t("finding.crude"), t("forest.adjusted")]
    lines: list[dict[str, Any]] = []
    for row in drawn:
        # A screen has no crude value of its own: what it tests is adjusted already.
        values = {names[1]: ("estimate", "low", "high")} if row["mode"] == "screen" else {
            names[0]: ("estimate", "low", "high"), names[1]: ("adjusted_estimate", "adjusted_low", "adjusted_high")
        }  # fmt: skip
        for name, fields in values.items():
            middle, low, high = (row.get(field) for field in fields)
            if isinstance(middle, float) and middle > 0 and math.isfinite(middle):
                label = f"{row['statement']}  (n = {row['n']:,})"
                # One row of the chart is one finding, even where two of them read alike.
                lines.append(
                    {
                        "line": label if row["mode"] != "screen" else f"{label} · {t('mode.screen')}",
                        "value": name,
                        "middle": _inside(middle),
                        "low": _inside(low) if isinstance(low, float) else _inside(middle),
                        "high": _inside(high) if isinstance(high, float) else _inside(middle),
                    }
                )
    order = list(dict.fromkeys(line["line"] for line in lines))
    reach = max([LEAST, *(max(abs(math.log2(line[k])) for k in ("low", "high")) for line in lines)])
    edge = 2.0**reach
    scale = alt.Scale(type="log", base=2, domain=[1 / edge, edge])
    base = alt.Chart(pd.DataFrame(lines, columns=["line", "value", "middle", "low", "high"]))
    y = alt.Y("line:N", sort=order, title=None, axis=alt.Axis(labelLimit=430))
    offset = alt.YOffset("value:N", sort=names)
    colour = alt.Color(
        "value:N",
        scale=alt.Scale(domain=names, range=[COLOURS["none"], COLOURS["strong"]]),
        legend=alt.Legend(title=None),
    )
    shape = alt.Shape("value:N", scale=alt.Scale(domain=names, range=["circle", "square"]), legend=None)
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", scale=scale, title=t("axis.ratio")), x2="high:Q", y=y, yOffset=offset, color=colour
    )
    marks = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=alt.X("middle:Q", scale=scale), y=y, yOffset=offset, color=colour, shape=shape
    )
    neutral = alt.Chart(pd.DataFrame([{"x": 1.0}])).mark_rule(strokeDash=[2, 3]).encode(x=alt.X("x:Q", scale=scale))
    title = t("forest.title", shown=len(drawn), of=f"{len(ratios):,}")
    chart = framed(alt.layer(neutral, bars, marks), title, t, width=430, height=max(80, 30 * len(order)))
    twin = [{**row, "association": t(f"effect.{row['effect']}")} for row in drawn]
    return view(chart, t("forest.alt", shown=len(drawn), of=f"{len(ratios):,}"), twin, COLUMNS)


def _inside(value: float) -> float:
    return min(max(value, 1 / WIDEST), WIDEST)
