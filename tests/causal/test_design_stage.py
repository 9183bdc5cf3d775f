"""The whole design stage in one call: same seed, same bytes; refusals are words."""

from __future__ import annotations

import numpy as np
import pytest

from causal.design_stage import DesignOptions, run_design_stage
from causal.estimation import Estimand, Method
from causal.protocol import canonical
from causal.protocol_draft import DesignStage
from causal.question import CausalQuestion, Comparator, Part
from miner.errors import OneLevelExposure, UnknownVariable
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable
from tests.causal.nhefs import SQUARES, nhefs
from tests.causal.protocols import designed, diagram, halves, identified, question


def plain(stage: DesignStage) -> bytes:
    return canonical(
        [
            [e.to_dict() for e in stage.estimates],
            [r.to_dict() for r in stage.refutations],
            list(stage.sensitivity),
            list(stage.guardrails),
            dict(stage.sample_size),
            list(stage.precision),
        ]
    )


def test_every_part_of_the_design_is_filled() -> None:
    stage = designed().stage

    assert {e.method for e in stage.estimates} == {Method.STANDARDISATION, Method.IPW, Method.AIPW, Method.MATCHING}
    assert len(stage.refutations) == 6
    assert {g["id"] for g in stage.guardrails} >= {
        "G06",
        "G08",
        "G10",
        "G11",
        "G12",
        "G13",
        "G14",
        "G16",
        "G17",
        "G20",
        "G21",
    }
    assert stage.sensitivity
    assert stage.sample_size["n_headline"]
    assert stage.precision
    assert designed().problems == ()


def test_the_same_seed_gives_the_same_bytes_and_leaves_the_global_generator_alone() -> None:
    options = DesignOptions(squares=SQUARES, smallest_of_interest=1.0)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    again = run_design_stage(halves()[0], question(), options, dag=diagram(), identification=identified())

    assert plain(again.stage) == plain(designed().stage)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_the_table_is_untouched() -> None:
    before = halves()[0].content_hash
    designed()
    assert (
        Dataset(dictionary=halves()[0].dictionary, columns=halves()[0].columns, keys=halves()[0].keys).content_hash
        == before
    )


def test_progress_is_told_and_can_stop_the_work() -> None:
    class Stopped(Exception):
        pass

    seen: list[str] = []

    def stop(step: str, share: float) -> None:
        seen.append(step)
        if share >= 0.25:
            raise Stopped

    with pytest.raises(Stopped):
        run_design_stage(halves()[0], question(), dag=diagram(), progress=stop)
    assert seen[0] == "guardrails"


def test_without_a_diagram_the_rest_is_done() -> None:
    found = run_design_stage(halves()[0], question(), DesignOptions(squares=SQUARES))
    assert found.curve is None
    assert found.stage.negative_controls == ()
    assert found.stage.estimates


def apart(n: int = 4000) -> Dataset:
    """Two arms that hardly meet, though no covariate tells them apart altogether."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=n)
    t = (rng.random(n) < 1 / (1 + np.exp(-5 * x - 5))).astype(np.int32)
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    variables = (
        Variable(name="t", kind=Kind.BINARY, levels=levels),
        Variable(name="x", kind=Kind.CONTINUOUS),
        Variable(name="y", kind=Kind.CONTINUOUS),
    )
    columns = {"t": t, "x": x, "y": x + rng.normal(size=n)}
    dictionary = Dictionary(name="apart", variables=variables)
    return Dataset(dictionary=dictionary, columns=columns, keys=tuple(map(str, range(n))))


def test_arms_that_do_not_meet_get_a_guardrail_and_no_number_but_for_the_overlap_population() -> None:
    asked = CausalQuestion.from_finding(
        {"id": "f", "x": ["t"], "y": "y"},
        {"t": Part.EXPOSURE, "y": Part.OUTCOME, "x": Part.COVARIATE},
        comparator=Comparator.OTHERS,
    )
    refused = run_design_stage(apart(), asked)
    allowed = run_design_stage(apart(), asked, DesignOptions(estimand=Estimand.ATO))

    assert refused.main is None
    assert refused.stage.estimates == ()
    assert "nothing is estimated" in refused.problems[-1]
    assert {g["id"]: g["passed"] for g in refused.stage.guardrails}["G10"] is False
    assert allowed.main is not None
    assert allowed.main.estimand is Estimand.ATO
    assert allowed.main.low < 0 < allowed.main.high


def test_one_arm_and_a_misspelt_covariate_are_refused() -> None:
    quitters = nhefs().take(nhefs()["qsmk"] == 1)
    with pytest.raises(OneLevelExposure):
        run_design_stage(quitters, question())
    with pytest.raises(UnknownVariable):
        run_design_stage(nhefs(), question(), adjustment=["agee"])
