"""The paths of a diagram between two nodes, which of them are open, and the role of each node: computed, never typed.

>>> dag = Dag.of([("z", "x"), ("z", "y"), ("x", "y")])
>>> [(path.text, path.causal, path.open) for path in list_paths(dag, "x", "y", ["z"])[0]]
[('x -> y', True, True), ('x <- z -> y', False, False)]
>>> node_roles(dag, "x", "y")["z"].value
'confounder'
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from causal.adjustment import Question
from causal.dag import Dag
from causal.instruments import instruments

MOST_PATHS = 200
_BUDGET = 50_000


class NodeRole(StrEnum):
    """The part of a node in one question, as protocols name it."""

    EXPOSURE = "exposure"
    OUTCOME = "outcome"
    CONFOUNDER = "confounder"
    MEDIATOR = "mediator"
    COLLIDER = "collider"
    INSTRUMENT = "instrument"
    SELECTION = "selection"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One path from the exposure to the outcome. ``closed_at`` are the nodes that close it: covariates adjusted for,
    and colliders that are not; ``opened_at`` the colliders that adjustment opened."""

    nodes: tuple[str, ...]
    text: str
    causal: bool
    open: bool
    closed_at: tuple[str, ...]
    opened_at: tuple[str, ...]


def list_paths(
    dag: Dag, exposure: str, outcome: str, adjusted: Iterable[str] = (), *, most: int = MOST_PATHS
) -> tuple[tuple[Path, ...], bool]:
    """The paths between exposure and outcome, shortest first, each open or closed given the adjusted nodes.

    Also tells whether these are all: at most ``most`` are listed, and the search stops after a fixed number of steps.
    """
    question = Question.of(dag, exposure, outcome)
    given = frozenset(dag.node(name).name for name in adjusted) | question.selected
    opened = question.arrows.ancestors(given)
    found: list[Path] = []
    waiting: deque[tuple[str, ...]] = deque([(exposure,)])
    steps = 0
    while waiting:
        if len(found) == most or steps > _BUDGET:
            return tuple(found), False
        route = waiting.popleft()
        if route[-1] == outcome:
            found.append(_described(question, route, given, opened))
            continue
        around = question.arrows.parents[route[-1]] | question.arrows.children[route[-1]]
        onward = sorted(around - frozenset(route))
        steps += 1 + len(onward)
        waiting.extend((*route, name) for name in onward)
    return tuple(found), True


def _described(question: Question, route: tuple[str, ...], given: frozenset[str], opened: frozenset[str]) -> Path:
    colliders = question.colliders(route)
    inner = route[1:-1]
    closed_at = tuple(n for n in inner if (n not in opened if n in colliders else n in given))
    return Path(
        nodes=route,
        text=question.draw(route),
        causal=all(a in question.arrows.parents[b] for a, b in pairwise(route)),
        open=not closed_at,
        closed_at=closed_at,
        opened_at=tuple(n for n in inner if n in colliders and n in opened),
    )


def node_roles(dag: Dag, exposure: str | Iterable[str], outcome: str | Iterable[str]) -> dict[str, NodeRole]:
    """The role of each drawn node, from the arrows alone.

    A confounder is a common cause reached without passing through the exposure; a collider a common consequence of
    two nodes on a path between exposure and outcome that is a cause of neither.
    """
    question = Question.of(dag, exposure, outcome)
    arrows, xs, ys = question.arrows, question.exposures, question.outcomes
    causes_of_exposure = arrows.ancestors(xs) - xs
    other_causes_of_outcome = arrows.without(out_of=xs).ancestors(ys) - ys
    neither = frozenset(arrows.parents) - arrows.ancestors(xs | ys)
    offered = {found.name for found in instruments(question) if found.name in causes_of_exposure}
    around_exposure = arrows.descendants(arrows.ancestors(xs))
    around_outcome = arrows.without(out_of=xs).descendants(other_causes_of_outcome | ys)
    roles: dict[str, NodeRole] = {}
    for node in dag.nodes:
        name = node.name
        if name in xs:
            role = NodeRole.EXPOSURE
        elif name in ys:
            role = NodeRole.OUTCOME
        elif node.selection:
            role = NodeRole.SELECTION
        elif name in question.causal:
            role = NodeRole.MEDIATOR
        elif name in causes_of_exposure and name in other_causes_of_outcome:
            role = NodeRole.CONFOUNDER
        elif name in offered:
            role = NodeRole.INSTRUMENT
        elif name in neither and len(arrows.parents[name]) > 1 and name in around_exposure & around_outcome:
            role = NodeRole.COLLIDER
        else:
            role = NodeRole.OTHER
        roles[name] = role
    return roles
