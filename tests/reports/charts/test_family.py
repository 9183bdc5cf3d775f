"""How the p-values of a family lie: counts, quantiles and the step-up line, checked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from miner.multiplicity import adjust, rejected
from reports.charts.family import p_histogram, quantiles, step_up
from reports.translation import translator

T = translator("en")


def rows(chart: Any, key: str) -> list[dict[str, Any]]:
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows if key in row]


def uniform(m: int, seed: int = 5) -> np.ndarray:
    return np.log(np.random.Generator(np.random.Philox(seed)).random(m))


def test_the_histogram_counts_every_computed_p_once() -> None:
    ln_p = np.append(uniform(500), [np.nan, 0.0])
    bars = rows(p_histogram(ln_p, T), "count")
    assert len(bars) == 20
    assert sum(bar["count"] for bar in bars) == 501
    expected, _ = np.histogram(np.exp(ln_p[:500]), bins=20, range=(0, 1))
    assert [bar["count"] for bar in bars[:19]] == list(expected[:19])


def test_uniform_p_values_lie_in_the_band_and_small_ones_above_it() -> None:
    inside = rows(quantiles(uniform(400), T), "low")
    assert np.mean([row["low"] <= row["y"] <= row["high"] for row in inside]) > 0.8
    outside = rows(quantiles(3 * uniform(400), T), "low")
    assert np.mean([row["y"] > row["high"] for row in outside]) > 0.8


def test_a_p_that_no_double_can_hold_is_drawn_at_the_edge() -> None:
    points = rows(quantiles(np.append(uniform(50), -5_000.0), T), "low")
    assert max(row["y"] for row in points) == 300.0


@pytest.mark.parametrize("strength", [1, 8])
def test_the_step_up_title_says_what_benjamini_and_hochberg_reject(strength: int) -> None:
    ln_p = np.append(uniform(200), strength * uniform(40, seed=6))
    m, q = 300, 0.1
    decided = int(np.count_nonzero(rejected(adjust(ln_p, "bh", m=m).ln_adjusted, q)))
    title = step_up(ln_p, m, q, T).to_dict()["title"]["text"]
    assert title.startswith(f"{decided} of 300")
    points = rows(step_up(ln_p, m, q, T), "rank")
    assert [point["p"] for point in points] == sorted((point["p"] for point in points), reverse=True)
