"""The universe of a run: what a plan declares on a discovery part, counted before any p-value exists.

A run has one family. Its m is the number of hypotheses of the grammar, rules and pairs together, whatever is computed,
filtered or shown later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.associations.pairs import PairUniverse
from miner.associations.screens import Model, Screen
from miner.errors import MiningError
from miner.multiplicity.families import Mode, Universe
from miner.patterns.items import Item, ItemGrammar, declare_items, quantile_cuts
from miner.plan import EmptyUniverse, Plan, PlanValue, TooManyTests
from miner.tables.model import Dataset, Kind

RULE_TEST = "fisher_greater"
PAIR_TEST = "by kinds: spearman, welch, kruskal, chi_square, fisher_two_sided"
MISSING_RULE = "available case: unknown is never absent"
SCREEN_TEST = "score test of a regression (linear: t test)"
STRATUM_CLASSES = 4


class ConstantOutcome(MiningError):
    code = "E-MINE-01"
    what = "The outcome '{name}' has only one level among the persons of the discovery part."
    why = "Where everyone has the same outcome, nothing can go with it."
    todo = "Take '{name}' out of the outcomes, or check its missing codes in the dictionary."


@dataclass(frozen=True, slots=True, kw_only=True)
class RunUniverse:
    """The declared search of one run: its parts, and the items and pairs they stand for."""

    parts: tuple[Universe, ...]
    antecedents: ItemGrammar
    outcomes: ItemGrammar
    pairs: PairUniverse | None
    screen: Screen | None
    max_length: int

    @property
    def size(self) -> int:
        """Number of hypotheses: the m of the family."""
        return sum(part.size for part in self.parts)

    def sizes(self) -> dict[str, int]:
        """Number of hypotheses by mode."""
        return {part.mode.value: part.size for part in self.parts}

    def contains(self, other: RunUniverse) -> bool:
        """Whether every hypothesis of the other run is one of this one, word for word."""
        return all(any(mine.contains(part) for mine in self.parts) for part in other.parts)


def declare(plan: Plan, discovery: Dataset, scope: str) -> RunUniverse:
    """The universe of a plan on a discovery part; quantile classes are fitted there, without a look at outcomes.

    Parameters
    ----------
    plan : checked against the dictionary
    discovery : the part that is mined
    scope : fingerprint of the rows (data, split), so that universes of other rows are never taken for this one

    Raises
    ------
    ConstantOutcome, EmptyUniverse, TooManyTests
    """
    antecedents = declare_items(
        discovery,
        [name for name in plan.exposures if discovery.dictionary[name].kind is not Kind.DURATION],
        bins=plan.items.bins,
        thresholds=plan.items.ordinal == "thresholds",
        missing_as_item=plan.items.missing_as_item,
    )
    mined = [name for name in plan.outcomes if discovery.dictionary[name].kind is not Kind.DURATION]
    outcomes = declare_items(discovery, mined, bins=plan.items.bins, absences=False)
    for apart in outcomes.set_apart:
        raise ConstantOutcome(name=apart.name)
    parts = []
    pairs = None
    if plan.rules.enabled and antecedents.items and outcomes.items:
        parts.append(
            Universe(
                mode=Mode.RULE,
                scope=scope,
                test=f"{RULE_TEST}; {MISSING_RULE}",
                left=by_variable(antecedents),
                right=by_variable(outcomes),
                max_length=plan.rules.max_length,
            )
        )
    if plan.pairs.enabled:
        names = (*plan.exposures, *plan.outcomes)
        every = plan.pairs.scope == "all"
        pairs = (
            PairUniverse(variables=names) if every else PairUniverse(variables=plan.exposures, against=plan.outcomes)
        )
        left = {name: frozenset({name}) for name in pairs.variables}
        right = left if every else {name: frozenset({name}) for name in pairs.against}
        parts.append(Universe(mode=Mode.PAIR, scope=scope, test=f"{PAIR_TEST}; {MISSING_RULE}", left=left, right=right))
    screen = screen_of(plan, discovery) if plan.screens.enabled else None
    if screen is not None:
        given = ", ".join(sorted(screen.covariates)) or "nothing"
        product = f"; product with {screen.modifier}" if screen.modifier else ""
        parts.append(
            Universe(
                mode=Mode.SCREEN,
                scope=scope,
                test=f"{SCREEN_TEST}; model {plan.screens.model}; given {given}{product}; {MISSING_RULE}",
                left={name: frozenset({name}) for name in screen.exposures},
                right={name: frozenset({name}) for name in screen.outcomes},
            )
        )
    universe = RunUniverse(
        parts=tuple(part for part in parts if part.size),
        antecedents=antecedents,
        outcomes=outcomes,
        pairs=pairs,
        screen=screen,
        max_length=plan.rules.max_length,
    )
    if universe.size == 0:
        raise EmptyUniverse(outcomes=len(outcomes.items), exposures=len(antecedents.items))
    if universe.size > plan.run.max_tests:
        raise TooManyTests(tests=universe.size, limit=plan.run.max_tests)
    return universe


def screen_of(plan: Plan, discovery: Dataset) -> Screen:
    """The screen a plan declares. The modifier is no exposure of its own screen, and no covariate beside itself.

    Raises PlanValue where the modifier has more than two levels without an order.
    """
    modifier = plan.screens.interaction
    if modifier:
        variable = discovery.dictionary[modifier]
        if variable.kind is Kind.NOMINAL and len(variable.levels) > 2:
            raise PlanValue(
                field="screens.interaction", value=modifier, detail="it has more than two levels without an order"
            )
    return Screen(
        exposures=tuple(name for name in plan.exposures if name != modifier),
        outcomes=plan.outcomes,
        covariates=tuple(name for name in plan.adjust_for if name != modifier),
        model=None if plan.screens.model == "auto" else Model(plan.screens.model),
        modifier=modifier,
    )


def by_variable(grammar: ItemGrammar) -> Mapping[str, frozenset[str]]:
    """The texts of the items of each variable."""
    texts: dict[str, set[str]] = {}
    for item in grammar:
        texts.setdefault(item.variable, set()).add(item.text)
    return {name: frozenset(items) for name, items in texts.items()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strata:
    """Classes of the covariates that stand beside the crude value.

    ``number`` (n,) numbers each person's stratum, -1 where a covariate is unknown; ``shape`` is the number of classes
    of each covariate in turn, so that cells by stratum can be summed over one of them.
    """

    names: tuple[str, ...]
    shape: tuple[int, ...]
    number: npt.NDArray[np.int64]


def stratify(discovery: Dataset, names: tuple[str, ...]) -> Strata | None:
    """Strata of the covariates: levels, declared cut points, else quartiles; None where no covariate varies."""
    codes: list[npt.NDArray[np.int64]] = []
    kept: list[str] = []
    shape: list[int] = []
    for name in names:
        variable, values = discovery.dictionary[name], discovery[name]
        if variable.kind.is_categorical:
            code, classes = values.astype(np.int64), len(variable.levels)
        else:
            numbers = values.astype(np.float64)
            known = ~np.isnan(numbers)
            cuts = variable.cut_points or quantile_cuts(numbers[known], STRATUM_CLASSES)
            code = np.where(known, np.searchsorted(np.asarray(cuts), numbers, side="right"), -1).astype(np.int64)
            classes = len(cuts) + 1
        if classes > 1 and (code >= 0).any():
            codes.append(code)
            kept.append(name)
            shape.append(classes)
    if not codes:
        return None
    unknown = np.any([code < 0 for code in codes], axis=0)
    number = np.ravel_multi_index([np.where(unknown, 0, code) for code in codes], tuple(shape))
    return Strata(names=tuple(kept), shape=tuple(shape), number=np.where(unknown, -1, number).astype(np.int64))


def items_of(rule: npt.NDArray[np.int32], items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items that a padded row of item numbers names."""
    return tuple(items[number] for number in rule if number >= 0)
