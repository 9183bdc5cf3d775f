"""The two regressions all else rests on: least squares and unpenalised logistic, refusing where no answer exists.

Both return what a robust variance needs: fitted values and the inverse of the information (the "bread").

>>> import numpy as np
>>> fit_linear(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0]]), np.array([1.0, 2.0, 4.0])).coefficients.round(9).tolist()
[1.0, 2.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from miner.errors import CollinearCovariates, PerfectSeparation, TooFewPersons

Floats = npt.NDArray[np.float64]


class Family(StrEnum):
    """The outcome model: a mean that is linear in the columns, or a log odds or a logarithm that is."""

    LINEAR = "linear"
    LOGISTIC = "logistic"
    POISSON = "poisson"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A fitted model: coefficients (p,), fitted means (n,), and (X'WX)^-1 (p, p)."""

    family: Family
    coefficients: Floats
    fitted: Floats
    bread: Floats
    columns: tuple[str, ...]

    def predict(self, design: Floats) -> Floats:
        """Fitted means for other rows of the same columns."""
        eta = design @ self.coefficients
        if self.family is Family.POISSON:
            return np.exp(eta)
        return expit(eta) if self.family is Family.LOGISTIC else eta

    def slope(self, fitted: Floats) -> Floats:
        """Derivative of the mean by the linear predictor."""
        if self.family is Family.POISSON:
            return fitted
        return fitted * (1.0 - fitted) if self.family is Family.LOGISTIC else np.ones_like(fitted)

    def covariance(self, scores: Floats, cluster: npt.NDArray[np.intp] | None = None) -> Floats:
        """Sandwich covariance of the coefficients from the scores x (y - mu) (n, p), summed by cluster where given."""
        meat = by_cluster(scores, cluster)
        return self.bread @ (meat.T @ meat) @ self.bread


def intercept(*blocks: Floats) -> Floats:
    """A column of ones and the blocks beside it."""
    n = len(blocks[0])
    return np.column_stack([np.ones(n), *blocks])


def by_cluster(values: Floats, cluster: npt.NDArray[np.intp] | None) -> Floats:
    """Rows summed within clusters (as they are where persons are independent)."""
    if cluster is None:
        return values
    sums = np.zeros((int(cluster.max()) + 1, *values.shape[1:]))
    np.add.at(sums, cluster, values)
    return sums


def fit_linear(design: Floats, outcome: Floats, weights: Floats | None = None, *, names: Sequence[str] = ()) -> Fit:
    """Least squares, weighted where weights (n,) are given. Raises CollinearCovariates, TooFewPersons."""
    w = np.ones(len(outcome)) if weights is None else weights
    bread = _inverse(design, w, names)
    found = np.linalg.lstsq(design * np.sqrt(w)[:, None], outcome * np.sqrt(w), rcond=None)[0]
    coefficients = np.asarray(found, dtype=np.float64)
    return Fit(
        family=Family.LINEAR,
        coefficients=coefficients,
        fitted=design @ coefficients,
        bread=bread,
        columns=tuple(names),
    )


def fit_logistic(
    design: Floats,
    outcome: Floats,
    weights: Floats | None = None,
    *,
    names: Sequence[str] = (),
    model: str = "The logistic model",
) -> Fit:
    """Maximum likelihood by Newton steps, without any penalty.

    Raises PerfectSeparation where the likelihood has no maximum (coefficients run away, or a fitted probability
    reaches 0 or 1), CollinearCovariates, TooFewPersons.
    """
    w = np.ones(len(outcome)) if weights is None else weights
    _inverse(design, w, names)
    mean = float(np.average(outcome, weights=w))
    if not 0.0 < mean < 1.0:
        raise PerfectSeparation(model=model)
    coefficients = np.zeros(design.shape[1])
    if np.all(design[:, 0] == 1.0):
        coefficients[0] = np.log(mean / (1.0 - mean))
    deviance = np.inf
    for _ in range(50):
        fitted = expit(design @ coefficients)
        spread = w * fitted * (1.0 - fitted)
        information = design.T @ (design * spread[:, None])
        try:
            step = np.asarray(np.linalg.solve(information, design.T @ (w * (outcome - fitted))), dtype=np.float64)
        except np.linalg.LinAlgError as cause:
            raise PerfectSeparation(model=model) from cause
        before = coefficients
        coefficients, deviance = _damped(design, outcome, w, coefficients, step, deviance)
        # The likelihood flattens long before separated coefficients stop: what must settle is the linear predictor.
        if float(np.abs(design @ (coefficients - before)).max()) < 1e-8:
            break
    else:
        raise PerfectSeparation(model=model)
    fitted = expit(design @ coefficients)
    if fitted.min() < 1e-12 or fitted.max() > 1.0 - 1e-12:
        raise PerfectSeparation(model=model)
    spread = w * fitted * (1.0 - fitted)
    return Fit(
        family=Family.LOGISTIC,
        coefficients=coefficients,
        fitted=fitted,
        bread=_symmetric_inverse(design.T @ (design * spread[:, None])),
        columns=tuple(names),
    )


def fit_poisson(design: Floats, outcome: Floats, *, names: Sequence[str] = ()) -> Fit:
    """Poisson regression with a logarithmic link, by Newton steps. Raises PerfectSeparation where a rate runs to 0."""
    _inverse(design, np.ones(len(outcome)), names)
    if not outcome.sum() > 0:
        raise PerfectSeparation(model="The Poisson model")
    coefficients = np.zeros(design.shape[1])
    if np.all(design[:, 0] == 1.0):
        coefficients[0] = np.log(outcome.mean())
    for _ in range(60):
        fitted = np.exp(design @ coefficients)
        information = design.T @ (design * fitted[:, None])
        move = design @ np.linalg.solve(information, design.T @ (outcome - fitted))
        # A step that changes a rate by more than e squared is shortened: the likelihood is not quadratic that far.
        length = min(1.0, 2.0 / max(float(np.abs(move).max()), 1e-300))
        coefficients = coefficients + length * np.linalg.solve(information, design.T @ (outcome - fitted))
        if float(np.abs(move).max()) < 1e-9:
            break
        if float(np.exp(design @ coefficients).min()) < 1e-12:
            raise PerfectSeparation(model="The Poisson model")
    else:
        raise PerfectSeparation(model="The Poisson model")
    fitted = np.exp(design @ coefficients)
    return Fit(
        family=Family.POISSON,
        coefficients=coefficients,
        fitted=fitted,
        bread=_symmetric_inverse(design.T @ (design * fitted[:, None])),
        columns=tuple(names),
    )


def fit(family: Family, design: Floats, outcome: Floats, weights: Floats | None = None, *, names: Sequence[str]) -> Fit:
    """The model of the family named."""
    if family is Family.LOGISTIC:
        return fit_logistic(design, outcome, weights, names=names, model="The outcome model")
    return fit_linear(design, outcome, weights, names=names)


def _damped(
    design: Floats, outcome: Floats, w: Floats, start: Floats, step: Floats, before: float
) -> tuple[Floats, float]:
    # Newton on a convex deviance overshoots only when probabilities are near 0 or 1: halving then suffices.
    for halving in range(30):
        candidate = start + step * 0.5**halving
        eta = design @ candidate
        after = float(2.0 * np.sum(w * (np.logaddexp(0.0, eta) - outcome * eta)))
        if after <= before + 1e-9 * abs(after):
            return candidate, after
    return start, before


def _symmetric_inverse(information: Floats) -> Floats:
    inverse = np.asarray(np.linalg.inv(information), dtype=np.float64)
    return (inverse + inverse.T) / 2.0


def _inverse(design: Floats, weights: Floats, names: Sequence[str]) -> Floats:
    n, p = design.shape
    if n <= p:
        raise TooFewPersons(n=n, columns=p)
    root = design * np.sqrt(weights)[:, None]
    scale = np.sqrt((root**2).sum(axis=0))
    scale[scale == 0.0] = 1.0
    triangle = np.linalg.qr(root / scale, mode="r")
    # Without pivoting the first column that adds nothing to those before it has a vanishing diagonal entry.
    weak = np.flatnonzero(np.abs(np.diag(triangle)) < 1e-9)
    if len(weak):
        column = int(weak[0])
        raise CollinearCovariates(column=names[column] if column < len(names) else f"column {column + 1}")
    back = np.linalg.inv(triangle) / scale[:, None]
    return back @ back.T
