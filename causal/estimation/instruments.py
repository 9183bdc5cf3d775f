"""Instruments: the Wald ratio and two-stage least squares, with the first-stage F beside them.

The number belongs to those whom the instrument moves (LATE), or to everyone if the effect is the same for all.

References
----------
Angrist JD, Imbens GW, Rubin DB. JASA 1996;91:444. Staiger D, Stock JH. Econometrica 1997;65:557 (F above 10).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from causal.design_matrix import AnalysisData
from causal.estimation.effects import Estimand, Estimate, Method, Scale
from causal.estimation.models import by_cluster, fit_linear, intercept
from miner.errors import TooFewPersons, WeakInstrument

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrumented:
    """The estimate with its first stage: F of the instruments, and least squares for comparison."""

    estimate: Estimate
    first_stage_f: float
    least_squares: float

    @property
    def weak(self) -> bool:
        """True where F is below 10: the interval then promises more than it holds."""
        return self.first_stage_f < 10.0


def two_stage(
    data: AnalysisData, instruments: Floats, *, confidence: float = 0.95, name: str = "instrument"
) -> Instrumented:
    """Two-stage least squares of the outcome on the exposure and covariates; robust errors.

    With one 0/1 instrument and no covariates it is the Wald ratio. Raises WeakInstrument below F = 1.

    Parameters
    ----------
    instruments : (n,) or (n, q), not among the covariates.
    """
    z = instruments.reshape(data.n, -1)
    exogenous = intercept(data.covariates)
    if data.n <= exogenous.shape[1] + z.shape[1] + 1:
        raise TooFewPersons(n=data.n, columns=exogenous.shape[1] + z.shape[1] + 1)
    titles = ("intercept", *data.names, *(f"{name} {i + 1}" for i in range(z.shape[1])))
    full = np.column_stack([exogenous, z])
    stage, restricted = (
        fit_linear(full, data.exposure, names=titles),
        fit_linear(exogenous, data.exposure, names=titles),
    )
    rss1 = float(((data.exposure - stage.fitted) ** 2).sum())
    rss0 = float(((data.exposure - restricted.fitted) ** 2).sum())
    degrees = data.n - full.shape[1]
    f = ((rss0 - rss1) / z.shape[1]) / (rss1 / degrees) if rss1 else math.inf
    if f < 1.0:
        raise WeakInstrument(instrument=name, statistic=f)
    projected = np.column_stack([stage.fitted, exogenous])
    second = fit_linear(projected, data.outcome, names=(data.exposure_name, *titles))
    actual = np.column_stack([data.exposure, exogenous])
    residual = data.outcome - actual @ second.coefficients
    scores = by_cluster(projected * residual[:, None], data.cluster)
    covariance = second.bread @ (scores.T @ scores) @ second.bread
    value, se = float(second.coefficients[0]), math.sqrt(float(covariance[0, 0]))
    plain = fit_linear(actual, data.outcome, names=(data.exposure_name, *titles))
    q = float(ndtri(0.5 + confidence / 2))
    wald = z.shape[1] == 1 and not data.covariates.shape[1] and bool(np.isin(z, (0.0, 1.0)).all())
    estimate = Estimate(
        method=Method.WALD if wald else Method.TWO_STAGE,
        estimand=Estimand.LATE,
        scale=Scale.RISK_DIFFERENCE if data.binary_outcome else Scale.MEAN_DIFFERENCE,
        value=value,
        low=value - q * se,
        high=value + q * se,
        se=se,
        n=data.n,
        n_exposed=int((data.exposure == 1.0).sum()),
        n_unexposed=int((data.exposure == 0.0).sum()),
        confidence=confidence,
        notes=(f"first-stage F = {f:.1f}" + (" (weak, below 10)" if f < 10 else ""),),
    )
    return Instrumented(estimate=estimate, first_stage_f=f, least_squares=float(plain.coefficients[0]))
