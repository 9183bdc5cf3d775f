"""Inverse probability weighting: each person counts for those of the same covariates who were in the other arm.

The propensity model is an unpenalised logistic regression; a penalty moved the published answer of NHEFS from 3.44 to
3.67 kg.

References
----------
Hernan MA, Robins JM. Causal Inference: What If. Chapman & Hall/CRC, 2020, chapter 12.
Lunceford JK, Davidian M. Stat Med 2004;23:2937, doi:10.1002/sim.1903 (influence functions).
Li F, Morgan KL, Zaslavsky AM. JASA 2018;113:390, doi:10.1080/01621459.2016.1260466 (overlap weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from causal.design_matrix import AnalysisData
from causal.estimation.effects import Estimand, Estimate, Means, Method
from causal.estimation.models import Fit, fit_logistic, intercept
from causal.estimation.standardisation import outcome_family
from miner.errors import UnsuitableVariable

Floats = npt.NDArray[np.float64]


class Variance(StrEnum):
    """``robust`` takes the weights as known (the usual sandwich, conservative); ``influence`` counts their
    estimation."""

    ROBUST = "robust"
    INFLUENCE = "influence"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weights:
    """Propensity scores (n,), the weights made of them (n,), the model, and how many were truncated."""

    propensity: Floats
    weights: Floats
    model: Fit
    design: Floats
    estimand: Estimand
    stabilised: bool
    truncated: int


def propensity_model(data: AnalysisData) -> tuple[Fit, Floats]:
    """Unpenalised logistic regression of the exposure on the covariate columns, and its design matrix.

    Raises UnsuitableVariable where the exposure is not 0/1, PerfectSeparation where the covariates tell the arms apart.
    """
    if not data.binary_exposure:
        raise UnsuitableVariable(
            name=data.exposure_name, part="a weighted exposure", reason="weights by one propensity score need two arms"
        )
    design = intercept(data.covariates)
    return fit_logistic(design, data.exposure, names=("intercept", *data.names), model="The propensity model"), design


def inverse_weights(
    data: AnalysisData,
    *,
    estimand: Estimand = Estimand.ATE,
    stabilised: bool = False,
    truncate: float | None = None,
) -> Weights:
    """Weights for the estimand: 1/ps and 1/(1-ps) (ATE), ps odds for the other arm (ATT, ATU), overlap weights (ATO).

    ``truncate`` 0.01 sets the weights below the first and above the 99th percentile to these; None leaves them.
    """
    model, design = propensity_model(data)
    ps, t = model.fitted, data.exposure
    if estimand is Estimand.ATT:
        w = t + (1.0 - t) * ps / (1.0 - ps)
    elif estimand is Estimand.ATU:
        w = t * (1.0 - ps) / ps + (1.0 - t)
    elif estimand is Estimand.ATO:
        w = t * (1.0 - ps) + (1.0 - t) * ps
    else:
        w = t / ps + (1.0 - t) / (1.0 - ps)
        if stabilised:
            w = w * np.where(t == 1.0, t.mean(), 1.0 - t.mean())
    truncated = 0
    if truncate is not None:
        low, high = np.quantile(w, (truncate, 1.0 - truncate))
        truncated = int(((w < low) | (w > high)).sum())
        w = np.clip(w, low, high)
    return Weights(
        propensity=ps,
        weights=w,
        model=model,
        design=design,
        estimand=estimand,
        stabilised=stabilised,
        truncated=truncated,
    )


def ipw(
    data: AnalysisData,
    *,
    estimand: Estimand = Estimand.ATE,
    stabilised: bool = False,
    truncate: float | None = None,
    variance: Variance = Variance.ROBUST,
    confidence: float = 0.95,
) -> tuple[Estimate, ...]:
    """Contrast of the weighted means (Hajek: weights sum to one within each arm).

    Stabilising does not change it for a single exposure (each arm is normalised). Returns one Estimate, or RD, RR and
    OR.
    """
    means = weighted_means(
        data, inverse_weights(data, estimand=estimand, stabilised=stabilised, truncate=truncate), variance
    )
    return means.contrasts(confidence=confidence)


def weighted_means(data: AnalysisData, made: Weights, variance: Variance = Variance.ROBUST) -> Means:
    """The two weighted means with their influence functions."""
    family = outcome_family(data)
    t, y, w, ps = data.exposure, data.outcome, made.weights, made.propensity
    values = np.empty(2)
    influence = np.empty((data.n, 2))
    derivative = _weight_slopes(t, ps, made)
    for k, arm in enumerate((0.0, 1.0)):
        own = np.where(t == arm, w, 0.0)
        total = own.sum()
        values[k] = float((own * y).sum() / total)
        residual = np.where(t == arm, y - values[k], 0.0)
        influence[:, k] = data.n * own * residual / total
        if variance is Variance.INFLUENCE:
            # d(mean)/d(coefficients) times the influence of each person on the coefficients of the propensity model.
            gradient = (made.design * (residual * derivative)[:, None]).sum(axis=0) / total
            scores = made.design * (t - ps)[:, None]
            influence[:, k] += data.n * (scores @ (made.model.bread @ gradient))
    notes = [f"unpenalised logistic propensity model, {made.design.shape[1]} columns"]
    if made.truncated:
        notes.append(f"{made.truncated} weights truncated")
    return Means(
        method=Method.IPW,
        estimand=made.estimand,
        levels=(0.0, 1.0),
        values=values,
        influence=influence,
        n=data.n,
        n_by_level=(int((t == 0.0).sum()), int((t == 1.0).sum())),
        binary=family.value == "logistic",
        cluster=data.cluster,
        notes=tuple(notes),
    )


def _weight_slopes(t: Floats, ps: Floats, made: Weights) -> Floats:
    """Derivative of each weight by the linear predictor of its propensity score (stabilising factors cancel)."""
    if made.estimand is Estimand.ATT:
        slopes = (1.0 - t) * ps / (1.0 - ps)
    elif made.estimand is Estimand.ATU:
        slopes = -t * (1.0 - ps) / ps
    elif made.estimand is Estimand.ATO:
        slopes = np.where(t == 1.0, -1.0, 1.0) * ps * (1.0 - ps)
    else:
        slopes = -t * (1.0 - ps) / ps + (1.0 - t) * ps / (1.0 - ps)
        if made.stabilised:
            slopes = slopes * np.where(t == 1.0, t.mean(), 1.0 - t.mean())
    return slopes
