"""Times to an event: difference of restricted mean survival times, and the hazard ratio beside it, never alone.

References
----------
Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152 (restricted mean). Cox DR. JRSS-B 1972;34:187.
Hernan MA. Epidemiology 2010;21:13 (the hazards of hazard ratios). Xie J, Liu C. Stat Med 2005;24:3089 (weighted
curves).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from causal.design_matrix import AnalysisData
from causal.estimation.effects import Estimand, Estimate, Means, Method, Scale
from causal.estimation.weighting import inverse_weights
from miner.errors import NoEvents, UnsuitableVariable

Floats = npt.NDArray[np.float64]


def survival_curve(time: Floats, event: Floats, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """Kaplan-Meier estimate at the distinct event times, weighted where weights are given.

    >>> times, survival = survival_curve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 1.0]))
    >>> times.tolist(), survival.round(4).tolist()
    ([1.0, 3.0], [0.6667, 0.0])
    """
    times, died, at_risk = _risk_table(time, event, np.ones(len(time)) if weights is None else weights)
    return times, np.asarray(np.cumprod(1 - died / at_risk), dtype=np.float64)


def restricted_mean_difference(
    data: AnalysisData, event: Floats, *, horizon: float | None = None, adjusted: bool = True, confidence: float = 0.95
) -> Estimate:
    """Difference of mean survival times up to a horizon; ``data.outcome`` is the time, ``event`` (n,) 1 where it
    ended so.

    Adjusted by inverse probability weights (taken as known in the error). The horizon is by default the smaller of
    the two arms' last times. Raises NoEvents for an arm without events before it.
    """
    time, t = data.outcome, data.exposure
    if not data.binary_exposure:
        raise UnsuitableVariable(name=data.exposure_name, part="a survival contrast", reason="it is not 0/1")
    end = min(time[t == 1].max(), time[t == 0].max()) if horizon is None else horizon
    weights = inverse_weights(data).weights if adjusted and data.covariates.shape[1] else np.ones(data.n)
    values, influence = np.empty(2), np.zeros((data.n, 2))
    for k, arm in enumerate((0.0, 1.0)):
        own = t == arm
        if not ((event[own] == 1) & (time[own] <= end)).any():
            raise NoEvents(outcome=data.outcome_name, events=0, n=int(own.sum()), detail=f"arm {arm:g} before {end:g}")
        values[k], influence[own, k] = _restricted_mean(time[own], event[own], weights[own], end)
        influence[own, k] *= data.n / own.sum()
    means = Means(
        method=Method.IPW if adjusted else Method.CRUDE,
        estimand=Estimand.ATE,
        levels=(0.0, 1.0),
        values=values,
        influence=influence,
        n=data.n,
        n_by_level=(int((t == 0).sum()), int((t == 1).sum())),
        binary=False,
        cluster=data.cluster,
        notes=(f"restricted to {end:g}",),
    )
    (difference,) = means.contrasts(confidence=confidence)
    return replace(difference, scale=Scale.RMST_DIFFERENCE)


def hazard_ratio(
    data: AnalysisData, event: Floats, *, entry: Floats | None = None, confidence: float = 0.95
) -> Estimate:
    """Hazard ratio by Cox regression on the exposure and covariates (Efron's ties), errors by cluster where declared.

    ``entry`` (n,) are times of delayed entry, which also carry a time-varying exposure (one row a period).
    """
    from statsmodels.duration.hazard_regression import PHReg

    if not event.sum():
        raise NoEvents(outcome=data.outcome_name, events=0, n=data.n, detail="no event at all")
    for arm in np.unique(data.exposure) if data.binary_exposure else ():
        if not event[data.exposure == arm].sum():
            raise NoEvents(outcome=data.outcome_name, events=int(event.sum()), n=data.n, detail=f"none in arm {arm:g}")
    design = np.column_stack([data.exposure, data.covariates])
    model = PHReg(data.outcome, design, status=event, entry=entry, ties="efron")
    fitted = model.fit(groups=data.cluster) if data.cluster is not None else model.fit()
    b, se = float(fitted.params[0]), float(fitted.bse[0])
    if not (math.isfinite(b) and math.isfinite(se)):
        raise NoEvents(outcome=data.outcome_name, events=int(event.sum()), n=data.n, detail="no finite hazard ratio")
    z = float(ndtri(0.5 + confidence / 2))
    return Estimate(
        method=Method.COX,
        estimand=Estimand.CONDITIONAL,
        scale=Scale.HAZARD_RATIO,
        value=math.exp(b),
        low=math.exp(b - z * se),
        high=math.exp(b + z * se),
        se=se,
        n=data.n,
        n_exposed=int((data.exposure == 1.0).sum()),
        n_unexposed=int((data.exposure == 0.0).sum()),
        confidence=confidence,
        notes=(
            f"{int(event.sum())} events, proportional hazards assumed",
            "not to stand alone: see the restricted mean",
        ),
    )


def _risk_table(time: Floats, event: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    times = np.unique(time[event == 1])
    order = np.argsort(time)
    remaining = np.r_[np.cumsum(weights[order][::-1])[::-1], 0.0]
    at_risk = remaining[np.searchsorted(time[order], times)]
    died = np.zeros(len(times))
    np.add.at(died, np.searchsorted(times, time[event == 1]), weights[event == 1])
    return times, died, at_risk


def _restricted_mean(time: Floats, event: Floats, weights: Floats, end: float) -> tuple[float, Floats]:
    """Area under the curve up to ``end``, and each person's influence on it (of mean n)."""
    times, died, at_risk = _risk_table(time, event, weights)
    kept = times <= end
    times, died, at_risk = times[kept], died[kept], at_risk[kept]
    survival = np.cumprod(1 - died / at_risk)
    widths = np.diff(np.r_[times, end])
    area = float(times[0] + (survival * widths).sum()) if len(times) else end
    after = np.cumsum((survival * widths)[::-1])[::-1]
    # Influence on the log survival at each time, carried by the area that lies beyond it.
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.where(died < at_risk, died / at_risk / (1 - died / at_risk) / np.maximum(died, 1e-300), 0.0)
        hazard = np.where(died < at_risk, (died / at_risk) / (at_risk - died), 0.0)
    compensator = np.r_[0.0, np.cumsum(after * hazard)]
    place = np.searchsorted(times, np.minimum(time, end), side="right")
    influence = weights * compensator[place]
    own = (event == 1) & (time <= end)
    position = np.searchsorted(times, time[own])
    influence[own] -= weights[own] * (after * step)[position]
    return area, influence * len(time)
