"""Instruments: against the definition on random diagrams, and against simulated linear models."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from causal.adjustment import Question
from causal.dag import Dag, Node
from causal.instruments import instruments, latent_instruments
from causal.separation import separated
from tests.causal.dag_strategies import random_dag


def _exists(question: Question, name: str) -> bool:
    """Brito & Pearl (2002), with a conditioning set among the ancestors: try every one."""
    graph = question.backdoor
    (y,) = question.outcomes
    free = [
        node
        for node in graph.ancestors({name, y}) & set(question.dag.observed)
        if node not in question.exposures | question.causal | {name} | graph.descendants({y})
    ]
    return any(
        separated(graph, {name}, {y}, given) and not separated(graph, {name}, question.exposures, given)
        for size in range(len(free) + 1)
        for given in combinations(free, size)
    )


@pytest.mark.parametrize("seed", range(40))
def test_an_instrument_is_found_exactly_where_some_conditioning_set_of_ancestors_makes_one(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=7, latent=0.3)
    question = Question.of(dag, x, y)
    found = {instrument.name for instrument in instruments(question)}
    others = [name for name in dag.observed if name not in {x, y}]
    assert found == {name for name in others if _exists(question, name)}
    assert not found & set(dag.unobserved)


@pytest.mark.parametrize("seed", range(40))
def test_the_ratio_of_an_instrument_is_the_effect_in_a_linear_model(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=7, latent=0.3)
    graph = dag.graph()
    order = list(nx.topological_sort(graph))
    generator = np.random.default_rng(seed)
    weights = np.zeros((len(order), len(order)))
    for a, b in dag.edges:
        weights[order.index(b), order.index(a)] = generator.uniform(0.5, 1.5)
    total = np.linalg.inv(np.eye(len(order)) - weights)
    covariance = total @ total.T

    def partial(a: str, b: str, given: tuple[str, ...]) -> float:
        i, j, k = order.index(a), order.index(b), [order.index(name) for name in given]
        inner = np.linalg.solve(covariance[np.ix_(k, k)], covariance[k, j]) if k else np.zeros(0)
        return float(covariance[i, j] - covariance[i, k] @ inner)

    for found in instruments(Question.of(dag, x, y)):
        ratio = partial(found.name, y, found.given) / partial(found.name, x, found.given)
        assert ratio == pytest.approx(total[order.index(y), order.index(x)], rel=1e-6)


def test_a_latent_cause_of_the_exposure_is_never_offered_but_named_as_what_could_be_measured() -> None:
    dag = Dag.of([("u1", "x"), ("u1", "m"), ("u2", "m"), ("u2", "y"), ("x", "y")], latent=["u1", "u2"])
    question = Question.of(dag, "x", "y")
    assert instruments(question) == ()
    assert latent_instruments(question) == ("u1",)


def test_a_consequence_of_the_exposure_is_marked_as_an_instrument_of_a_linear_model_only() -> None:
    dag = Dag.of([("l", "x"), ("l", "y"), ("x", "y"), ("x", "proxy")])
    by_name = {found.name: found for found in instruments(Question.of(dag, "x", "y"))}
    assert by_name["proxy"].after_exposure
    assert by_name["proxy"].given == ("l",)


def test_unconditional_instruments_come_first_and_joint_questions_have_none() -> None:
    dag = Dag.of([("a", "x"), ("a", "y"), ("z", "x"), ("a", "w"), ("w", "x"), ("x", "y"), ("x2", "y")])
    assert [found.name for found in instruments(Question.of(dag, "x", "y"))] == ["z", "w"]
    assert instruments(Question.of(dag, ["x", "x2"], "y")) == ()


def test_a_selection_that_follows_the_outcome_leaves_no_instrument() -> None:
    nodes = tuple(Node(name=name, selection=name == "s") for name in ("z", "x", "y", "s"))
    assert instruments(Question.of(Dag(nodes=nodes, edges=(("z", "x"), ("x", "y"), ("y", "s"))), "x", "y")) == ()
