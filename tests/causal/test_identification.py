"""The verdict in its seven values, what would have to be measured, and the sets that people pick and should not."""

from __future__ import annotations

import time

import pytest

from causal.dag import Dag
from causal.identification import Assumption, Identification, Verdict, identify
from miner.errors import DagUnknownNode
from tests.causal.dag_strategies import random_dag

BACKDOOR = Dag.of([("z", "x"), ("z", "y"), ("x", "y")])
FRONT_DOOR = Dag.of([("x", "m"), ("m", "y"), ("u", "x"), ("u", "y")], latent=["u"])
INSTRUMENT = Dag.of([("z", "x"), ("x", "y"), ("u", "x"), ("u", "y")], latent=["u"])
CONDITIONAL = Dag.of([("w", "z"), ("w", "y"), ("z", "x"), ("x", "y"), ("u", "x"), ("u", "y")], latent=["u"])
BOW = Dag.of([("x", "y"), ("u", "x"), ("u", "y")], latent=["u"])
NO_PATH = Dag.of([("y", "x"), ("z", "x")])


@pytest.mark.parametrize(
    ("dag", "verdict"),
    [
        (BACKDOOR, Verdict.BACKDOOR),
        (FRONT_DOOR, Verdict.FRONTDOOR),
        (INSTRUMENT, Verdict.IV),
        (CONDITIONAL, Verdict.CONDITIONAL_IV),
        (BOW, Verdict.NOT_IDENTIFIED),
        (NO_PATH, Verdict.NO_DIRECTED_PATH),
    ],
)
def test_each_verdict_is_given_where_it_holds(dag: Dag, verdict: Verdict) -> None:
    found = identify(dag, "x", "y")
    assert found.verdict is verdict
    assert Assumption.DIAGRAM in found.assumptions
    assert bool(found.must_measure) == (verdict is Verdict.NOT_IDENTIFIED)
    assert found.directed_path == (verdict is not Verdict.NO_DIRECTED_PATH)


def test_a_search_that_was_cut_short_with_nothing_found_is_not_a_verdict() -> None:
    found = identify(BACKDOOR, "x", "y", budget=0)
    assert found.verdict is Verdict.NOT_ASSESSED
    assert not found.complete
    assert found.assumptions == ()


def test_the_list_of_sets_is_capped_and_says_so() -> None:
    edges = [edge for i in range(9) for edge in ((f"a{i}", "x"), (f"a{i}", f"b{i}"), (f"b{i}", "y"))]
    dag = Dag.of([*edges, ("x", "y")])
    found = identify(dag, "x", "y")
    assert (found.n_minimal, found.complete, found.verdict) == (200, False, Verdict.BACKDOOR)
    every = identify(dag, "x", "y", cap=None)
    assert (every.n_minimal, every.complete) == (2**9, True)
    assert set(found.minimal_sets) <= set(every.minimal_sets)


def test_forced_covariates_are_in_every_set_and_may_open_a_path() -> None:
    m_bias = Dag.of([("a", "x"), ("a", "z"), ("b", "z"), ("b", "y"), ("x", "y")])
    assert identify(m_bias, "x", "y").minimal_sets == ((),)
    assert identify(m_bias, "x", "y", forced=["z"]).minimal_sets == (("a", "z"), ("b", "z"))
    mediated = Dag.of([("x", "m"), ("m", "y")])
    assert identify(mediated, "x", "y", forced=["m"]).minimal_sets == ()
    with pytest.raises(DagUnknownNode):
        identify(mediated, "x", "y", forced=["M"])


def test_what_must_be_measured_is_smallest_and_what_can_be_measured_comes_first() -> None:
    dag = Dag.of(
        [("x", "y"), ("u", "x"), ("u", "v"), ("v", "y")],
        latent=["u"],
        measurable=["v"],
    )
    assert [remedy.names for remedy in identify(dag, "x", "y").must_measure] == [("v",), ("u",)]
    two = Dag.of([("x", "y"), ("u", "x"), ("u", "y"), ("v", "x"), ("v", "y")], latent=["u", "v"])
    (remedy,) = identify(two, "x", "y").must_measure
    assert (remedy.names, remedy.verdict) == (("u", "v"), Verdict.BACKDOOR)
    five = [f"u{i}" for i in range(5)]
    many = Dag.of([("x", "y"), *((u, end) for u in five for end in "xy")], latent=five)
    assert identify(many, "x", "y").must_measure == ()


def test_an_unnamed_common_cause_is_named_by_its_two_ends() -> None:
    (remedy,) = identify(Dag.of([("x", "y")], bidirected=[("x", "y")]), "x", "y").must_measure
    assert remedy.names == ("common cause of x and y",)
    assert not remedy.drawn


def test_sets_picked_by_rule_of_thumb_are_refused_with_the_reason() -> None:
    dag = Dag.of([("a", "x"), ("a", "z"), ("b", "z"), ("b", "y"), ("x", "m"), ("m", "y"), ("y", "d")])
    refused = {found.rule: str(found.reason) for found in identify(dag, "x", "y").invalid_popular}
    assert "m lies on a causal path" in refused["everything_measured"]
    assert "m lies on a causal path" in refused["only m"]
    assert "comes after" in refused["only d"]
    assert "nothing" not in refused
    assert set(refused) == {"everything_measured", "only m", "only d"}
    m_bias = identify(Dag.of([("a", "x"), ("a", "z"), ("b", "z"), ("b", "y"), ("x", "y")], latent="ab"), "x", "y")
    assert [found.rule for found in m_bias.invalid_popular] == ["everything_measured", "everything_before_exposure"]


def test_a_latent_node_appears_in_no_answer_but_as_what_to_measure() -> None:
    for seed in range(60):
        dag, x, y = random_dag(seed, latent=0.4)
        found = identify(dag, x, y)
        told = {name for names in (*found.minimal_sets, *found.frontdoor_sets) for name in names}
        told |= set(found.canonical_set or ()) | set(found.optimal_set or ()) | set(found.instruments)
        told |= {name for i in found.conditional_instruments for name in (i.name, *i.given)}
        assert not told & set(dag.unobserved)


def test_adding_a_node_that_touches_nothing_changes_no_answer() -> None:
    def without_lists_of_everything(found: Identification) -> tuple[object, ...]:
        return (
            found.verdict,
            found.minimal_sets,
            found.optimal_set,
            found.frontdoor_sets,
            found.conditional_instruments,
            found.must_measure,
        )

    for seed in range(20):
        dag, x, y = random_dag(seed)
        noisy = Dag.of(dag.edges, nodes=[*dag.names, "noise"], latent=dag.unobserved)
        assert without_lists_of_everything(identify(dag, x, y)) == without_lists_of_everything(identify(noisy, x, y))


def test_a_large_dense_diagram_is_answered_within_seconds() -> None:
    started = time.process_time()
    dag, x, y = random_dag(5, nodes=60, density=0.2, latent=0.1)
    found = identify(dag, x, y)
    assert found.verdict in Verdict
    assert time.process_time() - started < 5
