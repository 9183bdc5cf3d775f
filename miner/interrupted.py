"""Who is writing a run, and what is done about a run whose writer died: its tests stay counted, and it is closed.

A run is written under an exclusive lock on ``mining.lock`` in the folder of the project. The system frees the lock when
the process ends, whatever ends it, so that a run that was started, never finished and is not under the lock is dead.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from miner.errors import ProjectError
from miner.ledger import Entry, Ledger

LOCK = "mining.lock"
INTERRUPTED = "interrupted"


class RunUnderWay(ProjectError):
    code = "E-PROJECT-11"
    what = "Another run of this project is being written."
    why = "Runs are counted one after the other: each spends its part of the error by its place."
    todo = "Wait until it has ended, or stop it on the Mine page."


@contextmanager
def mining(folder: Path) -> Iterator[None]:
    """Hold the project's lock while a run is written. Raises RunUnderWay."""
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunUnderWay() from None
        yield


def unfinished(ledger: Ledger) -> tuple[Entry, ...]:
    """The ``run`` entries of runs that were started and have not ended."""
    started: dict[str, Entry] = {}
    for entry in ledger.entries("run"):
        run = str(entry.content["run_id"])
        if entry.content["phase"] == "started":
            started[run] = entry
        else:
            started.pop(run, None)
    return tuple(started.values())
