"""The diagram itself: what it refuses, what it holds equal, and how it names what is wrong."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings

from causal.dag import MAX_NODES, Dag, Node, Status, nearest
from miner.errors import DagCycle, DagName, DagTooLarge, DagUnknownColumn, DagUnknownNode, UnknownVariable
from tests.causal.dag_strategies import dags, plain_names


def test_a_cycle_is_refused_and_named_from_its_first_node() -> None:
    with pytest.raises(DagCycle) as caught:
        Dag.of([("c", "a"), ("a", "b"), ("b", "c"), ("x", "a")])
    assert caught.value.values["cycle"] == "a, b, c, a"
    assert "cycle" in caught.value.say()


@pytest.mark.parametrize("edges", [{"edges": [("a", "a")]}, {"bidirected": [("a", "a")], "nodes": ["a"]}])
def test_nothing_acts_on_itself(edges: dict[str, list[tuple[str, str]]]) -> None:
    with pytest.raises(DagCycle):
        Dag.of(edges.get("edges", ()), bidirected=edges.get("bidirected", ()), nodes=["a"])


def test_the_order_of_drawing_changes_nothing() -> None:
    drawn = Dag.of([("a", "b"), ("c", "b")], bidirected=[("c", "a")])
    again = Dag.of([("c", "b"), ("a", "b"), ("a", "b")], bidirected=[("a", "c")])
    assert drawn == again


def test_a_misspelt_node_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(DagUnknownNode) as caught:
        Dag.of([("smoking", "asthma")], latent=["Smokng"])
    assert caught.value.values == {"name": "Smokng", "nearest": "smoking"}


def test_an_edge_to_a_node_that_is_not_declared_is_refused() -> None:
    with pytest.raises(DagUnknownNode):
        Dag(nodes=(Node(name="a"),), edges=(("a", "b"),))


def test_a_column_that_differs_only_in_case_is_not_the_same() -> None:
    dag = Dag.of([("Age", "y"), ("u", "y")], latent=["u"])
    with pytest.raises(DagUnknownColumn) as caught:
        dag.check_columns(["age", "y"])
    assert caught.value.values == {"name": "Age", "nearest": "age"}
    dag.check_columns(["Age", "y"])


@pytest.mark.parametrize("name", ["", " ", " a", "a\u200b", "a\u202eb", "a\nb", "x" * 201])
def test_names_that_look_like_others_or_like_nothing_are_refused(name: str) -> None:
    with pytest.raises(DagName):
        Dag.of(nodes=[name])


def test_a_name_declared_twice_is_refused() -> None:
    with pytest.raises(DagName, match="twice"):
        Dag(nodes=(Node(name="a"), Node(name="a", status=Status.LATENT)))


def test_a_diagram_that_nobody_can_defend_is_refused() -> None:
    with pytest.raises(DagTooLarge):
        Dag.of(nodes=[f"v{i}" for i in range(MAX_NODES + 1)])


def test_a_bidirected_edge_is_written_out_as_a_latent_common_cause() -> None:
    dag = Dag.of([("x", "y")], bidirected=[("x", "y")], nodes=["common cause of x and y"])
    whole = dag.expanded()
    added = (set(whole.names) - set(dag.names)).pop()
    assert whole.node(added).status is Status.LATENT
    assert whole.children(added) == ("x", "y")
    assert whole.bidirected == ()


@given(dag=dags(plain_names))
@settings(max_examples=60, deadline=None)
def test_ancestors_and_descendants_agree_with_networkx(dag: Dag) -> None:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(dag.names)
    graph.add_edges_from(dag.edges)
    for name in dag.names:
        assert dag.ancestors([name]) == nx.ancestors(graph, name) | {name}
        assert dag.descendants([name]) == nx.descendants(graph, name) | {name}
        assert set(dag.parents(name)) == set(graph.predecessors(name))


def test_the_graph_carries_the_status_of_each_node() -> None:
    graph = Dag.of([("a", "b")], measurable=["a"]).graph()
    assert graph.nodes["a"]["status"] == "measurable_not_measured"
    assert nx.is_directed_acyclic_graph(graph)


def test_the_nearest_name_is_none_where_nothing_is_near() -> None:
    assert nearest("qqqq", ["age", "sex"]) == "–"
    assert nearest("sexe", ["age", "sex"]) == "sex"
    with pytest.raises(UnknownVariable):
        raise UnknownVariable(name="sexe", nearest=nearest("sexe", ["sex"]))


def test_a_diagram_as_plain_values_tells_everything() -> None:
    dag = Dag.of([("a", "b")], latent=["a"], exposures=["a"], outcomes=["b"])
    told = dag.to_dict()
    assert told["edges"] == [["a", "b"]]
    assert told["nodes"] == [
        {"name": "a", "status": "latent", "selection": False, "position": None},
        {"name": "b", "status": "observed", "selection": False, "position": None},
    ]
