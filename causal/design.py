"""The design stage of one hypothesis: from a question and a diagram to a draft protocol with every number behind it.

Identification comes first; without an identified effect nothing is estimated, and the draft says what would have to be
measured. All numbers are of the discovery part and marked design-stage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from causal import _dowhy
from causal.dag import Dag
from causal.design_matrix import AnalysisData
from causal.estimation import Estimate, Scale, ipw, standardisation
from causal.identification import Identification, Verdict, identify
from causal.planning import PlanningEffect, planning_effect
from causal.power import SampleSize, cohort, inflation, means, whole
from causal.protocol import Protocol
from causal.protocol_draft import DesignStage, Origin, draft_protocol
from causal.question import CausalQuestion
from causal.refutation import Refutation, RefutationRules, ipw_refits, refute, regression_refits
from causal.sensitivity import Measure, e_value
from miner.errors import StudyError
from miner.tables.model import Dataset

POWER, ALPHA = 0.8, 0.05


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
    """Identify, estimate by two methods, refute by pre-set rules, say how robust, plan the size, draft the protocol.

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
    data: AnalysisData | None = None
    estimates: tuple[Estimate, ...] = ()
    refutations: tuple[Refutation, ...] = ()
    if chosen is not None:
        stage("estimation")
        data = question.analysis(discovery, chosen, squares=[name for name in squares if name in chosen])
        two_arms = set(np.unique(data.exposure)) <= {0.0, 1.0}
        estimates = (*ipw(data), *standardisation(data)) if two_arms and chosen else standardisation(data)
        stage("refutation")
        estimator = ipw_refits if two_arms and chosen else regression_refits
        refutations = refute(data, seed=seed, estimator=estimator, rules=rules)
    stage("planning")
    planning = _planning(estimates, family_z, threshold, smallest_of_interest)
    sizes = _sample_size(estimates, data, planning, smallest_of_interest)
    sensitivity = _sensitivity(estimates, data)
    stage("protocol")
    protocol = draft_protocol(
        protocol_id=protocol_id,
        question=question,
        dictionary=discovery.dictionary,
        origin=origin,
        design=DesignStage(
            data=data,
            estimates=estimates,
            refutations=refutations,
            sensitivity=sensitivity,
            planning=planning,
            sample_size=sizes,
        ),
        dag=dag,
        identification=found,
        adjustment=chosen if chosen is not None else (),
        squares=[name for name in squares if chosen is not None and name in chosen],
        smallest_of_interest=smallest_of_interest,
    )
    return Design(
        question=question,
        dag=dag,
        identification=found,
        opinion=opinion,
        agreement=opinion.agreement(found),
        adjustment=chosen,
        data=data,
        estimates=estimates,
        refutations=refutations,
        sensitivity=sensitivity,
        planning=planning,
        sample_size=sizes,
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


def _headline(estimates: Sequence[Estimate]) -> Estimate | None:
    """The estimate a study is planned from: the last method's difference (standardisation)."""
    differences = [e for e in estimates if e.scale in {Scale.RISK_DIFFERENCE, Scale.MEAN_DIFFERENCE}]
    return differences[-1] if differences else None


def _planning(
    estimates: Sequence[Estimate], family_z: Sequence[float] | None, threshold: float, smallest: float | None
) -> PlanningEffect | None:
    main = _headline(estimates)
    if main is None or not (main.se > 0 and math.isfinite(main.value)):
        return None
    return planning_effect(
        estimate=main.value,
        se=main.se,
        threshold=threshold,
        family_z=family_z,
        smallest_of_interest=smallest,
    )


def _sample_size(
    estimates: Sequence[Estimate], data: AnalysisData | None, planning: PlanningEffect | None, smallest: float | None
) -> dict[str, Any]:
    """Persons for the mined, the shrunken and the smallest effect of interest; the largest of the last two leads."""
    main = _headline(estimates)
    if main is None or data is None or planning is None:
        return {}
    binary = main.scale is Scale.RISK_DIFFERENCE
    ratio = main.n_unexposed / main.n_exposed if main.n_exposed else 1.0
    spread = 1.0 if binary else float(np.std(data.outcome, ddof=1))
    loss = 1.0 - data.report.n_used / data.report.n if data.report.n else 0.0
    grown = inflation(loss=min(loss, 0.9))

    def persons(effect: float | None) -> int | None:
        size = _size(effect, main.mean_unexposed, spread, ratio, binary=binary)
        return None if size is None else whole(size.exposed * grown.factor) + whole(size.unexposed * grown.factor)

    effects = {
        "mined": planning.mined,
        "shrunken": planning.shrunken if planning.supported else None,
        "smallest_of_interest": smallest,
    }
    sizes = {name: persons(effect) for name, effect in effects.items()}
    supported = {name: n for name, n in sizes.items() if name != "mined" and n is not None}
    leading = max(supported, key=lambda name: supported[name]) if supported else None
    design = "cohort, two risks" if binary else "cohort, two means"
    return {
        "n_headline": supported[leading] if leading else None,
        "headline_from": leading,
        "rows": [{"design": design, **sizes, "detectable": None}],
        "alpha": ALPHA,
        "power": POWER,
        "sided": 2,
        "ratio_unexposed": ratio,
        "inflation": grown.rows(),
    }


def _size(effect: float | None, reference: float, spread: float, ratio: float, *, binary: bool) -> SampleSize | None:
    if effect is None or effect == 0.0 or not math.isfinite(effect):
        return None
    if not binary:
        return means(difference=abs(effect) / spread, power=POWER, alpha=ALPHA, ratio=ratio)
    target = reference + effect
    return cohort(p1=target, p0=reference, power=POWER, alpha=ALPHA, ratio=ratio) if 0 < target < 1 else None


def _sensitivity(estimates: Sequence[Estimate], data: AnalysisData | None) -> tuple[Mapping[str, Any], ...]:
    """E-values of each method: the risk ratio for a binary outcome, the standardised difference for a number."""
    rows: list[Mapping[str, Any]] = []
    for estimate in estimates:
        if estimate.scale is Scale.RISK_RATIO:
            value = e_value(estimate.value, estimate.low, estimate.high, measure=Measure.RR)
        elif estimate.scale is Scale.MEAN_DIFFERENCE and data is not None:
            spread = float(np.std(data.outcome, ddof=1))
            value = e_value(estimate.value / spread, measure=Measure.SMD, se=estimate.se / spread)
        else:
            continue
        rows.append(
            {
                "analysis": f"E-value ({estimate.method.value})",
                "value": value.point,
                "limit": value.limit,
                "risk_ratio": value.risk_ratio,
                "scale": estimate.scale.value,
                "reading": "least strength, as a risk ratio with exposure and outcome, of an unmeasured confounder "
                "that would explain the estimate",
            }
        )
    return tuple(rows)


def restated(design: Design, protocol: Protocol) -> Design:
    """The same design with another state of its protocol (fields stated by a person, signed, frozen)."""
    return replace(design, protocol=protocol)
