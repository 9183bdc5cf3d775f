"""Several sites or waves, mapped to one definition: one estimate each, combined with what separates them.

Reference: DerSimonian R, Laird N. Control Clin Trials 1986;7:177. Higgins JPT, Thompson SG. Stat Med 2002;21:1539 (I2).
Knapp G, Hartung J. Stat Med 2003;22:2693 (the interval; a normal one is too narrow with few sites).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, stdtrit

from causal.estimation import Estimate, Scale
from miner.errors import PlanningInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """Random-effects mean with its interval, on the scale of the estimates; tau on the log scale for ratios."""

    scale: Scale
    value: float
    low: float
    high: float
    tau: float
    i2: float
    q: float
    heterogeneity_p: float
    sites: int
    prediction_low: float
    prediction_high: float


def combined(estimates: Sequence[Estimate], *, confidence: float = 0.95) -> Combined:
    """Combine one estimate a site. Raises PlanningInput for fewer than two, or estimates on different scales.

    The prediction interval says where the effect of another site would be expected; NaN below three sites.
    """
    k = len(estimates)
    if k < 2:
        raise PlanningInput(name="sites", value=k, reason="there is nothing to combine")
    scale = estimates[0].scale
    if {e.scale for e in estimates} != {scale}:
        raise PlanningInput(name="scale", value=scale.value, reason="the sites are on different scales")
    y = np.array([math.log(e.value) if scale.is_ratio else e.value for e in estimates])
    v = np.array([e.se**2 for e in estimates])
    w = 1 / v
    fixed = float((w * y).sum() / w.sum())
    q = float((w * (y - fixed) ** 2).sum())
    tau2 = max(0.0, (q - (k - 1)) / float(w.sum() - (w**2).sum() / w.sum()))
    u = 1 / (v + tau2)
    mean = float((u * y).sum() / u.sum())
    # Knapp and Hartung, never narrower than the normal-theory error.
    scaled = float((u * (y - mean) ** 2).sum()) / (k - 1)
    se = math.sqrt(max(scaled, 1.0) / float(u.sum()))
    half = float(stdtrit(k - 1, 0.5 + confidence / 2)) * se
    reach = math.nan
    if k > 2:
        reach = float(stdtrit(k - 2, 0.5 + confidence / 2)) * math.sqrt(tau2 + se**2)
    ends = [mean, mean - half, mean + half, mean - reach, mean + reach]
    value, low, high, far_low, far_high = (math.exp(e) for e in ends) if scale.is_ratio else ends
    return Combined(
        scale=scale,
        value=value,
        low=low,
        high=high,
        tau=math.sqrt(tau2),
        i2=max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0,
        q=q,
        heterogeneity_p=float(chdtrc(k - 1, q)),
        sites=k,
        prediction_low=far_low,
        prediction_high=far_high,
    )
