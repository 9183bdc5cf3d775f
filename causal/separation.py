"""d-separation, open paths and minimal separators: the algorithms on arrows that identification rests on.

Sets of nodes inside a moral graph are held as bits of an integer, which makes the enumeration of all minimal separators
fast enough to run while a person draws.

>>> arrows = Arrows.of("abc", [("a", "c"), ("b", "c")])
>>> separated(arrows, {"a"}, {"b"}, set()), separated(arrows, {"a"}, {"b"}, {"c"})
(True, False)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from causal.dag import Dag

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Arrows:
    """Parents and children of each node of a directed acyclic graph without bidirected edges."""

    parents: Mapping[str, Names]
    children: Mapping[str, Names]

    @classmethod
    def of(cls, names: Iterable[str], edges: Iterable[tuple[str, str]]) -> Arrows:
        """Arrows between the names given; the caller guarantees that there is no cycle."""
        parents: dict[str, set[str]] = {name: set() for name in names}
        children: dict[str, set[str]] = {name: set() for name in parents}
        for a, b in edges:
            parents[b].add(a)
            children[a].add(b)
        return cls({n: frozenset(s) for n, s in parents.items()}, {n: frozenset(s) for n, s in children.items()})

    @classmethod
    def from_dag(cls, dag: Dag) -> Arrows:
        """Arrows of a diagram, its bidirected edges written out as latent common causes."""
        whole = dag.expanded()
        return cls.of(whole.names, whole.edges)

    def edges(self) -> Iterator[tuple[str, str]]:
        """All arrows."""
        return ((a, b) for a, targets in self.children.items() for b in targets)

    def ancestors(self, names: Iterable[str]) -> Names:
        """The nodes themselves and everything upstream."""
        return _closure(self.parents, names)

    def descendants(self, names: Iterable[str]) -> Names:
        """The nodes themselves and everything downstream."""
        return _closure(self.children, names)

    def without(self, *, into: Collection[str] = (), out_of: Collection[str] = ()) -> Arrows:
        """The graph with all arrows into, and all arrows out of, some nodes removed."""
        return Arrows.of(self.parents, ((a, b) for a, b in self.edges() if b not in into and a not in out_of))

    def without_edges(self, removed: Collection[tuple[str, str]]) -> Arrows:
        """The graph with some arrows removed."""
        return Arrows.of(self.parents, (edge for edge in self.edges() if edge not in removed))


def _closure(step: Mapping[str, Names], names: Iterable[str]) -> Names:
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(step[name])
    return frozenset(reached)


def separated(arrows: Arrows, xs: Collection[str], ys: Collection[str], given: Collection[str]) -> bool:
    """True where ``given`` d-separates every x from every y (Pearl 2009, definition 1.2.3)."""
    return open_path(arrows, xs, ys, given) is None


def open_path(
    arrows: Arrows, xs: Collection[str], ys: Collection[str], given: Collection[str]
) -> tuple[str, ...] | None:
    """A shortest path from an x to a y that ``given`` leaves open, as the nodes along it; None where there is none.

    A search over (node, whether it was entered along an arrow) visits each pair once: the Bayes ball of Shachter
    (1998), a collider being open where it or a descendant of it is in ``given``.
    """
    blocked, opened = frozenset(given), arrows.ancestors(given)
    came_from: dict[tuple[str, bool], tuple[str, bool] | None] = {}
    layer: list[tuple[str, bool]] = []
    for x in sorted(set(xs) - blocked):
        came_from[(x, False)] = None
        layer.append((x, False))
    while layer:
        following: list[tuple[str, bool]] = []
        for state in layer:
            name, by_arrow = state
            if name in ys and came_from[state] is not None:
                return _trace(came_from, state)
            onward: list[tuple[str, bool]] = []
            if name not in blocked:
                onward.extend((child, True) for child in sorted(arrows.children[name]))
            if (name in opened) if by_arrow else (name not in blocked):
                onward.extend((parent, False) for parent in sorted(arrows.parents[name]))
            for step in onward:
                if step not in came_from:
                    came_from[step] = state
                    following.append(step)
        layer = following
    return None


def _trace(came_from: Mapping[tuple[str, bool], tuple[str, bool] | None], end: tuple[str, bool]) -> tuple[str, ...]:
    path = [end[0]]
    before = came_from[end]
    while before is not None:
        path.append(before[0])
        before = came_from[before]
    return tuple(reversed(path))


@dataclass(frozen=True, slots=True)
class MoralGraph:
    """The moral graph of the ancestors of two ends, nodes that may not separate eliminated.

    Minimal separators of the ends here are exactly the minimal d-separators among the allowed nodes that contain the
    forced ones (van der Zander, Liskiewicz & Textor 2019, doi:10.1016/j.artint.2018.12.006). ``near`` and ``far`` are
    the bits of the two ends, each merged into one; ``adjacent[i]`` is the bit set of the neighbours of node i.
    """

    names: tuple[str, ...]
    adjacent: tuple[int, ...]
    near: int
    far: int

    @classmethod
    def of(
        cls,
        arrows: Arrows,
        near: Collection[str],
        far: Collection[str],
        *,
        allowed: Collection[str],
        forced: Collection[str] = (),
    ) -> MoralGraph:
        """Moralise, drop the forced nodes, merge each end into one node, and bridge every node that is not allowed."""
        kept = arrows.ancestors((*near, *far, *forced))
        ends = {**dict.fromkeys(near, 0), **dict.fromkeys(far, 1)}
        candidates = sorted(set(allowed) & kept - set(ends) - set(forced))
        bridges = sorted(kept - set(ends) - set(forced) - set(candidates))
        index = ends | {name: i for i, name in enumerate((*candidates, *bridges), start=2)}
        adjacent = [0] * (2 + len(candidates) + len(bridges))
        for name in kept:
            family = [index[n] for n in (name, *(arrows.parents[name] & kept)) if n in index]
            everyone = 0
            for i in family:
                everyone |= 1 << i
            for i in family:
                adjacent[i] |= everyone & ~(1 << i)
        for i in range(len(adjacent) - 1, 1 + len(candidates), -1):
            around = adjacent[i]
            for j in _bits(around):
                adjacent[j] = (adjacent[j] | around) & ~(1 << i) & ~(1 << j)
        return cls(("", "", *candidates), tuple(adjacent[: 2 + len(candidates)]), 0b01, 0b10)

    def closest(self) -> Names | None:
        """The minimal separator closest to the near end; None where the ends cannot be separated."""
        found = self._separator_around(self.near)
        return None if found is None else self._named(found[1])

    def separators(self, budget: int) -> Iterator[Names | None]:
        """All minimal separators, each once; ``None`` at the end where the budget of steps did not suffice.

        Takata (2010, doi:10.1016/j.dam.2010.05.013): grow the side of the near end one node at a time, and branch on
        whether the next node of the separator joins it. A step is one search through the graph. The budget counts
        steps, not seconds, so that the same diagram has the same answer on every machine.
        """
        waiting = [(self.near, 0)]
        while waiting:
            if budget <= 0:
                yield None
                return
            budget -= 1
            side, barred = waiting.pop()
            found = self._separator_around(side)
            if found is None or found[0] & barred:
                continue
            side, separator = found
            movable = separator & ~barred & ~self._around(self.far)
            if not movable:
                yield self._named(separator)
                continue
            chosen = movable & -movable
            waiting.append((side | chosen, barred))
            waiting.append((side, barred | chosen))

    def _separator_around(self, side: int) -> tuple[int, int] | None:
        """The minimal separator closest to a connected set, and the whole side it cuts off."""
        wall = self._around(side)
        if wall & self.far or side & self.far:
            return None
        separator = self._around(self._component(self.far, wall | side))
        return self._component(self.near, separator), separator

    def _around(self, group: int) -> int:
        found = 0
        for i in _bits(group):
            found |= self.adjacent[i]
        return found & ~group

    def _component(self, start: int, wall: int) -> int:
        reached = fresh = start
        while fresh:
            found = 0
            for i in _bits(fresh):
                found |= self.adjacent[i]
            fresh = found & ~reached & ~wall
            reached |= fresh
        return reached

    def _named(self, group: int) -> Names:
        return frozenset(self.names[i] for i in _bits(group))


def _bits(group: int) -> Iterator[int]:
    while group:
        lowest = group & -group
        yield lowest.bit_length() - 1
        group ^= lowest
