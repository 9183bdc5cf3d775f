from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import BadLength, BadStrata, BadSupport, NoItems
from miner.multiplicity.families import count_rules
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item, declare_items
from miner.patterns.rules import RuleMining, mine_rules
from miner.tables.model import Dataset
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


def one_hot(dataset: Dataset, items: tuple[Item, ...]) -> pd.DataFrame:
    encoded = EncodedItems(dataset, items)
    return pd.DataFrame({item.text: encoded.states(i) == 1 for i, item in enumerate(items)})


def test_complete_data_give_the_rules_of_mlxtend() -> None:
    from mlxtend.frequent_patterns import apriori, association_rules

    dataset = random_dataset(500, [3, 2, 4, 3], seed=3)
    items = declare_items(dataset, ["x0", "x1", "x2", "x3"]).items
    outcome = declare_items(dataset, ["y"], absences=False).items
    minimum = 25

    blocks = mine_rules(dataset, antecedent_items=items, outcome_items=outcome, max_length=3, minimum_count=minimum)
    ours = {}
    for block in blocks:
        for rule, a, b, c, d in zip(block.antecedents, block.a, block.b, block.c, block.d):
            if a >= minimum:
                names = frozenset(items[i].text for i in rule if i >= 0)
                n, x, y = a + b + c + d, a + b, a + c
                ours[names] = (a / n, a / x, a * n / (x * y))

    frame = one_hot(dataset, (*items, *outcome))
    frequent = apriori(frame, min_support=minimum / 500, use_colnames=True, max_len=4)
    rules = association_rules(frequent, num_itemsets=500, metric="support", min_threshold=0.0)
    target = frozenset([outcome[0].text])
    theirs = {
        row["antecedents"]: (row["support"], row["confidence"], row["lift"])
        for _, row in rules[rules["consequents"] == target].iterrows()
    }

    assert len(theirs) > 30
    assert ours.keys() == theirs.keys()
    for names, values in theirs.items():
        assert ours[names] == pytest.approx(values, rel=1e-12)


def test_cells_by_stratum_add_up_to_the_crude_cells_less_the_persons_of_unknown_stratum() -> None:
    dataset = random_dataset(700, [3, 3, 2], seed=5, unknown=0.1)
    items = declare_items(dataset, ["x0", "x1", "x2"]).items
    outcome = declare_items(dataset, ["y"], absences=False).items
    rng = np.random.default_rng(7)
    strata = rng.integers(-1, 5, size=700)

    (block,) = [
        b
        for b in mine_rules(
            dataset, antecedent_items=items, outcome_items=outcome, max_length=1, minimum_count=1, strata=strata
        )
        if len(b)
    ]

    for stratum in range(5):
        part = dataset.take(strata == stratum)
        expected = brute_force(part, items, outcome[0], 1, 0)
        for row, rule in enumerate(block.antecedents):
            a, b, c, d = expected[(int(rule[0]),)]
            assert block.strata is not None
            assert block.strata[row, stratum].tolist() == [[a, b], [c, d]]
    whole = brute_force(dataset, items, outcome[0], 1, 1)
    assert [(a, b, c, d) for a, b, c, d in zip(block.a, block.b, block.c, block.d)] == [
        whole[(int(rule[0]),)] for rule in block.antecedents
    ]


def test_the_universe_is_what_the_independent_count_of_multiplicity_says() -> None:
    dataset = random_dataset(300, [3, 2, 4, 2, 3], seed=11)
    grammar = declare_items(dataset, ["x0", "x1", "x2", "x3", "x4"])
    targets = declare_items(dataset, ["x0", "y"], absences=False)

    mining = mine_rules(
        dataset, antecedent_items=grammar.items, outcome_items=targets.items, max_length=3, minimum_count=10
    )
    for _ in mining:
        pass

    declared = count_rules(grammar.per_variable, 3, consequents=targets.per_variable)
    assert mining.account.universe == declared
    assert mining.account.tested + sum(mining.account.uncomputed.values()) == declared


def test_no_rule_holds_two_items_of_one_variable_or_the_variable_of_its_outcome() -> None:
    dataset = random_dataset(300, [3, 4, 3], seed=2)
    items = declare_items(dataset, ["x0", "x1", "x2"]).items

    for block in mine_rules(dataset, antecedent_items=items, outcome_items=items, max_length=3):
        for rule in block.antecedents:
            names = [items[i].variable for i in rule if i >= 0] + [items[block.outcome].variable]
            assert len(set(names)) == len(names)


def test_a_cap_stops_cleanly_and_the_account_still_adds_up() -> None:
    dataset = random_dataset(400, [3] * 8, seed=4)
    items = declare_items(dataset, [f"x{v}" for v in range(8)]).items
    outcome = declare_items(dataset, ["y"]).items

    mining = mine_rules(dataset, antecedent_items=items, outcome_items=outcome, max_length=3, maximum_rules=100)
    tested = sum(len(block) for block in mining)

    account = mining.account
    assert account.stopped_at == account.tested == tested
    assert 100 <= tested < account.universe
    assert account.tested + sum(account.uncomputed.values()) == account.universe
    assert account.uncomputed["stopped"] > 0


def test_a_cancelled_search_ends_at_the_next_part_and_says_where() -> None:
    dataset = random_dataset(400, [3] * 8, seed=4)
    items = declare_items(dataset, [f"x{v}" for v in range(8)]).items
    outcome = declare_items(dataset, ["y"]).items
    steps: list[tuple[int, int]] = []

    mining = mine_rules(
        dataset,
        antecedent_items=items,
        outcome_items=outcome,
        max_length=3,
        progress=lambda done, total: steps.append((done, total)),
        cancelled=lambda: len(steps) >= 3,
    )
    for _ in mining:
        pass

    assert len(steps) == 3
    assert mining.account.stopped_at == mining.account.tested
    assert mining.account.tested + sum(mining.account.uncomputed.values()) == mining.account.universe


def test_progress_rises_to_the_size_of_the_universe() -> None:
    dataset = random_dataset(400, [3] * 6, seed=4)
    items = declare_items(dataset, [f"x{v}" for v in range(6)]).items
    outcome = declare_items(dataset, ["y"]).items
    steps: list[int] = []

    mining = mine_rules(
        dataset,
        antecedent_items=items,
        outcome_items=outcome,
        max_length=3,
        progress=lambda done, total: steps.append(done),
    )
    for _ in mining:
        pass

    assert steps == sorted(steps)
    assert steps[-1] == mining.account.universe


def test_the_result_does_not_depend_on_the_number_of_threads() -> None:
    dataset = random_dataset(400, [3] * 8, seed=9, unknown=0.05)
    items = declare_items(dataset, [f"x{v}" for v in range(8)]).items
    outcome = declare_items(dataset, ["y"], absences=False).items

    one, two = (
        [
            block.antecedents.tolist()
            for block in mine_rules(
                dataset, antecedent_items=items, outcome_items=outcome, max_length=3, threads=threads
            )
        ]
        for threads in (1, 2)
    )

    assert one == two


def test_an_outcome_with_one_level_is_counted_as_not_computed_with_its_reason() -> None:
    dataset = random_dataset(100, [3, 2], seed=1)
    items = declare_items(dataset, ["x0", "x1"]).items
    outcome = declare_items(dataset, ["y"], absences=False).items
    cases = dataset.take(np.flatnonzero(dataset["y"] == 1))

    mining = mine_rules(cases, antecedent_items=items, outcome_items=outcome)

    assert [len(block) for block in mining] == []
    assert mining.account.uncomputed == {"outcome_constant": mining.account.universe}


def test_impossible_requests_are_refused_by_name() -> None:
    dataset = random_dataset(100, [3, 2], seed=1)
    items = declare_items(dataset, ["x0", "x1"]).items
    outcome = declare_items(dataset, ["y"]).items

    with pytest.raises(NoItems):
        mine_rules(dataset, antecedent_items=(), outcome_items=outcome)
    with pytest.raises(NoItems):
        mine_rules(dataset, antecedent_items=items, outcome_items=())
    with pytest.raises(BadSupport):
        mine_rules(dataset, antecedent_items=items, outcome_items=outcome, minimum_count=0)
    with pytest.raises(BadLength):
        mine_rules(dataset, antecedent_items=items, outcome_items=outcome, max_length=9)
    with pytest.raises(BadStrata):
        mine_rules(dataset, antecedent_items=items, outcome_items=outcome, strata=np.zeros(3, dtype=np.int64))


def test_sets_that_hold_an_item_and_what_it_implies_are_counted_but_not_computed() -> None:
    dataset = random_dataset(300, [3, 3, 3], seed=2)
    items = declare_items(dataset, ["x0", "x1", "x2"]).items
    outcome = declare_items(dataset, ["y"], absences=False).items
    tied = (items[4], items[0])

    everything = counted(mine_rules(dataset, antecedent_items=items, outcome_items=outcome, max_length=3))
    mining = mine_rules(dataset, antecedent_items=items, outcome_items=outcome, max_length=3, determined=[tied])
    without = counted(mining)

    assert without == {rule: cells for rule, cells in everything.items() if not {0, 4} <= set(rule)}
    left = sum(mining.account.uncomputed.values())
    assert mining.account.tested + left == mining.account.universe


def test_strata_are_given_also_where_parts_of_the_search_find_nothing() -> None:
    dataset = random_dataset(200, [3, 3, 3, 2], seed=3)
    items = declare_items(dataset, ["x0", "x1", "x2", "x3"]).items
    outcome = declare_items(dataset, ["y"], absences=False).items
    strata = np.arange(200) % 4

    blocks = list(
        mine_rules(
            dataset,
            antecedent_items=items,
            outcome_items=outcome,
            max_length=3,
            minimum_count=20,
            strata=strata,
        )
    )

    assert sum(len(block) for block in blocks) > 0
    assert all(block.strata is not None and block.strata.shape[1:] == (4, 2, 2) for block in blocks)
