"""Codes R: do the numbers follow from what was recorded? Each is computed a second time, apart from the miner."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from miner.ledger.audit.corrections import adjusted
from miner.ledger.audit.exact import ln_fisher
from miner.ledger.audit.facts import Facts, FamilyFacts, Row
from miner.ledger.audit.report import AuditFinding, found
from miner.ledger.canonical import as_float
from miner.ledger.records import Entry

Floats = npt.NDArray[np.float64]

TOLERANCE: Final = 1e-8
# The one decision rule of the project, written here a second time.
DECISION_GUARD: Final = 1e-12
_FISHER: Final = {
    "fisher_greater": "greater",
    "fisher_less": "less",
    "fisher_two_sided": "two-sided",
    "fisher_central": "central",
}
# No logarithm of a probability is positive.
_NO_LN_P: Final = 1.0
_CORRELATIONS: Final = frozenset({"spearman", "pearson", "point_biserial", "partial_correlation"})


class Recomputation:
    """R01, gathered block by block: every ln p again from counts, summaries or the statistic beside it."""

    def __init__(self) -> None:
        self.findings: list[AuditFinding] = []
        self.checked = 0
        self.skipped: Counter[str] = Counter()

    def block(self, entry: Entry, rows: Sequence[Row]) -> None:
        """Recompute one block of tests."""
        by_test: dict[str, list[Row]] = {}
        for row in rows:
            if row["status"] == "ok" and row.get("ln_p") is not None:
                by_test.setdefault(str(row["test"]), []).append(row)
        for test, group in by_test.items():
            again = self._again(test, group)
            if again is None:
                self.skipped[test] += len(group)
                continue
            told = np.array([as_float(row["ln_p"]) for row in group])
            self._compare(entry, group, told, again)

    def not_checked(self) -> Iterator[str]:
        """What could not be recomputed from the record, in words."""
        for test, count in sorted(self.skipped.items()):
            yield f"R01: {count} p-values of the test '{test}' need the data to be recomputed"

    def _again(self, test: str, rows: Sequence[Row]) -> Floats | None:
        if test in _FISHER:
            if any(row.get("counts") is None for row in rows):
                return None
            return ln_fisher(np.array([row["counts"] for row in rows], dtype=np.int64), _FISHER[test])
        return np.array([_agreeing_ln_p(test, row) for row in rows])

    def _compare(self, entry: Entry, rows: Sequence[Row], told: Floats, again: Floats) -> None:
        unknown = np.isnan(again)
        for row in (rows[i] for i in np.flatnonzero(unknown).tolist()):
            self.skipped[str(row["test"])] += 1
        self.checked += int((~unknown).sum())
        wrong = np.flatnonzero(~unknown & ~_close(told, again))
        if len(wrong):
            first = wrong[0]
            follows = "another statistic" if again[first] == _NO_LN_P else f"{again[first]:.10g}"
            self.findings.append(
                found(
                    "R01",
                    [entry.seq],
                    f"{len(wrong)} of {len(rows)} p-values of the block do not follow from what stands "
                    f"beside them; the first is row {rows[first]['i']} ({rows[first]['test']}): "
                    f"ln p {told[first]:.10g} is recorded, "
                    f"{follows} follows",
                )
            )


def _agreeing_ln_p(test: str, row: Row) -> float:
    """ln p of one row of another test than Fisher's; NaN where it does not follow from the record, and a value that no
    record agrees with where the statistic itself does not."""
    statistic, ln_p = _follows(test, row)
    told = as_float(row.get("statistic"))
    comparable = not math.isnan(statistic) and not math.isnan(told)
    if comparable and abs(abs(told) - abs(statistic)) > TOLERANCE * max(1.0, abs(statistic)):
        return _NO_LN_P
    return ln_p


def _follows(test: str, row: Row) -> tuple[float, float]:
    """Statistic and ln p that follow from the summary of a row; NaN where one does not."""
    summary: Mapping[str, Any] = row.get("summary") or {}
    if summary.get("exceedances") is not None:
        return math.nan, _permutation(summary)
    if test in _CORRELATIONS:
        return _correlation(as_float(row.get("estimate")), row.get("df"))
    if test == "welch" and "sds" in summary:
        return _welch(summary)
    if test == "kruskal" and "rank_square" in summary:
        return _kruskal(summary)
    if test == "chi_square" and row.get("counts") is not None:
        return _chi_square(np.array(row["counts"], dtype=float))
    if "score" in summary and "information" in summary:
        return _score(summary, row.get("df"))
    if "standard_error" in summary and "coefficient" in summary:
        return _wald(summary, row.get("df"))
    return _from_statistic(row)


def _permutation(summary: Mapping[str, Any]) -> float:
    tail, draws = summary["exceedances"], summary["permutations"]
    # All orders, or a run stopped at a fixed number of exceedances: the share itself. Else the one seen is counted too.
    if summary.get("exactness") == "exact" or summary.get("stopped_early"):
        return math.log(tail / draws)
    return math.log((tail + 1) / (draws + 1))


def _correlation(r: float, df: Any) -> tuple[float, float]:
    if df is None or not abs(r) < 1:
        return math.nan, math.nan
    t = r * math.sqrt(df / ((1 - r) * (1 + r)))
    # The statistic of some correlations is the coefficient itself; the p-value is what is compared.
    return math.nan, _ln_t(t, df)


def _welch(summary: Mapping[str, Any]) -> tuple[float, float]:
    n, mean, sd = (np.array(summary[name], dtype=float) for name in ("group_n", "means", "sds"))
    part = sd**2 / n
    if not part.sum() > 0:
        return math.nan, math.nan
    t = (mean[1] - mean[0]) / math.sqrt(part.sum())
    return t, _ln_t(t, part.sum() ** 2 / (part**2 / (n - 1)).sum())


def _kruskal(summary: Mapping[str, Any]) -> tuple[float, float]:
    """Between-group share of the squares of the ranks about their mean, times N - 1."""
    n, ranks = (np.array(summary[name], dtype=float) for name in ("group_n", "mean_ranks"))
    total, middle = n.sum(), (n.sum() + 1) / 2
    h = (total - 1) * (n * (ranks - middle) ** 2).sum() / summary["rank_square"]
    return h, _ln_chi_square(h, len(n) - 1)


def _chi_square(table: Floats) -> tuple[float, float]:
    if table.ndim == 1:
        table = table.reshape(2, 2)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    x = float(((table - expected) ** 2 / expected).sum())
    return (x, _ln_chi_square(x, df)) if df else (math.nan, math.nan)


def _score(summary: Mapping[str, Any], df: Any) -> tuple[float, float]:
    """Score test of one coefficient: chi-square of U^2 / V, or Student's t where the residual variance is estimated."""
    u, v = float(summary["score"]), float(summary["information"])
    if "residual_square" not in summary:
        return u * u / v, _ln_chi_square(u * u / v, 1)
    rest = float(summary["residual_square"]) - u * u / v
    if not rest > 0:
        return math.nan, math.nan
    t = u / v / math.sqrt(rest / df / v)
    # The difference above keeps few digits where the fit is near perfect.
    return (t, _ln_t(t, df)) if rest > 1e-6 * float(summary["residual_square"]) else (math.nan, math.nan)


def _wald(summary: Mapping[str, Any], df: Any) -> tuple[float, float]:
    t = float(summary["coefficient"]) / float(summary["standard_error"])
    return t, _ln_t(t, df)


def _from_statistic(row: Row) -> tuple[float, float]:
    """Where a block of coefficients was tested, only the statistic was kept: chi-square, or F with two degrees."""
    from scipy import special

    statistic, df = as_float(row.get("statistic")), row.get("df")
    if math.isnan(statistic) or df is None or not str(row["test"]).endswith("_factor"):
        return math.nan, math.nan
    if isinstance(df, list):
        p = float(special.fdtrc(df[0], df[1], statistic))
        return statistic, math.log(p) if p > 1e-290 else math.nan
    return statistic, _ln_chi_square(statistic, float(df))


def _ln_t(t: float, df: float) -> float:
    """ln of the two-sided tail of Student's t; scipy where its answer is not lost to underflow, a series
    beyond."""
    from scipy import special

    p = 2 * special.stdtr(df, -abs(t))
    if p > 1e-290:
        return min(math.log(p), 0.0)
    # ln I_x(a, 1/2) for x = df / (df + t^2) near 0, by the hypergeometric series of the incomplete beta function.
    a, x = df / 2, df / (df + t * t)
    front = a * math.log(x) + 0.5 * math.log1p(-x) - math.log(a) - float(special.betaln(a, 0.5))
    return front + _ln_series(a + 0.5, a + 1, x)


def _ln_series(a: float, c: float, x: float) -> float:
    """ln of 1 + (a / c) x + (a (a + 1)) / (c (c + 1)) x^2 + ..."""
    total = term = 1.0
    k = 0
    while term > 1e-17 * total:
        term *= (a + k) / (c + k) * x
        total += term
        k += 1
    return math.log(total)


def _ln_chi_square(x: float, df: float) -> float:
    """ln of the upper tail of chi-square; scipy where its answer is not lost to underflow, the asymptotic series
    beyond."""
    from scipy import special

    p = special.chdtrc(df, x)
    if p > 1e-290:
        return math.log(p)
    a, z = df / 2, x / 2
    # Gamma(a, z) = z^(a-1) e^-z (1 + (a-1)/z + (a-1)(a-2)/z^2 ...), summed while the terms fall.
    total = term = 1.0
    for k in range(1, 200):
        following = term * (a - k) / z
        if abs(following) >= abs(term) or abs(following) < 1e-17:
            break
        term = following
        total += term
    return (a - 1) * math.log(z) - z - math.lgamma(a) + math.log(total)


def _close(told: Floats, again: Floats) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        near = np.abs(told - again) <= TOLERANCE * np.maximum(1.0, np.abs(again))
    return near | (told == again)


def corrections(facts: Facts) -> Iterator[AuditFinding]:
    """R03: every adjusted p and every decision again, from the recorded ln p, with the recorded m and rule."""
    for family in facts.families.values():
        for entry in family.adjusted:
            yield from _correction(facts, family, entry)


def uncheckable_corrections(facts: Facts) -> Iterator[str]:
    """Methods that have no second computation here, in words."""
    for family in facts.families.values():
        for entry in family.adjusted:
            for method in entry.content["methods"]:
                if adjusted(np.array([-1.0]), str(method), m=int(str(entry.content["m"]))) is None:
                    yield f"R03: the correction '{method}' of family {family.id} has no second computation here"


def _correction(facts: Facts, family: FamilyFacts, entry: Entry) -> Iterator[AuditFinding]:
    content: Mapping[str, Any] = entry.content
    rows = facts.rows(entry)
    # The tests in force when the correction was made.
    known = {test.id: test for test in family.members if test.seq < entry.seq}
    rows = [row for row in rows if row["id"] in known]
    ln_p = np.array([known[row["id"]].ln_p if known[row["id"]].is_ok else math.nan for row in rows])
    m = int(content["m"])
    if m < int((~np.isnan(ln_p)).sum()):
        return  # told as C03 or C08: no adjusted value follows from too small an m
    for method in content["methods"]:
        again = adjusted(ln_p, method, m=m)
        if again is None:
            continue
        told = np.array([as_float(row["ln_adjusted"].get(method)) for row in rows])
        both = np.isnan(told) & np.isnan(again)
        wrong = np.flatnonzero(~both & ~_close(told, again))
        if len(wrong):
            yield found("R03", [entry.seq], _differs(method, rows, told, again, wrong))
            continue
        alpha = content["alphas"].get(method)
        decided = [row.get("rejected", {}).get(method) for row in rows]
        if alpha is None or not any(value is not None for value in decided):
            continue
        limit = math.log(alpha) + DECISION_GUARD if alpha > 0 else -math.inf
        off = [i for i, value in enumerate(decided) if value is not None and bool(value) != bool(told[i] <= limit)]
        if off:
            yield found(
                "R03",
                [entry.seq],
                f"{len(off)} decisions by {method} at {alpha:.6g} are not what their adjusted p says; the first is "
                f"row {rows[off[0]]['i']}",
            )


def _differs(method: str, rows: Sequence[Row], told: Floats, again: Floats, wrong: npt.NDArray[np.int64]) -> str:
    i = wrong[0]
    return (
        f"{len(wrong)} of {len(rows)} p-values adjusted by {method} do not follow from the recorded ones; the first is "
        f"row {rows[i]['i']}: ln p {told[i]:.10g} is recorded, {again[i]:.10g} follows"
    )
