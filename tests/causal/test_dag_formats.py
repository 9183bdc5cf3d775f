"""Formats: what is written is read back as the same diagram, and a text that is no diagram is refused by its line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings

from causal.dag import Dag, Status
from causal.dag_formats import Format, parse, parse_dagitty, parse_dot, sniff, write, write_dot
from miner.errors import DagCycle, DagError, DagSyntax, DagUnsafe
from tests.causal.dag_strategies import dags


@pytest.mark.parametrize("form", Format)
@given(dag=dags())
@settings(max_examples=150, deadline=None)
def test_a_diagram_written_is_read_back_as_the_same_diagram(form: Format, dag: Dag) -> None:
    assert parse(write(dag, form)) == dag


def test_dagitty_text_as_the_site_exports_it_is_read() -> None:
    dag = parse_dagitty(
        """dag {
        bb="-3.2,-3.5,3.4,3.5"
        "Warm Up" [exposure,pos="-2.2,-1.520"]
        Injury [outcome,pos="1.5,-1.52"]
        U [latent,pos="0,1"]
        M [adjusted]
        "Warm Up" -> M -> Injury
        U -> { "Warm Up" Injury } [pos="0.5,0.5"]
        }"""
    )
    assert dag.edges == (("M", "Injury"), ("U", "Injury"), ("U", "Warm Up"), ("Warm Up", "M"))
    assert dag.exposures == ("Warm Up",)
    assert dag.outcomes == ("Injury",)
    assert dag.adjusted == ("M",)
    assert dag.node("U").status is Status.LATENT
    assert dag.node("Warm Up").position == (-2.2, -1.52)


def test_arrows_run_both_ways_and_in_chains_on_one_line() -> None:
    dag = parse_dagitty("dag{a->b<-c<->d;{a c}->{e f}}")
    assert dag.edges == (("a", "b"), ("a", "e"), ("a", "f"), ("c", "b"), ("c", "e"), ("c", "f"))
    assert dag.bidirected == (("c", "d"),)


def test_dot_as_dowhy_writes_it_is_read() -> None:
    dag = parse_dot('digraph { U[label="Unobserved", observed="no"]; Z->X; X->Y; U->X; U->Y; node [shape=box]; }')
    assert dag.unobserved == ("U",)
    assert len(dag.edges) == 4


def test_dot_counts_upwards_and_the_page_downwards() -> None:
    dag = parse_dot('digraph { a [pos="1,2!"] }')
    assert dag.node("a").position == (1.0, -2.0)
    assert 'pos="1.0,2.0!"' in write_dot(dag)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dag {\n a -> \n}", 3),
        ("dag {\n a -- b\n}", 2),
        ("dag {\n a @-> b\n}", 2),
        ("dag { a -> b", 1),
        ("dag { a -> b } c", 1),
        ("pdag { a -> b }", 1),
        ('dag { a [pos="x,y"] }', 1),
        ('dag { a [pos="inf,0"] }', 1),
        ('dag { a [status="guessed"] }', 1),
        ("dag { a -> $ }", 1),
        ("digraph { a -> b [dir=back] }", 1),
        ("digraph { a -> b [label=<b>] }", 1),
        ("graph { a -- b }", 1),
        ("", 1),
    ],
)
def test_what_is_no_diagram_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(DagSyntax) as caught:
        parse(text)
    assert caught.value.values["line"] == line


@pytest.mark.parametrize(
    "text",
    [
        'digraph { a [URL="https://example.org"] }',
        'digraph { a -> b [edgehref="x"] }',
        'digraph { href="x" }',
        'dag { a [href="javascript:alert(1)"] }',
        'flowchart LR\n a --> b\n click a "https://example.org"',
        "flowchart LR\n a --> b\n click a call f()",
        'graph [ directed 1 node [ id 0 label "a" url "x" ] ]',
    ],
)
def test_links_and_callbacks_are_refused_in_every_format(text: str) -> None:
    with pytest.raises(DagUnsafe):
        parse(text)


@pytest.mark.parametrize("form", Format)
def test_line_ends_and_a_byte_order_mark_of_another_system_change_nothing(form: Format) -> None:
    dag = Dag.of([("a b", "c")], bidirected=[("a b", "c")], latent=["c"])
    assert parse("\ufeff" + write(dag, form).replace("\n", "\r\n")) == dag


def test_ports_and_looks_of_dot_are_passed_over() -> None:
    dag = parse_dot(
        'strict digraph "g" { rankdir=LR; a:p:sw -> b:n [weight=2]; subgraph cluster_1 { label="x"; c -> b } }'
    )
    assert dag.edges == (("a", "b"), ("c", "b"))


def test_a_cycle_in_a_text_is_refused_with_the_cycle_named() -> None:
    with pytest.raises(DagCycle, match="a, b, a"):
        parse("dag { a -> b -> a }")


def test_the_format_is_told_by_its_first_words() -> None:
    dag = Dag.of([("a", "b")])
    assert [sniff(write(dag, form)) for form in Format] == list(Format)
    assert sniff("%% a comment\ngraph TD\n a --> b") is Format.MERMAID
    assert sniff('Creator "igraph"\ngraph [ directed 1 ]') is Format.GML
    assert sniff("// comment\nstrict digraph g { a }") is Format.DOT


@pytest.mark.parametrize("form", Format)
def test_a_hostile_text_is_refused_within_a_second(form: Format) -> None:
    opening = {"dagitty": "dag {", "dot": "digraph {", "gml": "graph [", "mermaid": "flowchart LR\n"}[form.value]
    for filling in (
        "{" * 200_000,
        "[" * 50_000,
        '"' * 50_001,
        "a -> " * 30_000,
        "/*" * 50_000,
        "a b c\n" * 30_000,
    ):
        started = time.process_time()
        with pytest.raises(DagError):
            parse(opening + filling, form)
        assert time.process_time() - started < 2.5
    with pytest.raises(DagSyntax, match="longer"):
        parse(opening + " " * 1_000_001, form)
