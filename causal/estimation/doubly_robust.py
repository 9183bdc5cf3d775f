"""Augmented inverse probability weighting: right if the outcome model or the propensity model is right.

References
----------
Robins JM, Rotnitzky A, Zhao LP. JASA 1994;89:846, doi:10.1080/01621459.1994.10476818.
Hahn J. Econometrica 1998;66:315 (efficient influence functions of the ATE and the ATT).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from causal.design_matrix import AnalysisData
from causal.estimation.effects import Estimand, Estimate, Means, Method
from causal.estimation.models import Family
from causal.estimation.standardisation import outcome_family, predicted_outcomes
from causal.estimation.weighting import propensity_model
from miner.errors import UnsuitableVariable

Floats = npt.NDArray[np.float64]


def aipw(data: AnalysisData, *, estimand: Estimand = Estimand.ATE, confidence: float = 0.95) -> tuple[Estimate, ...]:
    """Contrast by AIPW with influence-function errors; ATE, ATT or ATU. One Estimate, or RD, RR and OR.

    The outcome model is that of ``standardisation``, the propensity model that of ``ipw``.
    """
    return augmented_means(data, estimand=estimand).contrasts(confidence=confidence)


def augmented_means(data: AnalysisData, *, estimand: Estimand = Estimand.ATE) -> Means:
    """The two augmented means with their influence functions."""
    if estimand not in {Estimand.ATE, Estimand.ATT, Estimand.ATU}:
        raise UnsuitableVariable(name=estimand.value, part="an estimand of AIPW", reason="ATE, ATT or ATU are")
    family = outcome_family(data)
    t, y, n = data.exposure, data.outcome, data.n
    ps = propensity_model(data)[0].fitted
    predicted = predicted_outcomes(data, (0.0, 1.0))
    target = {Estimand.ATE: np.ones(n), Estimand.ATT: t, Estimand.ATU: 1.0 - t}[estimand]
    probability = {Estimand.ATE: np.ones(n), Estimand.ATT: ps, Estimand.ATU: 1.0 - ps}[estimand]
    values, influence = np.empty(2), np.empty((n, 2))
    for k, arm in enumerate((0.0, 1.0)):
        in_arm = t == arm
        weight = probability / np.where(arm == 1.0, ps, 1.0 - ps)
        score = target * predicted[:, k] + np.where(in_arm, weight * (y - predicted[:, k]), 0.0)
        values[k] = score.sum() / target.sum()
        influence[:, k] = (score - target * values[k]) / target.mean()
    return Means(
        method=Method.AIPW,
        estimand=estimand,
        levels=(0.0, 1.0),
        values=values,
        influence=influence,
        n=n,
        n_by_level=(int((t == 0.0).sum()), int((t == 1.0).sum())),
        binary=family is Family.LOGISTIC,
        cluster=data.cluster,
        notes=(f"{family.value} outcome model and unpenalised logistic propensity model",),
    )
