"""Two groups compared by exchanging their labels: exact where all exchanges can be counted, else drawn from a seed.

>>> result = permutation_test([19, 22, 25, 26, 28, 29, 34, 37, 38], [0, 0, 0, 0, 1, 1, 1, 1, 1])
>>> round(float(np.exp(result.ln_p)), 6)
0.015873
"""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt

from miner.errors import UnknownOption
from miner.statistics.correlation import ranks
from miner.statistics.groups import known_groups
from miner.statistics.results import Effect, Floats, TestResult, not_computed

SCORES = ("values", "ranks")
LARGEST_EXACT = 44  # each half of the persons has at most 2^22 subsets
DRAWS = 9_999
NEAR = 1e-9  # sums that differ by less, relative to the spread, are equal


def permutation_test(
    values: npt.ArrayLike, group: npt.ArrayLike, *, scores: str = "values", seed: int = 0, draws: int = DRAWS
) -> TestResult:
    """Two-sided permutation test of group 1 against group 0, on the values or on their mid-ranks.

    p is the share of exchanges whose sum in group 1 lies at least as far from its expectation as the one seen: over all
    exchanges up to 44 persons, else (1 + exceedances)/(1 + draws). Effect: difference of means of values or ranks.
    """
    if scores not in SCORES:
        raise UnknownOption(value=scores, option="kind of scores", known=", ".join(SCORES))
    test = f"permutation_{scores}"
    x, codes = known_groups(values, group)
    x, codes = x[codes <= 1], codes[codes <= 1]
    n, n1 = len(x), int((codes == 1).sum())
    if n1 == 0 or n1 == n:
        return not_computed(test, n, "mean_difference", "fewer than two groups hold anyone")
    score = ranks(x) if scores == "ranks" else x
    score = score - score.mean()
    distance = abs(float(score[codes == 1].sum()))
    limit = distance - NEAR * max(float(np.abs(score).sum()), 1e-300)
    exact = n <= LARGEST_EXACT
    summary: dict[str, object]
    if exact:
        exceed, total = _count_far(score, n1, limit), comb(n, n1)
        ln_p = float(np.log(exceed) - np.log(total))
        summary = {"exceedances": exceed, "exchanges": total}
    else:
        exceed = _draw_far(score, n1, limit, draws, seed)
        ln_p = float(np.log((1 + exceed) / (1 + draws)))
        summary = {"exceedances": exceed, "exchanges": draws, "seed": seed}
    difference = float(score[codes == 1].mean() - score[codes == 0].mean())
    return TestResult(
        test=test,
        n=n,
        statistic=difference,
        ln_p=ln_p,
        effects=(Effect(name="mean_difference", estimate=difference),),
        summary=summary,
    )


def _count_far(score: Floats, size: int, limit: float) -> int:
    """Subsets of ``size`` persons whose sum is at least ``limit`` from 0: each half's sums are sorted and met."""
    middle = len(score) // 2
    left, right = _sums_by_size(score[:middle]), _sums_by_size(score[middle:])
    count = 0
    for taken, sums in left.items():
        others = right.get(size - taken)
        if others is not None:
            count += int((len(others) - np.searchsorted(others, limit - sums, side="left")).sum())
            count += int(np.searchsorted(others, -limit - sums, side="right").sum())
    # With no distance at all every subset lies on both sides.
    return min(count, comb(len(score), size))


def _sums_by_size(score: Floats) -> dict[int, Floats]:
    """Sorted sums of all subsets, by the number of persons in them: each person doubles the list."""
    sums, sizes = np.zeros(1), np.zeros(1, dtype=np.int64)
    for value in score:
        sums, sizes = np.concatenate([sums, sums + value]), np.concatenate([sizes, sizes + 1])
    return {size: np.sort(sums[sizes == size]) for size in range(len(score) + 1)}


def _draw_far(score: Floats, size: int, limit: float, draws: int, seed: int) -> int:
    generator = np.random.Generator(np.random.Philox(seed))
    count = 0
    for _ in range(draws):
        count += abs(float(generator.permutation(score)[:size].sum())) >= limit
    return count
