"""The design stage of one hypothesis: from a question and a diagram to a draft protocol with every number behind it.

Identification comes first; without an identified effect nothing is estimated, and the draft says what would have to be
measured. All numbers are of the discovery part and marked design-stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from causal import _dowhy
from causal.dag import Dag
from causal.design_matrix import AnalysisData
from causal.design_stage import DesignOptions, StageResult, run_design_stage
from causal.estimation import Estimate
from causal.identification import Identification, Verdict, identify
from causal.planning import PlanningEffect
from causal.protocol import Protocol, Provenance
from causal.protocol_draft import DesignStage, Origin, draft_protocol
from causal.question import CausalQuestion
from causal.refutation import Refutation, RefutationRules
from miner.errors import StudyError
from miner.tables.model import Dataset


class InvalidAdjustment(StudyError):
    code = "E-STUDY-40"
    what = "The set {chosen} does not close every back-door path of the diagram."
    why = "With this set the estimate would mix in other paths between exposure and outcome."
    todo = "Take one of the sets that the diagram allows: {allowed}."


class UnmatchedDiagram(StudyError):
    code = "E-STUDY-41"
    what = "The diagram has no node '{name}', which the question names."
    why = "Nodes and variables are matched by their names, letter by letter."
    todo = "Draw '{name}' in the diagram, or give the item another part in the question."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Everything the design stage found. Estimates are empty where the effect is not identified by adjustment."""

    question: CausalQuestion
    dag: Dag
    identification: Identification
    opinion: _dowhy.Opinion
    agreement: _dowhy.Agreement
    adjustment: tuple[str, ...] | None
    data: AnalysisData | None
    estimates: tuple[Estimate, ...]
    refutations: tuple[Refutation, ...]
    sensitivity: tuple[Mapping[str, Any], ...]
    planning: PlanningEffect | None
    sample_size: Mapping[str, Any]
    problems: tuple[str, ...]
    protocol: Protocol


def quiet(stage: str) -> None:
    """Progress that nobody watches."""


def design_study(
    discovery: Dataset,
    question: CausalQuestion,
    dag: Dag,
    *,
    origin: Origin,
    protocol_id: str,
    seed: int,
    adjustment: Sequence[str] | None = None,
    squares: Sequence[str] = (),
    smallest_of_interest: float | None = None,
    family_z: Sequence[float] | None = None,
    threshold: float = 1.96,
    rules: RefutationRules | None = None,
    stage: Callable[[str], None] = quiet,
) -> Design:
    """Identify, estimate by several methods, refute by pre-set rules, say how robust, plan, and draft the protocol.

    Parameters
    ----------
    discovery : the mined part; the sealed part is never used for planning.
    question : every item of the finding with its part; its covariates are ignored where the diagram gives a set.
    dag : names are those of the variables; exposures and outcomes are taken from the question.
    adjustment : a valid set; the first minimal one by default.
    smallest_of_interest : on the scale of the estimate (risk or mean difference).
    family_z, threshold : all z of the family and the smallest |z| selected, for the shrunken effect.
    stage : told the name of each step as it begins.

    Raises
    ------
    InvalidAdjustment, UnmatchedDiagram, and what the diagram, the question and the estimators raise.
    """
    exposures, outcome = question.exposure_variables, question.outcome.variable
    for name in (*exposures, outcome):
        if name not in dag:
            raise UnmatchedDiagram(name=name)
    dag.check_columns(discovery.columns)
    stage("identification")
    found = identify(dag, exposures, outcome)
    opinion = _dowhy.second_opinion(dag, exposures, outcome)
    chosen = _chosen(found, adjustment)
    agreement = opinion.agreement(found)
    options = DesignOptions(
        squares=squares,
        smallest_of_interest=smallest_of_interest,
        family_z=family_z,
        threshold=threshold,
        rules=rules,
        seed=seed,
    )
    result: StageResult | None = None
    if chosen is not None:
        result = run_design_stage(
            discovery,
            question,
            options,
            dag=dag,
            identification=found,
            adjustment=chosen,
            progress=lambda name, share: stage(name),
        )
    numbers = replace(
        result.stage if result is not None else DesignStage(),
        second_opinion={
            "status": opinion.status.value,
            "agreement": agreement.value,
            "minimal_sets": [list(names) for names in opinion.minimal_sets],
        },
    )
    stage("protocol")
    protocol = draft_protocol(
        protocol_id=protocol_id,
        question=question,
        dictionary=discovery.dictionary,
        origin=origin,
        design=numbers,
        dag=dag,
        identification=found,
        adjustment=chosen if chosen is not None else (),
        squares=[name for name in squares if chosen is not None and name in chosen],
        smallest_of_interest=smallest_of_interest,
    )
    if result is not None and result.problems:
        protocol = protocol.stated("design_stage.problems", result.problems, Provenance.COMPUTED)
    return Design(
        question=question,
        dag=dag,
        identification=found,
        opinion=opinion,
        agreement=agreement,
        adjustment=chosen,
        data=None if result is None else result.data,
        estimates=tuple(numbers.estimates),
        refutations=tuple(numbers.refutations),
        sensitivity=tuple(numbers.sensitivity),
        planning=numbers.planning,
        sample_size=numbers.sample_size,
        problems=() if result is None else result.problems,
        protocol=protocol,
    )


def _chosen(found: Identification, wanted: Sequence[str] | None) -> tuple[str, ...] | None:
    """The set to adjust for: the one wanted where it is valid, else the first minimal one; None where there is none."""
    if found.verdict is not Verdict.BACKDOOR:
        return None
    if wanted is None:
        return found.minimal_sets[0]
    contains_minimal = any(set(minimal) <= set(wanted) for minimal in found.minimal_sets)
    within_canonical = found.canonical_set is not None and set(wanted) <= set(found.canonical_set)
    if not (contains_minimal and within_canonical):
        allowed = "; ".join("{" + ", ".join(minimal) + "}" for minimal in found.minimal_sets[:5])
        raise InvalidAdjustment(chosen="{" + ", ".join(wanted) + "}", allowed=allowed)
    return tuple(wanted)


def restated(design: Design, protocol: Protocol) -> Design:
    """The same design with another state of its protocol (fields stated by a person, signed, frozen)."""
    return replace(design, protocol=protocol)
