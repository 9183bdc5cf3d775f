"""R01, R03: planted in an honest history, seen as exactly that code."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpmath import mp
from scipy import stats
from statsmodels.regression.linear_model import OLS

from miner.ledger import Actor, Entry
from miner.ledger.audit.numbers import Recomputation, _ln_chi_square, _ln_t
from tests.miner.ledger.audit.planting import (
    edited_row,
    only,
    told,
    with_rows,
)
from tests.miner.ledger.honest import (
    adjusted_rows,
    row,
    rows,
    steps,
)


def test_r01_a_p_value_does_not_follow(place: Path) -> None:
    only(told(place, edited_row(steps(), 1, ln_p=-0.5)), "R01")


def test_r03_an_adjusted_p_does_not_follow(place: Path) -> None:
    block = adjusted_rows(rows(), 5)
    block[0]["ln_adjusted"]["by"] -= 0.1
    only(told(place, with_rows(steps(), "adjust", block)), "R03")


def test_r03_a_decision_does_not_follow(place: Path) -> None:
    block = adjusted_rows(rows(), 5)
    block[1]["rejected"]["holm"] = not block[1]["rejected"]["holm"]
    only(told(place, with_rows(steps(), "adjust", block)), "R03")


# --- a second computation of each test by scipy -----------------------------------------------------------------------


def judged(test: str, ln_p: float, **fields: Any) -> tuple[int, int, int]:
    """Findings, rows checked and rows skipped for one row."""
    one = row(0, "x = yes", None, status="ok", reason="", test=test, ln_p=ln_p) | fields
    seen = Recomputation()
    entry = Entry(seq=1, kind="batch", time="", actor=Actor(name=""), content={}, note=None, hash="", prev="")
    seen.block(entry, [one])
    return len(seen.findings), seen.checked, sum(seen.skipped.values())


def holds_and_only_so(test: str, p: float, **fields: Any) -> None:
    assert judged(test, math.log(p), **fields) == (0, 1, 0)
    assert judged(test, math.log(p) + 1e-6, **fields) == (1, 1, 0)


DRAW = np.random.default_rng(11)
GROUPS = [DRAW.normal(mean, 1.5, size).round(1) for mean, size in ((0.0, 30), (0.6, 40), (1.1, 25))]


def test_welch_follows_from_sizes_means_and_deviations() -> None:
    one, two = GROUPS[:2]
    answer = stats.ttest_ind(two, one, equal_var=False)
    summary = {
        "group_n": [len(one), len(two)],
        "means": [one.mean(), two.mean()],
        "sds": [one.std(ddof=1), two.std(ddof=1)],
    }
    holds_and_only_so("welch", answer.pvalue, summary=summary, statistic=answer.statistic, df=answer.df)
    assert judged("welch", math.log(answer.pvalue), summary=summary, statistic=answer.statistic + 0.01) == (1, 1, 0)


def test_kruskal_follows_from_mean_ranks() -> None:
    answer = stats.kruskal(*GROUPS)
    ranks = stats.rankdata(np.concatenate(GROUPS))
    ends = np.cumsum([len(group) for group in GROUPS])[:-1]
    parts = np.split(ranks, ends)
    summary = {
        "group_n": [len(part) for part in parts],
        "mean_ranks": [part.mean() for part in parts],
        "rank_square": float(((ranks - ranks.mean()) ** 2).sum()),
    }
    holds_and_only_so("kruskal", answer.pvalue, summary=summary, statistic=answer.statistic)


@pytest.mark.parametrize(("test", "correlate"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)])
def test_correlations_follow_from_the_coefficient(test: str, correlate: Any) -> None:
    x = GROUPS[1]
    answer = correlate(x, x + DRAW.normal(0, 4, len(x)))
    holds_and_only_so(test, answer.pvalue, estimate=answer.statistic, df=len(x) - 2)


def test_chi_square_follows_from_the_table() -> None:
    table = np.array([[20, 30, 40], [35, 30, 25]])
    answer = stats.chi2_contingency(table, correction=False)
    holds_and_only_so("chi_square", answer.pvalue, counts=table.tolist(), statistic=answer.statistic, df=answer.dof)


def test_a_permutation_p_follows_from_its_exceedances() -> None:
    for summary, p in (
        ({"exactness": "exact", "exceedances": 7, "permutations": 5040}, 7 / 5040),
        ({"exactness": "permutation", "exceedances": 100, "permutations": 800, "stopped_early": True}, 100 / 800),
        ({"exactness": "permutation", "exceedances": 3, "permutations": 9999}, 4 / 10000),
    ):
        holds_and_only_so("chi_square_permutation", p, summary=summary)


def test_screens_follow_from_score_and_information() -> None:
    x, z = DRAW.normal(size=80), DRAW.normal(size=80)
    y = 0.3 * x + z + DRAW.normal(size=80)
    design = np.column_stack([np.ones(80), z])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    x_residual = x - design @ np.linalg.lstsq(design, x, rcond=None)[0]
    u, v = float(x_residual @ residual), float(x_residual @ x_residual)
    fit = OLS(y, np.column_stack([design, x])).fit()
    summary = {"score": u, "information": v, "residual_square": float(residual @ residual)}
    holds_and_only_so("linear", fit.pvalues[2], summary=summary, statistic=fit.tvalues[2], df=77)
    holds_and_only_so(
        "cox_score", stats.chi2.sf(9.0, 1), summary={"score": 6.0, "information": 4.0}, statistic=9.0, df=1
    )
    wald = {"coefficient": 0.5, "standard_error": 0.2}
    holds_and_only_so("linear_clusters_wald", 2 * stats.t.sf(2.5, 12), summary=wald, statistic=2.5, df=12)
    holds_and_only_so("linear_factor", stats.f.sf(3.0, 2, 70), statistic=3.0, df=[2.0, 70.0])
    holds_and_only_so("cox_score_factor", stats.chi2.sf(7.0, 3), statistic=7.0, df=3.0)


def test_what_does_not_follow_from_the_record_is_counted_as_such() -> None:
    assert judged("something_else", -3.0) == (0, 0, 1)
    assert judged("fisher_greater", -3.0, counts=None) == (0, 0, 1)


@pytest.mark.parametrize("df", [1, 2, 5, 40])
def test_tails_keep_their_digits_where_scipy_gives_zero(df: int) -> None:
    for x in (10.0, 600.0, 1500.0, 40_000.0):
        with mp.workdps(60):
            chi = float(mp.log(mp.gammainc(mp.mpf(df) / 2, mp.mpf(x) / 2, regularized=True)))
            t = math.sqrt(x)
            inside = mp.mpf(df) / (mp.mpf(df) + mp.mpf(x))
            student = float(mp.log(mp.betainc(mp.mpf(df) / 2, 0.5, 0, inside, regularized=True)))
        assert _ln_chi_square(x, df) == pytest.approx(chi, rel=1e-10)
        assert _ln_t(t, df) == pytest.approx(student, rel=1e-10)
    assert _ln_t(200.0, 50_000) == pytest.approx(-14_666.0, rel=0.01)
