"""The process that mines: ``python -m workbench.worker PROJECT JOB``. It says how far it is and stops when asked."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

from miner.errors import FortuitError
from miner.ledger import Actor
from miner.plan import Plan
from miner.project import Project
from workbench.clock import utc_now
from workbench.jobs import Job, State, Status, find

SAY_EVERY_SECONDS = 0.2


def work(project: Path, job: Job) -> int:
    """Run the job's plan; returns the exit code of the process."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    last_said = 0.0
    status = Status(state=State.RUNNING, stage="reading")

    def progress(done: int, total: int) -> None:
        nonlocal last_said, status
        status = Status(state=State.RUNNING, stage="testing", done=done, total=total)
        if time.monotonic() - last_said >= SAY_EVERY_SECONDS:
            last_said = time.monotonic()
            job.write(status)

    def cancelled() -> bool:
        return bool(stopped) or job.cancel_asked

    job.write(status)
    try:
        actor = Actor(**json.loads((job.folder / "actor.json").read_text(encoding="utf-8")))
        plan = Plan.from_toml((job.folder / "plan.toml").read_text(encoding="utf-8"))
        run = Project.open(project, clock=utc_now, actor=actor).mine(plan, progress=progress, cancelled=cancelled)
    except FortuitError as error:
        job.write(Status(state=State.FAILED, error_code=error.code, error=error.say()))
        return error.exit_code
    except MemoryError:
        job.write(Status(state=State.FAILED, error_code="E-MINE-09", done=status.done, total=status.total))
        return 14
    state = State.CANCELLED if run.cancelled else State.DONE
    job.write(Status(state=state, run=run.id, done=run.tests_run, total=run.m))
    return 0


if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1]), find(Path(sys.argv[1]), sys.argv[2])))
