"""Tail probabilities as natural logarithms, right far beyond the smallest float (ln p = -50,000 and below).

Where the probability itself is a normal float the library's function is used; below that, the continued fractions of
the incomplete gamma and beta functions (Lentz's method; NIST DLMF 8.9.2 and 8.17.22) are evaluated in logarithms.

>>> round(float(ln_chi2_sf(1e5, 1)), 4)
-50005.9823
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from miner.statistics.results import Floats

# Below this the library's probabilities lose digits (denormal numbers begin at 2.2e-308).
SMALLEST = 1e-290
LN2 = float(np.log(2.0))
MOST_TERMS = 100_000


def ln_normal_two_sided(z: npt.ArrayLike) -> Floats:
    """ln P(|Z| >= |z|) of a standard normal Z.

    >>> round(float(np.exp(ln_normal_two_sided(1.959963984540054))), 12)
    0.05
    """
    size = np.abs(np.asarray(z, dtype=np.float64))
    return np.minimum(LN2 + special.log_ndtr(-size), 0.0)[()]


def ln_chi2_sf(x: npt.ArrayLike, df: npt.ArrayLike) -> Floats:
    """ln P(X >= x) of a chi-squared X with ``df`` > 0 degrees of freedom; NaN where x or df is not valid.

    >>> round(float(np.exp(ln_chi2_sf(3.841458820694124, 1))), 12)
    0.05
    """
    x, df = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(df, dtype=np.float64))
    valid = (x >= 0) & (df > 0)
    a, z = np.where(valid, df, 2.0) / 2, np.where(valid, x, 0.0) / 2
    lower, upper = special.gammainc(a, z), special.gammaincc(a, z)
    with np.errstate(divide="ignore"):
        result = np.where(upper > 0.5, np.log1p(-np.minimum(lower, 0.6)), np.log(upper))
    deep = (upper < SMALLEST) & np.isfinite(z)
    if np.any(deep):
        result = np.array(result)
        result[deep] = _ln_gamma_fraction(a[deep], z[deep])
    return np.where(valid, result, np.nan)[()]


def ln_t_two_sided(t: npt.ArrayLike, df: npt.ArrayLike) -> Floats:
    """ln P(|T| >= |t|) of Student's T with ``df`` > 0 degrees of freedom (infinite: the normal distribution).

    >>> round(float(np.exp(ln_t_two_sided(12.706204736174698, 1))), 12)
    0.05
    """
    t, df = np.broadcast_arrays(np.asarray(t, dtype=np.float64), np.asarray(df, dtype=np.float64))
    finite = np.isfinite(df) & (df > 0)
    safe = np.where(finite, df, 1.0)
    with np.errstate(over="ignore"):
        result = _ln_beta_tail(safe / 2, np.full(safe.shape, 0.5), t * t / safe)
    result = np.where(np.isinf(df) & (df > 0), ln_normal_two_sided(t), result)
    return np.where((df > 0) & ~np.isnan(t), result, np.nan)[()]


def ln_f_sf(f: npt.ArrayLike, d1: npt.ArrayLike, d2: npt.ArrayLike) -> Floats:
    """ln P(F >= f) of Fisher's F with ``d1`` and ``d2`` > 0 degrees of freedom.

    >>> round(float(np.exp(ln_f_sf(161.4476387975881, 1, 1))), 12)
    0.05
    """
    f, d1, d2 = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (f, d1, d2)))
    valid = (f >= 0) & (d1 > 0) & (d2 > 0) & np.isfinite(d1)
    bounded = valid & np.isfinite(d2)
    one, two = np.where(bounded, d1, 1.0), np.where(bounded, d2, 1.0)
    result = _ln_beta_tail(two / 2, one / 2, one * np.where(bounded, f, 0.0) / two)
    # With infinite d2, d1 * F is chi-squared.
    result = np.where(valid & np.isinf(d2), ln_chi2_sf(np.where(valid, d1 * f, 0.0), np.where(valid, d1, 1.0)), result)
    return np.where(valid, result, np.nan)[()]


def ln_one_sided(ln_two_sided: npt.ArrayLike, agrees: npt.ArrayLike) -> Floats:
    """ln p in one declared direction, from the two-sided ln p of a symmetric statistic.

    ``agrees`` says whether the estimate lies in the declared direction.

    >>> np.exp(ln_one_sided(np.log(0.1), [True, False])).round(12).tolist()
    [0.05, 0.95]
    """
    half = np.asarray(ln_two_sided, dtype=np.float64) - LN2
    return np.where(np.asarray(agrees, dtype=bool), half, np.log1p(-np.exp(half)))[()]


def _ln_beta_tail(a: Floats, b: Floats, odds: Floats) -> Floats:
    """ln I_x(a, b) with x = 1/(1+odds): the upper tails of t and F, where odds grow as the statistic does."""
    x = 1 / (1 + odds)
    tail, rest = special.betainc(a, b, x), special.betainc(b, a, odds / (1 + np.where(np.isinf(odds), 0.0, odds)))
    rest = np.where(np.isinf(odds), 1.0, rest)
    with np.errstate(divide="ignore"):
        result = np.where(tail > 0.5, np.log1p(-np.minimum(rest, 0.6)), np.log(tail))
    deep = (tail < SMALLEST) & np.isfinite(odds)
    if np.any(deep):
        result = np.array(result)
        result[deep] = _ln_beta_fraction(a[deep], b[deep], odds[deep])
    return result


def _ln_gamma_fraction(a: Floats, z: Floats) -> Floats:
    """ln Q(a, z) by the continued fraction z^a e^-z / Gamma(a) * 1/(z+1-a - 1(1-a)/(z+3-a - ...)), z > a + 1."""

    def term(i: int) -> tuple[Floats, Floats]:
        return i * (a - i), z + 2 * i + 1 - a

    return a * np.log(z) - z - special.gammaln(a) + np.log(_lentz(term, z + 1 - a))


def _ln_beta_fraction(a: Floats, b: Floats, odds: Floats) -> Floats:
    """ln I_x(a, b), x = 1/(1+odds), by the continued fraction that converges for x < (a+1)/(a+b+2)."""
    x = 1 / (1 + odds)
    one = np.ones_like(x)

    def term(i: int) -> tuple[Floats, Floats]:
        half = i // 2
        if i % 2:
            return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1)), one
        return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half)), one

    ln_x, ln_rest = -np.log1p(odds), np.log(odds) - np.log1p(odds)
    return a * ln_x + b * ln_rest - np.log(a) - special.betaln(a, b) + np.log(_lentz(term, one))


def _lentz(term: Callable[[int], tuple[Floats, Floats]], first: Floats) -> Floats:
    """1/(first + n_1/(d_1 + n_2/(d_2 + ...))) with (n_i, d_i) = term(i)."""
    tiny = 1e-300
    c = np.where(first == 0, tiny, first)
    d = np.zeros_like(first)
    value = c.copy()
    for i in range(1, MOST_TERMS):
        numerator, denominator = term(i)
        d = denominator + numerator * d
        d = 1 / np.where(d == 0, tiny, d)
        c = denominator + numerator / c
        c = np.where(c == 0, tiny, c)
        step = c * d
        value = value * step
        if np.all(np.abs(step - 1) < 1e-15):
            break
    return 1 / value
