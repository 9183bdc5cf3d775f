"""The shapes in which statistics come back: estimates with limits, and tests with their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Status(StrEnum):
    """What can be said of a test that was asked for; every one of them counts in its family."""

    OK = "ok"
    DEGENERATE = "degenerate"
    NOT_COMPUTED = "not_computed"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimates:
    """Estimates with confidence limits: arrays of one shape, NaN where undefined; 0 and infinity are legal values."""

    estimate: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One estimate with its confidence limits; NaN where undefined."""

    name: str
    estimate: float
    low: float = np.nan
    high: float = np.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test: its statistic, ln p, effects, and what a stranger needs to compute ln p again.

    ``effects`` lists the primary effect first. ``summary`` holds the sufficient statistics by name. ``reason`` says in
    words why a test is not ``ok``; ``ln_p`` is then NaN, or -inf where the fit is perfect (status ``degenerate``).
    """

    __test__ = False  # a result, not a collection of tests

    test: str
    n: int
    statistic: float
    ln_p: float
    effects: tuple[Effect, ...]
    df: float = np.nan
    df2: float = np.nan
    status: Status = Status.OK
    reason: str = ""
    summary: Mapping[str, object] = field(default_factory=dict)

    @property
    def effect(self) -> Effect:
        """The primary effect."""
        return self.effects[0]


def not_computed(test: str, n: int, effect: str, reason: str) -> TestResult:
    """The record of a test that could not be computed: it has a row and counts in the family."""
    return TestResult(
        test=test,
        n=n,
        statistic=np.nan,
        ln_p=np.nan,
        effects=(Effect(name=effect, estimate=np.nan),),
        status=Status.NOT_COMPUTED,
        reason=reason,
    )
