"""From scores to the fields of a row: statistic, ln p, coefficient with interval, on the scale people read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

from miner.associations import pair_kernels
from miner.associations.rows import triple
from miner.associations.screens.cox import CoxModel
from miner.associations.screens.score import Floats, NullModel
from miner.statistics.intervals import critical_value
from miner.statistics.log_probability import ln_chi2_sf, ln_f_sf, ln_t_two_sided

Fields = dict[str, object]

TESTS = {
    "linear": "linear",
    "logistic": "logistic_score",
    "poisson": "poisson_score",
    "cox": "cox_score",
    "ordinal": "ordinal_score",
}
EFFECTS = {
    "linear": "regression_coefficient",
    "logistic": "odds_ratio",
    "poisson": "rate_ratio",
    "cox": "hazard_ratio",
    "ordinal": "proportional_odds_ratio",
}
CONSTANT: Fields = {"status": "degenerate", "reason": "the exposure has a single value among the persons used"}
ALIASED: Fields = {"status": "degenerate", "reason": "the exposure is constant or determined by the covariates"}


def linear_inference(model: NullModel, y: Floats, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats, int]:
    """(t, coefficient, standard error, degrees of freedom) of each exposure given the covariates."""
    residual = model.residual
    total = float(residual @ residual)
    df = len(y) - model.rank - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        coefficient = u / v
        error = np.sqrt(np.maximum(total - u * coefficient, 0.0) / df / v)
        return coefficient / error, coefficient, error, df


def linear_ln_p(model: NullModel, y: Floats, u: Floats, v: Floats) -> Floats:
    """ln p of the t test of each exposure, straight from its partial correlation."""
    residual = model.residual
    df = len(y) - model.rank - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.clip(u / np.sqrt(v * float(residual @ residual)), -1.0, 1.0)
    ln_p, low, high = np.empty(len(u)), np.empty(len(u)), np.empty(len(u))
    pair_kernels.correlation_inference(r, np.full(len(u), df + 2.0), 0.0, 1.96, False, ln_p, low, high)
    return ln_p


def single_columns(
    label: str,
    model: NullModel,
    y: Floats,
    u: Floats,
    v: Floats,
    aliased: npt.NDArray[np.bool_],
    exposures: Floats,
    confidence: float,
) -> Iterator[Fields]:
    """Fields of exposures of one column each, from their scores."""
    n = len(y)
    spread = exposures.std(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        if label == "linear":
            statistic, coefficient, error, df = linear_inference(model, y, u, v)
            ln_p = linear_ln_p(model, y, u, v)
            half = float(special.stdtrit(df, 0.5 + confidence / 2)) * error
        else:
            statistic, coefficient, error, df = u**2 / v, u / v, 1 / np.sqrt(v), 1
            ln_p = np.full(len(u), np.nan)
            ln_p[~aliased] = ln_chi2_sf(statistic[~aliased], np.ones(int((~aliased).sum())))
            half = critical_value(confidence) * error
    for k in range(len(u)):
        fields: Fields = {"test": TESTS[label], "n": n, "effect": EFFECTS[label]}
        if aliased[k]:
            yield fields | ALIASED
            continue
        if df < 1:
            yield fields | {"status": "not_computed", "reason": "fewer persons than coefficients"}
            continue
        summary: Fields = {"score": float(u[k]), "information": float(v[k]), "exposure_sd": float(spread[k])}
        if label == "linear":
            summary["residual_square"] = float(model.residual @ model.residual)
        else:
            summary["estimate"] = "one step"
        if isinstance(model, CoxModel):
            summary["events"] = model.n_events
        if label == "logistic":
            summary["cases"] = int(y.sum())
        ends = coefficient[k], coefficient[k] - half[k], coefficient[k] + half[k]
        yield fields | {
            "statistic": statistic[k],
            "df": df,
            "ln_p": ln_p[k],
            "interval": ends if label == "linear" else exponential(ends),
            "summary": summary,
        }


def factor(
    label: str,
    model: NullModel,
    y: Floats,
    statistic: float,
    rank: int,
    coefficients: Floats,
    covariance: Floats,
    names: Sequence[str],
    confidence: float,
) -> Fields:
    """Fields of an exposure of several columns: one test with as many degrees of freedom, an effect per level."""
    n = len(y)
    fields: Fields = {"test": f"{TESTS[label]}_factor", "n": n, "effect": f"{EFFECTS[label]}_by_level"}
    if not rank:
        return fields | ALIASED
    scale = 1.0
    if label == "linear":
        total = float(model.residual @ model.residual)
        df = n - model.rank - rank
        if df < 1:
            return fields | {"status": "not_computed", "reason": "fewer persons than coefficients"}
        rest = max(total - statistic, 0.0)
        scale = rest / df
        f = statistic / rank / scale if scale > 0 else math.inf
        fields |= {"statistic": f, "df": [float(rank), float(df)]}
        fields["ln_p"] = float(ln_f_sf(np.array([f]), np.array([float(rank)]), np.array([float(df)]))[0])
        z = float(special.stdtrit(df, 0.5 + confidence / 2))
    else:
        fields |= {"statistic": statistic, "df": float(rank)}
        fields["ln_p"] = float(ln_chi2_sf(np.array([statistic]), np.array([float(rank)]))[0])
        z = critical_value(confidence)
    half = z * np.sqrt(np.diag(covariance) * scale)
    effects = {}
    for name, b, h in zip(names, coefficients, half):
        ends = b, b - h, b + h
        effects[name] = triple(*(ends if label == "linear" else exponential(ends)))
    return fields | {"effects": effects, "summary": {"levels": list(names)}}


def design_based(label: str, found: tuple[Floats, Floats, int], n: int, confidence: float, design: str) -> Fields:
    """Fields of a Wald test under clusters or a survey design: coefficients, their covariance, degrees of freedom."""
    coefficients, covariance, df = found
    test = f"{label}_{design}_wald"
    effect = EFFECTS[label]
    if df < 1:
        return {"test": test, "n": n, "status": "not_computed", "reason": "too few clusters or sampling units"}
    if not np.isfinite(covariance).all() or (np.diag(covariance) <= 0).any():
        return {"test": test, "n": n} | ALIASED
    half = float(special.stdtrit(df, 0.5 + confidence / 2)) * np.sqrt(np.diag(covariance))
    ends = [(b, b - h, b + h) for b, h in zip(coefficients, half)]
    shown = ends if label == "linear" else [exponential(e) for e in ends]
    if len(coefficients) == 1:
        t = float(coefficients[0] / math.sqrt(covariance[0, 0]))
        ln_p = float(ln_t_two_sided(np.array([t]), np.array([float(df)]))[0])
        summary = {"coefficient": float(coefficients[0]), "standard_error": float(math.sqrt(covariance[0, 0]))}
        return {
            "test": test, "n": n, "effect": effect, "statistic": t, "df": df, "ln_p": ln_p, "interval": shown[0],
            "summary": summary,
        }  # fmt: skip
    rank = len(coefficients)
    f = float(coefficients @ np.linalg.solve(covariance, coefficients)) / rank
    left = max(df - rank + 1, 1)
    return {
        "test": f"{test}_factor",
        "n": n,
        "effect": f"{effect}_by_level",
        "statistic": f,
        "df": [float(rank), float(left)],
        "ln_p": float(ln_f_sf(np.array([f]), np.array([float(rank)]), np.array([float(left)]))[0]),
        "effects": {f"column {k + 1}": triple(*e) for k, e in enumerate(shown)},
    }


def exponential(ends: tuple[float, float, float]) -> tuple[float, float, float]:
    """(estimate, low, high) of a ratio from those of its logarithm, held within what a float can show."""
    low, middle, high = (math.exp(min(max(float(end), -700.0), 700.0)) for end in (ends[1], ends[0], ends[2]))
    return middle, low, high
