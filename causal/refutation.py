"""Checks that an implementation must survive, judged by rules set beforehand.

Permuted exposure, random common cause, subsets of the persons. They say that the machinery works on these data, never
that an estimate is right (an unmeasured confounder passes all three). All re-fits of a check are made together: a
hundred linear ones are one decomposition and a few matrix products.

References
----------
Sharma A, Kiciman E. DoWhy, arXiv:2011.04216 (the three checks). The rules are this project's own.
Frisch R, Waugh FV. Econometrica 1933;1:387 (partialling out); the batched re-fits rest on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from causal.design_matrix import AnalysisData
from causal.estimation.models import fit_logistic, intercept
from miner.errors import CollinearCovariates, PerfectSeparation, UnsuitableVariable

Floats = npt.NDArray[np.float64]

# Replicates are made in slices of this many numbers, to bound memory at 100,000 persons and more.
SLICE = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replicates:
    """What changes in each of B re-fits: exposures (n, B), persons kept (n, B) as 0/1, a random covariate (n, B)."""

    exposures: Floats | None = None
    kept: Floats | None = None
    extra: Floats | None = None

    @property
    def count(self) -> int:
        """Number of re-fits B."""
        return next(a.shape[1] for a in (self.exposures, self.kept, self.extra) if a is not None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refits:
    """Estimates (B,) and robust standard errors (B,) of the re-fits."""

    values: Floats
    errors: Floats


Estimator = Callable[[AnalysisData, Replicates], Refits]


def regression_refits(data: AnalysisData, replicates: Replicates) -> Refits:
    """The adjusted difference (least squares; for a binary outcome a risk difference), re-fitted for all replicates.

    With the covariates partialled out by one QR, the coefficient of exposure t is t'y / t't, and a random covariate
    takes a 2 x 2 system. Subsets are solved from the cross-products of the persons kept.
    """
    design = intercept(data.covariates)
    q, triangle = np.linalg.qr(design)
    scale = np.sqrt((design**2).sum(axis=0))
    if np.abs(np.diag(triangle) / np.where(scale > 0, scale, 1.0)).min() < 1e-9:
        raise CollinearCovariates(column="a covariate")
    y = data.outcome - q @ (q.T @ data.outcome)
    if replicates.kept is not None:
        return _subset_regressions(data, replicates.kept)
    count = replicates.count
    values, errors = np.empty(count), np.empty(count)
    for part in _slices(data.n, count):
        t = data.exposure[:, None] if replicates.exposures is None else replicates.exposures[:, part]
        t = t - q @ (q.T @ t)
        residual_y = y[:, None]
        if replicates.extra is not None:
            z = replicates.extra[:, part]
            z = z - q @ (q.T @ z)
            zz = (z * z).sum(axis=0)
            t = t - z * ((z * t).sum(axis=0) / zz)
            residual_y = residual_y - z * ((z * residual_y).sum(axis=0) / zz)
        tt = (t * t).sum(axis=0)
        values[part] = (t * residual_y).sum(axis=0) / tt
        residual = residual_y - t * values[part]
        errors[part] = np.sqrt(((t * residual) ** 2).sum(axis=0)) / tt
    return Refits(values=values, errors=errors)


def ipw_refits(data: AnalysisData, replicates: Replicates) -> Refits:
    """The difference of inverse-probability weighted means, its propensity model re-fitted for all replicates."""
    if not data.binary_exposure:
        raise UnsuitableVariable(name=data.exposure_name, part="a weighted exposure", reason="weights need two arms")
    design = intercept(data.covariates)
    count = replicates.count
    values, errors = np.empty(count), np.empty(count)
    y = data.outcome[:, None]
    start = None
    if replicates.exposures is None:
        start = fit_logistic(design, data.exposure, model="The propensity model").coefficients
    for part in _slices(data.n, count):
        t = data.exposure[:, None] if replicates.exposures is None else replicates.exposures[:, part]
        kept = None if replicates.kept is None else replicates.kept[:, part]
        extra = None if replicates.extra is None else replicates.extra[:, part]
        width = part.stop - part.start
        ps = _batched_propensity(design, np.broadcast_to(t, (data.n, width)), kept, extra, start)
        mask = 1.0 if kept is None else kept
        one, zero = mask * t / ps, mask * (1 - t) / (1 - ps)
        sums = one.sum(axis=0), zero.sum(axis=0)
        mean1, mean0 = (one * y).sum(axis=0) / sums[0], (zero * y).sum(axis=0) / sums[1]
        values[part] = mean1 - mean0
        influence = one * (y - mean1) / sums[0] - zero * (y - mean0) / sums[1]
        errors[part] = np.sqrt((influence**2).sum(axis=0))
    return Refits(values=values, errors=errors)


# How the two estimators of this file are called in a table.
NAMES: dict[Estimator, str] = {regression_refits: "regression", ipw_refits: "inverse probability weighting"}


class Check(StrEnum):
    """The three checks."""

    PERMUTED_EXPOSURE = "permuted exposure"
    RANDOM_COMMON_CAUSE = "random common cause"
    SUBSET = "subset"


class Verdict(StrEnum):
    """A check passes, fails, or was not run; it never validates an estimate."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefutationRules:
    """The rules and sizes, fixed before the data are seen and printed with each result."""

    permutations: int = 200
    coverage: float = 0.95
    random_causes: int = 50
    largest_change: float = 0.05
    subsets: int = 100
    fraction: float = 0.8
    largest_spread: float = 1.3
    sign_stability: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Refutation:
    """One check: its rule in words, what came out, the verdict, and the replicates it rests on."""

    check: Check
    verdict: Verdict
    rule: str
    found: str
    replicates: int
    seed: int
    estimator: str
    estimate: float
    values: tuple[float, ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values, without the replicates themselves but with their five-number summary."""
        quantiles = [float(v) for v in np.quantile(self.values, (0.0, 0.25, 0.5, 0.75, 1.0))] if self.values else []
        return {
            "check": self.check.value,
            "verdict": self.verdict.value,
            "rule": self.rule,
            "found": self.found,
            "replicates": self.replicates,
            "seed": self.seed,
            "estimator": self.estimator,
            "estimate": self.estimate,
            "quantiles": quantiles,
        }


def refute(
    data: AnalysisData,
    *,
    seed: int,
    estimator: Estimator = regression_refits,
    rules: RefutationRules | None = None,
) -> tuple[Refutation, ...]:
    """Run the three checks with one estimator and judge each by its rule.

    Parameters
    ----------
    estimator : ``regression_refits`` (any outcome and exposure), ``ipw_refits`` (two arms), or another of that form.
    seed : seed of a Philox generator; each check has a stream of its own, so that one can be repeated alone.
    """
    fixed = rules or RefutationRules()
    name = NAMES.get(estimator, getattr(estimator, "__name__", type(estimator).__name__))
    base = estimator(data, Replicates(exposures=data.exposure[:, None]))
    estimate, se = float(base.values[0]), float(base.errors[0])
    return (
        permuted_exposure(data, estimator, fixed, seed, name, estimate),
        random_common_cause(data, estimator, fixed, seed, name, estimate),
        subsets(data, estimator, fixed, seed, name, estimate, se),
    )


def permuted_exposure(
    data: AnalysisData, estimator: Estimator, rules: RefutationRules, seed: int, name: str, estimate: float
) -> Refutation:
    """With the exposure shuffled among persons nothing is left to find: 95 % of the intervals must hold 0.

    Whole clusters cannot be shuffled with one exposure each, so persons are. The share may fall short of its target
    by chance: three standard errors of a binomial share are allowed, and the mean must lie within three standard
    errors of 0.
    """
    rng = np.random.Generator(np.random.Philox(key=[seed, 1]))
    b = rules.permutations
    refits = estimator(data, Replicates(exposures=rng.permuted(np.repeat(data.exposure[:, None], b, axis=1), axis=0)))
    covered = float((np.abs(refits.values) <= 1.959963984540054 * refits.errors).mean())
    least = rules.coverage - 3 * math.sqrt(rules.coverage * (1 - rules.coverage) / b)
    mean, spread = float(refits.values.mean()), float(refits.values.std(ddof=1))
    centred = abs(mean) <= 3 * spread / math.sqrt(b)
    return Refutation(
        check=Check.PERMUTED_EXPOSURE,
        verdict=Verdict.PASS if covered >= least and centred else Verdict.FAIL,
        rule=f"of {b} shuffles at least {least:.1%} of the 95 % intervals hold 0, and their mean is within 3 SE of 0",
        found=f"{covered:.1%} hold 0; mean {mean:.4g} (SE {spread / math.sqrt(b):.2g})",
        replicates=b,
        seed=seed,
        estimator=name,
        estimate=estimate,
        values=tuple(refits.values.tolist()),
    )


def random_common_cause(
    data: AnalysisData, estimator: Estimator, rules: RefutationRules, seed: int, name: str, estimate: float
) -> Refutation:
    """A covariate made of noise must not move the estimate."""
    rng = np.random.Generator(np.random.Philox(key=[seed, 2]))
    b = rules.random_causes
    refits = estimator(data, Replicates(extra=rng.standard_normal((data.n, b))))
    change = float(np.max(np.abs(refits.values - estimate)) / abs(estimate)) if estimate else math.inf
    return Refutation(
        check=Check.RANDOM_COMMON_CAUSE,
        verdict=Verdict.PASS if change < rules.largest_change else Verdict.FAIL,
        rule=f"none of {b} random covariates changes the estimate by {rules.largest_change:.0%} or more",
        found=f"largest change {change:.2%}",
        replicates=b,
        seed=seed,
        estimator=name,
        estimate=estimate,
        values=tuple(refits.values.tolist()),
    )


def subsets(
    data: AnalysisData, estimator: Estimator, rules: RefutationRules, seed: int, name: str, estimate: float, se: float
) -> Refutation:
    """Random parts of the persons must agree as far as sampling allows: a part f spreads by SE sqrt((1 - f) / f)."""
    rng = np.random.Generator(np.random.Philox(key=[seed, 3]))
    b, f = rules.subsets, rules.fraction
    size = round(f * data.n)
    kept = np.zeros((data.n, b))
    kept[:size] = 1.0
    refits = estimator(data, Replicates(kept=rng.permuted(kept, axis=0)))
    expected = se * math.sqrt((1 - f) / f)
    spread = float(refits.values.std(ddof=1))
    ratio = spread / expected if expected else math.inf
    stable = float((np.sign(refits.values) == np.sign(estimate)).mean())
    return Refutation(
        check=Check.SUBSET,
        verdict=Verdict.PASS if ratio <= rules.largest_spread and stable >= rules.sign_stability else Verdict.FAIL,
        rule=(
            f"over {b} random parts of {f:.0%} the spread is at most {rules.largest_spread:g} times the expected "
            f"SE sqrt((1-f)/f), and at least {rules.sign_stability:.0%} keep the sign"
        ),
        found=f"spread {ratio:.2f} times the expected; {stable:.0%} keep the sign",
        replicates=b,
        seed=seed,
        estimator=name,
        estimate=estimate,
        values=tuple(refits.values.tolist()),
    )


def _subset_regressions(data: AnalysisData, kept: Floats) -> Refits:
    design = np.column_stack([data.exposure, np.ones(data.n), data.covariates])
    # Columns of one size keep the cross-products well conditioned; the exposure's coefficient is scaled back.
    scale = np.sqrt((design**2).mean(axis=0))
    design = design / np.where(scale > 0, scale, 1.0)
    whole_xx, whole_xy = design.T @ design, design.T @ data.outcome
    count = kept.shape[1]
    values, errors = np.empty(count), np.empty(count)
    for b in range(count):
        mask = kept[:, b] > 0
        left_out = design[~mask]
        # What is left out is the smaller part: subtracting it costs a quarter of adding up what is kept.
        xx = whole_xx - left_out.T @ left_out
        xy = whole_xy - left_out.T @ data.outcome[~mask]
        try:
            inverse_row = np.linalg.solve(xx, np.eye(len(xx))[0])
            coefficients = np.linalg.solve(xx, xy)
        except np.linalg.LinAlgError as cause:
            raise CollinearCovariates(column="a covariate, in a part of the persons") from cause
        own = design[mask]
        residual = data.outcome[mask] - own @ coefficients
        values[b] = coefficients[0] / scale[0]
        errors[b] = math.sqrt(float(((own @ inverse_row * residual) ** 2).sum())) / scale[0]
    return Refits(values=values, errors=errors)


def _batched_propensity(
    design: Floats, exposures: Floats, kept: Floats | None, extra: Floats | None, start: Floats | None
) -> Floats:
    """Fitted propensity scores (n, B) of B unpenalised logistic models that share their covariates.

    Newton steps with one common information matrix: near the maximum the replicates' own differ little, so a few more
    steps replace B decompositions. A random covariate is independent of the others and takes a step of its own.
    """
    n, width = exposures.shape
    coefficients = np.zeros((design.shape[1], width))
    if start is None:
        mean = exposures.mean(axis=0)
        coefficients[0] = np.log(mean / (1 - mean))
        centre = np.full(n, float(mean.mean()))
    else:
        coefficients += start[:, None]
        centre = expit(design @ start)
    spread = centre * (1 - centre)
    share = 1.0 if kept is None else float(kept.mean())
    inverse = np.linalg.inv(design.T @ (design * spread[:, None])) / share
    slope = np.zeros(width)
    for _ in range(200):
        eta = design @ coefficients
        if extra is not None:
            eta += extra * slope
        residual = exposures - expit(eta)
        if kept is not None:
            residual *= kept
        step = inverse @ (design.T @ residual)
        coefficients += step
        moved = float(np.abs(design @ step).max()) if np.abs(step).max() > 1e-9 else 0.0
        if extra is not None:
            own = (extra * residual).sum(axis=0) / ((extra**2) * spread[:, None]).sum(axis=0)
            slope += own
            moved = max(moved, float(np.abs(own).max()))
        if moved < 1e-7:
            break
        if not math.isfinite(moved) or moved > 1e3:
            raise PerfectSeparation(model="The propensity model of a replicate")
    else:
        raise PerfectSeparation(model="The propensity model of a replicate")
    eta = design @ coefficients
    if extra is not None:
        eta += extra * slope
    return expit(eta)


def _slices(n: int, count: int) -> list[slice]:
    width = max(1, SLICE // max(n, 1))
    return [slice(start, min(start + width, count)) for start in range(0, count, width)]
