"""All rows, and their figures as text."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import process_time

import numpy
import scipy

from tests.null import exact, families, sequences
from tests.null.measure import Effort, Figure, Row

ROWS: list[Row] = [*families.ROWS, *sequences.ROWS, *exact.ROWS]
FULL = Effort()

PROSE = """# Validity: how often Fortuit is wrong where nothing is there

These figures come from `make null`: data are simulated (or all possible data enumerated) in which the associations
are known, the product is run on them, and its false claims are counted. Seeds are fixed, so a run repeats to the digit
on the same versions. Bounds are the promised rate and three standard errors of a proportion; for enumerations they are
exact. Each row has a **control**: a procedure known to be wrong, which the same simulator must catch, else the row
proves nothing. The same rows run with fewer repetitions, against exact binomial bounds, in `make test` (`tests/null`).

Simulated families: N1 independent scores, N2 equicorrelated (0.5), N3 blocks of 10 (0.8), N4 pairs (z, -z); N5 rules
over 400 persons with 30 items (6 variables of 3 exclusive levels, 12 binaries), antecedents of 1 or 2 items, outcome
independent; N6 the same with a planted item and a planted pair; N7 the same with an outcome of 3 %; N8 visits of
patients. Signals have mean 3.

What these figures do not show: that an association is causal, that a bias common to all rows is absent, or that the
assumptions of a correction hold in your data. A sealed part shares every bias of the mined part.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A row with its figures and the CPU seconds it took."""

    row: Row
    figures: list[Figure]
    cpu_seconds: float


def run(rows: Iterable[Row], effort: Effort = FULL) -> Iterator[Measured]:
    """Measure the rows one by one."""
    for row in rows:
        began = process_time()
        yield Measured(row=row, figures=row.measure(effort), cpu_seconds=process_time() - began)


def value(figure: Figure) -> str:
    """A measured number as printed: counts whole, rates with four digits, rounding errors in powers of ten."""
    if float(figure.value).is_integer():
        return f"{figure.value:.0f}"
    return f"{figure.value:.4f}" if abs(figure.value) >= 1e-4 else f"{figure.value:.1e}"


def lines(measured: Measured) -> Iterator[str]:
    """The figures of a row, for a terminal."""
    yield f"{measured.row.name}: {measured.row.claim}  ({measured.cpu_seconds:.1f} CPU s)"
    for figure in measured.figures:
        verdict = "ok  " if figure.passed else "FAIL"
        kind = "control " if figure.control else ""
        yield f"  {verdict} {kind}{figure.label}: {value(figure)} ({figure.bound}; {figure.repetitions} repetitions)"


def markdown(results: Iterable[Measured]) -> str:
    """The whole document."""
    results = list(results)
    figures = [figure for measured in results for figure in measured.figures]
    wrong = [figure.label for figure in figures if not figure.passed]
    verdict = "All are inside their bounds." if not wrong else f"Outside their bounds: {'; '.join(wrong)}."
    parts = [
        PROSE,
        f"{len(figures)} figures, {sum(figure.control for figure in figures)} of them controls. {verdict}",
        "",
        f"Python {platform.python_version()}, NumPy {numpy.__version__}, SciPy {scipy.__version__}; "
        f"{sum(measured.cpu_seconds for measured in results):.0f} CPU seconds.",
        "",
    ]
    for measured in results:
        parts += [
            f"## {measured.row.name[0].upper()}{measured.row.name[1:]}",
            "",
            f"Promised: {measured.row.claim}.",
            "",
            "| what | measured | bound | repetitions |",
            "|---|---|---|---|",
        ]
        parts += [
            f"| {'**control**: ' if f.control else ''}{f.label} | {value(f)}{'' if f.passed else ' **outside**'} "
            f"| {f.bound} | {f.repetitions:,} |"
            for f in measured.figures
        ]
        parts.append("")
    return "\n".join(parts)
