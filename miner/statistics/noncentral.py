"""Confidence limits of how far a chi-squared statistic lies from its null: its noncentrality.

Limits of effects that are functions of it (Cramer V, the share of variance of ranks) follow.

>>> [round(limit, 3) for limit in noncentral_limits(20.0, 3, 0.95)]
[4.819, 38.969]
"""

from __future__ import annotations

import numpy as np
from scipy.special import chndtr, chndtrinc, ndtri


def noncentral_limits(statistic: float, df: float, confidence: float) -> tuple[float, float]:
    """Confidence limits of the noncentrality of a chi-squared statistic (0 where the statistic is small)."""
    tail = (1 - confidence) / 2
    if statistic > 1e4:
        # The library's inverse is slow out there, where the noncentral law is normal.
        z = float(ndtri(1 - tail))
        spread = z * float(np.sqrt(2 * df + 4 * (statistic - df)))
        return max(0.0, statistic - df - spread), statistic - df + spread
    low = float(chndtrinc(statistic, df, 1 - tail)) if chndtr(statistic, df, 0) > 1 - tail else 0.0
    high = float(chndtrinc(statistic, df, tail)) if chndtr(statistic, df, 0) > tail else 0.0
    return low, high
