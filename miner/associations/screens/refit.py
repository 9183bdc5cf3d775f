"""A hit fitted again by full likelihood: maximum likelihood, and Firth's penalty where the outcome is separated.

The refitted effect is read beside the score test; it changes no decision (the score p is the family's p).
"""

from __future__ import annotations

import math
import warnings

import numpy as np
import numpy.typing as npt
from scipy import special

from miner.associations.rows import triple
from miner.associations.screens.results import Fields, exponential
from miner.associations.screens.score import Floats
from miner.statistics.intervals import critical_value


def refit(
    label: str,
    y: Floats,
    event: npt.NDArray[np.bool_],
    given: Floats,
    offset: Floats,
    exposure: Floats,
    values: Fields,
    confidence: float,
) -> Fields:
    """The fields of a row that change when an exposure is fitted again; the one-step effect stays beside."""
    spread = float(exposure.std()) or 1.0
    scaled = (exposure - exposure.mean()) / spread
    coefficient, error, how = _fit(label, y, event, given, offset, scaled)
    if math.isnan(error):
        return {}
    z = critical_value(confidence)
    ends = coefficient / spread, (coefficient - z * error) / spread, (coefficient + z * error) / spread
    summary = dict(values["summary"]) | {"estimate": how}  # type: ignore[call-overload]
    step = values["interval"]
    return {
        "interval": exponential(ends),
        "effects": {f"{values['effect']}_one_step": triple(*step)},  # type: ignore[misc]
        "summary": summary,
    }


def firth(y: Floats, design: Floats) -> tuple[Floats, Floats]:
    """Coefficients and covariance of logistic regression with Firth's penalty (1993, doi:10.1093/biomet/80.1.27).

    Finite where an exposure separates the outcome. ``design`` is (n, k) with the constant.
    """
    coefficients = np.zeros(design.shape[1])
    for _ in range(200):
        p = special.expit(design @ coefficients)
        weight = p * (1 - p)
        root = design * np.sqrt(weight)[:, None]
        inverse = np.linalg.pinv(root.T @ root)
        leverage = np.einsum("ij,jk,ik->i", root, inverse, root)
        step = inverse @ (design.T @ (y - p + leverage * (0.5 - p)))
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-10:
            break
    p = special.expit(design @ coefficients)
    return coefficients, np.asarray(np.linalg.pinv((design * (p * (1 - p))[:, None]).T @ design), np.float64)


def _fit(
    label: str, y: Floats, event: npt.NDArray[np.bool_], given: Floats, offset: Floats, exposure: Floats
) -> tuple[float, float, str]:
    """(coefficient, standard error, method); NaN where no method gives an answer."""
    import statsmodels.api as sm
    from statsmodels.duration.hazard_regression import PHReg
    from statsmodels.miscmodels.ordinal_model import OrderedModel
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    design = np.column_stack([given, exposure])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if label == "logistic":
                fit = sm.GLM(y, design, family=sm.families.Binomial()).fit()
                if np.abs(fit.params[-1]) < 15 and fit.bse[-1] < 50 and fit.converged:
                    return float(fit.params[-1]), float(fit.bse[-1]), "maximum likelihood"
            elif label == "poisson":
                fit = sm.GLM(y, design, family=sm.families.Poisson(), offset=offset).fit()
                return float(fit.params[-1]), float(fit.bse[-1]), "maximum likelihood"
            elif label == "cox":
                fit = PHReg(y, design[:, 1:], event.astype(int), ties="efron").fit()
                return float(fit.params[-1]), float(fit.bse[-1]), "maximum likelihood"
            else:
                fit = OrderedModel(y, design[:, 1:], distr="logit").fit(method="bfgs", disp=0)
                last = design.shape[1] - 2
                return float(fit.params[last]), float(fit.bse[last]), "maximum likelihood"
        except (PerfectSeparationError, np.linalg.LinAlgError):
            if label != "logistic":
                return math.nan, math.nan, ""
    coefficients, covariance = firth(y, design)
    return float(coefficients[-1]), float(np.sqrt(covariance[-1, -1])), "Firth"
