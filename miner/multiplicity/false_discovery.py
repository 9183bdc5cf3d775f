"""Corrections that bound the expected share of false rejections (FDR), on sorted logarithms.

Each function takes ``ln_p`` sorted ascending without NaN and the family size ``m`` (members without a p-value count as
p = 1). Benjamini-Hochberg needs positive dependence (PRDS), Benjamini-Yekutieli nothing; the adaptive ones estimate
the share of true nulls and need independence: their adjusted values can fall below p and are never a primary claim.

>>> import numpy as np
>>> np.exp(benjamini_hochberg(np.log([0.01, 0.02, 0.30]), 3)).round(4).tolist()
[0.03, 0.03, 0.3]
"""

from __future__ import annotations

import math

import numpy as np

from miner.multiplicity.logarithms import TOLERANCE, FloatArray, ln_harmonic


def _step_up(ln_p: FloatArray, ln_factor: float) -> FloatArray:
    """min over j >= k of factor p_(j) / j, not capped."""
    steps = ln_p + ln_factor - np.log(np.arange(1, ln_p.size + 1, dtype=np.float64))
    return np.minimum.accumulate(steps[::-1])[::-1]


def benjamini_hochberg(ln_p: FloatArray, m: int) -> FloatArray:
    """min over j >= k of m p_(j) / j. PRDS. Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x."""
    return np.minimum(_step_up(ln_p, math.log(m)), 0.0)


def benjamini_yekutieli(ln_p: FloatArray, m: int) -> FloatArray:
    """BH times 1 + 1/2 + ... + 1/m. Any dependence. Benjamini and Yekutieli 2001, doi:10.1214/aos/1013699998."""
    return np.minimum(_step_up(ln_p, math.log(m) + float(ln_harmonic(m))), 0.0)


def rejections(ln_p: FloatArray, m: int, level: float) -> int:
    """Number of hypotheses that BH rejects at ``level``."""
    return int(np.count_nonzero(benjamini_hochberg(ln_p, m) <= math.log(level) + TOLERANCE))


def two_stage_nulls(ln_p: FloatArray, m: int, alpha: float) -> tuple[int, int]:
    """First stage of Benjamini, Krieger and Yekutieli: (rejections at alpha/(1+alpha), estimated true nulls)."""
    first = rejections(ln_p, m, alpha / (1.0 + alpha))
    return first, m - first


def benjamini_krieger_yekutieli(ln_p: FloatArray, m: int, alpha: float) -> FloatArray:
    """Two-stage adaptive BH, Definition 6: the adjusted value is at most ``alpha`` exactly where it rejects.

    Independence only; the values belong to this ``alpha`` and can be smaller than p. No first rejection: nothing is
    rejected; all rejected at first: all are. Benjamini, Krieger and Yekutieli 2006, doi:10.1093/biomet/93.3.491.
    """
    _first, nulls = two_stage_nulls(ln_p, m, alpha)
    # With no first rejection the second stage is BH at alpha/(1+alpha) again, so nothing; with all, nulls would be 0.
    # One null kept in the factor leaves every decision as it is then, since all p passed the first stage.
    return np.minimum(_step_up(ln_p, math.log1p(alpha) + math.log(max(nulls, 1))), 0.0)


def two_stage_benjamini_hochberg(ln_p: FloatArray, m: int, alpha: float) -> FloatArray:
    """BH times the share of hypotheses that BH at ``alpha`` leaves (TSBH). Independence; values belong to ``alpha``."""
    nulls = m - rejections(ln_p, m, alpha)
    if nulls == 0:
        return np.full_like(ln_p, -np.inf)
    return np.minimum(benjamini_hochberg(ln_p, m) + math.log(nulls / m), 0.0)


def null_share(ln_p: FloatArray, m: int, *, cut: float = 0.5, safe: bool = False) -> tuple[float, bool]:
    """Storey's estimate of the share of true nulls, from the p-values at or above ``cut``.

    Parameters
    ----------
    ln_p : array, any order, no NaN
    m : family size; the members without a p-value count as p = 1
    cut : lambda, strictly between 0 and 1
    safe : count one more and use p > cut, the form with finite-sample control (Storey, Taylor and Siegmund 2004,
        doi:10.1111/j.1467-9868.2004.00439.x)

    Returns
    -------
    (share, floored)
        ``floored`` is true when no p reached the cut: the share is then 1/m, never 0.
    """
    untested = m - ln_p.size
    if safe:
        above = 1 + int(np.count_nonzero(ln_p > math.log(cut))) + untested
    else:
        above = int(np.count_nonzero(ln_p >= math.log(cut))) + untested
    if above == 0:
        return 1.0 / m, True
    return min(1.0, above / (m * (1.0 - cut))), False


def null_share_bootstrap(ln_p: FloatArray, m: int) -> tuple[float, bool]:
    """Storey's share with the cut chosen by least estimated mean squared error over 0.05, 0.10, ..., 0.95.

    The bias is measured from the 10 % quantile of the estimates; the variance is the closed form, so no resampling
    and no seed. Storey, Taylor and Siegmund 2004; Robinson and Storey 2015.
    """
    cuts = 0.05 + np.arange(19) * 0.05
    p = np.exp(ln_p)
    above = (p.size - np.searchsorted(np.sort(p), cuts, side="left")) + (m - p.size)
    shares = above / (m * (1.0 - cuts))
    target = float(np.quantile(shares, 0.1))
    error = above / (m**2 * (1.0 - cuts) ** 2) * (1.0 - above / m) + (shares - target) ** 2
    share = float(shares[error == error.min()].min())
    return (min(1.0, share), False) if share > 0.0 else (1.0 / m, True)


def storey(ln_p: FloatArray, m: int, share: float) -> FloatArray:
    """q-values: ``share`` times BH, running minimum from the largest p. Storey 2002, doi:10.1111/1467-9868.00346."""
    return benjamini_hochberg(ln_p, m) + math.log(share)
