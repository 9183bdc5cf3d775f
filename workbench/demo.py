"""The whole flow on the embedded table, without a browser: read, mine, register, design, report, audit.

Nothing is chosen for its result: the hypothesis is the one the data set is known for, registered whatever its level.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from causal.protocol_text import to_markdown
from causal.published_check import published_check
from causal.question import Part
from causal.studies import Draft, design_hypothesis, save
from miner.errors import MiningError
from miner.ledger.audit import audit
from miner.plan import Plan
from miner.project import Project
from miner.tables.demo import load_nhefs
from miner.tables.typed import apply_dictionary
from reports.export import write_whole
from reports.html import report_html
from reports.registry import registry_csv, registry_json
from reports.translation import translator
from workbench.services import create_project, design_summary, export_file, protocol_language

EXPOSURE, OUTCOME = "qsmk", "wt82_71"
SQUARES = ("age", "smokeintensity", "smokeyrs", "wt71")
SMALLEST_OF_INTEREST = 1.0  # kilograms
PERSON = "Fortuit demo"


class DemoAuditFailed(MiningError):
    code = "E-MINE-08"
    what = "The audit of the demo ended with {exit_code}: {verdict}"
    why = "What the demo wrote does not follow from what it recorded; the installation may be damaged."
    todo = "Run `fortuit audit` on the project of the demo and report what it prints."


def demo_plan() -> Plan:
    """The plan that the demo runs: what the dictionary suggests."""
    _, dictionary = load_nhefs()
    return Plan.suggest(dictionary)


def demo_diagram() -> str:
    """The diagram of the demo's study, as DAGitty text."""
    return resources.files("causal").joinpath("examples/nhefs.dagitty").read_text(encoding="utf-8")


def create_demo(path: Path, *, split: bool = True) -> Project:
    """A project with NHEFS, public by its licence, half of it sealed unless ``split`` is False."""
    table, dictionary = load_nhefs()
    return create_project(
        path,
        name="NHEFS demo" if split else "NHEFS published check",
        table=table,
        dictionary=dictionary,
        fraction=0.5 if split else None,
        profile="public",
        person=PERSON,
        declaration={"legal_basis": dictionary.licence, "permitted_purposes": ["teaching", "demonstration"]},
    )


def run_demo(output: Path, language: str, say: Callable[[str], None] = lambda step: None) -> dict[str, Any]:
    """Run the flow into a folder and return its summary (also written as ``summary.json``).

    Only the folder's own products are replaced: ``project``, ``published-check`` and the files named in the README.
    """
    output.mkdir(parents=True, exist_ok=True)
    for name in ("project", "published-check"):
        shutil.rmtree(output / name, ignore_errors=True)
    say("project")
    project = create_demo(output / "project")
    say("mining")
    run = project.mine(demo_plan())
    found = project.findings(run.id)
    finding = next(
        name
        for name, row in zip(found.names, found.rows)
        if row["mode"] == "pair" and list(row["x"]) == [EXPOSURE] and row["y"] == OUTCOME
    )
    one = project.register(found, finding, person=PERSON)
    say("design")
    draft = Draft(
        parts={EXPOSURE: Part.EXPOSURE, OUTCOME: Part.OUTCOME},
        diagram=demo_diagram(),
        squares=SQUARES,
        smallest_of_interest=SMALLEST_OF_INTEREST,
    )
    design = design_hypothesis(project, one.id, draft, found)
    save(project, one.id, draft, design, person=PERSON)
    say("report")
    write_whole(output / "protocol.json", design.protocol.to_json())
    write_whole(output / "protocol.md", to_markdown(design.protocol, protocol_language(language)))
    export_file(project, output / "registry.csv", registry_csv(project, language), form="registry.csv")
    export_file(project, output / "registry.json", registry_json(project, language), form="registry.json")
    export_file(project, output / "report.html", report_html(project, language), form="report.html")
    write_whole(output / "checkpoint.txt", project.ledger.checkpoint().text())
    audited = audit(project.ledger)
    if audited.exit_code:
        raise DemoAuditFailed(exit_code=audited.exit_code, verdict=audited.verdict)
    say("published check")
    table, dictionary = load_nhefs()
    checked = create_demo(output / "published-check", split=False)
    published = published_check(checked.discovery)
    checked.close()
    summary = {
        "label": translator(language)("label"),
        "tests_run": run.tests_run,
        "m": run.m,
        "findings": run.findings,
        "run": run.id,
        "run_hash": run.run_hash,
        "persons": apply_dictionary(table, dictionary).n,
        "hypothesis": one.id,
        "estimates": design_summary(design)["estimates"],
        "refutations": [refutation.to_dict() for refutation in design.refutations],
        "protocol_sha256": design.protocol.content_hash,
        "published_check": published,
        "audit": {"exit_code": audited.exit_code, "verdict": audited.verdict},
        "checkpoint": project.ledger.checkpoint().one_line(),
    }
    project.close()
    write_whole(output / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    return summary
