"""Significant patterns of one outcome over every pattern up to a length, as a family of the project's ledger.

A search is a family of its own beside the runs: its universe, its m and its part of the project's error are in the
ledger before a test is computed, and the patterns found are there before they are shown. Its corrections, Tarone's and
that of Westfall and Young, look at the whole space, so that patterns longer than a run could declare one by one can be
claimed. Only the patterns found have a row; that none of the others is significant is what the search says of them.
"""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from miner.associations.rows import TestRow
from miner.errors import MiningError, TooFewPermutations
from miner.interrupted import mining
from miner.ledger import Entry, events
from miner.ledger.grammar import grammar_of, universe_of
from miner.multiplicity.claims import ClaimLevel
from miner.multiplicity.discrete import Side
from miner.multiplicity.families import Mode, SearchSpace, Spent, Universe, spend
from miner.patterns.items import Item, declare_items
from miner.patterns.significance import SignificantPatterns, tarone_patterns, westfall_young_patterns
from miner.plan import Pairs, Plan, Rules, Screens
from miner.single import rule_row
from miner.tables.model import Kind
from miner.universe import RunUniverse, by_variable, stratify

if TYPE_CHECKING:
    from miner.project import Project

NO_LIMIT = 2**62


class Method(StrEnum):
    """The correction of a search: Tarone's bound, or permutations (Westfall and Young)."""

    TARONE = "tarone"
    WESTFALL_YOUNG = "westfall_young"


class UnknownOutcome(MiningError):
    code = "E-MINE-31"
    what = "'{text}' is not an outcome that can be searched."
    why = "A search has one outcome, written as findings write it: a variable with one of its levels or classes."
    todo = "Take one of its levels or classes, for instance '{nearest}'."


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """The universe of a search. Another method, seed or covariate is another search, which spends its own part."""

    parts: tuple[Universe, ...]

    @property
    def size(self) -> int:
        """Number of patterns."""
        return sum(part.size for part in self.parts)

    def contains(self, other: SearchSpace) -> bool:
        """Whether the other is this search, word for word: a part of a search is corrected otherwise than the whole."""
        return isinstance(other, Searched) and other.parts == self.parts


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternSearch:
    """What a search found, as it stands in the ledger.

    ``m`` patterns were declared; ``testable`` of them could reach ``exp(ln_threshold)``. ``factor`` replaces m in
    Bonferroni (Tarone's k; None for permutations). ``rows`` are the significant patterns, strongest first, and
    ``ln_adjusted`` their familywise adjusted p.
    """

    family: str
    outcome: str
    method: Method
    side: Side
    length: int
    permutations: int
    seed: int
    adjusted_for: tuple[str, ...]
    alpha: float
    m: int
    testable: int
    factor: int | None
    ln_threshold: float
    rows: Sequence[Mapping[str, Any]]
    ln_adjusted: Sequence[float]


def search_patterns(
    project: Project,
    outcome: str,
    *,
    length: int = 2,
    permutations: int = 1_000,
    side: Side | str = Side.GREATER,
    adjust_for: Sequence[str] = (),
    plan: Plan | None = None,
    seed: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PatternSearch:
    """Search all patterns of the plan's exposures up to a length for those associated with one outcome.

    Parameters
    ----------
    outcome : as findings write it, such as "death = dead"
    permutations : of Westfall and Young; 0 takes Tarone's bound, which needs none
    adjust_for : covariates within whose strata outcomes are compared and permuted (Cochran, Mantel and Haenszel)
    plan : gives exposures, bins, level and seed; the suggested one by default

    Raises
    ------
    UnknownOutcome, TooFewPermutations, SearchStopped, RunUnderWay, or what the plan raises
    """
    base = project.suggested_plan() if plan is None else plan
    item = _outcome(project, base, outcome)
    chosen = replace(
        base,
        outcomes=(item.variable,),
        exposures=tuple(name for name in base.exposures if name != item.variable),
        adjust_for=tuple(adjust_for),
        rules=Rules(max_length=length, minimum_count=1),
        pairs=Pairs(enabled=False),
        screens=Screens(),
        run=replace(base.run, max_tests=NO_LIMIT, seed=base.run.seed if seed is None else seed),
    )
    method = Method.WESTFALL_YOUNG if permutations else Method.TARONE
    declared = project.universe(chosen)
    side = Side(side)
    with mining(project.path):
        granted = _declare(project, chosen, declared, item, method, side, permutations)
        found = _search(project, chosen, declared, item, granted, permutations, side, progress)
        if found.universe != granted.universe.size:
            # Two independent counts of one grammar: if they differ, m would be wrong, and nothing may be claimed.
            raise AssertionError(
                f"{granted.universe.size} patterns were declared and the search counts {found.universe}"
            )
        rows = _rows(project, base, declared, item, found)
        _record(project, chosen, granted, found, rows, method, permutations)
    return PatternSearch(
        family=granted.family,
        outcome=item.text,
        method=method,
        side=side,
        length=length,
        permutations=permutations,
        seed=chosen.run.seed,
        adjusted_for=chosen.adjust_for,
        alpha=found.alpha,
        m=granted.m,
        testable=found.testable,
        factor=found.factor,
        ln_threshold=found.ln_threshold,
        rows=rows,
        ln_adjusted=found.ln_adjusted.tolist(),
    )


def spent_by_search(family: Entry, universe: Entry, scope: str) -> Spent | None:
    """What a recorded search was granted; None where the family is not that of a search."""
    content = family.content
    if content["primary_method"] not in {method.value for method in Method}:
        return None
    return Spent(
        family=str(content["family_id"]),
        universe=Searched(parts=(universe_of(universe.content["grammar"], scope=scope),)),
        m=int(content["m"]),
        share=float(content["levels"]["share"]),
        turn=int(content["run_number"]) if content["spends"] else 0,
        within=content["parent"],
    )


def _outcome(project: Project, plan: Plan, text: str) -> Item:
    usable = [v.name for v in project.dictionary if v.kind not in {Kind.TEXT, Kind.KEY, Kind.DATE, Kind.DURATION}]
    items = {
        item.text: item
        for item in declare_items(project.discovery, usable, bins=plan.items.bins)
        if item.text == text or item.variable in plan.outcomes
    }
    if text not in items:
        raise UnknownOutcome(text=text, nearest=next(iter(difflib.get_close_matches(text, items, 1, 0.0)), "none"))
    return items[text]


def _declare(
    project: Project,
    plan: Plan,
    declared: RunUniverse,
    outcome: Item,
    method: Method,
    side: Side,
    permutations: int,
) -> Spent:
    """The search in the ledger, before anything of it is computed."""
    alpha = plan.corrections.alpha
    how = f"{permutations} permutations, seed {plan.run.seed}" if permutations else "no permutations"
    given = ", ".join(sorted(plan.adjust_for)) or "nothing"
    universe = Searched(
        parts=(
            Universe(
                mode=Mode.RULE,
                scope=project.scope,
                test=f"patterns by {method.value}, {side.value}; {how}; within strata of {given}; alpha {alpha}",
                left=by_variable(declared.antecedents),
                right={outcome.variable: frozenset({outcome.text})},
                max_length=plan.rules.max_length,
            ),
        )
    )
    ledger = project.ledger
    number = 1 + sum(e.content["primary_method"] in {one.value for one in Method} for e in ledger.entries("family"))
    granted = spend(project.history(), f"S{number}", universe)
    alpha *= granted.share
    if permutations and math.floor(alpha * (permutations + 1) + 1e-9) < 1:
        raise TooFewPermutations(permutations=permutations, alpha=alpha, needed=math.ceil(1 / alpha) - 1)
    with ledger.transaction():
        ledger.record(
            events.UniverseDeclared(
                universe_id=granted.family,
                grammar=grammar_of(universe.parts[0]),
                size=universe.size,
                statement=f"patterns with {outcome.text}",
            )
        )
        ledger.record(
            events.FamilyDeclared(
                family_id=granted.family,
                universe_id=granted.family,
                m=granted.m,
                primary_method=method.value,
                methods=[method.value],
                alpha=alpha,
                levels={"alpha": alpha, "share": granted.share},
                run_number=granted.turn,
                spends=granted.turn > 0,
                parent=granted.within,
            )
        )
    return granted


def _search(
    project: Project,
    plan: Plan,
    declared: RunUniverse,
    outcome: Item,
    granted: Spent,
    permutations: int,
    side: Side,
    progress: Callable[[int, int], None] | None,
) -> SignificantPatterns:
    strata = stratify(project.discovery, plan.adjust_for)
    within = None if strata is None else strata.number
    alpha = plan.corrections.alpha * granted.share
    items, longest = declared.antecedents.items, plan.rules.max_length
    if not permutations:
        return tarone_patterns(
            project.discovery, items=items, outcome=outcome, max_length=longest, alpha=alpha, side=side, strata=within,
            progress=progress,
        )  # fmt: skip
    return westfall_young_patterns(
        project.discovery, items=items, outcome=outcome, max_length=longest, alpha=alpha, side=side, strata=within,
        seed=plan.run.seed, permutations=permutations, progress=progress,
    )  # fmt: skip


def _rows(
    project: Project, plan: Plan, declared: RunUniverse, outcome: Item, found: SignificantPatterns
) -> list[TestRow]:
    """A row for each significant pattern: the p of the search, the crude risk ratio and the adjusted one beside it."""
    test = found.test if found.test == "cochran_mantel_haenszel" else f"fisher_{found.side.value.replace('-', '_')}"
    rows = []
    for k, pattern in enumerate(found.itemsets):
        items = [declared.antecedents.items[i] for i in pattern if i >= 0]
        row = rule_row(project.discovery, items, outcome, adjust_for=plan.adjust_for, ordinal=k)
        rows.append(row | {"test": test, "ln_p": float(found.ln_p[k]), "ln_p_min": float(found.ln_least[k])})
    return rows


def _record(
    project: Project,
    plan: Plan,
    granted: Spent,
    found: SignificantPatterns,
    rows: Sequence[TestRow],
    method: Method,
    permutations: int,
) -> None:
    settings = {
        "method": method.value,
        "permutations": permutations,
        "seed": plan.run.seed,
        "plan_sha256": hashlib.sha256(plan.to_toml().encode()).hexdigest(),
        "testable": found.testable,
        "factor": found.factor,
        "ln_threshold": found.ln_threshold,
        "significant": len(rows),
    }
    with project.ledger.transaction():
        batch = project.ledger.record(
            events.Batch(
                family_id=granted.family,
                universe_id=granted.family,
                run_id=None,
                origin="search",
                test_versions={found.test: "1"},
                options=settings,
            ),
            rows=rows,
        )
        project.ledger.record(
            events.Adjusted(
                family_id=granted.family,
                methods=[method.value],
                primary_method=method.value,
                alphas={method.value: found.alpha},
                m=granted.m,
                na_rule="count",
                inputs=[str(batch.content["block_root"])],
                assumptions={
                    method.value: "any dependence" if method is Method.TARONE else "exchangeable persons (in strata)"
                },
            ),
            rows=(
                {
                    "i": row["i"],
                    "id": row["id"],
                    "ln_adjusted": {method.value: float(value)},
                    "rejected": {method.value: True},
                    "level": ClaimLevel.FAMILYWISE.value,
                }
                for row, value in zip(rows, np.asarray(found.ln_adjusted))
            ),
        )
