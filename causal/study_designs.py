"""Which study, how large, and with what precision for whom: deterministic rules and the table of designs.

Study types follow printed rules: each is judged (recommended, not, or cannot be assessed) with its reason, none in
silence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import ndtri

from causal import power
from causal.design_matrix import AnalysisData
from causal.estimation import Estimate, Scale
from causal.planning import PlanningEffect
from causal.power import Inflation
from causal.question import CausalQuestion, genetic, manipulable
from miner.errors import FortuitError
from miner.tables.model import Dataset, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """What the rules need to know and a table cannot tell; None where nobody has said."""

    verdict: str = "not_assessed"
    must_measure: bool = False
    derived_outcome: bool | None = None
    independent_data: bool | None = None
    equipoise: bool | None = None
    ethical: bool | None = None
    trial_feasible: bool | None = None
    transient_exposure: bool | None = None
    acute_outcome: bool | None = None
    expensive_measurement: bool | None = None
    instrument: bool | None = None
    natural_experiment: bool | None = None
    active_comparator: bool | None = None
    dated: bool | None = None


def study_types(
    question: CausalQuestion, dataset: Dataset, data: AnalysisData | None, facts: StudyFacts | None = None
) -> tuple[dict[str, Any], ...]:
    """The rules in order, each judged; the first that holds is recommended, the later ones are alternatives.

    Genotypes are not "no causal study": they get replication, a functional study, or Mendelian randomisation.
    """
    f = facts or StudyFacts()
    dictionary = dataset.dictionary
    genes = any(genetic(dictionary, name) for name in question.exposure_variables)
    settable = all(manipulable(dictionary, name) for name in question.exposure_variables)
    prevalence = float(data.outcome.mean()) if data is not None and data.binary_outcome else None
    exposed = float((data.exposure == 1).mean()) if data is not None and data.binary_exposure else None
    unidentified = None if f.verdict == "not_assessed" else f.verdict == "not_identified"
    measured = [
        dictionary[v].measured for v in (*question.exposure_variables, question.outcome.variable) if v in dictionary
    ]
    dated = all(span is not None for span in measured) if f.dated is None else f.dated
    rules: list[tuple[str, bool | None, str, str]] = [
        (
            "replication in an independent cohort, functional study, or Mendelian randomisation if assumptions hold",
            genes,
            "the exposure is a genotype or mutation",
            "the exposure is not a genotype",
        ),
        (
            "no causal study of this exposure: descriptive study or decomposition, or another exposure",
            not settable and not genes,
            "nobody can set the exposure",
            "the exposure could be set",
        ),
        (
            "reject as a finding",
            f.derived_outcome,
            "the outcome derives from the exposure",
            "the outcome does not derive from the exposure",
        ),
        (
            "replication of the association first, same definitions",
            f.independent_data,
            "independent data exist and it was never replicated",
            "no independent data",
        ),
        (
            "new data collection with the variables that are missing, or a trial",
            _all(unidentified, f.must_measure),
            "not identified, and what to measure is known",
            "identified, or nothing to measure would help",
        ),
        (
            "randomised trial (by cluster where contamination is likely)",
            _all(unidentified, settable, f.equipoise, f.ethical, f.trial_feasible),
            "not identified, and a trial is possible",
            "identified, or a trial is not possible",
        ),
        (
            "self-controlled case series (or case-crossover where exposure has no trend)",
            _all(f.transient_exposure, f.acute_outcome),
            "transient exposure, acute outcome",
            "the exposure is not transient or the outcome not acute",
        ),
        (
            "nested case-control or case-cohort study, 4 controls a case",
            _any(None if prevalence is None else prevalence < 0.02, f.expensive_measurement),
            "the outcome is rare or dear to measure",
            "the outcome is frequent and measured",
        ),
        (
            "cohort of exposed and unexposed matched on the propensity score",
            _all(None if exposed is None else exposed < 0.02, None if prevalence is None else prevalence >= 0.02),
            "rare exposure, frequent outcome",
            "the exposure is not rare",
        ),
        (
            "instrumental variable study (Mendelian randomisation if genetic), F above 10",
            True if f.verdict in {"iv", "conditional_iv"} else f.instrument,
            "an instrument is in the diagram or stated",
            "no instrument",
        ),
        (
            "difference in differences, interrupted time series or regression discontinuity",
            f.natural_experiment,
            "a policy date or cut-off is stated",
            "no natural experiment",
        ),
        (
            "target-trial emulation in a cohort, new users, active comparator",
            _all(f.active_comparator, dated),
            "active comparator and dates of initiation exist",
            "no active comparator or no dates",
        ),
        (
            "longitudinal data: what is here has no order of time and can confirm nothing",
            not dated,
            "no dates",
            "measurement times are declared",
        ),
    ]
    rows, recommended = [], False
    for number, (recommend, holds, yes, no) in enumerate(rules, start=1):
        if holds is None:
            verdict, reason = "cannot be assessed", "not stated"
        elif holds:
            verdict, reason = ("alternative" if recommended else "recommended"), yes
            recommended = True
        else:
            verdict, reason = "does not apply", no
        rows.append({"rule": number, "recommend": recommend, "verdict": verdict, "reason": reason})
    if not recommended:
        rows.append(
            {
                "rule": len(rules) + 1,
                "recommend": "target-trial emulation in a cohort, new users",
                "verdict": "recommended",
                "reason": "default: no earlier rule holds",
            }
        )
    return tuple(rows)


def sample_size_table(
    data: AnalysisData,
    estimate: Estimate,
    planning: PlanningEffect,
    *,
    inflation: Inflation | None = None,
    target: float = 0.8,
    alpha: float = 0.05,
) -> dict[str, Any]:
    """Persons needed by design for the effect as mined, shrunken, and smallest of interest; and what is detectable now.

    ``planning`` holds effects on the scale where the estimate is normal: logarithms for ratios. The headline is the
    larger of the sizes for the shrunken effect (if it can be supported) and the smallest effect of interest; the one
    for the mined effect is shown and never used. The protocol's joint success rule is planned with its own power.
    """
    factors = inflation or Inflation()
    effects = {
        "mined": planning.mined,
        "shrunken": planning.shrunken if planning.supported else None,
        "smallest_of_interest": planning.smallest_of_interest,
    }
    rows = _binary_rows(data, estimate, effects, factors, target, alpha) if data.binary_outcome else []
    if not data.binary_outcome:
        rows = _mean_rows(data, effects, factors, target, alpha)
    first = rows[0]
    candidates = {name: first.get(name) for name in ("shrunken", "smallest_of_interest")}
    sized = {name: int(n) for name, n in candidates.items() if n is not None}
    headline = max(sized, key=lambda name: sized[name]) if sized else None
    se_now = estimate.se
    events = float(data.outcome.sum()) if data.binary_outcome else None
    joint = None
    if planning.smallest_of_interest is not None and planning.supported and headline:
        se_then = se_now * math.sqrt(data.n * factors.factor / sized[headline])
        same = planning.shrunken * planning.smallest_of_interest > 0
        joint = power.joint_rule_power(
            effect=planning.shrunken if same else 0.0,
            se=se_then,
            smallest_of_interest=planning.smallest_of_interest,
            alpha=alpha,
        )
    return {
        "alpha": alpha,
        "power": target,
        "sided": 2,
        "inputs": {
            "p_exposed": float((data.exposure == 1).mean()),
            "outcome_unexposed": float(data.outcome[data.exposure == 0].mean()),
            "sd": None if data.binary_outcome else float(data.outcome.std(ddof=1)),
            "n_present": data.n,
            "events_present": events,
            "source": "discovery part",
        },
        "inflation": factors.rows(),
        "rows": rows,
        "n_headline": sized[headline] if headline else None,
        "headline_from": headline,
        "joint_rule_power": joint,
        "note": None
        if planning.supported
        else "no planning effect can be supported; use the smallest effect of interest",
    }


def expected_precision(
    dataset: Dataset,
    data: AnalysisData,
    estimate: Estimate,
    variables: Sequence[str],
    *,
    n_headline: int | None,
    least_events: float = 10.0,
    least_persons: float = 50.0,
) -> tuple[dict[str, Any], ...]:
    """Half-width of the interval to expect in each group of sex, age, deprivation, territory (``variables``).

    The error of the whole is scaled by the group's share of the planned persons; a group is *not evaluable* below 50
    persons or 10 events in either arm of the study as planned.
    """
    planned = n_headline or data.n
    z = float(ndtri(0.975))
    rows = []
    for name in variables:
        for group, own in _groups(dataset, name, data.rows):
            share = float(own.mean())
            persons = share * planned
            reasons = []
            for arm, title in ((1.0, "exposed"), (0.0, "unexposed")):
                members = own & (data.exposure == arm)
                if members.sum() / data.n * planned < least_persons / 2:
                    reasons.append(f"{members.sum() / data.n * planned:.0f} {title}")
                if data.binary_outcome and data.outcome[members].sum() / data.n * planned < least_events / 2:
                    reasons.append(f"{data.outcome[members].sum() / data.n * planned:.0f} events among the {title}")
            if persons < least_persons:
                reasons.append(f"{persons:.0f} persons")
            evaluable = not reasons and share > 0
            width = z * estimate.se * math.sqrt(data.n / persons) if evaluable else None
            rows.append(
                {
                    "variable": name,
                    "group": group,
                    "n": int(own.sum()),
                    "n_planned": round(persons),
                    "half_width": width,
                    "scale": f"log {estimate.scale.value}" if estimate.scale.is_ratio else estimate.scale.value,
                    "evaluable": evaluable,
                    "reason": "; ".join(reasons),
                }
            )
    return tuple(rows)


def representation(
    dataset: Dataset, rows: np.ndarray, reference: Mapping[str, Mapping[str, float]] | None
) -> tuple[dict[str, Any], ...]:
    """Who is not represented, against shares of a reference population that the user supplies; without one: cannot
    say."""
    if not reference:
        return ({"statement": "cannot say: no reference population was supplied"},)
    said = []
    for name, shares in reference.items():
        present = {group: float(own.mean()) for group, own in _groups(dataset, name, rows)}
        for group, expected in shares.items():
            found = present.get(group, 0.0)
            word = "absent" if found == 0 else "under-represented" if found < 0.8 * expected else "represented"
            said.append({"variable": name, "group": group, "share": found, "reference": expected, "statement": word})
    return tuple(said)


def _binary_rows(
    data: AnalysisData,
    estimate: Estimate,
    effects: Mapping[str, float | None],
    factors: Inflation,
    target: float,
    alpha: float,
) -> list[dict[str, Any]]:
    p0 = (
        float(data.outcome[data.exposure == 0].mean())
        if math.isnan(estimate.mean_unexposed)
        else estimate.mean_unexposed
    )
    share = float((data.exposure == 1).mean())
    exposed, unexposed = int((data.exposure == 1).sum()), int((data.exposure == 0).sum())
    cases = float(data.outcome.sum())
    p_controls = float(data.exposure[data.outcome == 0].mean())

    def risk(effect: float) -> float:
        if estimate.scale is Scale.RISK_DIFFERENCE:
            return p0 + effect
        if estimate.scale is Scale.ODDS_RATIO:
            return power.exposure_among_cases(math.exp(effect), p0)
        return p0 * math.exp(effect)

    def cohort(effect: float) -> int:
        n = power.cohort(p1=risk(effect), p0=p0, power=target, alpha=alpha, ratio=(1 - share) / share)
        return power.whole((n.exposed + n.unexposed) * factors.factor)

    def odds(effect: float) -> float:
        p1 = risk(effect)
        return p1 / (1 - p1) * (1 - p0) / p0

    def case_control(effect: float) -> int:
        n = power.case_control(odds_ratio=odds(effect), p0=p_controls, power=target, alpha=alpha, ratio=4.0)
        return power.whole((n.exposed + n.unexposed) * factors.factor)

    def matched(effect: float) -> int:
        n = power.matched_case_control(
            odds_ratio=odds(effect), p0=p_controls, phi=0.2, power=target, alpha=alpha, ratio=4
        )
        return power.whole((n.exposed + n.unexposed) * factors.factor)

    def hazards(effect: float) -> int:
        p1 = risk(effect)
        ratio = math.log(1 - p1) / math.log(1 - p0)
        mean = share * p1 + (1 - share) * p0
        n = power.time_to_event(hazard_ratio=ratio, event_probability=mean, power=target, alpha=alpha, p_exposed=share)
        return power.whole((n.exposed + n.unexposed) * factors.factor)

    above, _ = power.detectable_risk_ratio(p0=p0, exposed=exposed, unexposed=unexposed, power=target, alpha=alpha)
    or_above, _ = power.detectable_odds_ratio(
        p0=p_controls, cases=cases, controls=data.n - cases, power=target, alpha=alpha
    )
    hr_above, _ = power.detectable_hazard_ratio(events=max(cases, 1.0), power=target, alpha=alpha, p_exposed=share)
    table = (
        ("cohort, two risks", cohort, above, "risk ratio", "Fleiss, Levin & Paik 2003"),
        ("case-control, 4 controls a case", case_control, or_above, "odds ratio", "Schlesselman 1982"),
        ("matched case-control, 4 controls, phi 0.2", matched, or_above, "odds ratio", "Dupont 1988"),
        ("time to event", hazards, hr_above, "hazard ratio", "Schoenfeld 1983; Hsieh & Lavori 2000"),
    )
    return [
        {
            "design": design,
            **{name: _sized(size, effect) for name, effect in effects.items()},
            "detectable": detectable,
            "detectable_scale": scale,
            "reference": reference,
        }
        for design, size, detectable, scale, reference in table
    ]


def _mean_rows(
    data: AnalysisData, effects: Mapping[str, float | None], factors: Inflation, target: float, alpha: float
) -> list[dict[str, Any]]:
    spread = float(data.outcome.std(ddof=1))
    share = float((data.exposure == 1).mean()) if data.binary_exposure else 0.5
    exposed, unexposed = data.n * share, data.n * (1 - share)

    def means(effect: float) -> int:
        n = power.means(difference=effect / spread, power=target, alpha=alpha, ratio=(1 - share) / share)
        return power.whole((n.exposed + n.unexposed) * factors.factor)

    def equal(effect: float) -> int:
        n = power.means(difference=effect / spread, power=target, alpha=alpha)
        return power.whole((n.exposed + n.unexposed) * factors.factor)

    detectable = power.detectable_difference(exposed=exposed, unexposed=unexposed, power=target, alpha=alpha) * spread
    return [
        {
            "design": design,
            **{name: _sized(size, effect) for name, effect in effects.items()},
            "detectable": detectable,
            "detectable_scale": "mean difference",
            "reference": "Cohen 1988, chapter 2",
        }
        for design, size in (("cohort, two means", means), ("two arms of equal size", equal))
    ]


def _sized(size: Any, effect: float | None) -> int | None:
    if effect is None:
        return None
    try:
        return int(size(effect))
    except (FortuitError, ValueError, OverflowError):
        # An effect of nothing, or one that makes a risk leave (0, 1), has no sample size.
        return None


def _groups(dataset: Dataset, name: str, rows: np.ndarray) -> list[tuple[str, np.ndarray]]:
    variable, values = dataset.dictionary[name], dataset[name][rows]
    if variable.kind.is_categorical:
        return [(level.label, values == code) for code, level in enumerate(variable.levels)]
    numbers = values.astype(np.float64)
    cuts = list(variable.cut_points)
    if not cuts and variable.kind in {Kind.CONTINUOUS, Kind.COUNT}:
        cuts = [float(c) for c in np.unique(np.nanquantile(numbers, (0.25, 0.5, 0.75)))]
    edges = [-math.inf, *cuts, math.inf]
    return [(f"[{low:g}, {high:g})", (numbers >= low) & (numbers < high)) for low, high in pairwise(edges)]


def _all(*conditions: bool | None) -> bool | None:
    if any(condition is False for condition in conditions):
        return False
    return None if any(condition is None for condition in conditions) else True


def _any(*conditions: bool | None) -> bool | None:
    if any(conditions):
        return True
    return None if any(condition is None for condition in conditions) else False
