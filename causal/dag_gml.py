"""Diagrams in GML, the Graph Modelling Language (Himsolt 1997), as networkx, igraph and DoWhy write it.

>>> dag = parse_gml('graph [ directed 1 node [ id 0 label "X" ] node [ id 1 label "Y" ] edge [ source 0 target 1 ] ]')
>>> dag.edges
(('X', 'Y'),)
"""

from __future__ import annotations

import html
import re

from causal.dag import Dag, Status
from causal.dag_draft import Draft, flags_of, prepared, refuse_instruction

_TOKENS = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)|"(?P<text>[^"]*)"|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])"""
    r"""|(?P<key>[A-Za-z_]\w*)|(?P<mark>[\[\]])""",
    re.VERBOSE,
)
_MAX_DEPTH = 20

# A list of GML: key, value (a text or a list of the same) and line of each entry.
_Entry = tuple[str, "str | list[_Entry]", int]


def parse_gml(text: str) -> Dag:
    """Read a directed graph in GML; ``observed "no"`` (DoWhy) and ``status`` say what is not measured."""
    text = prepared(text, "GML")
    draft = Draft("GML")
    entries = _read(text, draft)
    graphs = [(value, line) for key, value, line in entries if key == "graph" and not isinstance(value, str)]
    if len(graphs) != 1:
        raise draft.fault(1, "it does not hold one graph in brackets")
    graph, line = graphs[0]
    if _scalar(graph, "directed") != "1":
        raise draft.fault(line, "the graph is not directed")
    names: dict[str, str] = {}
    for key, value, at in graph:
        refuse_instruction(key, at)
        if key == "node" and not isinstance(value, str):
            identity = _scalar(value, "id")
            if identity is None or identity in names:
                raise draft.fault(at, "a node has no id of its own")
            label = _scalar(value, "label")
            names[identity] = identity if label is None else label
            if names[identity] in list(names.values())[:-1]:
                raise draft.fault(at, f"two nodes have the label '{names[identity]}'")
            _mark(draft, names[identity], value)
    for key, value, at in graph:
        if key == "edge" and not isinstance(value, str):
            source, target = _scalar(value, "source"), _scalar(value, "target")
            if source not in names or target not in names:
                raise draft.fault(at, "an edge joins nodes that are not there")
            for inner, _, inner_line in value:
                refuse_instruction(inner, inner_line)
            connect = draft.both if _scalar(value, "bidirected") == "1" else draft.arrow
            connect(names[str(source)], names[str(target)])
    return draft.build()


def write_gml(dag: Dag) -> str:
    """Write a diagram in GML, in ASCII with entities as the format asks."""
    ids = {node.name: i for i, node in enumerate(dag.nodes)}
    lines = ["graph [", "  directed 1"]
    # An arc beside an arrow makes two edges between the same nodes, which networkx reads only so.
    if {frozenset(edge) for edge in dag.edges} & {frozenset(edge) for edge in dag.bidirected}:
        lines.append("  multigraph 1")
    for node in dag.nodes:
        lines.extend(["  node [", f"    id {ids[node.name]}", f'    label "{_escaped(node.name)}"'])
        lines.extend(f"    {flag} 1" for flag in flags_of(dag, node))
        if node.status is not Status.OBSERVED:
            lines.append(f'    status "{node.status.value}"')
        if node.position is not None:
            lines.append(f"    graphics [ x {node.position[0]!r} y {node.position[1]!r} ]")
        lines.append("  ]")
    for edges, mark in ((dag.edges, ""), (dag.bidirected, " bidirected 1")):
        lines.extend(f"  edge [ source {ids[a]} target {ids[b]}{mark} ]" for a, b in edges)
    return "\n".join([*lines, "]", ""])


def _escaped(text: str) -> str:
    return "".join(ch if ch.isascii() and ch not in '&"' else f"&#{ord(ch)};" for ch in text)


def _read(text: str, draft: Draft) -> list[_Entry]:
    outer: list[_Entry] = []
    open_lists: list[list[_Entry]] = [outer]
    key: tuple[str, int] | None = None
    position, line = 0, 1
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match is None:
            raise draft.fault(line, f"'{text[position]}' stands where nothing like it can stand")
        kind = str(match.lastgroup)
        found = match.group(kind)
        if kind == "key" and key is None:
            key = (found, line)
        elif kind in {"text", "number"} and key is not None:
            open_lists[-1].append((key[0], html.unescape(found) if kind == "text" else found, key[1]))
            key = None
        elif found == "[" and kind == "mark" and key is not None:
            if len(open_lists) > _MAX_DEPTH:
                raise draft.fault(line, f"lists are nested more than {_MAX_DEPTH} deep")
            inner: list[_Entry] = []
            open_lists[-1].append((key[0], inner, key[1]))
            open_lists.append(inner)
            key = None
        elif found == "]" and kind == "mark" and key is None and len(open_lists) > 1:
            open_lists.pop()
        elif kind != "skip":
            raise draft.fault(line, f"'{found}' stands where nothing like it can stand")
        line += match.group().count("\n")
        position = match.end()
    if len(open_lists) > 1 or key is not None:
        raise draft.fault(line, "a bracket is not closed or a key has no value")
    return outer


def _scalar(entries: list[_Entry], key: str) -> str | None:
    return next((value for name, value, _ in entries if name == key and isinstance(value, str)), None)


def _mark(draft: Draft, name: str, entries: list[_Entry]) -> None:
    draft.node(name)
    for key, value, line in entries:
        if isinstance(value, str):
            draft.mark(name, key, value, line=line)
        elif key == "graphics":
            for inner, _, inner_line in value:
                refuse_instruction(inner, inner_line)
            x, y = _scalar(value, "x"), _scalar(value, "y")
            if x is not None and y is not None:
                draft.place(name, x, y, line=line)
