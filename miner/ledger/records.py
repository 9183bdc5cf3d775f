"""An entry as it is stored, as it is read, and who wrote it; and whether a sequence of them holds together.

>>> Actor(name="Ada", role="analyst").identity_source
'stated'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from miner.errors import NotCanonical
from miner.ledger.canonical import canonical, parse
from miner.ledger.commitments import content_root, entry_hash, field_commitment, field_salt, genesis

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a name, a role in the project, and how the name is known ("stated", "system account", "sign-in")."""

    name: str
    role: str = "analyst"
    identity_source: str = "stated"

    def to_dict(self) -> dict[str, object]:
        """Plain values, as written in the header of an entry."""
        return {"name": self.name, "role": self.role, "identity_source": self.identity_source}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the ledger, read. ``content`` holds the fields that are shown; ``withheld`` names the others.

    ``time`` is UTC in ISO form with milliseconds; ``hash`` and ``prev`` are hexadecimal; ``note`` is the commitment to
    a note kept outside the chain, or None. ``withheld`` is empty except in a pack that may leave.
    """

    seq: int
    kind: str
    time: str
    actor: Actor
    content: Mapping[str, Any]
    note: str | None
    hash: str
    prev: str
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry as bytes. ``salts`` open the commitments of the fields in ``content``; ``withheld`` maps the other
    fields to their commitments."""

    seq: int
    header: bytes
    content: bytes
    hash: str
    prev: str
    salts: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    withheld: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))

    def entry(self) -> Entry:
        """The record, read.

        Raises
        ------
        NotCanonical
            Where header or content are not JSON objects of the expected shape.
        """
        header, content = as_object(self.header), as_object(self.content)
        try:
            actor = Actor(**header["actor"])  # type: ignore[arg-type]
            note = header["note"]
            return Entry(
                seq=self.seq,
                kind=str(header["kind"]),
                time=str(header["time"]),
                actor=actor,
                content=content,
                note=None if note is None else str(note),
                hash=self.hash,
                prev=self.prev,
                withheld=tuple(sorted(self.withheld)),
            )
        except (KeyError, TypeError) as error:
            raise NotCanonical(detail=f"the header of entry {self.seq} lacks or has a field too many") from error


class Source(Protocol):
    """What can be audited: a ledger in its store, or a pack."""

    @property
    def origin(self) -> str:
        """The name of the ledger, on which its first hash rests."""

    def records(self) -> Iterator[Record]:
        """All entries as bytes, by sequence number."""

    def entries(self, *kinds: str) -> Iterator[Entry]:
        """Entries of the kinds named, or all, by sequence number."""

    def lines(self, seq: int) -> list[bytes]:
        """The canonical lines of the block of an entry."""

    def rows(self, entry: Entry) -> Iterator[dict[str, object]]:
        """The rows of the block of an entry."""

    def leaves(self, seq: int) -> list[bytes]:
        """The leaf hashes of the rows of a block, computed from what is at hand."""

    def withholds(self, seq: int) -> bool:
        """True where the block of an entry stayed in the room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Where a sequence of records stops holding together, and how: "hash", "sequence" or "spelling"."""

    seq: int
    kind: str
    message: str


def header_bytes(*, seq: int, kind: str, time: str, actor: Actor, content: bytes, note: bytes | None) -> bytes:
    """The canonical header that is hashed into the chain; ``content`` and ``note`` are the root and the commitment."""
    return canonical(
        {
            "format": FORMAT,
            "seq": seq,
            "kind": kind,
            "time": time,
            "actor": actor.to_dict(),
            "content": content.hex(),
            "note": None if note is None else note.hex(),
        }
    )


def salts_of(secret: bytes, names: Iterable[str]) -> dict[str, bytes]:
    """The salts of the named fields under the secret of their entry."""
    return {name: field_salt(secret, name) for name in names}


def faults(records: Iterable[Record], origin: str) -> Iterator[Fault]:
    """Every place where hash, sequence or spelling does not hold; nothing where the chain is whole.

    A wrong hash is told once: the entries after it are judged from the hash that stands there.
    """
    previous, expected = genesis(origin), 1
    for record in records:
        if record.seq != expected:
            yield Fault(
                seq=record.seq, kind="sequence", message=f"entry {expected} should stand here, not {record.seq}"
            )
        yield from _faults_within(record, previous)
        try:
            previous = bytes.fromhex(record.hash)
        except ValueError:
            previous = b""
        expected = record.seq + 1


def _faults_within(record: Record, previous: bytes) -> Iterator[Fault]:
    try:
        header, content = as_object(record.header), as_object(record.content)
        root = content_root(commitments_of(record, content))
    except NotCanonical as error:
        yield Fault(seq=record.seq, kind="spelling", message=f"entry {record.seq} cannot be read: {error}")
        return
    if record.prev != previous.hex():
        yield Fault(seq=record.seq, kind="hash", message=f"entry {record.seq} does not follow the entry before it")
    elif entry_hash(previous, record.header).hex() != record.hash:
        yield Fault(seq=record.seq, kind="hash", message=f"the header of entry {record.seq} is not the one hashed")
    elif root.hex() != header.get("content"):
        yield Fault(seq=record.seq, kind="hash", message=f"the content of entry {record.seq} is not the one hashed")
    elif header.get("seq") != record.seq:
        yield Fault(seq=record.seq, kind="sequence", message=f"entry {record.seq} calls itself {header.get('seq')}")
    if canonical(header) != record.header or canonical(content) != record.content:
        yield Fault(seq=record.seq, kind="spelling", message=f"entry {record.seq} is not spelt canonically")


def commitments_of(record: Record, content: Mapping[str, object]) -> dict[str, bytes]:
    """The commitments of all fields: computed for those shown, as given for those withheld."""
    found = dict(record.withheld)
    for name, value in content.items():
        found[name] = field_commitment(record.salts.get(name, b""), name, value)
    return found


def as_object(text: bytes) -> dict[str, object]:
    """Strictly parsed JSON that must be an object."""
    value = parse(text)
    if not isinstance(value, dict):
        raise NotCanonical(detail="an object was expected")
    return value
