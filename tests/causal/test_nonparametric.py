"""The complete algorithm: textbook graphs, and agreement with every sufficient criterion on random diagrams."""

from __future__ import annotations

import pytest

from causal.dag import Dag
from causal.identification import Verdict, identify
from causal.nonparametric import identifiable
from tests.causal.dag_strategies import random_dag

# Textbook graphs: Pearl (2009), figures 3.4, 3.5, 3.8 and 3.9; Pearl & Mackenzie (2018) for the napkin. Arrows, then
# bidirected arcs.
IDENTIFIABLE = {
    "nothing hidden": ([("x", "y"), ("z", "x"), ("z", "y")], []),
    "front door": ([("x", "z"), ("z", "y")], [("x", "y")]),
    "confounded covariate": ([("z", "x"), ("z", "y"), ("x", "y")], [("z", "x")]),
    "confounded mediator of another path": ([("x", "z"), ("z", "y"), ("w", "y")], [("x", "w")]),
    "napkin": ([("w", "z"), ("z", "x"), ("x", "y")], [("w", "x"), ("w", "y")]),
    "figure 3.8 g": (
        [("x", "z1"), ("z1", "y"), ("z2", "x"), ("z2", "z3"), ("z2", "z1"), ("z3", "y")],
        [("x", "z2"), ("x", "z3"), ("x", "y"), ("z2", "y")],
    ),
}
NOT_IDENTIFIABLE = {
    "bow": ([("x", "y")], [("x", "y")]),
    "confounded first step": ([("x", "z"), ("z", "y")], [("x", "z")]),
    "confounded first and second step": ([("x", "z"), ("z", "y")], [("x", "z"), ("z", "y")]),
    "confounded through a covariate": ([("x", "y"), ("z", "y")], [("x", "z"), ("z", "y")]),
    "instrument": ([("z", "x"), ("x", "y")], [("x", "y")]),
    "confounded front door": ([("x", "z"), ("z", "y")], [("x", "y"), ("z", "y")]),
}


@pytest.mark.parametrize("name", IDENTIFIABLE)
def test_textbook_graphs_in_which_the_effect_is_identified(name: str) -> None:
    edges, arcs = IDENTIFIABLE[name]
    assert identifiable(Dag.of(edges, bidirected=arcs), {"x"}, {"y"})


@pytest.mark.parametrize("name", NOT_IDENTIFIABLE)
def test_textbook_graphs_in_which_it_is_not(name: str) -> None:
    edges, arcs = NOT_IDENTIFIABLE[name]
    assert not identifiable(Dag.of(edges, bidirected=arcs), {"x"}, {"y"})


@pytest.mark.parametrize("seed", range(150))
def test_what_a_sufficient_criterion_identifies_the_complete_algorithm_does_too(seed: int) -> None:
    dag, x, y = random_dag(seed, nodes=7, latent=0.35)
    found = identify(dag, x, y)
    if found.verdict in {Verdict.BACKDOOR, Verdict.FRONTDOOR, Verdict.NO_DIRECTED_PATH}:
        assert found.nonparametric


def test_measuring_everything_identifies_everything() -> None:
    for seed in range(20):
        dag, x, y = random_dag(seed, latent=0.0)
        assert identifiable(dag, {x}, {y})


def test_without_a_causal_path_nothing_needs_to_be_measured() -> None:
    assert identifiable(Dag.of([("y", "x")], bidirected=[("x", "y")]), {"x"}, {"y"})
