"""Front-door sets: against the definition on random diagrams, and against the formula on a simulated population."""

from __future__ import annotations

from itertools import combinations, product

import networkx as nx
import pytest

from causal.adjustment import Question
from causal.dag import Dag
from causal.front_door import front_door_sets
from tests.causal.dag_strategies import random_dag


def _meets_definition(dag: Dag, x: str, y: str, names: tuple[str, ...]) -> bool:
    """Pearl (2009), definition 3.3.3, with networkx."""
    graph = dag.graph()
    without = graph.copy()
    without.remove_nodes_from(names)
    if nx.has_path(without, x, y):
        return False
    below = graph.copy()
    below.remove_edges_from(list(graph.out_edges(x)))
    beyond = graph.copy()
    beyond.remove_edges_from(list(graph.out_edges(names)))
    return nx.is_d_separator(below, {x}, set(names), set()) and nx.is_d_separator(beyond, set(names), {y}, {x})


@pytest.mark.parametrize("seed", range(60))
def test_front_door_sets_are_the_minimal_sets_of_the_definition(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=7, latent=0.3, density=0.3)
    on_the_way = sorted(Question.of(dag, x, y).causal & set(dag.observed) - {y})
    meeting = [
        frozenset(names)
        for size in range(1, len(on_the_way) + 1)
        for names in combinations(on_the_way, size)
        if _meets_definition(dag, x, y, names)
    ]
    minimal = {names for names in meeting if not any(other < names for other in meeting)}
    assert {frozenset(names) for names in front_door_sets(Question.of(dag, x, y))} == minimal


def test_a_set_of_more_than_three_mediators_is_found_by_thinning_the_largest() -> None:
    ways = [f"m{i}" for i in range(5)]
    dag = Dag.of(
        [*(("x", m) for m in ways), *((m, "y") for m in ways), ("u", "x"), ("u", "y")],
        latent=["u"],
    )
    assert front_door_sets(Question.of(dag, "x", "y")) == (tuple(ways),)


def test_the_front_door_formula_gives_the_effect_that_adjusting_for_the_latent_cause_gives() -> None:
    # u -> x, u -> y, x -> m -> y, all binary; the truth by adjusting for u, the answer without it.
    p_u = {0: 0.6, 1: 0.4}
    p_x = {0: 0.2, 1: 0.7}
    p_m = {0: 0.1, 1: 0.8}
    p_y = {(0, 0): 0.1, (0, 1): 0.5, (1, 0): 0.3, (1, 1): 0.9}
    joint: dict[tuple[int, int, int], float] = {}
    for u, x, m, y in product((0, 1), repeat=4):
        p = p_u[u] * (p_x[u] if x else 1 - p_x[u]) * (p_m[x] if m else 1 - p_m[x])
        joint[(x, m, y)] = joint.get((x, m, y), 0.0) + p * (p_y[(m, u)] if y else 1 - p_y[(m, u)])

    def mass(**fixed: int) -> float:
        places = {"x": 0, "m": 1, "y": 2}
        return sum(p for key, p in joint.items() if all(key[places[name]] == v for name, v in fixed.items()))

    def front_door(x: int) -> float:
        return sum(
            mass(x=x, m=m) / mass(x=x) * sum(mass(x=o, m=m, y=1) / mass(x=o, m=m) * mass(x=o) for o in (0, 1))
            for m in (0, 1)
        )

    for x in (0, 1):
        truth = sum(p_u[u] * (p_m[x] if m else 1 - p_m[x]) * p_y[(m, u)] for u, m in product((0, 1), repeat=2))
        assert front_door(x) == pytest.approx(truth, abs=1e-12)


def test_an_open_path_behind_the_mediator_closes_the_front_door() -> None:
    edges = [("x", "m"), ("m", "y"), ("u", "x"), ("u", "y")]
    assert front_door_sets(Question.of(Dag.of([*edges, ("v", "m"), ("v", "y")], latent=["u", "v"]), "x", "y")) == ()
    assert front_door_sets(Question.of(Dag.of([*edges, ("u", "m")], latent=["u"]), "x", "y")) == ()
    assert front_door_sets(Question.of(Dag.of([*edges, ("x", "y")], latent=["u"]), "x", "y")) == ()
