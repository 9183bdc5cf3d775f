"""Which part of a protocol answers which topic of HARPER, TARGET, RECORD-PE and ROBINS-I.

Topics are named in our words and item numbers are not copied: the full texts of the checklists were not at hand, and
the mapping is a reader's aid, no claim of conformity.

References
----------
HARPER: Wang SV et al. Pharmacoepidemiol Drug Saf 2023;32:44, doi:10.1002/pds.5507.
TARGET: JAMA 2025 and BMJ 2025. RECORD-PE: Langan SM et al. BMJ 2018;363:k3532. ROBINS-I: Sterne JAC et al. BMJ
2016;355:i4919.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal.protocol import Protocol, Provenance

CHECKLISTS = ("HARPER", "TARGET", "RECORD-PE", "ROBINS-I")

# Path in the protocol -> the topic of each checklist that it answers ("" where it has none).
TOPICS: dict[str, tuple[str, str, str, str]] = {
    "plain_question": ("research question", "introduction: objective", "objectives", ""),
    "rationale": ("rationale and background", "introduction: background", "background", ""),
    "finding_ref": ("rationale: existing evidence", "", "background", "reported result"),
    "amendments": ("amendments", "other information", "protocol access", "reported result"),
    "target_trial.eligibility": ("population", "target trial: eligibility", "participants, codes", "selection"),
    "target_trial.strategies": (
        "exposure and comparator",
        "target trial: strategies",
        "exposure definition",
        "classification",
    ),
    "target_trial.assignment": ("covariates", "target trial: assignment", "confounders", "confounding"),
    "target_trial.time_zero": ("time anchors", "emulation: time zero", "study entry, index date", "selection"),
    "target_trial.follow_up": ("follow-up", "target trial: follow-up", "follow-up", "deviations"),
    "target_trial.outcome": ("outcome", "target trial: outcome", "outcome definition, validation", "measurement"),
    "target_trial.causal_contrast": ("contrast", "target trial: contrast", "", "deviations"),
    "target_trial.estimand": ("estimand", "target trial: estimand", "", ""),
    "causal_model.dag": ("confounding, diagram", "assumptions", "confounders", "confounding"),
    "causal_model.identifiability": ("assumptions", "identifying assumptions", "", "confounding"),
    "analysis_plan.primary": ("primary analysis", "analysis plan", "statistical methods", "reported result"),
    "analysis_plan.secondary": ("secondary analyses", "analysis plan", "statistical methods", "reported result"),
    "analysis_plan.missing_data": ("missing data", "missing data", "missing data", "missing data"),
    "sample_size": ("study size and feasibility", "", "study size", ""),
    "precision": ("feasibility by group", "", "study size", ""),
    "negative_controls": ("bias analyses", "additional analyses", "bias", "confounding"),
    "sensitivity": ("sensitivity analyses", "additional analyses", "bias", "confounding"),
    "guardrails": ("data quality", "", "data cleaning, linkage", "selection"),
    "data_plan": ("data sources", "data sources", "data access, linkage", ""),
    "success": ("interpretation rule", "", "", "reported result"),
    "limitations": ("limitations", "limitations", "limitations", ""),
    "ethics": ("protection of persons", "other information: ethics", "ethics", ""),
    "availability": ("plans for dissemination", "other information: data and code", "access to code", ""),
    "authors": ("title page", "other information: registration, funding", "funding", ""),
}


def checklist(protocol: Protocol) -> tuple[Mapping[str, Any], ...]:
    """Each part with its topics, its provenance, and whether it is answered."""
    rows = []
    for path, topics in TOPICS.items():
        try:
            value = protocol[path]
        except (KeyError, IndexError, TypeError):
            value = None
        answered = value not in (None, "", [], {}) and protocol.provenance(path) is not Provenance.UNKNOWN
        rows.append({"part": path, "answered": answered, **dict(zip(CHECKLISTS, topics, strict=True))})
    return tuple(rows)
