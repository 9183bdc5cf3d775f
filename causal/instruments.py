"""Instruments and conditional instruments among the observed nodes; a latent node is never offered as one.

>>> from causal.dag import Dag
>>> dag = Dag.of([("z", "x"), ("x", "y"), ("u", "x"), ("u", "y")], latent=["u"])
>>> [found.name for found in instruments(Question.of(dag, "x", "y"))]
['z']
"""

from __future__ import annotations

from dataclasses import dataclass

from causal.adjustment import Question
from causal.separation import MoralGraph, Names, separated


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A node that moves the exposure and reaches the outcome only through it, once ``given`` is conditioned on.

    ``after_exposure``: it comes after the exposure, so it is an instrument of a linear model only.
    """

    name: str
    given: tuple[str, ...] = ()
    after_exposure: bool = False


def instruments(question: Question) -> tuple[Instrument, ...]:
    """Every observed instrument, each with the conditioning set nearest to the outcome; unconditional ones first.

    For one exposure and one outcome; van der Zander, Textor & Liskiewicz (IJCAI 2015, "Efficiently finding conditional
    instruments"): the nearest separator decides whether a conditioning set among the ancestors of instrument and
    outcome exists. Sets that make an instrument by opening a collider are left out, as in DAGitty; where such a set
    exists, an instrument with a set of ancestors exists too.
    """
    candidates = frozenset(question.dag.observed) - question.exposures - question.outcomes - question.selected
    return _search(question, candidates)


def latent_instruments(question: Question) -> tuple[str, ...]:
    """Unobserved nodes that would be unconditional instruments if they were measured; never to be reported as one."""
    hidden = frozenset(question.arrows.parents) - frozenset(question.dag.observed)
    return tuple(found.name for found in _search(question, hidden) if not found.given)


def _search(question: Question, candidates: Names) -> tuple[Instrument, ...]:
    if len(question.exposures) != 1 or len(question.outcomes) != 1 or not question.directed_path:
        return ()
    graph = question.backdoor
    allowed = frozenset(question.dag.observed) - question.causal - question.outcomes
    barred = graph.descendants(question.outcomes) | question.exposures
    if question.selected & barred:
        return ()
    after_exposure = question.arrows.descendants(question.exposures)
    found: list[Instrument] = []
    for name in sorted(candidates):
        moral = MoralGraph.of(graph, question.outcomes, {name}, allowed=allowed - {name}, forced=question.selected)
        given = moral.closest()
        if given is None or given & barred:
            continue
        if not separated(graph, question.exposures, {name}, given | question.selected):
            found.append(Instrument(name=name, given=tuple(sorted(given)), after_exposure=name in after_exposure))
    return tuple(sorted(found, key=lambda instrument: (len(instrument.given), instrument.name)))
