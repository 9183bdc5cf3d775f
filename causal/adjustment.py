"""Which sets of measured variables close all non-causal paths between exposure and outcome, and why others do not.

The criterion is the adjustment criterion of Shpitser, VanderWeele & Robins (2010) for sets of exposures and outcomes in
the form of van der Zander, Liskiewicz & Textor (2019, doi:10.1016/j.artint.2018.12.006): complete, where the back-door
criterion is only sufficient.

>>> dag = Dag.of([("z", "x"), ("z", "y"), ("x", "m"), ("m", "y")])
>>> valid_adjustment(dag, "x", "y", ["z"])[0]
True
>>> valid, reason = valid_adjustment(dag, "x", "y", ["z", "m"])
>>> valid, reason.code.value, reason.nodes
(False, 'mediator', ('m',))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from causal.dag import Dag, Status
from causal.separation import Arrows, MoralGraph, Names, open_path, separated
from miner.errors import AdjustmentRefused, DagQuestion

CAP = 200
BUDGET = 20_000


class ReasonCode(StrEnum):
    """Why a set is, or is not, a valid adjustment."""

    VALID = "valid"
    NOT_A_COVARIATE = "not_a_covariate"
    UNOBSERVED = "unobserved"
    MEDIATOR = "mediator"
    DESCENDANT = "descendant"
    COLLIDER = "collider"
    M_BIAS = "m_bias"
    OPEN_PATH = "open_path"
    SELECTION = "selection"


_IN_WORDS = {
    ReasonCode.VALID: "it closes every non-causal path and leaves every causal path open",
    ReasonCode.NOT_A_COVARIATE: "{nodes} is the exposure or the outcome itself",
    ReasonCode.UNOBSERVED: "{nodes} is not measured",
    ReasonCode.MEDIATOR: "{nodes} lies on a causal path from the exposure to the outcome",
    ReasonCode.DESCENDANT: "{nodes} comes after a variable on a causal path from the exposure to the outcome",
    ReasonCode.COLLIDER: "conditioning on {nodes} opens the path {path}",
    ReasonCode.M_BIAS: "conditioning on {nodes}, a common consequence of two other causes, opens the path {path}",
    ReasonCode.OPEN_PATH: "the path {path} stays open",
    ReasonCode.SELECTION: "the sample was selected on {nodes}, which leaves the path {path} open",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """The verdict on one set: a code, the nodes at fault, and the open path where there is one."""

    code: ReasonCode
    nodes: tuple[str, ...] = ()
    path: str = ""

    def __str__(self) -> str:
        return _IN_WORDS[self.code].format(nodes=", ".join(self.nodes), path=self.path)


@dataclass(frozen=True, slots=True)
class Question:
    """One exposure (or a joint one) and one outcome (or several) put to a diagram, with what follows from it.

    ``causal`` are the nodes on proper causal paths without the exposures, ``forbidden`` these and all that comes after
    them, ``backdoor`` the graph in which the first arrow of every such path is removed, ``usable`` the observed nodes
    that may be adjusted for, ``selected`` the nodes on which the sample was selected.
    """

    dag: Dag
    exposures: Names
    outcomes: Names
    arrows: Arrows
    causal: Names
    forbidden: Names
    backdoor: Arrows
    usable: Names
    selected: Names

    @classmethod
    def of(cls, dag: Dag, exposure: str | Iterable[str], outcome: str | Iterable[str]) -> Question:
        """Check the question and work out its sets; DagUnknownNode or DagQuestion where it cannot be asked."""
        xs, ys = _as_names(exposure), _as_names(outcome)
        for name in sorted(xs | ys):
            if dag.node(name).status is not Status.OBSERVED:
                raise DagQuestion(reason=f"'{name}' is not measured")
        if not xs or not ys:
            raise DagQuestion(reason="it names no exposure" if not xs else "it names no outcome")
        if xs & ys:
            raise DagQuestion(reason=f"'{min(xs & ys)}' is both exposure and outcome")
        arrows = Arrows.from_dag(dag)
        downstream = arrows.without(into=xs).descendants(xs)
        causal = (downstream - xs) & arrows.without(out_of=xs).ancestors(ys)
        forbidden = arrows.descendants(causal)
        first_arrows = {(x, child) for x in xs for child in arrows.children[x] & causal}
        return cls(
            dag=dag,
            exposures=xs,
            outcomes=ys,
            arrows=arrows,
            causal=causal,
            forbidden=forbidden,
            backdoor=arrows.without_edges(first_arrows),
            usable=frozenset(dag.observed) - forbidden - xs - ys,
            selected=frozenset(node.name for node in dag if node.selection),
        )

    @property
    def directed_path(self) -> bool:
        """True where some exposure has a causal path to some outcome."""
        return bool(self.causal)

    def is_valid(self, names: Names) -> bool:
        """True where the set is a valid adjustment in the selected sample."""
        return names <= self.usable and self._unselected() and self._closes(names)

    def _unselected(self) -> bool:
        """A selection may not depend on the outcome but through the exposure's causal paths (Correa & Bareinboim)."""
        return not self.selected or (
            not self.selected & self.forbidden and separated(self.backdoor, self.outcomes, self.selected, ())
        )

    def _closes(self, names: Names) -> bool:
        return separated(self.backdoor, self.exposures, self.outcomes, names | self.selected)

    def explain(self, names: Names) -> Reason:
        """Why the set is valid or not: the first fault in the order of the codes."""
        for code, fault in (
            (ReasonCode.NOT_A_COVARIATE, names & (self.exposures | self.outcomes)),
            (ReasonCode.UNOBSERVED, names - frozenset(self.dag.observed)),
            (ReasonCode.MEDIATOR, names & self.causal),
            (ReasonCode.DESCENDANT, names & self.forbidden),
        ):
            if fault:
                return Reason(code=code, nodes=tuple(sorted(fault)))
        if not self._unselected():
            path = open_path(self.backdoor, self.selected, self.outcomes, ()) or ()
            return Reason(code=ReasonCode.SELECTION, nodes=tuple(sorted(self.selected)), path=self.draw(path))
        found = open_path(self.backdoor, self.exposures, self.outcomes, names | self.selected)
        if found is None:
            return Reason(code=ReasonCode.VALID)
        colliders = self.colliders(found)
        opened_by = sorted(names & self.arrows.descendants(colliders))
        if not opened_by:
            return Reason(code=ReasonCode.OPEN_PATH, path=self.draw(found))
        leaves_backwards = found[1] in self.arrows.parents[found[0]]
        arrives_forwards = found[-2] in self.arrows.parents[found[-1]]
        m_bias = leaves_backwards and arrives_forwards and not colliders & self.arrows.descendants(self.exposures)
        code = ReasonCode.M_BIAS if m_bias else ReasonCode.COLLIDER
        return Reason(code=code, nodes=tuple(opened_by), path=self.draw(found))

    def colliders(self, path: tuple[str, ...]) -> Names:
        """The nodes of a path at which two arrow heads meet."""
        return frozenset(
            here
            for before, here, after in zip(path, path[1:], path[2:])
            if {before, after} <= self.arrows.parents[here]
        )

    def draw(self, path: tuple[str, ...]) -> str:
        """A path in words and arrows, for the study pages only: ``x <- z -> y``."""
        parts = list(path[:1])
        for before, here in pairwise(path):
            parts.extend(("->" if before in self.arrows.parents[here] else "<-", here))
        return " ".join(parts)

    def minimal_sets(
        self, *, forced: Names = frozenset(), cap: int | None = CAP, budget: int = BUDGET
    ) -> tuple[tuple[tuple[str, ...], ...], bool]:
        """Valid sets from which nothing but forced nodes can be left out, shortest first; and whether these are all.

        At most ``cap`` are listed (None: no limit); the budget of search steps keeps dense diagrams from running on.
        """
        if not forced <= self.usable or not self._unselected():
            return (), True
        moral = MoralGraph.of(
            self.backdoor,
            self.exposures,
            self.outcomes,
            allowed=self.usable - self.selected,
            forced=forced | self.selected,
        )
        found: set[tuple[str, ...]] = set()
        complete = True
        for separator in moral.separators(budget):
            if separator is None or (cap is not None and len(found) >= cap):
                complete = False
                break
            found.add(tuple(sorted(separator | forced)))
        return tuple(sorted(found, key=lambda names: (len(names), names))), complete

    def canonical_set(self, forced: Names = frozenset()) -> tuple[str, ...] | None:
        """Every usable ancestor of exposure, outcome or forced node: valid whenever any set is; None where none is."""
        names = self.arrows.ancestors(self.exposures | self.outcomes | forced) & self.usable
        return tuple(sorted(names)) if forced <= names and self.is_valid(names) else None

    def optimal_set(self) -> tuple[str, ...] | None:
        """The set of least asymptotic variance, pa(cn) without forb; None where it is not measured or not valid.

        Henckel, Perkovic & Maathuis (2022, doi:10.1111/rssb.12451); optimal for linear and many non-parametric
        estimators among all valid sets.
        """
        parents = frozenset(parent for node in self.causal for parent in self.arrows.parents[node])
        names = parents - self.forbidden - self.exposures
        return tuple(sorted(names)) if self.is_valid(names) else None


def valid_adjustment(
    dag: Dag, exposure: str | Iterable[str], outcome: str | Iterable[str], names: Iterable[str]
) -> tuple[bool, Reason]:
    """Whether a set is a valid adjustment for the total effect, and why (rule G08)."""
    chosen = frozenset(dag.node(name).name for name in names)
    reason = Question.of(dag, exposure, outcome).explain(chosen)
    return reason.code is ReasonCode.VALID, reason


def require_valid(
    dag: Dag, exposure: str | Iterable[str], outcome: str | Iterable[str], names: Iterable[str]
) -> tuple[str, ...]:
    """The set, sorted, where it is valid; AdjustmentRefused with the reason otherwise."""
    chosen = tuple(sorted(set(names)))
    valid, reason = valid_adjustment(dag, exposure, outcome, chosen)
    if not valid:
        raise AdjustmentRefused(names="{" + ", ".join(chosen) + "}", reason=str(reason))
    return chosen


def _as_names(given: str | Iterable[str]) -> Names:
    return frozenset({given} if isinstance(given, str) else given)
