"""Commands around evidence: freeze and confirm a list, take a single look, and what a reviewer gets and runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from workbench.cli import JSON, PERSON, PROJECT, file_text, language, main, say, with_project

SIGNER = click.option("--name", required=True, help="Who takes responsibility for it.")


def _t() -> Any:
    from reports.translation import translator

    return translator(language())


@main.command()
@PROJECT
@click.argument("hypotheses", nargs=-1, required=True)
@SIGNER
@JSON
@with_project
def freeze(project: Any, hypotheses: tuple[str, ...], name: str, as_json: bool) -> None:
    """Freeze registered hypotheses as one list for the sealed part; say what that part can show of each."""
    from miner import sealed

    frozen = sealed.freeze(project, hypotheses, person=name)
    _say_list(project, frozen, as_json)


@main.command()
@PROJECT
@click.argument("frozen_list", metavar="LIST")
@click.option("--open", "opens", is_flag=True, help="Open the sealed part for this list; it is counted for good.")
@PERSON
@JSON
@with_project
def confirm(project: Any, frozen_list: str, opens: bool, name: str, as_json: bool) -> None:
    """Test a frozen list on the sealed part (--open), or show its power warning, or its results once there are any."""
    from miner import sealed

    if opens:
        sealed.confirm_list(project, frozen_list, person=name or project.actor.name)
    _say_list(project, sealed.frozen_list(project.ledger, frozen_list), as_json)


def _say_list(project: Any, frozen: Any, as_json: bool) -> None:
    from miner import sealed
    from reports.confirmation import MEMBERS, RESULTS, member_rows, result_rows
    from reports.findings_table import p_text
    from reports.translation import number

    t, tongue = _t(), language()
    values: dict[str, Any] = {
        "list": frozen.id,
        "list_sha256": frozen.sha256,
        "frozen": frozen.time,
        "late": frozen.late,
        "opened": frozen.opening is not None,
        "label": t("label"),
    }
    lines = [f"{frozen.id} ({frozen.sha256[:16]}). {t('label')}."]
    if frozen.late:
        lines.append(t("confirm.late"))
    if frozen.result is None:
        found = sealed.warnings(project, frozen)
        rows = member_rows(project, frozen, found, project.profile, tongue)
        values |= {"level": sealed.next_level(project), "members": [{n: row[n] for n in MEMBERS} for row in rows]}
        lines.append(t("confirm.next_level", level=number(values["level"], tongue, 4)))
        for row in rows:
            power = "–" if row["power"] is None else f"{number(100 * row['power'], tongue, 0)} %"
            half = "–" if row["power_half"] is None else f"{number(100 * row['power_half'], tongue, 0)} %"
            note = f"; {row['note']}" if row["note"] else ""
            lines.append(f"  {row['hypothesis']}  {row['statement']} | {row['test']}{note}")
            lines.append(f"    {t('confirm.power_line', power=power, half=half)}")
        lines.append(t("confirm.how_to_open", list=frozen.id))
    else:
        rows = result_rows(frozen, project.profile, tongue)
        values |= {
            "opening": frozen.opening["number"],
            "alpha": frozen.opening["alpha"],
            "reused": frozen.opening["reused"],
            "results": [{**{n: row.get(n) for n in RESULTS}, "verdict": row["verdict_code"]} for row in rows],
        }
        lines.append(
            t("confirm.opened", number=values["opening"], level=number(values["alpha"], tongue, 4), m=len(rows))
        )
        for row in rows:
            said = f"p {p_text(row['ln_p'], tongue)} | Holm {p_text(row['adjusted_ln_p'], tongue)}"
            lines.append(f"  {row['hypothesis']}  {row['verdict']} | {row['statement']} | {row['test']} | {said}")
        lines.append(t("confirm.shared_bias"))
    say(as_json, values, lambda: lines)


@main.command("test")
@PROJECT
@click.argument("conditions", nargs=-1, required=True)
@PERSON
@JSON
@with_project
def single_look(project: Any, conditions: tuple[str, ...], name: str, as_json: bool) -> None:
    """Test one pair of variables (X Y), or one rule (its conditions, then the outcome), as a single look.

    The look is declared in the ledger before it is computed; what was displayed before is refused.
    """
    from miner.looks import look
    from reports.confirmation import look_rows, look_values
    from reports.findings_table import p_text
    from reports.translation import number

    if len(conditions) < 2:
        raise click.UsageError("Two names of variables, or at least one condition and an outcome, are needed.")
    found = look(project, list(conditions[:-1]), conditions[-1])
    (row,) = look_rows((found,), project.profile, language())
    values = {**look_values(found, row), "family_alpha": found.alpha, "label": _t()("label")}

    def lines() -> list[str]:
        t, tongue = _t(), language()
        interval = f"{number(row['estimate'], tongue)} ({number(row['low'], tongue)}; {number(row['high'], tongue)})"
        effect = t(f"effect.{row['effect']}") if row["effect"] else "–"
        said = ", ".join(f"{t('column.' + name)}: {row[name]}" for name in ("alpha_spending", "lond", "lord"))
        return [
            f"{row['statement']}. {t('label')}.",
            f"  {row['test']}: {effect} {interval} | p {p_text(row['ln_p'], tongue)} | n = {row['n']}",
            f"  {said}",
        ]

    say(as_json, values, lines)


@main.command()
@PROJECT
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="Write the pack here (zip).")
@click.option("--leaving", is_flag=True, help="The pack that may leave: small counts stay behind commitments.")
@PERSON
@JSON
@with_project
def pack(project: Any, output: Path, leaving: bool, name: str, as_json: bool) -> None:
    """Write the audit pack: the whole record without the data, with a verify.py that needs Python only."""
    import hashlib

    from reports.export import write_whole
    from workbench.services import make_pack

    data, kept = make_pack(project, leaving=leaving)
    write_whole(output, data)
    values = {
        "pack": str(output),
        "kind": "leaving" if leaving else "full",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "checkpoint": kept.text(),
        "label": _t()("label"),
    }
    stays = _t()("pack.leaving" if leaving else "pack.full")
    say(
        as_json,
        values,
        lambda: [f"{output} ({values['sha256']}). {stays}", _t()("pack.checkpoint"), kept.text().rstrip("\n")],
    )


@main.command()
@PROJECT
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write it here; keep a copy elsewhere.")
@click.option("--sign", "key", type=click.Path(path_type=Path, exists=True), help="Ed25519 private key (PEM).")
@PERSON
@JSON
@with_project
def checkpoint(project: Any, output: Path | None, key: Path | None, name: str, as_json: bool) -> None:
    """Print size and root of the ledger in five lines; kept elsewhere, they show a later cut or rewriting."""
    from reports.export import write_whole
    from workbench.services import signed

    made = project.ledger.checkpoint()
    if key is not None:
        made = signed(made, key.read_bytes(), name=name or project.actor.name)
    if output is not None:
        write_whole(output, made.text())
    values = {
        "origin": made.origin,
        "size": made.size,
        "root": made.root.hex(),
        "head": made.head,
        "time": made.time,
        "signatures": list(made.signatures),
        "text": made.text(),
    }
    say(as_json, values, lambda: [made.text().rstrip("\n") if output is None else str(output)])


@main.command()
@click.argument("record", metavar="PROJECT|PACK", type=click.Path(path_type=Path), required=False)
@click.option("--checkpoint", type=click.Path(path_type=Path, exists=True), multiple=True, help="Kept elsewhere.")
@click.option("--data", type=click.Path(path_type=Path), help="The table: tests are run again on it.")
@click.option("--salt", default=None, help="Salt of the division of persons, where it is not the default one.")
@click.option("--sample", type=click.IntRange(0), default=200, show_default=True, help="Rows a block; 0 for all.")
@click.option("--html", type=click.Path(path_type=Path), help="Write the report as one page here.")
@click.option("--explain", "code", default="", help="Say what a code means.")
@PERSON
@JSON
def audit(
    record: Path | None,
    checkpoint: tuple[Path, ...],
    data: Path | None,
    salt: str | None,
    sample: int,
    html: Path | None,
    code: str,
    name: str,
    as_json: bool,
) -> None:
    """Verify a project or a pack and recompute every number that follows from the record.

    Exit 0, else 20 (record), 21 (numbers), 22 (counts, claims).
    """
    from miner.ledger import parse_checkpoint
    from miner.ledger.audit import explain
    from miner.ledger.audit.render import as_html, as_text
    from reports.export import write_whole
    from workbench.review import read_measured
    from workbench.session import open_project

    if code:
        click.echo(explain(code))
        return
    if record is None:
        raise click.UsageError("Name a project or a pack, or a code with --explain.")
    anchors = [parse_checkpoint(file_text(path)) for path in checkpoint]
    if record.is_file():
        found = _audited(read_measured(record.read_bytes()), anchors, data, salt, sample)
    else:
        opened = open_project(record, name)
        try:
            found = _audited(opened.ledger, anchors, data, salt, sample)
        finally:
            opened.close()
    if html is not None:
        write_whole(html, as_html(found))
    values = {**found.to_dict(), "entries": found.size, "label": _t()("label")}
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False))
    else:
        click.echo(as_text(found), nl=False)
    click.get_current_context().exit(found.exit_code)


def _audited(source: Any, anchors: Sequence[Any], data: Path | None, salt: str | None, sample: int) -> Any:
    from miner.again import Again
    from miner.ledger.audit import audit as run_audit
    from miner.project import DEFAULT_SALT
    from miner.tables.sandbox import read_file_safely

    if data is None:
        return run_audit(source, checkpoints=anchors)
    again = Again(source, read_file_safely(data), salt=salt or DEFAULT_SALT, sample=sample or None)
    found = run_audit(source, checkpoints=anchors, data=again.rerun)
    apart = [f"R06: {count} tests of the mode '{mode}' are not run again" for mode, count in again.skipped.items()]
    drawn = [f"R06, R07: {sample} rows of each block were drawn, the others were not run again"] if sample else []
    return replace(found, not_checked=(*found.not_checked, *apart, *drawn))
