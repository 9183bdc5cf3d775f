"""The volcano: size of the association against strength of the evidence, decisions by colour and shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports.charts.frame import LEVEL_COLOURS, LEVEL_SHAPES, LEVELS, framed
from reports.translation import Translate

MOST_POINTS = 2_000
LN10 = math.log(10.0)


def volcano(
    points: Sequence[Mapping[str, Any]], t: Translate, *, of: int, scale: str, line: float | None = None
) -> Any:
    """One point a finding.

    Parameters
    ----------
    points : mappings with ``finding``, ``statement``, ``x`` (position on ``scale``), ``ln_p``, ``level``, ``n``
    of : number of tests in the family, said in the title
    scale : key of the x axis title in the catalogue, e.g. "axis.log2_risk_ratio"
    line : ln p at which the first correction draws its line, if any finding passes it

    Only the ``MOST_POINTS`` strongest are drawn; the title says how many of how many.
    """
    import altair as alt

    shown = sorted(points, key=lambda point: point["ln_p"])[:MOST_POINTS]
    cap = 40.0
    rows = [
        {
            "finding": p["finding"],
            "statement": p["statement"],
            "x": p["x"],
            "y": min(-p["ln_p"] / LN10, cap),
            "level": t(f"level.{p['level'].replace(' ', '_')}"),
            "n": p["n"],
        }
        for p in shown
        if p["x"] is not None and math.isfinite(p["x"]) and math.isfinite(p["ln_p"])
    ]
    names = [t(f"level.{level.replace(' ', '_')}") for level in LEVELS]
    legend = alt.Legend(title=t("chart.level"), columns=5)
    base = alt.Chart(pd.DataFrame(rows))
    marks = base.mark_point(filled=True, size=60, opacity=0.75).encode(
        x=alt.X("x:Q", title=t(scale)),
        y=alt.Y("y:Q", title=t("axis.minus_log10_p")),
        color=alt.Color("level:N", scale=alt.Scale(domain=names, range=list(LEVEL_COLOURS)), legend=legend),
        shape=alt.Shape("level:N", scale=alt.Scale(domain=names, range=list(LEVEL_SHAPES)), legend=legend),
        tooltip=[
            alt.Tooltip("statement:N", title=t("column.statement")),
            alt.Tooltip("n:Q", title=t("column.n"), format=",d"),
            alt.Tooltip("level:N", title=t("column.level")),
        ],
    )
    layers = [alt.Chart(pd.DataFrame([{"x": 0}])).mark_rule(strokeDash=[2, 3], opacity=0.6).encode(x="x:Q"), marks]
    if line is not None:
        rule = alt.Chart(pd.DataFrame([{"y": min(-line / LN10, cap)}]))
        layers.append(rule.mark_rule(strokeDash=[6, 3], color="#16302F").encode(y="y:Q"))
    title = t("chart.volcano_title", shown=f"{len(rows):,}", tests=f"{of:,}")
    return framed(alt.layer(*layers), title, t, width=860)
