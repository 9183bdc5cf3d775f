"""The child in which DoWhy runs: one request on standard input, one line of JSON on standard output, and silence.

Started as ``python -m causal._dowhy_worker`` by ``causal._dowhy``; never through multiprocessing, which would run the
program of the parent again. Nothing is pickled.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import warnings
from io import BytesIO
from types import TracebackType
from typing import Any


def main() -> None:
    """Read the request, silence everything, answer. An error becomes a named answer, not a traceback."""
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")
    request = json.loads(sys.stdin.buffer.readline())
    rest = sys.stdin.buffer.read()
    # The parent ends this process at its wall limit; this one holds where the parent itself was killed meanwhile.
    limit = int(request["cpu_seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    # Libraries print through file descriptors as well as through Python.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    warnings.simplefilter("ignore")

    def name_the_fault(kind: type[BaseException], fault: BaseException, _: TracebackType | None) -> None:
        reply.write(json.dumps({"error": f"{kind.__name__}: {fault}"[:500]}))
        reply.close()

    sys.excepthook = name_the_fault
    reply.write(json.dumps(_answer(request, rest)))
    reply.close()


def _answer(request: dict[str, Any], rest: bytes) -> dict[str, object]:
    import numpy as np
    import pyarrow as pa

    from causal._dowhy import answer_request

    seed = int(request.get("seed", 0))
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - DoWhy draws from the global generator where it is given none
    frame = pa.ipc.open_stream(BytesIO(rest)).read_pandas() if rest else None
    return answer_request(request, frame)


if __name__ == "__main__":
    main()
