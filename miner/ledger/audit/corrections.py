"""Adjusted p-values a second time, apart from ``miner.multiplicity``: what R03 compares with.

Written as the definitions stand, in logarithms, with every member that has no p-value counted as p = 1.

>>> import numpy as np
>>> np.exp(adjusted(np.log([0.01, 0.04, 0.03]), "holm", m=5)).round(4).tolist()
[0.05, 0.12, 0.12]
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# Beyond this many, statsmodels' quadratic Hommel takes too long for an audit.
LARGEST_HOMMEL: Final = 5_000
KNOWN: Final = ("bonferroni", "sidak", "holm", "hochberg", "hommel", "bh", "by")


def adjusted(ln_p: Floats, method: str, *, m: int) -> Floats | None:
    """ln of the adjusted p-values, NaN where p is; None where this method is not known here.

    Parameters
    ----------
    ln_p : shape (k,), k <= m
    """
    known = ~np.isnan(ln_p)
    result = np.full(len(ln_p), np.nan)
    order = np.argsort(ln_p[known], kind="stable")
    values = _sorted(ln_p[known][order], method, m)
    if values is None:
        return None
    back = np.empty(len(order))
    back[order] = values
    result[known] = back
    return result


def _sorted(p: Floats, method: str, m: int) -> Floats | None:
    k = len(p)
    if k == 0:
        return p if method in KNOWN else None
    rank = np.arange(1, k + 1, dtype=float)
    if method == "bonferroni":
        return np.minimum(p + math.log(m), 0.0)
    if method == "sidak":
        # 1 - (1 - p)^m; where p is too small for a float, m p is the same to all digits.
        with np.errstate(divide="ignore"):
            exact = np.log(-np.expm1(m * np.log1p(-np.exp(p))))
        return np.minimum(np.where(p < -36.0, p + math.log(m), exact), 0.0)
    if method == "holm":
        return np.minimum(np.maximum.accumulate(p + np.log(m - rank + 1)), 0.0)
    if method in ("bh", "by"):
        factor = math.log(m)
        if method == "by":
            factor += math.log(_harmonic(m))
        return np.minimum(np.minimum.accumulate((p + factor - np.log(rank))[::-1])[::-1], 0.0)
    if method == "hochberg":
        # The members without a p-value stand last, at p = 1, and cannot raise what comes before them.
        return np.minimum(np.minimum.accumulate((p + np.log(m - rank + 1))[::-1])[::-1], 0.0)
    if method == "hommel" and m <= LARGEST_HOMMEL and p[0] > -700:
        return _hommel(p, m)
    return None


def _harmonic(m: int) -> float:
    if m <= 1_000_000:
        return math.fsum(1.0 / i for i in range(1, m + 1))
    return math.log(m) + 0.577215664901532860606512 + 1.0 / (2 * m) - 1.0 / (12 * m * m)


def _hommel(p: Floats, m: int) -> Floats:
    from statsmodels.stats.multitest import multipletests

    padded = np.concatenate([np.exp(p), np.ones(m - len(p))])
    return np.log(multipletests(padded, method="hommel")[1][: len(p)])
