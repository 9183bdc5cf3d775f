from __future__ import annotations

import json
import subprocess
import sys

from miner.errors import FortuitError, UnknownVariable


def test_an_error_says_what_why_and_what_to_do() -> None:
    error = UnknownVariable(name="agee", nearest="age")
    what, why, todo = error.sentences()
    assert "agee" in what
    assert "age" in why
    assert todo.startswith("Correct")
    assert error.say() == f"{what} {why} {todo}"


def test_an_error_is_rebuilt_from_its_class_and_values() -> None:
    error = UnknownVariable(name="agee", nearest="age")
    rebuild, arguments = error.__reduce__()
    again = rebuild(*arguments)
    assert (type(again), again.values) == (type(error), error.values)


def test_exit_codes_of_the_audit_belong_to_no_error() -> None:
    listed = "[k.exit_code for k in errors.FortuitError.__subclasses__()]"
    script = f"import json; from miner import errors; print(json.dumps({listed}))"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not set(json.loads(out.stdout)) & {20, 21, 22}
    assert FortuitError.exit_code == 10
