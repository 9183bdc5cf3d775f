"""Checked logarithms of p-values, and the few logarithmic identities that the corrections share.

Everything in this room works on ``ln p``, because p-values of health registers underflow a float long before they stop
mattering (ln p = -50,000 is met in practice).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import digamma

from miner.errors import LevelOutsideUnit, NotAProbability

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

TOLERANCE: Final = 1e-12
"""Slack of the one decision rule, on the logarithmic scale: it absorbs rounding, not evidence."""


def checked_ln_p(ln_p: npt.ArrayLike) -> FloatArray:
    """One-dimensional copy of ``ln_p`` with every value a logarithm of a probability, or NaN for "not computed".

    Values up to 1e-12 above 0 are rounding of p = 1 and become 0.

    Raises
    ------
    NotAProbability
        A value above 0 (p > 1); a negative p has no logarithm and arrives as NaN only if the caller made it so.
    """
    values = np.array(ln_p, dtype=np.float64, ndmin=1, copy=True).ravel()
    beyond = values > TOLERANCE
    if beyond.any():
        position = int(np.flatnonzero(beyond)[0])
        raise NotAProbability(position=position, value=float(values[position]))
    return np.minimum(values, 0.0)


def ln_from_p(p: npt.ArrayLike) -> FloatArray:
    """Natural logarithms of p-values given as numbers in [0, 1]; NaN stays NaN.

    Raises
    ------
    NotAProbability
        A value below 0 or above 1.

    >>> ln_from_p([1.0, 0.0]).tolist()
    [0.0, -inf]
    """
    values = np.array(p, dtype=np.float64, ndmin=1, copy=True).ravel()
    outside = (values < 0.0) | (values > 1.0)
    if outside.any():
        position = int(np.flatnonzero(outside)[0])
        value = float(values[position])
        raise NotAProbability(position=position, value="undefined" if value < 0.0 else math.log(value))
    with np.errstate(divide="ignore"):
        return np.log(values)


def checked_level(value: float, name: str = "alpha") -> float:
    """``value`` as a float if it lies in (0, 1], else ``LevelOutsideUnit``."""
    if not (isinstance(value, (int, float, np.floating)) and 0.0 < value <= 1.0):
        raise LevelOutsideUnit(name=name, value=value)
    return float(value)


def ln_harmonic(count: FloatArray | float | int) -> FloatArray:
    """Logarithm of the harmonic number H_n = 1 + 1/2 + ... + 1/n, through the digamma function (any n, also 1e15).

    >>> round(float(np.exp(ln_harmonic(4))), 12) == round(25 / 12, 12)
    True
    """
    return np.asarray(np.log(digamma(np.asarray(count, dtype=np.float64) + 1.0) + np.euler_gamma), dtype=np.float64)


def ln_sidak(ln_p: FloatArray, count: FloatArray | float) -> FloatArray:
    """ln(1 - (1 - p)^count) without underflow at small p or cancellation at large p."""
    p = np.exp(ln_p)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        # ln(-ln(1-p)); for small p the series p + p^2/2 keeps ln p exact where p itself is no longer a float.
        ln_rate = np.where(p < 1e-8, ln_p + p / 2.0, np.log(-np.log1p(-np.minimum(p, 1.0))))
        ln_total = np.log(count) + ln_rate
        total = np.exp(ln_total)
        return np.where(total < 1e-8, ln_total - total / 2.0, np.log(-np.expm1(-total)))
