"""GML: read as others write it, written in ASCII, and read by networkx as the same graph."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings

from causal.dag import Dag, Status
from causal.dag_gml import parse_gml, write_gml
from miner.errors import DagSyntax
from tests.causal.dag_strategies import dags, plain_names


def test_gml_as_dowhy_writes_it_is_read() -> None:
    dag = parse_gml(
        'graph[directed 1 node[ id "Z" label "Z"]node[ id "U" label "U" observed "no"]node[ id "X" label "X"]'
        'edge[source "Z" target "X"]edge[source "U" target "X"]]'
    )
    assert dag.edges == (("U", "X"), ("Z", "X"))
    assert dag.node("U").status is Status.LATENT


@given(dag=dags(plain_names))
@settings(max_examples=60, deadline=None)
def test_networkx_reads_the_same_graph(dag: Dag) -> None:
    text = write_gml(dag)
    graph = nx.parse_gml(text)
    assert text.isascii()
    assert set(graph.nodes) == set(dag.names)
    assert {edge[:2] for edge in graph.edges} == {*dag.edges, *dag.bidirected}


def test_gml_of_networkx_is_read() -> None:
    graph = nx.DiGraph([("âge", "a & b"), ("a & b", "y")])
    dag = parse_gml("\n".join(nx.generate_gml(graph)))
    assert dag.edges == (("a & b", "y"), ("âge", "a & b"))


@pytest.mark.parametrize(
    "text",
    [
        "graph [ node [ id 0 ] ]",
        "graph [ directed 0 node [ id 0 ] ]",
        'graph [ directed 1 node [ label "a" ] ]',
        "graph [ directed 1 node [ id 0 ] node [ id 0 ] ]",
        'graph [ directed 1 node [ id 0 label "a" ] node [ id 1 label "a" ] ]',
        "graph [ directed 1 node [ id 0 ] edge [ source 0 target 5 ] ]",
        "graph [ directed 1 ",
        "graph [ directed 1 ] ]",
        "graph [ directed ]",
        "graph directed",
        "graph [ directed 1 ] graph [ directed 1 ]",
        "graph [ directed 1 x 1.2.3 ]",
        "",
    ],
)
def test_what_is_no_directed_graph_is_refused(text: str) -> None:
    with pytest.raises(DagSyntax):
        parse_gml(text)
