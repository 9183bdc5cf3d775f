"""A throw-away PostgreSQL server for tests: made by initdb, reached by a socket, stopped and removed at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_USER = "postgres"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl: that of the newest server installed, or that on the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def server(where: Path) -> Iterator[str]:
    """The address of a running server, without a database name: ``postgresql+psycopg://...?host=...``."""
    # PostgreSQL refuses root, and its user must be able to enter the folder, which pytest's own does not allow.
    folder = Path(tempfile.mkdtemp(prefix="fortuit-pg-"))
    folder.chmod(0o755)
    as_user = ["runuser", "-u", _USER, "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, _USER)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd=folder)

    try:
        run(str(where / "initdb"), "-D", str(data), "-A", "trust", "-U", _USER, "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c unix_socket_permissions=0777"
        run(str(where / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{_USER}@/{{name}}?host={folder}"
        finally:
            run(str(where / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
