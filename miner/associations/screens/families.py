"""The null models of a screen: each outcome fitted once on the covariates alone.

Canonical links, so that observed and expected information agree; fitted by Newton's method with halved steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from miner.associations.screens.score import Floats, ScoreModel
from miner.errors import NullModelFailed

_ROUNDS = 60


def linear_model(y: Floats, given: Floats) -> ScoreModel:
    """Least squares of y (n,) on the covariates (n, k), the constant among them."""
    model = ScoreModel.build(y, np.zeros(0), given, given.T @ given)
    basis = model.columns[1:]
    # Twice, because the first projection leaves rounding of the size of y.
    for _ in range(2):
        model.columns[0] -= (basis @ model.columns[0]) @ basis
    return model


def logistic_model(y: Floats, given: Floats) -> ScoreModel:
    """Logistic regression of y in {0, 1} on the covariates."""
    return _canonical(y, given, np.zeros(len(y)), "logistic")


def poisson_model(y: Floats, given: Floats, offset: Floats) -> ScoreModel:
    """Log-linear regression of counts; ``offset`` is the log of the time or the population at risk."""
    return _canonical(y, given, offset, "poisson")


def ordinal_model(y: npt.NDArray[np.int64], given: Floats) -> ScoreModel:
    """Proportional odds of ordered levels 0..J-1; ``given`` holds the constant first, which the thresholds replace.

    With thresholds t_j, P(y <= j) = expit(t_j - eta). Residuals and information are those of the linear predictor eta
    (McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x), all observed.
    """
    levels = int(y.max()) + 1
    slopes = given[:, 1:]
    share = np.cumsum(np.bincount(y, minlength=levels))[:-1] / len(y)
    parameters = np.concatenate([special.logit(share), np.zeros(slopes.shape[1])])
    last = _ordinal_loglik(parameters, y, slopes, levels)
    for _ in range(_ROUNDS):
        gradient, information, *_ = _ordinal_parts(parameters, y, slopes, levels)
        step = np.linalg.lstsq(information, gradient, rcond=1e-12)[0]
        factor = 1.0
        while True:
            trial = parameters + factor * step
            value = _ordinal_loglik(trial, y, slopes, levels)
            if value >= last - 1e-10 or factor < 1e-6:
                break
            factor /= 2
        parameters, gain, last = trial, value - last, value
        if abs(gain) < 1e-10 * (1 + abs(last)) and np.abs(step).max() < 1e-8:
            break
    else:
        raise NullModelFailed(model="ordinal", reason="the fit did not settle")
    _, information, residual, weight, cross = _ordinal_parts(parameters, y, slopes, levels)
    return ScoreModel.build(residual, weight, cross, information)


def _canonical(y: Floats, given: Floats, offset: Floats, family: str) -> ScoreModel:
    scale = np.sqrt((given**2).mean(axis=0))
    design = given / np.where(scale > 0, scale, 1.0)
    start = np.zeros(design.shape[1])
    mean = y.mean() if family == "logistic" else y.sum() / np.exp(offset).sum()
    start[0] = special.logit(mean) if family == "logistic" else np.log(mean)
    start[0] /= design[0, 0]
    coefficients = start
    for _ in range(_ROUNDS):
        eta = design @ coefficients + offset
        fitted, weight, value = _moments(y, eta, family)
        gradient = design.T @ (y - fitted)
        information = (design * weight[:, None]).T @ design
        step = np.linalg.lstsq(information, gradient, rcond=1e-12)[0]
        if np.abs(step).max() < 1e-7 * (1 + np.abs(coefficients).max()):
            # One last whole step squares the error, so that the residuals are orthogonal to the covariates.
            fitted, weight, _ = _moments(y, design @ (coefficients + step) + offset, family)
            information = (design * weight[:, None]).T @ design
            break
        factor = 1.0
        while factor > 1e-6:
            trial = coefficients + factor * step
            if _moments(y, design @ trial + offset, family)[2] >= value - 1e-9 * abs(value):
                break
            factor /= 2
        coefficients = trial
        if np.abs(coefficients).max() > 1e3:
            raise NullModelFailed(model=family, reason="the covariates alone separate the outcome")
    else:
        raise NullModelFailed(model=family, reason="the covariates alone nearly separate the outcome")
    return ScoreModel.build(y - fitted, weight, design * weight[:, None], information)


def _moments(y: Floats, eta: Floats, family: str) -> tuple[Floats, Floats, float]:
    """Fitted mean, variance and log-likelihood."""
    if family == "logistic":
        fitted = special.expit(eta)
        return fitted, fitted * (1 - fitted), float((y * eta - np.logaddexp(0, eta)).sum())
    fitted = np.exp(np.minimum(eta, 700.0))
    return fitted, fitted, float((y * eta - fitted).sum())


def _ordinal_ends(parameters: Floats, y: npt.NDArray[np.int64], slopes: Floats, levels: int) -> tuple[Floats, Floats]:
    thresholds = np.concatenate([[-np.inf], parameters[: levels - 1], [np.inf]])
    eta = slopes @ parameters[levels - 1 :]
    return special.expit(thresholds[y + 1] - eta), special.expit(thresholds[y] - eta)


def _ordinal_loglik(parameters: Floats, y: npt.NDArray[np.int64], slopes: Floats, levels: int) -> float:
    upper, lower = _ordinal_ends(parameters, y, slopes, levels)
    mass = upper - lower
    return float(np.log(mass).sum()) if (mass > 0).all() else -np.inf


def _ordinal_parts(
    parameters: Floats, y: npt.NDArray[np.int64], slopes: Floats, levels: int
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Gradient and observed information of all parameters; residual, weight and cross information of eta.

    With F the upper and G the lower cumulative probability of a person, ln L = ln(F - G), dF/dt = F(1-F) = f and
    dG/dt = G(1-G) = g: the derivative by eta is F + G - 1 and the information of eta is f + g.
    """
    upper, lower = _ordinal_ends(parameters, y, slopes, levels)
    f, g, mass = upper * (1 - upper), lower * (1 - lower), upper - lower
    rows = np.arange(len(y))
    to_upper, to_lower = np.zeros((len(y), levels + 1)), np.zeros((len(y), levels + 1))
    to_upper[rows, y + 1], to_lower[rows, y] = 1.0, 1.0
    to_upper, to_lower = to_upper[:, 1:levels], to_lower[:, 1:levels]
    by_threshold = (to_upper * f[:, None] - to_lower * g[:, None]) / mass[:, None]
    residual, weight = upper + lower - 1, f + g
    # Observed information: minus the second derivatives of ln(F - G).
    bend_f, bend_g = f * (1 - 2 * upper), g * (1 - 2 * lower)
    among = by_threshold.T @ by_threshold
    among -= np.diag((to_upper.T @ (bend_f / mass)) - (to_lower.T @ (bend_g / mass)))
    across = -(to_upper * f[:, None] + to_lower * g[:, None])
    cross = np.hstack([across, slopes * weight[:, None]])
    information = np.block([[among, across.T @ slopes], [slopes.T @ across, (slopes * weight[:, None]).T @ slopes]])
    gradient = np.concatenate([by_threshold.sum(axis=0), slopes.T @ residual])
    return gradient, information, residual, weight, cross
