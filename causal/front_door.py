"""Front-door sets: measured mediators that carry the whole effect and share no open path with either end.

>>> from causal.dag import Dag
>>> dag = Dag.of([("x", "m"), ("m", "y"), ("u", "x"), ("u", "y")], latent=["u"])
>>> front_door_sets(Question.of(dag, "x", "y"))
(('m',),)
"""

from __future__ import annotations

from itertools import combinations, islice

from causal.adjustment import CAP, Question
from causal.separation import Names, separated

_LARGEST_TRIED = 3
_MOST_TRIED = 3_000


def front_door_sets(question: Question, *, cap: int = CAP) -> tuple[tuple[str, ...], ...]:
    """Minimal sets that meet Pearl's front-door criterion (Pearl 1995), shortest first.

    All sets of up to three mediators are tried; where none of them will do, the largest candidate set of Jeong, Tian &
    Bareinboim (2022, "Finding and listing front-door adjustment sets") decides whether any exists and is thinned.
    """
    pool = _largest_candidate(question)
    if not question.directed_path or not _meets(question, pool):
        return ()
    found: list[Names] = []
    for size in range(1, _LARGEST_TRIED + 1):
        for chosen in islice(combinations(sorted(pool), size), _MOST_TRIED):
            names = frozenset(chosen)
            if len(found) < cap and not any(smaller <= names for smaller in found) and _meets(question, names):
                found.append(names)
    if not found:
        thinned = pool
        for name in sorted(pool):
            if _meets(question, thinned - {name}):
                thinned -= {name}
        found = [thinned]
    return tuple(tuple(sorted(names)) for names in found)


def _largest_candidate(question: Question) -> Names:
    """Mediators without an open back-door path from the exposure, less those with one to the outcome, until stable.

    A node with an open back-door path to the outcome in the largest set has it in every smaller set too, because
    leaving nodes out of the set only puts arrows back; so what is removed here belongs to no front-door set.
    """
    observed = frozenset(question.dag.observed)
    below = question.arrows.without(out_of=question.exposures)
    pool = frozenset(
        name
        for name in question.causal & observed - question.outcomes
        if separated(below, question.exposures, {name}, question.selected)
    )
    while True:
        beyond = question.arrows.without(out_of=pool)
        given = question.exposures | question.selected
        kept = frozenset(name for name in pool if separated(beyond, {name}, question.outcomes, given))
        if kept == pool:
            return pool
        pool = kept


def _meets(question: Question, names: Names) -> bool:
    """The three conditions: it intercepts all causal paths, nothing opens behind the exposure, nothing behind it."""
    without = question.arrows.without(into=names)
    if without.descendants(question.exposures) & question.outcomes:
        return False
    below = question.arrows.without(out_of=question.exposures)
    beyond = question.arrows.without(out_of=names)
    return separated(below, question.exposures, names, question.selected) and separated(
        beyond, names, question.outcomes, question.exposures | question.selected
    )
