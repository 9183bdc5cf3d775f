"""The audit: does the record hold, do its numbers follow, was everything counted, was it said as it must be?

Exit codes: 20 if the record is broken (A), else 21 if a number is wrong (R), else 22 if counts or claims are (C, E);
habits worth a question (H) alone give 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from miner.errors import NotCanonical
from miner.ledger.audit import chain, claims, counting, effects, habits, numbers, replay
from miner.ledger.audit.catalogue import CODES, explain
from miner.ledger.audit.facts import Row, gather
from miner.ledger.audit.report import AuditFinding, AuditReport
from miner.ledger.audit.rerun import Rerun, rerun
from miner.ledger.checkpoint import Checkpoint
from miner.ledger.records import Entry, Record, Source

__all__ = ["CODES", "AuditFinding", "AuditReport", "Rerun", "audit", "explain"]

_ON_DATA = ("R06", "R07")


def audit(source: Source, *, checkpoints: Sequence[Checkpoint] = (), data: Rerun | None = None) -> AuditReport:
    """Audit a ledger or a pack.

    Parameters
    ----------
    source
        An open ledger, or a pack read by ``miner.ledger.pack``.
    checkpoints
        Checkpoints kept elsewhere; without one a full rewrite cannot be seen.
    data
        The data at hand and how to compute tests again on them; without it R06 and R07 are not looked for.
    """
    records = tuple(source.records())
    findings: list[AuditFinding] = [*chain.chain(records, source.origin)]
    findings += chain.anchors(records, source.origin, checkpoints)
    entries, is_readable = _read(records)
    not_checked = [] if checkpoints else ["A03: no checkpoint was given, so a cut tail or a full rewrite is not seen"]
    checked = [code for code in CODES if code != "A03" or checkpoints]
    tests = families = 0
    if is_readable:
        findings += chain.clock(entries)
        broken = [*chain.blocks(source, entries)]
        findings += broken
        values, ratios = numbers.Recomputation(), effects.Effects()

        def each_block(entry: Entry, rows: Sequence[Row]) -> None:
            values.block(entry, rows)
            ratios.block(entry, rows)

        facts = gather(source, entries, each_block)
        # What rests on a block that is not the recorded one would only repeat that it is not.
        spoilt = {seq for finding in broken for seq in finding.seqs}
        for name in facts.drop(spoilt):
            not_checked.append(f"R and C of family {name}: a block of it is not the recorded one")
        findings += [one for one in (*values.findings, *ratios.findings) if not spoilt & set(one.seqs)]
        for look in (
            numbers.corrections, replay.online, replay.baskets, counting.counting, habits.habits, claims.exports,
            claims.registry_words, claims.versions,
        ):  # fmt: skip
            findings += look(facts)
        if data is not None:
            findings += rerun(facts, data)
        tests = sum(len(family.tests) for family in facts.families.values())
        families = len(facts.families)
        not_checked += facts.withheld
        not_checked += [*values.not_checked(), *effects.not_checked(ratios.checked)]
        not_checked += numbers.uncheckable_corrections(facts)
    else:
        checked = [code for code in checked if code in ("A01", "A02", "A03", "A05")]
        not_checked.append("A04, R, C, H and E: entries cannot be read")
    if data is None:
        checked = [code for code in checked if code not in _ON_DATA]
        not_checked.append("R06, R07: the data were not given")
    return AuditReport(
        findings=tuple(sorted(findings, key=lambda finding: (finding.code, finding.seqs))),
        checked=tuple(checked),
        not_checked=tuple(dict.fromkeys(not_checked)),
        origin=source.origin,
        size=len(records),
        head=records[-1].hash if records else "",
        tests=tests,
        families=families,
        anchored=bool(checkpoints) and not any(finding.code == "A03" for finding in findings),
    )


def _read(records: Sequence[Record]) -> tuple[list[Entry], bool]:
    entries = []
    for record in records:
        try:
            entries.append(record.entry())
        except NotCanonical:
            return entries, False
    return entries, True
