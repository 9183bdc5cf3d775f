"""What page and command line share to act: who acts, with which clock, on which project."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from miner.errors import LedgerFull, LedgerLocked, LedgerReadOnly
from miner.ledger import Actor, events
from miner.project import Project
from workbench.clock import utc_now


def system_actor(name: str = "", role: str = "analyst") -> Actor:
    """The person named, else the account that runs the program; the ledger records how the name is known."""
    if name.strip():
        return Actor(name=name.strip(), role=role, identity_source="self-declared")
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = f"uid {os.getuid()}"
    return Actor(name=account, role=role, identity_source="system account")


def open_project(path: Path, name: str = "") -> Project:
    """The project in a folder, opened for a person."""
    return Project.open(path, clock=utc_now, actor=system_actor(name))


def record_view(project: Project, run: str, *, shown: int, page: str) -> None:
    """Record that results of a run were put before a person's eyes; a project that cannot be written stays readable."""
    if project.ledger.is_read_only:
        return
    try:
        project.ledger.record(events.View(family_id=run, shown=shown, page=page))
    except (LedgerReadOnly, LedgerLocked, LedgerFull):
        return
