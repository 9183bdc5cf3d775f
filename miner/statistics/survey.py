"""Associations in a weighted sample: Rao-Scott tests, odds ratio and proportions with design-based errors.

Weights say how many people of the population a person of the sample stands for. They never enter a test of counts:
variances come from the spread of weighted contributions between primary sampling units within strata (linearisation).

References
----------
Rao JNK, Scott AJ. Ann Stat 1984;12:46-60. doi:10.1214/aos/1176346391
Thomas DR, Rao JNK. J Am Stat Assoc 1987;82:630-636 (the F form). Lumley T. J Stat Softw 2004;9(8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, stdtrit

from miner.errors import BadDesign, UnequalLengths
from miner.statistics.log_probability import ln_chi2_sf, ln_f_sf
from miner.statistics.results import Effect, Floats, Ints, TestResult, not_computed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Sampling weights with, where the sample was so drawn, strata and primary sampling units (arrays of shape (n,)).

    ``population`` holds for each person the number of units in their stratum of the population, where the finite
    population correction is wanted.
    """

    weights: Floats
    strata: Ints
    units: Ints
    population: Floats | None = None

    @property
    def degrees_of_freedom(self) -> int:
        """Primary sampling units less strata."""
        return len(np.unique(self.units)) - len(np.unique(self.strata))

    def covariance(self, contributions: Floats) -> Floats:
        """Covariance (k, k) of the totals of weighted contributions (n, k).

        Raises ``BadDesign`` where a stratum holds a single unit: its variance cannot be seen.
        """
        _, index = np.unique(self.units, return_inverse=True)
        index = index.ravel()
        totals = np.zeros((index.max() + 1, contributions.shape[1]))
        np.add.at(totals, index, contributions)
        stratum = np.empty(len(totals), dtype=np.int64)
        stratum[index] = self.strata
        size = np.zeros(len(totals))
        if self.population is not None:
            size[index] = self.population
        result = np.zeros((contributions.shape[1], contributions.shape[1]))
        for value in np.unique(stratum):
            within = totals[stratum == value]
            count = len(within)
            if count < 2:
                raise BadDesign(reason=f"stratum {value} holds a single sampling unit")
            gaps = within - within.mean(axis=0)
            share = 1.0 if self.population is None else 1 - count / size[stratum == value][0]
            result += share * count / (count - 1) * gaps.T @ gaps
        return result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightedTable:
    """Weighted r x c table and its tests. ``f`` is the second-order Rao-Scott F; ``chi2`` the Pearson statistic of the
    weighted proportions at the sample's size, with Satterthwaite's p. ``log_odds_ratio`` only for 2 x 2.
    """

    table: Floats
    f: TestResult
    chi2: TestResult
    log_odds_ratio: Effect | None
    standard_error: float


def survey_design(
    weights: npt.ArrayLike,
    *,
    strata: npt.ArrayLike | None = None,
    units: npt.ArrayLike | None = None,
    population: npt.ArrayLike | None = None,
) -> Design:
    """A design from its columns; without units each person is one, without strata all lie in one.

    Raises ``BadDesign`` for weights that are not positive numbers or add to nothing.
    """
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim != 1 or len(w) == 0 or np.any(~np.isfinite(w) | (w < 0)) or w.sum() <= 0:
        raise BadDesign(reason="weights must be finite, none negative, and not all zero")
    columns = [np.zeros(len(w)) if strata is None else np.asarray(strata)]
    columns.append(np.arange(len(w)) if units is None else np.asarray(units))
    if any(len(column) != len(w) for column in columns):
        raise UnequalLengths(left=len(w), right=next(len(c) for c in columns if len(c) != len(w)))
    codes = [np.unique(column, return_inverse=True)[1].ravel().astype(np.int64) for column in columns]
    # Units are numbered anew in each stratum.
    nested = codes[0] * (codes[1].max() + 1) + codes[1]
    size = None if population is None else np.asarray(population, dtype=np.float64)
    return Design(weights=w, strata=codes[0], units=nested, population=size)


def weighted_table(
    rows: npt.ArrayLike, columns: npt.ArrayLike, design: Design, *, confidence: float = 0.95
) -> WeightedTable:
    """Rao-Scott tests of two coded variables (0 to k - 1, shape (n,), all known) under a design."""
    first_codes, second_codes = np.asarray(rows), np.asarray(columns)
    n = len(design.weights)
    if not len(first_codes) == len(second_codes) == n:
        raise UnequalLengths(left=len(first_codes), right=n)
    row, column = (_coded(codes, design.weights > 0) for codes in (first_codes, second_codes))
    r, c = int(row.max()) + 1, int(column.max()) + 1
    cells = np.zeros((n, r * c))
    cells[np.arange(n), row * c + column] = 1.0
    totals = design.weights @ cells
    table = totals.reshape(r, c)
    if min(r, c) < 2:
        nothing = not_computed("rao_scott", n, "log_odds_ratio", "one of the variables takes a single value")
        return WeightedTable(table=table, f=nothing, chi2=nothing, log_odds_ratio=None, standard_error=np.nan)
    whole = totals.sum()
    share = totals / whole
    covariance = design.covariance(design.weights[:, None] * (cells - share) / whole)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)).ravel() / whole**2
    chi2 = float(n * ((share - expected) ** 2 / expected).sum())
    effects = _generalised_design_effects(share, covariance, r, c, n)
    first, second = float(effects.sum()), float((effects**2).sum())
    df = design.degrees_of_freedom
    odds, error = _log_odds(cells, totals, design, confidence) if (r, c) == (2, 2) else (None, np.nan)
    if first <= 0 or df < 1:
        nothing = not_computed("rao_scott", n, "log_odds_ratio", "the design leaves no sampling error to test against")
        return WeightedTable(table=table, f=nothing, chi2=nothing, log_odds_ratio=odds, standard_error=error)
    ndf = first * first / second
    shown = (odds,) if odds is not None else (Effect(name="log_odds_ratio", estimate=np.nan),)
    summary: dict[str, object] = {"table": table.tolist(), "design_effects": [float(e) for e in effects], "df": df}
    return WeightedTable(
        table=table,
        f=TestResult(
            test="rao_scott_f",
            n=n,
            statistic=chi2 / first,
            df=ndf,
            df2=ndf * df,
            ln_p=float(ln_f_sf(chi2 / first, ndf, ndf * df)),
            effects=shown,
            summary=summary,
        ),
        chi2=TestResult(
            test="rao_scott_chi2",
            n=n,
            statistic=chi2,
            df=ndf,
            ln_p=float(ln_chi2_sf(chi2 * first / second, ndf)),
            effects=shown,
            summary=summary,
        ),
        log_odds_ratio=odds,
        standard_error=error,
    )


def weighted_proportion(values: npt.ArrayLike, design: Design, *, confidence: float = 0.95) -> Effect:
    """Proportion of 1 among 0/1 values, with a logit interval (t with the design's degrees of freedom)."""
    y = np.asarray(values, dtype=np.float64)
    whole = float(design.weights.sum())
    p = float(design.weights @ y) / whole
    if p in {0.0, 1.0}:
        return Effect(name="proportion", estimate=p)
    error = float(np.sqrt(design.covariance((design.weights * (y - p) / whole)[:, None])[0, 0]))
    half = float(stdtrit(design.degrees_of_freedom, 0.5 + confidence / 2)) * error / (p * (1 - p))
    return Effect(name="proportion", estimate=p, low=float(expit(logit(p) - half)), high=float(expit(logit(p) + half)))


def _coded(values: npt.NDArray[Any], counted: npt.NDArray[np.bool_]) -> Ints:
    """Codes 0 to k - 1 of the values that carry weight; persons without weight are put with the first."""
    codes = np.zeros(len(values), dtype=np.int64)
    codes[counted] = np.unique(values[counted], return_inverse=True)[1].ravel()
    return codes


def _generalised_design_effects(share: Floats, covariance: Floats, r: int, c: int, n: int) -> Floats:
    """Eigenvalues that say how much the design inflates each contrast of the interaction (Rao and Scott 1984)."""
    i, j = np.divmod(np.arange(r * c), c)
    main = np.column_stack([np.ones(r * c), i[:, None] == np.arange(1, r), j[:, None] == np.arange(1, c)]).astype(float)
    interaction = np.column_stack(
        [(i == a) & (j == b) for a in range(1, r) for b in range(1, c)],
    ).astype(float)
    basis = interaction - main @ np.linalg.lstsq(main, interaction, rcond=None)[0]
    inverse = np.divide(1.0, share, out=np.zeros_like(share), where=share > 0)
    simple = basis.T @ (inverse[:, None] * basis) / n
    actual = basis.T @ (inverse[:, None] * covariance * inverse) @ basis
    return np.real(np.linalg.eigvals(np.linalg.solve(simple, actual)))


def _log_odds(cells: Floats, totals: Floats, design: Design, confidence: float) -> tuple[Effect, float]:
    if np.any(totals == 0):
        return Effect(name="log_odds_ratio", estimate=np.nan), np.nan
    sign = np.array([1.0, -1.0, -1.0, 1.0])
    value = float(sign @ np.log(totals))
    contributions = design.weights * (cells @ (sign / totals))
    error = float(np.sqrt(design.covariance(contributions[:, None])[0, 0]))
    half = float(stdtrit(max(1, design.degrees_of_freedom - 1), 0.5 + confidence / 2)) * error
    return Effect(name="log_odds_ratio", estimate=value, low=value - half, high=value + half), error
