"""A first protocol from what is known: the finding, the question, the diagram and the design-stage numbers fill their
fields.

What only a person can state is left empty and marked unknown; nothing is guessed to make a gate pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from causal.adjustment import Question
from causal.dag import Dag
from causal.design_matrix import AnalysisData
from causal.estimation import Estimand, Estimate, Scale
from causal.identification import Identification
from causal.planning import PlanningEffect
from causal.protocol import LABEL, SCHEMA_VERSION, Protocol, Provenance, Status, canonical, plain
from causal.question import CausalQuestion, Comparator, Condition
from causal.refutation import Refutation
from miner.tables.model import Dictionary, Kind, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignStage:
    """The numbers computed on the discovery part, marked design-stage; each list may be empty."""

    data: AnalysisData | None = None
    estimates: Sequence[Estimate] = ()
    refutations: Sequence[Refutation] = ()
    sensitivity: Sequence[Mapping[str, Any]] = ()
    guardrails: Sequence[Mapping[str, Any]] = ()
    balance: Mapping[str, Any] = field(default_factory=dict)
    precision: Sequence[Mapping[str, Any]] = ()
    planning: PlanningEffect | None = None
    sample_size: Mapping[str, Any] = field(default_factory=dict)
    negative_controls: Sequence[Mapping[str, Any]] = ()
    study_type: Sequence[Mapping[str, Any]] = ()
    specifications: Mapping[str, Any] = field(default_factory=dict)
    second_opinion: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the hypothesis comes from: the finding, its family, and the data it was mined from."""

    finding: Mapping[str, Any]
    registry_id: str = ""
    dataset_hash: str = ""
    mined_at: str = ""
    rows_used_hash: str = ""
    family: Mapping[str, Any] = field(default_factory=dict)


def draft_protocol(
    *,
    protocol_id: str,
    question: CausalQuestion,
    dictionary: Dictionary,
    origin: Origin,
    design: DesignStage,
    dag: Dag | None = None,
    identification: Identification | None = None,
    adjustment: Iterable[str] | None = None,
    squares: Sequence[str] = (),
    products: Sequence[str] = (),
    method: str = "standardisation",
    estimand: Estimand = Estimand.ATE,
    measure: Scale | None = None,
    smallest_of_interest: float | None = None,
) -> Protocol:
    """A draft with every field of schema v1; state the rest with ``Protocol.stated``.

    Parameters
    ----------
    adjustment : the chosen set (variables), the question's covariates by default.
    smallest_of_interest : on the scale of ``measure``, stated by a person.
    """
    covariates = tuple(question.covariates if adjustment is None else adjustment)
    outcome_binary = bool(question.outcome.operator) or _levels(dictionary, question.outcome.variable) == 2
    duration = any(v.name == question.outcome.variable and v.kind is Kind.DURATION for v in dictionary)
    usual = Scale.RISK_DIFFERENCE if outcome_binary else Scale.MEAN_DIFFERENCE
    scale = measure or (Scale.RMST_DIFFERENCE if duration and not question.outcome.operator else usual)
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "protocol_id": protocol_id,
        "version": 1,
        "supersedes": None,
        "amendments": [],
        "status": Status.DRAFT.value,
        "label": LABEL,
        "finding_ref": {
            "registry_id": origin.registry_id,
            "finding_id": str(origin.finding.get("id", "")),
            "finding_hash": hashlib.sha256(canonical(origin.finding)).hexdigest(),
            "dataset_hash": origin.dataset_hash,
            "mined_at": origin.mined_at,
            "rows_used_hash": origin.rows_used_hash,
            "finding": origin.finding,
        },
        "mining_context": dict(origin.family),
        "authors": {"names": [], "sponsor": None, "funding": None, "conflicts": None, "registration_target": "none"},
        "plain_question": None,
        "suggested_question": _plain_question(question, dictionary),
        "rationale": None,
        "existing_evidence": [],
        "question": question.to_dict(),
        "target_trial": _target_trial(question, dictionary, covariates, scale, estimand),
        "causal_model": {
            **_causal_model(dag, identification, covariates),
            "second_opinion": dict(design.second_opinion),
        },
        "analysis_plan": {
            "primary": {
                "method": method,
                "specification": analysis_specification(
                    question,
                    dictionary,
                    covariates,
                    squares=squares,
                    products=products,
                    method=method,
                    estimand=estimand,
                    measure=scale,
                ),
                "variance": "robust (influence function)",
            },
            "secondary": [],
            "subgroups": [],
            "missing_data": "complete cases with a report of who is left out; multiple imputation beside",
            "censoring_weights": None,
        },
        "study_type": list(design.study_type),
        "design_stage": {
            "label": "design-stage: discovery part only, no confirmation",
            "estimates": [estimate.to_dict() for estimate in design.estimates],
            "balance": dict(design.balance),
            "complete_cases": _cases(design.data),
            "specifications": dict(design.specifications),
        },
        "planning_effect": _planning(design.planning),
        "sample_size": {
            "n_headline": None,
            "headline_from": None,
            "rows": [],
            **design.sample_size,
        },
        "precision": list(design.precision),
        "negative_controls": {"proposed": list(design.negative_controls), "reason_for_none": None},
        "sensitivity": {"direction": "bigger means more robust", "rows": list(design.sensitivity)},
        "refutation": {
            "role": "implementation checks, outside the readiness gates",
            "results": [refutation.to_dict() for refutation in design.refutations],
        },
        "guardrails": list(design.guardrails),
        "data_plan": {
            "kind": None,
            "source": None,
            "independent": None,
            "overlap_rows": None,
            "holdout": None,
            "unit": dictionary.unit_of_analysis,
        },
        "success": {
            "scale": scale.value,
            "direction": _direction(design.estimates, scale),
            "smallest_of_interest": smallest_of_interest,
            "confidence": 0.95,
            "rule": "lower limit beyond the null AND point estimate at least the smallest effect of interest",
            "max_looks": 1,
            "alpha_spending": "fixed",
            "inconclusive": "the interval holds both the null and the smallest effect of interest",
        },
        "representation": {"reference_population": None, "statement": "cannot say without a reference population"},
        "ethics": None,
        "privacy": None,
        "availability": None,
        "limitations": [f["finding"] for f in design.guardrails if not f.get("passed") and f.get("finding")],
        "robins_i": [{"domain": name, "judgement": "no information", "reason": None} for name in ROBINS_I],
        "deviations": [],
        "result": {"status": "not_started"},
        "signatures": [],
        "content_hash": None,
    }
    document["provenance"] = _provenance(document, question, smallest_of_interest)
    return Protocol(document=plain(document))


ROBINS_I = (
    "confounding",
    "selection",
    "classification of exposure",
    "deviations from intended exposure",
    "missing data",
    "measurement of the outcome",
    "reported result",
)


def analysis_specification(
    question: CausalQuestion,
    dictionary: Dictionary,
    covariates: Sequence[str],
    *,
    squares: Sequence[str],
    products: Sequence[str],
    method: str,
    estimand: Estimand,
    measure: Scale,
) -> dict[str, Any]:
    """All that a program needs to reproduce the primary analysis from the raw table: codes, conditions, columns,
    model."""
    compared = question.comparator if isinstance(question.comparator, tuple) else ()
    conditions = (*question.eligibility, *compared)
    event = [v.event for v in dictionary if v.name == question.outcome.variable and v.event]
    names = dict.fromkeys(
        [
            *question.exposure_variables,
            question.outcome.variable,
            *event,
            *covariates,
            *(c.variable for c in conditions),
        ]
    )
    return {
        "variables": {name: _coding(dictionary[name]) for name in names},
        "exposure": [_condition(condition) for condition in question.exposure],
        "comparator": question.comparator.name
        if isinstance(question.comparator, Comparator)
        else [_condition(condition) for condition in compared],
        "levels": list(question.levels) if question.levels else None,
        "outcome": _condition(question.outcome),
        "eligibility": [_condition(condition) for condition in question.eligibility],
        "covariates": list(covariates),
        "squares": list(squares),
        "products": list(products),
        "method": method,
        "estimand": estimand.value,
        "measure": measure.value,
        "confidence": 0.95,
    }


def _coding(variable: Variable) -> dict[str, Any]:
    return {
        "kind": variable.kind.value,
        "unit": variable.unit,
        "missing_codes": list(variable.missing_codes),
        "levels": [[level.code, level.label] for level in variable.levels],
        "measured": None if variable.measured is None else [variable.measured.start, variable.measured.end],
    }


def _condition(condition: Condition) -> dict[str, Any]:
    return {
        "variable": condition.variable,
        "operator": condition.operator,
        "values": list(condition.values),
        "text": condition.text,
    }


def _plain_question(question: CausalQuestion, dictionary: Dictionary) -> str:
    who = " and ".join(condition.text for condition in question.eligibility) or f"each {dictionary.unit_of_analysis}"
    return (
        f"Does {question.exposure_text}, compared with {question.comparator_text}, change {question.outcome.text} "
        f"within [time] in {who}?"
    )


def _target_trial(
    question: CausalQuestion, dictionary: Dictionary, covariates: Sequence[str], scale: Scale, estimand: Estimand
) -> dict[str, Any]:
    flags = question.time_flags(dictionary, covariates)
    overlapping = [flag.text for flag in flags]
    outcome = next((v for v in dictionary if v.name == question.outcome.variable), None)
    ends = outcome.measured.end if outcome is not None and outcome.measured is not None else None
    return {
        "eligibility": {
            "target": None,
            "emulation": [_condition(c) for c in question.eligibility] or "everyone in the table",
            "gap": None,
        },
        "strategies": {
            "target": None,
            "emulation": [
                {"name": "exposed", "definition": question.exposure_text},
                {"name": "comparator", "definition": question.comparator_text},
            ],
            "comparator_type": None,
            "well_defined": None,
            "gap": None,
        },
        "assignment": {
            "target": "randomised, open label",
            "emulation": {"conditional_on": list(covariates)},
            "gap": "exchangeability given these covariates is assumed, not tested",
        },
        "time_zero": {
            "target": None,
            "emulation": dictionary.time_zero or None,
            "clocks": {"eligible_at": None, "assigned_at": None, "followup_start_at": None},
            "flags": [{"variable": f.variable, "other": f.other, "code": f.code, "text": f.text} for f in flags],
            "gap": None,
            "open": overlapping,
        },
        "follow_up": {"target": None, "emulation": None, "ends_years": ends, "gap": None},
        "outcome": {
            "target": None,
            "emulation": question.outcome.text,
            "label": outcome.title if outcome is not None else question.outcome.variable,
            "unit": outcome.unit if outcome is not None else "",
            "validation": None,
            "competing_events": None,
            "gap": None,
        },
        "causal_contrast": {"target": None, "emulation": None, "gap": None},
        "estimand": {
            "population": estimand.value,
            "measure": scale.value,
            "time_point": None,
            "intercurrent_events": [],
        },
    }


def _causal_model(dag: Dag | None, found: Identification | None, chosen: Sequence[str]) -> dict[str, Any]:
    if dag is None or found is None:
        return {
            "dag": {"nodes": [], "edges": [], "assumed_absent_edges": None},
            "adjustment": {"chosen": None, "valid": None, "minimal_sets": [], "optimal": None, "reason": None},
            "identifiability": {"verdict": "not_assessed", "must_measure": [], "assumptions": []},
        }
    question = Question.of(dag, found.exposures, found.outcomes)
    known = set(dag.names)
    valid = set(chosen) <= known and question.is_valid(frozenset(chosen))
    names = dag.names
    drawn = {frozenset(edge) for edge in (*dag.edges, *dag.bidirected)}
    absent = [[a, b] for i, a in enumerate(names) for b in names[i + 1 :] if frozenset((a, b)) not in drawn]
    return {
        "dag": {
            "nodes": [{"name": node.name, "status": node.status.value, "selection": node.selection} for node in dag],
            "edges": [{"from": a, "to": b, "source": "user"} for a, b in dag.edges],
            "latent_common_causes": [list(edge) for edge in dag.bidirected],
            "assumed_absent_edges": absent,
        },
        "adjustment": {
            "chosen": list(chosen),
            "valid": bool(valid),
            "minimal_sets": [list(s) for s in found.minimal_sets],
            "n_minimal": found.n_minimal,
            "complete": found.complete,
            "canonical": None if found.canonical_set is None else list(found.canonical_set),
            "optimal": None if found.optimal_set is None else list(found.optimal_set),
            "invalid_popular": [
                {"rule": s.rule, "set": list(s.names), "reason": str(s.reason)} for s in found.invalid_popular
            ],
            "reason": None if valid else "the chosen covariates are not a valid set in this diagram",
        },
        "identifiability": {
            "verdict": found.verdict.value,
            "nonparametric": found.nonparametric,
            "frontdoor_sets": [list(s) for s in found.frontdoor_sets],
            "instruments": list(found.instruments),
            "must_measure": [{"measure": list(r.names), "verdict": r.verdict.value} for r in found.must_measure],
            "assumptions": [{"name": a.value, "comment": None} for a in found.assumptions],
        },
    }


def _cases(data: AnalysisData | None) -> dict[str, Any] | None:
    if data is None:
        return None
    report = data.report
    return {
        "n": report.n,
        "n_used": report.n_used,
        "unknown": dict(report.unknown),
        "outside_contrast": report.outside_contrast,
        "not_eligible": report.not_eligible,
        "constant_columns": list(report.constant_columns),
        "columns": list(data.names),
    }


def _planning(effect: PlanningEffect | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    return {
        "mined": effect.mined,
        "shrunken": effect.shrunken,
        "smallest_of_interest": effect.smallest_of_interest,
        "z_mined": effect.z_mined,
        "z_shrunken": effect.z_shrunken,
        "method": effect.method,
        "supported": effect.supported,
        "notes": list(effect.notes),
    }


def _direction(estimates: Sequence[Estimate], scale: Scale) -> str | None:
    for estimate in estimates:
        if estimate.scale is scale:
            return "above" if estimate.value > scale.null else "below"
    return None


def _levels(dictionary: Dictionary, name: str) -> int:
    return len(dictionary[name].levels) if name in dictionary else 0


def _provenance(
    document: Mapping[str, Any], question: CausalQuestion, smallest_of_interest: float | None
) -> dict[str, str]:
    mined = {"finding_ref", "mining_context"}
    computed = {
        "protocol_id", "version", "supersedes", "amendments", "status", "suggested_question", "causal_model",
        "study_type",
        "design_stage", "planning_effect", "sample_size", "precision", "sensitivity", "refutation", "guardrails",
        "limitations", "signatures", "negative_controls", "result", "deviations",
    }  # fmt: skip
    table = {
        key: Provenance.MINED.value
        if key in mined
        else Provenance.COMPUTED.value
        if key in computed
        else Provenance.DEFAULT.value
        for key in document
        if key != "content_hash"
    }
    for path in ("plain_question", "rationale", "ethics", "privacy", "availability", "data_plan", "existing_evidence"):
        table[path] = Provenance.UNKNOWN.value
    table["question"] = Provenance.USER.value
    table["causal_model.dag"] = Provenance.USER.value if document["causal_model"]["dag"]["edges"] else "unknown"
    table["target_trial"] = Provenance.UNKNOWN.value
    table["target_trial.assignment"] = Provenance.COMPUTED.value
    table["target_trial.outcome"] = Provenance.USER.value
    table["target_trial.strategies"] = Provenance.USER.value
    table["target_trial.eligibility"] = Provenance.USER.value if question.eligibility else Provenance.DEFAULT.value
    table["target_trial.estimand"] = Provenance.DEFAULT.value
    table["target_trial.time_zero"] = (
        Provenance.MINED.value if document["target_trial"]["time_zero"]["emulation"] else Provenance.UNKNOWN.value
    )
    table["success.smallest_of_interest"] = (
        Provenance.UNKNOWN.value if smallest_of_interest is None else Provenance.USER.value
    )
    return table
