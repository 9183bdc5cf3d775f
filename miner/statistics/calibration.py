"""Empirical calibration: how far from null do associations lie that are known to be none, and what p remains then?

Negative controls are pairs believed unrelated. Their estimates show the systematic error of a design on these data;
a calibrated p asks whether a new estimate is surprising given that error.

Source: Schuemie MJ et al. Stat Med 2014;33:209-218. doi:10.1002/sim.5925
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.errors import TooFewControls, UnequalLengths
from miner.statistics.log_probability import ln_normal_two_sided
from miner.statistics.results import Floats

LEAST_CONTROLS = 10  # to show a calibration
ENOUGH_CONTROLS = 30  # to recommend it


@dataclass(frozen=True, slots=True, kw_only=True)
class SystematicError:
    """The distribution of log estimates of negative controls apart from chance: normal with this mean and SD."""

    mean: float
    sd: float
    controls: int

    @property
    def recommended(self) -> bool:
        """Whether enough controls stand behind it."""
        return self.controls >= ENOUGH_CONTROLS


def fit_systematic_error(
    log_estimates: npt.ArrayLike, standard_errors: npt.ArrayLike, *, least_controls: int = LEAST_CONTROLS
) -> SystematicError:
    """Maximum likelihood of est_i ~ N(mean, sd^2 + se_i^2) over the negative controls.

    Controls without a finite estimate and a positive standard error are left out. Raises ``TooFewControls`` below
    ``least_controls``.
    """
    estimates, errors = _arrays(log_estimates, standard_errors)
    usable = np.isfinite(estimates) & np.isfinite(errors) & (errors > 0)
    estimates, errors = estimates[usable], errors[usable]
    if len(estimates) < max(2, least_controls):
        raise TooFewControls(controls=len(estimates), least=max(2, least_controls))

    def mean_at(sd: float) -> float:
        weights = 1 / (sd * sd + errors * errors)
        return float((weights * estimates).sum() / weights.sum())

    def loss(sd: float) -> float:
        variance = sd * sd + errors * errors
        return float(0.5 * (np.log(variance) + (estimates - mean_at(sd)) ** 2 / variance).sum())

    sd = _smallest(loss, 0.0, 2 * float(np.ptp(estimates)) + 1e-3)
    return SystematicError(mean=mean_at(sd), sd=sd, controls=len(estimates))


def calibrated_ln_p(
    error: SystematicError, log_estimates: npt.ArrayLike, standard_errors: npt.ArrayLike, *, two_sided: bool = True
) -> Floats:
    """ln p of each estimate against the systematic error instead of against exactly no effect.

    One-sided p-values ask for estimates above the systematic error.
    """
    estimates, errors = _arrays(log_estimates, standard_errors)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (estimates - error.mean) / np.sqrt(error.sd**2 + errors**2)
    if two_sided:
        return ln_normal_two_sided(z)
    from scipy.special import log_ndtr

    return log_ndtr(-z)[()]


def _arrays(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Floats, Floats]:
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != two.shape:
        raise UnequalLengths(left=one.size, right=two.size)
    return one, two


def _smallest(function: Callable[[float], float], low: float, high: float) -> float:
    """The point of the smallest value: a grid finds the valley, golden sections its bottom."""
    grid = np.linspace(low, high, 400)
    at = int(np.argmin([function(float(value)) for value in grid]))
    left, right = float(grid[max(0, at - 1)]), float(grid[min(len(grid) - 1, at + 1)])
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(80):
        inner, outer = right - ratio * (right - left), left + ratio * (right - left)
        if function(inner) <= function(outer):
            right = outer
        else:
            left = inner
    middle = (left + right) / 2
    # A spread of nothing is a valid answer, which sections only approach.
    return low if function(low) <= function(middle) else float(middle)
