"""Corrections that bound the chance of a single false rejection (FWER), on sorted logarithms.

Each function takes ``ln_p`` sorted ascending without NaN, and the family size ``m`` (at least its length; members
without a p-value count as p = 1), and returns the adjusted ``ln p`` in the same order, capped at 0.

>>> import numpy as np
>>> np.exp(holm(np.log([0.01, 0.04]), 3)).round(4).tolist()
[0.03, 0.08]
"""

from __future__ import annotations

import math

import numpy as np

from miner.multiplicity.logarithms import FloatArray, ln_sidak


def remaining(size: int, m: int) -> FloatArray:
    """m, m-1, ..., m-size+1: how many hypotheses a step-down procedure still has before it at each rank."""
    return float(m) - np.arange(size, dtype=np.float64)


def bonferroni(ln_p: FloatArray, m: int) -> FloatArray:
    """m p. Any dependence. Bonferroni 1936; Dunn 1961, doi:10.1080/01621459.1961.10482090."""
    return np.minimum(ln_p + math.log(m), 0.0)


def sidak(ln_p: FloatArray, m: int) -> FloatArray:
    """1 - (1 - p)^m. Independence or positive quadrant dependence. Sidak 1967, doi:10.1080/01621459.1967.10482935."""
    return np.minimum(ln_sidak(ln_p, float(m)), 0.0)


def holm(ln_p: FloatArray, m: int) -> FloatArray:
    """Step-down max over j <= k of (m-j+1) p_(j). Any dependence. Holm 1979, https://www.jstor.org/stable/4615733."""
    return np.minimum(np.maximum.accumulate(ln_p + np.log(remaining(ln_p.size, m))), 0.0)


def holm_sidak(ln_p: FloatArray, m: int) -> FloatArray:
    """Step-down Sidak: max over j <= k of 1 - (1 - p_(j))^(m-j+1). Independence. Holland and Copenhaver 1987."""
    return np.minimum(np.maximum.accumulate(ln_sidak(ln_p, remaining(ln_p.size, m))), 0.0)


def hochberg(ln_p: FloatArray, m: int) -> FloatArray:
    """Step-up min over j >= k of (m-j+1) p_(j). Simes' inequality. Hochberg 1988, doi:10.1093/biomet/75.4.800."""
    steps = np.minimum(ln_p + np.log(remaining(ln_p.size, m)), 0.0)
    return np.minimum.accumulate(steps[::-1])[::-1]
