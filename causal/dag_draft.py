"""What the readers of diagram formats share: marks are collected while reading and become a diagram at the end.

>>> draft = Draft("dagitty")
>>> draft.mark("u", "latent", "", line=1)
>>> draft.arrow("u", "y")
>>> draft.build().unobserved
('u',)
"""

from __future__ import annotations

import math

from causal.dag import Dag, Node, Status
from miner.errors import DagSyntax, DagUnsafe

MAX_CHARACTERS = 1_000_000

_TRUE = {"", "1", "true", "yes"}
_FALSE = {"0", "false", "no"}
_FLAGS = {"exposure", "outcome", "adjusted", "latent", "selected"}


class Draft:
    """Nodes, marks and arrows in the order in which a text names them; ``build`` makes the diagram."""

    def __init__(self, form: str) -> None:
        self.form = form
        self._flags: dict[str, set[str]] = {}
        self._status: dict[str, Status] = {}
        self._positions: dict[str, tuple[float, float]] = {}
        self._arrows: list[tuple[str, str]] = []
        self._both: list[tuple[str, str]] = []

    def node(self, name: str) -> None:
        """Name a node; naming it again changes nothing."""
        self._flags.setdefault(name, set())

    def arrow(self, a: str, b: str) -> None:
        """An arrow from a to b."""
        self.node(a)
        self.node(b)
        self._arrows.append((a, b))

    def both(self, a: str, b: str) -> None:
        """A latent common cause of a and b."""
        self.node(a)
        self.node(b)
        self._both.append((a, b))

    def mark(self, name: str, key: str, value: str, *, line: int) -> None:
        """An attribute of a node: known ones are kept, instructions refused, the look of a drawing passed over."""
        self.node(name)
        refuse_instruction(key, line)
        folded = key.casefold()
        if folded == "status":
            try:
                self._status[name] = Status(value)
            except ValueError:
                raise self.fault(line, f"'{value}' is no status of a node") from None
        elif folded == "observed" and value.casefold() in _FALSE:
            self._status.setdefault(name, Status.LATENT)
        elif folded in _FLAGS and value.casefold() in _TRUE:
            self._flags[name].add(folded)

    def place(self, name: str, x: str, y: str, *, line: int) -> None:
        """Where a node was drawn."""
        self.node(name)
        try:
            position = (float(x), float(y))
        except ValueError:
            raise self.fault(line, f"'{x}, {y}' is not a position") from None
        if not all(map(math.isfinite, position)):
            raise self.fault(line, f"'{x}, {y}' is not a position")
        self._positions[name] = position

    def turn_over(self, name: str) -> None:
        """Count the position downwards where the format counts upwards."""
        x, y = self._positions[name]
        self._positions[name] = (x, -y)

    def fault(self, line: int, reason: str) -> DagSyntax:
        """The error to raise where the text does not say a diagram."""
        return DagSyntax(format=self.form, line=line, reason=reason)

    def build(self) -> Dag:
        """The diagram; refuses cycles, unreadable names and what is too large, as ``Dag`` does."""
        return Dag(
            nodes=tuple(
                Node(
                    name=name,
                    status=self._status.get(name, Status.LATENT if "latent" in flags else Status.OBSERVED),
                    selection="selected" in flags,
                    position=self._positions.get(name),
                )
                for name, flags in self._flags.items()
            ),
            edges=tuple(self._arrows),
            bidirected=tuple(self._both),
            exposures=self._with("exposure"),
            outcomes=self._with("outcome"),
            adjusted=self._with("adjusted"),
        )

    def _with(self, flag: str) -> tuple[str, ...]:
        return tuple(name for name, flags in self._flags.items() if flag in flags)


def flags_of(dag: Dag, node: Node) -> list[str]:
    """The marks of a node as the formats write them; the status beside ``latent`` is written apart."""
    flags = [
        flag
        for flag, names in (("exposure", dag.exposures), ("outcome", dag.outcomes), ("adjusted", dag.adjusted))
        if node.name in names
    ]
    if node.status is not Status.OBSERVED:
        flags.append("latent")
    if node.selection:
        flags.append("selected")
    return flags


def refuse_instruction(word: str, line: int) -> None:
    """DagUnsafe for links and scripts: attributes and statements that do something when a drawing is opened."""
    folded = word.casefold()
    if folded.endswith(("url", "href")) or folded in {
        "click",
        "callback",
        "call",
        "script",
        "image",
        "shapefile",
    }:
        raise DagUnsafe(found=word, line=line)


def prepared(text: str, form: str) -> str:
    """The text without a byte order mark; refuses one that is longer than any diagram of one question needs."""
    if len(text) > MAX_CHARACTERS:
        raise DagSyntax(format=form, line=1, reason=f"the text is longer than {MAX_CHARACTERS:,} characters")
    return text.removeprefix("\ufeff")
