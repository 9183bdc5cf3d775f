"""The flat row that every test becomes before anyone sees its result, and the identity of a hypothesis.

A row is one JSON object in a block of the ledger. Undefined numbers are None; infinities stay (an odds ratio may be
infinite); numbers are plain Python ones.

>>> hypothesis_id("pair", ["age"], "wt71") == hypothesis_id("pair", ["wt71"], "age")
True
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections.abc import Mapping, Sequence

TestRow = dict[str, object]

_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def hypothesis_id(mode: str, x: Sequence[str], y: str, *, given: Sequence[str] = (), modifier: str = "") -> str:
    """SHA-256 of the normalised hypothesis: the sides of a pair are sorted, what is adjusted for is a set."""
    left, right = sorted(x), y
    if mode == "pair" and len(left) == 1:
        left[0], right = sorted((left[0], right))
    text = _encode({"mode": mode, "x": left, "y": right, "given": sorted(given), "modifier": modifier})
    return hashlib.sha256(unicodedata.normalize("NFC", text).encode()).hexdigest()


def number(value: float) -> float | None:
    """A plain float, None where it is undefined."""
    value = float(value)
    return None if math.isnan(value) else value


def triple(estimate: float, low: float, high: float) -> list[float | None]:
    """An estimate with its interval, as rows carry it."""
    return [number(estimate), number(low), number(high)]


def build_row(
    *,
    ordinal: int,
    mode: str,
    x: Sequence[str],
    y: str,
    test: str,
    status: str = "ok",
    reason: str = "",
    n: int = 0,
    n_unknown: int = 0,
    counts: object = None,
    statistic: float = math.nan,
    df: float | Sequence[float] = math.nan,
    ln_p: float = math.nan,
    ln_p_min: float = math.nan,
    effect: str = "",
    interval: tuple[float, float, float] = (math.nan, math.nan, math.nan),
    effects: Mapping[str, Sequence[float | None]] | None = None,
    summary: Mapping[str, object] | None = None,
    adjusted_for: Sequence[str] = (),
    adjusted: Mapping[str, object] | None = None,
    identity: str = "",
) -> TestRow:
    """One test as the ledger keeps it; ``interval`` is (estimate, low, high) of the named effect."""
    return {
        "i": ordinal,
        "id": identity or hypothesis_id(mode, x, y),
        "mode": mode,
        "x": list(x),
        "y": y,
        "test": test,
        "status": status,
        "reason": reason,
        "n": int(n),
        "n_unknown": int(n_unknown),
        "counts": counts,
        "statistic": number(statistic),
        "df": [float(d) for d in df] if isinstance(df, Sequence) else number(df),
        "ln_p": number(ln_p),
        "ln_p_min": number(ln_p_min),
        "effect": effect,
        "estimate": number(interval[0]),
        "low": number(interval[1]),
        "high": number(interval[2]),
        "effects": {name: list(values) for name, values in (effects or {}).items()},
        "summary": dict(summary or {}),
        "adjusted_for": list(adjusted_for),
        "adjusted": None if adjusted is None else dict(adjusted),
    }
