"""The ledger as an audit reads it: entries by kind, families with their tests, and what could not be read.

Test rows are read once, block by block; of each only what counting needs is kept, so that a million tests fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from miner.errors import NotCanonical
from miner.ledger.canonical import as_float
from miner.ledger.records import Entry, Source

Row = Mapping[str, Any]


class Test(NamedTuple):
    """What counting needs of one test row."""

    seq: int
    ordinal: int
    id: str
    status: str
    reason: str
    ln_p: float
    x: tuple[str, ...]
    y: str
    test: str
    part: str
    role: str
    rounded: float | None

    @property
    def is_ok(self) -> bool:
        """True where a p-value stands."""
        return self.status in ("ok", "degenerate") and self.ln_p == self.ln_p


@dataclass(slots=True)
class FamilyFacts:
    """One family: its declaration, its universe, and its tests in order of recording."""

    id: str
    declared: Entry | None = None
    universe: Entry | None = None
    batches: list[Entry] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    adjusted: list[Entry] = field(default_factory=list)

    @property
    def members(self) -> list[Test]:
        """Tests that count: neither negative controls nor secondary or diagnostic ones."""
        return [test for test in self.tests if test.role == "member"]


@dataclass(slots=True)
class Facts:
    """Everything an audit looks at, read once."""

    source: Source
    entries: tuple[Entry, ...]
    families: dict[str, FamilyFacts]
    voids: dict[int, str]
    unreadable: set[int]
    withheld: list[str] = field(default_factory=list)
    _kept: dict[int, list[Row]] = field(default_factory=dict)

    def of(self, *kinds: str) -> Iterator[Entry]:
        """Entries of the kinds named, in order."""
        return (entry for entry in self.entries if entry.kind in kinds)

    def before(self, seq: int, *kinds: str) -> list[Entry]:
        """Entries of the kinds named that stand before ``seq``."""
        return [entry for entry in self.of(*kinds) if entry.seq < seq]

    def drop(self, spoilt: set[int]) -> list[str]:
        """Forget the families that rest on one of these entries; their names."""
        names = [
            name
            for name, family in self.families.items()
            if spoilt & {entry.seq for entry in (*family.batches, *family.adjusted)}
        ]
        for name in names:
            del self.families[name]
        return names

    def rows(self, entry: Entry) -> list[Row]:
        """The rows of a block; none where the block cannot be read."""
        if entry.seq in self.unreadable:
            return []
        if entry.seq not in self._kept:
            rows: list[Row] = [*self.source.rows(entry)]
            if entry.kind != "adjust":  # corrections are looked at several times
                return rows
            self._kept[entry.seq] = rows
        return self._kept[entry.seq]


def gather(source: Source, entries: Sequence[Entry], each_block: Callable[[Entry, list[Row]], None]) -> Facts:
    """Read all test rows; ``each_block`` sees the full rows of every block of tests once."""
    families: dict[str, FamilyFacts] = {}
    facts = Facts(
        source=source,
        entries=tuple(entries),
        families=families,
        voids={int(str(e.content["seq"])): str(e.content["reason"]) for e in entries if e.kind == "void"},
        unreadable=set(),
    )

    def family(name: object) -> FamilyFacts:
        return families.setdefault(str(name), FamilyFacts(id=str(name)))

    universes: dict[str, Entry] = {str(entry.content["universe_id"]): entry for entry in facts.of("universe")}
    for entry in facts.of("family"):
        one = family(entry.content["family_id"])
        one.declared = one.declared or entry
        one.universe = universes.get(str(entry.content["universe_id"]))
    for entry in facts.of("batch", "test", "adjust"):
        one = family(entry.content["family_id"])
        if entry.kind != "test" and source.withholds(entry.seq):
            facts.withheld.append(f"the rows of entry {entry.seq} ({entry.kind} of {one.id}), which stayed in the room")
            continue
        if entry.kind == "adjust":
            one.adjusted.append(entry)
            continue
        if entry.kind == "test" and "row" in entry.withheld:
            facts.withheld.append(f"the interactive test of entry {entry.seq}, which stayed in the room")
            continue
        rows = [entry.content["row"]] if entry.kind == "test" else _block(facts, entry)
        one.batches.append(entry)
        one.tests.extend(_test(entry, row) for row in rows)
        each_block(entry, rows)
    return facts


def by_key(tests: Sequence[Test], key: Callable[[Test], Any]) -> dict[Any, list[Test]]:
    """Tests in groups, in order of recording."""
    groups: defaultdict[Any, list[Test]] = defaultdict(list)
    for test in tests:
        groups[key(test)].append(test)
    return groups


def _block(facts: Facts, entry: Entry) -> list[Row]:
    try:
        return facts.rows(entry)
    except NotCanonical:
        facts.unreadable.add(entry.seq)
        return []


def _test(entry: Entry, row: Row) -> Test:
    content = entry.content
    estimate = row.get("estimate")
    return Test(
        seq=entry.seq,
        ordinal=int(row.get("i", 0)),
        id=str(row["id"]),
        status=str(row["status"]),
        reason=str(row.get("reason") or ""),
        ln_p=as_float(row.get("ln_p")),
        x=tuple(row["x"]),
        y=str(row["y"]),
        test=str(row["test"]),
        part=str(content.get("part", "discovery")),
        role=str(content.get("role", "member")),
        rounded=None if estimate is None else float(f"{as_float(estimate):.9g}"),
    )
