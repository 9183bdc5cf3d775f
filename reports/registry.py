"""The registry of hypotheses as files: each with its label, its denominators and the head of the ledger it rests on."""

from __future__ import annotations

import json
from typing import Any

from miner.ledger.registry import Hypothesis
from miner.privacy.profiles import Place
from miner.project import Project
from reports.checked import checked_registry
from reports.export import to_csv
from reports.findings_table import named_for_export
from reports.gate import disclosed
from reports.translation import number, translator

COLUMNS = (
    "id",
    "version",
    "status",
    "claim",
    "claim_status",
    "statement",
    "person",
    "registered",
    "revised",
    "level",
    "association",
    "estimate",
    "low",
    "high",
    "n",
    "a",
    "b",
    "c",
    "d",
    "ln_p",
    "ln_p_bh",
    "ln_p_by",
    "ln_p_holm",
    "adjusted_estimate",
    "adjusted_for",
    "family",
    "m",
    "tests_run_in_project",
    "run_hash",
    "reason",
)


def registry_rows(project: Project, language: str) -> list[dict[str, Any]]:
    """One row a hypothesis, as its last version in force says; withdrawn ones included."""
    tests = project.tests_run
    return [_row(one, tests, project, language) for one in project.hypotheses()]


def _row(one: Hypothesis, tests: int, project: Project, language: str) -> dict[str, Any]:
    finding = one.finding
    row = finding["row"]
    counts = row["counts"]
    cells = counts if isinstance(counts, list) and len(counts) == 4 and not isinstance(counts[0], list) else [None] * 4
    adjusted = row["adjusted"] or {}
    shown = disclosed(
        {
            "effect": row["effect"],
            "estimate": row["estimate"],
            "low": row["low"],
            "high": row["high"],
            "n": row["n"],
            **dict(zip("abcd", cells)),
            "ln_p": row["ln_p"],
            **finding["adjusted"],
            "level": finding["level"],
            "adjusted_estimate": adjusted.get("estimate"),
            "adjusted_low": adjusted.get("low"),
            "adjusted_high": adjusted.get("high"),
        },
        project.profile,
        Place.EXPORT,
    )
    return {
        "id": one.id,
        "version": one.version,
        "status": one.status.value,
        "claim": translator(language)("label"),
        "claim_status": "hypothesis",
        "statement": one.statement,
        "person": one.person,
        "registered": one.registered,
        "revised": one.revised,
        **shown,
        "adjusted_for": row["adjusted_for"],
        "family": one.family_id,
        "m": finding["m"],
        "tests_run_in_project": tests,
        "run_hash": finding["run_hash"],
        "reason": one.history[-1].reason,
        "test": row["test"],
        "test_id": one.test_id,
        "history": [
            {
                "version": version.version,
                "status": version.status.value,
                "person": version.person,
                "time": version.time,
                "reason": version.reason,
                "statement": version.statement,
            }
            for version in one.history
        ],
    }


def registry_denominators(project: Project, language: str) -> str:
    """How many tests stand behind the hypotheses of a project."""
    return translator(language)(
        "registry.denominators",
        hypotheses=number(len(project.hypotheses()), language, 0),
        tests=number(project.tests_run, language, 0),
        declared=number(sum(family.m for family in project.runs()), language, 0),
    )


def registry_json(project: Project, language: str) -> str:
    """The registry as JSON, with every version of every hypothesis and the checkpoint of the ledger.

    Raises CausalLanguage where a generated sentence reads as a cause.
    """
    checked_registry(project, COLUMNS)
    document = {
        "label": translator(language)("label"),
        "project": project.name,
        "denominators": registry_denominators(project, language),
        "tests_run": project.tests_run,
        "families": [
            {"run": family.run, "m": family.m, "tests_run": family.tests_run, "run_hash": family.run_hash}
            for family in project.runs()
        ],
        "hypotheses": named_for_export(registry_rows(project, language)),
        "checkpoint": project.ledger.checkpoint().text(),
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n"


def registry_csv(project: Project, language: str) -> str:
    """The registry as CSV, one line a hypothesis. Raises CausalLanguage."""
    checked_registry(project, COLUMNS)
    return to_csv(
        named_for_export(registry_rows(project, language)),
        COLUMNS,
        label=translator(language)("label"),
        denominators=registry_denominators(project, language),
    )
