"""Mermaid: flowcharts as people write them, with their shapes, chains and comments."""

from __future__ import annotations

import time

import pytest

from causal.dag import Dag, Status
from causal.dag_mermaid import parse_mermaid, write_mermaid
from miner.errors import DagSyntax, DagUnsafe


def test_shapes_chains_groups_and_looks_are_read() -> None:
    dag = parse_mermaid(
        """
        %% a comment
        graph TD
            A[age at entry] --> B("smoking") & C{{"sex"}} -->|often| D((death))
            U([hidden]):::latent -.-> B; U ==> D
            B <--> D
            subgraph one
            E[(cells)] --> D
            end
            classDef latent stroke:#333
            class E,A adjusted;
            style A fill:#f9f
            linkStyle 0 stroke:#fff
        """
    )
    assert dag.names == ("age at entry", "cells", "death", "hidden", "sex", "smoking")
    assert ("age at entry", "sex") in dag.edges
    assert ("sex", "death") in dag.edges
    assert ("hidden", "death") in dag.edges
    assert dag.bidirected == (("death", "smoking"),)
    assert dag.unobserved == ("hidden",)
    assert dag.adjusted == ("age at entry", "cells")


def test_special_characters_travel_as_entities() -> None:
    text = write_mermaid(Dag.of(nodes=['a"];click b "x', "50 % <b>"]))
    assert '"];' not in text
    assert "<b>" not in text
    assert parse_mermaid(text).names == ("50 % <b>", 'a"];click b "x')
    assert parse_mermaid('flowchart LR\n a["&#quot;#amp;#33;#1114112;"]').names == ('&"&!#1114112;',)


def test_a_measurable_node_keeps_its_status() -> None:
    dag = Dag.of([("a", "b")], measurable=["a"])
    assert "class n0 measurable_not_measured" in write_mermaid(dag)
    assert parse_mermaid(write_mermaid(dag)).node("a").status is Status.MEASURABLE


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a --> b", 1),
        ("flowchart LR\n a --- b", 2),
        ("flowchart LR\n a --x b", 2),
        ("flowchart LR\n a --> ", 2),
        ("flowchart LR\n a[open", 2),
        ("flowchart LR\n a b", 2),
        ("flowchart LR\n a[x]\n b[x]", 1),
        ("flowchart LR\n a\n class b latent", 3),
        ("flowchart LR\n class a", 2),
        ("sequenceDiagram\n a->>b: hi", 1),
        ("", 1),
    ],
)
def test_what_is_no_flowchart_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(DagSyntax) as caught:
        parse_mermaid(text)
    assert caught.value.values["line"] == line


@pytest.mark.parametrize("statement", ["click a href", "click a callback", "callback a", "call a()"])
def test_a_callback_is_refused(statement: str) -> None:
    with pytest.raises(DagUnsafe):
        parse_mermaid(f"flowchart LR\n a --> b\n {statement}")


def test_a_thousand_statements_on_one_line_are_read_in_time() -> None:
    started = time.process_time()
    dag = parse_mermaid("flowchart LR\n" + ";".join(f"a{i % 90} --> b{i % 97}" for i in range(5000)))
    assert len(dag.names) == 187
    assert time.process_time() - started < 3
