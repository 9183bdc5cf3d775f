"""A ledger to pack, the verifier run as a stranger would, and packs changed on their way."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from miner.ledger.canonical import canonical

SMALL = (20, 130, 3, 347)


def verified(pack: bytes, tmp_path: Path, checkpoint: str | None = None) -> tuple[int, str]:
    """Exit code and words of the verifier in the pack, run by a Python without our packages, in a folder of its own."""
    folder = tmp_path / "stranger"
    folder.mkdir(exist_ok=True)
    (folder / "pack.zip").write_bytes(pack)
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        (folder / "verify.py").write_bytes(archive.read("verify.py"))
    command = [sys.executable, "-I", "-S", "verify.py", "pack.zip"]
    if checkpoint is not None:
        (folder / "kept.txt").write_text(checkpoint, encoding="utf-8")
        command += ["--checkpoint", "kept.txt"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def rezipped(pack: bytes, change: Callable[[dict[str, bytes]], None], *, relist: bool = True) -> bytes:
    """The pack with some files changed, and the manifest made to fit."""
    import hashlib

    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if relist:
        manifest = json.loads(files.pop("manifest.json"))
        manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        files["manifest.json"] = canonical(manifest)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()
