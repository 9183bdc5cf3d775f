"""The score test of many exposures against one fitted null model, in blocks of matrix products.

For an exposure x the score is U = x'r and its information V = x'Wx - x'H J^-1 H'x, with r the residuals of the null
model, W its weights, H the information between the linear predictor and the nuisance parameters, J that among them.
Linear, logistic, Poisson and proportional-odds models differ only in r, W, H and J.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from miner.associations import screen_kernels

Floats = npt.NDArray[np.float64]

_RECENTRE = 1e-3
"""An exposure that keeps less than this share of its information is centred and computed again."""
ALIASED = 1e-9
"""An exposure that keeps less than this share after centring is a combination of the covariates."""


class NullModel(Protocol):
    """What every fitted null model offers to the score test."""

    @property
    def residual(self) -> Floats:
        """Residuals, the derivative of the log-likelihood by each person's linear predictor."""

    @property
    def rank(self) -> int:
        """Nuisance parameters that are not aliased."""

    def scores(self, exposures: Floats) -> tuple[Floats, Floats, Floats]:
        """(U, V, x'Wx) of each exposure of (b, n)."""

    def joint(self, columns: Floats) -> tuple[Floats, Floats]:
        """U (c,) and V (c, c) of a few columns (c, n) together."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreModel:
    """A null model of independent persons: ``columns`` are residuals and projected H, ``weight`` is empty if all 1."""

    columns: Floats
    weight: Floats

    @classmethod
    def build(cls, residual: Floats, weight: Floats, cross: Floats, information: Floats) -> ScoreModel:
        """From the cross information H (n, d) and the information J (d, d) among the nuisance parameters.

        Directions of J without information (aliased covariates) are left out.
        """
        scale = np.sqrt(np.diag(information))
        scale = np.where(scale > 0, scale, 1.0)
        values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
        keep = values > 1e-10 * values[-1]
        root = vectors[:, keep] / np.sqrt(values[keep]) / scale[:, None]
        return cls(columns=np.ascontiguousarray(np.vstack([residual, (cross @ root).T])), weight=weight)

    @property
    def rank(self) -> int:
        """Nuisance parameters that are not aliased."""
        return len(self.columns) - 1

    @property
    def residual(self) -> Floats:
        """Residuals of the null model."""
        return self.columns[0]

    def scores(self, exposures: Floats) -> tuple[Floats, Floats, Floats]:
        """(U, V, x'Wx) of each exposure of (b, n)."""
        products, whole = np.empty((len(exposures), len(self.columns))), np.empty(len(exposures))
        screen_kernels.line_products(exposures, self.columns, self.weight, products, whole)
        return products[:, 0], whole - (products[:, 1:] ** 2).sum(axis=1), whole

    def joint(self, columns: Floats) -> tuple[Floats, Floats]:
        """U (c,) and V (c, c) of a few columns (c, n) together."""
        across = columns @ self.columns[1:].T
        weighted = columns * self.weight if self.weight.size else columns
        return columns @ self.residual, weighted @ columns.T - across @ across.T


def score_tests(model: NullModel, exposures: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """U, V and whether the exposure is constant or aliased, each of shape (b,); NaN for exposures with unknown values.

    U and V do not change when an exposure is shifted, because every null model here holds a constant (or, for Cox, a
    free baseline): exposures that lose nearly all their information to it are centred first, which saves the digits.
    """
    u, v, whole = model.scores(exposures)
    aliased = np.zeros(len(u), np.bool_)
    for k in np.flatnonzero(v < _RECENTRE * whole):
        centred = exposures[k] - exposures[k].mean()
        spread = np.abs(centred).max()
        if spread <= 1e-13 * np.abs(exposures[k]).max():
            aliased[k] = True
            continue
        one_u, one_v, one_whole = model.scores((centred / spread)[None, :])
        aliased[k] = one_v[0] <= ALIASED * one_whole[0]
        u[k], v[k] = one_u[0] * spread, one_v[0] * spread**2
    aliased |= whole == 0
    return u, v, aliased


def joint_test(model: NullModel, columns: Floats) -> tuple[float, int, Floats, Floats]:
    """(U'V^-1 U, rank, one-step coefficients, their covariance) of columns (c, n); NaN where some are aliased."""
    u, v = model.joint(columns)
    scale = np.sqrt(np.maximum(np.einsum("ij,ij->i", columns, columns), 1e-300))
    values, vectors = np.linalg.eigh(v / np.outer(scale, scale))
    keep = values > max(ALIASED * values[-1], 1e-13)
    inverse = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T / np.outer(scale, scale)
    coefficients = inverse @ u
    if not keep.all():
        coefficients, inverse = np.full(len(u), np.nan), np.full_like(inverse, np.nan)
        reduced = (vectors[:, keep].T @ (u / scale)) ** 2 / values[keep]
        return float(reduced.sum()), int(keep.sum()), coefficients, inverse
    return float(u @ inverse @ u), len(u), coefficients, inverse
