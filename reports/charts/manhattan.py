"""The Manhattan plot (PheWAS): strength of the evidence outcome by outcome, triangles for the direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports.charts.frame import COLOURS, framed
from reports.charts.view import LN10, View, direction, seen, strength, view
from reports.translation import Translate

MOST_POINTS = 3_000
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
SHAPES = ("triangle-up", "triangle-down", "circle")
COLUMNS = ("finding", "statement", "y", "direction", "p", "level", "n")


def manhattan(rows: Sequence[Mapping[str, Any]], t: Translate, *, of: int) -> View:
    """One mark a finding, in the order of outcomes and then of what goes with them.

    Parameters
    ----------
    rows : disclosed rows of findings
    of : number of declared tests, said in the title

    Of more than ``MOST_POINTS`` findings the strongest are drawn.
    """
    import altair as alt

    drawn = sorted(seen(rows), key=lambda row: row["ln_p"])[:MOST_POINTS]
    drawn.sort(key=lambda row: (str(row["y"]), str(row["x"])))
    outcomes = list(dict.fromkeys(str(row["y"]) for row in drawn))
    words = {1: t("direction.more"), -1: t("direction.less"), 0: t("direction.none")}
    points = [
        {
            "place": k,
            "evidence": strength(row),
            "outcome": row["y"],
            "direction": words[direction(row)],
            "statement": row["statement"],
            "n": row["n"],
        }
        for k, row in enumerate(drawn)
    ]
    passed = [row for row in rows if row["level"] not in {"unadjusted", None}]
    title = t("manhattan.title", passed=len(passed), of=f"{of:,}", outcomes=len(outcomes))
    marks = (
        alt.Chart(pd.DataFrame(points, columns=["place", "evidence", "outcome", "direction", "statement", "n"]))
        .mark_point(filled=True, size=60, opacity=0.8)
        .encode(
            x=alt.X("place:Q", title=t("axis.outcomes"), axis=alt.Axis(labels=False, ticks=False, grid=False)),
            y=alt.Y("evidence:Q", title=t("axis.minus_log10_p")),
            color=alt.Color(
                "outcome:N",
                scale=alt.Scale(domain=outcomes, range=[PALETTE[k % len(PALETTE)] for k in range(len(outcomes))]),
                legend=alt.Legend(title=None, columns=3, labelLimit=260),
            ),
            shape=alt.Shape(
                "direction:N",
                scale=alt.Scale(domain=list(words.values()), range=list(SHAPES)),
                legend=alt.Legend(title=None, columns=3, labelLimit=320),
            ),
            tooltip=[
                alt.Tooltip("statement:N", title=t("column.statement")),
                alt.Tooltip("n:Q", title=t("column.n"), format=",d"),
                alt.Tooltip("evidence:Q", title=t("axis.minus_log10_p"), format=".2f"),
            ],
        )
    )
    layers = [marks]
    limits = [row["ln_p"] for row in passed if row.get("ln_p") is not None]
    if limits:
        rule = alt.Chart(pd.DataFrame([{"y": min(-max(limits) / LN10, 300.0)}]))
        layers.insert(0, rule.mark_rule(strokeDash=[6, 3], color=COLOURS["line"]).encode(y="y:Q"))
    twin = [{**row, "direction": words[direction(row)]} for row in drawn]
    alt_text = t("manhattan.alt", drawn=len(drawn), of=f"{of:,}", outcomes=", ".join(outcomes))
    return view(framed(alt.layer(*layers), title, t, width=860), alt_text, twin, COLUMNS)
