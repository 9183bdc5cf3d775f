"""A trend of risk over ordered exposure levels: Cochran-Armitage and linear-by-linear.

Sources: Cochran WG. Biometrics 1954;10:417-451; Armitage P. Biometrics 1955;11:375-386; Mantel N. J Am Stat Assoc
1963;58:690-700.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from miner.errors import ImpossibleCounts, UnequalLengths
from miner.statistics.intervals import critical_value
from miner.statistics.log_probability import ln_normal_two_sided
from miner.statistics.results import Effect, TestResult, not_computed


def cochran_armitage(
    cases: npt.ArrayLike, n: npt.ArrayLike, scores: npt.ArrayLike | None = None, *, confidence: float = 0.95
) -> TestResult:
    """Trend of the proportion cases/n over groups with scores (1, 2, ... where none are given), two-sided.

    Effect: ``risk_slope``, the change of risk per unit of score by weighted least squares, with large-sample limits.
    The statistic z is positive where risks rise; its square is R's ``prop.trend.test`` (variance with N).

    >>> result = cochran_armitage([83, 90, 129, 70], [86, 93, 136, 82])
    >>> round(result.statistic ** 2, 4)
    8.2249
    """
    return _trend("cochran_armitage", cases, n, scores, confidence)


def linear_by_linear(
    cases: npt.ArrayLike, n: npt.ArrayLike, scores: npt.ArrayLike | None = None, *, confidence: float = 0.95
) -> TestResult:
    """The same trend conditional on both margins: the variance has N - 1 in place of N."""
    return _trend("linear_by_linear", cases, n, scores, confidence)


def _trend(
    test: str, cases: npt.ArrayLike, n: npt.ArrayLike, scores: npt.ArrayLike | None, confidence: float
) -> TestResult:
    x, size = np.asarray(cases, dtype=np.float64), np.asarray(n, dtype=np.float64)
    score = np.arange(1.0, len(x) + 1) if scores is None else np.asarray(scores, dtype=np.float64)
    if not len(x) == len(size) == len(score):
        raise UnequalLengths(left=len(x), right=len(size) if len(size) != len(x) else len(score))
    if np.any(~((x >= 0) & (x <= size) & (x == np.floor(x)) & (size == np.floor(size)))):
        raise ImpossibleCounts(cell="of the groups", value="cases that are not among the persons")
    total = int(size.sum())
    if total < 2:
        return not_computed(test, total, "risk_slope", "fewer than two persons")
    p = x.sum() / total
    centre = (size * score).sum() / total
    spread = float((size * (score - centre) ** 2).sum())
    if p in {0.0, 1.0} or spread <= 0:
        return not_computed(test, total, "risk_slope", "all cases, no cases, or a single score")
    covariance = float((x * (score - centre)).sum())
    # Cases spread exactly by group size leave rounding only.
    if abs(covariance) <= 1e-14 * float((x * np.abs(score - centre)).sum()):
        covariance = 0.0
    variance = p * (1 - p) * spread * (total / (total - 1) if test == "linear_by_linear" else 1.0)
    z = covariance / float(np.sqrt(variance))
    slope = covariance / spread
    held = size > 0
    risk = x[held] / size[held]
    error = float(np.sqrt((size[held] * (score[held] - centre) ** 2 * risk * (1 - risk)).sum())) / spread
    half = critical_value(confidence) * error
    return TestResult(
        test=test,
        n=total,
        statistic=z,
        df=1,
        ln_p=float(ln_normal_two_sided(z)),
        effects=(Effect(name="risk_slope", estimate=slope, low=slope - half, high=slope + half),),
        summary={"cases": x.astype(int).tolist(), "n": size.astype(int).tolist(), "scores": score.tolist()},
    )
