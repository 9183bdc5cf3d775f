"""Interest measures of a rule X -> Y, each from the same four counts, for whole tables of rules at once.

a = both, b = X without Y, c = Y without X, d = neither; x = a + b, y = a + c, n = all. Everything is derived from
these whole numbers, never from rounded supports. NaN where a measure is undefined; 0 and infinity are legal values, and
nothing is added to an empty cell.

>>> round(float(measure("lift", 19, 29, 90, 9697)), 4)
35.7158

References
----------
Hahsler M, Gruen B, Hornik K. J Stat Softw 2005;14(15). doi:10.18637/jss.v014.i15 (and the arules documentation).
Tan PN, Kumar V, Srivastava J. Inf Syst 2004;29:293-313. doi:10.1016/S0306-4379(03)00072-3
Hahsler M, Hornik K. Intell Data Anal 2007;11:437-455 (hyper-lift, hyper-confidence).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy

from miner.errors import UnknownOption
from miner.statistics.counts import as_counts
from miner.statistics.fisher import log_fisher
from miner.statistics.log_probability import ln_chi2_sf
from miner.statistics.results import Floats, Ints

HYPER_LEVEL = 0.99


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleCounts:
    """The four counts of each rule as int64 arrays of one shape, with their sums as floats."""

    a: Ints
    b: Ints
    c: Ints
    d: Ints

    @property
    def x(self) -> Floats:
        """Persons with the antecedent."""
        return (self.a + self.b).astype(np.float64)

    @property
    def y(self) -> Floats:
        """Persons with the consequent."""
        return (self.a + self.c).astype(np.float64)

    @property
    def n(self) -> Floats:
        """Persons in whom every item of the rule is known."""
        return (self.a + self.b + self.c + self.d).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure: how it is computed, its formula in words of the counts, and how it behaves.

    ``null_invariant``: persons with neither X nor Y do not change it. ``symmetric``: the same for Y -> X.
    """

    compute: Callable[[RuleCounts], Floats]
    formula: str
    null_invariant: bool = False
    symmetric: bool = False


def measure(name: str, a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike) -> Floats:
    """One measure of each rule. Raises ``UnknownOption`` for a name that is not in ``MEASURES``."""
    return measures(a, b, c, d, names=(name,))[name]


def measures(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    c: npt.ArrayLike,
    d: npt.ArrayLike,
    *,
    names: Iterable[str] | None = None,
) -> dict[str, Floats]:
    """Measures of each rule by name (all of them where no names are given), arrays of the shape of the counts."""
    one, two, three, four = as_counts(a, b, c, d)
    counts = RuleCounts(a=one, b=two, c=three, d=four)
    wanted = tuple(MEASURES if names is None else names)
    for name in wanted:
        if name not in MEASURES:
            raise UnknownOption(value=name, option="interest measure", known=", ".join(MEASURES))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return {name: np.asarray(MEASURES[name].compute(counts), dtype=np.float64)[()] for name in wanted}


def improvement(confidence: npt.ArrayLike, best_generalisation: npt.ArrayLike) -> tuple[Floats, Floats]:
    """What a rule adds to its best generalisation: difference (improvement) and ratio (boost) of confidences.

    ``best_generalisation`` is the largest confidence over all rules with fewer items in the antecedent and the same
    consequent, the rule with the empty antecedent included.
    """
    own, best = np.asarray(confidence, dtype=np.float64), np.asarray(best_generalisation, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (own - best)[()], (own / best)[()]


def mlxtend_columns(a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike) -> dict[str, Floats]:
    """The columns of ``mlxtend.frequent_patterns.association_rules`` under its names and its conventions.

    mlxtend gives an infinite conviction to every rule of confidence 1, and 0 to Zhang's metric and certainty where
    their denominators vanish. Every person is known here, so representativity is 1.
    """
    names = ("coverage", "rhs_support", "support", "confidence", "lift", "leverage", "conviction", "zhang", "jaccard")
    found = measures(a, b, c, d, names=(*names, "certainty", "kulczynski"))
    certain = found["confidence"] == 1
    return {
        "antecedent support": found["coverage"],
        "consequent support": found["rhs_support"],
        "support": found["support"],
        "confidence": found["confidence"],
        "lift": found["lift"],
        "representativity": np.ones_like(found["support"]),
        "leverage": found["leverage"],
        "conviction": np.where(certain, np.inf, found["conviction"])[()],
        "zhangs_metric": np.nan_to_num(found["zhang"], nan=0.0),
        "jaccard": found["jaccard"],
        "certainty": np.where(found["rhs_support"] == 1, 0.0, found["certainty"])[()],
        "kulczynski": found["kulczynski"],
    }


def _conviction(t: RuleCounts) -> Floats:
    return t.x * (t.n - t.y) / (t.n * t.b)


def _zhang(t: RuleCounts) -> Floats:
    top = t.a * t.n - t.x * t.y
    return top / np.maximum(t.a * (t.n - t.x), t.x * (t.y - t.a))


def _confidences(t: RuleCounts) -> tuple[Floats, Floats]:
    return t.a / t.x, t.a / t.y


def _certainty(t: RuleCounts) -> Floats:
    return (t.a * t.n - t.x * t.y) / (t.x * (t.n - t.y))


def _cross(t: RuleCounts) -> Floats:
    """ad - bc, exact as long as the products fit into 53 bits."""
    return t.a.astype(np.float64) * t.d - t.b.astype(np.float64) * t.c


def _odds_ratio(t: RuleCounts) -> Floats:
    return t.a.astype(np.float64) * t.d / (t.b.astype(np.float64) * t.c)


def _yule(t: RuleCounts, power: float) -> Floats:
    # With cells instead of the odds ratio, an empty cell gives the limit 1 or -1.
    same = (t.a.astype(np.float64) * t.d) ** power
    cross = (t.b.astype(np.float64) * t.c) ** power
    return (same - cross) / (same + cross)


def _chi_squared(t: RuleCounts) -> Floats:
    return t.n * (_cross(t) ** 2 / (t.x * (t.n - t.x))) / (t.y * (t.n - t.y))


def _phi(t: RuleCounts) -> Floats:
    return _cross(t) / np.sqrt(t.x * (t.n - t.x)) / np.sqrt(t.y * (t.n - t.y))


def _kappa(t: RuleCounts) -> Floats:
    agreed, chance = (t.a + t.d) / t.n, (t.x * t.y + (t.n - t.x) * (t.n - t.y)) / (t.n * t.n)
    return (agreed - chance) / (1 - chance)


def _gini(t: RuleCounts) -> Floats:
    inside, outside, share = t.a / t.x, t.c / (t.n - t.x), t.y / t.n
    within = t.x / t.n * inside * (1 - inside) + (t.n - t.x) / t.n * outside * (1 - outside)
    return 2 * (share * (1 - share) - within)


def _j_measure(t: RuleCounts) -> Floats:
    present = xlogy(t.a / t.n, np.where(t.a > 0, t.a * t.n / (t.x * t.y), 1.0))
    absent = xlogy(t.b / t.n, np.where(t.b > 0, t.b * t.n / (t.x * (t.n - t.y)), 1.0))
    return np.where(t.x > 0, present + absent, np.nan)


def _mutual_information(t: RuleCounts) -> Floats:
    rows, columns = (t.x, t.n - t.x), (t.y, t.n - t.y)
    total = np.zeros_like(t.n)
    for cell, row, column in ((t.a, 0, 0), (t.b, 0, 1), (t.c, 1, 0), (t.d, 1, 1)):
        expected = rows[row] * columns[column]
        total = total + xlogy(cell / t.n, np.where(cell > 0, cell * t.n / expected, 1.0))
    entropies = [-sum(xlogy(part / t.n, part / t.n) for part in parts) for parts in (rows, columns)]
    return total / np.minimum(entropies[0], entropies[1])


def _lambda(t: RuleCounts) -> Floats:
    largest = np.maximum(t.y, t.n - t.y)
    return (np.maximum(t.a, t.b) + np.maximum(t.c, t.d) - largest) / (t.n - largest)


def _linkage(t: RuleCounts) -> Floats:
    gap = _cross(t) / t.n
    positive = gap / (gap + np.minimum(t.b, t.c))
    negative = gap / (gap - np.minimum(t.a, t.d))
    return np.where(gap > 0, positive, negative)


def _hyper_confidence(t: RuleCounts) -> Floats:
    """P(count < a) given the margins: the lower tail below a, not one minus the upper, which would lose its digits."""
    least = np.maximum(0, t.a - t.d)
    above = t.a > least
    step = above.astype(np.int64)
    p = np.exp(log_fisher(t.a - step, t.b + step, t.c + step, t.d - step, "less"))
    return np.where(above, p, 0.0)


def _hyper_lift(t: RuleCounts) -> Floats:
    """a over the 99 % quantile of the count given the margins, found by bisection on its distribution."""
    x, y, n = t.a + t.b, t.a + t.c, t.a + t.b + t.c + t.d
    low = np.maximum(0, x + y - n) - 1
    high = np.minimum(x, y)
    level = np.log(HYPER_LEVEL) - 1e-12
    while np.any(high - low > 1):
        middle = np.where(high - low > 1, (low + high) // 2, high)
        reached = log_fisher(middle, x - middle, y - middle, n - x - y + middle, "less") >= level
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        low = np.minimum(low, high - 1)
    return t.a / high.astype(np.float64)


MEASURES: Mapping[str, Measure] = {
    "count": Measure(compute=lambda t: t.a.astype(np.float64), formula="a", symmetric=True),
    "support": Measure(compute=lambda t: t.a / t.n, formula="a/n", symmetric=True),
    "coverage": Measure(compute=lambda t: t.x / t.n, formula="x/n"),
    "rhs_support": Measure(compute=lambda t: t.y / t.n, formula="y/n"),
    "confidence": Measure(compute=lambda t: t.a / t.x, formula="a/x", null_invariant=True),
    "lift": Measure(compute=lambda t: t.a * t.n / (t.x * t.y), formula="an/(xy)", symmetric=True),
    "leverage": Measure(
        compute=lambda t: t.a / t.n - (t.x / t.n) * (t.y / t.n), formula="a/n - xy/n^2", symmetric=True
    ),
    "risk_difference": Measure(compute=lambda t: t.a / t.x - t.c / (t.n - t.x), formula="a/x - c/(n-x)"),
    "risk_ratio": Measure(compute=lambda t: (t.a / t.x) / (t.c / (t.n - t.x)), formula="(a/x) / (c/(n-x))"),
    "odds_ratio": Measure(compute=_odds_ratio, formula="ad/(bc)", symmetric=True),
    "conviction": Measure(compute=_conviction, formula="x(n-y)/(nb)"),
    "zhang": Measure(compute=_zhang, formula="(an-xy)/max(a(n-x), x(y-a))"),
    "certainty": Measure(compute=_certainty, formula="(a/x - y/n)/(1 - y/n)"),
    "added_value": Measure(compute=lambda t: t.a / t.x - t.y / t.n, formula="a/x - y/n"),
    "jaccard": Measure(
        compute=lambda t: t.a / (t.x + t.y - t.a), formula="a/(x+y-a)", null_invariant=True, symmetric=True
    ),
    "cosine": Measure(
        compute=lambda t: t.a / np.sqrt(t.x * t.y), formula="a/sqrt(xy)", null_invariant=True, symmetric=True
    ),
    "kulczynski": Measure(
        compute=lambda t: (t.a / t.x + t.a / t.y) / 2, formula="(a/x + a/y)/2", null_invariant=True, symmetric=True
    ),
    "max_confidence": Measure(
        compute=lambda t: np.maximum(*_confidences(t)), formula="max(a/x, a/y)", null_invariant=True, symmetric=True
    ),
    "all_confidence": Measure(
        compute=lambda t: np.minimum(*_confidences(t)), formula="min(a/x, a/y)", null_invariant=True, symmetric=True
    ),
    "imbalance": Measure(
        compute=lambda t: np.abs(t.x - t.y) / (t.x + t.y - t.a),
        formula="|x-y|/(x+y-a)",
        null_invariant=True,
        symmetric=True,
    ),
    "phi": Measure(compute=_phi, formula="(ad-bc)/sqrt(x(n-x)y(n-y))", symmetric=True),
    "chi_squared": Measure(compute=_chi_squared, formula="n(ad-bc)^2/(x(n-x)y(n-y))", symmetric=True),
    "chi_squared_ln_p": Measure(
        compute=lambda t: ln_chi2_sf(_chi_squared(t), 1), formula="ln P(chi2_1 >= chi_squared)", symmetric=True
    ),
    "fisher_ln_p": Measure(
        compute=lambda t: log_fisher(t.a, t.b, t.c, t.d), formula="ln P(count >= a | margins)", symmetric=True
    ),
    "hyper_confidence": Measure(compute=_hyper_confidence, formula="P(count < a | margins)", symmetric=True),
    "hyper_lift": Measure(compute=_hyper_lift, formula="a / 99 % quantile of the count", symmetric=True),
    "kappa": Measure(compute=_kappa, formula="(agreement - chance)/(1 - chance)", symmetric=True),
    "gini": Measure(compute=_gini, formula="Gini(Y) - Gini(Y given X)"),
    "lambda": Measure(compute=_lambda, formula="(max(a,b)+max(c,d)-max(y,n-y))/(n-max(y,n-y))"),
    "j_measure": Measure(compute=_j_measure, formula="a/n ln(an/(xy)) + b/n ln(bn/(x(n-y)))"),
    "mutual_information": Measure(
        compute=_mutual_information, formula="I(X;Y)/min(H(X), H(Y)), 0 ln 0 = 0", symmetric=True
    ),
    "yule_q": Measure(compute=lambda t: _yule(t, 1.0), formula="(ad-bc)/(ad+bc)", symmetric=True),
    "yule_y": Measure(
        compute=lambda t: _yule(t, 0.5), formula="(sqrt(ad)-sqrt(bc))/(sqrt(ad)+sqrt(bc))", symmetric=True
    ),
    "relative_linkage_disequilibrium": Measure(
        compute=_linkage, formula="D/(D+min(b,c)) or D/(D-min(a,d)), D = (ad-bc)/n", symmetric=True
    ),
    "importance": Measure(
        compute=lambda t: np.log10((t.a + 1) / (t.x + 2) / ((t.c + 1) / (t.n - t.x + 2))),
        formula="log10((a+1)/(x+2) / ((c+1)/(n-x+2)))",
    ),
    "laplace": Measure(compute=lambda t: (t.a + 1) / (t.x + 2), formula="(a+1)/(x+2)", null_invariant=True),
    "lerman": Measure(
        compute=lambda t: (t.a - t.x * t.y / t.n) / np.sqrt(t.x * t.y / t.n),
        formula="(a - xy/n)/sqrt(xy/n)",
        symmetric=True,
    ),
    "implication_index": Measure(
        compute=lambda t: (t.b - t.x * (t.n - t.y) / t.n) / np.sqrt(t.x * (t.n - t.y) / t.n),
        formula="(b - x(n-y)/n)/sqrt(x(n-y)/n)",
    ),
    "sebag": Measure(compute=lambda t: t.a / t.b.astype(np.float64), formula="a/b", null_invariant=True),
    "counterexample": Measure(
        compute=lambda t: (t.a - t.b) / t.a.astype(np.float64), formula="(a-b)/a", null_invariant=True
    ),
    "confirmed_confidence": Measure(compute=lambda t: (t.a - t.b) / t.x, formula="(a-b)/x", null_invariant=True),
    "casual_support": Measure(compute=lambda t: (t.y + t.a - t.b) / t.n, formula="(y+a-b)/n"),
    "casual_confidence": Measure(compute=lambda t: 1 - t.b / t.n * (1 / t.x + 1 / t.y), formula="1 - b/n (1/x + 1/y)"),
    "least_contradiction": Measure(compute=lambda t: t.a / t.y, formula="a/y", null_invariant=True),
    "ralambondrainy": Measure(compute=lambda t: t.b / t.n, formula="b/n"),
    "rule_power_factor": Measure(compute=lambda t: t.a / t.n * (t.a / t.x), formula="a/n a/x"),
    "varying_liaison": Measure(compute=lambda t: t.a * t.n / (t.x * t.y) - 1, formula="an/(xy) - 1", symmetric=True),
}

# Shown at first; the others are in a picker with their formula and whether they are null-invariant.
DEFAULT = ("confidence", "lift", "leverage", "risk_difference", "risk_ratio")
