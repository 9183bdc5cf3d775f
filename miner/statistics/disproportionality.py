"""Disproportionality of reports: reporting ratios of a drug and an event with their large-sample limits.

a reports with drug and event, b drug without the event, c event without the drug, d neither. With persons instead of
reports the same numbers screen any exposure against any outcome.

>>> result = disproportionality(25, 1000, 80, 20000)
>>> round(float(result.prr.estimate), 4), bool(result.evans)
(6.122, True)

References
----------
Evans SJW, Waller PC, Davis S. Pharmacoepidemiol Drug Saf 2001;10:483-486 (PRR and its signal criterion).
van Puijenbroek EP et al. Pharmacoepidemiol Drug Saf 2002;11:3-10 (ROR).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.statistics.counts import as_counts
from miner.statistics.proportions import wald_odds_ratio, wald_risk_ratio
from miner.statistics.results import Estimates, Floats
from miner.statistics.shrinkage import information_component

EVANS_PRR, EVANS_CHI2, EVANS_CASES = 2.0, 4.0, 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Disproportionality:
    """Arrays of the shape of the counts. ``evans``: PRR >= 2, chi-squared >= 4 and at least three reports."""

    expected: Floats
    relative_reporting: Floats
    prr: Estimates
    ror: Estimates
    chi2_yates: Floats
    ic: Estimates
    evans: npt.NDArray[np.bool_]


def disproportionality(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike, *, confidence: float = 0.95
) -> Disproportionality:
    """PRR, ROR, information component, Yates' chi-squared and Evans' criterion of each table."""
    one, two, three, four = as_counts(a, b, c, d)
    drug, event = (one + two).astype(float), (one + three).astype(float)
    total = drug + three + four
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = drug * event / total
        gap = np.abs(one - expected)
        variance = drug * (total - drug) * event * (total - event) / total**3
        chi2 = (gap - np.minimum(gap, 0.5)) ** 2 / variance
        relative = one / expected
    prr = wald_risk_ratio(one, two, three, four, confidence=confidence)
    evans = (prr.estimate >= EVANS_PRR) & (chi2 >= EVANS_CHI2) & (one >= EVANS_CASES)
    return Disproportionality(
        expected=expected[()],
        relative_reporting=relative[()],
        prr=prr,
        ror=wald_odds_ratio(one, two, three, four, confidence=confidence),
        chi2_yates=chi2[()],
        ic=information_component(one, expected, confidence=confidence),
        evans=evans[()],
    )
