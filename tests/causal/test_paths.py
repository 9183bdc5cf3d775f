"""Paths and roles: every simple path with its state, and roles from arrows alone."""

from __future__ import annotations

import networkx as nx
import pytest

from causal.dag import Dag, Node
from causal.paths import NodeRole, list_paths, node_roles
from causal.separation import Arrows, separated
from tests.causal.dag_strategies import random_dag


@pytest.mark.parametrize("seed", range(15))
def test_every_simple_path_is_listed_once_shortest_first(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=7)
    paths, complete = list_paths(dag, x, y)
    expected = {tuple(path) for path in nx.all_simple_paths(dag.graph().to_undirected(), x, y)}
    assert complete
    assert {path.nodes for path in paths} == expected
    assert [len(path.nodes) for path in paths] == sorted(len(path.nodes) for path in paths)


@pytest.mark.parametrize("seed", range(20))
def test_some_path_is_open_exactly_where_the_ends_are_not_separated(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=7)
    arrows = Arrows.from_dag(dag)
    for given in ([], [n for n in dag.observed if n not in {x, y}][:2], [n for n in dag.observed if n not in {x, y}]):
        paths, _ = list_paths(dag, x, y, given)
        assert any(path.open for path in paths) == (not separated(arrows, {x}, {y}, given))


def test_a_path_says_where_it_is_closed_and_what_opened_it() -> None:
    dag = Dag.of([("a", "x"), ("a", "c"), ("b", "c"), ("b", "y"), ("c", "d"), ("x", "y")])
    closed = list_paths(dag, "x", "y")[0][1]
    assert (closed.text, closed.open, closed.closed_at) == ("x <- a -> c <- b -> y", False, ("c",))
    opened = list_paths(dag, "x", "y", ["d"])[0][1]
    assert (opened.open, opened.opened_at) == (True, ("c",))
    again = list_paths(dag, "x", "y", ["d", "b"])[0][1]
    assert (again.open, again.closed_at) == (False, ("b",))


def test_a_list_that_is_cut_short_says_so() -> None:
    names = [f"v{i}" for i in range(14)]
    dag = Dag.of([(a, b) for i, a in enumerate(names) for b in names[i + 1 :]])
    paths, complete = list_paths(dag, "v0", "v13", most=50)
    assert (len(paths), complete) == (50, False)


def test_each_role_follows_from_the_arrows() -> None:
    dag = Dag(
        nodes=tuple(Node(name=name, selection=name == "s") for name in "zlxmycdsoqp"),
        edges=(
            ("z", "x"),
            ("l", "x"),
            ("l", "y"),
            ("x", "m"),
            ("m", "y"),
            ("x", "c"),
            ("y", "c"),
            ("y", "d"),
            ("x", "s"),
            ("o", "y"),
            ("p", "q"),
        ),
    )
    assert node_roles(dag, "x", "y") == {
        "x": NodeRole.EXPOSURE,
        "y": NodeRole.OUTCOME,
        "z": NodeRole.INSTRUMENT,
        "l": NodeRole.CONFOUNDER,
        "m": NodeRole.MEDIATOR,
        "c": NodeRole.COLLIDER,
        "s": NodeRole.SELECTION,
        "d": NodeRole.OTHER,
        "o": NodeRole.OTHER,
        "p": NodeRole.OTHER,
        "q": NodeRole.OTHER,
    }


def test_the_middle_of_an_m_is_a_collider_and_its_feet_are_not() -> None:
    roles = node_roles(Dag.of([("a", "x"), ("a", "c"), ("b", "c"), ("b", "y"), ("x", "y")]), "x", "y")
    assert roles["c"] is NodeRole.COLLIDER
    assert roles["b"] is NodeRole.OTHER


def test_a_confounder_upstream_of_a_mediator_is_a_confounder_and_the_mediator_is_not() -> None:
    roles = node_roles(Dag.of([("l", "x"), ("l", "m"), ("x", "m"), ("m", "y")]), "x", "y")
    assert roles == {
        "l": NodeRole.CONFOUNDER,
        "m": NodeRole.MEDIATOR,
        "x": NodeRole.EXPOSURE,
        "y": NodeRole.OUTCOME,
    }
