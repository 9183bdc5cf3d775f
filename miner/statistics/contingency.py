"""Two categorical variables: the r x c table, its tests, and how strong the association is.

Rows and columns that hold nobody are dropped first. Where expected counts are small, the chi-squared law is replaced by
permutations of one variable against the other.

>>> result = chi_square([[29, 7, 7], [13, 7, 21]])
>>> round(result.statistic, 4), round(result.effect.estimate, 4)
(13.055, 0.3646)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import entr, kl_div

from miner.errors import ImpossibleCounts
from miner.statistics.log_probability import ln_chi2_sf
from miner.statistics.noncentral import noncentral_limits
from miner.statistics.results import Effect, Floats, TestResult, not_computed

SMALL_EXPECTED = 5.0
LEAST_EXPECTED = 1.0
SMALL_SHARE = 0.2
PERMUTATIONS = 9_999


def chi_square(table: npt.ArrayLike, *, correction: bool = False, confidence: float = 0.95) -> TestResult:
    """Pearson's chi-squared test of independence, with Bergsma's bias-corrected Cramer V as effect.

    ``correction`` is Yates', for 2 x 2 only. ``status`` is ``ok`` also for sparse tables: ``is_sparse`` tells, and
    ``chi_square_permutation`` is then the test to use. ``summary`` holds the table.
    """
    counts = held(table)
    n = int(counts.sum())
    if min(counts.shape) < 2:
        return not_computed("chi_square", n, "cramer_v", "one of the variables takes a single value")
    expected = expectation(counts)
    gap = np.abs(counts - expected)
    if correction and counts.shape == (2, 2):
        gap = gap - min(0.5, float(gap.min()))
    chi2 = float((gap * gap / expected).sum())
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return TestResult(
        test="chi_square",
        n=n,
        statistic=chi2,
        df=df,
        ln_p=float(ln_chi2_sf(chi2, df)),
        effects=(_cramer(counts, confidence),),
        summary={"table": counts.astype(int).tolist()},
    )


def chi_square_permutation(
    table: npt.ArrayLike, *, seed: int, permutations: int = PERMUTATIONS, confidence: float = 0.95
) -> TestResult:
    """The chi-squared statistic against its law under permutation: tables drawn with the same margins.

    p = (1 + number of drawn statistics at least as large) / (1 + permutations), never 0. ``summary`` holds the table,
    the seed, the number of permutations and of exceedances.
    """
    counts = held(table)
    n = int(counts.sum())
    if min(counts.shape) < 2:
        return not_computed("chi_square_permutation", n, "cramer_v", "one of the variables takes a single value")
    expected = expectation(counts)
    observed = float(((counts - expected) ** 2 / expected).sum())
    generator = np.random.Generator(np.random.Philox(seed))
    exceed = 0
    for size in _blocks(permutations, counts.size):
        drawn = _tables_with_margins(counts, size, generator)
        exceed += int((((drawn - expected) ** 2 / expected).sum(axis=(1, 2)) >= observed * (1 - 1e-9)).sum())
    return TestResult(
        test="chi_square_permutation",
        n=n,
        statistic=observed,
        df=(counts.shape[0] - 1) * (counts.shape[1] - 1),
        ln_p=float(np.log((1 + exceed) / (1 + permutations))),
        effects=(_cramer(counts, confidence),),
        summary={
            "table": counts.astype(int).tolist(),
            "seed": seed,
            "permutations": permutations,
            "exceedances": exceed,
        },
    )


def is_sparse(table: npt.ArrayLike) -> bool:
    """Cochran's rule: an expected count under 1, or more than a fifth of them under 5.

    >>> is_sparse([[50, 50], [50, 50]]), is_sparse([[1, 2], [2, 3]])
    (False, True)
    """
    counts = held(table)
    if counts.size == 0:
        return True
    expected = expectation(counts)
    return bool(expected.min() < LEAST_EXPECTED or (expected < SMALL_EXPECTED).mean() > SMALL_SHARE)


def likelihood_ratio(table: npt.ArrayLike) -> TestResult:
    """The likelihood-ratio (G) test of independence, with mutual information (nats) as effect."""
    counts = held(table)
    n = int(counts.sum())
    if min(counts.shape) < 2:
        return not_computed("likelihood_ratio", n, "mutual_information", "one of the variables takes a single value")
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    information = nominal_strength(counts).mutual_information
    g = 2 * n * information
    return TestResult(
        test="likelihood_ratio",
        n=n,
        statistic=g,
        df=df,
        ln_p=float(ln_chi2_sf(g, df)),
        effects=(Effect(name="mutual_information", estimate=information),),
        summary={"table": counts.astype(int).tolist()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NominalStrength:
    """How strongly two categorical variables are associated, by the field's usual measures; NaN where undefined.

    ``phi`` only for 2 x 2. The directed measures say how much one variable tells of the other: uncertainty coefficient
    (Theil U), Goodman and Kruskal's lambda and tau.
    """

    phi: float
    contingency: float
    cramer_v: float
    cramer_v_corrected: float
    mutual_information: float
    theil_u_column_given_row: float
    theil_u_row_given_column: float
    lambda_column_given_row: float
    lambda_row_given_column: float
    tau_column_given_row: float
    tau_row_given_column: float


def nominal_strength(table: npt.ArrayLike) -> NominalStrength:
    """All measures of association of a table of counts (r, c)."""
    counts = held(table)
    n = float(counts.sum())
    r, c = counts.shape
    if min(r, c) < 2:
        return NominalStrength(**dict.fromkeys(NominalStrength.__slots__, float("nan")))
    expected = expectation(counts)
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    rows, columns = counts.sum(axis=1) / n, counts.sum(axis=0) / n
    h_row, h_column = float(entr(rows).sum()), float(entr(columns).sum())
    # Each term is at least 0, so near independence no digits cancel.
    information = float(kl_div(counts, expected).sum()) / n
    return NominalStrength(
        phi=float(np.sqrt(chi2 / n)) if (r, c) == (2, 2) else float("nan"),
        contingency=float(np.sqrt(chi2 / (n + chi2))),
        cramer_v=float(np.sqrt(chi2 / n / (min(r, c) - 1))),
        cramer_v_corrected=_bergsma(chi2, n, r, c),
        mutual_information=information,
        theil_u_column_given_row=information / h_column,
        theil_u_row_given_column=information / h_row,
        lambda_column_given_row=_lambda(counts),
        lambda_row_given_column=_lambda(counts.T),
        tau_column_given_row=_tau(counts),
        tau_row_given_column=_tau(counts.T),
    )


def held(table: npt.ArrayLike) -> Floats:
    """The table as whole non-negative counts (r, c), without the rows and columns that hold nobody."""
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2:
        raise ImpossibleCounts(cell=f"shape {counts.shape}", value="something else than rows and columns")
    wrong = ~(np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts)))
    if np.any(wrong):
        raise ImpossibleCounts(cell="of the table", value=float(counts[wrong].flat[0]))
    return counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]


def expectation(counts: Floats) -> Floats:
    """Expected counts under independence."""
    return np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()


def _cramer(counts: Floats, confidence: float) -> Effect:
    """Bergsma's V, with limits from those of the noncentrality of the uncorrected statistic."""
    n, (r, c) = float(counts.sum()), counts.shape
    expected = expectation(counts)
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    low, high = noncentral_limits(chi2, (r - 1) * (c - 1), confidence)
    value = _bergsma(chi2, n, r, c)
    scale = n * (min(r, c) - 1)
    # A corrected estimate of 0 may lie below the limit of the uncorrected measure.
    return Effect(
        name="cramer_v",
        estimate=value,
        low=min(value, 1.0, float(np.sqrt(low / scale))) if np.isfinite(value) else float("nan"),
        high=max(value, min(1.0, float(np.sqrt(high / scale)))) if np.isfinite(value) else float("nan"),
    )


def _bergsma(chi2: float, n: float, r: int, c: int) -> float:
    """Bias-corrected V. Source: Bergsma W. J Korean Stat Soc 2013;42:323-328. doi:10.1016/j.jkss.2012.10.002"""
    if n <= 1:
        return float("nan")
    phi2 = max(0.0, chi2 / n - (r - 1) * (c - 1) / (n - 1))
    smaller = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(phi2 / smaller)) if smaller > 0 else float("nan")


def _lambda(counts: Floats) -> float:
    """Goodman-Kruskal lambda of the columns given the rows: the share of wrong guesses that the row saves."""
    largest = counts.sum(axis=0).max()
    return float((counts.max(axis=1).sum() - largest) / (counts.sum() - largest))


def _tau(counts: Floats) -> float:
    """Goodman-Kruskal tau of the columns given the rows: the share of Gini variance that the row explains."""
    n = counts.sum()
    columns = (counts.sum(axis=0) ** 2).sum() / n
    within = (counts**2 / counts.sum(axis=1, keepdims=True)).sum()
    return float((within - columns) / (n - columns))


def _blocks(total: int, cells: int) -> list[int]:
    """Sizes of the blocks of drawn tables, of some ten million cells each; they fix the random stream."""
    size = max(1, 10_000_000 // max(1, cells))
    return [size] * (total // size) + ([total % size] if total % size else [])


def _tables_with_margins(counts: Floats, size: int, generator: np.random.Generator) -> Floats:
    """Random tables (size, r, c) with the margins of ``counts``: row after row multivariate hypergeometric."""
    rows = counts.sum(axis=1).astype(np.int64)
    drawn = np.empty((size, *counts.shape))
    left = np.tile(counts.sum(axis=0).astype(np.int64), (size, 1))
    for i, row in enumerate(rows[:-1]):
        remaining = np.full(size, row)
        for j in range(counts.shape[1] - 1):
            rest = left[:, j + 1 :].sum(axis=1)
            taken = generator.hypergeometric(left[:, j], rest, remaining)
            drawn[:, i, j] = taken
            left[:, j] -= taken
            remaining = remaining - taken
        drawn[:, i, -1] = remaining
        left[:, -1] -= remaining
    drawn[:, -1] = left
    return drawn
