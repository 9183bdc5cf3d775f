"""How many persons, and what could be seen with those at hand: the published formulae, each beside its inverse.

Power is only ever computed for a study to come; the power of a finished one at its own estimate tells nothing new and
has no function here. Sample sizes come fractional; ``whole`` rounds them up.

>>> n = cohort(p1=0.30, p0=0.15)
>>> round(n.exposed, 2), whole(n.exposed)
(120.47, 121)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import comb, nctdtr, ndtr, ndtri, stdtrit

from miner.errors import PlanningInput


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize:
    """Persons in each arm (fractional), with the formula and its source; for cases and controls the cases are
    ``exposed``."""

    exposed: float
    unexposed: float
    formula: str
    reference: str
    events: float = math.nan

    @property
    def total(self) -> int:
        """Both arms, each rounded up."""
        return whole(self.exposed) + whole(self.unexposed)


def whole(n: float) -> int:
    """Persons are whole: the next integer up, but for rounding error."""
    return math.ceil(n - 1e-9)


def quantile(alpha: float, sided: int = 2) -> float:
    """Normal quantile of a test of one or two sides."""
    _between("alpha", alpha, 0.0, 1.0)
    if sided not in {1, 2}:
        raise PlanningInput(name="sided", value=sided, reason="a test has one side or two")
    return float(ndtri(1 - alpha / sided))


# --- two proportions: cohorts and unmatched case-control studies
# ----------------------------------------------------------


def cohort(
    *, p1: float, p0: float, power: float = 0.8, alpha: float = 0.05, sided: int = 2, ratio: float = 1.0
) -> SampleSize:
    """Exposed and unexposed persons to tell two risks apart; ``ratio`` unexposed for each exposed.

    Reference: Fleiss JL, Levin B, Paik MC. Statistical Methods for Rates and Proportions, 3rd ed. Wiley 2003, chapter
    4.
    """
    _risks(p1, p0)
    _between("power", power, 0.0, 1.0)
    _positive("ratio", ratio)
    za, zb = quantile(alpha, sided), float(ndtri(power))
    pooled = (p1 + ratio * p0) / (1 + ratio)
    root = za * math.sqrt((ratio + 1) * pooled * (1 - pooled)) + zb * math.sqrt(ratio * p1 * (1 - p1) + p0 * (1 - p0))
    n = root**2 / (ratio * (p1 - p0) ** 2)
    return SampleSize(
        exposed=n, unexposed=ratio * n, formula="two_proportions", reference="Fleiss, Levin & Paik 2003, chapter 4"
    )


def with_continuity(n: float, p1: float, p0: float, ratio: float = 1.0) -> float:
    """The number in the first group with Fleiss's continuity correction.

    >>> round(with_continuity(72.702899, 0.5625, 0.3), 3)
    80.141
    """
    return n / 4 * (1 + math.sqrt(1 + 2 * (ratio + 1) / (n * ratio * abs(p1 - p0)))) ** 2


def cohort_power(
    *, p1: float, p0: float, exposed: float, unexposed: float, alpha: float = 0.05, sided: int = 2, fleiss: bool = False
) -> float:
    """Power to tell two risks apart with these numbers (the inverse of ``cohort``)."""
    _risks(p1, p0)
    _positive("exposed", exposed)
    _positive("unexposed", unexposed)
    ratio, gap, n = unexposed / exposed, abs(p1 - p0), exposed
    if fleiss:
        shrink = 1 - (ratio + 1) / (2 * n * ratio * gap)
        if shrink <= 0:
            return 0.0
        n *= shrink**2
    pooled = (p1 + ratio * p0) / (1 + ratio)
    spread = math.sqrt(ratio * p1 * (1 - p1) + p0 * (1 - p0))
    zb = gap * math.sqrt(ratio * n) - quantile(alpha, sided) * math.sqrt((ratio + 1) * pooled * (1 - pooled))
    return float(ndtr(zb / spread))


def exposure_among_cases(odds_ratio: float, p0: float) -> float:
    """Share of exposed cases from the share of exposed controls and the odds ratio.

    >>> round(exposure_among_cases(3.0, 0.3), 4)
    0.5625
    """
    _positive("odds ratio", odds_ratio)
    _between("p0", p0, 0.0, 1.0)
    return odds_ratio * p0 / (1 + p0 * (odds_ratio - 1))


def case_control(
    *, odds_ratio: float, p0: float, power: float = 0.8, alpha: float = 0.05, sided: int = 2, ratio: float = 1.0
) -> SampleSize:
    """Cases (``exposed``) and controls (``unexposed``), ``ratio`` controls a case; ``p0`` exposed among controls.

    Reference: Schlesselman JJ. Case-Control Studies. Oxford 1982, chapter 6.
    """
    _not_null("odds ratio", odds_ratio)
    n = cohort(p1=exposure_among_cases(odds_ratio, p0), p0=p0, power=power, alpha=alpha, sided=sided, ratio=ratio)
    return SampleSize(
        exposed=n.exposed, unexposed=n.unexposed, formula="case_control", reference="Schlesselman 1982, chapter 6"
    )


def case_control_power(
    *,
    odds_ratio: float,
    p0: float,
    cases: float,
    controls: float,
    alpha: float = 0.05,
    sided: int = 2,
    fleiss: bool = False,
) -> float:
    """Power of an unmatched case-control study."""
    p1 = exposure_among_cases(odds_ratio, p0)
    return cohort_power(p1=p1, p0=p0, exposed=cases, unexposed=controls, alpha=alpha, sided=sided, fleiss=fleiss)


def matched_case_control(
    *,
    odds_ratio: float,
    p0: float,
    phi: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: int = 2,
    ratio: int = 1,
) -> SampleSize:
    """Matched sets with ``ratio`` controls a case; ``phi`` correlates the exposures of a case and its control.

    Reference: Dupont WD. Biometrics 1988;44:1157, doi:10.2307/2531743.

    >>> whole(matched_case_control(odds_ratio=3, p0=0.6, phi=0.2).exposed)
    81
    """
    _not_null("odds ratio", odds_ratio)
    null_mean, null_variance, mean, variance = _dupont(odds_ratio, p0, phi, ratio)
    za, zb = quantile(alpha, sided), float(ndtri(power))
    n = (zb * math.sqrt(variance) + za * math.sqrt(null_variance)) ** 2 / (null_mean - mean) ** 2
    return SampleSize(exposed=n, unexposed=ratio * n, formula="matched_case_control", reference="Dupont 1988")


def matched_case_control_power(
    *, odds_ratio: float, p0: float, phi: float, sets: float, alpha: float = 0.05, sided: int = 2, ratio: int = 1
) -> float:
    """Power of a matched case-control study with this number of matched sets."""
    null_mean, null_variance, mean, variance = _dupont(odds_ratio, p0, phi, ratio)
    reach = math.sqrt(sets) * abs(null_mean - mean) - quantile(alpha, sided) * math.sqrt(null_variance)
    return float(ndtr(reach / math.sqrt(variance)))


def _dupont(odds_ratio: float, p0: float, phi: float, ratio: int) -> tuple[float, float, float, float]:
    p1 = exposure_among_cases(odds_ratio, p0)
    tie = phi * math.sqrt(p1 * (1 - p1) * p0 * (1 - p0))
    with_exposed, with_unexposed = (p1 * p0 + tie) / p1, ((1 - p1) * p0 - tie) / (1 - p1)
    if not (0 <= with_exposed <= 1 and 0 <= with_unexposed <= 1):
        raise PlanningInput(name="phi", value=phi, reason="no such correlation exists at these prevalences")
    k = np.arange(1, ratio + 1)
    t = p1 * comb(ratio, k - 1) * with_exposed ** (k - 1) * (1 - with_exposed) ** (ratio - k + 1)
    t = t + (1 - p1) * comb(ratio, k) * with_unexposed**k * (1 - with_unexposed) ** (ratio - k)

    def moments(psi: float) -> tuple[float, float]:
        base = k * psi + ratio - k + 1
        return float((k * t * psi / base).sum()), float((k * t * psi * (ratio - k + 1) / base**2).sum())

    return (*moments(1.0), *moments(odds_ratio))


# --- rates and times
# ------------------------------------------------------------------------------------------------------


def rates(
    *,
    rate1: float,
    rate0: float,
    follow_up: float = math.inf,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: int = 2,
    ratio: float = 1.0,
) -> SampleSize:
    """Exposed and unexposed persons to tell two constant rates apart, followed for ``follow_up`` or to the event.

    Reference: Lwanga SK, Lemeshow S. Sample Size Determination in Health Studies. WHO 1991, page 19.
    """
    for name, value in (("rate1", rate1), ("rate0", rate0), ("follow-up", follow_up), ("ratio", ratio)):
        _positive(name, value)
    if rate1 == rate0:
        raise PlanningInput(name="rates", value=rate1, reason="they are equal")

    def spread(rate: float) -> float:
        if math.isinf(follow_up):
            return rate**2
        seen = rate * follow_up
        return rate**3 * follow_up / (seen - 1 + math.exp(-seen))

    za, zb = quantile(alpha, sided), float(ndtri(power))
    mean = (rate1 + ratio * rate0) / (1 + ratio)
    root = za * math.sqrt((1 + ratio) * spread(mean)) + zb * math.sqrt(ratio * spread(rate1) + spread(rate0))
    n = root**2 / (ratio * (rate1 - rate0) ** 2)
    return SampleSize(exposed=n, unexposed=ratio * n, formula="rates", reference="Lwanga & Lemeshow 1991, page 19")


def events_for_hazard_ratio(
    *,
    hazard_ratio: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: int = 2,
    p_exposed: float = 0.5,
    r2: float = 0.0,
) -> float:
    """Events needed to see a hazard ratio; ``r2`` of the exposure on the covariates.

    Reference: Schoenfeld DA. Biometrics 1983;39:499; Hsieh & Lavori, Control Clin Trials 2000;21:552.

    >>> round(events_for_hazard_ratio(hazard_ratio=2.0), 3)
    65.346
    """
    _not_null("hazard ratio", hazard_ratio)
    _between("p exposed", p_exposed, 0.0, 1.0)
    za, zb = quantile(alpha, sided), float(ndtri(power))
    return (za + zb) ** 2 / (p_exposed * (1 - p_exposed) * math.log(hazard_ratio) ** 2 * (1 - _r2(r2)))


def hazard_ratio_of_survivals(exposed: float, unexposed: float) -> float:
    """Hazard ratio of two proportional survival curves from their values at one time.

    >>> round(hazard_ratio_of_survivals(0.25, 0.5), 6)
    2.0
    """
    return math.log(exposed) / math.log(unexposed)


def time_to_event(
    *,
    hazard_ratio: float,
    event_probability: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: int = 2,
    p_exposed: float = 0.5,
    r2: float = 0.0,
) -> SampleSize:
    """Persons for the events of ``events_for_hazard_ratio``, of whom a share ``event_probability`` has the event.

    Reference: Latouche A, Porcher R, Chevret S. Stat Med 2004;23:3263.
    """
    _between("event probability", event_probability, 0.0, 1.0, closed=True)
    events = events_for_hazard_ratio(
        hazard_ratio=hazard_ratio, power=power, alpha=alpha, sided=sided, p_exposed=p_exposed, r2=r2
    )
    n = events / event_probability
    return SampleSize(
        exposed=n * p_exposed,
        unexposed=n * (1 - p_exposed),
        formula="time_to_event",
        reference="Schoenfeld 1983; Hsieh & Lavori 2000",
        events=events,
    )


# --- numbers
# --------------------------------------------------------------------------------------------------------------


def means(
    *, difference: float, power: float = 0.8, alpha: float = 0.05, sided: int = 2, ratio: float = 1.0
) -> SampleSize:
    """Persons to tell two means apart by Student's t; ``difference`` in standard deviations, ``ratio`` unexposed a
    person.

    Reference: Cohen J. Statistical Power Analysis, 2nd ed. Erlbaum 1988, chapter 2 (noncentral t, solved for n).

    >>> round(means(difference=0.5).exposed, 3)
    63.766
    """
    if difference == 0:
        raise PlanningInput(
            name="difference", value=difference, reason="no number of persons can tell equal means apart"
        )
    _between("power", power, 0.0, 1.0)
    n = _solve(
        lambda n: means_power(difference=difference, exposed=n, unexposed=ratio * n, alpha=alpha, sided=sided) - power,
        2.0,
    )
    return SampleSize(exposed=n, unexposed=ratio * n, formula="means_t", reference="Cohen 1988, chapter 2")


def standardised_difference(d: float | None, difference: float | None, deviations: Sequence[float]) -> float:
    """A difference in standard deviations: as given, or from units and the root mean square of one or two of them."""
    if d is not None:
        return float(d)
    if difference is None or not deviations:
        raise PlanningInput(name="difference", value=difference, reason="it needs its standard deviation")
    return difference / math.sqrt(sum(sd**2 for sd in deviations) / len(deviations))


def means_power(*, difference: float, exposed: float, unexposed: float, alpha: float = 0.05, sided: int = 2) -> float:
    """Power of Student's t for a difference in standard deviations (noncentral t)."""
    degrees = exposed + unexposed - 2
    shift = abs(difference) * math.sqrt(exposed * unexposed / (exposed + unexposed))
    critical = float(stdtrit(degrees, 1 - alpha / sided))
    # Beyond these the tails are below 1e-15, and the noncentral t has no value in double precision.
    if shift - critical > 10.0:
        return 1.0
    power = 1 - float(nctdtr(degrees, shift, critical))
    return power + float(nctdtr(degrees, shift, -critical)) if sided == 2 and shift < 8.0 else power


def means_normal(
    *,
    difference: float,
    sd1: float,
    sd0: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: int = 2,
    ratio: float = 1.0,
) -> SampleSize:
    """Persons to tell two means apart by the normal approximation; ``difference`` and standard deviations in units.

    Reference: Woodward M. Epidemiology, 3rd ed. CRC 2014, chapter 8.
    """
    _positive("sd", sd1)
    if difference == 0:
        raise PlanningInput(
            name="difference", value=difference, reason="no number of persons can tell equal means apart"
        )
    other = sd1 if sd0 is None else sd0
    n = (quantile(alpha, sided) + float(ndtri(power))) ** 2 * (sd1**2 + other**2 / ratio) / difference**2
    return SampleSize(exposed=n, unexposed=ratio * n, formula="means_z", reference="Woodward 2014, chapter 8")


def logistic(
    *,
    prevalence: float,
    odds_ratio_per_sd: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: int = 2,
    r2: float = 0.0,
) -> float:
    """Persons for a logistic regression on a normal exposure; ``prevalence`` of the outcome at its mean.

    Reference: Hsieh FY, Bloch DA, Larsen MD. Stat Med 1998;17:1623.

    >>> whole(logistic(prevalence=0.5, odds_ratio_per_sd=1.5, power=0.95))
    317
    """
    _not_null("odds ratio", odds_ratio_per_sd)
    _between("prevalence", prevalence, 0.0, 1.0)
    reach = (quantile(alpha, sided) + float(ndtri(power))) ** 2
    return reach / (prevalence * (1 - prevalence) * math.log(odds_ratio_per_sd) ** 2 * (1 - _r2(r2)))


def correlation(*, r: float, power: float = 0.8, alpha: float = 0.05, sided: int = 2) -> float:
    """Persons to see a correlation, by Fisher's z.

    >>> whole(correlation(r=0.3))
    85
    """
    _correlation(r)
    return float(((quantile(alpha, sided) + float(ndtri(power))) / math.atanh(r)) ** 2 + 3)


def correlation_exact(*, r: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Persons to see a correlation by its t test, with Fisher's z corrected for bias.

    Reference: Cohen 1988, chapter 3.

    >>> round(correlation_exact(r=0.3), 2)
    84.07
    """
    _correlation(r)

    def reached(n: float) -> float:
        t = float(stdtrit(n - 2, 1 - alpha / 2))
        critical = math.atanh(math.sqrt(t**2 / (t**2 + n - 2)))
        z = math.atanh(abs(r)) + abs(r) / (2 * (n - 1))
        return float(ndtr((z - critical) * math.sqrt(n - 3)) + ndtr((-z - critical) * math.sqrt(n - 3))) - power

    return _solve(reached, 4.0 + 1e-9)


# --- what could be seen with the persons at hand
# --------------------------------------------------------------------------


def detectable_risk_ratio(
    *, p0: float, exposed: float, unexposed: float, power: float = 0.8, alpha: float = 0.05, sided: int = 2
) -> tuple[float, float]:
    """Risk ratios nearest 1, above and below, that these numbers would show with this power (NaN where none would)."""
    _between("p0", p0, 0.0, 1.0)

    def gap(rr: float) -> float:
        p1 = rr * p0
        return cohort_power(p1=p1, p0=p0, exposed=exposed, unexposed=unexposed, alpha=alpha, sided=sided) - power

    top, bottom = (1 - 1e-9) / p0, 1e-9
    above = float(brentq(gap, 1 + 1e-9, top)) if gap(top) > 0 else math.nan
    below = float(brentq(gap, bottom, 1 - 1e-9)) if gap(bottom) > 0 else math.nan
    return above, below


def detectable_odds_ratio(
    *, p0: float, cases: float, controls: float, power: float = 0.8, alpha: float = 0.05, sided: int = 2
) -> tuple[float, float]:
    """Odds ratios nearest 1, above and below, that these cases and controls would show."""
    above, below = detectable_risk_ratio(
        p0=p0, exposed=cases, unexposed=controls, power=power, alpha=alpha, sided=sided
    )

    def odds(rr: float) -> float:
        p1 = rr * p0
        return p1 / (1 - p1) * (1 - p0) / p0

    return odds(above), odds(below)


def detectable_hazard_ratio(
    *,
    events: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sided: int = 2,
    p_exposed: float = 0.5,
    r2: float = 0.0,
) -> tuple[float, float]:
    """Hazard ratios nearest 1, above and below, that this number of events would show.

    >>> [round(v, 3) for v in detectable_hazard_ratio(events=65.345659)]
    [2.0, 0.5]
    """
    _positive("events", events)
    reach = quantile(alpha, sided) + float(ndtri(power))
    log_ratio = reach / math.sqrt(events * p_exposed * (1 - p_exposed) * (1 - _r2(r2)))
    return math.exp(log_ratio), math.exp(-log_ratio)


def detectable_difference(
    *, exposed: float, unexposed: float, power: float = 0.8, alpha: float = 0.05, sided: int = 2
) -> float:
    """Difference of means, in standard deviations, that these numbers would show."""
    return _solve(
        lambda d: means_power(difference=d, exposed=exposed, unexposed=unexposed, alpha=alpha, sided=sided) - power,
        1e-9,
    )


def joint_rule_power(*, effect: float, se: float, smallest_of_interest: float, alpha: float = 0.05) -> float:
    """Probability that the lower limit lies beyond the null AND the estimate reaches the smallest effect of interest.

    ``effect`` and ``se`` on the scale where the estimate is normal, ``effect`` in the direction of interest (positive).

    >>> round(joint_rule_power(effect=2.8, se=1.0, smallest_of_interest=0.0), 3)
    0.8
    """
    _positive("se", se)
    needed = max(float(ndtri(1 - alpha / 2)) * se, abs(smallest_of_interest))
    return float(ndtr((abs(effect) - needed) / se))


# --- inflation
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Inflation:
    """What multiplies a sample size: confounding, clusters, weights, and losses."""

    confounding: float = 1.0
    clusters: float = 1.0
    weights: float = 1.0
    loss: float = 1.0

    @property
    def factor(self) -> float:
        """All of them together."""
        return self.confounding * self.clusters * self.weights * self.loss

    def rows(self) -> list[dict[str, object]]:
        """Name, factor and source of each, for the protocol."""
        sources = {
            "confounding": "1/(1 - R2) of the exposure on the covariates, Hsieh 1998",
            "clusters": "1 + ((cv^2 + 1) m - 1) icc, Eldridge 2006",
            "weights": "n / effective sample size, Kish",
            "loss": "1/(1 - loss)",
        }
        return [
            {"name": name, "factor": float(getattr(self, name)), "source": source} for name, source in sources.items()
        ]


def inflation(
    *,
    r2: float = 0.0,
    icc: float = 0.0,
    cluster_size: float = 1.0,
    cluster_cv: float = 0.0,
    loss: float = 0.0,
    effective_share: float = 1.0,
) -> Inflation:
    """Inflation for the R2 of the exposure on the covariates, clusters, losses and the effective share after weighting.

    References: Hsieh 1998; Donner & Klar 2000; Eldridge SM et al. Int J Epidemiol 2006;35:1292.

    >>> whole(100 * inflation(r2=0.3, icc=0.02, cluster_size=20, loss=0.1).factor)
    220
    """
    _between("loss", loss, 0.0, 1.0, floor=True)
    _between("effective share", effective_share, 0.0, 1.0, closed=True)
    return Inflation(
        confounding=1 / (1 - _r2(r2)),
        clusters=1 + ((cluster_cv**2 + 1) * cluster_size - 1) * icc,
        weights=1 / effective_share,
        loss=1 / (1 - loss),
    )


def misclassified(p: float, *, sensitivity: float, specificity: float) -> float:
    """The risk seen through an outcome measured with these errors; both arms move towards each other.

    >>> misclassified(0.2, sensitivity=0.9, specificity=0.95)
    0.22
    """
    return round(p * sensitivity + (1 - p) * (1 - specificity), 15)


def _solve(gap: Callable[[float], float], low: float) -> float:
    high = max(2.0 * low, 1.0)
    while gap(high) < 0:
        high *= 2
        if high > 1e12:
            return math.inf
    return low if gap(low) >= 0 else float(brentq(gap, low, high, xtol=1e-10))


def _risks(p1: float, p0: float) -> None:
    _between("p1", p1, 0.0, 1.0)
    _between("p0", p0, 0.0, 1.0)
    if p1 == p0:
        raise PlanningInput(name="risks", value=p1, reason="they are equal; no number of persons can tell them apart")


def _not_null(name: str, ratio: float) -> None:
    _positive(name, ratio)
    if ratio == 1:
        raise PlanningInput(name=name, value=ratio, reason="no number of persons can show that there is nothing")


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise PlanningInput(name=name, value=value, reason="it has to be above 0")


def _between(name: str, value: float, low: float, high: float, *, closed: bool = False, floor: bool = False) -> None:
    if not (low < value < high or (closed and value == high) or (floor and value == low)):
        raise PlanningInput(name=name, value=value, reason=f"it lies between {low:g} and {high:g}")


def _correlation(r: float) -> None:
    if not 0 < abs(r) < 1:
        raise PlanningInput(name="r", value=r, reason="it lies between -1 and 1 and is not 0")


def _r2(r2: float) -> float:
    _between("R2", r2, 0.0, 1.0, floor=True)
    return r2
