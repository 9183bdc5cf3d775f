"""A diagram as a picture: one self-contained SVG, laid out in layers, each role told by colour and by shape.

Nothing is fetched and nothing runs in it: shapes, lines and escaped text only.

>>> svg = draw_svg(Dag.of([("x", "y")]), {"x": NodeRole.EXPOSURE, "y": NodeRole.OUTCOME})
>>> svg.startswith("<svg "), svg.count("<title>")
(True, 3)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import networkx as nx

from causal.dag import Dag, Node, Status
from causal.paths import NodeRole

ENGLISH = {
    "exposure": "exposure",
    "outcome": "outcome",
    "confounder": "common cause",
    "mediator": "on the way",
    "collider": "common consequence",
    "instrument": "instrument",
    "selection": "selected on",
    "other": "other",
    "adjusted": "adjusted for",
    "latent": "not measured",
    "measurable_not_measured": "could be measured",
    "bidirected": "unnamed common cause",
    "title": "Diagram",
    "arrow": "{a} to {b}",
}

# Okabe & Ito (2008): told apart under every common colour blindness, and by shape without any colour.
FILL = {
    NodeRole.EXPOSURE: "#009E73",
    NodeRole.OUTCOME: "#0072B2",
    NodeRole.CONFOUNDER: "#E69F00",
    NodeRole.MEDIATOR: "#F0E442",
    NodeRole.COLLIDER: "#D55E00",
    NodeRole.INSTRUMENT: "#56B4E9",
    NodeRole.SELECTION: "#CC79A7",
    NodeRole.OTHER: "#FFFFFF",
}
_LIGHT_TEXT = {NodeRole.OUTCOME}
_INK = "#222222"
_HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 34.0, 70.0, 26.0, 24.0
_LONGEST_LABEL = 32


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    width: float
    height: float = _HEIGHT


def draw_svg(
    dag: Dag,
    roles: Mapping[str, NodeRole],
    *,
    adjusted: Collection[str] = (),
    words: Mapping[str, str] = ENGLISH,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Draw the diagram from left to right, causes before consequences.

    Parameters
    ----------
    dag : the diagram; positions it carries are not used, so that the picture is the same wherever it is made.
    roles : from ``causal.paths.node_roles``; a node without one is drawn as *other*.
    adjusted : nodes drawn with a thick border and a tick.
    words : the words of the legend and of the description, keys as in ``ENGLISH``.
    labels : what to write in a node where not its name.

    Returns
    -------
    str : an SVG element with a title and a description for readers who do not see it.
    """
    shown = {node.name: (labels or {}).get(node.name, node.name) for node in dag.nodes}
    boxes, routes = _layout(dag, {name: _width(_shortened(text)) for name, text in shown.items()})
    parts = [_edge(_through(boxes[a], routes[(a, b)], boxes[b]), both=False) for a, b in dag.edges]
    arcs = [_arc(boxes[a], boxes[b], boxes.values()) for a, b in dag.bidirected]
    parts.extend(path for path, _ in arcs)
    for node in dag.nodes:
        role = roles.get(node.name, NodeRole.OTHER)
        parts.append(_node(node, role, boxes[node.name], shown[node.name], node.name in adjusted, words))
    lift = min([0.0, *(top for _, top in arcs)])
    bends = [y for points in routes.values() for _, y in points]
    bottom = max([0.0, *(box.y + box.height / 2 for box in boxes.values()), *bends]) + 18
    right = max([0.0, *(box.x + box.width / 2 for box in boxes.values())])
    legend, legend_width, legend_height = _legend(dag, roles, adjusted, words, bottom)
    width = max(right, legend_width) + 2 * _MARGIN
    height = bottom + legend_height + 2 * _MARGIN - lift
    told = [words["arrow"].format(a=shown[a], b=shown[b]) for a, b in dag.edges]
    told.extend(f"{shown[a]}, {shown[b]}: {words['bidirected']}" for a, b in dag.bidirected)
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="{-_MARGIN:.0f} {lift - _MARGIN:.0f} {width:.0f} {height:.0f}" '
            'font-family="system-ui, sans-serif" font-size="13">',
            f"<title>{escape(words['title'])}</title><desc>{escape('; '.join(told))}</desc>",
            '<defs><marker id="dag-head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
            f'orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="{_INK}"/></marker></defs>',
            f'<rect x="{-_MARGIN:.0f}" y="{lift - _MARGIN:.0f}" width="{width:.0f}" height="{height:.0f}" '
            'fill="#FFFFFF"/>',
            *parts,
            *legend,
            "</svg>",
        ]
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"


def _width(text: str) -> float:
    """Width of a label at 13 px, wide characters counted double, with room for the slanted sides of a shape."""
    return 46 + sum(13.0 if unicodedata.east_asian_width(ch) in "WF" else 7.4 for ch in text)


def _layout(
    dag: Dag, widths: Mapping[str, float]
) -> tuple[dict[str, _Box], dict[tuple[str, str], list[tuple[float, float]]]]:
    """Layers by longest path, order by barycentres (Sugiyama et al. 1981); long arrows bend at points of their own."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(dag.names)
    graph.add_edges_from(dag.edges)
    layer = {name: i for i, names in enumerate(nx.topological_generations(graph)) for name in names}
    # A cause without causes of its own stands just before what it acts on, not at the far left.
    for name in reversed(list(nx.lexicographical_topological_sort(graph))):
        if graph.in_degree(name) == 0 and graph.out_degree(name) > 0:
            layer[name] = min(layer[child] for child in graph.successors(name)) - 1
    columns: list[list[tuple[str, ...]]] = [[] for _ in range(1 + max(layer.values(), default=0))]
    for name in sorted(layer):
        columns[layer[name]].append((name,))
    links: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    chains: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for a, b in dag.edges:
        bends: list[tuple[str, ...]] = [(a, b, str(i)) for i in range(layer[a] + 1, layer[b])]
        for bend in bends:
            columns[int(bend[2])].append(bend)
        chains[(a, b)] = bends
        chain = [(a,), *bends, (b,)]
        for before, after in pairwise(chain):
            links.setdefault(after, []).append(before)
            links.setdefault(before, []).append(after)
    _untangle(columns, links)
    return _placed(columns, chains, widths)


def _untangle(columns: list[list[tuple[str, ...]]], links: Mapping[tuple[str, ...], list[tuple[str, ...]]]) -> None:
    """Sort each column by the mean place of its neighbours, sweeping right and left a fixed number of times."""
    for sweep in range(8):
        place = {cell: (i + 0.5) / len(column) for column in columns for i, cell in enumerate(column)}
        for column in columns if sweep % 2 == 0 else reversed(columns):
            means = {
                cell: sum(place[n] for n in links[cell]) / len(links[cell]) if cell in links else place[cell]
                for cell in column
            }
            column.sort(key=lambda cell: (means[cell], cell))
            place |= {cell: (i + 0.5) / len(column) for i, cell in enumerate(column)}


def _placed(
    columns: list[list[tuple[str, ...]]],
    chains: Mapping[tuple[str, str], list[tuple[str, ...]]],
    widths: Mapping[str, float],
) -> tuple[dict[str, _Box], dict[tuple[str, str], list[tuple[float, float]]]]:
    tallest = max((len(column) for column in columns), default=0) * (_HEIGHT + _GAP_Y)
    points: dict[tuple[str, ...], tuple[float, float]] = {}
    left = 0.0
    for column in columns:
        breadth = max((widths[cell[0]] for cell in column if len(cell) == 1), default=0.0)
        top = (tallest - len(column) * (_HEIGHT + _GAP_Y)) / 2
        for i, cell in enumerate(column):
            points[cell] = (left + breadth / 2, top + (i + 0.5) * (_HEIGHT + _GAP_Y))
        left += breadth + _GAP_X
    boxes = {cell[0]: _Box(*point, widths[cell[0]]) for cell, point in points.items() if len(cell) == 1}
    return boxes, {edge: [points[bend] for bend in bends] for edge, bends in chains.items()}


def _through(start: _Box, bends: list[tuple[float, float]], end: _Box) -> list[tuple[float, float]]:
    first = bends[0] if bends else (end.x, end.y)
    last = bends[-1] if bends else (start.x, start.y)
    return [_border(start, *first), *bends, _border(end, *last)]


def _border(box: _Box, x: float, y: float) -> tuple[float, float]:
    """Where the line from the middle of a box towards a point leaves the box."""
    dx, dy = x - box.x, y - box.y
    scale = max(abs(dx) / (box.width / 2 + 3), abs(dy) / (box.height / 2 + 3), 1e-9)
    return box.x + dx / scale, box.y + dy / scale


def _edge(points: list[tuple[float, float]], *, both: bool) -> str:
    """A line through the points, its corners rounded by quadratic curves between the middles of its pieces."""
    d = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x, y), (after_x, after_y) in pairwise(points[1:]):
        d += f" Q{x:.1f} {y:.1f} {(x + after_x) / 2:.1f} {(y + after_y) / 2:.1f}"
    d += f" L{points[-1][0]:.1f} {points[-1][1]:.1f}"
    start = ' marker-start="url(#dag-head)" stroke-dasharray="5 4"' if both else ""
    return f'<path d="{d}" fill="none" stroke="{_INK}" stroke-width="1.4" marker-end="url(#dag-head)"{start}/>'


def _arc(a: _Box, b: _Box, boxes: Iterable[_Box]) -> tuple[str, float]:
    """A dashed arc over whatever stands between its ends, and how high it rises."""
    left, right = min(a.x, b.x), max(a.x, b.x)
    between = [box.y - box.height / 2 for box in boxes if left - box.width / 2 <= box.x <= right + box.width / 2]
    top = min(between) - 20
    start, end = a.y - a.height / 2 - 3, b.y - b.height / 2 - 3
    # Over most of its length a cubic curve with both handles at this height stays above ``top``.
    handle = top - (min(start, end) - top) / 3
    path = (
        f'<path d="M{a.x:.1f} {start:.1f} C{a.x:.1f} {handle:.1f} {b.x:.1f} {handle:.1f} {b.x:.1f} {end:.1f}" '
        f'fill="none" stroke="{_INK}" stroke-width="1.4" stroke-dasharray="5 4" marker-start="url(#dag-head)" '
        'marker-end="url(#dag-head)"/>'
    )
    return path, handle


def _node(node: Node, role: NodeRole, box: _Box, text: str, adjusted: bool, words: Mapping[str, str]) -> str:
    told = [text, words[role.value]]
    if node.status is not Status.OBSERVED:
        told.append(words[node.status.value])
    if adjusted:
        told.append(words["adjusted"])
    tick = ""
    if adjusted:
        x, y = box.x - box.width / 2 + 9, box.y
        tick = f'<path d="M{x:.1f} {y:.1f}l3 4 6-8" fill="none" stroke="{_INK}" stroke-width="2"/>'
    ink = "#FFFFFF" if role in _LIGHT_TEXT else "#111111"
    return (
        f"<g><title>{escape(', '.join(told))}</title>{_shape(node.status, role, box, adjusted)}"
        f'<text x="{box.x:.1f}" y="{box.y + 4.5:.1f}" text-anchor="middle" fill="{ink}">'
        f"{escape(_shortened(text))}</text>{tick}</g>"
    )


def _shape(status: Status, role: NodeRole, box: _Box, adjusted: bool) -> str:
    dash = {Status.OBSERVED: "", Status.LATENT: ' stroke-dasharray="4 3"', Status.MEASURABLE: ' stroke-dasharray="1 3"'}
    fill = FILL[role] if status is Status.OBSERVED else _paler(FILL[role])
    look = f'fill="{fill}" stroke="{_INK}" stroke-width="{3 if adjusted else 1.4}"{dash[status]}'
    w, h, x, y = box.width / 2, box.height / 2, box.x, box.y
    if role in {NodeRole.CONFOUNDER}:
        return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{w:.1f}" ry="{h:.1f}" {look}/>'
    if role in {NodeRole.OUTCOME, NodeRole.OTHER}:
        corner = 0 if role is NodeRole.OUTCOME else 12
        return f'<rect x="{x - w:.1f}" y="{y - h:.1f}" width="{2 * w:.1f}" height="{2 * h:.1f}" rx="{corner}" {look}/>'
    outline = {
        NodeRole.EXPOSURE: [(-w, -h), (w - 14, -h), (w, 0), (w - 14, h), (-w, h)],
        NodeRole.MEDIATOR: [(-w, 0), (-w + 14, -h), (w - 14, -h), (w, 0), (w - 14, h), (-w + 14, h)],
        NodeRole.COLLIDER: [(-w, -h), (w, -h), (w - 14, h), (-w + 14, h)],
        NodeRole.INSTRUMENT: [(-w + 14, -h), (w, -h), (w - 14, h), (-w, h)],
        NodeRole.SELECTION: [(-w, -h), (w, -h), (w - 10, 0), (w, h), (-w, h), (-w + 10, 0)],
    }[role]
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in outline)
    return f'<polygon points="{points}" {look}/>'


def _paler(colour: str) -> str:
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{(part + 3 * 255) // 4:02X}" for part in parts)


def _legend(
    dag: Dag, roles: Mapping[str, NodeRole], adjusted: Collection[str], words: Mapping[str, str], top: float
) -> tuple[list[str], float, float]:
    """One line for each role, status and mark that occurs, in rows below the diagram."""
    used = {roles.get(name, NodeRole.OTHER) for name in dag.names}
    entries = [(words[role.value], role, Status.OBSERVED, False) for role in NodeRole if role in used]
    statuses = {node.status for node in dag.nodes} - {Status.OBSERVED}
    entries += [(words[status.value], NodeRole.OTHER, status, False) for status in Status if status in statuses]
    if any(name in adjusted for name in dag.names):
        entries.append((words["adjusted"], NodeRole.OTHER, Status.OBSERVED, True))
    parts: list[str] = []
    x, y, widest = 0.0, top + 22, 0.0
    for text, role, status, marked in entries:
        breadth = 52 + 7.4 * len(text)
        if x and x + breadth > 640:
            x, y = 0.0, y + 26
        parts.append(_shape(status, role, _Box(x + 18, y, 36, 16), marked))
        parts.append(f'<text x="{x + 42:.1f}" y="{y + 4.5:.1f}" fill="#111111">{escape(text)}</text>')
        x += breadth + 14
        widest = max(widest, x)
    if dag.bidirected:
        y += 26
        parts.append(_edge([(2.0, y), (36.0, y)], both=True))
        parts.append(f'<text x="46" y="{y + 4.5:.1f}" fill="#111111">{escape(words["bidirected"])}</text>')
        widest = max(widest, 52 + 7.4 * len(words["bidirected"]))
    return parts, widest, y + 12 - top
