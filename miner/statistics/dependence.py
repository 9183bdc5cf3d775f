"""Association of any form between two numeric variables: distance correlation and Chatterjee's xi.

>>> round(distance_correlation([1.2, 3.4, 0.5, 2.2], [2.1, 2.9, 1.1, 0.4]).effect.estimate, 6)
0.736926

References
----------
Szekely GJ, Rizzo ML. J Multivar Anal 2013;117:193-213. doi:10.1016/j.jmva.2013.02.012
Chatterjee S. J Am Stat Assoc 2021;116:2009-2022. doi:10.1080/01621459.2020.1758115
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from miner.statistics.correlation import CONSTANT, paired, ranks, rounded
from miner.statistics.log_probability import ln_one_sided, ln_t_two_sided
from miner.statistics.results import Effect, Floats, Status, TestResult, not_computed

TIE_BREAKS = 50
LEAST_FOR_NORMAL = 20
ROWS_AT_ONCE = 512


def distance_correlation(x: npt.ArrayLike, y: npt.ArrayLike) -> TestResult:
    """Distance correlation, with the t test of its bias-corrected square (one-sided, df = n(n-3)/2 - 1).

    Effects: ``dcor``, ``dcov`` and ``bias_corrected_dcor_squared``, which may be negative. Time grows with n squared.
    """
    u, v = paired(x, y)
    n = len(u)
    if n < 4:
        return not_computed("distance_correlation", n, "dcor", "fewer than four persons with both values known")
    if np.all(u == u[0]) or np.all(v == v[0]):
        return not_computed("distance_correlation", n, "dcor", CONSTANT)
    u, v = (u - u.mean()) / np.ptp(u), (v - v.mean()) / np.ptp(v)
    scale = float(np.sqrt(np.ptp(paired(x, y)[0]) * np.ptp(paired(x, y)[1])))
    mean_u, mean_v = _row_means(u), _row_means(v)
    plain, corrected = np.zeros(3), np.zeros(3)
    for start in range(0, n, ROWS_AT_ONCE):
        rows = slice(start, min(n, start + ROWS_AT_ONCE))
        a, b = np.abs(u[rows, None] - u), np.abs(v[rows, None] - v)
        diagonal = (np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop))
        plain += _products(*(_centred(m, mean, rows, 1.0, 1.0) for m, mean in ((a, mean_u), (b, mean_v))))
        first, second = (
            _centred(m, mean, rows, n / (n - 2), n * n / ((n - 1) * (n - 2))) for m, mean in ((a, mean_u), (b, mean_v))
        )
        first[diagonal] = second[diagonal] = 0.0
        corrected += _products(first, second)
    ab, aa, bb = plain / (n * n)
    dcor = float(np.sqrt(max(0.0, ab / np.sqrt(aa * bb))))
    r = float(corrected[0] / np.sqrt(corrected[1] * corrected[2])) if corrected[1] * corrected[2] > 0 else 0.0
    df = n * (n - 3) / 2 - 1
    effects = (
        Effect(name="dcor", estimate=dcor),
        Effect(name="dcov", estimate=float(np.sqrt(max(0.0, ab))) * scale),
        Effect(name="bias_corrected_dcor_squared", estimate=r),
    )
    if 1 - r < 1e-13:
        return TestResult(
            test="distance_correlation",
            n=n,
            statistic=np.inf,
            df=df,
            ln_p=-np.inf,
            effects=effects,
            status=Status.DEGENERATE,
            reason="each variable determines the distances of the other",
        )
    t = float(np.sqrt(df) * r / np.sqrt(1 - r * r))
    return TestResult(
        test="distance_correlation",
        n=n,
        statistic=t,
        df=df,
        ln_p=float(ln_one_sided(ln_t_two_sided(t, df), t >= 0)),
        effects=effects,
        summary={"r": r},
    )


def chatterjee_xi(x: npt.ArrayLike, y: npt.ArrayLike, *, seed: int = 0, tie_breaks: int = TIE_BREAKS) -> TestResult:
    """Chatterjee's xi: how nearly y is a function of x (directed; 0 under independence, towards 1 for a function).

    Persons with equal x have no order: they are put in random order ``tie_breaks`` times from a seed and the mean of xi
    is given. Breaking ties by the order of rows instead lets a sorted file show an association that is not there. A
    constant x or y gives no xi. ln p is one-sided, from the normal law with Chatterjee's variance under ties of y, and
    only for n >= 20.
    """
    u, v = paired(x, y)
    n = len(u)
    if n < 2:
        return not_computed("chatterjee_xi", n, "xi", "fewer than two persons with both values known")
    u, v = rounded(u), rounded(v)
    if np.all(u == u[0]) or np.all(v == v[0]):
        return not_computed("chatterjee_xi", n, "xi", CONSTANT)
    mid = ranks(v)
    sizes = np.unique(v, return_inverse=True, return_counts=True)
    tied = sizes[2][sizes[1].ravel()]
    at_most = mid + (tied - 1) / 2
    at_least = n + 1 - (mid - (tied - 1) / 2)
    spread = float((at_least * (n - at_least)).sum())
    ties = len(np.unique(u)) < n
    generator = np.random.Generator(np.random.Philox(seed))
    draws = [generator.random(n) for _ in range(tie_breaks)] if ties else [np.zeros(n)]
    jumps = [float(np.abs(np.diff(at_most[np.lexsort((draw, u))])).sum()) for draw in draws]
    xi = 1 - n * float(np.mean(jumps)) / (2 * spread)
    sd = _xi_spread(at_most, spread, n)
    z = xi * np.sqrt(n) / sd
    enough = n >= LEAST_FOR_NORMAL
    return TestResult(
        test="chatterjee_xi",
        n=n,
        statistic=float(z),
        ln_p=float(log_ndtr(-z)) if enough else np.nan,
        effects=(Effect(name="xi", estimate=float(xi)),),
        status=Status.OK if enough else Status.NOT_COMPUTED,
        reason="" if enough else "fewer than twenty persons: the normal law of xi does not hold yet",
        summary={"xi": float(xi), "sd": sd, "seed": seed, "tie_breaks": tie_breaks if ties else 0},
    )


def _xi_spread(at_most: Floats, spread: float, n: int) -> float:
    """Standard deviation of sqrt(n) xi under independence, given the ties of y (Chatterjee 2021, Theorem 2.2)."""
    u = np.sort(at_most)
    i = np.arange(1, n + 1)
    v = np.cumsum(u)
    a = float(((2 * n - 2 * i + 1) * u * u).sum()) / n**4
    b = float(((v + (n - i) * u) ** 2).sum()) / n**5
    c = float(((2 * n - 2 * i + 1) * u).sum()) / n**3
    d = spread / n**3
    return float(np.sqrt(max(0.0, a - 2 * b + c * c))) / d


def _row_means(values: Floats) -> Floats:
    """Mean distance of each value to all, by sorting: O(n log n)."""
    n = len(values)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    sums = np.cumsum(ordered)
    i = np.arange(1, n + 1)
    distances = ordered * (2 * i - n) - 2 * sums + sums[-1]
    means = np.empty(n)
    means[order] = distances / n
    return means


def _centred(block: Floats, means: Floats, rows: slice, margin: float, grand: float) -> Floats:
    return block - margin * means[rows, None] - margin * means + grand * means.mean()


def _products(a: Floats, b: Floats) -> Floats:
    return np.array([(a * b).sum(), (a * a).sum(), (b * b).sum()])
