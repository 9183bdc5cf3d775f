"""``python -m benchmarks NAME [--peers] [--json]``: measure Fortuit, and the peers that are installed beside it."""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Sequence

from benchmarks.harness import measure, measure_here, rows_of

NAMES = ("itemsets", "significance", "pairs", "screens", "permutation", "multiplicity", "design")
APART = ("scale",)
"""Measured only by name: it needs more than ``all`` may ask for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark, or all, and print each row as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=(*NAMES, *APART, "all"), help="what to measure")
    parser.add_argument("--peers", action="store_true", help="measure the installed peers on the same tasks too")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    parser.add_argument("--row", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.row is not None:
        measure_here(chosen.name, chosen.peers, chosen.row)
        return 0
    for name in NAMES if chosen.name == "all" else (chosen.name,):
        if importlib.util.find_spec(f"benchmarks.{name}") is None:
            continue
        for number, task in enumerate(rows_of(name, chosen.peers)):
            row = measure(name, chosen.peers, number, task)
            print(json.dumps(row) if chosen.json else _line(row), flush=True)
    return 0


def _line(row: dict[str, object]) -> str:
    def text(value: object, unit: str) -> str:
        return f"{value:>10,.3f} {unit}" if isinstance(value, (int, float)) else f"{'-':>10} {unit}"

    size = f"{row['n']:,} x {row['p']:,}"
    return (
        f"{row['task']!s:<58} {row['who']!s:<26} {size:>18} {row['output_count'] or '-':>12} "
        f"{text(row['cpu_seconds'], 's')} {text(row['peak_rss_mib'], 'MiB')} {row.get('error', '')}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
