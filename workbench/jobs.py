"""Runs in a process of their own: started by a page or the command line, watched through a file, cancelled in a second.

A job is a folder of the project. Its worker replaces ``status.json`` as it goes, so that a page that was reloaded, or
another tab with the same address, finds the run where it is. The lock on ``lock`` is taken before the worker exists and
handed to it, so that it is held exactly as long as the worker lives: one that dies at any moment is seen.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from miner.errors import ProjectError

JOB_NAME = re.compile(r"[0-9a-f]{32}")


class State(StrEnum):
    """Where a job stands; ``lost`` means that its process ended without saying how."""

    STARTING = "starting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LOST = "lost"

    @property
    def is_over(self) -> bool:
        """Nothing more will happen."""
        return self not in {State.STARTING, State.RUNNING}


class UnknownJob(ProjectError):
    code = "E-PROJECT-05"
    what = "There is no run in progress under the number '{job}'."
    why = "The address names a job that this project does not have."
    todo = "Open the Mine page without the job in its address, or start the run again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the worker last said: tests done of all declared, the run it writes, and how it ended."""

    state: State
    done: int = 0
    total: int = 0
    stage: str = ""
    run: str = ""
    error_code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run in a process of its own, by its folder."""

    folder: Path

    @property
    def id(self) -> str:
        """128 random bits: who knows the address of a job may see how far it is, so it cannot be guessed."""
        return self.folder.name

    def write(self, status: Status) -> None:
        """Replace the status in one step: a reader sees the old one or the new one."""
        temporary = self.folder / f"status.{os.getpid()}.new"
        temporary.write_text(json.dumps(asdict(status)), encoding="utf-8")
        temporary.replace(self.folder / "status.json")

    def status(self) -> Status:
        """The last status; ``lost`` where the worker is gone without an end."""
        status = self._last_said()
        if status.state.is_over or self._is_held():
            return status
        # The worker may have ended between the two looks.
        status = self._last_said()
        if status.state.is_over:
            return status
        # Stopped while Python was still starting: nothing was declared, so nothing is lost.
        stopped = status.state is State.STARTING and self.cancel_asked
        return replace(status, state=State.CANCELLED if stopped else State.LOST)

    def _last_said(self) -> Status:
        values = json.loads((self.folder / "status.json").read_text(encoding="utf-8"))
        return Status(**{**values, "state": State(values["state"])})

    def cancel(self) -> None:
        """Ask the worker to stop: it writes what it has computed to the ledger and ends within a second."""
        (self.folder / "cancel").touch()
        pid = self.folder / "pid"
        if pid.exists() and self._is_held():
            os.kill(int(pid.read_text(encoding="utf-8")), signal.SIGTERM)

    @property
    def cancel_asked(self) -> bool:
        """Whether someone asked for the end."""
        return (self.folder / "cancel").exists()

    def _is_held(self) -> bool:
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            fcntl.flock(lock, fcntl.LOCK_UN)
            return False


def start(project: Path, plan_toml: str, actor: Mapping[str, object]) -> Job:
    """Start a worker on a plan; it re-reads project and plan from disk and so runs what a command line would run."""
    folder = project / "jobs" / secrets.token_hex(16)
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(plan_toml, encoding="utf-8")
    (folder / "actor.json").write_text(json.dumps(dict(actor)), encoding="utf-8")
    job = Job(folder=folder)
    with (folder / "lock").open("a") as lock, (folder / "worker.log").open("wb") as log:
        # A lock belongs to the open file, which the worker inherits: it ends with the worker, whatever ends it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        job.write(Status(state=State.STARTING))
        worker = subprocess.Popen(
            [sys.executable, "-m", "workbench.worker", str(project), job.id],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock.fileno(),),
            cwd=Path(__file__).resolve().parent.parent,
        )
    (folder / "pid").write_text(str(worker.pid), encoding="utf-8")
    return job


def find(project: Path, job_id: str) -> Job:
    """The job of that number. Raises UnknownJob."""
    folder = project / "jobs" / job_id
    if not JOB_NAME.fullmatch(job_id) or not (folder / "status.json").exists():
        raise UnknownJob(job=job_id)
    return Job(folder=folder)
