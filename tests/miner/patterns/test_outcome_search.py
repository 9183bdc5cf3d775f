from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from miner.errors import NoItems
from miner.multiplicity.discrete import Side
from miner.patterns.items import declare_items
from miner.patterns.outcome_search import OutcomeSearch, signed_chi2
from tests.miner.patterns.tables import random_dataset


def test_the_signed_chi_square_is_the_mantel_haenszel_statistic_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    tables = rng.integers(1, 30, size=(20, 4, 2, 2))

    scores = signed_chi2(
        tables[:, :, 0, 0], tables[:, :, 0].sum(axis=2), tables[:, :, :, 0].sum(axis=2), tables.sum(axis=(2, 3))
    )

    for stack, score in zip(tables, scores):
        theirs = StratifiedTable(list(stack.astype(float)))
        assert abs(score) == pytest.approx(theirs.test_null_odds(correction=False).statistic, rel=1e-10)
        assert (score > 0) == (theirs.oddsratio_pooled > 1)


def test_strata_with_one_person_or_one_outcome_say_nothing() -> None:
    scores = signed_chi2(np.array([[1, 3]]), np.array([[1, 3]]), np.array([[1, 8]]), np.array([[1, 8]]))

    assert scores.tolist() == [0.0]


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("stratified", [False, True])
def test_no_pattern_has_a_p_below_the_least_that_its_margins_allow(side: Side, stratified: bool) -> None:
    dataset = random_dataset(150, [3, 2, 3], seed=2, unknown=0.1)
    items = declare_items(dataset, ["x0", "x1", "x2"]).items
    (outcome,) = declare_items(dataset, ["y"], absences=False).items
    strata = np.arange(150) % 3 if stratified else None

    search = OutcomeSearch.over(dataset, items, outcome, 2, side, strata)

    for batch, _ in search.batches(lambda: 1):
        assert (search.ln_p(batch) >= batch.ln_least - 1e-9).all()


def test_support_alone_tells_what_can_be_significant_only_where_everything_is_known() -> None:
    items_of = ["x0", "x1"]
    for unknown in (0.0, 0.2):
        dataset = random_dataset(100, [3, 2], seed=2, unknown=unknown)
        items = declare_items(dataset, items_of).items
        (outcome,) = declare_items(dataset, ["y"], absences=False).items
        search = OutcomeSearch.over(dataset, items, outcome, 2, Side.GREATER, None)
        assert (search.least_support(np.log(1e-3)) > 1) == (unknown == 0.0)


def test_an_outcome_that_does_not_vary_and_no_items_beside_its_own_are_refused() -> None:
    dataset = random_dataset(100, [3, 2], seed=2)
    (outcome,) = declare_items(dataset, ["y"], absences=False).items
    cases = dataset.take(np.flatnonzero(dataset["y"] == 1))

    with pytest.raises(NoItems):
        OutcomeSearch.over(cases, declare_items(dataset, ["x0"]).items, outcome, 2, Side.GREATER, None)
    with pytest.raises(NoItems):
        OutcomeSearch.over(dataset, [outcome], outcome, 2, Side.GREATER, None)
