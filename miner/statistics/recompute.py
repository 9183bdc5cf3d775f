"""ln p once more from what a test's record holds: its counts or its sufficient statistics, never the data.

An auditor calls this with the fields of a test row; each test says here what it needs.

>>> round(ln_p_from_record("fisher_greater", n=8, counts=[3, 1, 1, 3], summary={}), 9)
-1.415281898
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import log_ndtr

from miner.errors import UnknownOption
from miner.statistics.contingency import chi_square, chi_square_permutation, likelihood_ratio
from miner.statistics.fisher import log_fisher
from miner.statistics.groups import kruskal_from_ranks, mann_whitney_from_ranks, welch_from_moments
from miner.statistics.log_probability import (
    ln_chi2_sf,
    ln_f_sf,
    ln_normal_two_sided,
    ln_one_sided,
    ln_t_two_sided,
)
from miner.statistics.stratified import mantel_haenszel
from miner.statistics.trend import cochran_armitage, linear_by_linear

TESTS = (
    "fisher_greater",
    "fisher_less",
    "fisher_two_sided",
    "fisher_central",
    "chi_square",
    "chi_square_permutation",
    "cochran_mantel_haenszel",
    "pearson",
    "spearman",
    "kendall",
    "point_biserial",
    "partial_pearson",
    "partial_spearman",
    "semipartial_pearson",
    "welch",
    "student",
    "mann_whitney",
    "kruskal",
    "anova",
    "cochran_armitage",
    "linear_by_linear",
    "likelihood_ratio",
    "spearman_exact",
    "permutation_values",
    "permutation_ranks",
    "distance_correlation",
    "chatterjee_xi",
    "rao_scott_f",
    "rao_scott_chi2",
)


def ln_p_from_record(test: str, *, n: int, counts: Sequence[Any] | None, summary: Mapping[str, Any]) -> float:
    """ln p of one recorded test.

    Parameters
    ----------
    test : name of the test, one of ``TESTS``
    n : number of persons in the test
    counts : [a, b, c, d] (Fisher), the table (chi-squared), or the K tables of the strata
    summary : the sufficient statistics that the test recorded

    Raises ``UnknownOption`` for a test that has no such record.
    """
    if test.startswith("fisher_"):
        a, b, c, d = counts or ()
        return float(log_fisher(a, b, c, d, test.removeprefix("fisher_").replace("_", "-")))
    if test == "chi_square":
        return chi_square(summary["table"] if counts is None else counts).ln_p
    if test == "chi_square_permutation":
        table = summary["table"] if counts is None else counts
        return chi_square_permutation(table, seed=summary["seed"], permutations=summary["permutations"]).ln_p
    if test == "cochran_mantel_haenszel":
        return float(mantel_haenszel(summary["strata"] if counts is None else counts).ln_p)
    if {"xx", "yy", "xy"} <= set(summary):
        return _correlation(n, summary)
    if test == "kendall":
        return float(ln_normal_two_sided(summary["s"] / np.sqrt(summary["variance"])))
    if test == "welch":
        return welch_from_moments(tuple(summary["n"]), tuple(summary["mean"]), tuple(summary["variance"])).ln_p
    if test == "student":
        return _student(summary)
    if test == "mann_whitney":
        return mann_whitney_from_ranks(tuple(summary["n"]), summary["rank_sum"], summary["ties"]).ln_p
    if test == "kruskal":
        return kruskal_from_ranks(summary["n"], summary["rank_sums"], summary["ties"]).ln_p
    if test == "likelihood_ratio":
        return likelihood_ratio(summary["table"] if counts is None else counts).ln_p
    if test == "chatterjee_xi":
        return float(log_ndtr(-summary["xi"] * np.sqrt(n) / summary["sd"]))
    if test == "distance_correlation":
        return _distance(n, summary["r"])
    if test.startswith("rao_scott_"):
        return _rao_scott(test, n, summary)
    if {"exceedances", "exchanges"} <= set(summary):
        # The order seen is itself one of all exchanges; among drawn ones it is counted besides.
        drawn = int("seed" in summary)
        return float(np.log(summary["exceedances"] + drawn) - np.log(summary["exchanges"] + drawn))
    if test in {"cochran_armitage", "linear_by_linear"}:
        trend = cochran_armitage if test == "cochran_armitage" else linear_by_linear
        return trend(summary["cases"], summary["n"], summary["scores"]).ln_p
    if test == "anova":
        groups = int(summary["groups"])
        f = summary["between"] / (groups - 1) / (summary["within"] / (n - groups))
        return float(ln_f_sf(f, groups - 1, n - groups))
    raise UnknownOption(value=test, option="recorded test", known=", ".join(TESTS))


def _correlation(n: int, summary: Mapping[str, Any]) -> float:
    df = n - 2 - int(summary["adjusted"])
    r = summary["xy"] / np.sqrt(summary["xx"]) / np.sqrt(summary["yy"])
    if 1 - abs(r) < 1e-14:
        return float("-inf")
    return float(ln_t_two_sided(r * np.sqrt(df / ((1 - r) * (1 + r))), df))


def _distance(n: int, r: float) -> float:
    df = n * (n - 3) / 2 - 1
    t = np.sqrt(df) * r / np.sqrt(1 - r * r)
    return float(ln_one_sided(ln_t_two_sided(t, df), t >= 0))


def _rao_scott(test: str, n: int, summary: Mapping[str, Any]) -> float:
    table = np.asarray(summary["table"], dtype=np.float64)
    share = table / table.sum()
    expected = np.outer(share.sum(axis=1), share.sum(axis=0))
    chi2 = n * float(((share - expected) ** 2 / expected).sum())
    effects = np.asarray(summary["design_effects"], dtype=np.float64)
    first, second = float(effects.sum()), float((effects**2).sum())
    ndf = first * first / second
    if test == "rao_scott_f":
        return float(ln_f_sf(chi2 / first, ndf, ndf * summary["df"]))
    return float(ln_chi2_sf(chi2 * first / second, ndf))


def _student(summary: Mapping[str, Any]) -> float:
    (n1, n0), (m1, m0) = summary["n"], summary["mean"]
    df = n1 + n0 - 2
    return float(ln_t_two_sided((m1 - m0) / np.sqrt(summary["within"] / df * (1 / n1 + 1 / n0)), df))
