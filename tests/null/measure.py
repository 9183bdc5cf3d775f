"""What a row of the table measures, and within which bounds a measurement passes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.stats import binom


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number with the interval it must lie in.

    ``control`` marks a procedure known to be wrong, whose number must lie in an interval of failure.
    """

    label: str
    value: float
    low: float
    high: float
    repetitions: int
    control: bool = False

    @property
    def passed(self) -> bool:
        """Whether the number lies in its interval."""
        return self.low <= self.value <= self.high

    @property
    def bound(self) -> str:
        """The interval in words."""
        if self.low == self.high:
            return f"{self.low:g}"
        if math.isinf(self.low):
            return f"at most {self.high:.4g}"
        if math.isinf(self.high):
            return f"at least {self.low:.4g}"
        return f"{self.low:.4g} to {self.high:.4g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How many repetitions a row gets, and how far chance may carry it.

    In full, three standard errors of a proportion; in the quick half the exact binomial quantile that an error rate at
    its nominal value passes but once in a million runs. An average of false discovery proportions varies less than a
    proportion of the same mean, so the same bounds hold for it.
    """

    share: float = 1.0
    exact: bool = False

    def repetitions(self, full: int) -> int:
        """Repetitions of a row whose full number is ``full``."""
        return max(40, round(full * self.share))

    def at_most(self, nominal: float, repetitions: int) -> float:
        """Upper bound for a rate of at most ``nominal``."""
        if self.exact:
            return float(binom.isf(1e-6, repetitions, nominal)) / repetitions
        return nominal + 3.0 * math.sqrt(nominal * (1.0 - nominal) / repetitions)

    def at_least(self, nominal: float, repetitions: int) -> float:
        """Lower bound for a rate of at least ``nominal``."""
        if self.exact:
            return float(binom.ppf(1e-6, repetitions, nominal)) / repetitions
        return nominal - 3.0 * math.sqrt(nominal * (1.0 - nominal) / repetitions)

    def rate(self, label: str, value: float, nominal: float, repetitions: int) -> Figure:
        """An error rate that must not exceed ``nominal``."""
        return Figure(
            label=label,
            value=value,
            low=-math.inf,
            high=self.at_most(nominal, repetitions),
            repetitions=repetitions,
        )

    def equal(self, label: str, value: float, nominal: float, repetitions: int) -> Figure:
        """A rate that must be ``nominal`` itself."""
        return Figure(
            label=label,
            value=value,
            low=self.at_least(nominal, repetitions),
            high=self.at_most(nominal, repetitions),
            repetitions=repetitions,
        )

    def above(self, label: str, value: float, floor: float, repetitions: int, *, control: bool = True) -> Figure:
        """A rate that must exceed ``floor``: by default that of a procedure known to be wrong."""
        return Figure(label=label, value=value, low=floor, high=math.inf, repetitions=repetitions, control=control)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: what is claimed, and how it is measured."""

    name: str
    claim: str
    measure: Callable[[Effort], list[Figure]]
    quick_share: float
