"""Reversals are found, and no data can give a variable its role."""

from __future__ import annotations

import numpy as np
import pytest

from causal.confounding import confounder_triage, correlation_ratio, standardised_from_strata
from causal.design_matrix import analysis_data
from miner.statistics.stratified import mantel_haenszel
from tests.causal.nhefs import nhefs

KIDNEY = (np.array([[81.0, 87], [192, 263]]), np.array([[234.0, 270], [55, 80]]))
# Berkeley admissions 1973 by department (men; women): Bickel, Hammel & O'Connell, Science 1975;187:398.
BERKELEY = (
    np.array([[512.0, 825], [353, 560], [120, 325], [138, 417], [53, 191], [22, 373]]),
    np.array([[89.0, 108], [17, 25], [202, 593], [131, 375], [94, 393], [24, 341]]),
)
# Smokers and others alive after twenty years in Whickham, by age (dead, persons): Appleton et al., Am Stat 1996;50:340.
WHICKHAM = (
    np.array([[2.0, 55], [3, 124], [14, 109], [27, 130], [51, 115], [29, 36], [13, 13]]),
    np.array([[1.0, 62], [5, 157], [7, 121], [12, 78], [40, 121], [101, 129], [64, 64]]),
)


@pytest.mark.parametrize("strata", [KIDNEY, BERKELEY, WHICKHAM], ids=["kidney stones", "Berkeley", "Whickham"])
def test_the_classical_reversals_are_found(strata: tuple[np.ndarray, np.ndarray]) -> None:
    found = standardised_from_strata(*strata)
    assert found.reversal
    assert found.change > 0.1


def test_the_common_odds_ratio_is_that_of_the_statistics_room() -> None:
    one, zero = BERKELEY
    tables = np.stack(
        [np.stack([one[:, 0], one[:, 1] - one[:, 0]], 1), np.stack([zero[:, 0], zero[:, 1] - zero[:, 0]], 1)], 1
    )
    expected = float(np.ravel(mantel_haenszel(tables.astype(int)).odds_ratio)[0])
    assert standardised_from_strata(one, zero).mantel_haenszel == pytest.approx(expected, rel=1e-9)


def test_identical_strata_change_nothing() -> None:
    same = np.array([[10.0, 50], [10, 50]])
    found = standardised_from_strata(same, np.array([[5.0, 50], [5, 50]]))
    assert not found.reversal
    assert found.change == pytest.approx(0.0)


def test_age_moves_the_association_of_quitting_with_death() -> None:
    table = nhefs()
    data = analysis_data(table, exposure="qsmk", outcome="death", covariates=[])
    (age,) = confounder_triage(table, data, ["age"])

    assert age.crude == pytest.approx(1.325, abs=0.01)
    assert age.stratified < 1.1
    assert age.change > 0.1


def test_changing_the_data_never_gives_a_role_and_a_diagram_does() -> None:
    table = nhefs()
    data = analysis_data(table, exposure="qsmk", outcome="death", covariates=[])
    for part in (data, data.take(np.arange(200)), data.take(data.exposure == data.outcome)):
        if len(np.unique(part.exposure)) == 2:
            assert {row.role for row in confounder_triage(table, part, ["age", "sex"])} == {"unknown"}
    (told,) = confounder_triage(table, data, ["age"], roles={"age": "mediator"})
    assert told.recommendation == "do not adjust (mediator)"


def test_a_variable_that_tells_the_values_apart_has_a_ratio_of_one() -> None:
    assert correlation_ratio(np.array([1.0, 1, 2, 2]), np.array([0, 0, 1, 1])) == 1.0
    assert correlation_ratio(np.array([1.0, 2, 1, 2]), np.array([0, 0, 1, 1])) == 0.0
