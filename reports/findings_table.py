"""Findings as rows that may be shown: every number has passed the disclosure gate, each row carries the label."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from miner.findings import Findings
from miner.multiplicity.claims import ClaimLevel
from miner.privacy.disclosure import cutoffs_of, in_safe_order
from miner.privacy.profiles import Place, Profile
from miner.project import Project
from reports.export import to_csv
from reports.gate import disclosed
from reports.translation import number, translator

COLUMNS = (
    "finding",
    "statement",
    "claim",
    "level",
    "association",
    "estimate",
    "low",
    "high",
    "adjusted_estimate",
    "adjusted_low",
    "adjusted_high",
    "adjusted_for",
    "reversed",
    "n",
    "n_unknown",
    "a",
    "b",
    "c",
    "d",
    "p",
    "p_bh",
    "p_by",
    "p_holm",
    "ln_p",
    "test",
    "mode",
    "family",
    "m",
    "id",
)
P_COLUMNS = {"p": "ln_p", "p_bh": "ln_p_bh", "p_by": "ln_p_by", "p_holm": "ln_p_holm"}


def shown_rows(
    found: Findings,
    profile: Profile,
    *,
    place: Place = Place.SCREEN,
    language: str = "en",
    level: str | None = None,
    mode: str | None = None,
    search: str = "",
    findings: Sequence[str] | None = None,
) -> list[Mapping[str, Any]]:
    """Plain rows for page, command line and files, strongest first by the adjusted value; hiding never lowers m."""
    frame = found.to_frame()
    if level is not None:
        frame = frame[frame["level"] == level]
    if mode is not None:
        frame = frame[frame["mode"] == mode]
    if search:
        frame = frame[frame["statement"].str.contains(search, case=False, regex=False)]
    if findings is not None:
        frame = frame[frame["finding"].isin(list(findings))]
    label = translator(language)("label")
    order = [level.value for level in ClaimLevel]
    levels = [level.value for level in found.run_levels]
    cutoffs = cutoffs_of(levels, found.ln_p, order) if profile.masks(place) else None
    rows = []
    for values in frame.to_dict(orient="records"):
        row = {str(name): _plain(value) for name, value in values.items()}
        row |= {p: None if row[ln] is None else math.exp(row[ln]) for p, ln in P_COLUMNS.items()}
        row |= {"claim": label, "family": found.family.run, "m": found.family.m}
        rows.append(disclosed(row, profile, place, cutoffs))
    return in_safe_order(rows)


def _plain(value: Any) -> Any:
    if value is None or value != value or str(value) == "<NA>":
        return None
    return value.item() if hasattr(value, "item") else value


def denominators(found: Findings, language: str) -> str:
    """The sentence that goes with every finding: one of how many tests, of which family, under which hash."""
    family = found.family
    return translator(language)(
        "denominators",
        m=number(family.m, language, 0),
        run=family.run,
        tests=number(family.tests_run, language, 0),
        hash=family.run_hash[:16],
    )


def named_for_export(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows under the names that leave: a file of findings has no column that is called an effect (guardrail G04).

    >>> named_for_export([{"id": "x", "effect": "risk_ratio"}])
    [{'id': 'x', 'association': 'risk_ratio'}]
    """
    return [{"association" if name == "effect" else name: value for name, value in row.items()} for row in rows]


def findings_csv(project: Project, found: Findings, rows: Sequence[Mapping[str, Any]], language: str) -> str:
    """The rows as a CSV text with label and denominators in its first line."""
    label = translator(language)("label")
    return to_csv(named_for_export(rows), COLUMNS, label=label, denominators=denominators(found, language))


def shown_text(
    found: Findings, rows: Sequence[Mapping[str, Any]], bound: Mapping[str, Any], language: str
) -> list[str]:
    """The rows as lines for a terminal."""
    t = translator(language)
    lines = [f"{t('label')}. {denominators(found, language)}"]
    for row in rows:
        interval = (
            f"{number(row['estimate'], language)} ({number(row['low'], language)}; {number(row['high'], language)})"
        )
        beside = number(row["adjusted_estimate"], language)
        level = t("level." + row["level"].replace(" ", "_"))
        effect = t("effect." + row["effect"]) if row["effect"] else "–"
        lines.append(
            f"  {row['finding']}  {level:<14} {effect} {interval}"
            f" | {t('column.adjusted')} {beside} | p {p_text(row['ln_p'], language)}"
            f" | BH {p_text(row['ln_p_bh'], language)} | {row['statement']}"
        )
    if bound:
        basket = bound["basket"]
        lines.append(t("basket.bound", bound=basket["at_least"], size=basket["size"], robust=basket["robust"]))
    return lines


def p_text(ln_p: float | None, language: str) -> str:
    """A p-value for reading: < 0.001 below that, and the logarithm where even a double cannot hold it."""
    if ln_p is None:
        return "–"
    if ln_p < -690:
        return f"ln p = {number(ln_p, language, 0)}"
    p = math.exp(min(ln_p, 0.0))
    return f"< {number(0.001, language, 3)}" if p < 0.001 else number(p, language, 3)
