"""Are the two arms comparable: standardised differences, overlap of propensity scores, and what weighting leaves of n.

Traffic lights are conventions, printed with their limits (``BalanceLimits``), not laws.

References
----------
Austin PC. Stat Med 2009;28:3083, doi:10.1002/sim.3697 (standardised differences).
Kish L. Survey Sampling. Wiley 1965 (effective sample size).
Walker AM et al. Comp Eff Res 2013;3:11, doi:10.2147/CER.S40357 (preference score and equipoise).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from causal.design_matrix import AnalysisData
from causal.estimation import Weights, inverse_weights

Floats = npt.NDArray[np.float64]


class Light(StrEnum):
    """Green, amber or red."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceLimits:
    """Where amber and red begin; change them before looking, and print them."""

    smd_amber: float = 0.1
    smd_red: float = 0.25
    ess_amber: float = 0.5
    ess_red: float = 0.2
    ess_persons: float = 50.0
    equipoise_red: float = 0.2
    extreme: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """One column: means by arm, and the standardised difference before and after weighting."""

    column: str
    mean_exposed: float
    mean_unexposed: float
    crude: float
    weighted: float
    light: Light


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSizes:
    """(sum w)^2 / sum w^2 for everyone and by arm."""

    all: float
    exposed: float
    unexposed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How far both arms are found at the same propensity scores."""

    outside_common_support: float
    below_extreme: float
    above_extreme: float
    c_statistic: float
    equipoise: float
    effective: EffectiveSizes
    effective_share: float
    largest_weight_share: float
    share_unexposed_extreme: float
    light: Light
    reasons: tuple[str, ...]


def standardised_difference(exposed: Floats, unexposed: Floats) -> float:
    """Difference of means over the root mean square of the two standard deviations (0 where both are 0 and equal).

    >>> standardised_difference(np.array([1.0, 3.0]), np.array([0.0, 2.0])).__round__(4)
    0.7071
    """
    spread = np.sqrt((np.var(exposed, ddof=1) + np.var(unexposed, ddof=1)) / 2)
    gap = exposed.mean() - unexposed.mean()
    if spread == 0:
        return 0.0 if gap == 0 else float(np.copysign(np.inf, gap))
    return float(gap / spread)


def balance_table(
    data: AnalysisData, weights: Floats | None = None, limits: BalanceLimits | None = None
) -> tuple[BalanceRow, ...]:
    """Standardised differences of every covariate column, before and (with weights) after weighting.

    Both are divided by the spread before weighting, so that a weighted difference cannot improve by inflating its
    divisor.
    """
    marks = limits or BalanceLimits()
    t = data.exposure == 1.0
    rows = []
    for title, column in zip(data.names, data.covariates.T, strict=True):
        before = standardised_difference(column[t], column[~t])
        after = before
        if weights is not None:
            gap = column[t].mean() - column[~t].mean()
            moved = np.average(column[t], weights=weights[t]) - np.average(column[~t], weights=weights[~t])
            after = float(before * moved / gap) if gap else 0.0
        size = abs(after)
        light = Light.RED if size > marks.smd_red else Light.AMBER if size > marks.smd_amber else Light.GREEN
        rows.append(
            BalanceRow(
                column=title,
                mean_exposed=float(column[t].mean()),
                mean_unexposed=float(column[~t].mean()),
                crude=before,
                weighted=after,
                light=light,
            )
        )
    return tuple(rows)


def effective_sizes(exposure: Floats, weights: Floats) -> EffectiveSizes:
    """Kish's effective sample size.

    >>> effective_sizes(np.array([1.0, 1.0, 0.0]), np.array([1.0, 3.0, 2.0])).exposed
    1.6
    """

    def size(w: Floats) -> float:
        return float(w.sum() ** 2 / (w**2).sum()) if len(w) else 0.0

    return EffectiveSizes(
        all=size(weights), exposed=size(weights[exposure == 1.0]), unexposed=size(weights[exposure == 0.0])
    )


def overlap(data: AnalysisData, weights: Weights | None = None, limits: BalanceLimits | None = None) -> Overlap:
    """Overlap of the two arms on the propensity score, with a light and its reasons (guardrail G10).

    Raises PerfectSeparation where the covariates tell the arms apart altogether.
    """
    marks = limits or BalanceLimits()
    made = weights or inverse_weights(data)
    ps, t = made.propensity, data.exposure == 1.0
    low, high = max(ps[t].min(), ps[~t].min()), min(ps[t].max(), ps[~t].max())
    share = t.mean()
    odds = ps / (1 - ps) / (share / (1 - share))
    preference = odds / (1 + odds)
    between = (preference >= 0.3) & (preference <= 0.7)
    equipoise = float(min(between[t].mean(), between[~t].mean()))
    sizes = effective_sizes(data.exposure, made.weights)
    shares = {"exposed": sizes.exposed / t.sum(), "unexposed": sizes.unexposed / (~t).sum()}
    effective_share = float((sizes.exposed + sizes.unexposed) / data.n)
    ranks = rankdata(ps)
    n1, n0 = int(t.sum()), int((~t).sum())
    auc = float((ranks[t].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))
    extreme_unexposed = float((ps[~t] < marks.extreme).mean())
    red, amber = [], []
    for arm, value in shares.items():
        if value < marks.ess_red:
            red.append(f"effective sample of the {arm} is {value:.0%} of them (red below {marks.ess_red:.0%})")
        elif value < marks.ess_amber:
            amber.append(f"effective sample of the {arm} is {value:.0%} of them (amber below {marks.ess_amber:.0%})")
    for arm, persons in (("exposed", sizes.exposed), ("unexposed", sizes.unexposed)):
        if persons < marks.ess_persons:
            red.append(f"effective sample of the {arm} is {persons:.0f} persons (red below {marks.ess_persons:.0f})")
    if equipoise < marks.equipoise_red:
        red.append(f"{equipoise:.0%} of an arm could have been in either (red below {marks.equipoise_red:.0%})")
    return Overlap(
        outside_common_support=float(((ps < low) | (ps > high)).mean()),
        below_extreme=float((ps < marks.extreme).mean()),
        above_extreme=float((ps > 1 - marks.extreme).mean()),
        c_statistic=auc,
        equipoise=equipoise,
        effective=sizes,
        effective_share=effective_share,
        largest_weight_share=float(made.weights.max() / made.weights.sum()),
        share_unexposed_extreme=extreme_unexposed,
        light=Light.RED if red else Light.AMBER if amber else Light.GREEN,
        reasons=tuple(red + amber),
    )


def variance_inflation(data: AnalysisData) -> float:
    """R2 of the exposure on the covariates: what adjustment costs in precision is 1 / (1 - R2)."""
    design = np.column_stack([np.ones(data.n), data.covariates])
    fitted = design @ np.linalg.lstsq(design, data.exposure, rcond=None)[0]
    total = ((data.exposure - data.exposure.mean()) ** 2).sum()
    return float(1 - ((data.exposure - fitted) ** 2).sum() / total)
