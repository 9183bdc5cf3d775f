"""An attacker with the file: triggers dropped, rows changed, and the chain hashed again where the test wants it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from miner.ledger.canonical import canonical
from miner.ledger.commitments import commit_content, entry_hash, genesis


@contextmanager
def raw(place: Path) -> Iterator[sqlite3.Connection]:
    """The file without its guards."""
    connection = sqlite3.connect(place)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def rehash(place: Path) -> None:
    """Give every entry the hash that its content and its place ask for; the secrets are at hand too."""
    with raw(place) as connection:
        origin = connection.execute("SELECT value FROM fortuit_meta WHERE name = 'origin'").fetchone()[0]
        secrets = dict(connection.execute("SELECT seq, secret FROM fortuit_secret"))
        previous = genesis(origin)
        for seq, header, content in connection.execute(
            "SELECT seq, header, content FROM fortuit_entry ORDER BY seq"
        ).fetchall():
            new = json.loads(header) | {"content": commit_content(secrets[seq], json.loads(content)).hex(), "seq": seq}
            text = canonical(new)
            digest = entry_hash(previous, text)
            connection.execute(
                "UPDATE fortuit_entry SET header = ?, prev = ?, hash = ? WHERE seq = ?",
                (text.decode(), previous.hex(), digest.hex(), seq),
            )
            previous = digest


def edit(place: Path, seq: int, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the content of one entry, without hashing again."""
    with raw(place) as connection:
        (text,) = connection.execute("SELECT content FROM fortuit_entry WHERE seq = ?", (seq,)).fetchone()
        content = json.loads(text)
        change(content)
        connection.execute("UPDATE fortuit_entry SET content = ? WHERE seq = ?", (canonical(content).decode(), seq))


def renumber(connection: sqlite3.Connection, old: int, new: int) -> None:
    """Move one entry with its secret and block to another number."""
    for table in ("entry", "secret", "block", "note"):
        connection.execute(f"UPDATE fortuit_{table} SET seq = ? WHERE seq = ?", (new, old))  # noqa: S608


def remove(connection: sqlite3.Connection, seq: int) -> None:
    """Delete one entry with all that belongs to it."""
    for table in ("entry", "secret", "block", "note"):
        connection.execute(f"DELETE FROM fortuit_{table} WHERE seq = ?", (seq,))  # noqa: S608
