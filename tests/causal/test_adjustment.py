"""Adjustment: the criterion against brute force, the laws of minimal, canonical and optimal sets, and each reason."""

from __future__ import annotations

from itertools import combinations, pairwise

import networkx as nx
import numpy as np
import pytest

from causal.adjustment import Question, ReasonCode, require_valid, valid_adjustment
from causal.dag import Dag, Node, Status
from causal.identification import identify
from miner.errors import AdjustmentRefused, DagQuestion, DagUnknownNode
from tests.causal.dag_strategies import random_dag


def _subsets(names: list[str]) -> list[frozenset[str]]:
    return [frozenset(chosen) for size in range(len(names) + 1) for chosen in combinations(names, size)]


def _valid_by_definition(dag: Dag, x: str, y: str, given: frozenset[str]) -> bool:
    """Shpitser, VanderWeele & Robins (2010), path by path in the undirected skeleton."""
    graph = dag.graph()
    skeleton = graph.to_undirected()
    on_causal = {
        node for path in nx.all_simple_paths(graph, x, y) for node in path[1:] if all(p != x for p in path[1:])
    }
    if any(given & (nx.descendants(graph, node) | {node}) for node in on_causal):
        return False
    for path in nx.all_simple_paths(skeleton, x, y):
        if all(graph.has_edge(a, b) for a, b in pairwise(path)):
            continue
        blocked = False
        for a, b, c in zip(path, path[1:], path[2:], strict=False):
            if graph.has_edge(a, b) and graph.has_edge(c, b):
                blocked |= not given & (nx.descendants(graph, b) | {b})
            else:
                blocked |= b in given
        if not blocked:
            return False
    return True


@pytest.mark.parametrize("seed", range(30))
def test_validity_is_what_the_definition_says_path_by_path(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=6, latent=0.15)
    covariates = [name for name in dag.observed if name not in {x, y}]
    for given in _subsets(covariates):
        assert valid_adjustment(dag, x, y, given)[0] == _valid_by_definition(dag, x, y, given)


@pytest.mark.parametrize("seed", range(30))
def test_minimal_sets_are_all_valid_sets_from_which_nothing_can_be_left_out(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=8)
    covariates = [name for name in dag.observed if name not in {x, y}]
    valid = [given for given in _subsets(covariates) if valid_adjustment(dag, x, y, given)[0]]
    minimal = {given for given in valid if not any(other < given for other in valid)}
    found = identify(dag, x, y)
    assert {frozenset(names) for names in found.minimal_sets} == minimal
    assert found.complete
    assert (found.canonical_set is not None) == bool(valid)
    for names in found.minimal_sets:
        assert all(not valid_adjustment(dag, x, y, set(names) - {left_out})[0] for left_out in names)


@pytest.mark.parametrize("seed", range(30))
def test_the_optimal_set_is_valid_whenever_any_set_is_and_all_is_observed(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=8, latent=0.0)
    found = identify(dag, x, y)
    assert found.optimal_set is not None
    assert valid_adjustment(dag, x, y, found.optimal_set)[0]


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_the_optimal_set_has_the_least_variance_in_a_linear_model(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=6, latent=0.0, density=0.5)
    generator = np.random.default_rng(seed)
    order = list(nx.topological_sort(dag.graph()))
    weights = np.zeros((6, 6))
    for a, b in dag.edges:
        weights[order.index(b), order.index(a)] = generator.uniform(0.5, 1.5)
    effect = np.linalg.inv(np.eye(6) - weights)
    covariance = effect @ effect.T

    def variance(names: tuple[str, ...]) -> float:
        """Residual variance of y over that of x given the set: the asymptotic variance of least squares times n."""

        def residual(target: str, given: list[str]) -> float:
            i, j = order.index(target), [order.index(name) for name in given]
            inner = covariance[np.ix_(j, j)]
            return float(covariance[i, i] - covariance[i, j] @ np.linalg.solve(inner, covariance[j, i]))

        return residual(y, [x, *names]) / residual(x, list(names))

    covariates = [name for name in dag.observed if name not in {x, y}]
    valid = [tuple(sorted(given)) for given in _subsets(covariates) if valid_adjustment(dag, x, y, given)[0]]
    optimal = identify(dag, x, y).optimal_set
    assert optimal is not None
    assert variance(optimal) <= min(map(variance, valid)) + 1e-12


@pytest.mark.parametrize("seed", range(15))
def test_measuring_a_latent_node_only_enlarges_the_list_of_valid_sets(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=7, latent=0.5)
    if not dag.unobserved:
        return
    measured = dag.with_status([dag.unobserved[0]], Status.OBSERVED)
    covariates = [name for name in dag.observed if name not in {x, y}]
    for given in _subsets(covariates):
        assert valid_adjustment(dag, x, y, given)[0] == valid_adjustment(measured, x, y, given)[0]
    assert len(identify(dag, x, y).minimal_sets) <= len(identify(measured, x, y).minimal_sets)


def test_renaming_the_nodes_renames_the_answers_and_nothing_else() -> None:
    for seed in range(10):
        dag, x, y = random_dag(seed)
        other = {name: f"variable {i:02d}" for i, name in enumerate(reversed(dag.names))}
        renamed = Dag.of(
            [(other[a], other[b]) for a, b in dag.edges],
            nodes=other.values(),
            latent=[other[name] for name in dag.unobserved],
        )
        ours = identify(dag, x, y)
        theirs = identify(renamed, other[x], other[y])
        assert {frozenset(other[n] for n in names) for names in ours.minimal_sets} == set(
            map(frozenset, theirs.minimal_sets)
        )
        assert ours.verdict is theirs.verdict


@pytest.mark.parametrize(
    ("edges", "names", "code", "nodes", "path"),
    [
        ([("x", "m"), ("m", "y")], ["m"], ReasonCode.MEDIATOR, ("m",), ""),
        ([("x", "m"), ("m", "y"), ("m", "d")], ["d"], ReasonCode.DESCENDANT, ("d",), ""),
        ([("x", "y"), ("y", "d")], ["d"], ReasonCode.DESCENDANT, ("d",), ""),
        ([("x", "y"), ("y", "d")], ["y"], ReasonCode.NOT_A_COVARIATE, ("y",), ""),
        ([("x", "y"), ("u", "y")], ["u"], ReasonCode.UNOBSERVED, ("u",), ""),
        ([("x", "y"), ("z", "x"), ("z", "y")], [], ReasonCode.OPEN_PATH, (), "x <- z -> y"),
        (
            [("x", "y"), ("a", "x"), ("a", "c"), ("b", "c"), ("b", "y")],
            ["c"],
            ReasonCode.M_BIAS,
            ("c",),
            "x <- a -> c <- b -> y",
        ),
        ([("x", "y"), ("x", "c"), ("b", "c"), ("b", "y")], ["c"], ReasonCode.COLLIDER, ("c",), "x -> c <- b -> y"),
        (
            [("x", "y"), ("x", "c"), ("b", "c"), ("b", "y"), ("c", "e")],
            ["e"],
            ReasonCode.COLLIDER,
            ("e",),
            "x -> c <- b -> y",
        ),
        ([("x", "y"), ("z", "x"), ("z", "y")], ["z"], ReasonCode.VALID, (), ""),
    ],
)
def test_each_refusal_says_which_node_and_which_path(
    edges: list[tuple[str, str]], names: list[str], code: ReasonCode, nodes: tuple[str, ...], path: str
) -> None:
    latent = ["u"] if ("u", "y") in edges else []
    valid, reason = valid_adjustment(Dag.of(edges, latent=latent), "x", "y", names)
    assert (reason.code, reason.nodes, reason.path) == (code, nodes, path)
    assert valid == (code is ReasonCode.VALID)
    assert all(name in str(reason) for name in nodes)


def test_an_invalid_choice_is_refused_by_name_and_reason() -> None:
    dag = Dag.of([("x", "m"), ("m", "y")])
    with pytest.raises(AdjustmentRefused, match="m lies on a causal path"):
        require_valid(dag, "x", "y", ["m"])
    assert require_valid(dag, "x", "y", []) == ()


def test_a_descendant_of_the_outcome_added_to_a_set_is_always_refused() -> None:
    for seed in range(10):
        dag, x, y = random_dag(seed)
        grown = Dag.of([*dag.edges, (y, "after")], nodes=dag.names, latent=dag.unobserved)
        for names in identify(dag, x, y).minimal_sets:
            assert valid_adjustment(grown, x, y, [*names, "after"])[1].code is ReasonCode.DESCENDANT


@pytest.mark.parametrize(
    ("exposure", "outcome", "reason"),
    [("x", "x", "both"), ("u", "y", "not measured"), ([], "y", "no exposure"), ("x", [], "no outcome")],
)
def test_a_question_that_cannot_be_asked_is_refused(exposure: object, outcome: object, reason: str) -> None:
    dag = Dag.of([("x", "y"), ("u", "y")], latent=["u"])
    with pytest.raises(DagQuestion, match=reason):
        Question.of(dag, exposure, outcome)  # type: ignore[arg-type]
    with pytest.raises(DagUnknownNode):
        Question.of(dag, "X", "y")


def test_a_joint_exposure_needs_sets_that_serve_both() -> None:
    # Sequential exposures with a covariate affected by the first: no single set serves both.
    dag = Dag.of([("a1", "l"), ("l", "a2"), ("a1", "y"), ("a2", "y"), ("u", "l"), ("u", "y")], latent=["u"])
    assert identify(dag, ["a1", "a2"], "y").minimal_sets == ()
    both = Dag.of([("z", "a1"), ("z", "a2"), ("z", "y"), ("a1", "y"), ("a2", "y")])
    assert identify(both, ["a1", "a2"], "y").minimal_sets == (("z",),)


def test_a_sample_selected_on_the_outcome_has_no_valid_set() -> None:
    def selected(edges: list[tuple[str, str]]) -> Dag:
        names = {name for edge in edges for name in edge}
        return Dag(nodes=tuple(Node(name=name, selection=name == "s") for name in names), edges=tuple(edges))

    by_outcome = selected([("x", "y"), ("y", "s")])
    assert identify(by_outcome, "x", "y").minimal_sets == ()
    assert valid_adjustment(by_outcome, "x", "y", [])[1].code is ReasonCode.SELECTION
    by_covariate = selected([("x", "y"), ("x", "s")])
    assert identify(by_covariate, "x", "y").minimal_sets == ((),)
