"""What came of a frozen protocol: run once on persons who were not mined, or a study that was run elsewhere.

On the sealed part the best verdict is *replicated internally*, under the budget of openings that lists and protocols
share; only an independent source can support (DECISIONS 2, 3, 7). Each result, null ones included, goes into the ledger
and into the evidence of its hypothesis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from scipy.special import log_ndtr

from causal.confirmation import Confirmation, OutsideResult, Source, Verdict, confirm
from causal.protocol import Protocol, verify
from causal.studies import latest_protocol
from miner.errors import AlreadyConfirmed, StudyError
from miner.ledger import events
from miner.ledger.registry import Status, hypothesis, revise
from miner.multiplicity.confirmation import next_unlock
from miner.project import Project
from miner.sealed import NothingSealed, openings
from miner.tables.model import Dataset

STATUS: Mapping[Verdict, Status] = {
    Verdict.REPLICATED: Status.HELD_UP,
    Verdict.NOT_REPLICATED: Status.TESTED_NOT_SUPPORTED,
    Verdict.SUPPORTED: Status.TESTED_SUPPORTED,
    Verdict.NOT_SUPPORTED: Status.TESTED_NOT_SUPPORTED,
    Verdict.INCONCLUSIVE: Status.INCONCLUSIVE,
}


class NoSource(StudyError):
    code = "E-STUDY-47"
    what = "The source of the confirming persons is not stated."
    why = (
        "Whether a result can support a hypothesis depends on where its persons come from: site, wave, register, dates."
    )
    todo = "Say it in a sentence, for instance --source 'NHANES III, interviews 1988-1994'."


def confirm_on_file(project: Project, name: str, dataset: Dataset, *, source: str, person: str) -> Confirmation:
    """Run the frozen protocol of a hypothesis once on an independent table, and record what came of it.

    Parameters
    ----------
    dataset : typed by the project's dictionary.
    source : where its persons come from, in words.

    Raises
    ------
    NoSource, NoStudy, NotFrozen, ProtocolAltered, PersonsReused, AlreadyConfirmed, and what refuses the estimate.
    """
    if not source.strip():
        raise NoSource()
    protocol = latest_protocol(project, name)
    verify(protocol)
    _refuse_second_run(project, protocol, dataset.content_hash)
    found = confirm(protocol, dataset, source=Source.INDEPENDENT, mined=project.discovery)
    with project.ledger.transaction():
        _refuse_second_run(project, protocol, dataset.content_hash)
        _record(project, name, protocol, found, number=0)
        _tell(
            project, name, found, person, {"source": source, "registration": f"{found.protocol} {found.protocol_hash}"}
        )
    return found


def confirm_on_sealed_part(project: Project, name: str, *, person: str) -> Confirmation:
    """Open the sealed part for the frozen protocol of a hypothesis, at the next level of the shared budget.

    The opening is in the ledger before a value of the sealed part is read; the same protocol can finish an opening that
    was interrupted. Raises NothingSealed, NoStudy, NotFrozen, ProtocolAltered, AlreadyConfirmed.
    """
    if project.split_event["method"] == "none":
        raise NothingSealed()
    protocol = latest_protocol(project, name)
    verify(protocol)
    sealed_hash = str(project.split_event["confirmation_sha256"])
    with project.ledger.transaction():
        _refuse_second_run(project, protocol, sealed_hash)
        number, reused = _opening(project, protocol)
    found = confirm(
        protocol,
        project.sealed,
        source=Source.SEALED,
        mined=project.discovery,
        look=number,
        frozen_before_first_look=not reused,
    )
    with project.ledger.transaction():
        _refuse_second_run(project, protocol, sealed_hash)
        _record(project, name, protocol, found, number=number)
        _tell(project, name, found, person, {"source": Source.SEALED.value})
    return found


def record_outside_result(
    project: Project,
    name: str,
    *,
    doi: str,
    verdict: Verdict,
    measure: str,
    person: str,
    value: float | None = None,
    low: float | None = None,
    high: float | None = None,
    note: str = "",
) -> OutsideResult:
    """Record the result of a study that was run elsewhere, a null result as readily as another.

    Raises InvalidProtocol for a DOI or a verdict that cannot be, NoStudy, and StatusNotReachable.
    """
    protocol = latest_protocol(project, name)
    found = OutsideResult(
        protocol_hash=protocol.content_hash,
        doi=doi.strip().removeprefix("https://doi.org/"),
        verdict=verdict,
        value=value,
        low=low,
        high=high,
        measure=measure,
        note=note,
    )
    one = hypothesis(project.ledger, name)
    with project.ledger.transaction():
        project.ledger.record(
            events.Note(about=f"result elsewhere: {name}"), note=f"{found.doi}: {verdict.value}. {note}"
        )
        results = [*one.evidence.get("results", ()), found.to_dict()]
        revise(
            project.ledger,
            name,
            base=one.version,
            person=person,
            reason=f"result of a study run elsewhere, doi:{found.doi}: {verdict.value}",
            status=STATUS[verdict],
            evidence={**one.evidence, "results": results, "doi": found.doi},
        )
    return found


def _refuse_second_run(project: Project, protocol: Protocol, data_hash: str) -> None:
    for entry in project.ledger.entries("confirmation"):
        same = entry.content["list_id"] == protocol["protocol_id"] and entry.content["data_sha256"] == data_hash
        if same and any(row.get("protocol_hash") == protocol.content_hash for row in project.ledger.rows(entry)):
            raise AlreadyConfirmed(protocol=protocol.identifier)


def _opening(project: Project, protocol: Protocol) -> tuple[int, bool]:
    """The number of this protocol's opening and whether the part was opened before it was frozen."""
    for entry in project.ledger.entries("unlock"):
        if entry.content["list_sha256"] == protocol.content_hash:
            return int(entry.content["number"]), bool(entry.content["reused"])
    frozen_at = next(
        entry.seq
        for entry in project.ledger.entries("protocol")
        if entry.content["protocol_sha256"] == protocol.content_hash and entry.content["status"] == "frozen"
    )
    history = openings(project.ledger)
    unlock = next_unlock(history, frozen_at=frozen_at, sequence=project.ledger.head().size + 1)
    project.ledger.record(
        events.Unlock(
            list_id=str(protocol["protocol_id"]),
            list_sha256=protocol.content_hash,
            dataset_id=str(project.dataset_event["dataset_id"]),
            number=unlock.turn,
            alpha=unlock.level(float(project.header["alpha"])),
            reused=unlock.reused,
            reason=f"protocol {protocol.identifier}",
        )
    )
    return unlock.turn, unlock.reused


def _record(project: Project, name: str, protocol: Protocol, found: Confirmation, *, number: int) -> None:
    one = hypothesis(project.ledger, name)
    finding = one.finding["row"]
    estimate = found.estimate
    point, null = (math.log(estimate.value), 0.0) if estimate.scale.is_ratio else (estimate.value, estimate.scale.null)
    ln_p = math.log(2.0) + float(log_ndtr(-abs(point - null) / estimate.se)) if estimate.se > 0 else None
    row = {
        "i": 0,
        "id": one.test_id,
        "hypothesis": name,
        "mode": "protocol",
        "x": list(finding["x"]),
        "y": finding["y"],
        "test": estimate.method.value,
        "status": "ok",
        "n": estimate.n,
        "counts": [estimate.n_exposed, estimate.n_unexposed],
        "ln_p": ln_p,
        "adjusted_ln_p": ln_p,
        "verdict": found.verdict.value,
        "protocol_hash": found.protocol_hash,
        "confirmation": found.to_dict(),
    }
    project.ledger.record(
        events.Confirmation(
            list_id=str(protocol["protocol_id"]),
            unlock_number=number,
            method="frozen protocol",
            alpha=found.alpha,
            m=1,
            data_sha256=found.source_hash,
        ),
        rows=[row],
    )


def _tell(project: Project, name: str, found: Confirmation, person: str, more: Mapping[str, Any]) -> None:
    """The result in the evidence of its hypothesis; a part that was opened before is never *held up*."""
    one = hypothesis(project.ledger, name)
    status = STATUS[found.verdict]
    if status is Status.HELD_UP and (found.reused_holdout or not one.status.can_become(status)):
        status = one.status
    result = {**found.to_dict(), **more}
    revise(
        project.ledger,
        name,
        base=one.version,
        person=person,
        reason=f"the frozen protocol {found.protocol} was run: {found.verdict.value}",
        status=status,
        evidence={**one.evidence, **more, "results": [*one.evidence.get("results", ()), result]},
    )
