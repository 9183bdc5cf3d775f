"""The registry: findings that a person took responsibility for, versioned, with a status; nothing is ever deleted.

It is no table of its own but a reading of the ``hypothesis`` entries of the ledger. Two people who edit the same
version do not overwrite one another: the later save names the version it began from and is refused where that is not
the last.

Statuses are the closed vocabulary of guardrail G24, and ``held_up`` for a list that stood the test on the sealed part
of the same data. What the older lists call "refuted" is ``tested_not_supported`` and "handed to design" is
``designed``. ``tested_supported`` needs an independent source: a DOI or a registration (DECISIONS 2).

>>> Status.CANDIDATE.can_become(Status.HELD_UP)
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from miner.errors import AlreadyRegistered, ReasonMissing, StaleVersion, StatusNotReachable, UnknownHypothesis
from miner.ledger.events import LABEL, HypothesisVersion
from miner.ledger.ledger import Ledger
from miner.ledger.records import Entry, Source


class Status(StrEnum):
    """How far a hypothesis has come. None of them says that it is true."""

    CANDIDATE = "candidate"
    TRIAGED = "triaged"
    DESIGNED = "designed"
    FROZEN = "frozen"
    HELD_UP = "held_up"
    TESTED_SUPPORTED = "tested_supported"
    TESTED_NOT_SUPPORTED = "tested_not_supported"
    INCONCLUSIVE = "inconclusive"
    WITHDRAWN = "withdrawn"

    def can_become(self, other: Status) -> bool:
        """True where the step is one of the registry's; staying is always one."""
        return other is self or other in _STEPS[self]


_RESULTS = {Status.TESTED_SUPPORTED, Status.TESTED_NOT_SUPPORTED, Status.INCONCLUSIVE}
_PREPARATION = {Status.TRIAGED, Status.DESIGNED, Status.FROZEN}
_STEPS: dict[Status, set[Status]] = {
    Status.CANDIDATE: _PREPARATION | _RESULTS | {Status.WITHDRAWN},
    Status.TRIAGED: _PREPARATION | _RESULTS | {Status.CANDIDATE, Status.WITHDRAWN},
    Status.DESIGNED: _PREPARATION | _RESULTS | {Status.WITHDRAWN},
    Status.FROZEN: _PREPARATION | _RESULTS | {Status.HELD_UP, Status.WITHDRAWN},
    Status.HELD_UP: _PREPARATION | _RESULTS | {Status.WITHDRAWN},
    Status.TESTED_SUPPORTED: _RESULTS | {Status.DESIGNED, Status.WITHDRAWN},
    Status.TESTED_NOT_SUPPORTED: _RESULTS | {Status.DESIGNED, Status.WITHDRAWN},
    Status.INCONCLUSIVE: _RESULTS | {Status.DESIGNED, Status.WITHDRAWN},
    Status.WITHDRAWN: set(),
}
_INDEPENDENT_SOURCE = ("doi", "registration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version as it was saved. ``void`` holds the reason where the entry was set aside."""

    seq: int
    version: int
    status: Status
    statement: str
    question: Mapping[str, Any]
    finding: Mapping[str, Any]
    evidence: Mapping[str, Any]
    person: str
    time: str
    reason: str
    void: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A registered hypothesis as its last version in force says, with all versions.

    ``question`` holds what is in words (population, exposure, comparator, outcome, direction, known confounders, link
    to a design); ``finding`` the numbers it rests on; ``evidence`` results of later studies with their DOI.
    """

    id: str
    version: int
    status: Status
    statement: str
    question: Mapping[str, Any]
    finding: Mapping[str, Any]
    evidence: Mapping[str, Any]
    test_id: str
    family_id: str
    person: str
    registered: str
    revised: str
    history: tuple[Version, ...]
    label: str = LABEL


def register(
    ledger: Ledger,
    finding: Mapping[str, Any],
    *,
    person: str,
    statement: str,
    question: Mapping[str, Any] | None = None,
) -> Hypothesis:
    """Register a finding under the name of a person.

    Parameters
    ----------
    finding
        The finding as a plain mapping; ``id`` (hypothesis id of the test) and ``family_id`` are required, the rest
        (counts, effects, adjusted p by every method, claim level ...) is kept as given.
    statement
        "X is associated with Y in P", without causal verbs; the label stands beside it in every version.

    Raises
    ------
    AlreadyRegistered
        Where the same test of the same family is registered and not withdrawn.
    """
    if not person.strip():
        raise ReasonMissing(action="registering: the name of the person who takes responsibility")
    with ledger.transaction():
        known = hypotheses(ledger)
        test_id, family_id = str(finding["id"]), str(finding["family_id"])
        for other in known:
            if (other.test_id, other.family_id) == (test_id, family_id) and other.status is not Status.WITHDRAWN:
                raise AlreadyRegistered(name=other.id)
        new = f"H-{len(known) + 1:04d}"
        ledger.record(
            HypothesisVersion(
                hypothesis_id=new,
                version=1,
                base=0,
                status=Status.CANDIDATE,
                person=person,
                test_id=test_id,
                family_id=family_id,
                statement=statement,
                question=question or {},
                finding=finding,
            )
        )
        return hypothesis(ledger, new)


def revise(
    ledger: Ledger,
    name: str,
    *,
    base: int,
    person: str,
    reason: str,
    status: Status | None = None,
    statement: str | None = None,
    question: Mapping[str, Any] | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Hypothesis:
    """Save a new version on top of version ``base``; what is not given stays.

    Raises
    ------
    StaleVersion
        Someone else saved in between; nothing is overwritten.
    StatusNotReachable
        The step is not one of the registry's, or ``tested_supported`` without an independent source in ``evidence``.
    ReasonMissing, UnknownHypothesis
    """
    if not reason.strip():
        raise ReasonMissing(action=f"a new version of {name}")
    with ledger.transaction():
        old = hypothesis(ledger, name)
        last = old.history[-1]
        if base != last.version:
            raise StaleVersion(name=name, person=last.person, found=last.version, base=base)
        new = status or old.status
        proof = dict(old.evidence if evidence is None else evidence)
        _refuse_step(old, new, proof)
        ledger.record(
            HypothesisVersion(
                hypothesis_id=name,
                version=last.version + 1,
                base=base,
                status=new,
                person=person,
                test_id=old.test_id,
                family_id=old.family_id,
                statement=old.statement if statement is None else statement,
                question=old.question if question is None else question,
                finding=old.finding,
                evidence=proof,
                reason=reason,
            )
        )
        return hypothesis(ledger, name)


def withdraw(ledger: Ledger, name: str, *, base: int, person: str, reason: str) -> Hypothesis:
    """Withdraw a hypothesis with a reason; it stays in the registry, and its tests stay counted."""
    return revise(ledger, name, base=base, person=person, reason=reason, status=Status.WITHDRAWN)


def hypotheses(source: Source) -> tuple[Hypothesis, ...]:
    """All hypotheses by number, each as its last version in force says; withdrawn ones included."""
    voided = {int(str(entry.content["seq"])): str(entry.content["reason"]) for entry in source.entries("void")}
    chains: dict[str, list[Entry]] = {}
    for entry in source.entries("hypothesis"):
        chains.setdefault(str(entry.content["hypothesis_id"]), []).append(entry)
    return tuple(_folded(name, chain, voided) for name, chain in chains.items())


def hypothesis(source: Source, name: str) -> Hypothesis:
    """One hypothesis by its number, such as "H-0001"."""
    known = hypotheses(source)
    for one in known:
        if one.id == name:
            return one
    raise UnknownHypothesis(name=name, count=len(known))


def _refuse_step(old: Hypothesis, new: Status, evidence: Mapping[str, Any]) -> None:
    if not old.status.can_become(new):
        ways = ", ".join(sorted(_STEPS[old.status])) or "none: it is closed"
        raise StatusNotReachable(name=old.id, old=old.status, new=new, detail=f"From here the ways are: {ways}.")
    if new is Status.TESTED_SUPPORTED and not any(evidence.get(field) for field in _INDEPENDENT_SOURCE):
        raise StatusNotReachable(
            name=old.id,
            old=old.status,
            new=new,
            detail="Support needs an independent source: the DOI or the registration of the study.",
        )


def _folded(name: str, chain: list[Entry], voided: Mapping[int, str]) -> Hypothesis:
    history = tuple(_version(entry, voided.get(entry.seq)) for entry in chain)
    in_force = [version for version in history if version.void is None] or [history[0]]
    last = in_force[-1]
    # A registration that was itself set aside leaves a withdrawn hypothesis, not a gap in the numbers.
    status = Status.WITHDRAWN if history[0].void is not None else last.status
    first = chain[0]
    return Hypothesis(
        id=name,
        version=last.version,
        status=status,
        statement=last.statement,
        question=last.question,
        finding=last.finding,
        evidence=last.evidence,
        test_id=str(first.content["test_id"]),
        family_id=str(first.content["family_id"]),
        person=history[0].person,
        registered=first.time,
        revised=chain[-1].time,
        history=history,
    )


def _version(entry: Entry, void: str | None) -> Version:
    content: Mapping[str, Any] = entry.content
    return Version(
        seq=entry.seq,
        version=content["version"],
        status=Status(content["status"]),
        statement=content["statement"],
        question=content["question"],
        finding=content.get("finding", {}),  # withheld in a pack that leaves, where it rests on a small count
        evidence=content.get("evidence", {}),
        person=content["person"],
        time=entry.time,
        reason=content["reason"],
        void=void,
    )
