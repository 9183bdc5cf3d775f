"""Changes of a diagram: what stays, what goes, and where nodes stand."""

from __future__ import annotations

import pytest
from hypothesis import given

from causal.dag import Dag
from causal.dag_edits import edited, placed
from miner.errors import DagCycle
from tests.causal.dag_strategies import dags

CONFOUNDED = Dag.of([("z", "x"), ("z", "y"), ("x", "y")], exposures=["x"], outcomes=["y"])


def test_a_change_keeps_marks_and_drops_those_of_nodes_that_are_gone() -> None:
    made = edited(CONFOUNDED, nodes={"x": "observed", "z": "latent"}, edges=[("z", "x")], positions={"x": (3.0, 4.0)})
    assert made.exposures == ("x",)
    assert made.outcomes == ()
    assert made.unobserved == ("z",)
    assert made.node("x").position == (3.0, 4.0)


def test_a_change_that_makes_a_cycle_is_refused() -> None:
    nodes = dict.fromkeys(CONFOUNDED.names, "observed")
    with pytest.raises(DagCycle):
        edited(CONFOUNDED, nodes=nodes, edges=[("x", "y"), ("y", "x")])


@given(dags())
def test_saying_the_same_again_changes_nothing(dag: Dag) -> None:
    nodes = {node.name: node.status.value for node in dag}
    assert edited(dag, nodes=nodes, edges=dag.edges, bidirected=dag.bidirected) == dag


@given(dags())
def test_every_node_has_a_place_of_its_own_in_the_frame(dag: Dag) -> None:
    places = placed(dag, width=1000.0, height=560.0)
    assert set(places) == set(dag.names)
    assert len(set(places.values())) == len(places)
    assert all(0 <= x <= 1000 and 0 <= y <= 560 for x, y in places.values())


def test_places_drawn_in_the_frame_stay_where_they_are() -> None:
    drawn = {"x": (100.0, 200.0), "y": (800.0, 300.0), "z": (400.0, 100.0)}
    dag = edited(CONFOUNDED, nodes=dict.fromkeys("xyz", "observed"), edges=CONFOUNDED.edges, positions=drawn)
    assert placed(dag, width=1000.0, height=560.0) == drawn
