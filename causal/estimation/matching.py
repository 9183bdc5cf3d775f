"""Matching on the propensity score: each person beside the nearest of the other arm, with replacement, within a
caliper.

References
----------
Abadie A, Imbens GW. Econometrica 2006;74:235, doi:10.1111/j.1468-0262.2006.00655.x (variance; the bootstrap fails
here). Austin PC. Pharm Stat 2011;10:150, doi:10.1002/pst.433 (caliper of 0.2 standard deviations of the logit).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import logit, ndtri

from causal.design_matrix import AnalysisData
from causal.estimation.effects import Estimand, Estimate, Method, Scale
from causal.estimation.standardisation import outcome_family
from causal.estimation.weighting import propensity_model
from miner.errors import NoOverlap, UnsuitableVariable

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


def matching(
    data: AnalysisData,
    *,
    estimand: Estimand = Estimand.ATT,
    caliper: float | None = 0.2,
    confidence: float = 0.95,
) -> tuple[Estimate, ...]:
    """Mean (or risk) difference by one-to-one matching with replacement on the logit of the propensity score.

    Parameters
    ----------
    estimand : ATT (the exposed are matched), ATU, or ATE (everyone is).
    caliper : largest distance in standard deviations of the logit; who finds no match is left out and counted.

    Notes
    -----
    The error takes the scores as known (Abadie and Imbens 2006), which is conservative for the ATE.
    """
    if estimand not in {Estimand.ATE, Estimand.ATT, Estimand.ATU}:
        raise UnsuitableVariable(name=estimand.value, part="an estimand of matching", reason="ATE, ATT or ATU are")
    family = outcome_family(data)
    score = logit(propensity_model(data)[0].fitted)
    widest = math.inf if caliper is None else caliper * float(score.std(ddof=1))
    t, y = data.exposure == 1.0, data.outcome
    wanted = {Estimand.ATT: t, Estimand.ATU: ~t}.get(estimand, np.ones(data.n, dtype=bool))
    partner = np.full(data.n, -1, dtype=np.intp)
    for arm in (True, False):
        own, other = np.flatnonzero((t == arm) & wanted), np.flatnonzero(t != arm)
        partner[own] = _nearest(score, own, other, widest)
    matched = np.flatnonzero(partner >= 0)
    if len(matched) < 2:
        raise NoOverlap(detail="no person has a match within the caliper")
    gaps = np.where(t[matched], 1.0, -1.0) * (y[matched] - y[partner[matched]])
    value = float(gaps.mean())
    used = np.bincount(partner[matched], minlength=data.n).astype(np.float64)
    twin = np.full(data.n, -1, dtype=np.intp)
    for arm in (True, False):
        own = np.flatnonzero(t == arm)
        twin[own] = _nearest_twin(score, own)
    spread = 0.5 * (y - y[twin]) ** 2
    times_used = used**2 + used if estimand is Estimand.ATE else used * (used - 1)
    extra = float((np.maximum(times_used, 0.0) * spread).sum())
    se = math.sqrt(float(((gaps - value) ** 2).sum()) + extra) / len(matched)
    z = float(ndtri(0.5 + confidence / 2))
    left_out = int(wanted.sum() - len(matched))
    first = Estimate(
        method=Method.MATCHING,
        estimand=estimand,
        scale=Scale.RISK_DIFFERENCE if family.value == "logistic" else Scale.MEAN_DIFFERENCE,
        value=value,
        low=value - z * se,
        high=value + z * se,
        se=se,
        n=len(matched),
        n_exposed=int(t[matched].sum()),
        n_unexposed=int((~t[matched]).sum()),
        confidence=confidence,
        notes=("with replacement, logit propensity score",),
    )
    if left_out:
        first = replace(first, notes=(*first.notes, f"{left_out} without a match within the caliper are left out"))
    return (first,)


def _nearest(score: Floats, own: Rows, other: Rows, widest: float) -> Rows:
    order = other[np.argsort(score[other], kind="stable")]
    ranked = score[order]
    place = np.searchsorted(ranked, score[own])
    below, above = np.clip(place - 1, 0, len(order) - 1), np.clip(place, 0, len(order) - 1)
    nearer_below = np.abs(score[own] - ranked[below]) <= np.abs(ranked[above] - score[own])
    chosen = order[np.where(nearer_below, below, above)]
    return np.where(np.abs(score[chosen] - score[own]) <= widest, chosen, -1)


def _nearest_twin(score: Floats, own: Rows) -> Rows:
    """The nearest other person of the same arm."""
    order = own[np.argsort(score[own], kind="stable")]
    ranked = score[order]
    gap_left = np.r_[np.inf, np.diff(ranked)]
    gap_right = np.r_[np.diff(ranked), np.inf]
    step = np.where(gap_left <= gap_right, -1, 1)
    twin_of = order[np.clip(np.arange(len(order)) + step, 0, len(order) - 1)]
    place = np.empty(len(order), dtype=np.intp)
    place[np.argsort(order, kind="stable")] = twin_of
    return place
