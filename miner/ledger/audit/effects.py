"""Code R02: do effects and their intervals follow from the counts beside them?

Limits are not computed again but tested: at a limit of a score interval the score statistic, with the risks that are
most likely under that value found here by bisection, must be the normal quantile (Koopman 1984, doi:10.2307/2531405;
Miettinen and Nurminen 1985, doi:10.1002/sim.4780040211).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from miner.ledger.audit.facts import Row
from miner.ledger.audit.report import AuditFinding, found
from miner.ledger.canonical import as_float
from miner.ledger.records import Entry

Floats = npt.NDArray[np.float64]

EFFECTS: Final = ("risk_ratio", "risk_difference", "odds_ratio")
_SAME: Final = 1e-8
_AT_LIMIT: Final = 1e-4
_HALVINGS: Final = 70


class Effects:
    """R02, gathered block by block."""

    def __init__(self) -> None:
        self.findings: list[AuditFinding] = []
        self.checked = 0

    def block(self, entry: Entry, rows: Sequence[Row]) -> None:
        """Look at one block of tests."""
        options: Mapping[str, Any] = entry.content.get("options") or {}
        z = NormalDist().inv_cdf(0.5 + float(options.get("confidence", 0.95)) / 2)
        message = _outside(rows)
        for name in EFFECTS:
            if message is not None:
                break
            told = [(row, values) for row in rows if (values := _values(row, name)) is not None]
            if told:
                self.checked += len(told)
                message = _two_by_two(name, told, z)
        if message is not None:
            self.findings.append(found("R02", [entry.seq], message))


def _outside(rows: Sequence[Row]) -> str | None:
    """An estimate that does not lie in its own interval."""
    for row in rows:
        if row.get("estimate") is None or row.get("low") is None or row.get("high") is None:
            continue
        estimate, low, high = (as_float(row[name]) for name in ("estimate", "low", "high"))
        margin = _SAME * max(1.0, abs(estimate))
        if not math.isnan(estimate + low + high) and not low - margin <= estimate <= high + margin:
            return f"the estimate of row {row['i']} lies outside its own interval"
    return None


def _values(row: Row, name: str) -> tuple[float, float, float] | None:
    """Estimate and limits of a named effect of a 2 x 2 row."""
    counts = row.get("counts")
    if row["status"] != "ok" or counts is None or len(counts) != 4 or isinstance(counts[0], list):
        return None
    given = (row.get("estimate"), row.get("low"), row.get("high")) if row.get("effect") == name else None
    given = given or (row.get("effects") or {}).get(name)
    if given is None or any(value is None for value in given):
        return None
    estimate, low, high = (as_float(value) for value in given)
    return estimate, low, high


def _two_by_two(name: str, told: Sequence[tuple[Row, tuple[float, float, float]]], z: float) -> str | None:
    counts = np.array([row["counts"] for row, _ in told], dtype=np.float64)
    x1, n1, x2, n2 = counts[:, 0], counts[:, 0] + counts[:, 1], counts[:, 2], counts[:, 2] + counts[:, 3]
    values = np.array([triple for _, triple in told])
    again = _estimate(name, x1, n1, x2, n2)
    with np.errstate(invalid="ignore"):
        off = np.abs(values[:, 0] - again) > _SAME * np.maximum(1.0, np.abs(again))
    off &= np.isfinite(again) & (values[:, 0] != again)
    for i in np.flatnonzero(off).tolist():
        row = told[i][0]
        return f"row {row['i']}: {name} {values[i, 0]:.10g} is recorded, {again[i]:.10g} follows from its counts"
    for column, side in ((1, "lower"), (2, "upper")):
        limit = values[:, column]
        usable = _testable(name, limit) & (n1 > 0) & (n2 > 0)
        score = np.full(len(limit), z)
        score[usable] = np.abs(_score(name, x1[usable], n1[usable], x2[usable], n2[usable], limit[usable]))
        for i in np.flatnonzero(np.abs(score - z) > _AT_LIMIT * z).tolist():
            row = told[i][0]
            return (
                f"row {row['i']}: the {side} limit of the {name}, {limit[i]:.10g}, is not that of the score interval "
                f"(score {score[i]:.6g} instead of {z:.6g})"
            )
    return None


def _estimate(name: str, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "risk_difference":
            return x1 / n1 - x2 / n2
        if name == "risk_ratio":
            return (x1 / n1) / (x2 / n2)
        return x1 * (n2 - x2) / ((n1 - x1) * x2)


def _testable(name: str, limit: Floats) -> npt.NDArray[np.bool_]:
    """Limits inside the range of the effect; those on its border have no score of their own."""
    if name == "risk_difference":
        return np.abs(limit) < 1 - 1e-9
    return np.isfinite(limit) & (limit > 1e-12)


def _score(name: str, x1: Floats, n1: Floats, x2: Floats, n2: Floats, at: Floats) -> Floats:
    n = n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "risk_difference":
            p2 = _root(lambda p: _slope(x1, n1, p + at) + _slope(x2, n2, p), np.maximum(0, -at), np.minimum(1, 1 - at))
            variance = _spread(p2 + at, n1) + _spread(p2, n2)
            return (x1 / n1 - x2 / n2 - at) / np.sqrt(variance * n / (n - 1))
        if name == "risk_ratio":
            p2 = _root(
                lambda p: at * _slope(x1, n1, at * p) + _slope(x2, n2, p), np.zeros_like(at), np.minimum(1, 1 / at)
            )
            variance = _spread(at * p2, n1) + at**2 * _spread(p2, n2)
            return (x1 / n1 - at * x2 / n2) / np.sqrt(variance)
        p2 = _root(lambda p: x1 + x2 - n1 * _risk(at, p) - n2 * p, np.zeros_like(at), np.ones_like(at))
        p1 = _risk(at, p2)
        variance = 1 / (1 / (n1 * p1 * (1 - p1)) + 1 / (n2 * p2 * (1 - p2)))
        return (x1 - n1 * p1) / np.sqrt(variance * n / (n - 1))


def _root(falling: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where a falling function crosses zero, by halving."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = falling(middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return 0.5 * (low + high)


def _slope(x: Floats, n: Floats, p: Floats) -> Floats:
    """Derivative of the binomial log-likelihood."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x > 0, x / p, 0.0) - np.where(n > x, (n - x) / (1 - p), 0.0)


def _spread(p: Floats, n: Floats) -> Floats:
    return p * (1 - p) / n


def _risk(odds: Floats, p: Floats) -> Floats:
    return odds * p / (1 - p + odds * p)


def not_checked(rows_checked: int) -> Iterator[str]:
    """What R02 does not cover, in words."""
    if rows_checked:
        yield "R02: intervals of correlations, mean differences and adjusted effects are not recomputed"
