"""Association of two numeric variables: Pearson, Spearman, Kendall, and both of the first two given others.

Unknown values are NaN; a pair counts where both are known. Two numbers that differ only beyond twelve significant
digits are ties: the same measurement read twice must not change a rank.

>>> result = spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])
>>> round(result.effect.estimate, 6), result.n
(0.8, 5)
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt

from miner.errors import UnequalLengths
from miner.statistics.intervals import critical_value
from miner.statistics.log_probability import ln_normal_two_sided, ln_t_two_sided
from miner.statistics.results import Effect, Floats, Status, TestResult, not_computed

SIGNIFICANT_DIGITS = 12
MOST_ORDERED = 9
CONSTANT = "one of the variables takes a single value"
FEW = "fewer than three persons with both values known"


def pearson(x: npt.ArrayLike, y: npt.ArrayLike, *, confidence: float = 0.95) -> TestResult:
    """Pearson's r with its t test (df = n - 2) and Fisher's z interval (n >= 4).

    ``summary`` holds n, means and centred sums of squares and products, from which r and ln p follow.
    """
    u, v = paired(x, y)
    return _from_products("pearson", u, v, 0, confidence)


def spearman(x: npt.ArrayLike, y: npt.ArrayLike, *, confidence: float = 0.95) -> TestResult:
    """Spearman's rho (Pearson's r of mid-ranks) with its t approximation.

    The interval is Fisher's z with the standard error sqrt((1 + rho^2/2)/(n - 3)) of Bonett and Wright (Psychometrika
    2000;65:23-28).
    """
    u, v = paired(x, y)
    return _from_products("spearman", ranks(u), ranks(v), 0, confidence)


def spearman_exact(x: npt.ArrayLike, y: npt.ArrayLike, *, confidence: float = 0.95) -> TestResult:
    """Spearman's rho with its exact two-sided p: the share of all n! orders with a rho at least as far from 0.

    For up to nine persons, where the t approximation is not to be trusted; more are not computed.

    >>> round(float(np.exp(spearman_exact([1, 2, 3, 4], [1, 2, 3, 4]).ln_p)), 4)
    0.0833
    """
    u, v = paired(x, y)
    if len(u) > MOST_ORDERED:
        return not_computed(
            "spearman_exact", len(u), "rho", f"more than {MOST_ORDERED} persons: use the t approximation"
        )
    usual = _from_products("spearman", ranks(u), ranks(v), 0, confidence)
    if usual.status is Status.NOT_COMPUTED:
        return not_computed("spearman_exact", len(u), "rho", usual.reason)
    left, right = ranks(u) - (len(u) + 1) / 2, ranks(v) - (len(v) + 1) / 2
    orders = np.array(list(permutations(range(len(v)))))
    sums = np.abs(right[orders] @ left)
    exceed = int((sums >= abs(float(left @ right)) - 1e-9).sum())
    return TestResult(
        test="spearman_exact",
        n=len(u),
        statistic=usual.effect.estimate,
        ln_p=float(np.log(exceed) - np.log(len(orders))),
        effects=usual.effects,
        summary={"exceedances": exceed, "exchanges": len(orders)},
    )


def kendall(x: npt.ArrayLike, y: npt.ArrayLike) -> TestResult:
    """Kendall's tau-b; ln p from the normal approximation to S, with its variance under ties.

    Source: Kendall MG. Rank correlation methods (1970), 4.9 and 5.2. No interval is given.
    """
    u, v = paired(x, y)
    n = len(u)
    if n < 2:
        return not_computed("kendall", n, "tau_b", "fewer than two persons with both values known")
    u, v = ranks(u), ranks(v)
    concordance = _concordance(u, v)
    t, s = _tie_sizes(u), _tie_sizes(v)
    pairs = n * (n - 1) / 2
    free_u, free_v = pairs - (t * (t - 1)).sum() / 2, pairs - (s * (s - 1)).sum() / 2
    if free_u == 0 or free_v == 0:
        return not_computed("kendall", n, "tau_b", CONSTANT)
    tau = concordance / np.sqrt(free_u) / np.sqrt(free_v)
    variance = (
        n * (n - 1) * (2 * n + 5) - (t * (t - 1) * (2 * t + 5)).sum() - (s * (s - 1) * (2 * s + 5)).sum()
    ) / 18 + (t * (t - 1)).sum() * (s * (s - 1)).sum() / (2 * n * (n - 1))
    if n > 2:
        threefold = (t * (t - 1) * (t - 2)).sum() * (s * (s - 1) * (s - 2)).sum()
        variance += threefold / (9 * n * (n - 1) * (n - 2))
    z = float(concordance / np.sqrt(variance))
    return TestResult(
        test="kendall",
        n=n,
        statistic=z,
        ln_p=float(ln_normal_two_sided(z)),
        effects=(Effect(name="tau_b", estimate=float(tau)),),
        summary={"s": float(concordance), "variance": float(variance)},
    )


def partial_pearson(
    x: npt.ArrayLike, y: npt.ArrayLike, given: npt.ArrayLike, *, confidence: float = 0.95
) -> TestResult:
    """Pearson's r of what least squares on the k columns of ``given`` (n, k) leaves of x and y: df = n - 2 - k."""
    u, v, z = _complete(x, y, given)
    return _partial("partial_pearson", u, v, z, confidence)


def partial_spearman(
    x: npt.ArrayLike, y: npt.ArrayLike, given: npt.ArrayLike, *, confidence: float = 0.95
) -> TestResult:
    """Partial correlation of the mid-ranks of x, y and each column of ``given`` (n, k): df = n - 2 - k."""
    u, v, z = _complete(x, y, given)
    ranked = np.column_stack([ranks(z[:, j]) for j in range(z.shape[1])]) if z.shape[1] else z
    return _partial("partial_spearman", ranks(u), ranks(v), ranked, confidence)


def semipartial_pearson(
    x: npt.ArrayLike, y: npt.ArrayLike, given: npt.ArrayLike, *, confidence: float = 0.95
) -> TestResult:
    """Pearson's r of x with what is left of y after least squares on ``given`` (n, k): df = n - 2 - k."""
    u, v, z = _complete(x, y, given)
    return _from_products("semipartial_pearson", u, _residuals(v, z), z.shape[1], confidence)


def paired(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
    """The two columns where both are known (not NaN)."""
    u, v = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    if len(u) != len(v):
        raise UnequalLengths(left=len(u), right=len(v))
    known = ~(np.isnan(u) | np.isnan(v))
    return u[known], v[known]


def rounded(values: Floats) -> Floats:
    """Values at twelve significant digits, so that equal measurements are equal numbers."""
    with np.errstate(divide="ignore", invalid="ignore"):
        magnitude = np.floor(np.log10(np.abs(values)))
    magnitude = np.where(np.isfinite(magnitude), magnitude, 0.0)
    places = SIGNIFICANT_DIGITS - 1 - magnitude
    small = places > 300  # 10 ** places would overflow
    scale = 10.0 ** np.where(small, 0.0, places)
    result = np.rint(values * scale) / scale
    return np.where(np.isfinite(result) & ~small, result, values)


def ranks(values: Floats) -> Floats:
    """Mid-ranks, 1 to n."""
    if len(values) == 0:
        return values
    _, where, sizes = np.unique(rounded(values), return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    return (last - (sizes - 1) / 2)[where.ravel()]


def _tie_sizes(ranked: Floats) -> Floats:
    return np.unique(ranked, return_counts=True)[1].astype(np.float64)


def _complete(x: npt.ArrayLike, y: npt.ArrayLike, given: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    u, v = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    z = np.asarray(given, dtype=np.float64)
    z = z.reshape(len(z), -1) if z.size else np.empty((len(u), 0))
    if len({len(u), len(v), len(z)}) > 1:
        raise UnequalLengths(left=len(u), right=len(v) if len(v) != len(u) else len(z))
    known = ~(np.isnan(u) | np.isnan(v) | np.isnan(z).any(axis=1))
    return u[known], v[known], z[known]


def _residuals(values: Floats, given: Floats) -> Floats:
    if len(values) == 0:
        return values
    design = np.column_stack([np.ones(len(values)), given - given.mean(axis=0)])
    scale = np.linalg.norm(design, axis=0)
    design = design / np.where(scale > 0, scale, 1.0)
    fitted = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    left = values - fitted
    # What is left of a variable that the others determine is rounding, not association.
    return np.where(np.abs(left).max() <= 1e-12 * max(1e-300, float(np.abs(values).max())), 0.0, left)


def _partial(test: str, x: Floats, y: Floats, given: Floats, confidence: float) -> TestResult:
    return _from_products(test, _residuals(x, given), _residuals(y, given), given.shape[1], confidence)


def _from_products(test: str, x: Floats, y: Floats, adjusted: int, confidence: float) -> TestResult:
    """r, its t test and interval, after ``adjusted`` variables were taken out."""
    n, df = len(x), len(x) - 2 - adjusted
    name = "rho" if "spearman" in test else "r"
    if df < 1:
        return not_computed(test, n, name, FEW)
    mean_x, mean_y = float(x.mean()), float(y.mean())
    u, v = x - mean_x, y - mean_y
    xx, yy, xy = float(u @ u), float(v @ v), float(u @ v)
    # Centring leaves rounding of the size of the values; a spread below it is none.
    noise = n * (1e-15 * max(1e-300, float(np.abs(x).max()), float(np.abs(mean_x)))) ** 2
    noise_y = n * (1e-15 * max(1e-300, float(np.abs(y).max()), float(np.abs(mean_y)))) ** 2
    if xx <= noise or yy <= noise_y:
        return not_computed(test, n, name, CONSTANT)
    r = max(-1.0, min(1.0, xy / np.sqrt(xx) / np.sqrt(yy)))
    summary: dict[str, object] = {
        "xx": xx,
        "yy": yy,
        "xy": xy,
        "mean_x": mean_x,
        "mean_y": mean_y,
        "adjusted": adjusted,
    }
    if 1 - abs(r) < 1e-14:
        sign = 1.0 if r > 0 else -1.0
        return TestResult(
            test=test,
            n=n,
            df=df,
            statistic=sign * np.inf,
            ln_p=-np.inf,
            effects=(Effect(name=name, estimate=sign, low=sign, high=sign),),
            status=Status.DEGENERATE,
            reason="each variable determines the other",
            summary=summary,
        )
    t = r * np.sqrt(df / ((1 - r) * (1 + r)))
    low, high = _fisher_z(r, n - 3 - adjusted, confidence, 1 + r * r / 2 if name == "rho" else 1.0)
    return TestResult(
        test=test,
        n=n,
        df=df,
        statistic=float(t),
        ln_p=float(ln_t_two_sided(t, df)),
        effects=(Effect(name=name, estimate=float(r), low=low, high=high),),
        summary=summary,
    )


def _fisher_z(r: float, information: int, confidence: float, variance: float) -> tuple[float, float]:
    if information < 1:
        return -1.0, 1.0
    half = critical_value(confidence) * np.sqrt(variance / information)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def _concordance(x: Floats, y: Floats) -> float:
    """Concordant minus discordant pairs in O(n log n): inversions of y in the order of x (Knight 1966)."""
    order = np.lexsort((y, x))
    u, v = x[order], y[order]
    n = len(u)
    pairs = n * (n - 1) / 2
    ties_x, ties_y = _tie_sizes(u), _tie_sizes(v)
    _, both = np.unique(np.column_stack([u, v]), axis=0, return_counts=True)
    tied = [float((s * (s - 1.0)).sum() / 2) for s in (ties_x, ties_y, both.astype(np.float64))]
    return pairs - tied[0] - tied[1] + tied[2] - 2 * _inversions(v)


def _inversions(values: Floats) -> float:
    """Pairs i < j with values[i] > values[j], by merging blocks of doubling width."""
    work = np.unique(values, return_inverse=True)[1].ravel().astype(np.int64)
    n, width, count = len(work), 1, 0
    span = int(work.max(initial=0)) + 1
    while width < n:
        block = np.arange(n) // (2 * width)
        key = block * span + work
        right = (np.arange(n) // width) % 2 == 1
        # Within a block both halves are sorted: each right value passes the larger ones of the left half.
        left_keys, right_keys = key[~right], key[right]
        passed = np.searchsorted(left_keys, right_keys, side="right")
        ends = np.searchsorted(left_keys, (block[right] + 1) * span, side="left")
        count += int((ends - passed).sum())
        work = np.sort(key, kind="stable") - block * span
        width *= 2
    return float(count)
