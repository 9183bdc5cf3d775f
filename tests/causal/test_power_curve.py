"""Power curves agree with the sizes of the protocol and never fall."""

from __future__ import annotations

from itertools import pairwise

import pytest

from causal.power_curve import null_of, power_curve
from causal.protocol import Provenance
from tests.causal.protocols import drafted


def test_the_curve_for_the_smallest_effect_meets_the_target_at_the_headline_size() -> None:
    protocol = drafted()
    size = protocol["sample_size"]
    assert size["headline_from"] == "smallest_of_interest"
    near = min(
        (row for row in power_curve(protocol, points=400) if row["curve"] == "smallest"),
        key=lambda row: abs(row["n"] - size["n_headline"]),
    )
    assert near["power"] == pytest.approx(size["power"], abs=0.04)


def test_more_persons_never_lower_the_power() -> None:
    rows = power_curve(drafted())
    for curve in {row["curve"] for row in rows}:
        ordered = sorted((row for row in rows if row["curve"] == curve), key=lambda row: row["n"])
        assert all(a["power"] <= b["power"] + 1e-12 for a, b in pairwise(ordered))


def test_the_joint_rule_is_met_no_more_often_than_its_interval() -> None:
    rows = power_curve(drafted())
    power = {(row["n"], row["curve"]): row["power"] for row in rows}
    assert all(power[n, "joint"] <= power[n, "shrunken"] + 1e-12 for n, curve in power if curve == "joint")


def test_nothing_planned_has_no_curve() -> None:
    assert power_curve(drafted().stated("planning_effect", None, Provenance.COMPUTED)) == ()
    assert null_of(drafted()) == 0.0
