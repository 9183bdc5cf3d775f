"""The patterns of a search as rows that may be shown, with the label and what they are one of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from miner.findings import short_name, statement
from miner.multiplicity.claims import ClaimLevel
from miner.pattern_search import PatternSearch
from miner.privacy.disclosure import cutoffs_of, in_safe_order
from miner.privacy.profiles import Place, Profile
from reports.findings_table import p_text
from reports.gate import disclosed
from reports.translation import number, translator


def shown_patterns(
    found: PatternSearch, profile: Profile, *, place: Place = Place.SCREEN, language: str = "en"
) -> list[Mapping[str, Any]]:
    """The significant patterns, strongest first: counts, crude beside adjusted, familywise adjusted p."""
    level, label = ClaimLevel.FAMILYWISE.value, translator(language)("label")
    order = [one.value for one in ClaimLevel]
    ln_p = np.array([row["ln_p"] for row in found.rows], dtype=np.float64)
    cutoffs = cutoffs_of([level] * len(ln_p), ln_p, order) if profile.masks(place) else None
    rows = []
    for row, ln_adjusted in zip(found.rows, found.ln_adjusted, strict=True):
        beside = row["adjusted"] or {}
        shown = {
            "finding": short_name(str(row["id"])),
            "statement": statement("rule", row["x"], str(row["y"])),
            "claim": label,
            "level": level,
            **{name: row[name] for name in ("effect", "estimate", "low", "high", "n", "n_unknown", "test", "mode")},
            **dict(zip("abcd", row["counts"])),
            "adjusted_estimate": beside.get("estimate"),
            "adjusted_low": beside.get("low"),
            "adjusted_high": beside.get("high"),
            "adjusted_for": ", ".join(row["adjusted_for"]),
            "reversed": bool(beside.get("reversed", False)),
            "p": math.exp(row["ln_p"]),
            "p_familywise": math.exp(ln_adjusted),
            "ln_p": row["ln_p"],
            "ln_p_familywise": ln_adjusted,
            "family": found.family,
            "m": found.m,
            "id": row["id"],
        }
        rows.append(disclosed(shown, profile, place, cutoffs))
    return in_safe_order(rows)


def patterns_text(found: PatternSearch, rows: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """The search as lines for a terminal."""
    t = translator(language)
    said = t(
        f"patterns.{found.method.value}",
        family=found.family,
        m=number(found.m, language, 0),
        length=found.length,
        outcome=found.outcome,
        testable=number(found.testable, language, 0),
        factor=number(found.factor, language, 0),
        permutations=number(found.permutations, language, 0),
        seed=found.seed,
        alpha=number(found.alpha, language, 4),
        found=number(len(found.rows), language, 0),
    )
    lines = [f"{t('label')}. {said}"]
    for row in rows:
        estimate, low, high = (number(row[name], language) for name in ("estimate", "low", "high"))
        familywise = f"{t('column.p_familywise')} {p_text(row['ln_p_familywise'], language)}"
        lines.append(
            f"  {row['finding']}  {t('effect.risk_ratio')} {estimate} ({low}; {high})"
            f" | {t('column.adjusted')} {number(row['adjusted_estimate'], language)}"
            f" | p {p_text(row['ln_p'], language)} | {familywise} | {row['statement']}"
        )
    return lines
