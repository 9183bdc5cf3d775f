"""The child process: one line in, one line out, faults by name, and nothing else on any stream."""

from __future__ import annotations

import json
import subprocess
import sys


def _run(message: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "causal._dowhy_worker"], input=message, capture_output=True, check=False, timeout=120
    )


def test_an_answer_is_one_json_object_and_nothing_else_is_printed() -> None:
    request = {"task": "identify", "nodes": 2, "edges": [[0, 1]], "exposures": [1], "outcomes": [0], "observed": [0, 1]}
    child = _run(json.dumps(request).encode() + b"\n")
    assert json.loads(child.stdout) == {"directed_path": False, "sets": []}
    assert (child.stderr, child.returncode) == (b"", 0)


def test_a_fault_is_answered_by_its_name() -> None:
    child = _run(b'{"task": "identify"}\n')
    assert json.loads(child.stdout) == {"error": "KeyError: 'nodes'"}
    assert child.stderr == b""
    assert child.returncode == 1
