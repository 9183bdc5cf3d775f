"""One regression with the exposure among its columns: its coefficient, and only its coefficient, is shown (guardrail
G09).

Linear, logistic and Poisson here; for proportional hazards see ``survival``. A logistic coefficient is a conditional
odds ratio, which is another number than the standardised one even without confounding (non-collapsibility).

References
----------
McCullagh P, Nelder JA. Generalized Linear Models, 2nd ed. 1989. Sandwich errors: White, Econometrica 1980;48:817.
Zou G. Am J Epidemiol 2004;159:702, doi:10.1093/aje/kwh090 (Poisson regression for a risk ratio).
"""

from __future__ import annotations

import math
from enum import StrEnum

import numpy as np
from scipy.special import ndtri, stdtrit

from causal.design_matrix import AnalysisData
from causal.estimation.effects import Estimand, Estimate, Means, Method, Scale
from causal.estimation.models import Family, fit_linear, fit_logistic, fit_poisson, intercept
from causal.estimation.standardisation import outcome_family
from miner.errors import UnsuitableVariable


class Link(StrEnum):
    """The model of the mean."""

    LINEAR = "linear"
    LOGISTIC = "logistic"
    POISSON = "poisson"


def regression(
    data: AnalysisData, *, link: Link | None = None, robust: bool = True, confidence: float = 0.95
) -> tuple[Estimate, ...]:
    """The exposure's coefficient given the covariates.

    Parameters
    ----------
    link : linear by default; logistic gives a conditional odds ratio, Poisson a risk or rate ratio (robust errors).
    robust : sandwich errors (clusters where declared), else those of the model.

    Returns
    -------
    One Estimate, with estimand *conditional*.
    """
    kind = link or Link.LINEAR
    design = intercept(data.exposure[:, None], data.covariates)
    names = ("intercept", data.exposure_name, *data.names)
    if kind is Link.LOGISTIC:
        if outcome_family(data) is not Family.LOGISTIC:
            raise UnsuitableVariable(name=data.outcome_name, part="a logistic outcome", reason="it is not 0/1")
        model, scale = fit_logistic(design, data.outcome, names=names, model="The outcome model"), Scale.ODDS_RATIO
    elif kind is Link.POISSON:
        if data.outcome.min() < 0:
            raise UnsuitableVariable(name=data.outcome_name, part="a count", reason="it has values below 0")
        outcome_family(data)
        model = fit_poisson(design, data.outcome, names=names)
        scale = Scale.RISK_RATIO if data.binary_outcome else Scale.RATE_RATIO
    else:
        model = fit_linear(design, data.outcome, names=names)
        scale = Scale.RISK_DIFFERENCE if data.binary_outcome else Scale.MEAN_DIFFERENCE
    residual = data.outcome - model.fitted
    if robust:
        covariance = model.covariance(design * residual[:, None], data.cluster)
    else:
        spread = float(residual @ residual) / (data.n - design.shape[1]) if kind is Link.LINEAR else 1.0
        covariance = model.bread * spread
    b, se = float(model.coefficients[1]), math.sqrt(float(covariance[1, 1]))
    # The errors of a linear model with normal residuals follow Student's t exactly.
    exact = kind is Link.LINEAR and not robust
    level = 0.5 + confidence / 2
    z = float(stdtrit(data.n - design.shape[1], level) if exact else ndtri(level))
    ends = (b, b - z * se, b + z * se)
    value, low, high = (math.exp(v) for v in ends) if scale.is_ratio else ends
    return (
        Estimate(
            method=Method.REGRESSION,
            estimand=Estimand.CONDITIONAL,
            scale=scale,
            value=value,
            low=low,
            high=high,
            se=se,
            n=data.n,
            n_exposed=int((data.exposure == 1.0).sum()),
            n_unexposed=int((data.exposure == 0.0).sum()),
            confidence=confidence,
            notes=(f"{kind.value} model, {design.shape[1]} columns", "robust errors" if robust else "model errors"),
        ),
    )


def crude(data: AnalysisData, *, confidence: float = 0.95) -> tuple[Estimate, ...]:
    """The two arms as they are: difference of means, or RD, RR and OR, without any covariate."""
    family = outcome_family(data)
    values, influence = np.empty(2), np.empty((data.n, 2))
    for k, arm in enumerate((0.0, 1.0)):
        own = data.exposure == arm
        values[k] = data.outcome[own].mean()
        influence[:, k] = np.where(own, data.outcome - values[k], 0.0) * data.n / own.sum()
    means = Means(
        method=Method.CRUDE,
        estimand=Estimand.ATE,
        levels=(0.0, 1.0),
        values=values,
        influence=influence,
        n=data.n,
        n_by_level=(int((data.exposure == 0.0).sum()), int((data.exposure == 1.0).sum())),
        binary=family is Family.LOGISTIC,
        cluster=data.cluster,
        notes=("nothing adjusted for",),
    )
    return means.contrasts(confidence=confidence)
