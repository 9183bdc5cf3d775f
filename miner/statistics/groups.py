"""A numeric variable compared between groups: Welch, Mann-Whitney, Kruskal-Wallis, point-biserial.

Groups are codes: 0 and 1 for two groups (1 is the presence), 0 to k-1 for several, negative for unknown. Values are NaN
where unknown.

>>> result = welch([1, 2, 3, 4, 7, 8], [0, 0, 0, 1, 1, 1])
>>> round(result.effect.estimate, 4), round(result.df, 4)
(4.3333, 2.8764)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from miner.errors import UnequalLengths
from miner.statistics.correlation import CONSTANT, pearson, ranks
from miner.statistics.intervals import critical_value
from miner.statistics.log_probability import ln_chi2_sf, ln_f_sf, ln_normal_two_sided, ln_t_two_sided
from miner.statistics.noncentral import noncentral_limits
from miner.statistics.results import Effect, Floats, Ints, Status, TestResult, not_computed

FEW = "fewer than two persons in a group"
ONE_GROUP = "fewer than two groups hold anyone"


def welch(values: npt.ArrayLike, group: npt.ArrayLike, *, confidence: float = 0.95) -> TestResult:
    """Welch's t test of the difference of means, group 1 minus group 0.

    Effects: ``mean_difference`` with its t interval, ``hedges_g`` (small-sample corrected, pooled SD) with the large
    sample interval of Hedges and Olkin (1985). Source of the test: Welch BL. Biometrika 1947;34:28-35.
    """
    x, codes = known_groups(values, group)
    first, second = x[codes == 1], x[codes == 0]
    if len(first) < 2 or len(second) < 2:
        return not_computed("welch", len(x), "mean_difference", FEW)
    return welch_from_moments(
        (len(first), len(second)),
        (float(first.mean()), float(second.mean())),
        (_variance(first), _variance(second)),
        confidence=confidence,
    )


def welch_from_moments(
    n: tuple[int, int], mean: tuple[float, float], variance: tuple[float, float], *, confidence: float = 0.95
) -> TestResult:
    """Welch's test from the sizes, means and variances (n - 1) of group 1 and group 0."""
    (n1, n0), (m1, m0), (v1, v0) = n, mean, variance
    difference = m1 - m0
    summary: dict[str, object] = {"n": list(n), "mean": list(mean), "variance": list(variance)}
    s1, s0 = v1 / n1, v0 / n0
    error = float(np.sqrt(s1 + s0))
    if error == 0:
        if difference == 0:
            return not_computed("welch", n1 + n0, "mean_difference", "all values are equal")
        return TestResult(
            test="welch",
            n=n1 + n0,
            statistic=float(np.sign(difference) * np.inf),
            ln_p=-np.inf,
            effects=(Effect(name="mean_difference", estimate=difference, low=difference, high=difference),),
            status=Status.DEGENERATE,
            reason="no spread within either group",
            summary=summary,
        )
    df = (s1 + s0) ** 2 / (s1**2 / (n1 - 1) + s0**2 / (n0 - 1))
    t = difference / error
    half = float(stdtrit(df, 0.5 + confidence / 2)) * error
    pooled = float(np.sqrt(((n1 - 1) * v1 + (n0 - 1) * v0) / (n1 + n0 - 2)))
    g = difference / pooled * (1 - 3 / (4 * (n1 + n0) - 9))
    spread = critical_value(confidence) * float(np.sqrt((n1 + n0) / (n1 * n0) + g * g / (2 * (n1 + n0))))
    return TestResult(
        test="welch",
        n=n1 + n0,
        statistic=t,
        df=df,
        ln_p=float(ln_t_two_sided(t, df)),
        effects=(
            Effect(name="mean_difference", estimate=difference, low=difference - half, high=difference + half),
            Effect(name="hedges_g", estimate=g, low=g - spread, high=g + spread),
        ),
        summary=summary,
    )


def student(values: npt.ArrayLike, group: npt.ArrayLike, *, confidence: float = 0.95) -> TestResult:
    """Student's t test (equal variances) of the difference of means, group 1 minus group 0."""
    x, codes = known_groups(values, group)
    first, second = x[codes == 1], x[codes == 0]
    n1, n0 = len(first), len(second)
    if n1 < 1 or n0 < 1 or n1 + n0 < 3:
        return not_computed("student", len(x), "mean_difference", FEW)
    squares = float(((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum())
    df = n1 + n0 - 2
    error = float(np.sqrt(squares / df * (1 / n1 + 1 / n0)))
    difference = float(first.mean() - second.mean())
    if error == 0:
        return not_computed("student", len(x), "mean_difference", "no spread within either group")
    half = float(stdtrit(df, 0.5 + confidence / 2)) * error
    return TestResult(
        test="student",
        n=n1 + n0,
        statistic=difference / error,
        df=df,
        ln_p=float(ln_t_two_sided(difference / error, df)),
        effects=(Effect(name="mean_difference", estimate=difference, low=difference - half, high=difference + half),),
        summary={"n": [n1, n0], "mean": [float(first.mean()), float(second.mean())], "within": squares},
    )


def point_biserial(values: npt.ArrayLike, group: npt.ArrayLike, *, confidence: float = 0.95) -> TestResult:
    """Pearson's r between the values and the group code 0/1, with its interval."""
    x, codes = known_groups(values, group)
    result = pearson(x, codes.astype(np.float64), confidence=confidence)
    return TestResult(
        test="point_biserial",
        n=result.n,
        statistic=result.statistic,
        df=result.df,
        ln_p=result.ln_p,
        effects=result.effects,
        status=result.status,
        reason=result.reason,
        summary=result.summary,
    )


def mann_whitney(values: npt.ArrayLike, group: npt.ArrayLike, *, confidence: float = 0.95) -> TestResult:
    """Mann-Whitney-Wilcoxon test of group 1 against group 0: normal approximation, ties and continuity corrected.

    Effects: ``auc`` = P(value in group 1 > value in group 0) + half of P(equal), with the interval of Newcombe's method
    5 (Stat Med 2006;25:559-573), and ``rank_biserial`` = 2 auc - 1.
    """
    x, codes = known_groups(values, group)
    n1, n0 = int((codes == 1).sum()), int((codes == 0).sum())
    if n1 == 0 or n0 == 0:
        return not_computed("mann_whitney", len(x), "auc", ONE_GROUP)
    keep = codes <= 1
    ranked = ranks(x[keep])
    rank_sum = float(ranked[codes[keep] == 1].sum())
    return mann_whitney_from_ranks((n1, n0), rank_sum, tie_term(ranked), confidence=confidence)


def mann_whitney_from_ranks(
    n: tuple[int, int], rank_sum: float, ties: float, *, confidence: float = 0.95
) -> TestResult:
    """The test from both sizes, the rank sum of group 1, and the tie term sum(t^3 - t)."""
    n1, n0 = n
    total = n1 + n0
    u = rank_sum - n1 * (n1 + 1) / 2
    auc = u / (n1 * n0)
    gap = u - n1 * n0 / 2
    variance = n1 * n0 / 12 * (total + 1 - ties / (total * (total - 1)))
    summary: dict[str, object] = {"n": list(n), "rank_sum": rank_sum, "ties": ties}
    if variance <= 0:
        return not_computed("mann_whitney", total, "auc", "all values are equal")
    # Towards zero by half a unit, as in R's wilcox.test.
    z = (gap - np.sign(gap) * 0.5) / float(np.sqrt(variance))
    low, high = _auc_limits(auc, n1, n0, critical_value(confidence))
    return TestResult(
        test="mann_whitney",
        n=total,
        statistic=float(z),
        ln_p=float(ln_normal_two_sided(z)),
        effects=(
            Effect(name="auc", estimate=auc, low=low, high=high),
            Effect(name="rank_biserial", estimate=2 * auc - 1, low=2 * low - 1, high=2 * high - 1),
        ),
        summary=summary,
    )


def kruskal(values: npt.ArrayLike, group: npt.ArrayLike, *, confidence: float = 0.95) -> TestResult:
    """Kruskal-Wallis test of k groups, corrected for ties; groups without anyone are left out.

    Effect: ``epsilon_squared`` = H/(n - 1), the share of the variance of the ranks that lies between the groups, with
    the interval of a noncentral chi-squared H.
    """
    x, codes = known_groups(values, group)
    ranked = ranks(x)
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, dtype=np.int64)
    sums = np.bincount(codes, weights=ranked) if len(codes) else np.zeros(0)
    held = sizes > 0
    return kruskal_from_ranks(sizes[held], sums[held], tie_term(ranked), confidence=confidence)


def kruskal_from_ranks(
    sizes: npt.ArrayLike, rank_sums: npt.ArrayLike, ties: float, *, confidence: float = 0.95
) -> TestResult:
    """The test from the sizes and rank sums of the groups and the tie term sum(t^3 - t)."""
    n, sums = np.asarray(sizes, dtype=np.int64), np.asarray(rank_sums, dtype=np.float64)
    total = int(n.sum())
    if len(n) < 2:
        return not_computed("kruskal", total, "epsilon_squared", ONE_GROUP)
    correction = 1 - ties / (float(total) ** 3 - total) if total > 1 else 0.0
    if correction <= 1e-15:
        return not_computed("kruskal", total, "epsilon_squared", "all values are equal")
    middle = (total + 1) / 2
    h = float(12 / (total * (total + 1)) * (n * (sums / n - middle) ** 2).sum() / correction)
    df = len(n) - 1
    low, high = noncentral_limits(h, df, confidence)
    return TestResult(
        test="kruskal",
        n=total,
        statistic=h,
        df=df,
        ln_p=float(ln_chi2_sf(h, df)),
        effects=(
            Effect(
                name="epsilon_squared",
                estimate=min(1.0, h / (total - 1)),
                low=min(1.0, low / (total - 1)),
                high=min(1.0, high / (total - 1)),
            ),
        ),
        summary={"n": n.tolist(), "rank_sums": sums.tolist(), "ties": ties},
    )


def eta_squared(values: npt.ArrayLike, group: npt.ArrayLike) -> TestResult:
    """One-way analysis of variance: F test, with eta squared and omega squared as effects.

    Eta squared is the share of the variance of the values that lies between the groups.
    """
    x, codes = known_groups(values, group)
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, dtype=np.int64)
    sums = np.bincount(codes, weights=x) if len(codes) else np.zeros(0)
    held = sizes > 0
    n, k = len(x), int(held.sum())
    if k < 2:
        return not_computed("anova", n, "eta_squared", ONE_GROUP)
    centre = float(x.mean())
    between = float((sizes[held] * (sums[held] / sizes[held] - centre) ** 2).sum())
    whole = float(((x - centre) ** 2).sum())
    if whole == 0:
        return not_computed("anova", n, "eta_squared", CONSTANT)
    within = max(0.0, whole - between)
    eta = between / whole
    if n <= k or within <= 1e-14 * whole:
        return TestResult(
            test="anova",
            n=n,
            statistic=np.inf if n > k else np.nan,
            df=k - 1,
            df2=n - k,
            ln_p=-np.inf if n > k else np.nan,
            effects=(Effect(name="eta_squared", estimate=eta),),
            status=Status.DEGENERATE,
            reason="no spread within the groups",
            summary={"between": between, "within": within, "groups": k},
        )
    mean_square = within / (n - k)
    f = between / (k - 1) / mean_square
    return TestResult(
        test="anova",
        n=n,
        statistic=f,
        df=k - 1,
        df2=n - k,
        ln_p=float(ln_f_sf(f, k - 1, n - k)),
        effects=(
            Effect(name="eta_squared", estimate=eta),
            Effect(name="omega_squared", estimate=(between - (k - 1) * mean_square) / (whole + mean_square)),
        ),
        summary={"between": between, "within": within, "groups": k},
    )


def tie_term(ranked: Floats) -> float:
    """sum(t^3 - t) over groups of t equal ranks."""
    sizes = np.unique(ranked, return_counts=True)[1].astype(np.float64)
    return float((sizes**3 - sizes).sum())


def known_groups(values: npt.ArrayLike, group: npt.ArrayLike) -> tuple[Floats, Ints]:
    """Values and group codes of the persons in whom both are known."""
    x = np.asarray(values, dtype=np.float64).ravel()
    codes = np.asarray(group)
    codes = np.where(np.isnan(codes), -1, codes) if codes.dtype.kind == "f" else codes
    codes = codes.astype(np.int64).ravel()
    if len(x) != len(codes):
        raise UnequalLengths(left=len(x), right=len(codes))
    known = ~np.isnan(x) & (codes >= 0)
    return x[known], codes[known]


def _variance(values: Floats) -> float:
    # Equal values may leave rounding around their mean.
    return 0.0 if np.all(values == values[0]) else float(values.var(ddof=1))


def _auc_limits(auc: float, n1: int, n0: int, z: float) -> tuple[float, float]:
    """Values theta with |auc - theta| = z SE(theta), by bisection on both sides."""
    m = (n1 + n0) / 2 - 1

    def outside(theta: float) -> bool:
        spread = 1 + m * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return (auc - theta) ** 2 > z * z * theta * (1 - theta) * spread / (n1 * n0)

    limits = []
    for end in (0.0, 1.0):
        inner, outer = auc, end
        if not outside(outer):
            limits.append(end)
            continue
        for _ in range(60):
            middle = (inner + outer) / 2
            inner, outer = (inner, middle) if outside(middle) else (middle, outer)
        limits.append((inner + outer) / 2)
    return limits[0], limits[1]
