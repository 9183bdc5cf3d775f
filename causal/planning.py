"""What effect to plan with: a mined effect was picked because it was large, so it is shrunken before it is planned
upon.

Three columns always stand side by side: as mined, shrunken, and the smallest effect of interest.

References
----------
Zhong H, Prentice RL. Biostatistics 2008;9:621, doi:10.1093/biostatistics/kxn001 (conditional likelihood).
Bigdeli TB et al. Bioinformatics 2016;32:2598, doi:10.1093/bioinformatics/btw303 (FIQT).
Gelman A, Carlin J. Perspect Psychol Sci 2014;9:641, doi:10.1177/1745691614551642 (errors of type S and M).
Lu J, Qiu Y, Deng A. Br J Math Stat Psychol 2019;72:1, doi:10.1111/bmsp.12132 (closed form of the exaggeration).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from miner.errors import PlanningInput

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalLikelihood:
    """Estimates of the true z given that |z| exceeded the selection threshold."""

    mle: float
    mean: float
    average: float


def conditional_likelihood(z: float, threshold: float) -> ConditionalLikelihood:
    """Maximum and mean of the likelihood of mu given |Z| > c: phi(z - mu) / [Phi(mu - c) + Phi(-mu - c)].

    Raises PlanningInput where |z| is below the threshold: it would not have been selected.

    >>> round(conditional_likelihood(3.0, 1.96).mle, 2)
    2.52
    """
    size, c = abs(z), threshold
    if not (math.isfinite(z) and c >= 0):
        raise PlanningInput(name="z", value=z, reason="selection needs a finite z and a threshold at or above 0")
    if size < c:
        raise PlanningInput(name="z", value=z, reason=f"it lies below the selection threshold {c:.3g}")

    def log_likelihood(mu: Floats | float) -> Floats:
        m = np.asarray(mu, dtype=np.float64)
        return -0.5 * (size - m) ** 2 - np.logaddexp(log_ndtr(m - c), log_ndtr(-m - c))

    found = minimize_scalar(
        lambda mu: -float(log_likelihood(mu)), bounds=(0.0, size + 1.0), method="bounded", options={"xatol": 1e-10}
    )
    mle = float(found.x)
    # The tails of the likelihood are Gaussian on the side away from 0 but heavier near it: a wide grid carries the
    # mean.
    grid = np.linspace(-size - 12.0, size + 12.0, 20_001)
    weight = log_likelihood(grid)
    weight = np.exp(weight - weight.max())
    mean = float((grid * weight).sum() / weight.sum())
    sign = math.copysign(1.0, z)
    return ConditionalLikelihood(mle=sign * mle, mean=sign * mean, average=sign * (mle + mean) / 2)


def fiqt(z: npt.ArrayLike) -> Floats:
    """Shrunken z of a whole family (m,): the normal quantile of the Benjamini-Hochberg adjusted p, with the sign of z.

    In logarithms, so that a z of 40 is not lost.

    >>> [round(float(v), 3) for v in fiqt([5.0, 1.0])]
    [4.865, 1.0]
    """
    values = np.asarray(z, dtype=np.float64)
    size = np.abs(values)
    ln_p = np.log(2.0) + log_ndtr(-size)
    order = np.argsort(-ln_p, kind="stable")
    m = len(values)
    ranks = np.arange(m, 0, -1)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.minimum.accumulate(ln_p[order] + np.log(m / ranks)), 0.0)
    shrunken = -ndtri_exp(adjusted - np.log(2.0))
    return np.sign(values) * np.clip(shrunken, 0.0, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignErrors:
    """Power, probability of the wrong sign, and mean exaggeration, of significant results under an assumed effect."""

    power: float
    type_s: float
    exaggeration: float


def design_errors(effect: float, se: float, alpha: float = 0.05) -> DesignErrors:
    """Errors of type S and M for a normal estimate of this standard error, were the effect as given.

    >>> round(design_errors(2.0, 8.1).exaggeration, 1)
    9.5
    """
    if not se > 0 or effect == 0:
        raise PlanningInput(
            name="effect", value=effect, reason="an effect other than 0 and a positive error are needed"
        )
    ratio, z = abs(effect) / se, float(ndtri(1 - alpha / 2))
    upper, lower = float(ndtr(ratio - z)), float(ndtr(-ratio - z))
    power = upper + lower

    def density(x: float) -> float:
        return math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)

    mean = density(ratio + z) + density(ratio - z) + ratio * (upper - lower)
    return DesignErrors(power=power, type_s=lower / power, exaggeration=mean / (ratio * power))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningEffect:
    """The three effects a study is sized for, on the scale where the estimate is normal (log for ratios).

    ``supported`` is False where the shrunken |z| is below 0.5: then only the smallest effect of interest can size a
    study.
    """

    mined: float
    shrunken: float
    smallest_of_interest: float | None
    z_mined: float
    z_shrunken: float
    method: str
    notes: tuple[str, ...]

    @property
    def supported(self) -> bool:
        """True where the shrunken effect can size a study."""
        return abs(self.z_shrunken) >= 0.5


def planning_effect(
    *,
    estimate: float,
    se: float,
    threshold: float,
    family_z: Sequence[float] | None = None,
    split_estimate: float | None = None,
    smallest_of_interest: float | None = None,
    selected_by_p: bool = True,
) -> PlanningEffect:
    """Shrink a mined effect: the estimate from a held-out half of discovery if there is one, else the smaller in size
    of
    conditional likelihood and FIQT, never beyond 0 nor above the mined effect.

    Parameters
    ----------
    estimate, se : on the scale where the estimate is normal (log for ratios).
    threshold : smallest |z| that was selected (for a false discovery rate: of those selected).
    family_z : all z of the family, this one among them, for FIQT.
    split_estimate : the effect in the part of *discovery* that did not take part in the selection (DECISIONS 5).
    selected_by_p : False where lift or support selected; the correction is then approximate, and says so.
    """
    if not (se > 0 and math.isfinite(estimate)):
        raise PlanningInput(name="se", value=se, reason="a finite estimate with a positive standard error is needed")
    z = estimate / se
    notes: list[str] = []
    if not selected_by_p:
        notes.append("selected by another measure than p: the correction is approximate")
    if split_estimate is not None:
        towards = split_estimate / se
        shrunken = 0.0 if towards * z <= 0 else math.copysign(min(abs(towards), abs(z)), z)
        method = "split inside discovery"
    else:
        conditional = conditional_likelihood(z, min(threshold, abs(z)))
        candidates = {"conditional likelihood": abs(conditional.average)}
        if family_z is not None:
            family = np.asarray(family_z, dtype=np.float64)
            family = family[np.isfinite(family)]
            own = int(np.argmin(np.abs(np.abs(family) - abs(z))))
            if abs(abs(float(family[own])) - abs(z)) > 1e-6 * max(1.0, abs(z)):
                family = np.append(family, z)
                own = len(family) - 1
            candidates["FIQT"] = abs(float(fiqt(family)[own]))
        method = min(candidates, key=lambda name: candidates[name])
        shrunken = math.copysign(min(max(candidates[method], 0.0), abs(z)), z)
    if abs(shrunken) < 0.5:
        notes.append("no planning effect can be supported; use the smallest effect of interest")
    return PlanningEffect(
        mined=estimate,
        shrunken=shrunken * se,
        smallest_of_interest=smallest_of_interest,
        z_mined=z,
        z_shrunken=shrunken,
        method=method,
        notes=tuple(notes),
    )
