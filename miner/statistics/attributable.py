"""Effect words of a study: attributable and prevented fractions, and numbers needed to treat.

These read a risk ratio or difference as if the exposure were the whole reason; they belong to a study's pages, where a
person has said why that may be so, and never to a finding.

>>> needed = number_needed(3, 1, 1, 3)
>>> needed.say(outcome_wanted=True)
'NNTB 2.0 (95 % interval: NNTB 1.2 to infinity to NNTH 4.5)'
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from miner.statistics.intervals import critical_value, risk_difference
from miner.statistics.proportions import wald_risk_difference, wald_risk_ratio
from miner.statistics.results import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberNeeded:
    """1/risk difference: positive where the outcome is more frequent among the exposed.

    ``low`` and ``high`` are the reciprocals of the limits of the risk difference in ascending order. Where these
    enclose 0 they lie on different sides of it, and the interval is the two outer parts (``disjoint``; Altman 1998).
    """

    estimate: float
    low: float
    high: float
    disjoint: bool
    confidence: float

    def say(self, *, outcome_wanted: bool) -> str:
        """In Altman's words: NNTB for benefit, NNTH for harm, by whether the outcome is wanted."""
        level = f"{100 * self.confidence:g} % interval"
        name = f"{self._needed(self.estimate, outcome_wanted)} ({level}: "
        if not self.disjoint:
            first, second = sorted((self.low, self.high), key=abs)
            return f"{name}{self._needed(first, outcome_wanted)} to {self._needed(second, outcome_wanted)})"
        same, other = (self.high, self.low) if self.estimate >= 0 else (self.low, self.high)
        return f"{name}{self._needed(same, outcome_wanted)} to infinity to {self._needed(other, outcome_wanted)})"

    @staticmethod
    def _needed(value: float, outcome_wanted: bool) -> str:
        if math.isinf(value):
            return "infinity"
        return f"{'NNTB' if (value > 0) == outcome_wanted else 'NNTH'} {abs(value):.1f}"


def number_needed(
    a: int, b: int, c: int, d: int, *, confidence: float = 0.95, method: str = "score", corrected: bool = True
) -> NumberNeeded:
    """Number needed to expose for one person's outcome to differ, from the risk difference of a cohort table.

    ``method`` is ``score`` (Miettinen-Nurminen; Mee where not ``corrected``) or ``wald``.
    Source: Altman DG. BMJ 1998;317:1309-1312. doi:10.1136/bmj.317.7168.1309
    """
    if method == "wald":
        difference = wald_risk_difference(a, b, c, d, confidence=confidence)
    else:
        difference = risk_difference(a, b, c, d, confidence=confidence, corrected=corrected)
    limits = sorted(_reciprocal(float(limit)) for limit in (difference.low, difference.high))
    return NumberNeeded(
        estimate=_reciprocal(float(difference.estimate)),
        low=limits[0],
        high=limits[1],
        disjoint=bool(difference.low < 0 < difference.high),
        confidence=confidence,
    )


def population_risk_difference(a: int, b: int, c: int, d: int, *, confidence: float = 0.95) -> Effect:
    """Risk in everyone minus risk in the unexposed, with a large-sample interval that takes both as independent."""
    total, unexposed = a + b + c + d, c + d
    if total == 0 or unexposed == 0:
        return Effect(name="population_risk_difference", estimate=math.nan)
    everyone, outside = (a + c) / total, c / unexposed
    error = math.sqrt(everyone * (1 - everyone) / total + outside * (1 - outside) / unexposed)
    half = critical_value(confidence) * error
    value = everyone - outside
    return Effect(name="population_risk_difference", estimate=value, low=value - half, high=value + half)


def attributable_fraction(a: int, b: int, c: int, d: int, *, confidence: float = 0.95) -> Effect:
    """(RR - 1)/RR among the exposed, from Katz's interval of the risk ratio; negative where RR < 1."""
    ratio = wald_risk_ratio(a, b, c, d, confidence=confidence)
    estimate, low, high = (_excess(float(value)) for value in (ratio.estimate, ratio.low, ratio.high))
    return Effect(name="attributable_fraction", estimate=estimate, low=low, high=high)


def population_attributable_fraction(a: int, b: int, c: int, d: int, *, confidence: float = 0.95) -> Effect:
    """Share of all cases in excess of the risk of the unexposed, with the interval of ln(1 - PAF); negative if RR < 1.

    Source of the variance: Walter SD. Am J Epidemiol 1976;104:587-593.

    >>> fraction = population_attributable_fraction(3, 1, 1, 3)
    >>> round(fraction.estimate, 3), round(fraction.low, 3), round(fraction.high, 3)
    (0.5, -0.999, 0.875)
    """
    total = a + b + c + d
    if a + c == 0 or c + d == 0:
        return Effect(name="population_attributable_fraction", estimate=math.nan)
    everyone, outside = (a + c) / total, c / (c + d)
    value = (everyone - outside) / everyone
    if c == 0:
        return Effect(name="population_attributable_fraction", estimate=value)
    variance = (b + value * (a + d)) / (total * c)
    if variance < 0:
        return Effect(name="population_attributable_fraction", estimate=value)
    half = critical_value(confidence) * math.sqrt(variance)
    kept = 1 - value
    return Effect(
        name="population_attributable_fraction",
        estimate=value,
        low=1 - kept * math.exp(half),
        high=1 - kept * math.exp(-half),
    )


def prevented_fraction(a: int, b: int, c: int, d: int, *, confidence: float = 0.95) -> Effect:
    """1 - RR among the exposed, for an exposure with fewer cases (RR < 1)."""
    ratio = wald_risk_ratio(a, b, c, d, confidence=confidence)
    return Effect(
        name="prevented_fraction",
        estimate=1 - float(ratio.estimate),
        low=1 - float(ratio.high),
        high=1 - float(ratio.low),
    )


def _excess(ratio: float) -> float:
    if np.isinf(ratio):
        return 1.0
    return 1 - 1 / ratio if ratio > 0 else (-math.inf if ratio == 0 else math.nan)


def _reciprocal(value: float) -> float:
    return 1 / value if value else math.inf
