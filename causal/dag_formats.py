"""Diagrams as text: DAGitty and DOT here, GML and Mermaid beside; what is written is read back as the same diagram.

>>> dag = parse_dagitty('dag { X [exposure] Y [outcome] U [latent] X -> Y ; X <- U -> Y ; X <-> Y }')
>>> dag.edges, dag.bidirected, dag.exposures
((('U', 'X'), ('U', 'Y'), ('X', 'Y')), (('X', 'Y'),), ('X',))
>>> parse(write_dot(dag)) == dag
True
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from causal.dag import Dag, Status
from causal.dag_draft import Draft, flags_of, prepared, refuse_instruction
from causal.dag_gml import parse_gml, write_gml
from causal.dag_mermaid import parse_mermaid, write_mermaid
from miner.errors import DagSyntax

__all__ = [
    "Format",
    "parse",
    "parse_dagitty",
    "parse_dot",
    "parse_gml",
    "parse_mermaid",
    "sniff",
    "write",
    "write_dagitty",
    "write_dot",
    "write_gml",
    "write_mermaid",
]

_MAX_DEPTH = 20
_OTHER_GRAPHS = {"pdag", "mag", "pag", "cpdag", "graph", "mixed", "digraph", "sem"}


class Format(StrEnum):
    """A text format for diagrams."""

    DAGITTY = "dagitty"
    DOT = "dot"
    GML = "gml"
    MERMAID = "mermaid"


def sniff(text: str) -> Format:
    """Tell the format by the first words; DagSyntax where none fits."""
    text = prepared(text, "DAGitty, DOT, GML or Mermaid")
    body = re.sub(r"\A(?:\s+|%%[^\n]*\n|//[^\n]*\n|#[^\n]*\n|---\n.*?\n---\n|/\*.*?\*/)*", "", text, flags=re.DOTALL)
    for pattern, form in (
        (r"(?:strict\s+)?digraph\b", Format.DOT),
        (r"(?:Creator\b.*?)?graph\s*\[", Format.GML),
        (r"(?:flowchart|graph)\s+(?:TB|TD|BT|RL|LR)\b|(?:flowchart|graph)\s*$", Format.MERMAID),
        (r"(?:dag|pdag|mag|pag)\s*(?:\"[^\"]*\"|\w*)\s*\{", Format.DAGITTY),
    ):
        if re.match(pattern, body, flags=re.DOTALL | re.MULTILINE):
            return form
    raise DagSyntax(format="DAGitty, DOT, GML or Mermaid", line=1, reason="it begins like none of them")


def parse(text: str, form: Format | None = None) -> Dag:
    """Read a diagram in the format named, or in the one it begins like."""
    return _READERS[form or sniff(text)](text)


def write(dag: Dag, form: Format) -> str:
    """Write a diagram in the format named; ``parse`` gives the same diagram back."""
    return _WRITERS[form](dag)


def parse_dagitty(text: str) -> Dag:
    """Read the text of DAGitty (Textor et al. 2016, doi:10.1093/ije/dyw341): ``dag { X -> Y; U [latent] }``.

    Only graphs of the type ``dag`` are read, with ``<->`` for a latent common cause; DagSyntax names the line of what
    cannot be read.
    """
    return _Braces(text, "DAGitty", {"dag"}).read()


def parse_dot(text: str) -> Dag:
    """Read a directed graph in the DOT language of Graphviz; ``dir=both`` is a latent common cause."""
    return _Braces(text, "DOT", {"digraph"}).read()


def write_dagitty(dag: Dag) -> str:
    """Write a diagram for DAGitty; nodes not yet measured are latent there, with their status beside."""
    lines = ["dag {"]
    for node in dag.nodes:
        marks = flags_of(dag, node)
        if node.status is Status.MEASURABLE:
            marks.append(f'status="{node.status.value}"')
        if node.position is not None:
            marks.append(f'pos="{node.position[0]!r},{node.position[1]!r}"')
        lines.append(_quoted(node.name) + (f" [{','.join(marks)}]" if marks else ""))
    lines.extend(f"{_quoted(a)} -> {_quoted(b)}" for a, b in dag.edges)
    lines.extend(f"{_quoted(a)} <-> {_quoted(b)}" for a, b in dag.bidirected)
    return "\n".join([*lines, "}", ""])


def write_dot(dag: Dag) -> str:
    """Write a diagram for Graphviz; what is not measured is dashed."""
    lines = ["digraph {"]
    for node in dag.nodes:
        marks = [f"{flag}=true" for flag in flags_of(dag, node)]
        if node.status is not Status.OBSERVED:
            marks.extend([f'status="{node.status.value}"', "style=dashed"])
        if node.position is not None:
            marks.append(f'pos="{node.position[0]!r},{-node.position[1]!r}!"')
        lines.append(_quoted(node.name) + (f" [{', '.join(marks)}]" if marks else "") + ";")
    lines.extend(f"{_quoted(a)} -> {_quoted(b)};" for a, b in dag.edges)
    lines.extend(f"{_quoted(a)} -> {_quoted(b)} [dir=both, style=dashed];" for a, b in dag.bidirected)
    return "\n".join([*lines, "}", ""])


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


# One pass, no nested repetition: the time to read is linear in the length of the text.
_TOKENS = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*|\#[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
  | "(?P<quoted>(?:[^"\\]|\\.)*)"
  | (?P<arrow><->|->|<-|--|@-@|@->|<-@|@--|--@)
  | (?P<mark>[\[\]{}=,;:])
  | (?P<word>[-+]?\.?\d[\w.]*|[\w.]+)
    """,
    re.VERBOSE | re.DOTALL,
)


class _Braces:
    """A reader for the two formats with braces: statements of nodes, arrows between groups, attributes in brackets."""

    def __init__(self, text: str, form: str, kinds: set[str]) -> None:
        text = prepared(text, form)
        self.draft = Draft(form)
        self.kinds = kinds
        self.dot = "digraph" in kinds
        self.tokens = self._tokenise(text)
        self.at = 0

    def _tokenise(self, text: str) -> list[_Token]:
        tokens: list[_Token] = []
        position, line = 0, 1
        while position < len(text):
            match = _TOKENS.match(text, position)
            if match is None:
                raise self.draft.fault(line, f"'{text[position]}' stands where nothing like it can stand")
            kind = str(match.lastgroup)
            found = match.group(kind)
            if kind == "quoted":
                found = re.sub(r"\\(.)", r"\1", found, flags=re.DOTALL)
            if kind != "skip":
                tokens.append(_Token(kind, found, line))
            line += match.group().count("\n")
            position = match.end()
        return [*tokens, _Token("end", "the end of the text", line)]

    @property
    def here(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> _Token | None:
        """Step over the next token where it is one of these marks."""
        token = self.here
        if token.kind in {"mark", "arrow"} and token.text in texts:
            self.at += 1
            return token
        return None

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.draft.fault(self.here.line, f"'{text}' was expected, not '{self.here.text}'")

    def name(self) -> str | None:
        token = self.here
        if token.kind not in {"word", "quoted"}:
            return None
        self.at += 1
        return token.text

    def read(self) -> Dag:
        first = self.here
        word = (self.name() or "").casefold()
        if self.dot and word == "strict":
            word = (self.name() or "").casefold()
        if word not in self.kinds:
            wanted = " or ".join(sorted(self.kinds))
            reason = f"it is a {word}" if word in _OTHER_GRAPHS else f"it begins with '{first.text}'"
            raise self.draft.fault(first.line, f"{reason}, not with {wanted}")
        self.name()
        self.expect("{")
        self.statements(0)
        if self.here.kind != "end":
            raise self.draft.fault(self.here.line, f"'{self.here.text}' stands after the end of the graph")
        return self.draft.build()

    def statements(self, depth: int) -> list[str]:
        """Read up to the closing brace; the nodes named inside, for arrows to and from the whole group."""
        if depth > _MAX_DEPTH:
            raise self.draft.fault(self.here.line, f"groups are nested more than {_MAX_DEPTH} deep")
        inside: list[str] = []
        while not self.take("}"):
            if self.here.kind == "end":
                raise self.draft.fault(self.here.line, "a brace is not closed")
            if not self.take(";", ","):
                inside.extend(self.statement(depth))
        return list(dict.fromkeys(inside))

    def statement(self, depth: int) -> list[str]:
        token = self.here
        word = token.text.casefold() if token.kind == "word" else ""
        follows = self.tokens[self.at + 1] if token.kind in {"word", "quoted"} else token
        if follows.kind == "mark" and follows.text == "=":
            # An attribute of the whole graph, such as the bounding box of DAGitty.
            self.at += 2
            refuse_instruction(token.text, token.line)
            if self.name() is None:
                raise self.draft.fault(token.line, f"'{token.text}' has no value")
            return []
        if self.dot and word in {"node", "edge", "graph"} and follows.kind == "mark" and follows.text == "[":
            self.at += 1
            self.attributes()
            return []
        groups, arrows = [self.group(depth)], list[_Token]()
        while self.here.kind == "arrow":
            arrows.append(self.here)
            self.at += 1
            groups.append(self.group(depth))
        marks = self.attributes()
        named = [name for group in groups for name in group]
        if arrows:
            for before, arrow, after in zip(groups, arrows, groups[1:]):
                self.connect(before, arrow, after, marks)
        else:
            for name in named:
                self.mark(name, marks)
        return named

    def group(self, depth: int) -> list[str]:
        """One node, or a group of nodes in braces."""
        line = self.here.line
        if self.dot and self.here.kind == "word" and self.here.text.casefold() == "subgraph":
            self.at += 1
            self.name()
            self.expect("{")
            return self.statements(depth + 1)
        if self.take("{"):
            return self.statements(depth + 1)
        name = self.name()
        if name is None:
            raise self.draft.fault(line, f"a node was expected, not '{self.here.text}'")
        while self.dot and self.take(":"):
            self.name()
        self.draft.node(name)
        return [name]

    def attributes(self) -> list[tuple[str, str, int]]:
        """Key, value and line of each attribute in brackets; a key alone has an empty value."""
        found: list[tuple[str, str, int]] = []
        while self.take("["):
            while not self.take("]"):
                line = self.here.line
                key = self.name()
                if key is None:
                    raise self.draft.fault(line, f"an attribute was expected, not '{self.here.text}'")
                value = ""
                if self.take("="):
                    given = self.name()
                    if given is None:
                        raise self.draft.fault(line, f"'{key}' has no value")
                    value = given
                refuse_instruction(key, line)
                found.append((key, value, line))
                self.take(",", ";")
        return found

    def connect(self, before: list[str], arrow: _Token, after: list[str], marks: list[tuple[str, str, int]]) -> None:
        direction = next((value for key, value, _ in marks if self.dot and key == "dir"), "forward")
        both = arrow.text == "<->" or direction == "both"
        if direction not in {"forward", "both"}:
            raise self.draft.fault(arrow.line, f"dir={direction} is not an arrow that a diagram of causes can have")
        if arrow.text not in {"->", "<-", "<->"} or (self.dot and arrow.text != "->"):
            raise self.draft.fault(arrow.line, f"'{arrow.text}' is not an arrow that a diagram of causes can have")
        for a in before:
            for b in after:
                if both:
                    self.draft.both(a, b)
                elif arrow.text == "->":
                    self.draft.arrow(a, b)
                else:
                    self.draft.arrow(b, a)

    def mark(self, name: str, marks: list[tuple[str, str, int]]) -> None:
        for key, value, line in marks:
            if key == "pos":
                x, _, y = value.rstrip("!").partition(",")
                self.draft.place(name, x, y, line=line)
            else:
                self.draft.mark(name, key, value, line=line)
        # Graphviz counts upwards, DAGitty and the page downwards.
        if self.dot and any(key == "pos" for key, _, _ in marks):
            self.draft.turn_over(name)


_READERS: dict[Format, Callable[[str], Dag]] = {
    Format.DAGITTY: parse_dagitty,
    Format.DOT: parse_dot,
    Format.GML: parse_gml,
    Format.MERMAID: parse_mermaid,
}
_WRITERS: dict[Format, Callable[[Dag], str]] = {
    Format.DAGITTY: write_dagitty,
    Format.DOT: write_dot,
    Format.GML: write_gml,
    Format.MERMAID: write_mermaid,
}
