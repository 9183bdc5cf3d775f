"""Faults planted in an otherwise honest history: exactly the planted code must appear."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miner.ledger import events as ev
from miner.ledger.audit import AuditReport, audit
from miner.ledger.audit.replay import LEVELS as ONLINE
from tests.miner.ledger.honest import (
    FAMILY,
    Step,
    adjusted_rows,
    changed,
    opened,
    row,
    rows,
    steps,
    written,
)

Story = dict[str, Step]


def told(place: Path, story: Story, **options: Any) -> AuditReport:
    return audit(written(opened(place), story), **options)


def only(report: AuditReport, code: str) -> None:
    assert {finding.code for finding in report.findings} == {code}, report.findings
    assert report.exit_code == {"A": 20, "R": 21, "C": 22, "E": 22, "H": 0}[code[0]]
    assert all(finding.message for finding in report.findings)


def with_fields(story: Story, name: str, **fields: Any) -> Story:
    event, block = story[name]
    return story | {name: (changed(event, **fields), block)}


def with_rows(story: Story, name: str, block: list[dict[str, Any]]) -> Story:
    return story | {name: (story[name][0], block)}


def edited_row(story: Story, number: int, **fields: Any) -> Story:
    """The story with one test changed and the correction computed from the changed tests."""
    tests = [test | fields if test["i"] == number else test for test in rows()]
    return with_rows(with_rows(story, "batch", tests), "adjust", adjusted_rows(tests, 5))


def interactive(
    ln_ps: list[float], *, x: list[list[str]] | None = None, side: str = "two-sided", **fields: Any
) -> Story:
    """An online family of single looks with the verdicts of the record."""
    story: Story = {
        "online universe": (ev.UniverseDeclared(universe_id="U9", grammar={"mode": "list", "size": 0}, size=0), None),
        "online family": (
            ev.FamilyDeclared(
                family_id="F9", universe_id="U9", m=0, primary_method="alpha_spending",
                methods=["alpha_spending", "lond", "lord++"], alpha=0.05, online=True,
            ),
            None,
        ),
    }  # fmt: skip
    rejected: dict[str, list[int]] = {procedure: [] for procedure in ONLINE}
    for t, ln_p in enumerate(ln_ps):
        names = x[t] if x else [f"v{t} = yes"]
        test = row(t, names[0], None, y="death = yes", status="ok", reason="", ln_p=ln_p, test="look")
        test |= {"x": names, "id": hashlib.sha256(f"{names}".encode()).hexdigest()}
        verdicts = {}
        for procedure, level_of in ONLINE.items():
            level = level_of(t, rejected[procedure], 0.05)
            hit = ln_p <= math.log(level)
            verdicts[procedure] = {"alpha": level, "rejected": hit}
            if hit:
                rejected[procedure].append(t)
        story[f"declare {t}"] = (
            ev.Declared(family_id="F9", hypothesis=test["id"], text=" and ".join(names), test="look", side=side),
            None,
        )
        story[f"look {t}"] = (
            ev.Tested(family_id="F9", declared_seq=len(steps()) + 4 + 2 * t - 1, row=test, verdicts=verdicts, **fields),
            None,
        )
    return story


LN_PS = [-9.0, -2.0, -7.5, -1.0, -6.0]


def second_family(grammar: Mapping[str, Any], tests: list[dict[str, Any]], *, dataset: str = "D1") -> Story:
    """Another family with its run, honest in itself."""
    m = len(tests)
    base = steps()
    return {
        "universe 2": (ev.UniverseDeclared(universe_id="U2", grammar=grammar, size=m), None),
        "family 2": (changed(FAMILY, family_id="F2", universe_id="U2", m=m, run_number=2), None),
        "started 2": (changed(base["started"][0], run_id="R2", family_id="F2", dataset_id=dataset), None),
        "batch 2": (changed(base["batch"][0], family_id="F2", universe_id="U2", run_id="R2"), tests),
        "adjust 2": (changed(base["adjust"][0], family_id="F2", m=m), adjusted_rows(tests, m)),
        "finished 2": (changed(base["finished"][0], run_id="R2", family_id="F2", recorded=m), None),
    }
