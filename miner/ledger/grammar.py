"""A declared search space as a plain value, from which its size can be counted again by anyone.

This is a second count, written apart from ``miner.multiplicity.families``, so that an error in one of them shows. A
grammar is an object with ``mode`` and

- ``rule``: ``left`` and ``right`` (items by variable, as a list of their texts or as their number) and ``max_length``;
- ``pair``: ``left`` and ``right`` (the same mapping twice for all pairs of one set of variables);
- ``screen``, ``signal``: ``left`` against ``right``, never a variable with itself;
- ``list``: ``size``, for a list written down beforehand;
- ``union``: ``parts``, grammars of which no two share a hypothesis.

>>> size_of({"mode": "rule", "left": {"age": 3, "smoker": 2}, "right": {"asthma": ["asthma = yes"]}, "max_length": 2})
11
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING, Any

from miner.errors import NotCanonical

if TYPE_CHECKING:
    from miner.multiplicity.families import Universe


def size_of(grammar: Mapping[str, Any]) -> int:
    """Number of hypotheses of a grammar.

    Raises
    ------
    NotCanonical
        Where it is not a grammar.
    """
    try:
        mode = grammar["mode"]
        if mode == "list":
            return int(grammar["size"])
        if mode == "union":
            return sum(size_of(part) for part in grammar["parts"])
        left, right = _counts(grammar["left"]), _counts(grammar["right"])
        if mode == "rule":
            return _rules(left, right, int(grammar["max_length"]))
        if mode == "pair":
            # Each pair of two variables once, whichever side it came from.
            return len({frozenset((x, y)) for x in left for y in right if x != y})
        if mode in ("screen", "signal"):
            return sum(left[x] * right[y] for x in left for y in right if x != y)
    except (KeyError, TypeError, ValueError) as error:
        raise NotCanonical(detail=f"a grammar lacks or garbles a field ({error})") from error
    raise NotCanonical(detail=f"a grammar of unknown mode '{mode}'")


def grammar_of(universe: Universe) -> dict[str, Any]:
    """The grammar of a universe of ``miner.multiplicity.families``, as recorded.

    Its scope is left out: it is a plain hash of the data, which a pack that leaves may not show. It stands with the
    run.
    """
    return {
        "mode": str(universe.mode),
        "test": universe.test,
        "left": {name: sorted(items) for name, items in universe.left.items()},
        "right": {name: sorted(items) for name, items in universe.right.items()},
        "max_length": universe.max_length,
    }


def universe_of(grammar: Mapping[str, Any], *, scope: str) -> Universe:
    """The universe that ``grammar_of`` wrote down, on the rows of ``scope``."""
    from miner.multiplicity.families import Mode, Universe

    return Universe(
        mode=Mode(grammar["mode"]),
        scope=scope,
        test=grammar["test"],
        left={name: frozenset(items) for name, items in grammar["left"].items()},
        right={name: frozenset(items) for name, items in grammar["right"].items()},
        max_length=grammar["max_length"],
    )


def _counts(items: Mapping[str, Any]) -> dict[str, int]:
    return {name: value if isinstance(value, int) else len(value) for name, value in items.items()}


def _rules(left: Mapping[str, int], right: Mapping[str, int], longest: int) -> int:
    total = 0
    for target, items in right.items():
        others = [count for name, count in left.items() if name != target]
        total += items * sum(_products(others, length) for length in range(1, longest + 1))
    return total


def _products(counts: list[int], length: int) -> int:
    """Sum over all ways to choose ``length`` variables of the product of their numbers of items, in closed form up to
    three (Newton's identities) and by enumeration beyond."""
    powers = [sum(count**k for count in counts) for k in range(4)]
    if length == 1:
        return powers[1]
    if length == 2:
        return (powers[1] ** 2 - powers[2]) // 2
    if length == 3:
        return (powers[1] ** 3 - 3 * powers[1] * powers[2] + 2 * powers[3]) // 6
    return sum(prod(chosen) for chosen in combinations(counts, length))
