from __future__ import annotations

from dataclasses import replace

import pytest

from miner.patterns.items import declare_items
from miner.patterns.rules import mine_rules
from miner.patterns.second_opinion import METRICS, verify_rules
from tests.miner.patterns.tables import random_dataset


@pytest.mark.parametrize("unknown", [0.0, 0.1])
def test_mlxtend_agrees_with_every_rule(unknown: float) -> None:
    dataset = random_dataset(300, [3, 2, 3], seed=2, unknown=unknown)
    items = declare_items(dataset, ["x0", "x1", "x2"]).items
    outcomes = declare_items(dataset, ["y"]).items

    for block in mine_rules(dataset, antecedent_items=items, outcome_items=outcomes, max_length=2):
        opinion = verify_rules(dataset, antecedent_items=items, outcome_items=outcomes, rules=block)
        assert opinion.checked == len(block)
        assert opinion.differences == ()
        assert opinion.engine.startswith("mlxtend ")


def test_a_wrong_count_is_told_with_both_numbers() -> None:
    dataset = random_dataset(300, [3, 2], seed=2)
    items = declare_items(dataset, ["x0", "x1"]).items
    outcomes = declare_items(dataset, ["y"], absences=False).items
    (block,) = mine_rules(dataset, antecedent_items=items, outcome_items=outcomes, max_length=1)
    wrong = block.a.copy()
    wrong[2] += 1

    opinion = verify_rules(
        dataset, antecedent_items=items, outcome_items=outcomes, rules=replace(block, a=wrong, b=block.b)
    )

    assert {difference.antecedent for difference in opinion.differences} == {(items[2].text,)}
    assert {difference.metric for difference in opinion.differences} <= set(METRICS)
    assert all(difference.theirs is not None for difference in opinion.differences)
    assert len(opinion.differences) >= 3
