"""How strong would what was not measured have to be? Every answer here points one way: bigger means more robust.

Closed forms only, each from its paper, none of them a verdict: an unmeasured confounder of that strength may well
exist.

>>> round(e_value(3.9).point, 2)
7.26
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import bdtrc, ndtr, ndtri, stdtrit
from scipy.stats import rankdata

from miner.errors import PlanningInput

Floats = npt.NDArray[np.float64]


class Measure(StrEnum):
    """The scale an E-value starts from; all but the risk ratio are first brought to an approximate risk ratio."""

    RR = "RR"
    OR = "OR"
    HR = "HR"
    RATE_RATIO = "IRR"
    SMD = "SMD"


@dataclass(frozen=True, slots=True, kw_only=True)
class EValue:
    """E-value of the estimate and of the limit nearer the null (1 where the interval holds it; NaN without
    interval)."""

    point: float
    limit: float
    risk_ratio: float
    low: float
    high: float
    true: float = 1.0


def risk_ratio_from(value: float, measure: Measure, *, rare: bool = False) -> float:
    """An approximate risk ratio: OR and HR as they are where the outcome is rare, else sqrt(OR) and VanderWeele's form.

    References
    ----------
    VanderWeele TJ. Biometrics 2020;76:746, doi:10.1111/biom.13197 (OR, HR); Chinn S. Stat Med 2000;19:3127 (SMD).

    >>> round(risk_ratio_from(0.5, Measure.SMD), 4)
    1.5762
    """
    if measure is Measure.SMD:
        return math.exp(0.91 * value)
    if not value > 0:
        raise PlanningInput(name="ratio", value=value, reason="a ratio is above 0")
    if measure is Measure.OR and not rare:
        return math.sqrt(value)
    if measure is Measure.HR and not rare:
        return float((1 - 0.5 ** math.sqrt(value)) / (1 - 0.5 ** math.sqrt(1 / value)))
    return value


def e_value(
    estimate: float,
    low: float | None = None,
    high: float | None = None,
    *,
    measure: Measure = Measure.RR,
    rare: bool = False,
    se: float | None = None,
    true: float | None = None,
) -> EValue:
    """Least strength, as a risk ratio with exposure and outcome both, of confounding that would explain the estimate.

    Parameters
    ----------
    se : standard error of a standardised mean difference (its interval becomes exp(0.91 d -+ 1.78 se)).
    true : the value the estimate should be moved to, on its own scale; the null by default.

    References
    ----------
    VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268, doi:10.7326/M16-2607.
    """
    rr = risk_ratio_from(estimate, measure, rare=rare)
    if measure is Measure.SMD:
        target = 1.0 if true is None else math.exp(0.91 * true)
        lo = math.nan if se is None else math.exp(0.91 * estimate - 1.78 * se)
        hi = math.nan if se is None else math.exp(0.91 * estimate + 1.78 * se)
        if se is None and low is not None and high is not None:
            lo, hi = math.exp(0.91 * low), math.exp(0.91 * high)
    else:
        target = 1.0 if true is None else risk_ratio_from(true, measure, rare=rare)
        lo = math.nan if low is None else _limit(low, measure, rare=rare)
        hi = math.nan if high is None else _limit(high, measure, rare=rare)
    point = _strength(rr, target)
    nearer = lo if rr > target else hi
    if math.isnan(nearer):
        limit = math.nan
    elif (nearer <= target) if rr > target else (nearer >= target):
        limit = 1.0
    else:
        limit = _strength(nearer, target)
    return EValue(point=point, limit=limit, risk_ratio=rr, low=lo, high=hi, true=target)


def e_value_risk_difference(
    n11: int, n10: int, n01: int, n00: int, *, true: float = 0.0, confidence: float = 0.95
) -> EValue:
    """E-value for a risk difference, from its 2x2 table (n11 exposed cases, n10 exposed others, n01, n00 unexposed).

    The bias factor is the one that brings the standardised difference (p1 - p0 B)(f + (1 - f)/B) to ``true``; for the
    limit, to its lower confidence limit. Arms are exchanged where the difference is negative.

    References
    ----------
    Ding P, VanderWeele TJ. Epidemiology 2016;27:368, doi:10.1097/EDE.0000000000000457, appendix.
    """
    exposed, unexposed = n11 + n10, n01 + n00
    if min(n11, n10, n01, n00) < 0 or not exposed or not unexposed:
        raise PlanningInput(name="table", value=(n11, n10, n01, n00), reason="both arms need persons")
    p1, p0, f = n11 / exposed, n01 / unexposed, exposed / (exposed + unexposed)
    if p1 < p0:
        return e_value_risk_difference(n01, n00, n11, n10, true=abs(true), confidence=confidence)
    if p0 == 0.0 or f == 1.0:
        raise PlanningInput(name="unexposed cases", value=n01, reason="without any the bias factor has no bound")
    shift = true + p0 * (1 - f) - p1 * f
    factor = (math.sqrt(shift**2 + 4 * p0 * p1 * f * (1 - f)) - shift) / (2 * p0 * f)
    z = float(ndtri(0.5 + confidence / 2))
    v1, v0, vf = p1 * (1 - p1) / exposed, p0 * (1 - p0) / unexposed, f * (1 - f) / (exposed + unexposed)

    def lower(b: float) -> float:
        difference, scale = p1 - p0 * b, f + (1 - f) / b
        spread = (v1 + v0 * b**2) * scale**2 + difference**2 * (1 - 1 / b) ** 2 * vf
        return difference * scale - z * math.sqrt(spread) - true

    limit = 1.0 if lower(1.0) <= 0 else _strength(float(brentq(lower, 1.0, factor)), 1.0)
    rr = p1 / p0
    half = z * math.sqrt((1 - p1) / n11 + (1 - p0) / n01) if n11 else math.nan
    return EValue(
        point=_strength(factor, 1.0) if factor > 1 else 1.0,
        limit=limit,
        risk_ratio=rr,
        low=rr * math.exp(-half),
        high=rr * math.exp(half),
    )


def bias_factor(exposure_confounder: float, confounder_outcome: float) -> float:
    """The most that confounding of these two risk ratios can multiply a risk ratio by: ab / (a + b - 1).

    Reference: Ding & VanderWeele, Epidemiology 2016;27:368.

    >>> bias_factor(4, 2)
    1.6
    """
    a, b = exposure_confounder, confounder_outcome
    return a * b / (a + b - 1)


def multiple_bias_bound(
    *, confounding: Sequence[float] = (), selection: Sequence[float] = (), misclassification: float = 1.0
) -> float:
    """The most that confounding, selection and outcome misclassification together can multiply a risk ratio by.

    ``confounding`` and ``selection`` are pairs of risk ratios (selection: a pair, or one pair in each arm).

    Reference: Smith LH, Mathur MB, VanderWeele TJ. Epidemiology 2021;32:625, doi:10.1097/EDE.0000000000001380.

    >>> multiple_bias_bound(confounding=[4, 2], misclassification=1.5)
    2.4000000000000004
    """
    bound = misclassification
    for pairs in (confounding, selection):
        if len(pairs) % 2:
            raise PlanningInput(name="bias parameters", value=list(pairs), reason="they come in pairs")
        for a, b in zip(pairs[::2], pairs[1::2], strict=True):
            bound *= bias_factor(a, b)
    return bound


def cornfield_prevalence_ratio(risk_ratio: float) -> float:
    """How many times more frequent a confounder must be in one arm to explain the ratio away alone: the ratio itself.

    Reference: Cornfield J et al. J Natl Cancer Inst 1959;22:173.

    >>> cornfield_prevalence_ratio(0.5)
    2.0
    """
    return max(risk_ratio, 1 / risk_ratio)


def tipping_binary(limit: float, prevalence_exposed: float, prevalence_unexposed: float) -> float:
    """Risk ratio of a binary confounder with the outcome that would move the limit to 1, given its two prevalences.

    NaN where no strength suffices (the prevalences differ too little).

    Reference: Lin DY, Psaty BM, Kronmal RA. Biometrics 1998;54:948.

    >>> round(tipping_binary(1.2, 0.25, 0.1), 4)
    2.5385
    """
    slope = prevalence_exposed - limit * prevalence_unexposed
    gamma = 1 + (limit - 1) / slope if slope else math.nan
    return gamma if gamma > 0 else math.nan


def tipping_continuous(limit: float, confounder_outcome: float) -> float:
    """Difference of means of a normal confounder (in its SD) between the arms that would move the limit to 1.

    >>> round(tipping_continuous(1.2, 1.5), 5)
    0.44966
    """
    return math.log(limit) / math.log(confounder_outcome)


def tipping_strength(limit: float, smd: float) -> float:
    """Risk ratio, per SD of a normal confounder that differs by ``smd``, that would move the limit to 1."""
    return math.exp(math.log(limit) / smd)


def tipping_number(limit: float, *, smd: float, confounder_outcome: float) -> float:
    """How many independent normal confounders of this strength would move the limit to 1 (a fraction is meant)."""
    return math.log(limit) / (smd * math.log(confounder_outcome))


def tipping_number_binary(limit: float, *, exposed: float, unexposed: float, confounder_outcome: float) -> float:
    """How many independent binary confounders of these prevalences and strength would move the limit to 1."""
    one = (1 + exposed * (confounder_outcome - 1)) / (1 + unexposed * (confounder_outcome - 1))
    return math.log(limit) / math.log(one)


def adjusted_for_confounder(coefficient: float, exposure_confounder: float, confounder_outcome: float) -> float:
    """A linear coefficient once a confounder with these two coefficients is taken out: b - exposure x outcome."""
    return coefficient - exposure_confounder * confounder_outcome


def adjusted_ratio_for_confounder(ratio: float, exposure_confounder: float, confounder_outcome: float) -> float:
    """A ratio once a normal confounder (difference in SD; ratio with the outcome) is taken out."""
    return float(ratio / confounder_outcome**exposure_confounder)


def partial_r2(t: float, degrees: float) -> float:
    """Share of the residual variance that a column with this t-value explains: t^2 / (t^2 + df)."""
    return t**2 / (t**2 + degrees)


def robustness_value(t: float, degrees: float, *, q: float = 1.0, alpha: float | None = None) -> float:
    """Partial R2 that a confounder needs with exposure and outcome both to take away the share ``q`` of the estimate.

    With ``alpha``: to make it no longer differ from that at this level.

    References
    ----------
    Cinelli C, Hazlett C. JRSS-B 2020;82:39, doi:10.1111/rssb.12348.

    >>> round(robustness_value(2.5, 100), 4)
    0.2207
    """
    f = q * abs(t) / math.sqrt(degrees)
    critical = 0.0 if alpha is None else abs(float(stdtrit(degrees - 1, alpha / 2))) / math.sqrt(degrees - 1)
    beyond = f - critical
    if beyond <= 0:
        return 0.0
    if critical and f > 1 / critical:
        # Above this the binding confounder explains all of the outcome's residual variance.
        return (f**2 - critical**2) / (1 + f**2)
    return 0.5 * (math.sqrt(beyond**4 + 4 * beyond**2) - beyond**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfounderBound:
    """What an unmeasured confounder ``k`` times as strong as a measured covariate would leave of the estimate."""

    benchmark: str
    k: float
    r2_exposure: float
    r2_outcome: float
    estimate: float
    se: float
    t: float
    low: float
    high: float


def confounder_bound(
    *,
    estimate: float,
    se: float,
    degrees: float,
    r2_exposure_benchmark: float,
    r2_outcome_benchmark: float,
    k: float = 1.0,
    benchmark: str = "",
    confidence: float = 0.95,
) -> ConfounderBound:
    """Bound by a benchmark covariate from its partial R2 with the exposure and with the outcome.

    Reference: Cinelli & Hazlett, JRSS-B 2020;82:39, section 4.4. Raises PlanningInput where k is impossible (R2 of 1).
    """
    rd, ry = r2_exposure_benchmark, r2_outcome_benchmark
    r2_dz = k * rd / (1 - rd)
    inner = k * rd**2 / ((1 - k * rd) * (1 - rd)) if k * rd < 1 else 1.0
    if r2_dz >= 1 or inner >= 1:
        raise PlanningInput(name="k", value=k, reason=f"no confounder can be that much stronger than {benchmark}")
    r2_yz = min(((math.sqrt(k) + math.sqrt(inner)) / math.sqrt(1 - inner)) ** 2 * ry / (1 - ry), 1.0)
    bias = math.sqrt(r2_yz * r2_dz / (1 - r2_dz)) * se * math.sqrt(degrees)
    adjusted = math.copysign(1.0, estimate) * (abs(estimate) - bias)
    new_se = se * math.sqrt((1 - r2_yz) / (1 - r2_dz)) * math.sqrt(degrees / (degrees - 1))
    half = abs(float(stdtrit(degrees - 1, 0.5 - confidence / 2))) * new_se
    return ConfounderBound(
        benchmark=benchmark,
        k=k,
        r2_exposure=r2_dz,
        r2_outcome=r2_yz,
        estimate=adjusted,
        se=new_se,
        t=adjusted / new_se if new_se else math.nan,
        low=adjusted - half,
        high=adjusted + half,
    )


def rosenbaum_mcnemar(discordant: tuple[int, int], gamma: Sequence[float]) -> list[float]:
    """Upper bound of the one-sided p of McNemar's test where hidden bias multiplies the odds of exposure by gamma.

    ``discordant``: pairs in which only the exposed, and only the unexposed, had the event; the larger count is tested.

    Reference: Rosenbaum PR. Observational Studies, 2nd ed. Springer 2002, section 4.3.

    >>> round(rosenbaum_mcnemar((110, 12), [6.0])[0], 3)
    0.097
    """
    larger, total = max(discordant), sum(discordant)
    return [float(bdtrc(larger - 1, total, g / (1 + g))) if larger else 1.0 for g in gamma]


def rosenbaum_signed_rank(treated: Sequence[float], control: Sequence[float], gamma: Sequence[float]) -> list[float]:
    """Upper bound of the one-sided p of Wilcoxon's signed rank test (normal approximation) under hidden bias gamma.

    A pair without difference keeps its rank and contributes nothing: dropping it would shift the ranks of the others.

    Reference: Rosenbaum 2002, section 4.3.3.
    """
    difference = np.asarray(treated, dtype=np.float64) - np.asarray(control, dtype=np.float64)
    ranks = rankdata(np.abs(difference))
    statistic = float(ranks[difference > 0].sum())
    moving = ranks[difference != 0]
    bounds = []
    for g in gamma:
        share = g / (1 + g)
        expected = share * moving.sum()
        spread = math.sqrt(share * (1 - share) * float((moving**2).sum()))
        bounds.append(float(ndtr(-(statistic - expected) / spread)) if spread else 1.0)
    return bounds


def largest_gamma(gamma: Sequence[float], p_upper: Sequence[float], alpha: float = 0.05) -> float:
    """The largest of the gammas tried at which the bound stays at or below alpha (NaN where none does)."""
    kept = [g for g, p in zip(gamma, p_upper, strict=True) if p <= alpha]
    return max(kept) if kept else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionAdjusted:
    """A 2x2 table as it would be had everyone taken part with equal probability."""

    odds_ratio_observed: float
    odds_ratio: float
    risk_ratio: float


def selection_adjusted(
    table: Sequence[Sequence[float]],
    *,
    case_exposed: float,
    case_unexposed: float,
    other_exposed: float,
    other_unexposed: float,
) -> SelectionAdjusted:
    """Odds and risk ratio after dividing each cell by its probability of taking part.

    ``table``: [[exposed cases, unexposed cases], [exposed others, unexposed others]].

    Reference: Lash TL, Fox MP, Fink AK. Applying Quantitative Bias Analysis. Springer 2009, chapter 4.
    """
    (a, b), (c, d) = table
    a2, b2, c2, d2 = a / case_exposed, b / case_unexposed, c / other_exposed, d / other_unexposed
    return SelectionAdjusted(
        odds_ratio_observed=a * d / (b * c),
        odds_ratio=a2 * d2 / (b2 * c2),
        risk_ratio=(a2 / (a2 + c2)) / (b2 / (b2 + d2)),
    )


def misclassification_adjusted(
    table: Sequence[Sequence[float]], *, sensitivity: float, specificity: float, of: str = "exposure"
) -> SelectionAdjusted:
    """Odds and risk ratio had a non-differential error of exposure (or ``of="outcome"``) not been made; NaN if
    impossible.

    Reference: Lash, Fox & Fink 2009, chapter 6.
    """
    (a, b), (c, d) = table
    total = sensitivity + specificity - 1

    def corrected(positive: float, negative: float) -> tuple[float, float]:
        true = (positive - (1 - specificity) * (positive + negative)) / total if total > 0 else math.nan
        return true, positive + negative - true

    if of == "exposure":
        (a2, b2), (c2, d2) = corrected(a, b), corrected(c, d)
    else:
        (a2, c2), (b2, d2) = corrected(a, c), corrected(b, d)
    possible = min(a2, b2, c2, d2) > 0
    return SelectionAdjusted(
        odds_ratio_observed=a * d / (b * c) if b and c else math.nan,
        odds_ratio=a2 * d2 / (b2 * c2) if possible else math.nan,
        risk_ratio=(a2 / (a2 + c2)) / (b2 / (b2 + d2)) if possible else math.nan,
    )


def odds_ratio_among_selected(p: float, q: float, selection: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Odds ratio of two independent conditions in the population (1) and among those selected by them.

    ``selection[i][j]``: probability of selection with the first condition at i and the second at j.

    Reference: Berkson J. Biometrics Bulletin 1946;2:47.

    >>> round(odds_ratio_among_selected(0.1, 0.1, [[0.05, 0.3], [0.3, 0.5]])[1], 4)
    0.2778
    """
    margins = np.outer([1 - p, p], [1 - q, q])
    kept = margins * np.asarray(selection)
    population = margins[1, 1] * margins[0, 0] / (margins[1, 0] * margins[0, 1])
    return float(population), float(kept[1, 1] * kept[0, 0] / (kept[1, 0] * kept[0, 1]))


def _strength(ratio: float, target: float) -> float:
    move = max(ratio / target, target / ratio)
    return move + math.sqrt(move * (move - 1))


def _limit(value: float, measure: Measure, *, rare: bool) -> float:
    return 0.0 if value <= 0 else risk_ratio_from(value, measure, rare=rare)
