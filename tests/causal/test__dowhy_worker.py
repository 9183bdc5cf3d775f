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
    request = {"nodes": 2, "edges": [[0, 1]], "exposures": [1], "outcomes": [0], "observed": [0, 1], "cpu_seconds": 60}
    child = _run(json.dumps(request).encode() + b"\n")
    assert json.loads(child.stdout) == {"directed_path": False, "sets": []}
    assert (child.stderr, child.returncode) == (b"", 0)


def test_a_fault_is_answered_by_its_name() -> None:
    child = _run(b'{"cpu_seconds": 60}\n')
    assert json.loads(child.stdout) == {"error": "KeyError: 'nodes'"}
    assert child.stderr == b""
    assert child.returncode == 1


def test_a_child_whose_parent_was_killed_ends_at_its_own_limit() -> None:
    # The loop stands for a search that does not end; the limit is the kernel's, not the program's.
    program = (
        "import causal._dowhy as adapter, causal._dowhy_worker as worker\n"
        "def search(request, frame):\n"
        "    while True: pass\n"
        "adapter.answer_request = search\n"
        "worker.main()"
    )
    child = subprocess.run(
        [sys.executable, "-c", program], input=b'{"cpu_seconds": 3}\n', capture_output=True, check=False, timeout=120
    )
    assert child.returncode < 0
    assert child.stdout == b""
