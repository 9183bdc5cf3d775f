"""The command ``fortuit``: one command for each page, the same results from the same plan.

Each command takes ``--json``: one JSON object on standard output and nothing else. Errors go to standard error in three
sentences (what, why, what to do); the exit code tells their class.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from miner.errors import FortuitError, ProjectError

PROJECT = click.argument("project", type=click.Path(path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
PERSON = click.option("--name", default="", help="Who acts; the ledger records it. Default: the system account.")


class NotText(ProjectError):
    code = "E-PROJECT-09"
    what = "The file '{file}' is not text in UTF-8."
    why = "Plans, diagrams, dictionaries and checkpoints are plain text; other bytes cannot be read as such."
    todo = "Save the file as text in UTF-8, or give the file that was meant."


def file_text(path: Path) -> str:
    """The text of a file. Raises NotText."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise NotText(file=path.name) from problem


def _share(context: click.Context, parameter: click.Parameter, value: str) -> float | None:
    """The share that is mined: a number that leaves persons on both sides, or None."""
    if value == "none":
        return None
    try:
        share = float(value)
    except ValueError:
        share = float("nan")
    if not 0.1 <= share <= 0.9:
        raise click.BadParameter(f"'{value}' is no share from 0.1 to 0.9, and not 'none'.")
    return share


class Commands(click.Group):
    """Turns every error of ours into three sentences and its exit code."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Remember whether JSON was asked for: an error is then said as JSON too."""
        context.meta["fortuit.json"] = "--json" in args
        return super().parse_args(context, args)

    def invoke(self, context: click.Context) -> Any:
        """Run the command; errors are said, not traced."""
        from reports.translation import error_sentences

        try:
            return super().invoke(context)
        except FortuitError as error:
            language = context.params.get("language", "en")
            what, why, todo = error_sentences(error, language)
            if context.meta["fortuit.json"]:
                click.echo(json.dumps({"error": {"code": error.code, "what": what, "why": why, "todo": todo}}))
            click.echo("\n".join(f"{line}" for line in (f"[{error.code}] {what}", why, todo) if line), err=True)
            context.exit(error.exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", envvar="FORTUIT_LANGUAGE", help="en or fr.")
@click.version_option(package_name="fortuit")
def main(language: str) -> None:
    """Mine health data for hypotheses, count every test, and never let a correlation pass for a cause."""


def language() -> str:
    """The language chosen for this call."""
    return str(click.get_current_context().find_root().params["language"])


def say(as_json: bool, values: Mapping[str, Any], lines: Callable[[], list[str]]) -> None:
    """Print the values as JSON, or the lines a person reads."""
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False, default=str))
    else:
        click.echo("\n".join(lines()))


def with_project(command: Callable[..., Any]) -> Callable[..., Any]:
    """Open the project named and close it afterwards."""

    @wraps(command)
    def opened(project: Path, name: str = "", **options: Any) -> Any:
        from workbench.session import open_project

        at_hand = open_project(project, name)
        try:
            return command(at_hand, name=name, **options)
        finally:
            at_hand.close()

    return opened


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--project", type=click.Path(path_type=Path), help="Make a project of it in this new folder.")
@click.option("--dictionary", type=click.Path(path_type=Path, exists=True), help="Dictionary (TOML) of the table.")
@click.option("--write-dictionary", type=click.Path(path_type=Path), help="Write the suggested dictionary here.")
@click.option("--split", default="0.5", callback=_share, help="Share that is mined, or none. Default 0.5.")
@click.option("--profile", default="secure room", help="Disclosure profile: public, secure room, protected.")
@PERSON
@JSON
def read(
    file: Path,
    project: Path | None,
    dictionary: Path | None,
    write_dictionary: Path | None,
    split: float | None,
    profile: str,
    name: str,
    as_json: bool,
) -> None:
    """Read a CSV, TSV or Parquet file as text and report what was found; with --project, freeze it into a project."""
    from miner.tables.dictionary import dump_dictionary, load_dictionary
    from miner.tables.sandbox import read_file_safely
    from miner.tables.suggestions import suggest
    from reports.export import write_whole
    from workbench.services import create_project

    table = read_file_safely(file)
    report = table.report.to_dict()
    if write_dictionary is not None:
        write_whole(write_dictionary, dump_dictionary(suggest(table)))
    made: dict[str, Any] = {}
    if project is not None:
        declared = suggest(table) if dictionary is None else load_dictionary(dictionary)
        created = create_project(
            project,
            name=file.stem,
            table=table,
            dictionary=declared,
            fraction=split,
            profile=profile,
            person=name,
        )
        made = {"project": str(project), "discovery": created.split_event["discovery_rows"]}
        created.close()

    def lines() -> list[str]:
        found = [f"{report['file']}: {report['rows']} rows, {len(table.report.columns)} columns ({report['encoding']})"]
        found += [f"  {message.text}" for message in table.report.messages]
        if made:
            found.append(f"Project {made['project']}: {made['discovery']} rows to mine, the others are sealed.")
        return found

    say(as_json, {**report, **made}, lines)


@main.command()
@PROJECT
@click.option("--plan", "plan_file", type=click.Path(path_type=Path, exists=True), help="Check this plan.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the plan here (TOML).")
@PERSON
@JSON
@with_project
def plan(project: Any, plan_file: Path | None, output: Path | None, name: str, as_json: bool) -> None:
    """Write a plan for a project, or check one; say the number of tests, seconds and MiB before anything runs."""
    from miner.plan import Plan
    from reports.export import write_whole

    chosen = project.suggested_plan() if plan_file is None else Plan.from_toml(file_text(plan_file))
    ahead = project.preflight(chosen)
    if output is not None:
        write_whole(output, chosen.to_toml())
    values = {
        "plan": chosen.to_dict(),
        "plan_sha256": chosen.content_hash,
        "tests": ahead.tests,
        "m": ahead.m,
        "seconds": round(ahead.seconds, 1),
        "mebibytes": round(ahead.mebibytes),
        "items": ahead.items,
        "set_apart": [list(apart) for apart in ahead.set_apart],
    }

    def lines() -> list[str]:
        parts = ", ".join(f"{count:,} {mode}s" for mode, count in ahead.tests.items())
        text = f"{ahead.m:,} tests ({parts}), about {ahead.seconds:.0f} s and {ahead.mebibytes:.0f} MiB."
        return [text] if output or plan_file else [chosen.to_toml(), f"# {text}"]

    say(as_json, values, lines)


@main.command()
@PROJECT
@click.option("--plan", "plan_file", type=click.Path(path_type=Path, exists=True), help="Plan (TOML); else suggested.")
@click.option("--scratch", is_flag=True, help="Count and record, but spend no alpha and claim nothing.")
@PERSON
@JSON
@with_project
def mine(project: Any, plan_file: Path | None, scratch: bool, name: str, as_json: bool) -> None:
    """Run a plan: every test is in the ledger before anything is shown."""
    from rich.console import Console
    from rich.progress import Progress

    from miner.plan import Plan

    chosen = project.suggested_plan() if plan_file is None else Plan.from_toml(file_text(plan_file))
    chosen = chosen.as_scratch() if scratch else chosen
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
        task = bar.add_task("tests")
        run = project.mine(chosen, progress=lambda done, total: bar.update(task, completed=done, total=total))
    values = {
        "run": run.id,
        "run_hash": run.run_hash,
        "m": run.m,
        "tests_run": run.tests_run,
        "findings": run.findings,
        "cancelled": run.cancelled,
        "label": _label(),
    }
    say(
        as_json,
        values,
        lambda: [
            f"Run {run.id}: {run.tests_run:,} tests computed of {run.m:,} declared. {_label()}.",
            "  " + ", ".join(f"{level}: {count:,}" for level, count in run.findings.items()),
            f"  run hash {run.run_hash}",
        ],
    )


def _label() -> str:
    from reports.translation import translator

    return translator(language())("label")


@main.command()
@PROJECT
@click.option("--run", default=None, help="Run, such as R1. Default: the last.")
@click.option("--level", default=None, help="Only this claim level.")
@click.option("--search", default="", help="Only statements with this text.")
@click.option("--limit", default=20, show_default=True, help="How many, strongest first; 0 for all.")
@click.option("--basket", default="", help="Comma-separated findings: what may be said of this selection.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write a CSV file of all that were asked for.")
@PERSON
@JSON
@with_project
def findings(
    project: Any,
    run: str | None,
    level: str | None,
    search: str,
    limit: int,
    basket: str,
    output: Path | None,
    name: str,
    as_json: bool,
) -> None:
    """List findings of a run, crude beside adjusted, and bound any selection of them."""
    from reports.export import write_whole
    from reports.findings_table import findings_csv, named_for_export, shown_rows, shown_text
    from workbench.session import record_view

    found = project.findings(run)
    rows = shown_rows(found, project.profile, level=level, search=search)
    cut = rows if limit == 0 else rows[:limit]
    bound: dict[str, Any] = {}
    if basket:
        picked = found.basket([part.strip() for part in basket.split(",") if part.strip()])
        bound = {"basket": {"size": picked.size, "at_least": picked.bound, "robust": picked.robust, "m": picked.m}}
    if output is not None:
        write_whole(output, findings_csv(project, found, cut, language()))
    family = found.family
    record_view(project, family.run, shown=len(cut), page="command line")
    values = {
        "run": family.run,
        "m": family.m,
        "tests_run": family.tests_run,
        "shown": len(cut),
        "matching": len(rows),
        "label": _label(),
        "findings": named_for_export(cut),
        **bound,
    }
    say(as_json, values, lambda: shown_text(found, cut, bound, language()))


@main.command()
@PROJECT
@click.argument("finding")
@click.option("--run", default=None, help="Run of the finding. Default: the last.")
@click.option("--statement", default="", help="The hypothesis in your words.")
@click.option("--name", required=True, help="Who takes responsibility for it.")
@JSON
@with_project
def register(project: Any, finding: str, run: str | None, statement: str, name: str, as_json: bool) -> None:
    """Register a finding as a hypothesis under a person's name."""
    one = project.register(project.findings(run), finding, person=name, words=statement)
    values = {"id": one.id, "status": one.status.value, "statement": one.statement, "person": name, "label": _label()}
    say(as_json, values, lambda: [f"{one.id} ({one.status.value}): {one.statement}. {_label()}."])


@main.command()
@PROJECT
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the file here.")
@PERSON
@JSON
@with_project
def registry(project: Any, form: str, output: Path | None, name: str, as_json: bool) -> None:
    """Export the registry of hypotheses with its denominators, as CSV or JSON."""
    from reports.registry import registry_csv, registry_json
    from workbench.services import export_file

    text = registry_json(project, language()) if form == "json" or as_json else registry_csv(project, language())
    if output is not None:
        export_file(project, output, text, form=f"registry.{form}")
    say(
        as_json,
        json.loads(text) if form == "json" or as_json else {},
        lambda: [text if output is None else str(output)],
    )


@main.command()
@PROJECT
@click.argument("hypothesis")
@click.option("--dag", "dag_file", type=click.Path(path_type=Path, exists=True), required=True, help="DAGitty text.")
@click.option("--part", "parts", multiple=True, help="ITEM=PART for each item, e.g. 'qsmk=exposure'.")
@click.option("--comparator", type=click.Choice(["OTHERS", "NONE_OF"]), default="OTHERS", show_default=True)
@click.option("--adjust", default="", help="Comma-separated adjustment set; default: the first minimal one.")
@click.option("--squares", default="", help="Comma-separated covariates that enter with their square.")
@click.option("--smallest", type=float, default=None, help="Smallest effect of interest, on the scale of the estimate.")
@click.option("--seed", default=20190101, show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder for protocol.json and protocol.md.")
@PERSON
@JSON
@with_project
def design(
    project: Any,
    hypothesis: str,
    dag_file: Path,
    parts: tuple[str, ...],
    comparator: str,
    adjust: str,
    squares: str,
    smallest: float | None,
    seed: int,
    output: Path | None,
    name: str,
    as_json: bool,
) -> None:
    """Design the study that could validate a registered hypothesis: identify, estimate, refute, plan, draft."""
    from causal.protocol_text import to_markdown
    from causal.studies import Draft, design_hypothesis, save
    from reports.export import write_whole
    from workbench.services import assigned_parts, design_summary, protocol_language

    def listed(text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())

    draft = Draft(
        parts=assigned_parts(parts),
        diagram=file_text(dag_file),
        comparator=comparator,
        adjustment=listed(adjust) or None,
        squares=listed(squares),
        smallest_of_interest=smallest,
        seed=seed,
    )
    made = design_hypothesis(project, hypothesis, draft)
    path = save(project, hypothesis, draft, made, person=name or project.actor.name)
    if output is not None:
        write_whole(output / "protocol.json", made.protocol.to_json())
        write_whole(output / "protocol.md", to_markdown(made.protocol, protocol_language(language())))
    summary = {**design_summary(made), "protocol_file": str(path)}

    def lines() -> list[str]:
        rows = [
            f"{hypothesis}: {summary['verdict']}; adjusted for {', '.join(summary['adjustment'] or ()) or 'nothing'}"
        ]
        rows += [
            f"  {e['method']}: {e['value']:.3g} ({e['ci_low']:.3g} to {e['ci_high']:.3g}), {e['scale']}, n = {e['n']}"
            for e in summary["estimates"]
        ]
        rows += [f"  {r['check']}: {r['verdict']} ({r['found']})" for r in summary["refutations"]]
        return [*rows, f"  protocol {summary['protocol_sha256']}", f"  {_label()}."]

    say(as_json, summary, lines)


@main.command()
@PROJECT
@click.option("--output", "-o", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True)
@PERSON
@JSON
@with_project
def report(project: Any, output: Path, name: str, as_json: bool) -> None:
    """Write the report: one self-contained HTML file, no script, no outside request."""
    from reports.html import report_html
    from workbench.services import export_file

    text = report_html(project, language())
    digest = export_file(project, output, text, form="report.html")
    say(as_json, {"report": str(output), "sha256": digest, "label": _label()}, lambda: [f"{output} ({digest})"])


@main.command()
@click.option("--output", "-o", type=click.Path(path_type=Path), default=Path("build/demo"), show_default=True)
@JSON
def demo(output: Path, as_json: bool) -> None:
    """Run the whole flow on the embedded NHEFS table: read, mine, register, design, report, audit."""
    from workbench.demo import run_demo

    summary = run_demo(output, language())
    say(
        as_json,
        summary,
        lambda: [f"{output}: {summary['tests_run']:,} tests, run hash {summary['run_hash']}. {_label()}."],
    )


@main.command()
@click.option("--port", default=8501, show_default=True)
@click.option("--projects", type=click.Path(path_type=Path), default=None, help="Folder of the projects.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as JSON before serving.")
def serve(port: int, projects: Path | None, as_json: bool) -> None:
    """Serve the workbench on 127.0.0.1."""
    import os

    from workbench.server import COMMAND_LINE, ROOT

    if projects is not None:
        os.environ["FORTUIT_PROJECTS"] = str(projects.resolve())
    address = f"http://127.0.0.1:{port}"
    click.echo(json.dumps({"address": address}) if as_json else f"Fortuit: {address}")
    options = [f"--{name}={value}" for name, value in {**COMMAND_LINE, "server.port": port}.items()]
    sys.exit(subprocess.call([sys.executable, "-m", "streamlit", "run", str(ROOT / "asgi.py"), *options]))


# Commands in files of their own register themselves; they need what stands above.
import workbench.cli_evidence  # noqa: E402
import workbench.cli_mining  # noqa: E402
import workbench.cli_study  # noqa: E402, F401

if __name__ == "__main__":
    # Run as a module this file is loaded twice, and the other files know the copy that they import.
    from workbench.cli import main as entry

    entry()
