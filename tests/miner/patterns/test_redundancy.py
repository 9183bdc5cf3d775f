from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from miner.patterns.item_table import EncodedItems
from miner.patterns.items import declare_items
from miner.patterns.redundancy import compare_with_generalisations
from miner.patterns.rules import mine_rules
from tests.miner.patterns.tables import random_dataset


@pytest.mark.parametrize("unknown", [0.0, 0.1])
def test_every_rule_is_compared_with_all_its_generalisations_among_the_same_persons(unknown: float) -> None:
    dataset = random_dataset(250, [3, 2, 3, 2], seed=6, unknown=unknown)
    items = declare_items(dataset, ["x0", "x1", "x2", "x3"]).items
    (outcome,) = declare_items(dataset, ["y"], absences=False).items
    antecedents = np.concatenate(
        [
            block.antecedents
            for block in mine_rules(
                dataset, antecedent_items=items, outcome_items=[outcome], max_length=3, minimum_count=3
            )
        ]
    )

    result = compare_with_generalisations(dataset, antecedent_items=items, outcome=outcome, antecedents=antecedents)

    encoded = EncodedItems(dataset, items)
    states = np.array([encoded.states(i) for i in range(len(items))])
    y = EncodedItems(dataset, [outcome]).states(0)
    assert len(antecedents) > 100
    for i, row in enumerate(antecedents):
        rule = [int(j) for j in row if j >= 0]
        known = (states[rule] >= 0).all(axis=0) & (y >= 0)

        def has(subset: tuple[int, ...], known: np.ndarray = known) -> np.ndarray:
            return known & (states[list(subset)] == 1).all(axis=0)

        whole = has(tuple(rule))
        p = []
        for left_out in rule:
            rest = has(tuple(j for j in rule if j != left_out)) & ~whole
            table = [[(whole & (y == v)).sum() for v in (1, 0)], [(rest & (y == v)).sum() for v in (1, 0)]]
            p.append(fisher_exact(table, alternative="greater")[1])
        subsets = [s for size in range(len(rule)) for s in combinations(rule, size)]
        best = max(y[has(s)].mean() for s in subsets)
        assert result.ln_productive_p[i] == pytest.approx(np.log(max(p)), abs=1e-9)
        assert result.improvement[i] == pytest.approx(y[whole].mean() - best, abs=1e-12)
        assert result.productive[i] == (max(p) <= 0.05)
        assert result.redundant[i] == (y[whole].mean() - best <= 1e-12)
        kept = {int(j) for j in result.repeats[i] if j >= 0}
        if not result.folded[i]:
            assert kept == set()
        elif not result.productive[i]:
            assert kept == set(rule) - {rule[int(np.argmax(p))]}
        else:
            assert kept < set(rule)
            assert y[has(tuple(kept))].mean() == pytest.approx(best)


def test_an_item_that_adds_nothing_is_named_by_the_rule_that_is_left() -> None:
    dataset = random_dataset(400, [2, 2], seed=1)
    noise = np.random.default_rng(0).integers(0, 2, 400).astype(np.int32)
    dataset.columns["x1"].setflags(write=True)
    dataset.columns["x1"][:] = noise  # type: ignore[index]
    items = declare_items(dataset, ["x0", "x1"], absences=False).items
    (outcome,) = declare_items(dataset, ["y"], absences=False).items

    result = compare_with_generalisations(
        dataset,
        antecedent_items=items,
        outcome=outcome,
        antecedents=np.array([[0, -1], [0, 1]], dtype=np.int32),
    )

    assert result.folded.tolist() == [False, True]
    assert result.repeats.tolist() == [[-1, -1], [0, -1]]
