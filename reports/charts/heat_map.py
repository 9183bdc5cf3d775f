"""The heat map: one item or variable a line, one outcome a column, colour for direction and size of the association."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.charts.frame import framed
from reports.charts.view import View, direction, log2_ratio, strength, view
from reports.translation import Translate

MOST = 60
REACH = 2.0
COLUMNS = ("x", "y", "value", "level", "n")
# Blue to orange by way of white (after Okabe and Ito): told apart with any colour vision.
DIVERGING = ("#0072B2", "#FFFFFF", "#D55E00")


def heat_map(rows: Sequence[Mapping[str, Any]], t: Translate) -> View | None:
    """Ratios of the rules of one item where there are any (log2, adjusted where possible), else the signed strength.

    At most ``MOST`` lines and columns, those with the strongest findings; lines of like associations stand together. A
    masked finding is a dot without a colour. None where nothing can be drawn.
    """
    import altair as alt

    rules = [row for row in rows if row["mode"] == "rule" and row["length"] == 1]
    ratio = bool(rules)
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rules or [row for row in rows if row["length"] == 1]:
        # The strongest finding of a line and a column stands first.
        cells.setdefault((str(row["x"]), str(row["y"])), _cell(row, ratio))
    lines = list(dict.fromkeys(x for x, _ in cells))[:MOST]
    columns = list(dict.fromkeys(y for _, y in cells))[:MOST]
    drawn = [cell for (x, y), cell in cells.items() if x in lines and y in columns]
    if not any(cell["value"] is not None for cell in drawn):
        return None
    order = [lines[k] for k in _alike(_matrix(cells, lines, columns))]
    base = alt.Chart(pd.DataFrame(drawn, columns=["x", "y", "value", "level", "n", "mark", "statement"]))
    place = {
        "x": alt.X("y:N", sort=columns, title=None, axis=alt.Axis(labelAngle=-30, labelLimit=220)),
        "y": alt.Y("x:N", sort=order, title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False)),
    }
    unit = t("axis.log2_ratio_short" if ratio else "axis.signed_strength")
    reach = REACH if ratio else 10.0
    boxes = base.mark_rect(stroke="#DDDDDD").encode(
        color=alt.Color(
            "value:Q",
            scale=alt.Scale(domain=[-reach, 0, reach], range=list(DIVERGING), clamp=True, interpolate="rgb"),
            legend=alt.Legend(title=unit, orient="right", gradientLength=160),
        ),
        tooltip=[
            alt.Tooltip("statement:N", title=t("column.statement")),
            alt.Tooltip("value:Q", title=unit, format=".2f"),
            alt.Tooltip("n:Q", title=t("column.n"), format=",d"),
        ],
        **place,
    )
    marks = base.mark_text(fontSize=12, color="#222222").encode(text="mark:N", **place)
    passed = sum(cell["mark"] == "*" for cell in drawn)
    title = t("heat_map.title", passed=passed, cells=len(drawn))
    chart = framed(
        alt.layer(boxes, marks), title, t, width=max(140, 52 * len(columns)), height=max(80, 24 * len(order))
    )
    alt_text = t("heat_map.alt", lines=len(order), columns=len(columns), unit=unit)
    return view(chart, alt_text, drawn, COLUMNS)


def _cell(row: Mapping[str, Any], ratio: bool) -> dict[str, Any]:
    value: float | None = None
    if ratio:
        value = log2_ratio(row)
    elif row.get("ln_p") is not None:
        value = direction(row) * strength(row)
    return {
        "x": row["x"],
        "y": row["y"],
        "value": value,
        "level": row["level"],
        "n": row["n"],
        "mark": "•" if row["masked"] else "*" if row["level"] not in {"unadjusted", None} else "",
        "statement": row["statement"],
    }


def _matrix(
    cells: Mapping[tuple[str, str], Mapping[str, Any]], lines: Sequence[str], columns: Sequence[str]
) -> npt.NDArray[np.float64]:
    values = np.zeros((len(lines), len(columns)))
    for i, x in enumerate(lines):
        for j, y in enumerate(columns):
            value = cells.get((x, y), {}).get("value")
            values[i, j] = 0.0 if value is None or not math.isfinite(value) else value
    return values


def _alike(values: npt.NDArray[np.float64]) -> list[int]:
    """Lines in the order of a tree of their likeness."""
    if len(values) < 3:
        return list(range(len(values)))
    from scipy.cluster.hierarchy import leaves_list, linkage

    return [int(k) for k in leaves_list(linkage(values, "average", optimal_ordering=True))]
