"""Where entries are kept: SQLite by default, PostgreSQL by URL, through the same SQLAlchemy Core statements.

SQLite runs with write-ahead log and full synchronisation, STRICT tables and one writer at a time (BEGIN IMMEDIATE);
PostgreSQL with an advisory lock for the chain. Triggers refuse UPDATE and DELETE: a guard against accidents, not
against an attacker, whom only a checkpoint kept elsewhere reveals.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from miner.errors import (
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerMissing,
    LedgerReadOnly,
    LedgerUnreachable,
    NewerLedger,
    NotALedger,
)
from miner.ledger.records import FORMAT

BUSY_SECONDS = 30
# Any fixed number: all writers of a database wait for the same lock.
_CHAIN_LOCK = 0x466F7274756974

_schema = MetaData()
_sequence = Integer().with_variant(BigInteger(), "postgresql")
_meta = Table(
    "fortuit_meta", _schema, Column("name", Text, primary_key=True), Column("value", Text, nullable=False),
    sqlite_strict=True,
)  # fmt: skip
_entry = Table(
    "fortuit_entry", _schema,
    Column("seq", _sequence, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False, index=True),
    Column("header", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("prev", Text, nullable=False),
    sqlite_strict=True,
)  # fmt: skip
_secret = Table(
    "fortuit_secret", _schema,
    Column("seq", _sequence, primary_key=True, autoincrement=False), Column("secret", LargeBinary, nullable=False),
    sqlite_strict=True,
)  # fmt: skip
_block = Table(
    "fortuit_block", _schema,
    Column("seq", _sequence, primary_key=True, autoincrement=False), Column("data", LargeBinary, nullable=False),
    sqlite_strict=True,
)  # fmt: skip
_note = Table(
    "fortuit_note", _schema,
    Column("seq", _sequence, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False), Column("text", Text, nullable=False),
    sqlite_strict=True,
)  # fmt: skip
# Notes are not guarded: a person may lawfully ask that one be erased.
_GUARDED = (_meta, _entry, _secret, _block)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """One row of the entry table with its secret."""

    seq: int
    kind: str
    header: str
    content: str
    hash: str
    prev: str
    secret: bytes


class Store:
    """A database that holds one ledger."""

    def __init__(self, location: Path | str) -> None:
        self.place = str(location)
        self._engine = _engine(location)
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._file = Path(location) if self._sqlite else None
        # Shown in messages: never with a password.
        if not self._sqlite:
            self.place = self._engine.url.render_as_string(hide_password=True)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for back-ups and tests."""
        return self._engine

    def prepare(self, *, create: bool, origin: str) -> None:
        """Make the tables where there are none and ``create`` is set; refuse what is not a ledger of a known format."""
        # Asked first, because SQLite makes an empty file of whatever name it is given.
        if self._file is not None and not (self._file.parent.is_dir() and (create or self._file.is_file())):
            raise LedgerMissing(place=self.place)
        with self._named_errors(), self._engine.connect() as connection:
            names = set(inspect(connection).get_table_names())
        if _entry.name in names:
            self._refuse_newer()
            return
        if self._sqlite and names:
            raise NotALedger(place=self.place, detail="It is a database of another program.")
        if not create:
            raise LedgerMissing(place=self.place)
        self._make(origin)

    def origin(self) -> str:
        """The name of the ledger, chosen at random when it was made."""
        return self._meta()["origin"]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads."""
        with self._named_errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; no other writer of the same ledger is in one at the same time."""
        with (
            self._named_errors(),
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            if not self._sqlite:
                connection.execute(select(func.set_config("lock_timeout", f"{BUSY_SECONDS}s", True)))
                connection.execute(select(func.pg_advisory_xact_lock(_CHAIN_LOCK)))
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _meta(self) -> dict[str, str]:
        with self.reading() as connection:
            return {row.name: row.value for row in connection.execute(select(_meta.c.name, _meta.c.value))}

    def _refuse_newer(self) -> None:
        found = int(self._meta()["format"])
        if found > FORMAT:
            raise NewerLedger(place=self.place, found=found, known=FORMAT)

    def _make(self, origin: str) -> None:
        if self._sqlite:
            with self._named_errors(), self._engine.connect() as connection:
                # Outside a transaction: SQLite changes the journal of a whole file only there.
                connection.connection.driver_connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[union-attr]
        with self.writing() as connection:
            # Another process may have made the tables while this one waited for the lock.
            if inspect(connection).has_table(_entry.name):
                return
            _schema.create_all(connection)
            for statement in _guards(self._engine.dialect.name):
                connection.exec_driver_sql(statement)
            connection.execute(
                insert(_meta), [{"name": "format", "value": str(FORMAT)}, {"name": "origin", "value": origin}]
            )

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._named(error) from error

    def _named(self, error: DBAPIError) -> LedgerError:
        detail = str(error.orig)
        primary = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        state = getattr(error.orig, "sqlstate", None) or ""
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or state == "55P03":
            return LedgerLocked(place=self.place, seconds=BUSY_SECONDS)
        if primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR) or state.startswith("53"):
            return LedgerFull(place=self.place, detail=detail)
        if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM) or state in ("25006", "42501"):
            return LedgerReadOnly(place=self.place, detail=detail)
        if self._sqlite:
            return NotALedger(place=self.place, detail=detail)
        return LedgerUnreachable(place=self.place, detail=detail.split("\n")[0])


def last_entry(connection: Connection) -> tuple[int, str] | None:
    """Number and hash of the last entry."""
    row = connection.execute(select(_entry.c.seq, _entry.c.hash).order_by(_entry.c.seq.desc()).limit(1)).first()
    return None if row is None else (row.seq, row.hash)


def add_entry(
    connection: Connection, entry: StoredEntry, *, block: bytes | None = None, note: tuple[bytes, str] | None = None
) -> None:
    """Append one entry with its secret, and its block and note where it has them."""
    connection.execute(
        insert(_entry).values(
            seq=entry.seq,
            kind=entry.kind,
            header=entry.header,
            content=entry.content,
            hash=entry.hash,
            prev=entry.prev,
        )
    )
    connection.execute(insert(_secret).values(seq=entry.seq, secret=entry.secret))
    if block is not None:
        connection.execute(insert(_block).values(seq=entry.seq, data=block))
    if note is not None:
        connection.execute(insert(_note).values(seq=entry.seq, salt=note[0], text=note[1]))


def stored_entries(connection: Connection, kinds: Iterable[str] = ()) -> list[StoredEntry]:
    """Entries of the kinds named, or all, by sequence number."""
    query = (
        select(_entry, _secret.c.secret)
        .join_from(_entry, _secret, _entry.c.seq == _secret.c.seq, isouter=True)
        .order_by(_entry.c.seq)
    )
    wanted = tuple(kinds)
    if wanted:
        query = query.where(_entry.c.kind.in_(wanted))
    return [
        StoredEntry(
            seq=row.seq,
            kind=row.kind,
            header=row.header,
            content=row.content,
            hash=row.hash,
            prev=row.prev,
            secret=bytes(row.secret or b""),
        )
        for row in connection.execute(query)
    ]


def stored_block(connection: Connection, seq: int) -> bytes | None:
    """The compressed block of an entry."""
    data = connection.execute(select(_block.c.data).where(_block.c.seq == seq)).scalar()
    return None if data is None else bytes(data)


def stored_secret(connection: Connection, seq: int) -> bytes | None:
    """The secret bytes of an entry."""
    data = connection.execute(select(_secret.c.secret).where(_secret.c.seq == seq)).scalar()
    return None if data is None else bytes(data)


def stored_note(connection: Connection, seq: int) -> tuple[bytes, str] | None:
    """Salt and text of the note of an entry, unless it was erased."""
    row = connection.execute(select(_note.c.salt, _note.c.text).where(_note.c.seq == seq)).first()
    return None if row is None else (bytes(row.salt), row.text)


def erase_note(connection: Connection, seq: int) -> bool:
    """Erase a note and its salt; the commitment in the chain then tells nothing."""
    return connection.execute(delete(_note).where(_note.c.seq == seq)).rowcount > 0


def _engine(location: Path | str) -> Engine:
    if isinstance(location, str) and "://" in location:
        try:
            engine = create_engine(location, pool_pre_ping=True)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise LedgerUnreachable(place=location.split("@")[-1], detail=str(error)) from error
        if engine.dialect.name == "postgresql":
            return engine
        raise LedgerUnreachable(
            place=location.split("@")[-1], detail="Only files and PostgreSQL addresses are supported."
        )
    path = Path(location).absolute()
    engine = create_engine("sqlite://", creator=lambda: _connect(path), poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _connect(path: Path) -> sqlite3.Connection:
    uri = path.as_uri()
    log = path.with_name(path.name + "-wal")
    if path.exists() and not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size):
        # Reading in WAL mode needs a file beside the database, which this folder refuses; without a log nothing is
        # missed.
        uri += "?mode=ro&immutable=1"
    # isolation_level None: the driver starts no transaction of its own, ours begin as said above.
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _guards(dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        for table in _GUARDED:
            for verb in ("UPDATE", "DELETE"):
                yield (
                    f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
                    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
                )
        return
    yield (
        "CREATE FUNCTION fortuit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
    )
    for table in _GUARDED:
        yield (
            f"CREATE TRIGGER {table.name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION fortuit_append_only()"
        )
