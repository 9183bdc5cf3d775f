"""The design stage of an outcome that is a time to an event: restricted means first, the hazard ratio beside them.

Refutations and the specification curve are made for risks and means; for times they are not run, and that is said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from causal import power, triage
from causal.design_matrix import AnalysisData
from causal.estimation import Estimate, hazard_ratio, restricted_mean_difference
from causal.planning import planning_effect
from causal.protocol_draft import DesignStage
from causal.question import CausalQuestion
from causal.sensitivity_table import e_value_of
from miner.tables.model import Dataset


def survival_stage(
    dataset: Dataset,
    question: CausalQuestion,
    *,
    covariates: Sequence[str],
    squares: Sequence[str] = (),
    threshold: float = 1.959963984540054,
    smallest_hazard_ratio: float | None = None,
    target: float = 0.8,
    alpha: float = 0.05,
) -> tuple[AnalysisData, DesignStage, tuple[str, ...]]:
    """Data, numbers for the protocol, and what was not done.

    Estimates are the weighted and crude differences of restricted means and the adjusted hazard ratio; sizes are
    planned by events (Schoenfeld; Hsieh and Lavori). Raises NoEvents for an arm without events, and what refuses the
    question.
    """
    data, event = question.survival(dataset, covariates, squares=squares)
    guards = [
        triage.positivity(data),
        *triage.immortal_time(dataset, replace(question, covariates=tuple(covariates))),
        triage.repeated_persons(dataset.keys),
        triage.unit_of_analysis(dataset.dictionary.unit_of_analysis),
    ]
    flags = [flag.to_dict() for flag in sorted(guards, key=lambda flag: flag.id)]
    if guards[0].passed is False:
        told = f"nothing is estimated: {guards[0].finding}"
        return data, DesignStage(data=data, guardrails=flags), (told,)
    ratio = hazard_ratio(data, event)
    estimates: list[Estimate] = [restricted_mean_difference(data, event), ratio]
    if data.covariates.shape[1]:
        estimates.append(restricted_mean_difference(data, event, adjusted=False))
    rare = float(event.mean()) < 0.15
    found = e_value_of(data, ratio, rare=rare)
    rows: list[dict[str, Any]] = [
        {
            "analysis": name,
            "value": None if math.isnan(value) else value,
            "reading": "a confounder needs this risk ratio with exposure and outcome",
            "inputs": {"hazard_ratio": ratio.value, "rare": rare},
        }
        for name, value in (("E-value of the hazard ratio", found.point), ("E-value of its limit", found.limit))
    ]
    planning = planning_effect(
        estimate=math.log(ratio.value),
        se=ratio.se,
        threshold=threshold,
        smallest_of_interest=None if smallest_hazard_ratio is None else math.log(smallest_hazard_ratio),
    )
    sizes = _sizes(data, event, planning.mined, planning.shrunken if planning.supported else None,
                   planning.smallest_of_interest, target, alpha)  # fmt: skip
    stage = DesignStage(
        data=data, estimates=estimates, sensitivity=rows, guardrails=flags, planning=planning, sample_size=sizes
    )
    return data, stage, ("refutations and specification curve are not run for times to an event",)


def _sizes(
    data: AnalysisData,
    event: np.ndarray,
    mined: float,
    shrunken: float | None,
    smallest: float | None,
    target: float,
    alpha: float,
) -> dict[str, Any]:
    share, probability = float((data.exposure == 1).mean()), float(event.mean())

    def persons(effect: float | None) -> int | None:
        if effect is None or effect == 0.0:
            return None
        n = power.time_to_event(
            hazard_ratio=math.exp(effect), event_probability=probability, power=target, alpha=alpha, p_exposed=share
        )
        return n.total

    above, _ = power.detectable_hazard_ratio(events=float(event.sum()), power=target, alpha=alpha, p_exposed=share)
    row = {"mined": persons(mined), "shrunken": persons(shrunken), "smallest_of_interest": persons(smallest)}
    sized = {name: n for name, n in row.items() if name != "mined" and n is not None}
    headline = max(sized, key=lambda name: sized[name]) if sized else None
    return {
        "alpha": alpha,
        "power": target,
        "sided": 2,
        "inputs": {"events_present": float(event.sum()), "event_probability": probability, "p_exposed": share},
        "rows": [{"design": "time to event", **row, "detectable": above, "detectable_scale": "hazard ratio"}],
        "n_headline": sized[headline] if headline else None,
        "headline_from": headline,
    }
