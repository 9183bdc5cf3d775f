"""A way to look at findings: a chart with its description and the same numbers as a table.

Views are made from rows that have passed the disclosure gate. A masked row has no numbers: it is counted, never drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.gate import Safe, gated

# Measures whose neutral value is 1.
RATIOS = frozenset(
    {
        "risk_ratio",
        "odds_ratio",
        "rate_ratio",
        "hazard_ratio",
        "proportional_odds_ratio",
        "proportional_reporting_ratio",
    }
    | {f"{name}_interaction" for name in ("odds_ratio", "rate_ratio", "hazard_ratio", "proportional_odds_ratio")}
)
# Measures of strength without a direction.
UNDIRECTED = frozenset({"eta_squared", "cramer_v"})
LN10 = math.log(10.0)
CAP = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A chart (Altair), what a reader who cannot see it is told, and its numbers.

    ``options`` is the same view for ECharts, where moving it by hand helps; ``chart`` is then its still picture.
    """

    chart: Any
    alt: str
    twin: Safe
    options: Mapping[str, Any] | None = None


def view(chart: Any, alt: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], **more: Any) -> View:
    """A view from its parts."""
    return View(chart=chart, alt=alt, twin=gated(rows, columns), **more)


def seen(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows that have a p-value to be drawn."""
    return [row for row in rows if _real(row.get("ln_p")) is not None]


def strength(row: Mapping[str, Any]) -> float:
    """-log10 of the p of the test, at most ``CAP``."""
    return min(-float(row["ln_p"]) / LN10, CAP)


def shown_value(row: Mapping[str, Any]) -> float | None:
    """The adjusted value where there is one, else the crude one; None for none."""
    adjusted = _real(row.get("adjusted_estimate"))
    return _real(row.get("estimate")) if adjusted is None else adjusted


def log2_ratio(row: Mapping[str, Any]) -> float | None:
    """log2 of the ratio of a row, adjusted where it can be; None where it has none that is finite and positive."""
    value = shown_value(row)
    return math.log2(value) if row["effect"] in RATIOS and value is not None and value > 0 else None


def direction(row: Mapping[str, Any]) -> int:
    """1 where both sides go together more often, or rise together; -1 for the opposite; 0 where there is no telling."""
    value = shown_value(row)
    if value is None or row["effect"] in UNDIRECTED:
        return 0
    neutral = 1.0 if row["effect"] in RATIOS else 0.0
    return (value > neutral) - (value < neutral)


def _real(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
