"""``python -m tests.oracle FILE...``: one line per failure, then ``N passed, M failed, K unsupported``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.oracle.cases import load, load_exceptions
from tests.oracle.runner import load_adapters, run


def main(arguments: list[str] | None = None) -> int:
    """Answer the files named on the command line; 1 where a case failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--kind", action="append", help="only cases of this kind (may be repeated)")
    parser.add_argument("--reasons", action="store_true", help="also say why cases are unsupported")
    options = parser.parse_args(arguments)
    adapters, exceptions = load_adapters(), load_exceptions()
    passed = failed = unsupported = 0
    for path in options.files:
        cases = [case for case in load(path) if not options.kind or case.kind in options.kind]
        for outcome in run(cases, adapters, exceptions):
            passed += outcome.passed
            failed += bool(outcome.mismatches)
            unsupported += bool(outcome.unsupported)
            if outcome.mismatches:
                print(f"FAILED {outcome.case.id} ({outcome.case.kind}) {'; '.join(map(str, outcome.mismatches))}")
            if outcome.unsupported and options.reasons:
                print(f"unsupported {outcome.case.id} ({outcome.case.kind}) {outcome.unsupported}")
    print(f"{passed} passed, {failed} failed, {unsupported} unsupported")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
