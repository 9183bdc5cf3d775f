"""``python -m tests.null [--quick] [--row NAME] [--output FILE]``: run the table, print it, write the document."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.null.measure import Effort
from tests.null.table import FULL, ROWS, Measured, lines, markdown, run

DOCUMENT = Path(__file__).parents[2] / "docs" / "validity.md"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when a figure lies outside its bounds or a control is not caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.null", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, exact binomial bounds; writes nothing")
    parser.add_argument("--row", choices=[row.name for row in ROWS], help="one row only; writes nothing")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="where the document goes (docs/validity.md)")
    options = parser.parse_args(arguments)
    results: list[Measured] = []
    for row in ROWS:
        if options.row in (None, row.name):
            effort = Effort(share=row.quick_share, exact=True) if options.quick else FULL
            for measured in run([row], effort):
                results.append(measured)
                print("\n".join(lines(measured)), flush=True)
    figures = [figure for measured in results for figure in measured.figures]
    failed = sum(not figure.passed for figure in figures)
    print(f"{len(figures) - failed} figures within bounds, {failed} outside")
    if not options.quick and options.row is None:
        options.output.write_text(markdown(results), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
