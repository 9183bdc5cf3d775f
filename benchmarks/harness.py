"""One measured row: a task, who did it, on how much data, in how much time and memory.

Each row runs in a process of its own: imports and data first, then one warm-up on small data, then the measured run.
A module ``benchmarks/NAME.py`` gives its rows by ``rows(peers)``; the same call with the same argument gives the same
rows in the same order, so that the child process finds its row by number.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

LIMIT_SECONDS = 120.0
_PREPARATION_SECONDS = 300.0
_READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One row to measure.

    ``n`` rows and ``p`` columns go in; ``prepare`` makes the data (from a seed), ``run`` does the work on them and
    returns the number of results, ``warm_up`` makes small data of the same types for the run before the measured one
    (None: no warm-up is needed).
    """

    task: str
    n: int
    p: int
    prepare: Callable[[], Any]
    run: Callable[[Any], int]
    warm_up: Callable[[], Any] | None = None
    who: str = "fortuit"


def peer(distribution: str) -> str | None:
    """Name and version of an installed peer, or None: its rows are then absent.

    >>> peer("no-such-package") is None
    True
    """
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        return None


def rows_of(name: str, peers: bool) -> Iterator[Task]:
    """The rows of one benchmark module."""
    return iter(importlib.import_module(f"benchmarks.{name}").rows(peers))


def measure_here(name: str, peers: bool, number: int) -> None:
    """In the child: prepare, warm up, say ready, run, and print the row as JSON."""
    task = next(task for place, task in enumerate(rows_of(name, peers)) if place == number)
    data = task.prepare()
    if task.warm_up is not None:
        task.run(task.warm_up())
    print(_READY, flush=True)
    cpu, wall = _cpu_seconds(), time.perf_counter()
    output = task.run(data)
    wall, cpu = time.perf_counter() - wall, _cpu_seconds() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(_row(task, output_count=output, cpu=cpu, wall=wall, memory=memory)), flush=True)


def measure(name: str, peers: bool, number: int, task: Task) -> dict[str, object]:
    """In the parent: run the row in a process of its own and stop it at the limit."""
    command = [sys.executable, "-m", "benchmarks", name, "--row", str(number), *(["--peers"] if peers else [])]
    lines: queue.Queue[str | None] = queue.Queue()
    errors: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        readers = (
            threading.Thread(target=_collect, args=(process.stdout, lines), daemon=True),
            threading.Thread(target=errors.extend, args=(process.stderr,), daemon=True),
        )
        for reader in readers:
            reader.start()
        try:
            started = _next_ready(lines)
            line = lines.get(timeout=LIMIT_SECONDS) if started else None
            problem = None
        except queue.Empty:
            line, problem = None, f"past {LIMIT_SECONDS:g} s"
        process.kill()
    if line is not None:
        row: dict[str, object] = json.loads(line)
        return row
    readers[1].join(timeout=5)
    reason = problem or (errors[-1].strip() if errors else "ended without a result")
    return _row(task, output_count=None, cpu=None, wall=None, memory=None) | {"error": reason}


def _next_ready(lines: queue.Queue[str | None]) -> bool:
    """Wait until the child says ready, past whatever a peer prints; False where it ended first."""
    while (line := lines.get(timeout=_PREPARATION_SECONDS)) is not None:
        if line.strip() == _READY:
            return True
    return False


def _collect(stream: Any, lines: queue.Queue[str | None]) -> None:
    for line in stream:
        if line.startswith(("{", _READY)):
            lines.put(line)
    lines.put(None)


def _cpu_seconds() -> float:
    """User and system time of this process and of all processes it started, living (Spark's, on Linux) or ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used) + _living_descendants_seconds()


def _living_descendants_seconds() -> float:
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:  # the process ended while we looked
            continue
        number = int(entry.parent.name)
        parents[number] = int(fields[1])
        ticks[number] = sum(int(field) for field in fields[11:15])
    total = 0
    for number in parents:
        above = parents[number]
        while above not in {0, os.getpid()}:
            above = parents.get(above, 0)
        total += ticks[number] if above == os.getpid() else 0
    return total / os.sysconf("SC_CLK_TCK")


def _row(
    task: Task, *, output_count: int | None, cpu: float | None, wall: float | None, memory: float | None
) -> dict[str, object]:
    return {
        "task": task.task,
        "who": task.who,
        "n": task.n,
        "p": task.p,
        "output_count": output_count,
        "cpu_seconds": None if cpu is None else round(cpu, 4),
        "wall_seconds": None if wall is None else round(wall, 4),
        "peak_rss_mib": None if memory is None else round(memory, 1),
    }
