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
            "second_opinion.said",
            run=values["run"],
            n=found.checked,
            engine=found.engine,
            differ=len(found.differences),
        )
        rows = [
            f"  {' & '.join(one.antecedent)} | {one.outcome} | {one.metric}: {one.ours!r} / {one.theirs!r}"
            for one in found.differences[:MOST_TOLD]
        ]
        return [said, *rows]

    say(as_json, values, lines)
    if found.differences:
        click.get_current_context().exit(DIFFERENCES)


@main.command()
@PROJECT
@click.option("--outcome", required=True, help="One level or class, as findings write it: 'death = dead'.")
@click.option("--length", type=click.IntRange(1, 5), default=2, show_default=True, help="Most items in a pattern.")
@click.option(
    "--permutations", type=click.IntRange(0), default=1_000, show_default=True, help="0: Tarone's bound instead."
)
@click.option("--side", type=click.Choice(["greater", "less", "two-sided"]), default="greater", show_default=True)
@click.option("--adjust", default="", help="Comma-separated covariates: compare and permute within their strata.")
@click.option("--seed", type=int, default=None, help="Of the permutations. Default: that of the suggested plan.")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="How many to list; 0 for all.")
@PERSON
@JSON
@with_project
def significance(
    project: Any,
    outcome: str,
    length: int,
    permutations: int,
    side: str,
    adjust: str,
    seed: int | None,
    limit: int,
    name: str,
    as_json: bool,
) -> None:
    """Search every pattern up to a length for one outcome, familywise over all of them; a family of its own."""
    from miner.pattern_search import search_patterns
    from reports.patterns_table import patterns_text, shown_patterns
    from reports.translation import translator

    found = search_patterns(
        project,
        outcome,
        length=length,
        permutations=permutations,
        side=side,
        adjust_for=tuple(part.strip() for part in adjust.split(",") if part.strip()),
        seed=seed,
    )
    rows = shown_patterns(found, project.profile, language=language())
    cut = rows[:limit] if limit else rows
    values = {
        "family": found.family,
        "outcome": found.outcome,
        "method": found.method.value,
        "side": found.side.value,
        "length": found.length,
        "permutations": found.permutations,
        "seed": found.seed,
        "adjusted_for": list(found.adjusted_for),
        "alpha": found.alpha,
        "m": found.m,
        "testable": found.testable,
        "factor": found.factor,
        "ln_threshold": found.ln_threshold,
        "significant": len(found.rows),
        "shown": len(cut),
        "patterns": cut,
        "label": translator(language())("label"),
    }
    say(as_json, values, lambda: patterns_text(found, cut, language()))


@main.command()
@PROJECT
@click.option("--run", default=None, help="Run, such as R1. Default: the last.")
@click.option("--subsamples", type=click.IntRange(2), default=50, show_default=True, help="Random halves to draw.")
@click.option("--seed", type=int, default=None, help="Of the draws. Default: that of the run's plan.")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="How many to list; 0 for all.")
@PERSON
@JSON
@with_project
def stability(
    project: Any, run: str | None, subsamples: int, seed: int | None, limit: int, name: str, as_json: bool
) -> None:
    """Do a run again on random halves of the persons, and say how often each of its claims comes back."""
    from miner.findings import short_name
    from miner.run_stability import run_stability
    from reports.translation import number, translator

    found = run_stability(project, run, subsamples=subsamples, seed=seed)
    frame = project.findings(found.run).to_frame().set_index("id")
    order = sorted(found.frequency, key=lambda one: -found.frequency[one])
    t = translator(language())
    values: dict[str, Any] = {
        "run": found.run,
        "subsamples": found.draws,
        "share": found.share,
        "seed": found.seed,
        "mean_selected": found.mean_selected,
        "claims": len(order),
        "findings": [
            {
                "finding": short_name(one),
                "statement": str(frame.loc[one, "statement"]),
                "frequency": found.frequency[one],
                "id": one,
                "claim": t("label"),
            }
            for one in (order[:limit] if limit else order)
        ],
        "label": t("label"),
    }

    def lines() -> list[str]:
        said = t("stability.said", run=found.run, draws=found.draws, seed=found.seed, claims=len(order))
        rows = [
            f"  {row['finding']}  {number(row['frequency'], language())}  {row['statement']}"
            for row in values["findings"]
        ]
        return [f"{t('label')}. {said}", *rows]

    say(as_json, values, lines)
