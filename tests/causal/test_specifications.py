"""Only valid sets of one estimand are compared."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from causal.dag import Dag
from causal.estimation import Scale
from causal.identification import identify
from causal.question import Condition
from causal.specifications import specification_curve, valid_sets
from tests.causal.test_negative_controls import world


def test_every_set_is_valid_and_each_appears_once() -> None:
    dag = Dag.of([("a", "t"), ("a", "b"), ("b", "y"), ("t", "y"), ("t", "m"), ("m", "y")])
    found = identify(dag, "t", "y")
    sets = valid_sets(found)

    assert {("a",), ("b",)} <= set(sets)
    assert len(set(sets)) == len(sets)
    assert all("m" not in s for s in sets)


def test_estimates_come_in_order_and_agree_where_the_models_are_right() -> None:
    dataset, asked, _ = world()
    curve = specification_curve(dataset, asked, [("c",), ("c", "clean")], scale=Scale.MEAN_DIFFERENCE)
    values = [row["value"] for row in curve.rows]

    assert values == sorted(values)
    assert len(values) == 6
    assert curve.agrees == (curve.range_over_se < 1)
    assert curve.to_dict()["rows"]


def test_a_set_that_leaves_confounding_open_shows_as_disagreement() -> None:
    dataset, asked, _ = world()
    curve = specification_curve(dataset, asked, [(), ("c",)], scale=Scale.MEAN_DIFFERENCE)
    assert not curve.agrees
    assert curve.heterogeneity_p < 0.001


def test_what_is_refused_is_listed_with_its_reason() -> None:
    dataset, asked, _ = world(300)
    curve = specification_curve(dataset, asked, [("nothing",), ("c",)], scale=Scale.MEAN_DIFFERENCE, estimators={})
    assert curve.refused[0]["set"] == ["nothing"]
    single = specification_curve(dataset, asked, [("nothing",)], scale=Scale.MEAN_DIFFERENCE)
    assert math.isnan(single.range_over_se)
    assert not single.agrees


def test_ratios_are_compared_as_logarithms() -> None:
    dataset, asked, _ = world(800)
    high = replace(asked, outcome=Condition.parse(f"y >= {float(np.median(dataset['y']))!r}"))
    curve = specification_curve(dataset, high, [("c",), ("c", "clean")], scale=Scale.RISK_RATIO)
    logs = [math.log(row["value"]) for row in curve.rows]

    errors = [row["se"] for row in curve.rows]
    assert curve.range_over_se == pytest.approx((max(logs) - min(logs)) / float(np.median(errors)))
