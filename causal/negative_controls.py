"""Outcomes and exposures for which nothing is expected: suggested from the table and the diagram, confirmed by a
person.

What is found on them is bias: one control raises a flag, ten give an unstable calibration, thirty a usable one.

References
----------
Lipsitch M, Tchetgen Tchetgen E, Cohen T. Epidemiology 2010;21:383, doi:10.1097/EDE.0b013e3181d61eeb.
Schuemie MJ et al. Stat Med 2014;33:209, doi:10.1002/sim.5925 (empirical calibration).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from causal.dag import Dag
from causal.design_matrix import analysis_data, as_numbers
from causal.estimation import Estimate, regression
from causal.question import CausalQuestion
from miner.errors import FortuitError
from miner.statistics.calibration import calibrated_ln_p, fit_systematic_error
from miner.tables.model import Dataset

# How many variables outside the diagram are offered: a person has to judge each.
OUTSIDE = 10


def suggested_controls(
    dataset: Dataset, question: CausalQuestion, dag: Dag, *, most: int = 30
) -> tuple[dict[str, Any], ...]:
    """Candidates, best first: outcomes that share causes with the outcome and are no descendants of the exposure;
    exposures
    that share causes with the exposure and have no path to the outcome but through these.

    A variable outside the diagram is offered only as an outcome, with the diagram's silence said. Ranked by the overlap
    (Jaccard) of shared parents, then by association with the covariates. Nobody has confirmed any: ``user_confirmed``
    False.
    """
    exposure, outcome = question.exposure_variables[0], question.outcome.variable
    rows: list[dict[str, Any]] = []
    if exposure in dag and outcome in dag:
        after = dag.descendants([exposure])
        causes_y, causes_t = set(dag.parents(outcome)) - {exposure}, set(dag.parents(exposure))
        for name in dag.names:
            if name in {exposure, outcome} or name not in dataset.columns or name in after:
                continue
            own = set(dag.parents(name))
            shared = own & causes_y
            if shared and not dag.descendants([name]) & {exposure, outcome}:
                rows.append(_row(dataset, question, name, "outcome", shared, own | causes_y))
            shared = own & causes_t
            if shared and outcome not in dag.descendants([name]) and exposure not in dag.descendants([name]):
                rows.append(_row(dataset, question, name, "exposure", shared, own | causes_t))
    known, outside = {row["name"] for row in rows}, 0
    time = dataset.dictionary[outcome].measured if outcome in dataset.dictionary else None
    for variable in dataset.dictionary:
        name = variable.name
        if name in known or name in dag or name not in dataset.columns or name == outcome:
            continue
        if variable.kind.is_numeric and (not dataset.known(name).any() or name in question.exposure_variables):
            continue
        later = time is None or (variable.measured is not None and variable.measured.end >= time.start)
        if not (variable.kind.is_numeric or len(variable.levels) == 2) or name in question.exposure_variables:
            continue
        if later and outside < OUTSIDE and _with_outcome(dataset, question, name) < 0.5:
            outside += 1
            rows.append(
                {
                    "name": name,
                    "type": "outcome",
                    "why": "measured with the outcome; the diagram does not hold it, so a person has to judge it",
                    "shared_causes": [],
                    "jaccard": 0.0,
                    "association": _association(dataset, question, name),
                    "expected_null": True,
                    "user_confirmed": False,
                }
            )
    rows.sort(key=lambda row: (-row["jaccard"], -row["association"], row["name"]))
    return tuple(rows[:most])


def control_estimates(
    dataset: Dataset, question: CausalQuestion, controls: Sequence[str], covariates: Sequence[str]
) -> tuple[dict[str, Any], ...]:
    """The primary contrast run on each negative-control outcome: linear adjusted difference in its own SD.

    A control whose interval leaves 0 flags bias; none of them says anything about the outcome of interest.
    """
    rows = []
    for name in controls:
        try:
            values = as_numbers(dataset, name, "a negative control")
            spread = float(np.nanstd(values, ddof=1))
            data = analysis_data(
                dataset,
                exposure=question.exposure_values(dataset),
                outcome=values / spread if spread else values,
                covariates=[c for c in covariates if c != name],
                eligible=question.eligible(dataset),
                outcome_name=name,
            )
            (found,) = regression(data)
        except FortuitError as refusal:
            rows.append({"name": name, "evaluable": False, "reason": refusal.say()})
            continue
        rows.append(_result(name, found))
    return tuple(rows)


def systematic_error(results: Sequence[Mapping[str, Any]], estimate: Estimate, spread: float) -> dict[str, Any]:
    """The spread of bias that the controls show, and the estimate's p calibrated by it; refused below ten controls.

    Parameters
    ----------
    results : rows of ``control_estimates`` (in SD of each control).
    spread : the outcome's standard deviation, which brings a mean difference to the same scale.
    """
    kept = [row for row in results if row["evaluable"]]
    answer: dict[str, Any] = {"controls": len(kept), "note": calibration_note(len(kept))}
    if len(kept) < 10 or estimate.scale.is_ratio:
        return {**answer, "mean": None, "sd": None, "ln_p_calibrated": None}
    error = fit_systematic_error([row["value"] for row in kept], [row["se"] for row in kept])
    calibrated = calibrated_ln_p(error, [estimate.value / spread], [estimate.se / spread])
    return {**answer, "mean": error.mean, "sd": error.sd, "ln_p_calibrated": float(np.ravel(calibrated)[0])}


def calibration_note(count: int) -> str:
    """What a number of controls is good for.

    >>> calibration_note(12)
    'calibration is unstable below 30 controls'
    """
    if count == 0:
        return "no negative control"
    if count < 10:
        return "a flag only: calibration needs ten controls"
    return "calibration is unstable below 30 controls" if count < 30 else "calibration is usable"


def _result(name: str, found: Estimate) -> dict[str, Any]:
    return {
        "name": name,
        "evaluable": True,
        "value": found.value,
        "ci_low": found.low,
        "ci_high": found.high,
        "se": found.se,
        "n": found.n,
        "covers_null": found.on_null,
    }


def _row(
    dataset: Dataset, question: CausalQuestion, name: str, kind: str, shared: set[str], union: set[str]
) -> dict[str, Any]:
    other = "outcome" if kind == "outcome" else "exposure"
    return {
        "name": name,
        "type": kind,
        "why": f"shares {', '.join(sorted(shared))} with the {other} and is not reached from the exposure",
        "shared_causes": sorted(shared),
        "jaccard": len(shared) / len(union),
        "association": _association(dataset, question, name),
        "expected_null": True,
        "user_confirmed": False,
    }


def _with_outcome(dataset: Dataset, question: CausalQuestion, name: str) -> float:
    """Correlation with the outcome: a near copy of it is no control."""
    values, outcome = as_numbers(dataset, name, "a negative control"), question.outcome_values(dataset)
    both = ~np.isnan(values) & ~np.isnan(outcome)
    if both.sum() < 20 or not np.ptp(values[both]) or not np.ptp(outcome[both]):
        return 1.0
    return abs(float(np.corrcoef(values[both], outcome[both])[0, 1]))


def _association(dataset: Dataset, question: CausalQuestion, name: str) -> float:
    """Largest correlation of the candidate with a covariate: what carries bias to the outcome carries it there too."""
    best = 0.0
    try:
        values = as_numbers(dataset, name, "a negative control")
    except FortuitError:
        return best
    for covariate in question.covariates:
        try:
            other = as_numbers(dataset, covariate, "a covariate")
        except FortuitError:
            continue
        both = ~np.isnan(values) & ~np.isnan(other)
        if both.sum() > 2 and np.ptp(values[both]) and np.ptp(other[both]):
            r = abs(float(np.corrcoef(values[both], other[both])[0, 1]))
            best = r if math.isfinite(r) and r > best else best
    return best
