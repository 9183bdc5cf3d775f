"""The crude test of each kind of pair, many pairs at a time: rank correlation, two means, rank groups, tables.

Each function takes column places of the two sides and returns, pair by pair, the fields of a test row. Every ln p can
be recomputed from the counts, the statistic with its degrees of freedom, or the summary of its row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy import special

from miner.associations import pair_kernels, table_kernels
from miner.associations.blocks import Floats
from miner.associations.columns import Columns
from miner.associations.pair_sums import Places, group_sums, rank_correlations
from miner.associations.rows import triple
from miner.statistics import intervals
from miner.statistics.fisher import log_fisher, log_least_attainable
from miner.statistics.log_probability import ln_chi2_sf, ln_t_two_sided

Fields = dict[str, object]

PERMUTATIONS = 9_999
STOP_AFTER = 100
"""A null sparse table stops after this many exceedances; its p-value is exact in distribution all the same."""


def spearman(columns: Columns, left: Places, right: Places, z: float, column_ranks: bool) -> Iterator[Fields]:
    """Spearman's rho, t approximation from ten pairs on, all orders below; interval after Bonett and Wright (2000)."""
    scores = columns.scores
    rho, n = rank_correlations(columns, left, right, column_ranks=column_ranks)
    complete = scores.n_known == columns.n
    ranks = np.where(column_ranks & ~(complete[left] & complete[right]), "column", "pair")
    ln_p, low, high = np.empty(len(left)), np.empty(len(left)), np.empty(len(left))
    pair_kernels.correlation_inference(rho, n.astype(np.float64), 0.0, z, True, ln_p, low, high)
    for k, (r, count) in enumerate(zip(rho.tolist(), n.tolist())):
        fields: Fields = {"test": "spearman", "n": count, "effect": "spearman_rho"}
        if count < 3:
            yield fields | _not_computed("fewer than 3 persons with both values known")
        elif math.isnan(r):
            yield fields | _degenerate("one side has a single value among the persons known for both")
        else:
            fields |= {"interval": (r, low[k], high[k]), "df": count - 2}
            if abs(r) > 1 - 1e-15:
                fields |= {"status": "degenerate", "reason": "one side is a monotone function of the other"}
            if count < 10:
                tail, total = pair_kernels.spearman_exact(
                    scores.order, scores.dense, scores.n_known, scores.known, left[k], right[k]
                )
                summary = {"exactness": "exact", "exceedances": int(tail), "permutations": int(total)}
                ln_total = math.log(total)
                yield fields | {"statistic": r, "ln_p": math.log(tail) - ln_total, "summary": summary}
            else:
                t = r * math.sqrt((count - 2) / ((1 - r) * (1 + r))) if abs(r) < 1 else math.copysign(math.inf, r)
                yield fields | {
                    "statistic": t,
                    "ln_p": ln_p[k],
                    "summary": {"exactness": "asymptotic", "ranks": str(ranks[k])},
                }


def welch(columns: Columns, left: Places, right: Places, z: float, confidence: float) -> Iterator[Fields]:
    """Welch's test of a number in two groups: mean of the second level minus mean of the first."""
    sums = group_sums(columns, left, right, ranked=False, column_ranks=False)
    size, mean, square = sums.size[:, :2], sums.mean[:, :2], sums.square[:, :2]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = square / (size - 1)
        part = variance / size
        error2 = part.sum(axis=1)
        difference = mean[:, 1] - mean[:, 0]
        t = difference / np.sqrt(error2)
        df = error2**2 / (part**2 / (size - 1)).sum(axis=1)
        half = special.stdtrit(df, 0.5 + confidence / 2) * np.sqrt(error2)
        n = size.sum(axis=1)
        d = difference / np.sqrt(variance.mean(axis=1))
        d_half = z * np.sqrt(n / (size[:, 0] * size[:, 1]) + d**2 / (2 * n))
        within = square.sum(axis=1)
        between = size[:, 0] * size[:, 1] / n * difference**2
        r = np.sign(difference) * np.sqrt(between / (between + within))
    computable = np.asarray((size >= 2).all(axis=1))
    ln_p = np.full(len(left), np.nan)
    usable = np.asarray(computable & (error2 > 0))
    ln_p[usable] = ln_t_two_sided(t[usable], df[usable])
    _, r_low, r_high = _correlation_interval(r, n, z)
    for k in range(len(left)):
        fields: Fields = {"test": "welch", "n": int(n[k]), "effect": "mean_difference"}
        labels = columns.groups.labels[right[k]]
        if not computable[k]:
            yield fields | (
                _degenerate("one of the two groups has nobody with a known value")
                if len(labels) < 2 or (size[k] == 0).any()
                else _not_computed("one of the two groups has fewer than 2 persons")
            )
            continue
        summary: Fields = {
            "levels": list(labels),
            "group_n": [int(v) for v in size[k]],
            "means": [float(v) for v in mean[k]],
            "sds": [math.sqrt(v) for v in variance[k]],
        }
        if not error2[k] > 0:
            yield fields | _degenerate("the number does not vary inside either group") | {"summary": summary}
            continue
        yield fields | {
            "statistic": t[k],
            "df": float(df[k]),
            "ln_p": ln_p[k],
            "interval": (difference[k], difference[k] - half[k], difference[k] + half[k]),
            "effects": {
                "standardised_difference": triple(d[k], d[k] - d_half[k], d[k] + d_half[k]),
                "point_biserial": triple(r[k], r_low[k], r_high[k]),
            },
            "summary": summary,
        }


def kruskal(columns: Columns, left: Places, right: Places, z: float, column_ranks: bool) -> Iterator[Fields]:
    """Kruskal and Wallis's test of ranks in groups; eta squared is the share of rank variance between the groups."""
    sums = group_sums(columns, left, right, ranked=True, column_ranks=column_ranks)
    size = sums.size
    n = size.sum(axis=1)
    groups = (size > 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        eta = sums.rank_between / sums.rank_total
        h = (n - 1) * eta
        df = (groups - 1).astype(np.float64)
    usable = np.asarray((groups >= 2) & (n >= 3) & (sums.rank_total > 0))
    ln_p = np.full(len(left), np.nan)
    ln_p[usable] = ln_chi2_sf(np.maximum(h[usable], 0.0), df[usable])
    with np.errstate(divide="ignore", invalid="ignore"):
        # The ratio of rank variances is near a noncentral chi-square with noncentrality n eta^2 / (1 - eta^2).
        low, high = _noncentrality(np.where(usable & (eta < 1), (n - groups) * eta / (1 - eta), np.nan), df, z)
    for k in range(len(left)):
        labels = columns.groups.labels[right[k]]
        fields: Fields = {"test": "kruskal", "n": int(n[k]), "effect": "eta_squared"}
        if not usable[k]:
            yield fields | (
                _not_computed("fewer than 3 persons with both values known")
                if n[k] < 3
                else _degenerate("a single group, or a single value, among the persons known for both")
            )
            continue
        present = np.flatnonzero(size[k])
        yield fields | {
            "statistic": h[k],
            "df": int(df[k]),
            "ln_p": ln_p[k],
            "interval": (eta[k], low[k] / (low[k] + n[k]), high[k] / (high[k] + n[k])),
            "summary": {
                "levels": [labels[g] for g in present],
                "group_n": [int(size[k, g]) for g in present],
                "means": [float(sums.mean[k, g]) for g in present],
                "mean_ranks": [float(sums.mean_rank[k, g]) for g in present],
                "rank_square": float(sums.rank_total[k]),
            },
        }


def fisher(
    counted: npt.NDArray[np.int64], labels_of: Callable[[int], list[list[str]]], confidence: float
) -> Iterator[Fields]:
    """Fisher's two-sided test of 2 x 2 tables (m, 2, 2), rows and columns in the order of their levels.

    The counts of the row are [a, b, c, d] with a = second level of both sides ("exposed cases").
    """
    a, b, c, d = counted[:, 1, 1], counted[:, 1, 0], counted[:, 0, 1], counted[:, 0, 0]
    ln_p = log_fisher(a, b, c, d, side="two-sided")
    ln_p_min = log_least_attainable(a, b, c, d, side="two-sided")
    odds = intervals.odds_ratio(a, b, c, d, confidence=confidence)
    risk = intervals.risk_ratio(a, b, c, d, confidence=confidence)
    difference = intervals.risk_difference(a, b, c, d, confidence=confidence)
    for k in range(len(counted)):
        yield {
            "test": "fisher_two_sided",
            "n": int(counted[k].sum()),
            "counts": [int(a[k]), int(b[k]), int(c[k]), int(d[k])],
            "ln_p": ln_p[k],
            "ln_p_min": ln_p_min[k],
            "effect": "odds_ratio",
            "interval": (odds.estimate[k], odds.low[k], odds.high[k]),
            "effects": {
                "risk_ratio": triple(risk.estimate[k], risk.low[k], risk.high[k]),
                "risk_difference": triple(difference.estimate[k], difference.low[k], difference.high[k]),
            },
            "summary": {"levels": labels_of(k), "exactness": "exact"},
        }


def chi_square(
    found: Floats,
    table_of: Callable[[int], npt.NDArray[np.int64]],
    labels_of: Callable[[int], list[list[str]]],
    seed_of: Callable[[int], tuple[int, ...]],
    z: float,
) -> Iterator[Fields]:
    """Pearson's chi-square of many tables, or its permutation where expected counts are small.

    ``found`` (tables, 5) is what ``table_kernels.table_statistics`` writes; the three functions give, for a table
    number, its counts without empty lines, its labels and the seed of its permutations. Cramer's V is corrected for
    its bias (Bergsma 2013, doi:10.1016/j.jkss.2012.10.002); its interval inverts the noncentral chi-square
    distribution.
    """
    n, statistic, r, c, sparse = found.T
    df = (r - 1) * (c - 1)
    ln_p = ln_chi2_sf(statistic, df)
    low, high = _noncentrality(statistic, df, z)
    estimate = bergsma_v(statistic, n, r, c)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = n * (np.minimum(r, c) - 1)
        low = np.minimum(estimate, np.sqrt(low / share))
        high = np.maximum(estimate, np.minimum(1.0, np.sqrt(high / share)))
    for k in range(len(found)):
        table = table_of(k)
        fields: Fields = {
            "test": "chi_square",
            "n": int(n[k]),
            "counts": table.tolist(),
            "statistic": statistic[k],
            "df": df[k],
            "effect": "cramer_v",
            "interval": (estimate[k], low[k], high[k]),
        }
        if sparse[k]:
            yield fields | _permuted(table, labels_of(k), seed_of(k))
        else:
            yield fields | {"ln_p": ln_p[k], "summary": {"levels": labels_of(k), "exactness": "asymptotic"}}


def _permuted(table: npt.NDArray[np.int64], labels: list[list[str]], seed: tuple[int, ...]) -> Fields:
    stream = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
    tail, draws = table_kernels.permuted_chi_square(np.ascontiguousarray(table), PERMUTATIONS, STOP_AFTER, stream)
    stopped = tail >= STOP_AFTER
    return {
        "test": "chi_square_permutation",
        "ln_p": math.log(tail / draws if stopped else (tail + 1) / (draws + 1)),
        "ln_p_min": -math.log(PERMUTATIONS + 1),
        "summary": {
            "levels": labels,
            "exactness": "permutation",
            "exceedances": int(tail),
            "permutations": int(draws),
            "stopped_early": stopped,
            "seed": list(seed),
        },
    }


def bergsma_v(statistic: npt.ArrayLike, n: npt.ArrayLike, r: npt.ArrayLike, c: npt.ArrayLike) -> Floats:
    """Bias-corrected Cramer's V of r x c tables.

    >>> round(float(bergsma_v(40.0, 100, 2, 2)), 6)
    0.627597
    """
    chi2, n, r, c = (np.asarray(part, np.float64) for part in (statistic, n, r, c))
    with np.errstate(divide="ignore", invalid="ignore"):
        phi2 = np.maximum(0.0, chi2 / n - (r - 1) * (c - 1) / (n - 1))
        rows, columns = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
        return np.asarray(np.sqrt(phi2 / np.minimum(rows - 1, columns - 1)))


def _correlation_interval(r: Floats, n: Floats, z: float) -> tuple[Floats, Floats, Floats]:
    ln_p, low, high = np.empty(len(r)), np.empty(len(r)), np.empty(len(r))
    pair_kernels.correlation_inference(r, n.astype(np.float64), 0.0, z, False, ln_p, low, high)
    return ln_p, low, high


def _noncentrality(statistic: Floats, df: Floats, z: float) -> tuple[Floats, Floats]:
    low, high = np.empty(len(statistic)), np.empty(len(statistic))
    table_kernels.noncentrality_interval(statistic, df.astype(np.float64), z, low, high)
    return low, high


def _degenerate(reason: str) -> Fields:
    return {"status": "degenerate", "reason": reason}


def _not_computed(reason: str) -> Fields:
    return {"status": "not_computed", "reason": reason}
