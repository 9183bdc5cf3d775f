"""A process that writes until it is killed, and says after each commit what is now promised to be there."""

from __future__ import annotations

from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import miner.ledger.store  # noqa: F401  loaded once in the fork server, not in each writer
from miner.ledger import Actor, Ledger, open_ledger


def opened(place: Path) -> Ledger:
    """A ledger of the writer's own."""
    return open_ledger(place, clock=lambda: datetime.now(UTC), actor=Actor(name="writer"))


def write_until_killed(place: Path, tell: Connection) -> None:
    """Single entries, transactions of two, and blocks, in turn; after each commit the last number is sent."""
    ledger = opened(place)
    tell.send(0)
    turn = 0
    while True:
        turn += 1
        if turn % 3 == 0:
            with ledger.transaction():
                ledger.append("note", {"about": "first of two"})
                seq = ledger.append("note", {"about": "second of two"}).seq
        elif turn % 3 == 1:
            seq = ledger.append("note", {"about": "single"}).seq
        else:
            rows = [{"i": i, "id": f"{i:064x}", "noise": "x" * 200} for i in range(200)]
            seq = ledger.append_block("batch", {"family_id": "F1"}, rows).seq
        tell.send(seq)


def write_many(place: Path, count: int, tell: Connection) -> None:
    """``count`` entries beside other writers; the numbers that were acknowledged."""
    ledger = opened(place)
    tell.send([ledger.append("note", {"about": str(i)}).seq for i in range(count)])
