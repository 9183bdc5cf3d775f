"""Polychoric correlation: the correlation of two normal variables of which only ordered classes were seen.

Source: Olsson U. Psychometrika 1979;44:443-460. doi:10.1007/BF02296207

>>> round(polychoric([[40, 15], [10, 35]]).rho, 4)
0.7127
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from miner.statistics.contingency import held
from miner.statistics.results import Floats, Status

NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)
LARGEST_RHO = 0.9999
LEAST_PROBABILITY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Polychoric:
    """Maximum likelihood and two-step estimates; ``degenerate`` where the table is monotone and rho runs to 1 or -1."""

    rho: float
    standard_error: float
    rho_two_step: float
    row_thresholds: tuple[float, ...]
    column_thresholds: tuple[float, ...]
    status: Status
    reason: str = ""


def polychoric(table: npt.ArrayLike) -> Polychoric:
    """Polychoric correlation of an r x c table of ordered classes (tetrachoric for 2 x 2).

    Two-step takes the thresholds from the margins and maximises over rho; maximum likelihood moves all of them. The
    standard error is that of rho from the observed information of all parameters. NaN with fewer than two classes.
    """
    counts = held(table)
    if min(counts.shape) < 2:
        nan = float("nan")
        return Polychoric(
            rho=nan,
            standard_error=nan,
            rho_two_step=nan,
            row_thresholds=(),
            column_thresholds=(),
            status=Status.NOT_COMPUTED,
            reason="one of the variables takes a single value",
        )
    from scipy.optimize import minimize, minimize_scalar

    n = counts.sum()
    rows, columns = (ndtri(np.cumsum(counts.sum(axis=axis))[:-1] / n) for axis in (1, 0))
    cut = len(rows)

    def loss(rho: float, row: Floats, column: Floats) -> float:
        return float(-(counts * np.log(np.maximum(_cells(rho, row, column), LEAST_PROBABILITY))).sum() / n)

    one = minimize_scalar(
        lambda rho: loss(float(rho), rows, columns),
        bounds=(-LARGEST_RHO, LARGEST_RHO),
        method="bounded",
        options={"xatol": 1e-10},
    )
    two_step = float(one.x)

    def unpack(parameters: Floats) -> tuple[float, Floats, Floats]:
        return float(np.tanh(parameters[0])), _increasing(parameters[1 : 1 + cut]), _increasing(parameters[1 + cut :])

    def free_loss(parameters: Floats) -> float:
        return loss(*unpack(parameters))

    start = np.concatenate([[np.arctanh(two_step)], _steps(rows), _steps(columns)])
    best = minimize(free_loss, start, method="BFGS", options={"gtol": 1e-8})
    rho, row, column = unpack(best.x)
    degenerate = abs(rho) > 0.999 or abs(two_step) > 0.999
    return Polychoric(
        rho=rho,
        standard_error=float("nan") if degenerate else _standard_error(rho, row, column, counts),
        rho_two_step=two_step,
        row_thresholds=tuple(map(float, row)),
        column_thresholds=tuple(map(float, column)),
        status=Status.DEGENERATE if degenerate else Status.OK,
        reason="the classes are (nearly) in perfect order" if degenerate else "",
    )


def bivariate_normal(h: npt.ArrayLike, k: npt.ArrayLike, rho: float) -> Floats:
    """P(X <= h, Y <= k) of a standard bivariate normal: Plackett's integral over the angle, by Gauss-Legendre."""
    x, y = np.broadcast_arrays(np.asarray(h, dtype=np.float64), np.asarray(k, dtype=np.float64))
    finite = np.isfinite(x) & np.isfinite(y)
    u, v = np.where(finite, x, 0.0), np.where(finite, y, 0.0)
    half = np.arcsin(rho) / 2
    angle = half * (NODES + 1)
    sine, cosine2 = np.sin(angle), np.cos(angle) ** 2
    exponent = (u * u + v * v)[..., None] - 2 * (u * v)[..., None] * sine
    integral = half * (WEIGHTS * np.exp(-exponent / (2 * cosine2))).sum(axis=-1) / (2 * np.pi)
    return ndtr(x) * ndtr(y) + np.where(finite, integral, 0.0)


def _cells(rho: float, rows: Floats, columns: Floats) -> Floats:
    edges = [np.concatenate([[-np.inf], cuts, [np.inf]]) for cuts in (rows, columns)]
    corner = bivariate_normal(edges[0][:, None], edges[1][None, :], rho)
    return corner[1:, 1:] - corner[:-1, 1:] - corner[1:, :-1] + corner[:-1, :-1]


def _standard_error(rho: float, rows: Floats, columns: Floats, counts: Floats) -> float:
    """From the inverse of the observed information of rho and all thresholds, by second differences."""
    parameters = np.concatenate([[rho], rows, columns])
    cut = 1 + len(rows)

    def loss(at: Floats) -> float:
        cells = _cells(float(at[0]), at[1:cut], at[cut:])
        return float(-(counts * np.log(np.maximum(cells, LEAST_PROBABILITY))).sum())

    size = len(parameters)
    steps = np.eye(size) * 1e-4 * min(1.0, 1 - abs(rho))
    information = np.empty((size, size))
    for i in range(size):
        for j in range(i, size):
            corners = [loss(parameters + p * steps[i] + q * steps[j]) for p, q in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            curvature = corners[0] - corners[1] - corners[2] + corners[3]
            information[i, j] = information[j, i] = curvature / (4 * steps[i, i] * steps[j, j])
    return float(np.sqrt(max(0.0, np.linalg.pinv(information)[0, 0])))


def _increasing(steps: Floats) -> Floats:
    return np.concatenate([steps[:1], steps[0] + np.cumsum(np.exp(steps[1:]))])


def _steps(cuts: Floats) -> Floats:
    return np.concatenate([cuts[:1], np.log(np.diff(cuts))])
