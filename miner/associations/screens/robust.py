"""Wald tests under clusters and survey designs, by linearisation.

Each person's influence on the coefficients is summed within sampling units, and the variance of those sums is taken
within strata (Binder 1983, doi:10.2307/1402588). Equal to ``svyglm`` of R's survey package for single-stage designs
with replacement, and to the cluster-robust error with the factor G / (G - 1) where only clusters are declared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from miner.associations.screens.score import Floats
from miner.errors import BadScreen, NullModelFailed
from miner.tables.model import Dataset

_ROUNDS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Weights, strata and sampling units of the persons used; ``name`` is "cluster" or "survey"."""

    name: str
    weight: Floats
    stratum: npt.NDArray[np.int64]
    unit: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    """Sampling units of each stratum in the whole table: a unit whose persons are all left out still counts."""

    @classmethod
    def build(
        cls, dataset: Dataset, rows: npt.NDArray[np.int64], *, cluster: str, weight: str, stratum: str, unit: str
    ) -> Design | None:
        """The declared design, None where there is none.

        Raises
        ------
        BadScreen
            A weight that is unknown, negative or infinite, or clusters declared beside a survey design.
        """
        if not (cluster or weight or stratum or unit):
            return None
        if cluster and (weight or stratum or unit):
            raise BadScreen(detail="clusters are the sampling units of a survey design: declare one or the other")
        weights = np.asarray(dataset[weight], np.float64) if weight else np.ones(dataset.n)
        if not np.isfinite(weights).all() or (weights < 0).any():
            raise BadScreen(detail=f"the weight '{weight}' is negative or unknown for someone")
        strata = _codes(dataset, stratum) if stratum else np.zeros(dataset.n, np.int64)
        within = _codes(dataset, unit or cluster) if unit or cluster else np.arange(dataset.n)
        units = np.unique(np.column_stack([strata, within]), axis=0, return_inverse=True)[1].reshape(-1)
        counted = np.zeros(int(strata.max()) + 1, np.int64)
        inside = np.unique(np.column_stack([strata, units])[weights > 0], axis=0)
        np.add.at(counted, inside[:, 0], 1)
        return cls(
            name="cluster" if cluster else "survey",
            weight=weights[rows],
            stratum=strata[rows],
            unit=units[rows],
            size=counted,
        )

    def take(self, keep: npt.NDArray[np.bool_]) -> Design:
        """The same design for some of the persons: a domain of the survey."""
        return Design(
            name=self.name,
            weight=self.weight[keep],
            stratum=self.stratum[keep],
            unit=self.unit[keep],
            size=self.size,
        )

    @property
    def degrees(self) -> int:
        """Sampling units minus strata."""
        return int(self.size.sum() - (self.size > 0).sum())

    def covariance(self, influence: Floats) -> Floats:
        """Covariance of the sums of influence (n, k) under the design; strata with a single unit add nothing."""
        totals = np.zeros((int(self.unit.max(initial=-1)) + 1, influence.shape[1]))
        np.add.at(totals, self.unit, influence)
        stratum_of = np.zeros(len(totals), np.int64)
        stratum_of[self.unit] = self.stratum
        occurs = np.zeros(len(totals), np.bool_)
        occurs[self.unit] = True
        covariance = np.zeros((influence.shape[1], influence.shape[1]))
        for h in np.unique(stratum_of[occurs]):
            count = self.size[h]
            if count < 2:
                continue
            lines = totals[occurs & (stratum_of == h)]
            mean = lines.sum(axis=0) / count
            # Units without anybody left in the domain have totals of zero and still deviate from the mean.
            deviations = (lines - mean).T @ (lines - mean) + (count - len(lines)) * np.outer(mean, mean)
            covariance += count / (count - 1) * deviations
        return covariance


def design_test(
    label: str, y: Floats, given: Floats, offset: Floats, columns: Floats, design: Design
) -> tuple[Floats, Floats, int]:
    """Coefficients (c,) of an exposure's columns (c, n), their covariance, and the degrees of freedom of the test."""
    matrix = np.hstack([given, columns.T])
    scale = np.sqrt((matrix**2).mean(axis=0))
    matrix = matrix / np.where(scale > 0, scale, 1.0)
    coefficients, information, residual = _weighted_fit(label, y, matrix, offset, design.weight)
    values = np.linalg.eigvalsh(information)
    if values[0] <= 1e-10 * values[-1]:
        nothing = np.full((len(columns), len(columns)), np.nan)
        return np.full(len(columns), np.nan), nothing, 1
    inverse = np.linalg.inv(information)
    influence = (matrix * (design.weight * residual)[:, None]) @ inverse
    chosen = slice(given.shape[1], None)
    covariance = design.covariance(influence)[chosen, chosen] / np.outer(scale[chosen], scale[chosen])
    lost = 0 if design.name == "cluster" else matrix.shape[1] - 1
    return coefficients[chosen] / scale[chosen], covariance, design.degrees - lost


def _weighted_fit(
    label: str, y: Floats, matrix: Floats, offset: Floats, weight: Floats
) -> tuple[Floats, Floats, Floats]:
    """Pseudo-likelihood coefficients, information and residuals with sampling weights."""
    coefficients = np.zeros(matrix.shape[1])
    share = float((weight * y).sum() / (weight * np.exp(offset)).sum()) if label == "poisson" else 0.0
    if label == "logistic":
        share = float(special.logit((weight * y).sum() / weight.sum()))
    elif label == "poisson":
        share = float(np.log(share))
    coefficients[0] = share / matrix[0, 0]
    for _ in range(_ROUNDS):
        eta = matrix @ coefficients + offset
        if label == "linear":
            fitted, variance = eta, np.ones(len(y))
        elif label == "logistic":
            fitted = special.expit(eta)
            variance = fitted * (1 - fitted)
        else:
            fitted = variance = np.exp(np.minimum(eta, 700.0))
        information = (matrix * (weight * variance)[:, None]).T @ matrix
        step = np.linalg.lstsq(information, matrix.T @ (weight * (y - fitted)), rcond=1e-12)[0]
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-10 * (1 + np.abs(coefficients).max()):
            return coefficients, information, y - fitted
        if np.abs(coefficients).max() > 1e3:
            break
    raise NullModelFailed(model=label, reason="the exposure or the covariates separate the outcome")


def _codes(dataset: Dataset, name: str) -> npt.NDArray[np.int64]:
    values = np.asarray(dataset[name], np.float64)
    return np.unique(np.where(np.isnan(values), np.inf, values), return_inverse=True)[1].reshape(-1)
