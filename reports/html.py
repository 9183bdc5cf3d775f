"""The report: one self-contained HTML file. All text is escaped, pictures are data, nothing runs or loads."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined

from causal.dag_drawing import ENGLISH, draw_svg
from causal.paths import node_roles
from causal.protocol import Protocol
from causal.question import Condition
from causal.studies import NoStudy, latest_draft, latest_protocol
from miner.findings import Findings
from miner.privacy.profiles import Place
from miner.project import Project
from reports.charts.frame import as_svg
from reports.charts.volcano import volcano
from reports.checked import checked_registry
from reports.findings_table import denominators, p_text, shown_rows
from reports.registry import registry_denominators, registry_rows
from reports.translation import number, translator

MOST_ROWS = 40
RATIOS = {"risk_ratio", "odds_ratio"}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def report_html(project: Project, language: str) -> str:
    """The report of a project in a language: denominators, findings, hypotheses, studies, hashes.

    Studies that were designed are shown with their diagram, estimates and protocol hash; what was left out of a table
    for its length is said beneath it. Raises CausalLanguage where a generated sentence reads as a cause.
    """
    checked_registry(project)
    t = translator(language)
    template = resources.files("reports").joinpath("templates/report.html.j2").read_text(encoding="utf-8")
    runs = [_run(project, project.findings(family.run), language) for family in project.runs()]
    studies = [study for row in registry_rows(project, language) if (study := _study(project, row, language))]
    session: Mapping[str, Any] = {}
    for entry in project.ledger.entries("session"):
        session = entry.content
    return (
        _environment()
        .from_string(template)
        .render(
            t=t,
            language=language,
            project=project,
            dataset=project.dataset_event if project.has_table else None,
            split=project.split_event if project.has_table else None,
            dictionary=project.dictionary if project.has_table else None,
            runs=runs,
            hypotheses=registry_rows(project, language),
            hypotheses_text=registry_denominators(project, language),
            studies=studies,
            checkpoint=project.ledger.checkpoint(),
            session=session,
            number=lambda value, digits=2: number(value, language, digits),
            p_text=lambda value: p_text(value, language),
        )
    )


def _run(project: Project, found: Findings, language: str) -> dict[str, Any]:
    rows = shown_rows(found, project.profile, place=Place.EXPORT, language=language)
    claimed = [row for row in rows if row["level"] != "unadjusted"]
    listed = (claimed or rows)[:MOST_ROWS]
    return {
        "family": found.family,
        "levels": found.count_levels(),
        "associated": found.associated,
        "denominators": denominators(found, language),
        "rows": listed,
        "left_out": len(rows) - len(listed),
        "picture": _picture(as_svg(volcano_chart(rows, found, language))) if rows else "",
    }


def volcano_chart(rows: Sequence[Mapping[str, Any]], found: Findings, language: str) -> Any:
    """The volcano of the ratio findings of a run (rules, and pairs of two levels each)."""
    import math

    t = translator(language)
    points = [
        {
            "finding": row["finding"],
            "statement": row["statement"],
            "x": math.log2(row["estimate"]) if row["estimate"] and math.isfinite(row["estimate"]) else None,
            "ln_p": row["ln_p"],
            "level": row["level"],
            "n": row["n"],
        }
        for row in rows
        if row["effect"] in RATIOS and row["ln_p"] is not None and isinstance(row["estimate"], float)
    ]
    passed = [row["ln_p"] for row in rows if row["level"] != "unadjusted" and row["ln_p"] is not None]
    return volcano(points, t, of=found.family.m, scale="axis.log2_ratio", line=max(passed) if passed else None)


def _study(project: Project, row: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    try:
        protocol = latest_protocol(project, row["id"])
    except NoStudy:
        return None
    one = next(one for one in project.hypotheses() if one.id == row["id"])
    draft = latest_draft(one)
    picture = ""
    if draft is not None:
        dag = draft.dag()
        question = protocol["question"]
        exposures = [Condition.parse(text).variable for text in question["exposure"]]
        roles = node_roles(dag, exposures, Condition.parse(question["outcome"]).variable)
        chosen = protocol["causal_model.adjustment.chosen"] or ()
        words = drawing_words(language)
        picture = _picture(draw_svg(dag, roles, adjusted=chosen, words=words))
    return {"hypothesis": row, "protocol": protocol, "picture": picture, "estimates": _estimates(protocol)}


def drawing_words(language: str) -> dict[str, str]:
    """The words of a diagram's legend in a language."""
    t = translator(language)
    return {key: t(f"drawing.{key}") for key in ENGLISH}


def _estimates(protocol: Protocol) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = protocol["design_stage"]["estimates"]
    return found


def _picture(svg: str) -> str:
    """An SVG as a data address: in an image nothing of it can run or load."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")
