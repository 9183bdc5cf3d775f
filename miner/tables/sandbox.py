"""Reading files of strangers in a process of its own, with limits of memory, processor time and wall time.

The child is started as ``python -m miner.tables.sandbox`` (never by multiprocessing, which would run a Streamlit page
again). It gets a request as JSON, and answers with JSON and an Arrow file in a folder that is deleted afterwards; no
pickle crosses the border in either direction.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from miner import errors
from miner.errors import FortuitError, OutOfMemory, OutOfTime, ReaderStopped
from miner.tables.reading import read_table
from miner.tables.report import ReadReport
from miner.tables.text_table import Limits, TextTable

_DEFAULT_LIMITS = Limits()
_REQUEST, _ANSWER, _TABLE = "request.json", "answer.json", "table.arrow"


def read_file_safely(path: Path | bytes, limits: Limits = _DEFAULT_LIMITS, *, name: str = "") -> TextTable:
    """Read a file, or the bytes of an upload, in a child process. Raises a ``ReadError``; the parent stays small.

    Whatever the file does to the reader (memory, time, a crash inside a library) ends as an error with a code.
    """
    with tempfile.TemporaryDirectory(prefix="fortuit-read-") as folder:
        if isinstance(path, bytes):
            name = name or "table"
            source = Path(folder) / "upload"
            source.write_bytes(path)
        else:
            source = path.absolute()
            name = name or path.name
        answer = run_in_child("read", {"path": str(source), "name": name}, Path(folder), limits=limits, name=name)
        with pa.memory_map(str(Path(folder) / _TABLE)) as stored:
            # Copied once, because the folder goes away with the block.
            table = pa.ipc.open_file(pa.py_buffer(stored.read())).read_all()
    report = ReadReport.from_dict(answer["report"])  # type: ignore[arg-type]
    return TextTable(name=name, table=table, report=report)


def run_in_child(
    task: str, arguments: Mapping[str, object], folder: Path, *, limits: Limits, name: str
) -> dict[str, object]:
    """Run a named task in a child process under limits and return its answer (plain values).

    ``folder`` holds request, answer and whatever files the task writes. Raises the error of the task, or
    ``OutOfMemory``, ``OutOfTime``, ``ReaderStopped``. No process of the child's session outlives the call.
    """
    request = {"task": task, "arguments": dict(arguments), "limits": asdict(limits)}
    (folder / _REQUEST).write_text(json.dumps(request), encoding="utf-8")
    # -P keeps the folder of the file, which strangers filled, off the search path of modules.
    command = [sys.executable, "-P", "-m", "miner.tables.sandbox", str(folder)]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        close_fds=True,
    ) as child:
        try:
            code = child.wait(timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            code = -signal.SIGXCPU
        finally:
            _end_session(child.pid)
    answer = _answer(folder)
    if "error" in answer:
        raise _rebuilt(answer["error"], name=name, limits=limits)
    if code == 0 and answer:
        return answer
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise OutOfTime(name=name, seconds=min(limits.wall_seconds, float(limits.cpu_seconds)))
    raise ReaderStopped(name=name)


def _environment(folder: Path) -> dict[str, str]:
    """Only what a Python needs to start; one thread, so that memory is predictable."""
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_NUM_THREADS"), "1")
    root = str(Path(__file__).resolve().parents[2])
    own = {"PYTHONPATH": root, "LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)}
    return {**kept, **single, **own, "ARROW_DEFAULT_MEMORY_POOL": "system"}


def _end_session(pid: int) -> None:
    """The child leads a session: whatever it started goes with it."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:
        # The group is gone and its number was given to somebody else.
        return


def _answer(folder: Path) -> dict[str, object]:
    try:
        return dict(json.loads((folder / _ANSWER).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _rebuilt(plain: object, *, name: str, limits: Limits) -> FortuitError:
    """The error that the child met: a class of the tree by its name, and its values."""
    if isinstance(plain, dict):
        if plain.get("class") == "MemoryError":
            return OutOfMemory(name=name, megabytes=limits.memory_bytes // 1_000_000)
        kind = getattr(errors, str(plain.get("class")), None)
        if isinstance(kind, type) and issubclass(kind, FortuitError):
            return kind(**plain.get("values", {}))
    return ReaderStopped(name=name)


# --- in the child -----------------------------------------------------------------------------------------------------


def _read(arguments: Mapping[str, object], limits: Limits, folder: Path) -> dict[str, object]:
    table = read_table(Path(str(arguments["path"])), name=str(arguments["name"]), limits=limits)
    with pa.OSFile(str(folder / _TABLE), "wb") as sink, pa.ipc.new_file(sink, table.table.schema) as writer:
        writer.write_table(table.table)
    return {"report": table.report.to_dict()}


TASKS: Mapping[str, Callable[[Mapping[str, object], Limits, Path], dict[str, object]]] = {"read": _read}


def main() -> None:
    """Entry of the child: limit yourself, run the task, write the answer."""
    folder = Path(sys.argv[-1])
    request = json.loads((folder / _REQUEST).read_text(encoding="utf-8"))
    limits = Limits(**request["limits"])
    _limit_self(limits)
    answer: dict[str, object]
    try:
        answer = TASKS[request["task"]](request["arguments"], limits, folder)
    except FortuitError as error:
        answer = {"error": {"class": type(error).__name__, "values": error.values}}
    except (MemoryError, pa.ArrowMemoryError):
        answer = {"error": {"class": "MemoryError"}}
    (folder / _ANSWER).write_text(json.dumps(answer), encoding="utf-8")


def _limit_self(limits: Limits) -> None:
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, 4 * limits.decoded_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


if __name__ == "__main__":
    main()
