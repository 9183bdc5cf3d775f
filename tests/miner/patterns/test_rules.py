from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import BadLength, BadStrata, BadSupport, NoItems
from miner.patterns.items import declare_items
from miner.patterns.rules import RuleMining, mine_rules, universe_size
from tests.miner.patterns.tables import brute_force, random_dataset


def counted(mining: RuleMining) -> dict[tuple[int, ...], tuple[int, int, int, int]]:
    return {
        tuple(sorted(int(i) for i in rule if i >= 0)): (int(a), int(b), int(c), int(d))
        for block in mining
        for rule, a, b, c, d in zip(block.antecedents, block.a, block.b, block.c, block.d)
    }


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(5, 300),
    levels=st.lists(st.integers(2, 4), min_size=1, max_size=6),
    unknown=st.sampled_from([0.0, 0.1, 0.5]),
    minimum=st.integers(1, 12),
    max_length=st.integers(1, 4),
    seed=st.integers(0, 10_000),
)
def test_every_rule_is_counted_as_by_brute_force_with_and_without_unknown_values(
    n: int, levels: list[int], unknown: float, minimum: int, max_length: int, seed: int
) -> None:
    dataset = random_dataset(n, levels, seed=seed, unknown=unknown)
    items = declare_items(dataset, [f"x{v}" for v in range(len(levels))]).items
    outcome = declare_items(dataset, ["y"]).items
    if not items or not outcome:
        return

    mining = mine_rules(
        dataset,
        antecedent_items=items,
        outcome_items=outcome[1:],
        max_length=max_length,
        minimum_count=minimum,
    )
    found = counted(mining)

    assert found == brute_force(dataset, items, outcome[1], max_length, minimum)
    account = mining.account
    assert account.tested == len(found)
    assert account.tested + sum(account.uncomputed.values()) == account.universe
