"""What an estimator hands back: means under each exposure with their influence functions, and every contrast of them.

For a binary outcome the risk difference, risk ratio and odds ratio come together, from the same two standardised risks.

>>> import numpy as np
>>> means = Means(method=Method.STANDARDISATION, estimand=Estimand.ATE, levels=(0.0, 1.0), values=np.array([0.2, 0.4]),
...               influence=np.eye(4)[:, :2], n=4, n_by_level=(2, 2), binary=True)
>>> [(e.scale.value, round(e.value, 3)) for e in means.contrasts()]
[('risk_difference', 0.2), ('risk_ratio', 2.0), ('odds_ratio', 2.667)]
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from causal.estimation.models import by_cluster
from miner.errors import NoEvents

Floats = npt.NDArray[np.float64]


class Method(StrEnum):
    """How the confounders were dealt with."""

    CRUDE = "crude"
    STANDARDISATION = "standardisation"
    IPW = "inverse probability weighting"
    AIPW = "augmented inverse probability weighting"
    MATCHING = "matching on the propensity score"
    REGRESSION = "regression"
    TWO_STAGE = "two-stage least squares"
    WALD = "Wald ratio"
    FRONT_DOOR = "front-door formula"
    COX = "proportional hazards"
    IMPUTATION = "multiple imputation"


class Estimand(StrEnum):
    """Whose contrast: everyone, the exposed, the unexposed, those who could be either, those whom the instrument
    moves."""

    ATE = "ATE"
    ATT = "ATT"
    ATU = "ATU"
    ATO = "ATO"
    LATE = "LATE"
    CONDITIONAL = "conditional"


class Scale(StrEnum):
    """The measure of a contrast."""

    MEAN_DIFFERENCE = "mean_difference"
    RISK_DIFFERENCE = "risk_difference"
    RISK_RATIO = "risk_ratio"
    ODDS_RATIO = "odds_ratio"
    HAZARD_RATIO = "hazard_ratio"
    RATE_RATIO = "rate_ratio"
    RMST_DIFFERENCE = "rmst_difference"

    @property
    def is_ratio(self) -> bool:
        """True where no difference is 1, and the standard error is that of the logarithm."""
        return self in {Scale.RISK_RATIO, Scale.ODDS_RATIO, Scale.HAZARD_RATIO, Scale.RATE_RATIO}

    @property
    def null(self) -> float:
        """The value of no difference."""
        return 1.0 if self.is_ratio else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One contrast with its interval; ``se`` is that of the logarithm for ratios.

    ``mean_exposed`` and ``mean_unexposed`` are the two standardised means or risks behind it (NaN where there are
    none).
    """

    method: Method
    estimand: Estimand
    scale: Scale
    value: float
    low: float
    high: float
    se: float
    n: int
    n_exposed: int
    n_unexposed: int
    mean_exposed: float = math.nan
    mean_unexposed: float = math.nan
    confidence: float = 0.95
    level: float = 1.0
    reference: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def on_null(self) -> bool:
        """True where the interval holds the value of no difference."""
        return self.low <= self.scale.null <= self.high

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "method": self.method.value,
            "estimand": self.estimand.value,
            "scale": self.scale.value,
            "value": self.value,
            "ci_low": self.low,
            "ci_high": self.high,
            "se": self.se,
            "confidence": self.confidence,
            "n": self.n,
            "n_exposed": self.n_exposed,
            "n_unexposed": self.n_unexposed,
            "mean_exposed": None if math.isnan(self.mean_exposed) else self.mean_exposed,
            "mean_unexposed": None if math.isnan(self.mean_unexposed) else self.mean_unexposed,
            "level": self.level,
            "reference": self.reference,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Means:
    """Standardised means (k,) under k levels of the exposure and their influence functions (n, k).

    The influence function of a mean is each person's contribution to its error: the covariance of the means is the
    sum over persons (or clusters) of its outer products, divided by n squared.
    """

    method: Method
    estimand: Estimand
    levels: tuple[float, ...]
    values: Floats
    influence: Floats
    n: int
    n_by_level: tuple[int, ...]
    binary: bool
    cluster: npt.NDArray[np.intp] | None = None
    notes: tuple[str, ...] = ()

    def covariance(self) -> Floats:
        """Covariance of the means (k, k), robust to heteroscedasticity and to dependence within clusters."""
        sums = by_cluster(self.influence, self.cluster)
        return sums.T @ sums / self.n**2

    def contrasts(
        self, level: float | None = None, reference: float | None = None, *, confidence: float = 0.95
    ) -> tuple[Estimate, ...]:
        """Mean difference, or risk difference, risk ratio and odds ratio, of a level against the reference.

        Raises NoEvents where a standardised risk is 0 or 1, so that no ratio with an interval exists.
        """
        one = len(self.levels) - 1 if level is None else self.levels.index(level)
        zero = 0 if reference is None else self.levels.index(reference)
        m1, m0 = float(self.values[one]), float(self.values[zero])
        v = self.covariance()
        pick = np.array([one, zero])
        cov = v[np.ix_(pick, pick)]
        z = float(ndtri(0.5 + confidence / 2.0))

        def estimate(scale: Scale, value: float, gradient: tuple[float, float]) -> Estimate:
            g = np.array(gradient)
            se = float(math.sqrt(max(g @ cov @ g, 0.0)))
            low, high = (
                (value * math.exp(-z * se), value * math.exp(z * se))
                if scale.is_ratio
                else (value - z * se, value + z * se)
            )
            return Estimate(
                method=self.method,
                estimand=self.estimand,
                scale=scale,
                value=value,
                low=low,
                high=high,
                se=se,
                n=self.n,
                n_exposed=self.n_by_level[one],
                n_unexposed=self.n_by_level[zero],
                mean_exposed=m1,
                mean_unexposed=m0,
                confidence=confidence,
                level=self.levels[one],
                reference=self.levels[zero],
                notes=self.notes,
            )

        if not self.binary:
            return (estimate(Scale.MEAN_DIFFERENCE, m1 - m0, (1.0, -1.0)),)
        for risk, name in ((m1, "exposed"), (m0, "unexposed")):
            if not 1e-12 < risk < 1.0 - 1e-12:
                raise NoEvents(outcome="outcome", events=0 if risk < 0.5 else self.n, n=self.n, detail=f"{name} arm")
        odds = m1 / (1.0 - m1) * (1.0 - m0) / m0
        return (
            estimate(Scale.RISK_DIFFERENCE, m1 - m0, (1.0, -1.0)),
            estimate(Scale.RISK_RATIO, m1 / m0, (1.0 / m1, -1.0 / m0)),
            estimate(Scale.ODDS_RATIO, odds, (1.0 / (m1 * (1.0 - m1)), -1.0 / (m0 * (1.0 - m0)))),
        )
