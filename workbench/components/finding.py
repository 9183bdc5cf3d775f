"""One finding in full: sentence, table of counts, associations with intervals, crude beside adjusted, corrections."""

from __future__ import annotations

from typing import Any

from miner.findings import Findings
from miner.privacy.profiles import Place
from miner.project import Project
from reports.findings_table import p_text, shown_rows
from reports.gate import gated
from workbench import state
from workbench.components import show


def show_finding(opened: Project, found: Findings, name: str) -> None:
    """What stands in the ledger for one test, as the profile lets it be shown."""
    t = state.translate()
    row = shown_rows(found, opened.profile, place=Place.SCREEN, language=state.language(), findings=[name])[0]
    show.subheading("finding.title", finding=name)
    show.label()
    show.sentence("plain", text=str(row["statement"]))
    if row["masked"]:
        show.warn("finding.masked")
    lines: list[dict[str, Any]] = [
        {
            "value": t("finding.crude"),
            "effect": t(f"effect.{row['effect']}") if row["effect"] else "–",
            "estimate": row["estimate"],
            "low": row["low"],
            "high": row["high"],
        },
        {
            "value": t("finding.adjusted", covariates=str(row["adjusted_for"]) or "–"),
            "effect": t(f"effect.{row['effect']}") if row["effect"] else "–",
            "estimate": row["adjusted_estimate"],
            "low": row["adjusted_low"],
            "high": row["adjusted_high"],
        },
    ]
    if row["mode"] == "screen" and row["adjusted_for"]:
        del lines[0]  # what a screen tests is adjusted: it has no crude value
    show.table(
        gated(lines, ("value", "effect", "estimate", "low", "high")),
        key=f"finding.effects.{name}",
        formats={"estimate": "%.3f", "low": "%.3f", "high": "%.3f"},
    )
    if row["reversed"]:
        show.warn("finding.reversed", covariates=str(row["adjusted_for"]))
    if row["a"] is not None:
        cells = [
            {"group": t("finding.with"), "cases": row["a"], "others": row["b"]},
            {"group": t("finding.without"), "cases": row["c"], "others": row["d"]},
        ]
        show.table(gated(cells, ("group", "cases", "others")), key=f"finding.cells.{name}")
    language = state.language()
    show.figures(
        [
            ("p", p_text(row["ln_p"], language), t("finding.p_help", test=str(row["test"]))),
            ("BH", p_text(row["ln_p_bh"], language), t("finding.bh_help")),
            ("BY", p_text(row["ln_p_by"], language), t("finding.by_help")),
            ("Holm", p_text(row["ln_p_holm"], language), t("finding.holm_help")),
            (t("column.n"), show.as_number(row["n"], 0), t("finding.n_help")),
        ]
    )
    show.note("finding.one_of", m=show.as_number(int(row["m"]), 0), run=found.family.run, id=str(row["id"]))
