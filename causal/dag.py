"""The diagram a person draws: who is assumed to act on whom, what is measured and what is not.

A missing arrow is the assumption; nothing here is learned from data. Bidirected edges stand for a latent common cause.

>>> dag = Dag.of([("smoking", "lung_cancer"), ("gene", "smoking"), ("gene", "lung_cancer")], latent=["gene"])
>>> dag.observed
('lung_cancer', 'smoking')
>>> Dag.of([("a", "b"), ("b", "a")])
Traceback (most recent call last):
miner.errors.DagCycle: The diagram has a cycle: a, b, a.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

import networkx as nx

from miner.errors import DagCycle, DagName, DagTooLarge, DagUnknownColumn, DagUnknownNode

MAX_NODES = 500
MAX_EDGES = 10_000
MAX_NAME = 200


class Status(StrEnum):
    """Whether a node can be used in an analysis of the data at hand."""

    OBSERVED = "observed"
    LATENT = "latent"
    MEASURABLE = "measurable_not_measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One variable of the diagram. ``selection`` marks a node on which the sample was selected; ``position`` is where
    it was drawn (x to the right, y downwards), or None."""

    name: str
    status: Status = Status.OBSERVED
    selection: bool = False
    position: tuple[float, float] | None = None


Edge = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dag:
    """A directed acyclic graph with latent nodes and latent common causes; equal when it says the same.

    Nodes and edges are held sorted, so that the order of drawing changes nothing. ``exposures``, ``outcomes`` and
    ``adjusted`` are marks a drawing may carry; the functions of ``causal.identification`` take theirs as arguments.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    bidirected: tuple[Edge, ...] = ()
    exposures: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    adjusted: tuple[str, ...] = ()
    _by_name: dict[str, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {node.name: node for node in self.nodes}
        if len(self.nodes) > MAX_NODES or len(self.edges) + len(self.bidirected) > MAX_EDGES:
            raise DagTooLarge(nodes=len(self.nodes), edges=len(self.edges) + len(self.bidirected), limit=MAX_NODES)
        for node in self.nodes:
            _check_name(node.name)
        if len(by_name) != len(self.nodes):
            twice, _ = Counter(node.name for node in self.nodes).most_common(1)[0]
            raise DagName(name=twice, reason="it is declared twice")
        set_field = object.__setattr__
        set_field(self, "_by_name", by_name)
        set_field(self, "nodes", tuple(sorted(self.nodes, key=lambda node: node.name)))
        set_field(self, "edges", tuple(sorted(set(self.edges))))
        set_field(self, "bidirected", tuple(sorted({(min(edge), max(edge)) for edge in self.bidirected})))
        for name in ("exposures", "outcomes", "adjusted"):
            set_field(self, name, tuple(sorted(set(getattr(self, name)))))
        for name in {n for edge in (*self.edges, *self.bidirected) for n in edge}.union(
            self.exposures, self.outcomes, self.adjusted
        ):
            self.node(name)
        for a, b in self.bidirected:
            if a == b:
                raise DagCycle(cycle=f"{a}, {a}")
        cycle = _find_cycle(self.edges)
        if cycle:
            raise DagCycle(cycle=", ".join(cycle))

    @classmethod
    def of(
        cls,
        edges: Iterable[Edge] = (),
        *,
        nodes: Iterable[str] = (),
        bidirected: Iterable[Edge] = (),
        latent: Iterable[str] = (),
        measurable: Iterable[str] = (),
        exposures: Iterable[str] = (),
        outcomes: Iterable[str] = (),
    ) -> Dag:
        """A diagram from names alone; nodes appear by being named in an edge or in one of the lists.

        A name that stands only in ``latent`` or ``measurable`` and nowhere else is refused as unknown: it is most often
        a slip of the pen for a node that is there.
        """
        directed, twoway = tuple(edges), tuple(bidirected)
        known = set(nodes).union(*directed, *twoway)
        hidden, missing = set(latent), set(measurable)
        for name in sorted(hidden | missing | set(exposures) | set(outcomes)):
            if name not in known:
                raise DagUnknownNode(name=name, nearest=nearest(name, known))
        status = dict.fromkeys(missing, Status.MEASURABLE) | dict.fromkeys(hidden, Status.LATENT)
        return cls(
            nodes=tuple(Node(name=name, status=status.get(name, Status.OBSERVED)) for name in known),
            edges=directed,
            bidirected=twoway,
            exposures=tuple(exposures),
            outcomes=tuple(outcomes),
        )

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def node(self, name: str) -> Node:
        """The node of that name; DagUnknownNode names the nearest one otherwise."""
        if name not in self._by_name:
            raise DagUnknownNode(name=name, nearest=nearest(name, self._by_name))
        return self._by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        """All nodes, sorted."""
        return tuple(node.name for node in self.nodes)

    @property
    def observed(self) -> tuple[str, ...]:
        """The nodes that the data hold, sorted."""
        return tuple(node.name for node in self.nodes if node.status is Status.OBSERVED)

    @property
    def unobserved(self) -> tuple[str, ...]:
        """Latent and not yet measured nodes, sorted."""
        return tuple(node.name for node in self.nodes if node.status is not Status.OBSERVED)

    def parents(self, name: str) -> tuple[str, ...]:
        """Direct causes of the node, as drawn."""
        return tuple(a for a, b in self.edges if b == self.node(name).name)

    def children(self, name: str) -> tuple[str, ...]:
        """What the node acts on directly, as drawn."""
        return tuple(b for a, b in self.edges if a == self.node(name).name)

    def ancestors(self, names: Iterable[str]) -> frozenset[str]:
        """The nodes themselves and everything upstream of them."""
        return self._closure(names, ((b, a) for a, b in self.edges))

    def descendants(self, names: Iterable[str]) -> frozenset[str]:
        """The nodes themselves and everything downstream of them."""
        return self._closure(names, self.edges)

    def _closure(self, names: Iterable[str], steps: Iterable[Edge]) -> frozenset[str]:
        onward: dict[str, list[str]] = {}
        for here, there in steps:
            onward.setdefault(here, []).append(there)
        reached: set[str] = set()
        waiting = [self.node(name).name for name in names]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(onward.get(name, ()))
        return frozenset(reached)

    def common_cause_name(self, edge: Edge) -> str:
        """The name under which the latent common cause of a bidirected edge appears in answers."""
        name = f"common cause of {edge[0]} and {edge[1]}"
        while name in self._by_name:
            name += "'"
        return name

    def expanded(self) -> Dag:
        """The same diagram with each bidirected edge written out as a latent node with two arrows."""
        added = {self.common_cause_name(edge): edge for edge in self.bidirected}
        return replace(
            self,
            nodes=(*self.nodes, *(Node(name=name, status=Status.LATENT) for name in added)),
            edges=(*self.edges, *((name, end) for name, edge in added.items() for end in edge)),
            bidirected=(),
        )

    def graph(self) -> nx.DiGraph[str]:
        """A fresh networkx graph of the expanded diagram; nodes carry ``status``."""
        whole = self.expanded()
        graph: nx.DiGraph[str] = nx.DiGraph()
        for node in whole.nodes:
            graph.add_node(node.name, status=node.status.value)
        graph.add_edges_from(whole.edges)
        return graph

    def with_status(self, names: Iterable[str], status: Status) -> Dag:
        """The same diagram with the status of some nodes changed."""
        changed = {self.node(name).name for name in names}
        return replace(
            self, nodes=tuple(replace(node, status=status) if node.name in changed else node for node in self.nodes)
        )

    def check_columns(self, columns: Iterable[str]) -> None:
        """Refuse an observed node that is not a column of the data, letter by letter, naming the nearest column.

        A silent mismatch would turn a measured confounder into an unmeasured one (DoWhy does so with 'Z' and 'z').
        """
        known = set(columns)
        for name in self.observed:
            if name not in known:
                raise DagUnknownColumn(name=name, nearest=nearest(name, known))

    def to_dict(self) -> dict[str, object]:
        """Plain values for a protocol or the ledger."""
        return {
            "nodes": [
                {
                    "name": node.name,
                    "status": node.status.value,
                    "selection": node.selection,
                    "position": None if node.position is None else list(node.position),
                }
                for node in self.nodes
            ],
            "edges": [list(edge) for edge in self.edges],
            "bidirected": [list(edge) for edge in self.bidirected],
            "exposures": list(self.exposures),
            "outcomes": list(self.outcomes),
            "adjusted": list(self.adjusted),
        }


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like the one given, whatever the case; a dash where none is near, for it is shown to people.

    >>> nearest("Age", ["sex", "age", "wage"])
    'age'
    """
    by_folded: dict[str, str] = {}
    for candidate in sorted(known):
        by_folded.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[found[0]] if found else "–"


def _check_name(name: str) -> None:
    if not name.strip():
        raise DagName(name=name, reason="it is empty")
    if name != name.strip():
        raise DagName(name=name, reason="it begins or ends with a space")
    if len(name) > MAX_NAME:
        raise DagName(name=name[:40] + "…", reason=f"it is longer than {MAX_NAME} characters")
    # Control, format (zero-width, bidirectional) and surrogate characters make two names look alike on the page.
    hidden = next((ch for ch in name if unicodedata.category(ch) in {"Cc", "Cf", "Cs", "Zl", "Zp"}), None)
    if hidden is not None:
        raise DagName(name=name.replace(hidden, "?"), reason=f"it holds the invisible character U+{ord(hidden):04X}")


def _find_cycle(edges: Iterable[Edge]) -> tuple[str, ...]:
    graph: nx.DiGraph[str] = nx.DiGraph(list(edges))
    try:
        cycle = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return ()
    names = [str(edge[0]) for edge in cycle]
    # Begin at the first name in the alphabet, so that the same cycle reads the same however it was found.
    start = names.index(min(names))
    turned = names[start:] + names[:start]
    return (*turned, turned[0])
