"""What a study is judged by before it is run: balance, overlap, specifications, power, unmeasured confounding.

Each function takes rows of a protocol, never persons; ``*_rows`` are the same numbers as a table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports.charts.frame import COLOURS, framed
from reports.translation import Translate

SHAPES = ("square", "circle", "triangle-up", "diamond")
PALETTE = (COLOURS["none"], COLOURS["middle"], COLOURS["strong"], "#009E73")
CLOSE = 0.1


def love_plot(rows: Sequence[Mapping[str, Any]], t: Translate) -> Any:
    """Standardised differences of each covariate before and after weighting, with the line at 0.1.

    Parameters
    ----------
    rows : mappings with ``column``, ``crude`` and ``weighted`` (None where there are no weights).
    """
    import altair as alt

    names = [t("love.before"), t("love.after")]
    points = [
        {"column": row["column"], "difference": abs(row[key]), "when": name}
        for row in rows
        for key, name in zip(("crude", "weighted"), names)
        if row.get(key) is not None and math.isfinite(row[key])
    ]
    order = [row["column"] for row in sorted(rows, key=lambda row: -abs(row["crude"] or 0.0))]
    legend = alt.Legend(title=None)
    marks = (
        alt.Chart(pd.DataFrame(points))
        .mark_point(filled=True, size=70, opacity=0.9)
        .encode(
            x=alt.X("difference:Q", title=t("axis.standardised_difference"), scale=alt.Scale(domainMin=0)),
            y=alt.Y("column:N", sort=order, title=None, axis=alt.Axis(labelLimit=240)),
            color=alt.Color("when:N", scale=alt.Scale(domain=names, range=list(PALETTE[:2])), legend=legend),
            shape=alt.Shape("when:N", scale=alt.Scale(domain=names, range=list(SHAPES[:2])), legend=legend),
        )
    )
    line = alt.Chart(pd.DataFrame([{"x": CLOSE}])).mark_rule(strokeDash=[5, 3], color=COLOURS["line"])
    left = sum(1 for row in rows if row.get("weighted") is not None and abs(row["weighted"]) > CLOSE)
    title = t("love.title", left=left, of=len(rows))
    return framed(alt.layer(line.encode(x="x:Q"), marks), title, t, height=120 + 24 * len(order))


def overlap_rows(histograms: Mapping[str, Mapping[str, Sequence[float]]], t: Translate) -> list[dict[str, Any]]:
    """Share of each arm by class of the propensity; ``histograms`` are those of the disclosure gate."""
    rows = []
    for arm, one in histograms.items():
        total = sum(one["counts"])
        for low, high, count in zip(one["edges"], one["edges"][1:], one["counts"]):
            share = count / total if total else 0.0
            rows.append(
                {"arm": t(f"arm.{arm}"), "low": low, "high": high, "share": share, "density": share / (high - low)}
            )
    return rows


def overlap_plot(histograms: Mapping[str, Mapping[str, Sequence[float]]], t: Translate) -> Any:
    """The propensity of both arms, one above and one below the line: they should lie over one another."""
    import altair as alt

    names = [t("arm.exposed"), t("arm.unexposed")]
    rows = [
        {**row, "density": row["density"] if row["arm"] == names[0] else -row["density"]}
        for row in overlap_rows(histograms, t)
    ]
    bars = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(opacity=0.85, stroke="white")
        .encode(
            x=alt.X("low:Q", bin=alt.Bin(binned=True), title=t("axis.propensity"), scale=alt.Scale(domain=[0, 1])),
            x2="high:Q",
            y=alt.Y("density:Q", title=t("axis.density"), axis=alt.Axis(labelExpr="abs(datum.value)")),
            color=alt.Color(
                "arm:N",
                scale=alt.Scale(domain=names, range=[COLOURS["strong"], COLOURS["middle"]]),
                legend=alt.Legend(title=None),
            ),
        )
    )
    return framed(bars, t("overlap.title"), t, height=360)


def specification_plot(curve: Mapping[str, Any], t: Translate, *, scale: str, null: float) -> Any:
    """Every valid set with every estimator, smallest estimate first; below, what each one chose."""
    import altair as alt

    rows, choices = [], []
    for place, row in enumerate(curve["rows"], start=1):
        method = t(f"method.{row['method'].replace(' ', '_')}")
        chosen = t("specification.set", number=_set_number(curve, row["set"]), size=len(row["set"]))
        rows.append({"place": place, "value": row["value"], "low": row["ci_low"], "high": row["ci_high"]})
        choices += [{"place": place, "choice": method, "of": 1}, {"place": place, "choice": chosen, "of": 2}]
    base = alt.Chart(pd.DataFrame(rows))
    x = alt.X("place:O", title=None, axis=None)
    y = alt.Y("value:Q", title=scale, scale=alt.Scale(zero=False))
    marks = base.mark_rule(color=COLOURS["middle"]).encode(x=x, y=alt.Y("low:Q", title=scale), y2="high:Q")
    points = base.mark_point(filled=True, size=60, color=COLOURS["middle"]).encode(x=x, y=y)
    line = alt.Chart(pd.DataFrame([{"y": null}])).mark_rule(strokeDash=[5, 3], color=COLOURS["line"]).encode(y="y:Q")
    names = list(dict.fromkeys(c["choice"] for c in sorted(choices, key=lambda c: (c["of"], c["choice"]))))
    dots = (
        alt.Chart(pd.DataFrame(choices))
        .mark_point(filled=True, size=60, color=COLOURS["line"])
        .encode(
            x=alt.X("place:O", title=t("axis.specification"), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("choice:N", sort=names, title=None, axis=alt.Axis(labelLimit=260)),
        )
    )
    panels = alt.vconcat(
        alt.layer(line, marks, points).properties(width=520, height=220),
        dots.properties(width=520, height=22 * len(names)),
        spacing=6,
    ).resolve_scale(x="shared")
    return framed(panels, t("specification.title", n=len(rows)), t, height=None)


def _set_number(curve: Mapping[str, Any], names: Sequence[str]) -> int:
    sets = sorted({tuple(row["set"]) for row in curve["rows"]}, key=lambda one: (len(one), one))
    return 1 + sets.index(tuple(names))


def power_plot(rows: Sequence[Mapping[str, Any]], t: Translate, *, target: float, headline: int | None) -> Any:
    """Power against persons; ``rows`` of ``causal.power_curve``."""
    import altair as alt

    kinds = list(dict.fromkeys(row["curve"] for row in rows))
    names = [t(f"power.{kind}") for kind in kinds]
    told = [{**row, "curve": t(f"power.{row['curve']}")} for row in rows]
    legend = alt.Legend(title=None, labelLimit=420, columns=1)
    lines = (
        alt.Chart(pd.DataFrame(told))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("n:Q", title=t("axis.persons")),
            y=alt.Y("power:Q", title=t("axis.power"), scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
            color=alt.Color("curve:N", scale=alt.Scale(domain=names, range=list(PALETTE[1 : 1 + len(names)])),
                            legend=legend),
            strokeDash=alt.StrokeDash("curve:N", scale=alt.Scale(domain=names), legend=legend),
        )
    )  # fmt: skip
    level = alt.Chart(pd.DataFrame([{"y": target}])).mark_rule(strokeDash=[2, 3]).encode(y="y:Q")
    layers = [level, lines]
    if headline is not None:
        at = alt.Chart(pd.DataFrame([{"x": headline}])).mark_rule(strokeDash=[5, 3], color=COLOURS["line"])
        layers.append(at.encode(x="x:Q"))
    return framed(alt.layer(*layers), t("power.title"), t, height=440)


def e_value_rows(risk_ratio: float, steps: int = 60, largest: float = 10.0) -> list[dict[str, float]]:
    """Pairs of risk ratios of a confounder, with the exposure and with the outcome, that just explain ``risk_ratio``.

    On the curve R = x y / (x + y - 1) (Ding and VanderWeele, Epidemiology 2016;27:368), so y = R (x - 1) / (x - R).

    >>> rows = e_value_rows(2.0, steps=5)
    >>> round(rows[0]["x"] * rows[0]["y"] / (rows[0]["x"] + rows[0]["y"] - 1), 9)
    2.0
    """
    ratio = max(risk_ratio, 1.0 / risk_ratio)
    if not ratio > 1.0:
        return []
    # From the largest y shown to the largest x shown: the curve is its own mirror image.
    least = ratio * (largest - 1.0) / (largest - ratio) if largest > ratio else math.nan
    if math.isnan(least) or least >= largest:
        return []
    spaced = [math.exp(math.log(least) + k * math.log(largest / least) / (steps - 1)) for k in range(steps)]
    return [{"x": x, "y": ratio * (x - 1.0) / (x - ratio)} for x in spaced]


def e_value_plot(risk_ratio: float, limit: float | None, t: Translate) -> Any:
    """How strong an unmeasured confounder would have to be, for the estimate and for the limit nearer the null."""
    import altair as alt

    found = [("estimate", risk_ratio), *([("limit", limit)] if limit is not None else [])]
    names = [t(f"evalue.{name}") for name, _ in found]
    widest = max(10.0, 3 * max(max(ratio, 1 / ratio) for _, ratio in found))
    rows, corners = [], []
    for name, (_, ratio) in zip(names, found):
        strength = max(ratio, 1 / ratio)
        rows += [{**row, "which": name} for row in e_value_rows(ratio, largest=widest)]
        value = strength + math.sqrt(strength * (strength - 1))
        corners.append({"x": value, "y": value, "which": name, "label": f"{value:.2f}"})
    legend = alt.Legend(title=None)
    shown = alt.Scale(type="log", domain=[1, widest], nice=False)
    colour = alt.Color("which:N", scale=alt.Scale(domain=names, range=list(PALETTE[1:3])), legend=legend)
    curves = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("x:Q", title=t("axis.confounder_exposure"), scale=shown),
            y=alt.Y("y:Q", title=t("axis.confounder_outcome"), scale=shown),
            color=colour,
            strokeDash=alt.StrokeDash("which:N", scale=alt.Scale(domain=names), legend=legend),
        )
    )
    base = alt.Chart(pd.DataFrame(corners)).encode(x="x:Q", y="y:Q")
    points = base.mark_point(filled=True, size=80).encode(color=colour)
    labels = base.mark_text(align="left", dx=8, dy=-8, fontSize=13).encode(text="label:N")
    return framed(alt.layer(curves, points, labels), t("evalue.title"), t, height=440)
