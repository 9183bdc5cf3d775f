"""The audit: does the record hold, do its numbers follow, was everything counted, was it said as it must be?

Exit codes: 20 if the record is broken (A), else 21 if a number is wrong (R), else 22 if counts or claims are (C, E);
habits worth a question (H) alone give 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from miner.errors import NotCanonical
from miner.ledger.audit import chain, counting, numbers
from miner.ledger.audit.catalogue import CODES, explain
from miner.ledger.audit.facts import gather
from miner.ledger.audit.report import AuditFinding, AuditReport
from miner.ledger.checkpoint import Checkpoint
from miner.ledger.records import Entry, Record, Source

__all__ = ["CODES", "AuditFinding", "AuditReport", "audit", "explain"]

_CHECKED = ("A01", "A02", "A03", "A04", "A05", "R01", "R03", "C01", "C02", "C03", "C04", "C05", "C06", "C07", "C08")


def audit(source: Source, *, checkpoints: Sequence[Checkpoint] = ()) -> AuditReport:
    """Audit a ledger or a pack.

    Parameters
    ----------
    source
        An open ledger, or a pack read by ``miner.ledger.pack``.
    checkpoints
        Checkpoints kept elsewhere; without one a full rewrite cannot be seen.
    """
    records = tuple(source.records())
    findings: list[AuditFinding] = [*chain.chain(records, source.origin)]
    findings += chain.anchors(records, source.origin, checkpoints)
    entries, broken = _readable(records)
    recomputed = numbers.Recomputation()
    not_checked: list[str] = []
    tests = families = 0
    if broken:
        not_checked.append("all codes R, C, H and E: entries cannot be read")
    else:
        findings += chain.clock(entries)
        findings += chain.blocks(source, entries)
        facts = gather(source, entries, recomputed.block)
        findings += recomputed.findings
        findings += numbers.corrections(facts)
        findings += counting.counting(facts)
        tests = sum(len(family.tests) for family in facts.families.values())
        families = len(facts.families)
        not_checked += [*recomputed.not_checked(), *numbers.uncheckable_corrections(facts)]
    if not checkpoints:
        not_checked.append("A03: no checkpoint was given, so a cut tail or a full rewrite would not be seen")
    return AuditReport(
        findings=tuple(sorted(findings, key=lambda finding: (finding.code, finding.seqs))),
        checked=_CHECKED,
        not_checked=tuple(dict.fromkeys(not_checked)),
        origin=source.origin,
        size=len(records),
        head=records[-1].hash if records else "",
        tests=tests,
        families=families,
        anchored=bool(checkpoints) and not any(finding.code == "A03" for finding in findings),
    )


def _readable(records: Sequence[Record]) -> tuple[list[Entry], bool]:
    entries = []
    for record in records:
        try:
            entries.append(record.entry())
        except NotCanonical:
            return entries, True
    return entries, False
