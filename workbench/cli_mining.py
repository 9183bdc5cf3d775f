"""Commands around a mining run: a second opinion on its rules, and the patterns that hold over a whole search space."""

from __future__ import annotations

from typing import Any

import click

from miner.verification import ENGINES
from workbench.cli import JSON, PERSON, PROJECT, language, main, say, with_project

DIFFERENCES = 21
"""Exit code where two programs give different numbers: that of the audit for the same finding."""
MOST_TOLD = 20


@main.command("verify-rules")
@PROJECT
@click.option("--run", default=None, help="Run, such as R1. Default: the last.")
@click.option("--limit", type=click.IntRange(0), default=0, show_default=True, help="Smallest p only; 0 for all rules.")
@click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True, help="Which program.")
@PERSON
@JSON
@with_project
def verify_rules(project: Any, run: str | None, limit: int, engine: str, name: str, as_json: bool) -> None:
    """Derive the rules of a run again with another program; exit 0 when no number differs, else 21."""
    from miner.verification import verify_run
    from reports.translation import translator

    found = verify_run(project, run, limit=limit)
    t = translator(language())
    values = {
        "run": project.run(run).run,
        "engine": found.engine,
        "checked": found.checked,
        "differences": [
            {
                "antecedent": list(one.antecedent),
                "outcome": one.outcome,
                "metric": one.metric,
                "fortuit": one.ours,
                engine: one.theirs,
            }
            for one in found.differences
        ],
        "label": t("label"),
    }

    def lines() -> list[str]:
        said = t(
            "second_opinion.said", run=values["run"], n=found.checked, engine=found.engine, differ=len(found.differences)
        )
        rows = [
            f"  {' & '.join(one.antecedent)} | {one.outcome} | {one.metric}: {one.ours!r} / {one.theirs!r}"
            for one in found.differences[:MOST_TOLD]
        ]
        return [said, *rows]

    say(as_json, values, lines)
    if found.differences:
        click.get_current_context().exit(DIFFERENCES)
