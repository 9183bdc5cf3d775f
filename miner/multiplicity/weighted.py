"""Corrections with weights declared beforehand: more of the level for what is more plausible, the sum unchanged.

Benjamini and Hochberg 1997, doi:10.1111/1467-9469.00072 (weighted Holm); Genovese, Roeder and Wasserman 2006,
doi:10.1093/biomet/93.3.509 (weighted BH and Bonferroni). Weights never depend on the p-values.

>>> import numpy as np
>>> answer = adjust_weighted(np.log([0.01, 0.01]), [3, 1], "bonferroni")
>>> np.exp(answer.ln_adjusted).round(6).tolist()
[0.013333, 0.04]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.errors import UnknownCorrection, UnusableWeights
from miner.multiplicity.corrections import Correction, adjust
from miner.multiplicity.logarithms import FloatArray, checked_ln_p

WEIGHTED = (Correction.BONFERRONI, Correction.HOLM, Correction.BENJAMINI_HOCHBERG)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedAdjusted:
    """Adjusted ``ln p`` in input order (NaN where there was no p) and the weights rescaled to mean 1."""

    ln_adjusted: FloatArray
    weights: FloatArray
    method: Correction


def rescaled(weights: npt.ArrayLike, size: int) -> FloatArray:
    """Weights divided by their mean.

    Raises
    ------
    UnusableWeights
        A number of weights other than ``size``, a negative or non-finite one, or nothing but zeros.
    """
    values = np.asarray(weights, dtype=np.float64).ravel()
    if values.size != size:
        raise UnusableWeights(problem=f"{values.size} weights were given for {size} hypotheses")
    if not np.isfinite(values).all() or (values < 0.0).any():
        raise UnusableWeights(problem="a weight is negative or not a number")
    if size == 0:
        return values
    if not values.any():
        raise UnusableWeights(problem="all weights are 0")
    return values / values.mean()


def adjust_weighted(ln_p: npt.ArrayLike, weights: npt.ArrayLike, method: Correction | str) -> WeightedAdjusted:
    """Weighted Bonferroni, Holm or Benjamini-Hochberg.

    Parameters
    ----------
    ln_p : one value per declared hypothesis; NaN (not computed) keeps its weight and counts as p = 1
    weights : one per hypothesis, at least 0; a hypothesis of weight 0 is never rejected but stays counted
    method : "bonferroni", "holm" or "bh"

    Raises
    ------
    NotAProbability, UnusableWeights, UnknownCorrection
    """
    if method not in WEIGHTED:
        raise UnknownCorrection(name=method, known=", ".join(WEIGHTED))
    correction = Correction(method)
    values = checked_ln_p(ln_p)
    shares = rescaled(weights, values.size)
    missing = np.isnan(values)
    with np.errstate(divide="ignore"):
        ln_share = np.log(shares)
    # 0 / 0 (p = 0 at weight 0) is 1 here: a hypothesis without a share of the level cannot be rejected.
    ratio = np.where(missing | (shares == 0.0), np.inf, values - np.where(shares == 0.0, 0.0, ln_share))
    if correction is Correction.HOLM:
        order = np.argsort(ratio, kind="stable")
        left = np.cumsum(shares[order][::-1])[::-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.where(np.isinf(ratio[order]) & (ratio[order] > 0), 0.0, ratio[order] + np.log(left))
        answer = np.empty_like(values)
        answer[order] = np.minimum(np.maximum.accumulate(steps), 0.0)
    else:
        answer = adjust(np.minimum(ratio, 0.0), correction).ln_adjusted
    return WeightedAdjusted(ln_adjusted=np.where(missing, np.nan, answer), weights=shares, method=correction)
