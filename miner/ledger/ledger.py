"""The append-only record of everything that was tried: appended before anything is shown, chained, never changed.

>>> from datetime import datetime, timezone
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     ledger = open_ledger(
...         Path(folder) / "ledger.sqlite",
...         clock=lambda: datetime(2026, 1, 1, tzinfo=timezone.utc),
...         actor=Actor(name="Ada"),
...     )
...     entry = ledger.append("note", {"about": "doctest"}, note="nothing to see")
...     ledger.close()
>>> entry.seq, entry.time
(1, '2026-01-01T00:00:00.000Z')
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from miner.errors import LedgerBroken, ReasonMissing, UnknownEntry, UnknownEventKind
from miner.ledger import merkle
from miner.ledger.blocks import leaves_of, read_lines, read_rows, write_block
from miner.ledger.canonical import canonical
from miner.ledger.checkpoint import Checkpoint
from miner.ledger.commitments import SECRET_BYTES, commit_content, entry_hash, genesis, note_commitment
from miner.ledger.events import KINDS, Event, Void
from miner.ledger.records import Actor, Entry, Fault, Record, as_object, faults, header_bytes, salts_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from miner.ledger.store import Store, StoredEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How many entries there are, and the hash of the last one (of the origin where there is none)."""

    size: int
    hash: str


def open_ledger(
    location: Path | str,
    *,
    clock: Callable[[], datetime],
    actor: Actor,
    create: bool = True,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> Ledger:
    """Open a ledger, or make a new one.

    A ledger whose chain does not hold is opened for reading only: ``Ledger.fault`` says where, appending is refused,
    nothing is repaired.

    Parameters
    ----------
    location
        Path of an SQLite file, or the URL of a PostgreSQL database.
    clock
        Gives the time, with its zone.
    actor
        Who appends.
    create
        Whether to make the ledger where there is none.
    entropy
        Source of secret bytes for the salts.

    Raises
    ------
    LedgerMissing, NotALedger, NewerLedger, LedgerReadOnly, LedgerLocked, LedgerFull, LedgerUnreachable
    """
    # SQLAlchemy takes a quarter of a second to import; pages that only show figures do not need it.
    from miner.ledger.store import Store

    store = Store(location)
    store.prepare(create=create, origin=f"fortuit/{entropy(8).hex()}")
    return Ledger(store, clock=clock, actor=actor, entropy=entropy)


class Ledger:
    """An open ledger. Safe to share between threads; a transaction belongs to the thread that began it."""

    def __init__(
        self, store: Store, *, clock: Callable[[], datetime], actor: Actor, entropy: Callable[[int], bytes]
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._open = threading.local()
        self.actor = actor
        self.origin = store.origin()
        self.fault: Fault | None = next(faults(self.records(), self.origin), None)

    @property
    def store(self) -> Store:
        """The database underneath."""
        return self._store

    @property
    def is_read_only(self) -> bool:
        """True where the chain does not hold."""
        return self.fault is not None

    # --- writing ------------------------------------------------------------------------------------------------------

    def append(self, kind: str, content: Mapping[str, object], note: str | None = None) -> Entry:
        """Append one entry and commit it (or leave it to the transaction it stands in).

        ``note`` is kept outside the chain, which holds only a salted commitment to it, so that it can be erased.
        """
        return self._append(kind, content, None, note)

    def append_block(
        self, kind: str, content: Mapping[str, object], rows: Iterable[Mapping[str, object]], note: str | None = None
    ) -> Entry:
        """Append one entry with many rows; the content gains ``block_sha256``, ``block_bytes``, ``block_rows`` and
        ``block_root``."""
        return self._append(kind, content, rows, note)

    def record(
        self, event: Event, rows: Iterable[Mapping[str, object]] | None = None, note: str | None = None
    ) -> Entry:
        """Append an event of ``miner.ledger.events``; ``rows`` belong to the kinds that have them."""
        if event.has_rows != (rows is not None):
            raise TypeError(f"{type(event).__name__} {'needs' if event.has_rows else 'takes no'} rows")
        return self._append(event.kind, event.content(), rows, note)

    def void(self, seq: int, *, reason: str) -> Entry:
        """Set an entry aside with a reason; it stays readable and what was tested in it stays counted."""
        if not reason.strip():
            raise ReasonMissing(action=f"setting aside entry {seq}")
        size = self.head().size
        if not 1 <= seq <= size:
            raise UnknownEntry(seq=seq, size=size)
        return self.record(Void(seq=seq, reason=reason))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All entries appended within are committed together, or none is. No other writer comes between them."""
        if self._connection() is not None:
            yield
            return
        self._refuse_where_broken()
        with self._store.writing() as connection:
            self._open.connection = connection
            try:
                yield
            finally:
                self._open.connection = None

    def erase_note(self, seq: int) -> bool:
        """Erase the note of an entry with its salt; the commitment that stays in the chain then tells nothing."""
        from miner.ledger import store

        with self.transaction():
            return store.erase_note(self._writer(), seq)

    # --- reading ------------------------------------------------------------------------------------------------------

    def entries(self, *kinds: str) -> Iterator[Entry]:
        """Entries of the kinds named, or all, by sequence number."""
        for record in self._records(kinds):
            yield record.entry()

    def rows(self, entry: Entry) -> Iterator[dict[str, object]]:
        """The rows of the block of an entry; none where it has no block."""
        data = self.block(entry.seq)
        return iter(()) if data is None else read_rows(data)

    def head(self) -> Head:
        """How many entries there are, and the last hash."""
        from miner.ledger import store

        with self._reader() as connection:
            last = store.last_entry(connection)
        return Head(size=0, hash=genesis(self.origin).hex()) if last is None else Head(size=last[0], hash=last[1])

    def checkpoint(self) -> Checkpoint:
        """The ledger as it stands, to be kept elsewhere. Its time is that of the last entry, so it is the same for
        all."""
        return checkpoint_of(self.records(), self.origin)

    def note(self, seq: int) -> str | None:
        """The text of the note of an entry; None where there is none or it was erased."""
        from miner.ledger import store

        with self._reader() as connection:
            found = store.stored_note(connection, seq)
        return None if found is None else found[1]

    def records(self) -> Iterator[Record]:
        """All entries as bytes, by sequence number."""
        return self._records(())

    def block(self, seq: int) -> bytes | None:
        """The compressed block of an entry."""
        from miner.ledger import store

        with self._reader() as connection:
            return store.stored_block(connection, seq)

    def lines(self, seq: int) -> list[bytes]:
        """The canonical lines of the block of an entry."""
        data = self.block(seq)
        return [] if data is None else read_lines(data)

    def secret(self, seq: int) -> bytes:
        """The secret bytes of an entry, from which the salts of its fields and rows come."""
        from miner.ledger import store

        with self._reader() as connection:
            return store.stored_secret(connection, seq) or b""

    def leaves(self, seq: int) -> list[bytes]:
        """The leaf hashes of the rows of a block, computed anew."""
        return leaves_of(self.lines(seq), secret=self.secret(seq))

    def withholds(self, seq: int) -> bool:
        """Never: a ledger holds its blocks."""
        return False

    def close(self) -> None:
        """Close the database."""
        self._store.close()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _append(
        self,
        kind: str,
        content: Mapping[str, object],
        rows: Iterable[Mapping[str, object]] | None,
        note: str | None,
    ) -> Entry:
        from miner.ledger import store

        if kind not in KINDS:
            raise UnknownEventKind(name=kind, known=", ".join(KINDS))
        self._refuse_where_broken()
        secret = self._entropy(SECRET_BYTES)
        # Encoded before the lock is taken: a large block must not keep other writers waiting.
        block = None if rows is None else write_block(rows, secret=secret)
        text = canonical({**content, **(block.fields() if block else {})})
        root = commit_content(secret, as_object(text))
        salt = None if note is None else self._entropy(SECRET_BYTES)
        committed = None if salt is None or note is None else note_commitment(salt, note)
        with self.transaction():
            connection = self._writer()
            last = store.last_entry(connection)
            seq, previous = (1, genesis(self.origin)) if last is None else (last[0] + 1, bytes.fromhex(last[1]))
            header = header_bytes(
                seq=seq, kind=kind, time=_utc(self._clock()), actor=self.actor, content=root, note=committed
            )
            stored = store.StoredEntry(
                seq=seq,
                kind=kind,
                header=header.decode(),
                content=text.decode(),
                hash=entry_hash(previous, header).hex(),
                prev=previous.hex(),
                secret=secret,
            )
            store.add_entry(
                connection,
                stored,
                block=block.data if block else None,
                note=None if salt is None or note is None else (salt, note),
            )
        return _record(stored).entry()

    def _refuse_where_broken(self) -> None:
        if self.fault is not None:
            raise LedgerBroken(place=self._store.place, seq=self.fault.seq, detail=self.fault.message)

    def _records(self, kinds: Iterable[str]) -> Iterator[Record]:
        from miner.ledger import store

        with self._reader() as connection:
            found = store.stored_entries(connection, kinds)
        return map(_record, found)

    def _connection(self) -> Connection | None:
        return getattr(self._open, "connection", None)

    def _writer(self) -> Connection:
        connection = self._connection()
        if connection is None:
            raise RuntimeError("writing happens inside a transaction")
        return connection

    @contextmanager
    def _reader(self) -> Iterator[Connection]:
        # Inside a transaction one sees what one has just appended.
        connection = self._connection()
        if connection is not None:
            yield connection
            return
        with self._store.reading() as fresh:
            yield fresh


def checkpoint_of(records: Iterable[Record], origin: str) -> Checkpoint:
    """The checkpoint of a sequence of records."""
    leaves, head, time = [], genesis(origin).hex(), ""
    for record in records:
        leaves.append(merkle.leaf_hash(bytes.fromhex(record.hash)))
        head, time = record.hash, record.entry().time
    return Checkpoint(origin=origin, size=len(leaves), root=merkle.root(leaves), head=head, time=time)


def _record(stored: StoredEntry) -> Record:
    content = stored.content.encode()
    return Record(
        seq=stored.seq,
        header=stored.header.encode(),
        content=content,
        hash=stored.hash,
        prev=stored.prev,
        salts=_Salts(stored.secret),
    )


class _Salts(Mapping[str, bytes]):
    """Salts of any field name, made when asked: most readers never ask."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __getitem__(self, name: str) -> bytes:
        return salts_of(self._secret, (name,))[name]

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("the clock of a ledger gives times with a zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
