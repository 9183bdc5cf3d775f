"""Reporting ratios by hand, and as the effects they are under other names."""

from __future__ import annotations

import math

import numpy as np
import pytest

from miner.statistics.contingency import chi_square
from miner.statistics.disproportionality import disproportionality
from miner.statistics.proportions import wald_odds_ratio, wald_risk_ratio


def test_prr_is_a_risk_ratio_ror_an_odds_ratio_and_yates_that_of_a_table() -> None:
    found = disproportionality(25, 1000, 80, 20000)
    assert found.prr.low == wald_risk_ratio(25, 1000, 80, 20000).low
    assert found.ror.high == wald_odds_ratio(25, 1000, 80, 20000).high
    assert found.chi2_yates == pytest.approx(chi_square([[25, 1000], [80, 20000]], correction=True).statistic)
    assert found.expected == pytest.approx(1025 * 105 / 21105)
    assert found.relative_reporting == pytest.approx(25 / found.expected)


def test_evans_needs_a_ratio_a_chi_squared_and_three_reports() -> None:
    assert disproportionality(3, 5, 10, 2000).evans
    assert not disproportionality(2, 5, 10, 2000).evans
    assert not disproportionality(30, 500, 30, 500).evans
    assert not disproportionality(0, 50, 30, 920).evans


def test_arrays_with_empty_cells_and_margins_go_through() -> None:
    found = disproportionality([0, 3, 0, 0], [5, 0, 0, 0], [4, 0, 3, 0], [6, 4, 2, 0])
    assert found.prr.estimate[0] == 0
    assert found.prr.estimate[1] == math.inf
    assert np.isnan(found.prr.estimate[2])
    assert np.isnan(found.expected[3])
    assert found.evans.dtype == bool
