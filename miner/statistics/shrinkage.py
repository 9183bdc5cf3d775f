"""Observed against expected counts, shrunk so that small counts cannot top a list: information component and EBGM.

``information_component`` shrinks towards "as many as expected" by half a person on each side. ``empirical_bayes``
learns from all pairs of a screen how strongly to shrink (DuMouchel's gamma-Poisson model, two gamma components).

>>> ic = information_component(12, 1.0)
>>> round(float(ic.estimate), 4), round(float(ic.low), 4)
(3.0589, 2.1287)

References
----------
Bate A et al. Eur J Clin Pharmacol 1998;54:315-321; Noren GN, Hopstadius J, Bate A. Stat Methods Med Res 2013;22:57-69.
DuMouchel W. Am Stat 1999;53:177-190. doi:10.1080/00031305.1999.10474456
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammainc, gammaincinv, gammaln, xlogy

from miner.errors import NoPrior, UnequalLengths
from miner.statistics.results import Estimates, Floats

SHRINKAGE = 0.5
LEAST_PAIRS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaMixture:
    """Prior of observed/expected: gamma(alpha1, beta1) with weight p, gamma(alpha2, beta2) with weight 1 - p."""

    alpha1: float
    beta1: float
    alpha2: float
    beta2: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posterior:
    """Of each pair: the weight of the first component, EBGM (posterior geometric mean), and its 5 % and 95 % points."""

    weight: Floats
    ebgm: Floats
    eb05: Floats
    eb95: Floats


def information_component(
    observed: npt.ArrayLike, expected: npt.ArrayLike, *, confidence: float = 0.95, approximate: bool = False
) -> Estimates:
    """log2((observed + 1/2)/(expected + 1/2)) with its credibility interval (gamma quantiles).

    ``approximate`` gives Noren's closed form of the 95 % limits instead. NaN where the expected count is not positive.
    """
    n, e = _counts(observed, expected)
    shape, rate = n + SHRINKAGE, e + SHRINKAGE
    estimate = np.log2(shape / rate)
    if approximate:
        low = estimate - 3.3 * shape**-0.5 - 2.0 * shape**-1.5
        high = estimate + 2.4 * shape**-0.5 - 0.5 * shape**-1.5
    else:
        tail = (1 - confidence) / 2
        low, high = (np.log2(gammaincinv(shape, q) / rate) for q in (tail, 1 - tail))
    return Estimates(estimate=estimate[()], low=low[()], high=high[()])


def empirical_bayes(prior: GammaMixture, observed: npt.ArrayLike, expected: npt.ArrayLike) -> Posterior:
    """EBGM of each pair with its 5 % and 95 % points, under a prior of the whole screen."""
    n, e = _counts(observed, expected)
    first, second = _log_negative_binomial(n, e, prior)
    with np.errstate(over="ignore", invalid="ignore"):
        weight = 1 / (1 + (1 - prior.p) / prior.p * np.exp(second - first)) if prior.p > 0 else np.zeros_like(n + e)
    shapes, rates = (prior.alpha1 + n, prior.alpha2 + n), (prior.beta1 + e, prior.beta2 + e)
    log_means = [digamma(shape) - np.log(rate) for shape, rate in zip(shapes, rates, strict=True)]
    return Posterior(
        weight=weight[()],
        ebgm=np.exp(weight * log_means[0] + (1 - weight) * log_means[1])[()],
        eb05=_mixture_quantile(0.05, weight, shapes, rates)[()],
        eb95=_mixture_quantile(0.95, weight, shapes, rates)[()],
    )


def fit_gamma_mixture(observed: npt.ArrayLike, expected: npt.ArrayLike, *, least_count: int = 1) -> GammaMixture:
    """The prior that makes the observed counts of a screen most likely (maximum marginal likelihood).

    Parameters
    ----------
    observed, expected : counts of all pairs, shape (m,)
    least_count : pairs with fewer observed persons are not in the data (0: all pairs are), and the likelihood is
        that of counts known to be at least this large

    Raises ``NoPrior`` where there are fewer than fifty pairs or no start of the search converges.
    """
    from scipy.optimize import minimize

    n, e = _counts(observed, expected)
    keep = (n >= least_count) & (e > 0)
    n, e = np.atleast_1d(n)[np.atleast_1d(keep)], np.atleast_1d(e)[np.atleast_1d(keep)]
    if len(n) < LEAST_PAIRS:
        raise NoPrior(pairs=len(n), reason=f"Five parameters are learnt; at least {LEAST_PAIRS} pairs are needed.")

    def loss(parameters: Floats) -> float:
        value = -_marginal_likelihood(_mixture(parameters), n, e, least_count) / len(n)
        return value if np.isfinite(value) else 1e10

    best, best_loss = None, np.inf
    # DuMouchel's start, the one of openEBGM's manual, and one in which the components lie apart.
    for start in ((0.2, 0.1, 2.0, 4.0, 1 / 3), (0.2, 0.06, 1.4, 1.8, 0.1), (2.0, 0.5, 1.0, 1.0, 0.5)):
        at = np.array([*np.log(start[:4]), np.log(start[4] / (1 - start[4]))])
        rough = minimize(loss, at, method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-4, "fatol": 1e-9})
        fine = minimize(loss, rough.x, method="BFGS", options={"gtol": 1e-7})
        found = fine if fine.fun < rough.fun else rough
        if found.fun < best_loss:
            best, best_loss = found.x, float(found.fun)
    if best is None or best_loss >= 1e10:
        raise NoPrior(pairs=len(n), reason="No start of the search led to a likelihood.")
    prior = _mixture(best)
    if prior.alpha1 / prior.beta1 < prior.alpha2 / prior.beta2:
        # The first component is the one of the larger ratios, whatever the search called it.
        return GammaMixture(
            alpha1=prior.alpha2, beta1=prior.beta2, alpha2=prior.alpha1, beta2=prior.beta1, p=1 - prior.p
        )
    return prior


def _mixture(parameters: Floats) -> GammaMixture:
    alpha1, beta1, alpha2, beta2 = np.exp(np.clip(parameters[:4], -12, 12))
    p = 1 / (1 + np.exp(-np.clip(parameters[4], -30, 30)))
    return GammaMixture(alpha1=float(alpha1), beta1=float(beta1), alpha2=float(alpha2), beta2=float(beta2), p=float(p))


def _log_negative_binomial(n: Floats, e: Floats, prior: GammaMixture) -> tuple[Floats, Floats]:
    """Log mass of the counts under each component."""
    pair = []
    for alpha, beta in ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2)):
        mass = (
            gammaln(alpha + n) - gammaln(alpha) - gammaln(n + 1) - alpha * np.log1p(e / beta) + xlogy(n, e / (beta + e))
        )
        pair.append(mass)
    return pair[0], pair[1]


def _marginal_likelihood(prior: GammaMixture, n: Floats, e: Floats, least_count: int) -> float:
    def log_mixture(counts: Floats) -> Floats:
        first, second = _log_negative_binomial(counts, e, prior)
        with np.errstate(divide="ignore"):
            return np.logaddexp(np.log(prior.p) + first, np.log1p(-prior.p) + second)

    with np.errstate(divide="ignore", invalid="ignore"):
        value = log_mixture(n)
        if least_count > 0:
            below = np.sum([np.exp(log_mixture(np.full_like(n, float(k)))) for k in range(least_count)], axis=0)
            value = value - np.log1p(-below)
    return float(value.sum())


def _mixture_quantile(
    level: float, weight: Floats, shapes: tuple[Floats, Floats], rates: tuple[Floats, Floats]
) -> Floats:
    """Quantile of a mixture of two gammas: it lies between those of its parts, and is bisected there on a log scale."""
    with np.errstate(divide="ignore"):
        ends = [np.log(gammaincinv(shape, level) / rate) for shape, rate in zip(shapes, rates, strict=True)]
    low, high = np.minimum(*ends), np.maximum(*ends)
    low = np.maximum(low, -700.0)
    high = np.maximum(high, low)
    for _ in range(80):
        middle = (low + high) / 2
        value = np.exp(middle)
        reached = weight * gammainc(shapes[0], value * rates[0]) + (1 - weight) * gammainc(shapes[1], value * rates[1])
        low, high = np.where(reached < level, middle, low), np.where(reached < level, high, middle)
    return np.exp((low + high) / 2)


def _counts(observed: npt.ArrayLike, expected: npt.ArrayLike) -> tuple[Floats, Floats]:
    n, e = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if n.shape != e.shape and n.ndim and e.ndim:
        raise UnequalLengths(left=n.size, right=e.size)
    n, e = np.broadcast_arrays(n, e)
    return np.where(n >= 0, n, np.nan), np.where(e > 0, e, np.nan)
