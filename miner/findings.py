"""Findings: the tests of one run with their corrections, as a person reads them, and the bound for any selection.

>>> statement("rule", ("age >= 60", "sex = male"), "death = yes")
'age >= 60 and sex = male — with — death = yes'
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from miner.errors import ProjectError
from miner.multiplicity.claims import ClaimLevel
from miner.multiplicity.selection import AllResolutions

LABELS = {"en": "Hypothesis, not causation", "fr": "Hypothèse, pas une causalité"}
SHORT = 10
OUTCOME_ALONE = "(outcome alone)"


class UnknownFinding(ProjectError):
    code = "E-PROJECT-04"
    what = "The run {run} has no finding '{finding}'."
    why = "A finding is named F- and the first signs of its identity, as in the first column of the table."
    todo = "List the findings with `fortuit findings PROJECT`, or look them up on the Findings page."


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The family of a run: its declared size, and the levels at which the run may claim.

    ``share`` is the part of the project's error that the run spends (0: scratch, nothing may be claimed); ``q`` and
    ``alpha`` are already multiplied by it. ``uncomputed`` counts hypotheses without a row, by reason: their p is 1.
    """

    run: str
    m: int
    share: float
    q: float
    alpha: float
    tests_run: int
    uncomputed: Mapping[str, int] = field(default_factory=dict)
    within: str | None = None
    run_hash: str = ""
    cancelled: bool = False
    plan_hash: str = ""
    started: str = ""
    name: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def scratch(self) -> bool:
        """Counted and recorded, but nothing may be claimed from it."""
        return self.share == 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """At least ``bound`` of the ``size`` picked findings are associated, at 1 - ``alpha``, however they were picked.

    ``robust`` is the bound that needs no assumption on how the tests depend on one another.
    """

    size: int
    bound: int
    robust: int
    alpha: float
    m: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings:
    """All tests of a run, in the order of the family, with what stands in the ledger for each.

    ``levels`` says *held up* where the sealed part said so since; ``run_levels`` are those that the run alone gave.
    """

    family: Family
    rows: Sequence[Mapping[str, Any]]
    ln_adjusted: Mapping[str, npt.NDArray[np.float64]]
    levels: Sequence[ClaimLevel]
    run_levels: Sequence[ClaimLevel]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def ln_p(self) -> npt.NDArray[np.float64]:
        """ln p of every computed test, NaN where there is none."""
        return np.array(
            [math.nan if row["ln_p"] is None else float(row["ln_p"]) for row in self.rows], dtype=np.float64
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The short name of each finding: F- and the first signs of its identity."""
        return tuple(short_name(str(row["id"])) for row in self.rows)

    @cached_property
    def _places(self) -> dict[str, int]:
        places = {str(row["id"]): k for k, row in enumerate(self.rows)}
        return places | {name: k for k, name in enumerate(self.names)}

    def place(self, finding: str) -> int:
        """Row number of a finding, by its short name or its whole identity. Raises UnknownFinding."""
        if finding not in self._places:
            raise UnknownFinding(run=self.family.run, finding=finding)
        return self._places[finding]

    def count_levels(self) -> dict[str, int]:
        """Number of findings at each claim level, strongest first."""
        return {level.value: sum(1 for found in self.levels if found is level) for level in ClaimLevel}

    @cached_property
    def _resolutions(self) -> tuple[AllResolutions, AllResolutions]:
        alpha = self.family.alpha
        return (
            AllResolutions(self.ln_p, self.family.m, alpha),
            AllResolutions(self.ln_p, self.family.m, alpha, robust=True),
        )

    def basket(self, findings: Sequence[str]) -> Basket:
        """What may be said of a selection made after looking. A scratch run says 0."""
        places = sorted({self.place(finding) for finding in findings})
        if self.family.scratch:
            return Basket(size=len(places), bound=0, robust=0, alpha=0.0, m=self.family.m)
        simes, robust = self._resolutions
        return Basket(
            size=len(places),
            bound=simes.bound(places),
            robust=robust.bound(places),
            alpha=self.family.alpha,
            m=self.family.m,
        )

    @property
    def associated(self) -> int:
        """At least this many of all tests of the run are associated (the basket of everything)."""
        return 0 if self.family.scratch else self._resolutions[0].total

    def to_frame(self) -> pd.DataFrame:
        """One row a computed test, strongest first by the adjusted value where there is one; unit-bearing columns.

        ``p`` and the adjusted p stand as logarithms (``ln_p``, ``ln_p_bh``, ``ln_p_by``, ``ln_p_holm``); ratios travel
        with their counts a (both), b (antecedent only), c (outcome only), d (neither).
        """
        frame = pd.DataFrame(
            {
                "finding": self.names,
                "statement": [statement(row["mode"], row["x"], row["y"]) for row in self.rows],
                "level": [level.value for level in self.levels],
                "effect": [row["effect"] for row in self.rows],
                "estimate": _column(self.rows, "estimate"),
                "low": _column(self.rows, "low"),
                "high": _column(self.rows, "high"),
                "adjusted_estimate": _adjusted(self.rows, "estimate"),
                "adjusted_low": _adjusted(self.rows, "low"),
                "adjusted_high": _adjusted(self.rows, "high"),
                "adjusted_for": [", ".join(row["adjusted_for"] or ()) for row in self.rows],
                "reversed": [bool((row["adjusted"] or {}).get("reversed", False)) for row in self.rows],
                "n": [row["n"] for row in self.rows],
                "n_unknown": [row["n_unknown"] for row in self.rows],
                "a": _cell(self.rows, 0),
                "b": _cell(self.rows, 1),
                "c": _cell(self.rows, 2),
                "d": _cell(self.rows, 3),
                "repeats": [_repeated(row) for row in self.rows],
                "improvement": _optional(self.rows, "improvement"),
                "ln_p": self.ln_p,
                "ln_p_bh": self.ln_adjusted["bh"],
                "ln_p_by": self.ln_adjusted["by"],
                "ln_p_holm": self.ln_adjusted["holm"],
                "adjusted_ln_p": _adjusted(self.rows, "ln_p"),
                "mode": [row["mode"] for row in self.rows],
                "test": [row["test"] for row in self.rows],
                "status": [row["status"] for row in self.rows],
                "x": [" & ".join(row["x"]) for row in self.rows],
                "y": [row["y"] for row in self.rows],
                "length": [len(row["x"]) for row in self.rows],
                "id": [row["id"] for row in self.rows],
            }
        )
        frame = frame.assign(**_interest(frame))
        strength = frame["adjusted_ln_p"].where(frame["adjusted_ln_p"].notna(), frame["ln_p"])
        return frame.assign(strength=strength).sort_values(
            "strength", kind="stable", na_position="last", ignore_index=True
        )


def short_name(identity: str) -> str:
    """F- and the first ten signs of a hypothesis identity."""
    return f"F-{identity[:SHORT]}"


def statement(mode: str, x: Sequence[str], y: str) -> str:
    """The finding in signs that no one can read as an arrow."""
    return f"{' and '.join(x)} — with — {y}"


def _repeated(row: Mapping[str, Any]) -> str:
    """The shorter rule that a rule repeats: its antecedent, "(outcome alone)" for the empty one, else an empty text."""
    repeats = row.get("repeats")
    return "" if repeats is None else " and ".join(repeats) or OUTCOME_ALONE


def _interest(frame: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """Support, confidence, lift and leverage of the rules, from their whole counts; missing for other tests."""
    rule = frame["mode"] == "rule"
    a, b, c, n = (frame[name].where(rule).astype("Float64") for name in ("a", "b", "c", "n"))
    confidence, share = a / (a + b), (a + c) / n
    return {
        "support": a / n,
        "confidence": confidence,
        "lift": confidence / share,
        "leverage": a / n - (a + b) / n * share,
    }


def _optional(rows: Sequence[Mapping[str, Any]], name: str) -> npt.NDArray[np.float64]:
    return np.array([_number(row.get(name)) for row in rows], dtype=np.float64)


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> npt.NDArray[np.float64]:
    return np.array([_number(row[name]) for row in rows], dtype=np.float64)


def _adjusted(rows: Sequence[Mapping[str, Any]], name: str) -> npt.NDArray[np.float64]:
    """The value given the covariates; what a screen tests is that value already."""
    values = [row if row["mode"] == "screen" and row["adjusted_for"] else row["adjusted"] or {} for row in rows]
    return np.array([_number(value.get(name)) for value in values], dtype=np.float64)


def _number(value: object) -> float:
    """A number of the ledger: None is undefined, infinities are texts."""
    if value is None:
        return math.nan
    return float(str(value))


def _cell(rows: Sequence[Mapping[str, Any]], place: int) -> pd.api.extensions.ExtensionArray:
    """One cell of the two-by-two tables; missing where a test has no such table."""
    cells = []
    for row in rows:
        counts = row["counts"]
        flat = isinstance(counts, Sequence) and len(counts) == 4 and not isinstance(counts[0], Sequence)
        square = (
            isinstance(counts, Sequence)
            and len(counts) == 2
            and isinstance(counts[0], Sequence)
            and len(counts[0]) == 2
        )
        cells.append(counts[place] if flat else counts[place // 2][place % 2] if square else None)
    return pd.array(cells, dtype="Int64")
