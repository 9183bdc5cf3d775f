"""The diagram by mouse and by keyboard; both change the same text, each change is checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import streamlit as st

from causal.dag import Dag, Status
from causal.dag_drawing import FILL
from causal.dag_edits import edited, placed
from causal.paths import NodeRole
from miner.errors import DagName
from reports.gate import descriptive
from workbench import state
from workbench.components import show

WIDTH, HEIGHT = 1000.0, 560.0
MOST_BY_MOUSE = 40
ARROWS = ("→", "↔", "–")


@lru_cache(maxsize=3)
def _source(kind: str) -> str:
    return resources.files("workbench").joinpath(f"components/diagram_editor.{kind}").read_text(encoding="utf-8")


def by_mouse(dag: Dag, roles: Mapping[str, NodeRole], *, key: str) -> Dag:
    """The diagram as it is after what was done with the mouse. Raises what the diagram refuses."""
    t = state.translate()
    if len(dag.names) > MOST_BY_MOUSE:
        show.tell("diagram.too_many", most=MOST_BY_MOUSE)
        return dag
    places = placed(dag, width=WIDTH, height=HEIGHT)
    words = {name: t(f"diagram.{name}") for name in ("move", "arrow", "common", "status", "remove")}
    words |= {status.value: t(f"node_status.{status.value}") for status in Status}
    mount = st.components.v2.component(
        "fortuit_diagram", html=_source("html"), css=_source("css"), js=_source("js"), isolate_styles=True
    )
    found = mount(
        key=key,
        data={
            "width": WIDTH,
            "height": HEIGHT,
            "words": words,
            "nodes": [
                {
                    "name": node.name,
                    "status": node.status.value,
                    "kind": roles.get(node.name, NodeRole.OTHER).value,
                    "role": t(f"drawing.{roles.get(node.name, NodeRole.OTHER).value}"),
                    "fill": FILL[roles.get(node.name, NodeRole.OTHER)],
                    "x": places[node.name][0],
                    "y": places[node.name][1],
                }
                for node in dag
            ],
            "edges": [list(edge) for edge in dag.edges],
            "bidirected": [list(edge) for edge in dag.bidirected],
        },
        on_graph_change=lambda: None,
    )
    return dag if not found.graph else from_browser(dag, found.graph)


def from_browser(dag: Dag, graph: Mapping[str, Any]) -> Dag:
    """What the browser sent, as a diagram; names are checked like any other text. Raises DagName, DagCycle."""
    nodes = {str(node["name"]): str(node["status"]) for node in graph["nodes"]}
    if not set(nodes) <= set(dag.names):
        raise DagName(name=", ".join(sorted(set(nodes) - set(dag.names))), reason="nodes are added in the form beneath")
    return edited(
        dag,
        nodes=nodes,
        edges=[(str(a), str(b)) for a, b in graph["edges"]],
        bidirected=[(str(a), str(b)) for a, b in graph["bidirected"]],
        positions={str(n["name"]): (round(float(n["x"]), 1), round(float(n["y"]), 1)) for n in graph["nodes"]},
    )


def by_keyboard(dag: Dag, columns: tuple[str, ...], *, key: str) -> Dag:
    """The diagram after what was changed in the tables of arrows and nodes, or added in the forms."""
    t = state.translate()
    left, right = st.columns([3, 2])
    with left:
        rows = [{"from": a, "arrow": "→", "to": b} for a, b in dag.edges]
        rows += [{"from": a, "arrow": "↔", "to": b} for a, b in dag.bidirected]
        titles = {name: t(f"diagram.{name}") for name in ("from", "arrow", "to")}
        told = rows
        if rows:
            told = show.editable(
                descriptive(rows), key=f"{key}.edges", titles=titles, choices={"arrow": ARROWS}, fixed=("from", "to")
            )
        show.note("diagram.arrows_note")
    with right:
        words = {t(f"node_status.{status.value}"): status.value for status in Status}
        named = {value: word for word, value in words.items()}
        nodes = [{"node": node.name, "status": named[node.status.value]} for node in dag]
        titles = {"node": t("diagram.node"), "status": t("diagram.status")}
        kept = nodes
        if nodes:
            kept = show.editable(
                descriptive(nodes), key=f"{key}.nodes", titles=titles, choices={"status": tuple(words)}, fixed=("node",)
            )
    statuses = {str(row["node"]): words[str(row["status"])] for row in kept}
    edges = [(str(row["from"]), str(row["to"])) for row in told if row["arrow"] == "→"]
    common = [(str(row["from"]), str(row["to"])) for row in told if row["arrow"] == "↔"]
    return _added(dag, columns, statuses, edges, common, key)


def _added(
    dag: Dag,
    columns: tuple[str, ...],
    statuses: dict[str, str],
    edges: list[tuple[str, str]],
    common: list[tuple[str, str]],
    key: str,
) -> Dag:
    t = state.translate()
    left, right = st.columns([3, 2])
    with left, st.form(f"{key}.add_arrow", border=True):
        places = st.columns(3, vertical_alignment="bottom")
        with places[0]:
            a = st.selectbox(t("diagram.from"), dag.names)
        with places[1]:
            b = st.selectbox(t("diagram.to"), dag.names)
        with places[2]:
            kind = st.selectbox(t("diagram.arrow"), ARROWS[:2])
        if st.form_submit_button(t("diagram.add_arrow"), icon=":material/arrow_forward:") and a and b:
            (edges if kind == "→" else common).append((str(a), str(b)))
    with right, st.form(f"{key}.add_node", border=True):
        name = st.selectbox(
            t("diagram.node"), [c for c in columns if c not in dag], index=None, accept_new_options=True,
            help=t("diagram.node_help"),
        )  # fmt: skip
        if st.form_submit_button(t("diagram.add_node"), icon=":material/add:") and name:
            statuses[str(name)] = (Status.OBSERVED if name in columns else Status.LATENT).value
        gone = st.selectbox(t("diagram.remove_node"), dag.names, index=None)
        if st.form_submit_button(t("diagram.remove"), icon=":material/remove:") and gone:
            statuses.pop(str(gone), None)
            edges = [edge for edge in edges if gone not in edge]
            common = [edge for edge in common if gone not in edge]
    return edited(dag, nodes=statuses, edges=edges, bidirected=common)
