"""A complete protocol on the demo table, ready to be frozen, for the tests of the causal room."""

from __future__ import annotations

from functools import cache

import numpy as np

from causal.dag import Dag
from causal.design_stage import DesignOptions, StageResult, run_design_stage
from causal.estimation import Scale
from causal.identification import Identification, identify
from causal.protocol import Protocol, freeze, sign
from causal.protocol_draft import Origin, draft_protocol
from causal.question import CausalQuestion, Comparator, Part
from miner.tables.model import Dataset
from tests.causal.nhefs import COVARIATES, SQUARES, nhefs


def question(outcome: str = "wt82_71") -> CausalQuestion:
    """Quitting against not quitting, with the book's covariates."""
    return CausalQuestion.from_finding(
        {"id": "f1", "x": ["qsmk = quit"], "y": outcome},
        {"qsmk = quit": Part.EXPOSURE, outcome: Part.OUTCOME, **dict.fromkeys(COVARIATES, Part.COVARIATE)},
        comparator=Comparator.OTHERS,
    )


def diagram(outcome: str = "wt82_71") -> Dag:
    """Every covariate a common cause."""
    edges = [("qsmk", outcome)]
    for name in COVARIATES:
        edges += [(name, "qsmk"), (name, outcome)]
    return Dag.of(edges)


def measure_of(outcome: str) -> Scale:
    """A difference for weight, a ratio for death."""
    return Scale.MEAN_DIFFERENCE if outcome == "wt82_71" else Scale.RISK_RATIO


@cache
def identified(outcome: str = "wt82_71") -> Identification:
    """The verdict of the diagram."""
    return identify(diagram(outcome), "qsmk", outcome)


@cache
def designed(outcome: str = "wt82_71", smallest: float = 1.0) -> StageResult:
    """The design stage on the even rows of the demo table."""
    options = DesignOptions(squares=SQUARES, smallest_of_interest=smallest, measure=measure_of(outcome))
    return run_design_stage(
        halves()[0], question(outcome), options, dag=diagram(outcome), identification=identified(outcome)
    )


@cache
def halves() -> tuple[Dataset, Dataset]:
    """Even rows, which play the discovery part, and odd rows."""
    everyone = nhefs()
    even = np.arange(everyone.n) % 2 == 0
    return everyone.take(even), everyone.take(~even)


@cache
def drafted(outcome: str = "wt82_71", smallest: float = 1.0, method: str = "standardisation") -> Protocol:
    """The draft with what only the program knows."""
    design = designed(outcome, smallest)
    return draft_protocol(
        protocol_id="nhefs",
        question=question(outcome),
        dictionary=nhefs().dictionary,
        origin=Origin(finding={"id": "f1", "x": ["qsmk = quit"], "y": outcome}, family={"tests": 18432, "rank": 1}),
        design=design.stage,
        dag=diagram(outcome),
        identification=identified(outcome),
        squares=SQUARES,
        smallest_of_interest=smallest,
        method=method,
        measure=measure_of(outcome),
    )


@cache
def ready(outcome: str = "wt82_71", smallest: float = 1.0, method: str = "standardisation") -> Protocol:
    """The draft with all that a person has to state."""
    protocol = drafted(outcome, smallest, method)
    stated = {
        "plain_question": "Does quitting change weight within 11 years in adult smokers?",
        "rationale": "Mined; plausible by energy balance.",
        "target_trial.time_zero.target": "first interview",
        "target_trial.time_zero.gap": "quitting is dated to 1971-1982 only",
        "target_trial.follow_up.emulation": "to 1982",
        "target_trial.causal_contrast.emulation": "as observed",
        "target_trial.estimand.time_point": "11 years",
        "target_trial.estimand.intercurrent_events": [{"event": "death", "strategy": "composite"}],
        "negative_controls.reason_for_none": "no outcome of the table shares its causes and not the exposure",
        "data_plan": {
            "kind": "new_file",
            "source": "another wave",
            "independent": True,
            "overlap_rows": 0,
            "holdout": None,
            "unit": "person",
        },
    }
    for path, value in stated.items():
        protocol = protocol.stated(path, value)
    return sign(protocol, name="A. Researcher", date="2026-01-01")


@cache
def frozen(outcome: str = "wt82_71", smallest: float = 1.0, method: str = "standardisation") -> Protocol:
    """The ready protocol, frozen."""
    return freeze(ready(outcome, smallest, method))
