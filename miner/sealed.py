"""Confirmation on the sealed part: a list is frozen, the part is opened for it and counted, its tests are run once.

A frozen list holds all that the tests need (conditions with their limits, groups in their order, the side), so that
nothing is fitted on the sealed part. The opening is in the ledger before a value of the part is read: a process that
dies in between has opened it, and the same list may be finished under the same opening, at the same level. What holds
up is replicated internally, no more: every bias of the mined part is in the sealed part too.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from miner.errors import ConfirmationListInvalid, ProjectError
from miner.ledger import Entry, Ledger, events
from miner.ledger.canonical import canonical
from miner.ledger.registry import Hypothesis, Status, hypotheses, hypothesis, revise
from miner.multiplicity.claims import ClaimLevel
from miner.multiplicity.confirmation import Confirmed, PowerWarning, Unlock, confirm, next_unlock, power_warnings
from miner.patterns.items import Item
from miner.single import TABLES, UNSIDED, direction, four_cells, on_one_side, pair_row, rule_row

if TYPE_CHECKING:
    from miner.project import Project
    from miner.tables.model import Dataset

HELD_UP, PASSED_REUSED, NOT_HELD_UP = "held_up", "passed_reused", "not_held_up"
NO_DIRECTION = "several groups have no direction: tested two-sided, as in the run"
OTHER_GROUPS = "the sealed part does not hold the groups that were compared"


class NothingSealed(ProjectError):
    code = "E-PROJECT-13"
    what = "Nothing can be confirmed in this project: no part of its table was sealed."
    why = "Mining everything was the declared choice when the table was frozen (split: none)."
    todo = "Confirm on an independent source, or make a project of a new table with a sealed part."


class UnknownList(ProjectError):
    code = "E-PROJECT-14"
    what = "The project has no frozen list '{name}'."
    why = "Lists are named L1, L2 and so on, in the order in which they were frozen; this project has {known}."
    todo = "Take one of these, or freeze a list of registered hypotheses first."


class ListOpened(ProjectError):
    code = "E-PROJECT-15"
    what = "The list '{name}' was tested on the sealed part already."
    why = "Each hypothesis is tested once there; its result stands in the ledger and does not change."
    todo = "Read the result on the Confirm page or with `fortuit confirm PROJECT {name}`."


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenList:
    """A frozen list with its members, and its opening and results where there are any.

    ``late`` tells that it was frozen after the sealed part had been opened: it can be tested, and never held up.
    """

    id: str
    seq: int
    time: str
    person: str
    members: tuple[Mapping[str, Any], ...]
    sha256: str
    late: bool
    opening: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    rows: tuple[Mapping[str, Any], ...] = ()

    @property
    def hypotheses(self) -> tuple[str, ...]:
        """The registered hypotheses on it, by number."""
        return tuple(str(member["hypothesis"]) for member in self.members)


def freeze(project: Project, names: Sequence[str], *, person: str) -> FrozenList:
    """Freeze registered hypotheses as one list for the sealed part; their status becomes frozen.

    Raises
    ------
    NothingSealed, ConfirmationListInvalid, UnknownHypothesis, ReasonMissing
    """
    _refuse_without_part(project)
    ledger = project.ledger
    with ledger.transaction():
        listed = {name: one for one in lists(ledger) for name in one.hypotheses}
        chosen = [hypothesis(ledger, name) for name in names]
        _refuse_list(chosen, listed)
        members = [_member(project, one) for one in chosen]
        list_id = f"L{sum(1 for _ in ledger.entries('freeze')) + 1}"
        ledger.record(
            events.Freeze(
                list_id=list_id,
                dataset_id=str(project.dataset_event["dataset_id"]),
                members=members,
                list_sha256=_digest(members),
            )
        )
        for one in chosen:
            revise(
                ledger,
                one.id,
                base=one.history[-1].version,
                person=person,
                reason=f"frozen on the list {list_id} for the sealed part",
                status=Status.FROZEN,
            )
        return frozen_list(ledger, list_id)


def openings(ledger: Ledger) -> tuple[Unlock, ...]:
    """All openings of the sealed part so far, for lists and protocols alike."""
    frozen = {str(entry.content["list_id"]): entry.seq for entry in ledger.entries("freeze")}
    return tuple(
        Unlock(
            turn=int(entry.content["number"]),
            sequence=entry.seq,
            frozen_at=frozen.get(str(entry.content["list_id"]), entry.seq - 1),
            reused=bool(entry.content["reused"]),
        )
        for entry in ledger.entries("unlock")
    )


def next_level(project: Project) -> float:
    """The level of the coming opening: alpha of the project times 2^-k."""
    return float(project.header["alpha"]) * 2.0 ** -(len(openings(project.ledger)) + 1)


def warnings(project: Project, frozen: FrozenList) -> list[PowerWarning]:
    """What the sealed part can show of each member, from the mined part alone. Raises NothingSealed."""
    _refuse_without_part(project)
    rows = [_finding(hypothesis(project.ledger, name)) for name in frozen.hypotheses]
    split = project.split_event
    mined, sealed = int(split["discovery_rows"]), int(split["confirmation_rows"])
    return power_warnings(
        [on_one_side(row, str(member["side"]))[1] for row, member in zip(rows, frozen.members, strict=True)],
        discovery_share=mined / (mined + sealed),
        level=float(project.header["alpha"]) * 2.0 ** -int(frozen.opening["number"])
        if frozen.opening is not None
        else next_level(project),
        counts=[four_cells(row) for row in rows],
    )


def confirm_list(project: Project, list_id: str, *, person: str) -> FrozenList:
    """Open the sealed part for a frozen list, test it there, and record what held up.

    Raises
    ------
    NothingSealed, UnknownList, ListOpened, LedgerChanged
    """
    _refuse_without_part(project)
    ledger = project.ledger
    with ledger.transaction():
        frozen = frozen_list(ledger, list_id)
        if frozen.result is not None:
            raise ListOpened(name=list_id)
        unlock = _opened(project, frozen)
    # Only now is a value of the sealed part read.
    sealed = project.sealed
    rows = [_tested(sealed, member, k) for k, member in enumerate(frozen.members)]
    ln_p = [math.nan if row["ln_p"] is None else float(row["ln_p"]) for row in rows]
    ids = [str(member["id"]) for member in frozen.members]
    found = confirm(ids, ln_p, unlock, alpha=float(project.header["alpha"]))
    with ledger.transaction():
        if frozen_list(ledger, list_id).result is not None:
            raise ListOpened(name=list_id)
        _record(project, frozen, found, rows)
        for k, member in enumerate(frozen.members):
            _tell_registry(ledger, str(member["hypothesis"]), _verdict(found, k), list_id, unlock, person)
    return frozen_list(ledger, list_id)


def lists(ledger: Ledger) -> tuple[FrozenList, ...]:
    """All frozen lists, in their order, with what came of each."""
    opened = {str(entry.content["list_id"]): entry for entry in reversed(list(ledger.entries("unlock")))}
    results = {str(entry.content["list_id"]): entry for entry in ledger.entries("confirmation")}
    first = min((entry.seq for entry in opened.values()), default=None)
    return tuple(_folded(ledger, entry, opened, results, first) for entry in ledger.entries("freeze"))


def frozen_list(ledger: Ledger, name: str) -> FrozenList:
    """One frozen list by its name, such as "L1". Raises UnknownList."""
    known = lists(ledger)
    for one in known:
        if one.id == name:
            return one
    raise UnknownList(name=name, known=", ".join(one.id for one in known) or "none")


def held_up(ledger: Ledger) -> frozenset[str]:
    """Ids of the tests that held up on the sealed part; never from a list that was frozen after an opening."""
    return frozenset(
        str(row["id"])
        for entry in ledger.entries("confirmation")
        for row in ledger.rows(entry)
        if row["verdict"] == HELD_UP
    )


def _refuse_without_part(project: Project) -> None:
    if project.split_event["method"] == "none" or int(project.split_event["confirmation_rows"]) == 0:
        raise NothingSealed()


def _refuse_list(chosen: Sequence[Hypothesis], listed: Mapping[str, FrozenList]) -> None:
    if not chosen:
        raise ConfirmationListInvalid(problem="it is empty")
    for one in chosen:
        if one.status is Status.WITHDRAWN:
            raise ConfirmationListInvalid(problem=f"{one.id} was withdrawn")
        if one.id in listed:
            raise ConfirmationListInvalid(problem=f"{one.id} stands on the list {listed[one.id].id} already")
        if _finding(one)["mode"] not in ("rule", "pair") or _finding(one)["ln_p"] is None:
            raise ConfirmationListInvalid(problem=f"{one.id} is no rule or pair with a p-value")
    known = {str(member["id"]) for one in listed.values() for member in one.members}
    tests = [one.test_id for one in chosen]
    if len(set(tests)) != len(tests) or known & set(tests):
        raise ConfirmationListInvalid(problem="one of its tests stands twice on the lists of this project")


def _finding(one: Hypothesis) -> Mapping[str, Any]:
    row: Mapping[str, Any] = one.finding["row"]
    return row


def _member(project: Project, one: Hypothesis) -> dict[str, Any]:
    """What the sealed part will be asked: nothing of it is fitted later."""
    row = _finding(one)
    plan = project.plan_of(one.family_id)
    side = direction(row)
    items: list[dict[str, object]] = []
    if row["mode"] == "rule":
        universe = project.universe(plan)
        known = {item.text: item.to_dict() for item in (*universe.antecedents, *universe.outcomes)}
        # Classes fitted on the mined part are those that were recorded with the run.
        for entry in project.ledger.entries("preprocess"):
            if str(entry.content["preprocess_id"]).startswith(f"{one.family_id}/"):
                known[str(entry.content["preprocess_id"]).split("/", 1)[1]] = dict(entry.content["detail"])
        items = [known[text] for text in (*row["x"], row["y"])]
    return {
        "id": one.test_id,
        "hypothesis": one.id,
        "family_id": one.family_id,
        "mode": row["mode"],
        "x": list(row["x"]),
        "y": row["y"],
        "test": _plain_test(on_one_side(row, side)[0]),
        "side": side,
        "stated": NO_DIRECTION if side == UNSIDED else "",
        "items": items,
        "levels": (row.get("summary") or {}).get("levels"),
        "seed": plan.run.seed,
    }


def _digest(members: Sequence[Mapping[str, Any]]) -> str:
    return hashlib.sha256(b"fortuit-list-1\0" + canonical(list(members))).hexdigest()


def _plain_test(name: str) -> str:
    """A sparse table is permuted: the same statistic, another way to its p-value."""
    return name.removesuffix("_permutation")


def _opened(project: Project, frozen: FrozenList) -> Unlock:
    """The opening of a list: the one that an interrupted attempt recorded, or a new one."""
    known = {unlock.turn: unlock for unlock in openings(project.ledger)}
    if frozen.opening is not None:
        return known[int(frozen.opening["number"])]
    unlock = next_unlock(list(known.values()), frozen_at=frozen.seq, sequence=project.ledger.head().size + 1)
    project.ledger.record(
        events.Unlock(
            list_id=frozen.id,
            list_sha256=frozen.sha256,
            dataset_id=str(project.dataset_event["dataset_id"]),
            number=unlock.turn,
            alpha=unlock.level(float(project.header["alpha"])),
            reused=unlock.reused,
        )
    )
    return unlock


def _tested(sealed: Dataset, member: Mapping[str, Any], ordinal: int) -> dict[str, Any]:
    """The row of one member on the sealed part, on the side that was frozen."""
    side = str(member["side"])
    if member["mode"] == "rule":
        *items, outcome = (Item.from_dict(item) for item in member["items"])
        return {**rule_row(sealed, items, outcome, side=side, ordinal=ordinal), "hypothesis": member["hypothesis"]}
    row: dict[str, Any] = {
        **pair_row(sealed, str(member["x"][0]), str(member["y"]), seed=int(member["seed"])),
        "i": ordinal,
        "hypothesis": member["hypothesis"],
    }
    test, ln_p = on_one_side(row, side)
    levels = (row["summary"] or {}).get("levels")
    comparable = _plain_test(test) == member["test"] and (side == UNSIDED or levels == member["levels"])
    if row["status"] == "ok" and not comparable:
        return {**row, "status": "not_computed", "reason": OTHER_GROUPS, "ln_p": None, "ln_p_min": None}
    value = None if math.isnan(ln_p) else ln_p
    least = row["ln_p_min"] if side == UNSIDED or row["test"] not in TABLES else None
    return {**row, "test": test, "ln_p": value, "ln_p_min": least}


def _verdict(found: Confirmed, k: int) -> str:
    if not found.passed[k]:
        return NOT_HELD_UP
    return HELD_UP if found.levels[k] is ClaimLevel.HELD_UP else PASSED_REUSED


def _record(project: Project, frozen: FrozenList, found: Confirmed, rows: Sequence[Mapping[str, Any]]) -> None:
    adjusted = found.adjusted.ln_adjusted
    project.ledger.record(
        events.Confirmation(
            list_id=frozen.id,
            unlock_number=found.unlock.turn,
            method="holm",
            alpha=found.alpha,
            m=len(rows),
            data_sha256=str(project.split_event["confirmation_sha256"]),
        ),
        rows=(
            {
                **row,
                "side": member["side"],
                "adjusted_ln_p": None if np.isnan(adjusted[k]) else float(adjusted[k]),
                "verdict": _verdict(found, k),
            }
            for k, (row, member) in enumerate(zip(rows, frozen.members, strict=True))
        ),
    )


def _tell_registry(ledger: Ledger, name: str, verdict: str, list_id: str, unlock: Unlock, person: str) -> None:
    """Evidence in a new version; the status changes only where it held up, and never that of a withdrawn one."""
    one = next(known for known in hypotheses(ledger) if known.id == name)
    if one.status is Status.WITHDRAWN:
        return
    revise(
        ledger,
        name,
        base=one.history[-1].version,
        person=person,
        reason=f"the list {list_id} was tested on the sealed part",
        status=Status.HELD_UP if verdict == HELD_UP and one.status is Status.FROZEN else None,
        evidence={**one.evidence, "sealed_part": {"list": list_id, "opening": unlock.turn, "verdict": verdict}},
    )


def _folded(
    ledger: Ledger, entry: Entry, opened: Mapping[str, Entry], results: Mapping[str, Entry], first: int | None
) -> FrozenList:
    name = str(entry.content["list_id"])
    result = results.get(name)
    return FrozenList(
        id=name,
        seq=entry.seq,
        time=entry.time,
        person=entry.actor.name,
        members=tuple(entry.content["members"]),
        sha256=str(entry.content["list_sha256"]),
        late=first is not None and entry.seq > first,
        opening=opened[name].content if name in opened else None,
        result=None if result is None else result.content,
        rows=() if result is None else tuple(ledger.rows(result)),
    )
