"""A pack of a stranger, read and audited in a process of its own with limits: ``python -m workbench.review FOLDER``.

The child gets the pack in a folder that is deleted afterwards and answers with JSON. Its memory, processor time and
wall time are limited; a zip file whose contents are many times its size is refused before anything is unpacked.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miner import errors
from miner.errors import BadPack, FortuitError, OutOfTime, ReaderStopped
from miner.ledger import parse_checkpoint
from miner.ledger.audit import audit
from miner.ledger.packed import PackedLedger, read_pack
from reports.review import family_rows

_PACK, _CHECKPOINT, _ANSWER = "pack.zip", "checkpoint.txt", "answer.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLimits:
    """What a pack may need: bytes of the file, ratio of its contents to them, and what its reader may use."""

    file_bytes: int = 400_000_000
    ratio: int = 50
    memory_bytes: int = 3_000_000_000
    cpu_seconds: int = 240
    wall_seconds: int = 300


LIMITS = ReviewLimits()


def review_safely(data: bytes, *, checkpoint: str = "", limits: ReviewLimits = LIMITS) -> dict[str, Any]:
    """Verdict, families and what was not checked of a pack.

    Raises
    ------
    BadPack, BadCheckpoint, OutOfTime, ReaderStopped
    """
    if len(data) > limits.file_bytes:
        raise BadPack(detail="it is larger than any pack")
    with tempfile.TemporaryDirectory(prefix="fortuit-review-") as name:
        folder = Path(name)
        (folder / _PACK).write_bytes(data)
        (folder / _CHECKPOINT).write_text(checkpoint, encoding="utf-8")
        command = [sys.executable, "-P", "-m", "workbench.review", name, str(limits.memory_bytes)]
        command += [str(limits.cpu_seconds), str(limits.ratio)]
        child = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            child.wait(timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            raise OutOfTime(name="pack", seconds=limits.wall_seconds) from None
        answer = folder / _ANSWER
        if not answer.exists():
            raise ReaderStopped(name="pack")
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    if "error" in found:
        kind: type[FortuitError] = getattr(errors, found["error"]["class"])
        raise kind(**found["error"]["values"])
    return found


def review(data: bytes, checkpoint: str, ratio: int) -> dict[str, Any]:
    """What the child answers. Raises BadPack or BadCheckpoint."""
    pack = read_measured(data, ratio)
    anchors = [parse_checkpoint(checkpoint)] if checkpoint else []
    report = audit(pack, checkpoints=anchors)
    families = family_rows(pack) if report.exit_code != 20 else []
    return {**report.to_dict(), "kind": pack.kind, "checkpoint": pack.checkpoint_text, "family_rows": families}


def read_measured(data: bytes, ratio: int = LIMITS.ratio) -> PackedLedger:
    """The pack in the bytes of a zip file whose contents are at most ``ratio`` times as large. Raises BadPack."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except zipfile.BadZipFile as problem:
        raise BadPack(detail=f"it is not a whole zip file ({problem})") from problem
    if unpacked > ratio * max(len(data), 1):
        raise BadPack(detail="its contents are many times larger than the file")
    return read_pack(data)


def _main(folder: Path, memory: int, seconds: int, ratio: int) -> None:
    for what, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (value, value))
    answer: dict[str, Any]
    try:
        text = (folder / _CHECKPOINT).read_text(encoding="utf-8")
        answer = review((folder / _PACK).read_bytes(), text, ratio)
    except FortuitError as error:
        answer = {"error": {"class": type(error).__name__, "values": error.values}}
    (folder / _ANSWER).write_text(json.dumps(answer, default=str), encoding="utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
