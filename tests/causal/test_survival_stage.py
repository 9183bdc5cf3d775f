"""Times to an event are designed by restricted means, and never averaged as if all had ended."""

from __future__ import annotations

import numpy as np
import pytest

from causal.confirmation import primary_estimate
from causal.design_stage import run_design_stage
from causal.estimation import Scale
from causal.protocol import Protocol, check_schema
from causal.protocol_draft import Origin, draft_protocol
from causal.question import CausalQuestion, Comparator, Part
from causal.survival_stage import survival_stage
from miner.errors import NoEvents, UnsuitableVariable
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable

LEVELS = (Level(code="0", label="no"), Level(code="1", label="yes"))


def followed(n: int = 1500, seed: int = 1, *, named: bool = True, events: bool = True) -> Dataset:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    t = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(np.int32)
    life, end = rng.exponential(1 / np.exp(-1 + 0.6 * t + 0.4 * x)), rng.uniform(0.5, 5, n)
    variables = (
        Variable(name="drug", kind=Kind.BINARY, levels=LEVELS),
        Variable(name="x", kind=Kind.CONTINUOUS),
        Variable(name="time", kind=Kind.DURATION, event="died" if named else ""),
        Variable(name="died", kind=Kind.BINARY, levels=LEVELS),
    )
    columns = {
        "drug": t,
        "x": x,
        "time": np.minimum(life, end),
        "died": (life <= end).astype(np.int32) * (t if not events else 1),
    }
    dictionary = Dictionary(name="f", variables=variables)
    return Dataset(dictionary=dictionary, columns=columns, keys=tuple(map(str, range(n))))


def question() -> CausalQuestion:
    return CausalQuestion.from_finding(
        {"id": "f", "x": ["drug"], "y": "time"},
        {"drug": Part.EXPOSURE, "time": Part.OUTCOME, "x": Part.COVARIATE},
        comparator=Comparator.OTHERS,
    )


def test_the_restricted_mean_leads_and_the_hazard_ratio_stands_beside_it() -> None:
    result = run_design_stage(followed(), question())

    assert [e.scale for e in result.stage.estimates][:2] == [Scale.RMST_DIFFERENCE, Scale.HAZARD_RATIO]
    assert result.main is not None
    assert result.main.high < 0
    assert result.stage.sample_size["rows"][0]["design"] == "time to event"
    assert "not run" in result.problems[-1]


def test_a_censored_time_is_never_averaged() -> None:
    with pytest.raises(UnsuitableVariable, match="survival"):
        question().analysis(followed())


def test_a_duration_without_its_event_and_an_arm_without_events_are_refused() -> None:
    with pytest.raises(UnsuitableVariable, match="event"):
        survival_stage(followed(named=False), question(), covariates=["x"])
    with pytest.raises(NoEvents):
        survival_stage(followed(events=False), question(), covariates=["x"])


def test_the_protocol_carries_the_event_and_its_analysis_can_be_run_again() -> None:
    table = followed()
    result = run_design_stage(table, question())
    protocol: Protocol = draft_protocol(
        protocol_id="s",
        question=question(),
        dictionary=table.dictionary,
        origin=Origin(finding={"id": "f"}),
        design=result.stage,
        method="ipw",
    )
    check_schema(protocol.document)
    assert "died" in protocol["analysis_plan.primary.specification.variables"]
    assert result.main is not None
    assert primary_estimate(protocol, table).value == pytest.approx(result.main.value)
