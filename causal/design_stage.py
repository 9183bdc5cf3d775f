"""The numbers of the design stage in one call: estimates, refutations, guardrails, sensitivity, sizes, precision.

Everything is computed on the discovery part and marked design-stage; the sealed part is never read here. Where the
arms do not overlap (guardrail G10) no estimate is made at all: the guardrail stands in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from causal import triage as guard
from causal.balance import balance_table, overlap, variance_inflation
from causal.dag import Dag
from causal.design_matrix import AnalysisData
from causal.estimation import Estimand, Estimate, Scale, aipw, inverse_weights, ipw, matching, standardisation
from causal.identification import Identification
from causal.negative_controls import suggested_controls
from causal.planning import PlanningEffect, planning_effect
from causal.power import inflation
from causal.protocol_draft import DesignStage
from causal.question import CausalQuestion, words_of
from causal.refutation import RefutationRules, ipw_refits, refute, regression_refits
from causal.sensitivity_table import sensitivity_table
from causal.specifications import SpecificationCurve, specification_curve, valid_sets
from causal.study_designs import StudyFacts, expected_precision, sample_size_table, study_types
from causal.survival_stage import survival_stage
from miner.errors import FortuitError
from miner.tables.model import Dataset, Kind

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignOptions:
    """What a person chooses for the design stage.

    ``smallest_of_interest`` is on the scale of ``measure`` (a ratio as such, not its logarithm). ``threshold`` is the
    smallest |z| that was selected in the family; ``family_z`` all z of the family; ``split_estimate`` the effect in a
    half of discovery that did not select (on the scale where it is normal).
    """

    squares: Sequence[str] = ()
    products: Sequence[str] = ()
    cluster: str | None = None
    estimand: Estimand = Estimand.ATE
    measure: Scale | None = None
    smallest_of_interest: float | None = None
    threshold: float = 1.959963984540054
    family_z: Sequence[float] | None = None
    split_estimate: float | None = None
    selected_by_p: bool = True
    expected_loss: float = 0.0
    groups: Sequence[str] = ()
    facts: StudyFacts | None = None
    rules: RefutationRules | None = None
    seed: int = 20_260_101


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StageResult:
    """What the stage found; ``stage`` goes into the protocol, ``problems`` say what could not be computed and why.

    ``main`` is None where the arms do not overlap: then nothing is estimated.
    """

    data: AnalysisData
    main: Estimate | None
    stage: DesignStage
    curve: SpecificationCurve | None
    problems: tuple[str, ...]


def run_design_stage(
    dataset: Dataset,
    question: CausalQuestion,
    options: DesignOptions | None = None,
    *,
    dag: Dag | None = None,
    identification: Identification | None = None,
    adjustment: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> StageResult:
    """Run every step on the discovery part; a step that refuses leaves its reason instead of a number.

    Parameters
    ----------
    dag, identification : the diagram with its verdict, or None: then the question's covariates are taken as they are.
    adjustment : the chosen set; the question's covariates by default.
    progress : called with the name of each step and the share done; raise from it to stop.

    Raises
    ------
    StudyError and its kin where the question itself cannot be estimated (one arm, no events, wrong order of time).
    """
    o = options or DesignOptions()
    tell = progress or (lambda step, share: None)
    problems: list[str] = []
    covariates = tuple(question.covariates if adjustment is None else adjustment)
    asked = replace(question, covariates=covariates)
    squares = [name for name in o.squares if name in covariates]
    products = [name for name in o.products if name in covariates]
    outcome = next((v for v in dataset.dictionary if v.name == question.outcome.variable), None)
    if outcome is not None and outcome.kind is Kind.DURATION and not question.outcome.operator:
        tell("survival", 0.0)
        times, stage, notes = survival_stage(
            dataset,
            asked,
            covariates=covariates,
            squares=squares,
            threshold=o.threshold,
            smallest_hazard_ratio=o.smallest_of_interest,
        )
        return StageResult(
            data=times, main=next(iter(stage.estimates), None), stage=stage, curve=None, problems=(*problems, *notes)
        )
    tell("guardrails", 0.0)
    data = asked.analysis(dataset, squares=squares, products=products, cluster=o.cluster)
    flags = [*guard.triage(dataset, asked, cluster=o.cluster)]
    if dag is not None and all(v in dag for v in (*question.exposure_variables, question.outcome.variable)):
        flags.append(guard.adjustment(dag, question.exposure_variables[0], question.outcome.variable, covariates))
    facts = o.facts or StudyFacts()
    if identification is not None:
        verdict, measurable = identification.verdict.value, bool(identification.must_measure)
        facts = replace(facts, verdict=verdict, must_measure=measurable)
    known = DesignStage(
        data=data,
        guardrails=[flag.to_dict() for flag in sorted(flags, key=lambda flag: flag.id)],
        balance=_balance(data, problems),
        negative_controls=suggested_controls(dataset, asked, dag) if dag is not None else (),
        study_type=study_types(asked, dataset, data, facts),
    )
    apart = [flag for flag in flags if flag.id == "G10" and flag.passed is False]
    if apart and o.estimand is not Estimand.ATO:
        problems.append(
            f"nothing is estimated: {apart[0].finding}. Restrict the question, or ask for the overlap population"
        )
        return StageResult(data=data, main=None, stage=known, curve=None, problems=tuple(problems))
    tell("estimation", 0.1)
    by_method = _estimates(data, o.estimand, problems)
    main_set = next(iter(by_method.values()))
    wanted = o.measure or main_set[0].scale
    main = next((e for e in main_set if e.scale is wanted), main_set[0])
    tell("refutation", 0.25)
    checks = []
    for estimator in (regression_refits, ipw_refits) if data.binary_exposure else (regression_refits,):
        try:
            checks += list(refute(data, seed=o.seed, estimator=estimator, rules=o.rules))
        except FortuitError as refusal:
            problems.append(f"refutation: {refusal.say()}")
    tell("sensitivity", 0.75)
    rare = data.binary_outcome and float(data.outcome.mean()) < 0.15
    rows = sensitivity_table(data, main_set, rare=rare, smallest_of_interest=o.smallest_of_interest)
    tell("planning", 0.85)
    planning = _planning(main, o, problems)
    size = _sizes(data, main, planning, o, problems)
    groups = tuple(o.groups) or _usual_groups(dataset)
    precision = expected_precision(dataset, data, main, groups, n_headline=size.get("n_headline")) if groups else ()
    curve = None
    if identification is not None and identification.minimal_sets and data.binary_exposure:
        tell("specification curve", 0.92)
        sets = [s for s in valid_sets(identification) if all(name in dataset.columns for name in s)]
        curve = specification_curve(dataset, asked, sets, scale=main.scale, squares=o.squares, products=o.products)
    stage = replace(
        known,
        estimates=[estimate for group in by_method.values() for estimate in group],
        refutations=checks,
        sensitivity=rows,
        precision=precision,
        planning=planning,
        sample_size=size,
        specifications={} if curve is None else curve.to_dict(),
    )
    tell("done", 1.0)
    return StageResult(data=data, main=main, stage=stage, curve=curve, problems=tuple(problems))


def _estimates(data: AnalysisData, estimand: Estimand, problems: list[str]) -> dict[str, tuple[Estimate, ...]]:
    if estimand is Estimand.ATO:
        # The overlap population is defined by its weights; the other methods have no such target.
        return {"ipw": ipw(data, estimand=estimand)}
    # Standardisation has to succeed: what refuses it (one arm, no events) refuses the question.
    found = {"standardisation": standardisation(data, estimand=estimand)}
    if not data.binary_exposure:
        problems.append("a continuous exposure has no weights: standardisation only")
        return found
    others: dict[str, Callable[[], tuple[Estimate, ...]]] = {
        "ipw": lambda: ipw(data, estimand=estimand),
        "aipw": lambda: aipw(data, estimand=estimand),
        "matching": lambda: matching(data, estimand=estimand),
    }
    for name, estimate in others.items():
        if name == "matching" and not data.covariates.shape[1]:
            continue
        try:
            found[name] = estimate()
        except FortuitError as refusal:
            problems.append(f"{name}: {refusal.say()}")
    return found


def _planning(main: Estimate, o: DesignOptions, problems: list[str]) -> PlanningEffect | None:
    normal = math.log(main.value) if main.scale.is_ratio else main.value
    smallest = o.smallest_of_interest
    if smallest is not None and main.scale.is_ratio:
        smallest = math.log(smallest) if smallest > 0 else None
    if not (main.se > 0 and math.isfinite(normal)):
        problems.append("planning: the estimate has no finite standard error")
        return None
    return planning_effect(
        estimate=normal,
        se=main.se,
        threshold=o.threshold,
        family_z=o.family_z,
        split_estimate=o.split_estimate,
        smallest_of_interest=smallest,
        selected_by_p=o.selected_by_p,
    )


def _sizes(
    data: AnalysisData, main: Estimate, planning: PlanningEffect | None, o: DesignOptions, problems: list[str]
) -> dict[str, Any]:
    if planning is None or not data.binary_exposure:
        if not data.binary_exposure:
            problems.append("sample size: give a contrast of two arms")
        return {}
    r2 = min(max(variance_inflation(data), 0.0), 0.99) if data.covariates.shape[1] else 0.0
    factors = inflation(r2=r2, loss=o.expected_loss)
    try:
        return sample_size_table(data, main, planning, inflation=factors)
    except FortuitError as refusal:
        problems.append(f"sample size: {refusal.say()}")
        return {}


def _balance(data: AnalysisData, problems: list[str]) -> dict[str, Any]:
    if not data.binary_exposure or not data.covariates.shape[1]:
        return {}
    try:
        made = inverse_weights(data)
    except FortuitError as refusal:
        problems.append(f"balance: {refusal.say()}")
        return {"rows": [_balance_row(row) for row in balance_table(data)]}
    found = overlap(data, made)
    edges = np.linspace(0, 1, 21)
    return {
        "rows": [_balance_row(row) for row in balance_table(data, made.weights)],
        "light": found.light.value,
        "reasons": list(found.reasons),
        "effective": {"exposed": found.effective.exposed, "unexposed": found.effective.unexposed},
        "equipoise": found.equipoise,
        "outside_common_support": found.outside_common_support,
        "c_statistic": found.c_statistic,
        "weights": {"least": float(made.weights.min()), "largest": float(made.weights.max())},
        "propensity_histogram": {
            arm: {
                "edges": edges.tolist(),
                "counts": np.histogram(made.propensity[data.exposure == value], edges)[0].tolist(),
            }
            for arm, value in (("exposed", 1), ("unexposed", 0))
        },
    }


def _balance_row(row: Any) -> dict[str, Any]:
    return {"column": row.column, "crude": row.crude, "weighted": row.weighted, "light": row.light.value}


_GROUP_WORDS = {
    "sex",
    "gender",
    "age",
    "deprivation",
    "region",
    "territory",
    "sexe",
    "âge",
    "territoire",
    "fdep",
    "imd",
}


def _usual_groups(dataset: Dataset) -> tuple[str, ...]:
    """Sex, age, deprivation and territory where the table records them under these words."""
    return tuple(
        v.name for v in dataset.dictionary if v.name in dataset.columns and words_of(v.name, "") & _GROUP_WORDS
    )
