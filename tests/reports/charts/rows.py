"""Disclosed rows as the views take them, and what a chart holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reports.charts.view import View
from reports.translation import translator

T = translator("en")


def finding(k: int, **changed: Any) -> dict[str, Any]:
    """A disclosed row of a rule of two items."""
    x = [f"v{k % 7} = yes", f"w{k} = no"]
    plain: dict[str, Any] = {
        "finding": f"F-{k}", "statement": f"{' and '.join(x)} — with — death = dead", "x": " & ".join(x), "length": 2,
        "y": ("death = dead", "asthma = ever")[k % 2], "mode": "rule", "effect": "risk_ratio", "estimate": 1.5,
        "low": 1.1, "high": 2.0, "adjusted_estimate": 2.0, "adjusted_low": 1.4, "adjusted_high": 2.9,
        "adjusted_for": "age", "n": 100 + k, "a": 10 + k, "ln_p": -float(k % 30), "p": math.exp(-(k % 30)),
        "level": "unadjusted", "masked": False,
    }  # fmt: skip
    return plain | changed


def masked(k: int) -> dict[str, Any]:
    none = dict.fromkeys(
        ("estimate", "low", "high", "adjusted_estimate", "adjusted_low", "adjusted_high", "a", "ln_p", "p")
    )
    return finding(k, masked=True, **none)


def spec(view: View) -> dict[str, Any]:
    found: dict[str, Any] = view.chart.to_dict()
    return found


def points(view: View, *names: str) -> list[Mapping[str, Any]]:
    return [row for rows in spec(view)["datasets"].values() for row in rows if set(names) <= set(row)]


ROWS = [finding(k) for k in range(40)]
SINGLE = [finding(k, x=f"v{k % 5} = yes", length=1) for k in range(20)]
