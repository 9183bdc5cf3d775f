"""Commands of a study after its design: state, sign, freeze and amend its protocol, run it, record other results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workbench.cli import JSON, PERSON, PROJECT, language, main, say, with_project

HYPOTHESIS = click.argument("hypothesis")


def _assigned(settings: tuple[str, ...]) -> dict[str, str]:
    fields = {}
    for text in settings:
        path, sign, value = text.partition("=")
        if not sign:
            raise click.BadParameter(f"'{text}' does not read FIELD=VALUE.", param_hint="--set")
        fields[path.strip()] = value
    return fields


def _label() -> str:
    from reports.translation import translator

    return translator(language())("label")


@main.command("protocol")
@PROJECT
@HYPOTHESIS
@click.option("--set", "settings", multiple=True, help="FIELD=VALUE, e.g. target_trial.time_zero.gap='...'.")
@click.option("--sign", "signed_by", default="", help="Sign the draft with this name.")
@click.option("--role", default="", help="Role of who signs.")
@click.option("--freeze", is_flag=True, help="Freeze the draft under its content hash.")
@click.option("--amend", "why", default="", help="Amend the frozen protocol with --set, for this reason.")
@click.option("--script", type=click.Path(path_type=Path), help="Write the analysis script of the frozen protocol.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder for protocol.json, .md and .docx.")
@PERSON
@JSON
@with_project
def protocol(
    project: Any,
    hypothesis: str,
    settings: tuple[str, ...],
    signed_by: str,
    role: str,
    freeze: bool,
    why: str,
    script: Path | None,
    output: Path | None,
    name: str,
    as_json: bool,
) -> None:
    """State, sign, freeze or amend the protocol of a hypothesis; say what is still open; write its files."""
    from causal import studies
    from causal.analysis_script import analysis_script
    from causal.protocol import readiness
    from causal.protocol_fields import FIELDS, written
    from causal.protocol_text import to_docx, to_markdown
    from workbench.clock import utc_now
    from workbench.services import export_file, protocol_language

    person, date, fields = name or project.actor.name, utc_now().date().isoformat(), _assigned(settings)
    if why:
        studies.amend_protocol(project, hypothesis, fields, why=why, person=person, date=date)
    elif fields:
        studies.state_protocol(project, hypothesis, fields, person=person)
    if signed_by:
        studies.sign_protocol(project, hypothesis, person=signed_by, date=date, role=role)
    if freeze:
        studies.freeze_protocol(project, hypothesis, person=signed_by or person)
    found = studies.latest_protocol(project, hypothesis)
    if script is not None:
        export_file(project, script, analysis_script(found), form="analysis.py", protocol=found)
    if output is not None:
        words = protocol_language(language())
        export_file(project, output / "protocol.json", found.to_json(), form="protocol.json", protocol=found)
        export_file(project, output / "protocol.md", to_markdown(found, words), form="protocol.md", protocol=found)
        export_file(project, output / "protocol.docx", to_docx(found, words), form="protocol.docx", protocol=found)
    gates = readiness(found)
    values = {
        "protocol": found.identifier,
        "status": found.status.value,
        "content_hash": found.content_hash,
        "gates": [{"name": gate.name, "met": gate.met, "reason": gate.reason} for gate in gates],
        "fields": {path: written(found, path) for path in FIELDS},
        "signatures": found["signatures"],
        "amendments": found["amendments"],
        "label": _label(),
    }

    def lines() -> list[str]:
        rows = [f"{found.identifier} ({found.status.value}) {found.content_hash}"]
        rows += [f"  open: {gate.name}: {gate.reason}" for gate in gates if not gate.met]
        rows += [f"  not stated: {path}" for path, one in FIELDS.items() if one.asked and not written(found, path)]
        return [*rows, f"  {_label()}."]

    say(as_json, values, lines)


@main.command("confirm-protocol")
@PROJECT
@HYPOTHESIS
@click.option("--data", "file", type=click.Path(path_type=Path), help="File of the confirming persons.")
@click.option("--source", default="", help="Where these persons come from.")
@click.option("--sealed", is_flag=True, help="Open the sealed part instead: spends budget, cannot be undone.")
@PERSON
@JSON
@with_project
def confirm_protocol(
    project: Any, hypothesis: str, file: Path | None, source: str, sealed: bool, name: str, as_json: bool
) -> None:
    """Run the frozen protocol once, on another file or on the sealed part, and record the verdict."""
    from causal.study_outcomes import confirm_on_file, confirm_on_sealed_part
    from miner.tables.sandbox import read_file_safely
    from miner.tables.typed import apply_dictionary

    if sealed == (file is not None):
        raise click.UsageError("Give either --data FILE --source TEXT, or --sealed.")
    person = name or project.actor.name
    if file is None:
        found = confirm_on_sealed_part(project, hypothesis, person=person)
    else:
        dataset = apply_dictionary(read_file_safely(file), project.dictionary)
        found = confirm_on_file(project, hypothesis, dataset, source=source, person=person)
    values = {**found.to_dict(), "label": _label()}
    estimate = found.estimate

    def lines() -> list[str]:
        again = " (re-used holdout: never held up)" if found.reused_holdout else ""
        return [
            f"{hypothesis}: {found.verdict.value}{again}: {found.reason}",
            f"  {estimate.method.value}, {estimate.scale.value} {estimate.value:.4g} "
            f"({estimate.low:.4g} to {estimate.high:.4g}), n = {estimate.n}, alpha {found.alpha:g}",
            f"  {_label()}.",
        ]

    say(as_json, values, lines)


@main.command("result")
@PROJECT
@HYPOTHESIS
@click.option("--doi", required=True, help="DOI of the publication, such as 10.1000/182.")
@click.option(
    "--verdict", required=True, type=click.Choice(["supported", "not supported", "inconclusive"]), help="What it found."
)
@click.option("--measure", default="", help="What was estimated, such as 'risk ratio'.")
@click.option("--value", type=float, default=None)
@click.option("--low", type=float, default=None)
@click.option("--high", type=float, default=None)
@click.option("--note", default="")
@PERSON
@JSON
@with_project
def result(
    project: Any,
    hypothesis: str,
    doi: str,
    verdict: str,
    measure: str,
    value: float | None,
    low: float | None,
    high: float | None,
    note: str,
    name: str,
    as_json: bool,
) -> None:
    """Record the result of a study that was run elsewhere, a null result as readily as another."""
    from causal.confirmation import Verdict
    from causal.study_outcomes import record_outside_result

    found = record_outside_result(
        project,
        hypothesis,
        doi=doi,
        verdict=Verdict(verdict),
        measure=measure,
        person=name or project.actor.name,
        value=value,
        low=low,
        high=high,
        note=note,
    )
    say(as_json, {**found.to_dict(), "label": _label()}, lambda: [f"{hypothesis}: {verdict} (doi:{found.doi})."])
