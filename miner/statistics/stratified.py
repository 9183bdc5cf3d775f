"""Associations held within strata (Cochran-Mantel-Haenszel), for many stacks of tables at once.

A stack is K two-by-two tables, rows exposed and unexposed, columns cases and non-cases. The same exposure and outcome
are compared within each stratum and combined, so that a stratum (age band, sex) cannot make the association.

References
----------
Mantel N, Haenszel W. J Natl Cancer Inst 1959;22:719-748.
Robins J, Breslow N, Greenland S. Biometrics 1986;42:311-323 (odds ratio). Greenland S, Robins JM. Biometrics
1985;41:55-68 (risk ratio, risk difference). Sato T. Biometrics 1989;45:1323-1324 (risk difference).
Breslow NE, Day NE. IARC 1980; Tarone RE. Biometrika 1985;72:91-95 (homogeneity).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from miner.errors import ImpossibleCounts
from miner.statistics.intervals import critical_value
from miner.statistics.log_probability import ln_chi2_sf
from miner.statistics.results import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stratified:
    """Common effects with limits, the test of no association, and tests that the odds ratio is common.

    Arrays of shape (m,), or scalars for one stack. NaN where a quantity is undefined; ratios may be 0 or infinite.
    ``ln_p`` belongs to the Cochran-Mantel-Haenszel statistic without continuity correction. ``reversed`` is true where
    the crude and the common odds ratio lie on different sides of 1 (Simpson).
    """

    odds_ratio: Floats
    or_low: Floats
    or_high: Floats
    risk_ratio: Floats
    rr_low: Floats
    rr_high: Floats
    risk_difference: Floats
    rd_low: Floats
    rd_high: Floats
    rd_low_greenland: Floats
    rd_high_greenland: Floats
    chi2: Floats
    ln_p: Floats
    chi2_corrected: Floats
    ln_p_corrected: Floats
    breslow_day: Floats
    breslow_day_ln_p: Floats
    breslow_day_tarone: Floats
    breslow_day_tarone_ln_p: Floats
    crude_odds_ratio: Floats
    reversed: npt.NDArray[np.bool_]
    n: Ints
    strata: Ints


def mantel_haenszel(tables: npt.ArrayLike, *, confidence: float = 0.95) -> Stratified:
    """Common odds ratio, risk ratio and risk difference of each stack, and its tests.

    Parameters
    ----------
    tables : counts of shape (K, 2, 2) or (m, K, 2, 2)
    confidence : level of the limits: Robins-Breslow-Greenland (odds ratio), Greenland-Robins (risk ratio), Sato (risk
        difference; Greenland-Robins beside it)

    Notes
    -----
    ``strata`` counts the informative ones, in which both rows and both columns hold someone; the tests of homogeneity
    have one degree of freedom less, and are NaN with fewer than two.

    >>> kidney = [[[81, 6], [234, 36]], [[192, 71], [55, 25]]]  # small stones, large stones; open against closed
    >>> result = mantel_haenszel(kidney)
    >>> round(float(result.crude_odds_ratio), 3), round(float(result.odds_ratio), 3), bool(result.reversed)
    (0.748, 1.447, True)
    """
    counts = _checked(tables)
    single = counts.ndim == 3
    stack = counts[None] if single else counts
    a, b, c, d = stack[:, :, 0, 0], stack[:, :, 0, 1], stack[:, :, 1, 0], stack[:, :, 1, 1]
    n1, n0, m1, m0 = a + b, c + d, a + c, b + d
    total = n1 + n0
    z = critical_value(confidence)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        odds = _odds_ratio(a, b, c, d, total, z)
        risks = _risk_ratio(a, c, n1, n0, m1, total, z)
        differences = _risk_difference(a, b, c, d, n1, n0, total, z)
        chi2, chi2_corrected = _association(a, n1, n0, m1, m0, total)
        homogeneity, tarone, informative = _homogeneity(a, n1, n0, m1, m0, total, odds[0])
        sums = [cell.sum(axis=1) for cell in (a, b, c, d)]
        crude = sums[0] * sums[3] / (sums[1] * sums[2])
        flipped = (np.log(crude) * np.log(odds[0]) < 0) & np.isfinite(crude) & np.isfinite(odds[0])
    df = np.where(informative > 1, informative - 1, np.nan)

    def out(values: npt.NDArray[Any]) -> Any:
        return values[0] if single else values

    return Stratified(
        odds_ratio=out(odds[0]),
        or_low=out(odds[1]),
        or_high=out(odds[2]),
        risk_ratio=out(risks[0]),
        rr_low=out(risks[1]),
        rr_high=out(risks[2]),
        risk_difference=out(differences[0]),
        rd_low=out(differences[1]),
        rd_high=out(differences[2]),
        rd_low_greenland=out(differences[3]),
        rd_high_greenland=out(differences[4]),
        chi2=out(chi2),
        ln_p=out(np.atleast_1d(ln_chi2_sf(chi2, 1))),
        chi2_corrected=out(chi2_corrected),
        ln_p_corrected=out(np.atleast_1d(ln_chi2_sf(chi2_corrected, 1))),
        breslow_day=out(homogeneity),
        breslow_day_ln_p=out(np.atleast_1d(ln_chi2_sf(homogeneity, df))),
        breslow_day_tarone=out(tarone),
        breslow_day_tarone_ln_p=out(np.atleast_1d(ln_chi2_sf(tarone, df))),
        crude_odds_ratio=out(crude),
        reversed=out(flipped),
        n=out(stack.sum(axis=(1, 2, 3)).astype(np.int64)),
        strata=out(informative),
    )


def woolf_homogeneity(strata: npt.ArrayLike) -> tuple[float, float, int]:
    """Woolf's test that the odds ratio is common to K strata: chi-squared, ln p and degrees of freedom K - 1.

    Where a cell of any stratum is empty, 0.5 is added to every cell of all of them, as Woolf's weights require.
    Source: Woolf B. Ann Hum Genet 1955;19:251-253.
    """
    counts = _checked(strata)
    cells = counts + 0.5 if np.any(counts == 0) else counts
    ln_odds = np.log(cells[:, 0, 0] * cells[:, 1, 1] / (cells[:, 0, 1] * cells[:, 1, 0]))
    weights = 1 / (1 / cells).sum(axis=(1, 2))
    chi2 = float((weights * (ln_odds - (weights * ln_odds).sum() / weights.sum()) ** 2).sum())
    df = len(cells) - 1
    return chi2, float(ln_chi2_sf(chi2, df)), df


def _checked(tables: npt.ArrayLike) -> Floats:
    counts = np.asarray(tables, dtype=np.float64)
    if counts.ndim not in {3, 4} or counts.shape[-2:] != (2, 2):
        raise ImpossibleCounts(cell=f"shape {counts.shape}", value="something else than K tables of 2 x 2")
    wrong = ~((counts >= 0) & (counts == np.floor(counts)) & np.isfinite(counts))
    if np.any(wrong):
        raise ImpossibleCounts(cell="a to d", value=float(counts[wrong].flat[0]))
    return counts


def _share(top: Floats, total: Floats) -> Floats:
    """top / total per stratum, and 0 in an empty stratum, which then adds nothing to a sum."""
    return np.divide(top, total, out=np.zeros_like(top), where=total > 0)


def _odds_ratio(a: Floats, b: Floats, c: Floats, d: Floats, total: Floats, z: float) -> tuple[Floats, Floats, Floats]:
    r, s = _share(a * d, total), _share(b * c, total)
    p, q = _share(a + d, total), _share(b + c, total)
    top, bottom = r.sum(axis=1), s.sum(axis=1)
    estimate = top / bottom
    variance = (
        (p * r).sum(axis=1) / (2 * top * top)
        + (p * s + q * r).sum(axis=1) / (2 * top * bottom)
        + (q * s).sum(axis=1) / (2 * bottom * bottom)
    )
    return _ratio_limits(estimate, variance, z)


def _risk_ratio(
    a: Floats, c: Floats, n1: Floats, n0: Floats, m1: Floats, total: Floats, z: float
) -> tuple[Floats, Floats, Floats]:
    top, bottom = _share(a * n0, total).sum(axis=1), _share(c * n1, total).sum(axis=1)
    parts = _share(m1 * n1 * n0 - a * c * total, total * total)
    return _ratio_limits(top / bottom, parts.sum(axis=1) / (top * bottom), z)


def _ratio_limits(estimate: Floats, variance: Floats, z: float) -> tuple[Floats, Floats, Floats]:
    usable = (estimate > 0) & np.isfinite(estimate)
    half = z * np.sqrt(variance)
    known = ~np.isnan(estimate)
    low = np.where(usable, estimate * np.exp(-half), np.where(known, 0.0, np.nan))
    high = np.where(usable, estimate * np.exp(half), np.where(known, np.inf, np.nan))
    return estimate, low, high


def _risk_difference(
    a: Floats, b: Floats, c: Floats, d: Floats, n1: Floats, n0: Floats, total: Floats, z: float
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    weight = _share(n1 * n0, total)
    sum_of_weights = weight.sum(axis=1)
    estimate = _share(a * n0 - c * n1, total).sum(axis=1) / sum_of_weights
    p = _share(n1 * n1 * c - n0 * n0 * a + n1 * n0 * (n0 - n1) / 2, total * total).sum(axis=1)
    q = (_share(a * d + b * c, total) / 2).sum(axis=1)
    sato = z * np.sqrt(np.maximum(estimate * p + q, 0.0)) / sum_of_weights
    spread = _share(a * b * n0**3 + c * d * n1**3, n1 * n0 * total * total).sum(axis=1)
    greenland = z * np.sqrt(spread) / sum_of_weights
    return estimate, estimate - sato, estimate + sato, estimate - greenland, estimate + greenland


def _association(a: Floats, n1: Floats, n0: Floats, m1: Floats, m0: Floats, total: Floats) -> tuple[Floats, Floats]:
    gap = np.abs((a - _share(n1 * m1, total)).sum(axis=1))
    variance = _share(n1 * n0 * m1 * m0, total * total * np.maximum(total - 1, 0)).sum(axis=1)
    chi2 = np.where(variance > 0, gap * gap / variance, np.nan)
    # As in R, no correction where it would carry the statistic past zero.
    corrected = np.where(variance > 0, (gap - np.where(gap >= 0.5, 0.5, 0.0)) ** 2 / variance, np.nan)
    return chi2, corrected


def _homogeneity(
    a: Floats, n1: Floats, n0: Floats, m1: Floats, m0: Floats, total: Floats, odds_ratio: Floats
) -> tuple[Floats, Floats, Ints]:
    """Breslow-Day statistic, Tarone's correction of it, and the number of informative strata."""
    informative = (n1 > 0) & (n0 > 0) & (m1 > 0) & (m0 > 0)
    psi = odds_ratio[:, None]
    slope = n0 - m1 + psi * (n1 + m1)
    root = np.sqrt(np.maximum(slope * slope - 4 * psi * (psi - 1) * n1 * m1, 0.0))
    # Of the two roots of the quadratic, the one within the margins; this form also holds at psi = 1.
    fitted = 2 * psi * n1 * m1 / (slope + root)
    variance = 1 / (1 / fitted + 1 / (m1 - fitted) + 1 / (n1 - fitted) + 1 / (n0 - m1 + fitted))
    usable = np.isfinite(odds_ratio) & (odds_ratio > 0)
    parts = np.where(informative, (a - fitted) ** 2 / variance, 0.0)
    homogeneity = np.where(usable, parts.sum(axis=1), np.nan)
    excess = np.where(informative, a - fitted, 0.0).sum(axis=1)
    spread = np.where(informative, variance, 0.0).sum(axis=1)
    tarone = homogeneity - np.where(spread > 0, excess * excess / spread, 0.0)
    count = informative.sum(axis=1).astype(np.int64)
    enough = count > 1
    return np.where(enough, homogeneity, np.nan), np.where(enough, tarone, np.nan), count
