"""What is counted: the declared universe of a run, its size, and the share of the project's error that it may spend.

A universe is fixed before any p-value exists. Filters hide rules; only a larger or smaller declaration changes m.
Runs of a project share its error by spending: the j-th run that spends gets the share 6 / (pi j)^2, which sums to 1,
so that the false discovery rate (or familywise error) over all runs stays below the project's level under any
dependence between runs.

>>> count_rules({"sex": 2, "age": 3, "smoker": 2}, max_length=2)
68
>>> round(spending_share(1), 4), round(spending_share(2), 4)
(0.6079, 0.152)
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from miner.errors import UnusableUniverse


def count_antecedents(items_per_variable: Collection[int], max_length: int) -> int:
    """Number of itemsets of 1 to ``max_length`` items with at most one item of each variable.

    The sum of the elementary symmetric polynomials e_1 + ... + e_L of the numbers of items, read off as coefficients of
    the product of (1 + v x) over the variables.

    >>> count_antecedents([2, 3], 2)  # 2 + 3 single items, 2 * 3 pairs
    11
    """
    coefficients = [1] + [0] * max_length
    for items in items_per_variable:
        for length in range(max_length, 0, -1):
            coefficients[length] += items * coefficients[length - 1]
    return sum(coefficients[1:])


def count_rules(
    items_per_variable: Mapping[str, int],
    max_length: int,
    *,
    consequents: Mapping[str, int] | None = None,
) -> int:
    """Number of rules with 1 to ``max_length`` antecedent items and one consequent item of another variable.

    Parameters
    ----------
    items_per_variable : variables that may stand in the antecedent, with their numbers of items
    max_length : most items in an antecedent
    consequents : variables that may be the consequent, with their numbers of items; default: all of them

    >>> count_rules({"age": 3, "smoker": 2}, 2, consequents={"asthma": 1})
    11
    """
    targets = items_per_variable if consequents is None else consequents
    if max_length < 1:
        raise UnusableUniverse(problem="the antecedent may hold no item")
    if any(items < 0 for items in (*items_per_variable.values(), *targets.values())):
        raise UnusableUniverse(problem="a variable has a negative number of items")
    return sum(
        items * count_antecedents([count for name, count in items_per_variable.items() if name != target], max_length)
        for target, items in targets.items()
    )


def count_pairs(left: Collection[str], right: Collection[str] | None = None) -> int:
    """Number of unordered pairs of two different variables, one of each side (both of ``left`` by default).

    >>> count_pairs(["age", "bmi", "sbp"]), count_pairs(["age", "bmi"], ["bmi", "death"])
    (3, 3)
    """
    first = set(left)
    second = first if right is None else set(right)
    both = len(first & second)
    return len(first) * len(second) - both - both * (both - 1) // 2


class Mode(StrEnum):
    """What kind of hypotheses a universe holds."""

    RULE = "rule"
    PAIR = "pair"
    SCREEN = "screen"
    SIGNAL = "signal"


class SearchSpace(Protocol):
    """What a run declares: something that can be counted, and compared with what an earlier run declared."""

    @property
    def size(self) -> int:
        """Number of hypotheses."""

    def contains(self, other: Self) -> bool:
        """Whether every hypothesis of ``other`` is one of these, word for word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """A grammar of hypotheses, fixed before any p-value is seen.

    Parameters
    ----------
    mode : rules (antecedents to consequents), pairs (unordered), screens or signals (each left against each right)
    scope : fingerprint of the rows tested: data set, split, row filter, missing rule
    test : name and options of the pre-declared test, the side included
    left, right : items by variable on either side (antecedents and consequents; exposures and outcomes); for pairs
        of one set of variables the same mapping twice. A variable without categories holds itself as its only item
    max_length : most items in an antecedent; 1 outside rules
    """

    mode: Mode
    scope: str
    test: str
    left: Mapping[str, frozenset[str]]
    right: Mapping[str, frozenset[str]]
    max_length: int = 1

    @property
    def size(self) -> int:
        """Number of hypotheses in the universe: the m of its family."""
        if self.mode is Mode.RULE:
            left = {name: len(items) for name, items in self.left.items()}
            return count_rules(left, self.max_length, consequents={k: len(v) for k, v in self.right.items()})
        if self.mode is Mode.PAIR:
            return count_pairs(self.left, self.right)
        return sum(
            len(exposures) * len(outcomes)
            for exposure, exposures in self.left.items()
            for outcome, outcomes in self.right.items()
            if exposure != outcome
        )

    def contains(self, other: Universe) -> bool:
        """Whether every hypothesis of ``other`` is, word for word, a hypothesis of this universe.

        Bins are part of the items' text, so that another binning is another universe.
        """
        if (self.mode, self.scope, self.test) != (other.mode, other.scope, other.test):
            return False
        if other.max_length > self.max_length:
            return False
        if _within(other.left, self.left) and _within(other.right, self.right):
            return True
        return self.mode is Mode.PAIR and _within(other.left, self.right) and _within(other.right, self.left)


def _within(inner: Mapping[str, frozenset[str]], outer: Mapping[str, frozenset[str]]) -> bool:
    return all(items <= outer.get(variable, frozenset()) for variable, items in inner.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """Hypotheses taken out of a universe by a rule that cannot see their p-values.

    Parameters
    ----------
    rule : which rule, with its threshold, as recorded
    removed : how many hypotheses it took out
    """

    rule: str
    removed: int


def margin_filter(exposed: npt.ArrayLike, cases: npt.ArrayLike, *, least: int) -> Reduction:
    """Take out the rules with fewer than ``least`` persons having the antecedent, or the consequent.

    Given both margins, the table of a null rule is hypergeometric, so that a filter on the margins says nothing of p
    and the rest may be corrected with the smaller m. A filter on the persons having *both*, on lift or on p does say
    something, and may hide rules but never lower m.

    Parameters
    ----------
    exposed, cases : margins of every rule of the universe, among the persons known for all its items
    least : fewest persons in either margin

    >>> margin_filter([3, 20, 40], [50, 50, 2], least=10).removed
    2
    """
    kept = (np.asarray(exposed) >= least) & (np.asarray(cases) >= least)
    return Reduction(rule=f"margins of at least {least} persons", removed=int(kept.size - np.count_nonzero(kept)))


def spending_share(turn: int, *, declared_runs: int | None = None) -> float:
    """Share of the project's error for the ``turn``-th run that spends.

    6 / (pi turn)^2, or an equal part of ``declared_runs`` when their number was declared before the first; a run beyond
    that number gets 0.
    """
    if turn < 1:
        raise UnusableUniverse(problem="runs are counted from 1")
    if declared_runs is None:
        return 6.0 / (math.pi * turn) ** 2
    return 1.0 / declared_runs if turn <= declared_runs else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one run was granted: the family its claims belong to.

    Parameters
    ----------
    family : name of this run's family
    universe : as declared
    m : family size that the corrections use: the universe less its reductions; that of the containing family for a
        contained run
    share : share of the project's error; 0 for scratch
    turn : which spending run this is, from 1; 0 when nothing was spent
    within : family whose universe contains this one and whose m and share it inherits, or None
    reductions : filters on margins that made m smaller than the universe
    """

    family: str
    universe: SearchSpace
    m: int
    share: float
    turn: int
    within: str | None = None
    reductions: tuple[Reduction, ...] = ()

    @property
    def scratch(self) -> bool:
        """A run that is recorded, spends nothing and stays unadjusted."""
        return self.share == 0.0


def spend(
    history: Sequence[Spent],
    family: str,
    universe: SearchSpace,
    *,
    scratch: bool = False,
    declared_runs: int | None = None,
    reductions: Sequence[Reduction] = (),
) -> Spent:
    """Grant a new run its share, given all earlier runs of the project in order.

    A run whose universe lies inside an earlier spending one tests nothing new: it spends nothing, and its claims stand
    at the m and share of the earlier family (the first that contains it, and took nothing out that this run keeps). A
    scratch run spends nothing and claims nothing.

    Returns
    -------
    Spent
        To be appended to ``history`` (by way of the ledger) before any p-value of the run is computed.

    Raises
    ------
    UnusableUniverse
        A universe that is empty or has nothing left, a family name used before, or a run beyond the declared number.
    """
    if any(earlier.family == family for earlier in history):
        raise UnusableUniverse(problem=f"a family '{family}' exists already")
    if universe.size == 0:
        raise UnusableUniverse(problem="it holds no hypothesis")
    filters = tuple(reductions)
    m = universe.size - sum(reduction.removed for reduction in filters)
    if m < 1:
        raise UnusableUniverse(problem="the filters leave no hypothesis")
    if scratch:
        return Spent(family=family, universe=universe, m=m, share=0.0, turn=0, reductions=filters)
    kept_rules = {reduction.rule for reduction in filters}
    for earlier in history:
        taken_out = {reduction.rule for reduction in earlier.reductions}
        if earlier.turn > 0 and taken_out <= kept_rules and earlier.universe.contains(universe):
            return Spent(
                family=family,
                universe=universe,
                m=earlier.m,
                share=earlier.share,
                turn=0,
                within=earlier.family,
                reductions=filters,
            )
    turn = 1 + sum(earlier.turn > 0 for earlier in history)
    share = spending_share(turn, declared_runs=declared_runs)
    if share == 0.0:
        raise UnusableUniverse(problem=f"{declared_runs} runs were declared and all have been made")
    return Spent(family=family, universe=universe, m=m, share=share, turn=turn, reductions=filters)
