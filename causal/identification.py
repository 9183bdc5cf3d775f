"""The verdict: can the effect asked for be computed from what is measured, how, and if not, what would have to be.

>>> dag = Dag.of([("x", "y"), ("u", "x"), ("u", "y")], latent=["u"])
>>> found = identify(dag, "x", "y")
>>> found.verdict.value, found.must_measure[0].names
('not_identified', ('u',))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from causal.adjustment import BUDGET, CAP, Question, Reason, ReasonCode, require_valid, valid_adjustment
from causal.dag import Dag, Status
from causal.front_door import front_door_sets
from causal.instruments import Instrument, instruments, latent_instruments
from causal.nonparametric import identifiable

__all__ = [
    "Assumption",
    "Identification",
    "Instrument",
    "InvalidSet",
    "Remedy",
    "Verdict",
    "identify",
    "require_valid",
    "valid_adjustment",
]

_LARGEST_REMEDY = 3
_MOST_REMEDIES_TRIED = 3_000


class Verdict(StrEnum):
    """How the effect is identified, in the order in which the ways are tried."""

    NO_DIRECTED_PATH = "no_directed_path"
    BACKDOOR = "backdoor"
    FRONTDOOR = "frontdoor"
    IV = "iv"
    CONDITIONAL_IV = "conditional_iv"
    NOT_IDENTIFIED = "not_identified"
    NOT_ASSESSED = "not_assessed"


class Assumption(StrEnum):
    """What a verdict rests on beside the diagram; a person comments on each."""

    DIAGRAM = "diagram"
    CONSISTENCY = "consistency"
    NO_INTERFERENCE = "no_interference"
    NO_MEASUREMENT_ERROR = "no_measurement_error"
    POSITIVITY = "positivity"
    EXCHANGEABILITY = "exchangeability"
    FULL_MEDIATION = "full_mediation"
    RELEVANCE = "relevance"
    EXCLUSION = "exclusion"
    INDEPENDENCE = "independence"
    HOMOGENEITY = "homogeneity_or_monotonicity"
    LINEARITY = "linearity"


_ALWAYS = (
    Assumption.DIAGRAM,
    Assumption.CONSISTENCY,
    Assumption.NO_INTERFERENCE,
    Assumption.NO_MEASUREMENT_ERROR,
    Assumption.POSITIVITY,
)
_INSTRUMENTAL = (Assumption.RELEVANCE, Assumption.EXCLUSION, Assumption.INDEPENDENCE, Assumption.HOMOGENEITY)
_ASSUMPTIONS: dict[Verdict, tuple[Assumption, ...]] = {
    Verdict.NO_DIRECTED_PATH: (Assumption.DIAGRAM,),
    Verdict.BACKDOOR: (*_ALWAYS, Assumption.EXCHANGEABILITY),
    Verdict.FRONTDOOR: (*_ALWAYS, Assumption.FULL_MEDIATION),
    Verdict.IV: (*_ALWAYS, *_INSTRUMENTAL),
    Verdict.CONDITIONAL_IV: (*_ALWAYS, *_INSTRUMENTAL),
    Verdict.NOT_IDENTIFIED: (Assumption.DIAGRAM,),
    Verdict.NOT_ASSESSED: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A smallest set of unmeasured nodes whose measurement would identify the effect, and by which way.

    ``drawn`` is False where one of them is the unnamed common cause of a bidirected edge.
    """

    names: tuple[str, ...]
    verdict: Verdict
    drawn: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidSet:
    """A set that is often picked by rule of thumb, and why it is not valid here."""

    rule: str
    names: tuple[str, ...]
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """The answer to one question put to one diagram.

    ``minimal_sets`` are complete where ``complete`` is True; ``n_minimal`` counts those found. ``instruments`` are
    the unconditional ones, ``conditional_instruments`` all of them with the nodes to condition on.
    ``nonparametric`` says whether any formula at all identifies the effect without parametric assumptions.
    """

    exposures: tuple[str, ...]
    outcomes: tuple[str, ...]
    forced: tuple[str, ...]
    verdict: Verdict
    directed_path: bool
    minimal_sets: tuple[tuple[str, ...], ...]
    complete: bool
    canonical_set: tuple[str, ...] | None
    optimal_set: tuple[str, ...] | None
    frontdoor_sets: tuple[tuple[str, ...], ...]
    instruments: tuple[str, ...]
    conditional_instruments: tuple[Instrument, ...]
    latent_instruments: tuple[str, ...]
    must_measure: tuple[Remedy, ...]
    nonparametric: bool
    assumptions: tuple[Assumption, ...]
    invalid_popular: tuple[InvalidSet, ...]

    @property
    def n_minimal(self) -> int:
        """Number of minimal sets found (all of them where ``complete``)."""
        return len(self.minimal_sets)


def identify(
    dag: Dag,
    exposure: str | Iterable[str],
    outcome: str | Iterable[str],
    *,
    forced: Iterable[str] = (),
    cap: int | None = CAP,
    budget: int = BUDGET,
) -> Identification:
    """Answer the question: every way in which the effect is identified, and the verdict by the first that holds.

    Parameters
    ----------
    dag : the diagram as its user drew it; latent nodes are respected, never assumed away.
    exposure, outcome : a name or several.
    forced : covariates that each adjustment set must contain.
    cap : at most so many minimal sets are listed (None: no limit).
    budget : steps of search after which the list is declared incomplete and, where nothing was found, the verdict
        reads *not assessed*.

    Raises
    ------
    DagUnknownNode, DagQuestion : where a name is not in the diagram or the question cannot be asked.
    """
    question = Question.of(dag, exposure, outcome)
    must_hold = frozenset(dag.node(name).name for name in forced)
    sets, complete = question.minimal_sets(forced=must_hold, cap=cap, budget=budget)
    fronts = () if must_hold else front_door_sets(question)
    offered = instruments(question)
    verdict = _verdict(question, bool(sets), complete, fronts, offered)
    optimal = question.optimal_set()
    return Identification(
        exposures=tuple(sorted(question.exposures)),
        outcomes=tuple(sorted(question.outcomes)),
        forced=tuple(sorted(must_hold)),
        verdict=verdict,
        directed_path=question.directed_path,
        minimal_sets=sets,
        complete=complete,
        canonical_set=question.canonical_set(must_hold),
        optimal_set=optimal if optimal is not None and must_hold <= frozenset(optimal) else None,
        frontdoor_sets=fronts,
        instruments=tuple(found.name for found in offered if not found.given),
        conditional_instruments=offered,
        latent_instruments=latent_instruments(question),
        must_measure=_remedies(question) if verdict is Verdict.NOT_IDENTIFIED else (),
        nonparametric=not question.selected and identifiable(dag, question.exposures, question.outcomes),
        assumptions=_assumptions(verdict, offered),
        invalid_popular=_invalid_popular(question),
    )


def _verdict(
    question: Question,
    adjustable: bool,
    complete: bool,
    fronts: tuple[tuple[str, ...], ...],
    offered: tuple[Instrument, ...],
) -> Verdict:
    if not question.directed_path:
        return Verdict.NO_DIRECTED_PATH
    if adjustable:
        return Verdict.BACKDOOR
    if not complete:
        return Verdict.NOT_ASSESSED
    if fronts:
        return Verdict.FRONTDOOR
    if offered:
        return Verdict.CONDITIONAL_IV if offered[0].given else Verdict.IV
    return Verdict.NOT_IDENTIFIED


def _assumptions(verdict: Verdict, offered: tuple[Instrument, ...]) -> tuple[Assumption, ...]:
    listed = _ASSUMPTIONS[verdict]
    if verdict in {Verdict.IV, Verdict.CONDITIONAL_IV} and all(found.after_exposure for found in offered):
        return (*listed, Assumption.LINEARITY)
    return listed


def _remedies(question: Question) -> tuple[Remedy, ...]:
    """The smallest sets of unmeasured nodes that would identify the effect; those measurable by plan come first."""
    whole = question.dag.expanded()
    relevant = question.arrows.ancestors(question.exposures | question.outcomes)
    planned = {node.name for node in whole if node.status is Status.MEASURABLE}
    hidden = sorted(frozenset(whole.unobserved) & relevant, key=lambda name: (name not in planned, name))
    tried = 0
    for size in range(1, min(_LARGEST_REMEDY, len(hidden)) + 1):
        found: list[Remedy] = []
        for names in combinations(hidden, size):
            tried += 1
            if tried > _MOST_REMEDIES_TRIED:
                break
            verdict = _verdict_if_measured(question, whole, names)
            if verdict is not Verdict.NOT_IDENTIFIED:
                found.append(Remedy(names=names, verdict=verdict, drawn=all(name in question.dag for name in names)))
        if found:
            order = list(Verdict)
            return tuple(
                sorted(found, key=lambda remedy: (order.index(remedy.verdict), not set(remedy.names) <= planned))
            )
    return ()


def _verdict_if_measured(question: Question, whole: Dag, names: tuple[str, ...]) -> Verdict:
    asked = Question.of(whole.with_status(names, Status.OBSERVED), question.exposures, question.outcomes)
    adjustable = asked.canonical_set() is not None
    fronts = () if adjustable else front_door_sets(asked, cap=1)
    offered = () if adjustable or fronts else instruments(asked)
    return _verdict(asked, adjustable, True, fronts, offered)


def _invalid_popular(question: Question) -> tuple[InvalidSet, ...]:
    """Sets that people pick by a rule of thumb, where the rule fails in this diagram (VanderWeele 2019)."""
    observed = frozenset(question.dag.observed) - question.exposures - question.outcomes
    before = observed - question.arrows.descendants(question.exposures)
    above = question.arrows.ancestors(question.exposures)
    above_outcome = question.arrows.ancestors(question.outcomes)
    rules = {
        "nothing": frozenset[str](),
        "everything_measured": observed,
        "everything_before_exposure": before,
        "common_causes": before & above & above_outcome,
        "causes_of_exposure_or_outcome": before & (above | above_outcome),
    }
    rules |= {f"only {name}": frozenset({name}) for name in sorted(observed & question.forbidden)}
    found: list[InvalidSet] = []
    for rule, names in rules.items():
        reason = question.explain(names)
        if reason.code is not ReasonCode.VALID:
            found.append(InvalidSet(rule=rule, names=tuple(sorted(names)), reason=reason))
    return tuple(found)
