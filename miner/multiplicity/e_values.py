"""Discovery with e-values: a false discovery rate under any dependence, also between differently designed tests.

An e-value is a non-negative statistic whose mean is at most 1 when there is no association; e-values of one hypothesis
may be averaged. Wang and Ramdas 2022, doi:10.1111/rssb.12489.

>>> import numpy as np
>>> np.exp(e_bh(ln_from_e([40.0, 1.0]))).round(4).tolist()
[0.05, 1.0]
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from miner.errors import FamilyTooSmall, NotAnEValue
from miner.multiplicity.logarithms import FloatArray, checked_ln_p


def ln_from_e(e: npt.ArrayLike) -> FloatArray:
    """Logarithms of e-values (infinity allowed); NaN stays NaN.

    Raises
    ------
    NotAnEValue
        A negative value.
    """
    values = np.array(e, dtype=np.float64, ndmin=1, copy=True).ravel()
    if (values < 0.0).any():
        position = int(np.flatnonzero(values < 0.0)[0])
        raise NotAnEValue(position=position, value=float(values[position]))
    with np.errstate(divide="ignore"):
        return np.log(values)


def calibrated(ln_p: npt.ArrayLike) -> FloatArray:
    """ln e of the calibrator e = 1 / (2 sqrt p), whose mean over a uniform p is 1.

    >>> float(np.exp(calibrated(np.log([0.01])))[0]).__round__(10)
    5.0
    """
    return -math.log(2.0) - checked_ln_p(ln_p) / 2.0


def e_bh(ln_e: npt.ArrayLike, *, m: int | None = None) -> FloatArray:
    """Adjusted ``ln p`` of the e-BH procedure: min over j >= k of m / (j e_[j]), e sorted descending, at most 1.

    Parameters
    ----------
    ln_e : logarithms of e-values; NaN (not computed) counts in m and stays NaN
    m : size of the declared universe; the rest counts as e = 0

    Raises
    ------
    FamilyTooSmall
    """
    values = np.asarray(ln_e, dtype=np.float64).ravel()
    size = values.size if m is None else m
    if size < values.size:
        raise FamilyTooSmall(m=size, members=values.size)
    answer = np.full(values.size, np.nan)
    valid = np.flatnonzero(~np.isnan(values))
    order = valid[np.argsort(-values[valid], kind="stable")]
    if order.size:
        steps = math.log(size) - np.log(np.arange(1, order.size + 1)) - values[order]
        answer[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 0.0)
    return answer
