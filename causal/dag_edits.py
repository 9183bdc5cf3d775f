"""Changes of a diagram as an editor makes them: each gives another diagram, checked as a whole, or an error.

>>> dag = Dag.of([("z", "x"), ("x", "y")], exposures=["x"], outcomes=["y"])
>>> edited(dag, nodes={"x": "observed", "y": "observed"}, edges=[("x", "y")]).names
('x', 'y')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import networkx as nx

from causal.dag import Dag, Edge, Node, Status

Position = tuple[float, float]


def edited(
    dag: Dag,
    *,
    nodes: Mapping[str, str],
    edges: Iterable[Edge],
    bidirected: Iterable[Edge] = (),
    positions: Mapping[str, Position] | None = None,
) -> Dag:
    """The diagram with these nodes (name to status) and edges; marks of nodes that are gone are dropped.

    Raises DagCycle, DagName, DagUnknownNode.
    """
    old = {node.name: node for node in dag}
    places = positions or {}
    made = [
        replace(
            old.get(name, Node(name=name)),
            status=Status(status),
            position=places.get(name, old[name].position if name in old else None),
        )
        for name, status in nodes.items()
    ]
    return Dag(
        nodes=tuple(made),
        edges=tuple(edges),
        bidirected=tuple(bidirected),
        exposures=tuple(name for name in dag.exposures if name in nodes),
        outcomes=tuple(name for name in dag.outcomes if name in nodes),
        adjusted=tuple(name for name in dag.adjusted if name in nodes),
    )


def placed(dag: Dag, *, width: float, height: float) -> dict[str, Position]:
    """Where each node stands in a frame: as drawn, brought into the frame, or in layers from causes to consequences."""
    drawn = {node.name: node.position for node in dag if node.position is not None}
    if len(drawn) == len(dag.names) and len(set(drawn.values())) == len(drawn):
        return _into_frame(drawn, width, height)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(dag.names)
    graph.add_edges_from(dag.edges)
    layers = [sorted(layer) for layer in nx.topological_generations(graph)]
    return {
        name: (width * (i + 0.5) / len(layers), height * (k + 0.5 + 0.25 * (i % 2)) / (len(layer) + 0.25))
        for i, layer in enumerate(layers)
        for k, name in enumerate(layer)
    }


def _into_frame(drawn: Mapping[str, Position], width: float, height: float) -> dict[str, Position]:
    xs, ys = [x for x, _ in drawn.values()], [y for _, y in drawn.values()]
    inside = min(xs) >= 0 and max(xs) <= width and min(ys) >= 0 and max(ys) <= height
    if inside and (max(xs) - min(xs) > width / 8 or max(ys) - min(ys) > height / 8):
        return dict(drawn)
    wide, high = max(xs) - min(xs) or 1.0, max(ys) - min(ys) or 1.0
    return {
        name: (width * (0.1 + 0.8 * (x - min(xs)) / wide), height * (0.1 + 0.8 * (y - min(ys)) / high))
        for name, (x, y) in drawn.items()
    }
