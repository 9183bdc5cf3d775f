"""The charts of a study: the numbers they rest on, the label they carry, and both languages."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal.power_curve import power_curve
from causal.sensitivity import e_value
from reports.charts.frame import as_svg
from reports.charts.study import (
    e_value_plot,
    e_value_rows,
    love_plot,
    overlap_plot,
    overlap_rows,
    power_plot,
    specification_plot,
)
from reports.translation import LANGUAGES, translator
from tests.causal.protocols import drafted


@given(st.floats(1.05, 8.0))
def test_each_pair_on_the_curve_explains_the_ratio_and_its_diagonal_is_the_e_value(ratio: float) -> None:
    rows = e_value_rows(ratio, largest=40.0)
    assert all(math.isclose(r["x"] * r["y"] / (r["x"] + r["y"] - 1), ratio, rel_tol=1e-9) for r in rows)
    value = e_value(ratio).point
    assert min(abs(r["x"] - value) + abs(r["y"] - value) for r in rows) < value


def test_a_null_ratio_has_no_curve() -> None:
    assert e_value_rows(1.0) == []


def test_the_shares_of_an_arm_sum_to_one() -> None:
    drawn = drafted()["design_stage.balance"]["propensity_histogram"]
    rows = overlap_rows(drawn, translator("en"))
    for arm in {row["arm"] for row in rows}:
        assert sum(row["share"] for row in rows if row["arm"] == arm) == pytest.approx(1.0)
        area = sum(row["density"] * (row["high"] - row["low"]) for row in rows if row["arm"] == arm)
        assert area == pytest.approx(1.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_carries_the_label(language: str) -> None:
    t, protocol = translator(language), drafted()
    balance, size = protocol["design_stage.balance"], protocol["sample_size"]
    charts = [
        love_plot(balance["rows"], t),
        overlap_plot(balance["propensity_histogram"], t),
        specification_plot(protocol["design_stage.specifications"], t, scale="kg", null=0.0),
        power_plot(power_curve(protocol), t, target=size["power"], headline=size["n_headline"]),
        e_value_plot(1.5, 1.2, t),
    ]
    for chart in charts:
        assert chart.to_dict()["title"]["subtitle"] == t("label")
    assert as_svg(charts[0]).startswith("<svg")
