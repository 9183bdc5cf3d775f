"""The front-door formula: where a measured mediator carries everything and shares no open path with the exposure.

References
----------
Pearl J. Biometrika 1995;82:669, doi:10.1093/biomet/82.4.669.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from causal.design_matrix import AnalysisData
from causal.estimation.effects import Estimand, Estimate, Means, Method
from miner.errors import NoOverlap, UnsuitableVariable

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoor:
    """Risks under each exposure by the formula, and as found."""

    risk_exposed: float
    risk_unexposed: float
    crude_exposed: float
    crude_unexposed: float

    @property
    def sign_flip(self) -> bool:
        """True where the formula and the crude difference point in opposite directions."""
        return (self.risk_exposed - self.risk_unexposed) * (self.crude_exposed - self.crude_unexposed) < 0


def front_door_probabilities(
    *, exposure: float, mediator: Sequence[float], outcome: Sequence[Sequence[float]]
) -> FrontDoor:
    """The formula on probabilities, all variables binary.

    Parameters
    ----------
    exposure : P(X = 1).
    mediator : P(M = 1 | X = x) for x = 0, 1.
    outcome : ``outcome[x][m]`` = P(Y = 1 | X = x, M = m).

    >>> found = front_door_probabilities(exposure=0.5, mediator=(0.05, 0.95), outcome=((0.1, 0.05), (0.9, 0.85)))
    >>> round(found.risk_exposed, 4), round(found.crude_exposed, 4), found.sign_flip
    (0.4525, 0.8525, True)
    """
    given_mediator = [(1 - exposure) * outcome[0][m] + exposure * outcome[1][m] for m in (0, 1)]

    def risk(x: int) -> float:
        return (1 - mediator[x]) * given_mediator[0] + mediator[x] * given_mediator[1]

    def crude(x: int) -> float:
        return (1 - mediator[x]) * outcome[x][0] + mediator[x] * outcome[x][1]

    return FrontDoor(risk_exposed=risk(1), risk_unexposed=risk(0), crude_exposed=crude(1), crude_unexposed=crude(0))


def front_door(data: AnalysisData, mediator: Floats, *, confidence: float = 0.95) -> tuple[Estimate, ...]:
    """The formula on data: exposure 0/1, mediator with few levels, no covariates; any outcome.

    Standard errors by the jackknife-free influence of the cell means and shares. Raises NoOverlap for an empty cell.
    """
    if not data.binary_exposure:
        raise UnsuitableVariable(name=data.exposure_name, part="a front-door exposure", reason="it is not 0/1")
    levels, code = np.unique(mediator, return_inverse=True)
    if len(levels) > 20:
        raise UnsuitableVariable(name="mediator", part="a front-door mediator", reason="it has more than 20 levels")
    x, y, n = data.exposure.astype(int), data.outcome, data.n
    counts = np.zeros((2, len(levels)))
    np.add.at(counts, (x, code), 1.0)
    if (counts == 0).any():
        raise NoOverlap(detail="a level of the mediator is not found in both arms")
    sums = np.zeros_like(counts)
    np.add.at(sums, (x, code), y)
    cell, share_x = sums / counts, counts.sum(axis=1) / n
    given_x = counts / counts.sum(axis=1, keepdims=True)
    inner = share_x @ cell
    values = given_x @ inner
    influence = np.empty((n, 2))
    for arm in (0, 1):
        own = (x == arm) / share_x[arm]
        # Three sources of error: the mediator's shares, the outcome's cell means, and the shares of the exposure.
        influence[:, arm] = own * (inner[code] - values[arm])
        influence[:, arm] += given_x[arm, code] / given_x[x, code] * (y - cell[x, code])
        influence[:, arm] += cell[x] @ given_x[arm] - values[arm]
    means = Means(
        method=Method.FRONT_DOOR,
        estimand=Estimand.ATE,
        levels=(0.0, 1.0),
        values=values,
        influence=influence,
        n=n,
        n_by_level=(int((x == 0).sum()), int((x == 1).sum())),
        binary=data.binary_outcome,
        cluster=data.cluster,
        notes=(f"mediator with {len(levels)} levels",),
    )
    return means.contrasts(confidence=confidence)
