"""The whole design stage in one call: same seed, same bytes; refusals are words."""

from __future__ import annotations

import numpy as np
import pytest

from causal.design_stage import DesignOptions, design_study
from causal.estimation import Method
from causal.protocol import canonical
from causal.protocol_draft import DesignStage
from miner.errors import OneLevelExposure, UnknownVariable
from miner.tables.model import Dataset
from tests.causal.nhefs import SQUARES, nhefs
from tests.causal.protocols import designed, diagram, halves, question


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
    again = design_study(halves()[0], question(), diagram(), options)

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
        design_study(halves()[0], question(), diagram(), progress=stop)
    assert seen[0] == "identification"


def test_without_a_diagram_the_verdict_is_not_assessed_and_the_rest_is_done() -> None:
    found = design_study(halves()[0], question(), None, DesignOptions(squares=SQUARES))
    assert found.identification is None
    assert "no diagram" in found.problems[0]
    assert found.stage.estimates


def test_one_arm_and_a_misspelt_covariate_are_refused() -> None:
    quitters = nhefs().take(nhefs()["qsmk"] == 1)
    with pytest.raises(OneLevelExposure):
        design_study(quitters, question(), diagram())
    with pytest.raises(UnknownVariable):
        design_study(nhefs(), question(), None, adjustment=["agee"])
