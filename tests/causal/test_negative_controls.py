"""Suggestions follow the diagram, and only a person can confirm them."""

from __future__ import annotations

import numpy as np

from causal.dag import Dag
from causal.estimation import Estimand, Estimate, Method, Scale
from causal.negative_controls import calibration_note, control_estimates, suggested_controls, systematic_error
from causal.question import CausalQuestion, Comparator, Part
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable


def world(n: int = 3000, seed: int = 1) -> tuple[Dataset, CausalQuestion, Dag]:
    rng = np.random.default_rng(seed)
    hidden, c = rng.normal(size=n), rng.normal(size=n)
    t = (rng.random(n) < 1 / (1 + np.exp(-hidden - c))).astype(np.int32)
    columns = {
        "t": t,
        "c": c,
        "y": t + hidden + c + rng.normal(size=n),
        "other": hidden + c + rng.normal(size=n),
        "clean": c + rng.normal(size=n),
        "later": t + rng.normal(size=n),
    }
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    variables = tuple(
        Variable(name=k, kind=Kind.BINARY, levels=levels) if k == "t" else Variable(name=k, kind=Kind.CONTINUOUS)
        for k in columns
    )
    dataset = Dataset(
        dictionary=Dictionary(name="w", variables=variables), columns=columns, keys=tuple(map(str, range(n)))
    )
    asked = CausalQuestion.from_finding(
        {"id": "f", "x": ["t"], "y": "y"},
        {"t": Part.EXPOSURE, "y": Part.OUTCOME, "c": Part.COVARIATE},
        comparator=Comparator.OTHERS,
    )
    edges = [("c", "t"), ("c", "y"), ("t", "y"), ("u", "t"), ("u", "y"), ("u", "other"), ("c", "other"), ("c", "clean")]
    return dataset, asked, Dag.of([*edges, ("t", "later")], latent=["u"])


def test_what_shares_the_causes_of_the_outcome_comes_first_and_descendants_never() -> None:
    dataset, asked, dag = world()
    rows = suggested_controls(dataset, asked, dag)
    outcomes = [row["name"] for row in rows if row["type"] == "outcome"]

    assert outcomes[0] == "other"
    assert "later" not in {row["name"] for row in rows}
    assert not any(row["user_confirmed"] for row in rows)


def test_a_control_shows_the_bias_of_an_unmeasured_cause() -> None:
    dataset, asked, _ = world()
    biased, clean = control_estimates(dataset, asked, ["other", "clean"], ["c"])

    assert not biased["covers_null"]
    assert clean["covers_null"]


def test_a_control_that_cannot_be_estimated_says_why() -> None:
    dataset, asked, _ = world(200)
    (row,) = control_estimates(dataset, asked, ["nothing"], ["c"])
    assert not row["evaluable"]
    assert "nothing" in row["reason"]


def test_how_far_a_number_of_controls_carries() -> None:
    assert calibration_note(0) == "no negative control"
    assert "flag" in calibration_note(3)
    assert "unstable" in calibration_note(20)
    assert "usable" in calibration_note(30)


def test_a_shared_bias_is_learnt_from_twelve_controls_and_not_from_three() -> None:
    rng = np.random.default_rng(5)
    rows = [{"evaluable": True, "value": 0.5 + rng.normal() * 0.1, "se": 0.05} for _ in range(12)]
    biased = Estimate(
        method=Method.IPW, estimand=Estimand.ATE, scale=Scale.MEAN_DIFFERENCE, value=1.0, low=0.9, high=1.1, se=0.1,
        n=9, n_exposed=4, n_unexposed=5,
    )  # fmt: skip
    found = systematic_error(rows, biased, spread=2.0)

    assert abs(found["mean"] - 0.5) < 0.1
    assert found["ln_p_calibrated"] > np.log(0.2)
    assert systematic_error(rows[:3], biased, spread=2.0)["ln_p_calibrated"] is None
