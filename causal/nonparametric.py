"""Whether the effect is identified without any parametric assumption, by whatever formula.

>>> napkin = Dag.of([("w", "z"), ("z", "x"), ("x", "y")], bidirected=[("w", "x"), ("w", "y")])
>>> identifiable(napkin, {"x"}, {"y"})
True
>>> identifiable(Dag.of([("x", "y")], bidirected=[("x", "y")]), {"x"}, {"y"})
False
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from causal.dag import Dag
from causal.separation import Arrows, Names


def identifiable(dag: Dag, exposures: Collection[str], outcomes: Collection[str]) -> bool:
    """True where P(outcomes | do(exposures)) follows from the distribution of the observed nodes.

    The algorithm of Tian & Pearl (2002), shown complete by Huang & Valtorta (2006) and Shpitser & Pearl (2006): each
    confounded component of the ancestors of the outcome must be computable from the component of the whole graph that
    holds it.
    """
    mixed = _Mixed.of(dag)
    everything = frozenset(dag.observed)
    ancestors = mixed.ancestors(frozenset(outcomes), everything - frozenset(exposures))
    return all(mixed.computable(part, mixed.component(part, everything)) for part in mixed.components(ancestors))


@dataclass(frozen=True, slots=True)
class _Mixed:
    """The latent projection: parents among observed nodes, and spouses that share an unobserved cause (Verma 1993)."""

    parents: dict[str, Names]
    spouses: dict[str, Names]

    @classmethod
    def of(cls, dag: Dag) -> _Mixed:
        arrows = Arrows.from_dag(dag)
        observed = frozenset(dag.observed)
        parents: dict[str, set[str]] = {name: set() for name in observed}
        spouses: dict[str, set[str]] = {name: set() for name in observed}
        for name in arrows.parents:
            reached = _first_observed(arrows, observed, name)
            for end in reached:
                if name in observed:
                    parents[end].add(name)
                else:
                    spouses[end].update(reached - {end})
        return cls({n: frozenset(s) for n, s in parents.items()}, {n: frozenset(s) for n, s in spouses.items()})

    def ancestors(self, names: Names, within: Names) -> Names:
        reached: set[str] = set()
        waiting = list(names & within)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(self.parents[name] & within)
        return frozenset(reached)

    def component(self, names: Names, within: Names) -> Names:
        reached: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(self.spouses[name] & within)
        return frozenset(reached)

    def components(self, within: Names) -> list[Names]:
        parts: list[Names] = []
        for name in sorted(within):
            if not any(name in part for part in parts):
                parts.append(self.component(frozenset({name}), within))
        return parts

    def computable(self, part: Names, whole: Names) -> bool:
        """IDENTIFY of Tian: can Q[part] be computed from Q[whole]?"""
        while True:
            above = self.ancestors(part, whole)
            if above == part:
                return True
            if above == whole:
                return False
            whole = self.component(part, above)


def _first_observed(arrows: Arrows, observed: Names, name: str) -> Names:
    """The observed nodes reached from a node by arrows through unobserved nodes only."""
    reached: set[str] = set()
    seen: set[str] = set()
    waiting = list(arrows.children[name])
    while waiting:
        child = waiting.pop()
        if child in observed:
            reached.add(child)
        elif child not in seen:
            seen.add(child)
            waiting.extend(arrows.children[child])
    return frozenset(reached)
