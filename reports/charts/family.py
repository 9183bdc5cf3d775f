"""How the p-values of a family lie: histogram, quantiles against uniform with a band, and the step-up line of BH."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from reports.charts.frame import COLOURS, framed
from reports.translation import Translate

LN10 = math.log(10.0)
MOST_POINTS = 1_500


def p_histogram(ln_p: npt.NDArray[np.float64], t: Translate, *, bins: int = 20) -> Any:
    """Counts of p in equal classes, with the level that no association at all would give."""
    import altair as alt

    p = np.exp(ln_p[~np.isnan(ln_p)])
    counts, edges = np.histogram(p, bins=bins, range=(0.0, 1.0))
    rows = [
        {"low": float(low), "high": float(high), "count": int(count)}
        for low, high, count in zip(edges, edges[1:], counts)
    ]
    bars = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(color=COLOURS["middle"], opacity=0.85)
        .encode(
            x=alt.X("low:Q", bin=alt.Bin(binned=True, step=1.0 / bins), title=t("axis.p")),
            x2="high:Q",
            y=alt.Y("count:Q", title=t("axis.tests")),
        )
    )
    level = alt.Chart(pd.DataFrame([{"y": len(p) / bins}])).mark_rule(strokeDash=[6, 3], color=COLOURS["line"])
    return framed(alt.layer(bars, level.encode(y="y:Q")), t("chart.histogram_title", tests=len(p)), t, height=240)


def quantiles(ln_p: npt.NDArray[np.float64], t: Translate, *, confidence: float = 0.95) -> Any:
    """Observed against expected -log10 p, with the pointwise band of independent uniform p-values."""
    import altair as alt

    ordered = np.sort(ln_p[~np.isnan(ln_p)])
    m = len(ordered)
    rank = np.unique(np.round(np.geomspace(1, max(m, 1), MOST_POINTS)).astype(np.int64))[: max(m, 1)]
    rank = rank[rank <= m]
    tail = (1.0 - confidence) / 2.0
    low = -np.log10(special.betaincinv(rank, m - rank + 1, 1.0 - tail))
    high = -np.log10(special.betaincinv(rank, m - rank + 1, tail))
    rows = [
        {
            "x": float(-np.log10(r / (m + 1))),
            "y": float(min(-ordered[r - 1] / LN10, 300.0)),
            "low": float(a),
            "high": float(b),
        }
        for r, a, b in zip(rank, low, high)
    ]
    base = alt.Chart(pd.DataFrame(rows))
    band = base.mark_area(opacity=0.25, color=COLOURS["none"]).encode(x="x:Q", y="low:Q", y2="high:Q")
    points = base.mark_circle(color=COLOURS["middle"], size=28).encode(
        x=alt.X("x:Q", title=t("axis.expected")), y=alt.Y("y:Q", title=t("axis.observed"))
    )
    line = base.mark_line(color=COLOURS["line"], strokeDash=[4, 3]).encode(x="x:Q", y="x:Q")
    return framed(alt.layer(band, line, points), t("chart.quantiles_title", tests=m), t, height=300)


def step_up(ln_p: npt.NDArray[np.float64], m: int, q: float, t: Translate) -> Any:
    """The smallest p-values in order against the line k q / m of Benjamini and Hochberg, around where they cross."""
    import altair as alt

    ordered = np.sort(ln_p[~np.isnan(ln_p)])
    limits = np.log(np.arange(1, len(ordered) + 1) * q / m)
    below = np.flatnonzero(ordered <= limits)
    crossing = int(below[-1]) + 1 if len(below) else 0
    last = min(len(ordered), max(50, 2 * crossing), MOST_POINTS * 4)
    step = max(1, last // MOST_POINTS)
    rows = [
        {"rank": int(k + 1), "p": float(-max(ordered[k], -690.0) / LN10), "line": float(-limits[k] / LN10)}
        for k in range(0, last, step)
    ]
    base = alt.Chart(pd.DataFrame(rows))
    points = base.mark_circle(color=COLOURS["middle"], size=28).encode(
        x=alt.X("rank:Q", title=t("axis.rank")), y=alt.Y("p:Q", title=t("axis.minus_log10_p"))
    )
    line = base.mark_line(color=COLOURS["strong"]).encode(x="rank:Q", y="line:Q")
    return framed(alt.layer(line, points), t("chart.step_up_title", rejected=crossing, tests=m), t, height=300)
