"""Diagrams as Mermaid flowcharts; links and callbacks in them are refused, not followed.

>>> dag = parse_mermaid('flowchart LR' + chr(10) + 'a["age at entry"] --> x & y' + chr(10) + 'x <--> y')
>>> dag.edges, dag.bidirected
((('age at entry', 'x'), ('age at entry', 'y')), (('x', 'y'),))
"""

from __future__ import annotations

import re

from causal.dag import Dag, Status
from causal.dag_draft import Draft, flags_of, prepared, refuse_instruction

_HEADER = re.compile(r"(?:flowchart|graph)(?:\s+(?:TB|TD|BT|RL|LR))?\s*;?")
_NODE_ID = re.compile(r"[\w.]+(?:-[\w.]+)*")
_SHAPES = (
    ("(((", ")))"),
    ("((", "))"),
    ("([", "])"),
    ("[[", "]]"),
    ("[(", ")]"),
    ("{{", "}}"),
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    (">", "]"),
)
_ARROW = re.compile(r"\s*(?P<arrow><-->|<-\.->|<==>|--+>|-\.+->|==+>|---+|-\.+-|===+|--[xo])\s*(?:\|[^|\n]*\|)?\s*")
_WORD = re.compile(r"[A-Za-z]+(?=[\s:]|$)")
_STOP = re.compile(r"\s*(?:;\s*|$)")
_AND = re.compile(r"\s*&\s*")
_STYLE = re.compile(r":::(\w+)")
_ENTITY = re.compile(r"#(\d{1,7}|quot|amp|lt|gt);")
_NAMED = {"quot": '"', "amp": "&", "lt": "<", "gt": ">"}
_LOOKS = {"style", "classdef", "linkstyle", "direction", "subgraph", "end", "acctitle", "accdescr"}
_PLAIN = re.compile(r"[^\w .,:/()'+*=-]")


def parse_mermaid(text: str) -> Dag:
    """Read a flowchart: a node is named by its text where it has one, ``<-->`` is a latent common cause.

    The classes exposure, outcome, adjusted, latent, selected and measurable_not_measured carry the marks.
    """
    return _Flowchart().read(prepared(text, "Mermaid"))


def write_mermaid(dag: Dag) -> str:
    """Write a flowchart; positions, which Mermaid lays out itself, are kept in comments."""
    ids = {node.name: f"n{i}" for i, node in enumerate(dag.nodes)}
    lines = ["flowchart LR"]
    lines.extend(f'  {ids[node.name]}["{_escaped(node.name)}"]' for node in dag.nodes)
    lines.extend(f"  {ids[a]} --> {ids[b]}" for a, b in dag.edges)
    lines.extend(f"  {ids[a]} <--> {ids[b]}" for a, b in dag.bidirected)
    for node in dag.nodes:
        flags = flags_of(dag, node)
        if node.status is Status.MEASURABLE:
            flags.append(node.status.value)
        lines.extend(f"  class {ids[node.name]} {flag}" for flag in flags)
        if node.position is not None:
            lines.append(f"  %% position {ids[node.name]} {node.position[0]!r} {node.position[1]!r}")
    lines.append("  classDef latent stroke-dasharray:4")
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return _PLAIN.sub(lambda match: f"#{ord(match.group())};", text)


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        found = match.group(1)
        if found in _NAMED:
            return _NAMED[found]
        code = int(found)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else match.group()

    return _ENTITY.sub(character, text)


class _Flowchart:
    """Reads line by line; ids are translated into names at the end, when all texts are known."""

    def __init__(self) -> None:
        self.draft = Draft("Mermaid")
        self.labels: dict[str, str] = {}
        self.arrows: list[tuple[str, str, bool]] = []
        self.classes: list[tuple[str, str, int]] = []
        self.positions: list[tuple[str, str, str, int]] = []

    def read(self, text: str) -> Dag:
        started = False
        for number, raw in enumerate(text.split("\n"), start=1):
            line = raw.strip()
            if line.startswith("%%"):
                match line.split():
                    case ["%%", "position", identity, x, y]:
                        self.positions.append((identity, x, y, number))
            elif not started and _HEADER.fullmatch(line):
                started = True
            elif line and not started:
                raise self.draft.fault(number, "it does not begin with 'flowchart' or 'graph'")
            elif line:
                self.line(line, number)
        if not started:
            raise self.draft.fault(1, "it does not begin with 'flowchart' or 'graph'")
        return self.build()

    def line(self, line: str, number: int) -> None:
        position = 0
        while position < len(line):
            word = _WORD.match(line, position)
            first = word.group() if word else ""
            refuse_instruction(first, number)
            if first == "class":
                self.class_statement(line[position:], number)
                return
            if first.casefold() in _LOOKS:
                return
            position = self.chain(line, position, number)
            stop = _STOP.match(line, position)
            if stop is None:
                raise self.draft.fault(number, f"'{line[position : position + 20]}' cannot be read")
            position = stop.end()

    def class_statement(self, text: str, number: int) -> None:
        match = re.fullmatch(r"class\s+([\w.,\s-]+?)\s+(\w+)\s*;?", text)
        if match is None:
            raise self.draft.fault(number, f"'{text}' cannot be read")
        for identity in match.group(1).split(","):
            self.classes.append((identity.strip(), match.group(2), number))

    def chain(self, line: str, position: int, number: int) -> int:
        before, position = self.group(line, position, number)
        while match := _ARROW.match(line, position):
            arrow = match.group("arrow")
            if not arrow.endswith(">"):
                raise self.draft.fault(number, f"'{arrow}' has no direction")
            after, position = self.group(line, match.end(), number)
            self.arrows.extend((a, b, arrow.startswith("<")) for a in before for b in after)
            before = after
        return position

    def group(self, line: str, position: int, number: int) -> tuple[list[str], int]:
        found: list[str] = []
        while True:
            identity, position = self.node(line, position, number)
            found.append(identity)
            ampersand = _AND.match(line, position)
            if ampersand is None:
                return found, position
            position = ampersand.end()

    def node(self, line: str, position: int, number: int) -> tuple[str, int]:
        match = _NODE_ID.match(line, position)
        if match is None:
            raise self.draft.fault(number, f"a node was expected at '{line[position : position + 20]}'")
        identity, position = match.group(), match.end()
        self.labels.setdefault(identity, identity)
        for opening, closing in _SHAPES:
            if line.startswith(opening, position):
                start = position + len(opening)
                quoted = line.startswith('"', start)
                end = line.find('"' + closing if quoted else closing, start + quoted)
                if end < 0:
                    raise self.draft.fault(number, f"the text of '{identity}' is not closed")
                self.labels[identity] = _unescaped(line[start + quoted : end]).strip()
                position = end + quoted + len(closing)
                break
        style = _STYLE.match(line, position)
        if style:
            self.classes.append((identity, style.group(1), number))
            position = style.end()
        return identity, position

    def build(self) -> Dag:
        names = list(self.labels.values())
        if len(set(names)) != len(names):
            twice = next(name for i, name in enumerate(names) if name in names[:i])
            raise self.draft.fault(1, f"two nodes have the text '{twice}'")
        for name in names:
            self.draft.node(name)
        for a, b, both in self.arrows:
            (self.draft.both if both else self.draft.arrow)(self.labels[a], self.labels[b])
        for identity, kind, number in self.classes:
            if identity not in self.labels:
                raise self.draft.fault(number, f"there is no node '{identity}'")
            if kind == Status.MEASURABLE.value:
                self.draft.mark(self.labels[identity], "status", kind, line=number)
            else:
                self.draft.mark(self.labels[identity], kind, "", line=number)
        for identity, x, y, number in self.positions:
            if identity in self.labels:
                self.draft.place(self.labels[identity], x, y, line=number)
        return self.draft.build()
