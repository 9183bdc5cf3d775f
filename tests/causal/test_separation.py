"""Separation: against networkx on random diagrams, and all minimal separators against trying every subset."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import pytest

from causal.separation import Arrows, MoralGraph, open_path, separated
from tests.causal.dag_strategies import random_dag


def _subsets(names: list[str]) -> list[frozenset[str]]:
    return [frozenset(chosen) for size in range(len(names) + 1) for chosen in combinations(names, size)]


@pytest.mark.parametrize("seed", range(25))
def test_d_separation_agrees_with_networkx(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=6)
    arrows, graph = Arrows.from_dag(dag), dag.graph()
    for given in _subsets([name for name in dag.names if name not in {x, y}]):
        assert separated(arrows, {x}, {y}, given) == nx.is_d_separator(graph, {x}, {y}, set(given))


@pytest.mark.parametrize("seed", range(10))
def test_an_open_path_is_a_path_that_the_rules_leave_open(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=7)
    arrows = Arrows.from_dag(dag)
    for given in _subsets([name for name in dag.names if name not in {x, y}]):
        path = open_path(arrows, {x}, {y}, given)
        if path is None:
            continue
        assert (path[0], path[-1], len(set(path))) == (x, y, len(path))
        for before, here, after in zip(path, path[1:], path[2:], strict=False):
            collider = {before, after} <= arrows.parents[here]
            assert bool(arrows.descendants({here}) & given) if collider else here not in given


@pytest.mark.parametrize("seed", range(40))
def test_all_minimal_separators_are_found_and_nothing_else(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=8)
    arrows = Arrows.from_dag(dag)
    if y in arrows.children[x]:
        arrows = arrows.without_edges({(x, y)})
    allowed = [name for name in dag.observed if name not in {x, y}]
    forced = frozenset(allowed[:1]) if seed % 2 else frozenset()
    valid = [z for z in _subsets(allowed) if forced <= z and separated(arrows, {x}, {y}, z)]
    expected = {z - forced for z in valid if not any(other < z for other in valid)}
    moral = MoralGraph.of(arrows, {x}, {y}, allowed=allowed, forced=forced)
    found = list(moral.separators(10_000))
    assert None not in found
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize("seed", range(20))
def test_the_closest_separator_is_minimal_and_nearest_to_its_end(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=8, latent=0.1)
    arrows = Arrows.from_dag(dag).without_edges({(x, y)})
    allowed = [name for name in dag.observed if name not in {x, y}]
    moral = MoralGraph.of(arrows, {y}, {x}, allowed=allowed)
    closest = moral.closest()
    everything = [z for z in moral.separators(10_000) if z is not None]
    assert (closest is None) == (not everything)
    if closest is not None:
        assert closest in everything
        # Every other minimal separator lies on its far side: joined with the closest it still separates the ends.
        assert all(separated(arrows, {x}, {y}, closest | other) for other in everything)


def test_the_search_ends_with_a_sign_where_its_budget_does_not_suffice() -> None:
    # k chains of two nodes have 2 ** k minimal separators.
    edges = [edge for i in range(12) for edge in ((f"a{i}", "x"), (f"a{i}", f"b{i}"), (f"b{i}", "y"))]
    names = ["x", "y", *(f"{letter}{i}" for letter in "ab" for i in range(12))]
    moral = MoralGraph.of(Arrows.of(names, edges), {"x"}, {"y"}, allowed=names[2:])
    assert list(moral.separators(500))[-1] is None
    assert sum(1 for found in moral.separators(100_000) if found is not None) == 2**12
