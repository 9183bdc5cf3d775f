"""Standardisation (the parametric g-formula): what the mean outcome would be, were all at one level of the exposure.

An outcome model is fitted, each person's outcome predicted under each level, and the predictions averaged.

References
----------
Hernan MA, Robins JM. Causal Inference: What If. Chapman & Hall/CRC, 2020, chapter 13.
Influence function by stacked estimating equations: Stefanski & Boos, Am Stat 2002;56:29,
doi:10.1198/000313002753631330.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from causal.design_matrix import AnalysisData
from causal.estimation.effects import Estimand, Estimate, Means, Method
from causal.estimation.models import Family, fit, intercept
from miner.errors import NoEvents, UnsuitableVariable

Floats = npt.NDArray[np.float64]


def standardisation(
    data: AnalysisData, *, estimand: Estimand = Estimand.ATE, confidence: float = 0.95
) -> tuple[Estimate, ...]:
    """Contrast of exposed against unexposed by standardisation; RD, RR and OR together for a binary outcome.

    The outcome model is linear for a numeric outcome and logistic for a binary one, with the covariate columns, the
    exposure and its products with ``data.products``.

    Parameters
    ----------
    data : exposure 0/1 (or numeric: then 1 against 0 of its unit), outcome numeric or 0/1.
    estimand : ATE over everyone, ATT over the exposed, ATU over the unexposed.

    Returns
    -------
    One Estimate (mean difference), or three (risk difference, risk ratio, odds ratio).
    """
    return standardised_means(data, (0.0, 1.0), estimand=estimand).contrasts(confidence=confidence)


def standardised_means(
    data: AnalysisData, levels: tuple[float, ...], *, estimand: Estimand = Estimand.ATE, factor: bool = False
) -> Means:
    """Standardised means at the levels given.

    ``factor``: the exposure is a code with one indicator a level (multi-level treatments), else it enters as a
    number, so that any value of a continuous exposure can be asked for.
    """
    family = outcome_family(data)
    design, names = _design(data, data.exposure, levels if factor else None)
    model = fit(family, design, data.outcome, names=names)
    target = target_weights(data, estimand)
    values = np.empty(len(levels))
    influence = np.empty((data.n, len(levels)))
    scores = design * (data.outcome - model.fitted)[:, None]
    for k, level in enumerate(levels):
        set_to, _ = _design(data, np.full(data.n, level), levels if factor else None)
        predicted = model.predict(set_to)
        values[k] = np.average(predicted, weights=target)
        gradient = ((target * model.slope(predicted))[:, None] * set_to).sum(axis=0) / target.sum()
        share = target / target.mean()
        influence[:, k] = share * (predicted - values[k]) + data.n * (scores @ (model.bread @ gradient))
    return Means(
        method=Method.STANDARDISATION,
        estimand=estimand,
        levels=levels,
        values=values,
        influence=influence,
        n=data.n,
        n_by_level=tuple(int((data.exposure == level).sum()) for level in levels),
        binary=family is Family.LOGISTIC,
        cluster=data.cluster,
        notes=(f"{family.value} outcome model, {design.shape[1]} columns",),
    )


def outcome_family(data: AnalysisData) -> Family:
    """Logistic for a 0/1 outcome with events in both arms, linear for numbers. Raises NoEvents."""
    if not data.binary_outcome:
        return Family.LINEAR
    if data.binary_exposure:
        for arm, name in ((1.0, "exposed"), (0.0, "unexposed")):
            events = data.outcome[data.exposure == arm]
            if events.sum() in (0.0, len(events)):
                raise NoEvents(
                    outcome=data.outcome_name,
                    events=int(data.outcome.sum()),
                    n=data.n,
                    detail=f"{int(events.sum())} of {len(events)} {name}",
                )
    elif data.outcome.sum() in (0.0, data.n):
        raise NoEvents(outcome=data.outcome_name, events=int(data.outcome.sum()), n=data.n, detail="all alike")
    return Family.LOGISTIC


def target_weights(data: AnalysisData, estimand: Estimand) -> Floats:
    """Whom to average over, as weights (n,): everyone, the exposed or the unexposed."""
    if estimand not in {Estimand.ATE, Estimand.ATT, Estimand.ATU}:
        reason = "the overlap population is defined by weights; ATE, ATT and ATU can be averaged over"
        raise UnsuitableVariable(name=estimand.value, part="a target of standardisation", reason=reason)
    if estimand is Estimand.ATT:
        return (data.exposure == 1.0).astype(np.float64)
    if estimand is Estimand.ATU:
        return (data.exposure == 0.0).astype(np.float64)
    return np.ones(data.n)


def predicted_outcomes(data: AnalysisData, levels: tuple[float, ...]) -> Floats:
    """Each person's predicted outcome (n, k) at k levels of the exposure, from the model of ``standardisation``."""
    design, names = _design(data, data.exposure, None)
    model = fit(outcome_family(data), design, data.outcome, names=names)
    return np.column_stack([model.predict(_design(data, np.full(data.n, a), None)[0]) for a in levels])


def _design(data: AnalysisData, exposure: Floats, levels: tuple[float, ...] | None) -> tuple[Floats, tuple[str, ...]]:
    if levels is None:
        treatment = exposure[:, None]
        titles = [data.exposure_name]
    else:
        treatment = np.column_stack([(exposure == level).astype(np.float64) for level in levels[1:]])
        titles = [f"{data.exposure_name}={level:g}" for level in levels[1:]]
    blocks = [treatment, data.covariates]
    names = ["intercept", *titles, *data.names]
    for column in data.products:
        blocks.append(treatment * data.covariates[:, [column]])
        names += [f"{title} x {data.names[column]}" for title in titles]
    return intercept(*blocks), tuple(names)
