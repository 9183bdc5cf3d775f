"""Minima against brute force stand in test_significance.py; here is what holds for them by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from miner.multiplicity.discrete import Side
from miner.patterns.items import declare_items
from miner.patterns.outcome_search import OutcomeSearch
from miner.patterns.permutation_minima import PermutationMinima
from tests.miner.patterns.tables import random_dataset


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("unknown", [0.0, 0.1])
def test_minima_do_not_depend_on_how_patterns_are_cut_into_batches_or_on_threads(
    stratified: bool, unknown: float
) -> None:
    dataset = random_dataset(160, [3, 2, 3, 2], seed=6, unknown=unknown)
    items = declare_items(dataset, ["x0", "x1", "x2", "x3"]).items
    (outcome,) = declare_items(dataset, ["y"], absences=False).items
    strata = np.arange(160) % 2 if stratified else None
    search = OutcomeSearch.over(dataset, items, outcome, 2, Side.TWO_SIDED, strata)
    count, blocks = search.permuted(600, 3)
    found = []

    packed = None
    for cut, threads in ((1_000, 1), (7, 2)):
        minima = PermutationMinima(search=search, count=count, allowed=30, threads=threads)
        packed = packed or [minima.packed(block) for block in blocks]
        limits = [minima.ln_limit]
        for batch, _ in search.batches(lambda: 1):
            for start in range(0, len(batch), cut):
                part = np.zeros(len(batch), dtype=bool)
                part[start : start + cut] = True
                minima.lower(batch.where(part), packed, 0)
                limits.append(minima.ln_limit)
        assert limits == sorted(limits, reverse=True)
        found.append(minima.ln_least)

    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
    assert (found[0] < 0).all()
    assert len(found[0]) == 600
