from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import NotCanonical
from miner.ledger.grammar import grammar_of, size_of, universe_of
from miner.ledger.verify_pack import universe_size
from miner.multiplicity.families import Mode, Universe

items = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 4), min_size=1, max_size=6)


def named(counts: dict[str, int]) -> dict[str, frozenset[str]]:
    return {name: frozenset(f"{name} = {i}" for i in range(count)) for name, count in counts.items()}


@given(st.sampled_from(list(Mode)), items, items, st.integers(1, 5))
def test_three_counts_written_apart_agree(
    mode: Mode, left: dict[str, int], right: dict[str, int], longest: int
) -> None:
    universe = Universe(mode=mode, scope="s", test="t", left=named(left), right=named(right), max_length=longest)
    grammar = grammar_of(universe)
    assert size_of(grammar) == universe_size(grammar) == universe.size
    assert universe_of(grammar, scope="s") == universe


@given(items, items, st.integers(1, 3))
def test_rules_are_as_many_as_can_be_written_down(left: dict[str, int], right: dict[str, int], longest: int) -> None:
    written = 0
    for target, some in right.items():
        others = {name: count for name, count in left.items() if name != target}
        for length in range(1, longest + 1):
            for chosen in combinations(others, length):
                written += some * len(list(product(*(range(others[name]) for name in chosen))))
    assert size_of({"mode": "rule", "left": left, "right": right, "max_length": longest}) == written


def test_lists_and_unions_add_up() -> None:
    pair = {"mode": "pair", "left": {"a": 1, "b": 1, "c": 1}, "right": {"a": 1, "b": 1, "c": 1}}
    assert size_of({"mode": "union", "parts": [pair, {"mode": "list", "size": 4}]}) == 7


def test_the_scope_stays_out_of_the_grammar_because_it_is_a_hash_of_the_data() -> None:
    universe = Universe(mode=Mode.PAIR, scope="hash of data", test="t", left=named({"a": 1}), right=named({"b": 1}))
    assert "hash of data" not in str(grammar_of(universe))


@pytest.mark.parametrize(
    "grammar", [{}, {"mode": "other"}, {"mode": "rule", "left": {}}, {"mode": "list", "size": "x"}]
)
def test_what_is_not_a_grammar_is_refused(grammar: dict[str, Any]) -> None:
    with pytest.raises(NotCanonical):
        size_of(grammar)
