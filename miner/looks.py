"""Single looks: one rule or pair tested on demand. They form one ordered family of the project, with its own share.

Each look is declared in the ledger before it is computed; its place is the sequence number of that declaration, and its
verdicts never change. A hypothesis whose p-value stands in any run, or was looked at before, is refused: looks taken in
the order of results already seen would find what they please.

The family takes one turn of the project's spending of error between runs, at the first look.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from miner.associations.rows import TestRow, build_row, hypothesis_id
from miner.errors import ProjectError
from miner.ledger import Entry, Ledger, events
from miner.multiplicity.families import SearchSpace, spending_share
from miner.multiplicity.online import Interactive, Verdict
from miner.patterns.items import Item, declare_items
from miner.single import GREATER, UNSIDED, pair_row, rule_row
from miner.tables.model import Kind
from miner.tables.time_order import check_time_order

if TYPE_CHECKING:
    from miner.project import Project

FAMILY = "interactive"
PROCEDURES = ("alpha_spending", "lond", "lord++")


class UnknownItem(ProjectError):
    code = "E-PROJECT-12"
    what = "'{text}' is neither a variable nor a condition of this project."
    why = "A look names two variables, or conditions as they stand in findings, such as '{nearest}'."
    todo = "Take the condition as the findings write it, or the two names of a pair of variables."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbounded:
    """The universe of looks that are still to come: it holds no declared hypothesis, so no run lies inside it."""

    size: int = 1

    def contains(self, other: SearchSpace) -> bool:
        """Never: what will be looked at is not known beforehand."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One look: its place, its row, and its verdicts with the level of each procedure."""

    sequence: int
    place: int
    row: Mapping[str, Any]
    alpha: float
    verdicts: dict[str, dict[str, Any]]


def look(project: Project, x: Sequence[str], y: str) -> Looked:
    """Test one pair of variables, or one rule from its conditions, and record it for good.

    Parameters
    ----------
    x, y : two names of variables (a pair, two-sided), or the texts of one or more conditions and of the outcome
        (a rule, "goes with more often", as in a run)

    Raises
    ------
    UnknownItem, AlreadySeen, AfterExposure, NoTable
    """
    items = _items(project, x, y)
    plan = project.suggested_plan()
    variables = [item.variable for item in items[:-1]] if items else list(x)
    outcome = items[-1].variable if items else y
    covariates = tuple(name for name in plan.adjust_for if name not in {*variables, outcome})
    if items:  # the two sides of a pair stand for neither exposure nor outcome
        check_time_order(
            project.dictionary, exposures=tuple(variables), outcomes=(outcome,), covariates=covariates, strict=True
        )
    mode = "rule" if items else "pair"
    texts = [item.text for item in items[:-1]] if items else list(x)
    name = hypothesis_id(mode, texts, y)
    seen = displayed(project.ledger)
    ledger = project.ledger
    with ledger.transaction():
        alpha = _family(project)
        family = _pending_closed(ledger, alpha)
        sequence = ledger.head().size + 1
        family = family.declare(sequence, name, seen=seen)
        ledger.record(
            events.Declared(
                family_id=FAMILY,
                hypothesis=name,
                text=f"{' and '.join(texts)} — with — {y}",
                test="fisher_greater" if items else "by the kinds of the two variables",
                side=GREATER if items else UNSIDED,
            )
        )
    place = len(family.looks) - 1
    if items:
        row = rule_row(project.discovery, items[:-1], items[-1], adjust_for=covariates, ordinal=place)
    else:
        row = {**pair_row(project.discovery, x[0], y, seed=plan.run.seed, adjust_for=covariates), "i": place}
    with ledger.transaction():
        verdicts = _record(ledger, family, row)
    return Looked(sequence=sequence, place=place, row=row, alpha=alpha, verdicts=verdicts)


def looks(ledger: Ledger) -> tuple[Looked, ...]:
    """All looks that have a result, in the order of their declaration."""
    alpha = next((float(e.content["alpha"]) for e in ledger.entries("family") if e.content["online"]), 0.0)
    tests = sorted(ledger.entries("test"), key=lambda entry: int(entry.content["declared_seq"]))
    return tuple(
        Looked(
            sequence=int(entry.content["declared_seq"]),
            place=place,
            row=entry.content["row"],
            alpha=alpha,
            verdicts={name: dict(value) for name, value in entry.content["verdicts"].items()},
        )
        for place, entry in enumerate(tests)
    )


def displayed(ledger: Ledger) -> frozenset[str]:
    """Ids of all hypotheses whose p-value stands in a run or a look: each may have been before somebody's eyes."""
    found = {str(row["id"]) for entry in ledger.entries("batch") for row in ledger.rows(entry)}
    return frozenset(found | {str(entry.content["row"]["id"]) for entry in ledger.entries("test")})


def conditions(project: Project) -> dict[str, Item]:
    """The conditions that a look may name, by their text: those that a suggested plan would declare."""
    kinds = {Kind.TEXT, Kind.KEY, Kind.DURATION}
    plan = project.suggested_plan()
    names = [name for name in project.discovery.columns if project.dictionary[name].kind not in kinds]
    return {item.text: item for item in declare_items(project.discovery, names, bins=plan.items.bins)}


def _items(project: Project, x: Sequence[str], y: str) -> list[Item]:
    """The conditions of a rule; nothing for a pair."""
    names = set(project.discovery.columns)
    if len(x) == 1 and {x[0], y} <= names and x[0] != y:
        return []
    known = conditions(project)
    items = []
    for text in (*x, y):
        if text not in known:
            nearest = difflib.get_close_matches(text, list(known), n=1, cutoff=0.0)
            raise UnknownItem(text=text, nearest=nearest[0] if nearest else "")
        items.append(known[text])
    return items


def _family(project: Project) -> float:
    """The level of the family of looks, which is declared at the first of them."""
    for entry in project.ledger.entries("family"):
        if entry.content["online"]:
            return float(entry.content["alpha"])
    turn = 1 + sum(earlier.turn > 0 for earlier in project.history())
    share = spending_share(turn)
    alpha = float(project.header["alpha"]) * share
    project.ledger.record(
        events.UniverseDeclared(
            universe_id=FAMILY,
            grammar={"mode": "list", "size": 0},
            size=0,
            statement="single looks, each declared before it is computed",
        )
    )
    project.ledger.record(
        events.FamilyDeclared(
            family_id=FAMILY,
            universe_id=FAMILY,
            m=0,
            primary_method=PROCEDURES[0],
            methods=list(PROCEDURES),
            alpha=alpha,
            levels={"alpha": alpha, "share": share},
            run_number=turn,
            online=True,
        )
    )
    return alpha


def _pending_closed(ledger: Ledger, alpha: float) -> Interactive:
    """The family so far; a look whose process died before its result is recorded as not computed first."""
    family = Interactive(alpha=alpha)
    results: dict[int, Entry] = {int(e.content["declared_seq"]): e for e in ledger.entries("test")}
    for entry in list(ledger.entries("declare")):
        name = str(entry.content["hypothesis"])
        family = family.declare(entry.seq, name, seen=())
        if entry.seq in results:
            family = family.record(_ln_p(results[entry.seq].content["row"]))
            continue
        lost = build_row(
            ordinal=len(family.looks) - 1,
            mode="pair",
            x=[str(entry.content["text"])],
            y="",
            test=str(entry.content["test"]),
            status="not_computed",
            reason="interrupted",
            identity=name,
        )
        _record(ledger, family, lost)
        family = family.record(math.nan)
    return family


def _record(ledger: Ledger, family: Interactive, row: TestRow) -> dict[str, dict[str, Any]]:
    last: Verdict = family.record(_ln_p(row)).verdicts()[-1]
    verdicts: dict[str, dict[str, Any]] = {
        "alpha_spending": {"alpha": last.alpha_spending_level, "rejected": last.alpha_spending},
        "lond": {"alpha": last.lond_level, "rejected": last.lond},
        "lord++": {"alpha": last.lord_level, "rejected": last.lord},
    }
    ledger.record(events.Tested(family_id=FAMILY, declared_seq=last.look.sequence, row=row, verdicts=verdicts))
    return verdicts


def _ln_p(row: Any) -> float:
    return math.nan if row["ln_p"] is None else float(row["ln_p"])
