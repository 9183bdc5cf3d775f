"""One hypothesis computed by itself on a table: for a single look, for the sealed part, and for a reviewer with the
data. What a run computes by the hundred thousand is computed here a second time, one by one, with the same result.

>>> import numpy as np
>>> counted(np.array([1, 1, 0, 0, -1]), np.array([1, 0, 1, 0, 1]))
(1, 1, 1, 1, 1)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from miner.associations.pairs import PairUniverse, mine_pairs
from miner.associations.rows import TestRow, build_row
from miner.multiplicity.confirmation import one_sided
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item
from miner.statistics.fisher import log_fisher
from miner.statistics.intervals import risk_ratio
from miner.statistics.stratified import mantel_haenszel
from miner.tables.model import Dataset
from miner.universe import stratify

States = npt.NDArray[np.int8]
CONSTANT = "the antecedent or the outcome does not vary among the known"
GREATER, LESS, UNSIDED = "greater", "less", "two-sided"
SYMMETRIC = frozenset({"spearman", "welch"})
TABLES = frozenset({"fisher_two_sided", "fisher_greater", "fisher_less"})


def counted(antecedent: npt.NDArray[Any], outcome: npt.NDArray[Any]) -> tuple[int, int, int, int, int]:
    """a, b, c, d of the persons for whom both are known, and the number of the others; states are 1, 0, -1."""
    known = (antecedent >= 0) & (outcome >= 0)
    x, y = antecedent[known] > 0, outcome[known] > 0
    a, exposed, cases, n = int((x & y).sum()), int(x.sum()), int(y.sum()), int(known.sum())
    return a, exposed - a, cases - a, n - exposed - cases + a, len(known) - n


def together(states: Sequence[States]) -> States:
    """All of several conditions: unknown as soon as one of them is, so that nobody is guessed to lack it."""
    stacked = np.stack(states)
    return np.where((stacked < 0).any(axis=0), -1, stacked.min(axis=0)).astype(np.int8)


def rule_row(
    dataset: Dataset,
    items: Sequence[Item],
    outcome: Item,
    *,
    side: str = GREATER,
    adjust_for: Sequence[str] = (),
    ordinal: int = 0,
) -> TestRow:
    """The row of one rule: Fisher's exact test on one side ("greater" as in a run, or "less").

    ``adjust_for`` names covariates whose Mantel-Haenszel risk ratio stands beside; those that the rule uses are left
    out.
    """
    encoded = EncodedItems(dataset, (*items, outcome))
    antecedent = together([encoded.states(k) for k in range(len(items))])
    last = encoded.states(len(items))
    a, b, c, d, unknown = counted(antecedent, last)
    exposed, cases, n = a + b, a + c, a + b + c + d
    most = min(exposed, cases) if side == GREATER else max(0, exposed + cases - n)
    extreme = (most, exposed - most, cases - most, n - exposed - cases + most)
    degenerate = exposed in (0, n) or cases in (0, n)
    ratio = risk_ratio(*(np.array([v]) for v in (a, b, c, d)))
    own = {item.variable for item in (*items, outcome)}
    beside, adjusted = _adjusted(dataset, antecedent, last, tuple(name for name in adjust_for if name not in own))
    return build_row(
        ordinal=ordinal,
        mode="rule",
        x=[item.text for item in items],
        y=outcome.text,
        test=f"fisher_{side}",
        status="degenerate" if degenerate else "ok",
        reason=CONSTANT if degenerate else "",
        n=n,
        n_unknown=unknown,
        counts=[a, b, c, d],
        statistic=float(a),
        ln_p=math.nan if degenerate else _ln_fisher((a, b, c, d), side),
        ln_p_min=math.nan if degenerate else _ln_fisher(extreme, side),
        effect="risk_ratio",
        interval=(float(ratio.estimate[0]), float(ratio.low[0]), float(ratio.high[0])),
        adjusted_for=beside,
        adjusted=adjusted,
    )


def pair_row(dataset: Dataset, x: str, y: str, *, seed: int, adjust_for: Sequence[str] = ()) -> TestRow:
    """The row of one pair of variables, by the test of their kinds, two-sided as in a run. Raises UnknownVariable."""
    universe = PairUniverse(variables=(x,), against=(y,))
    return next(iter(mine_pairs(dataset, universe, seed=seed, adjust_for=tuple(adjust_for))))


def direction(row: Mapping[str, Any]) -> str:
    """The side that a row points to: "greater", "less", or "two-sided" for tests of several groups, which have none.

    >>> direction({"mode": "rule", "counts": [1, 9, 5, 5], "test": "fisher_greater"})
    'less'
    """
    if row["test"] in TABLES:
        a, b, c, d = (int(v) for v in row["counts"])
        return GREATER if a * d >= b * c else LESS
    if row["test"] in SYMMETRIC:
        return GREATER if float(row["estimate"]) >= 0 else LESS
    return UNSIDED


def on_one_side(row: Mapping[str, Any], side: str) -> tuple[str, float]:
    """Name of the test and its ln p on a side; two-sided, as it stands, where a test has no direction."""
    value = math.nan if row["ln_p"] is None else float(row["ln_p"])
    test = str(row["test"])
    if side == UNSIDED or math.isnan(value):
        return test, value
    if test in TABLES:
        a, b, c, d = (int(v) for v in row["counts"])
        return f"fisher_{side}", _ln_fisher((a, b, c, d), side)
    estimate = float(row["estimate"])
    agrees = estimate > 0 if side == GREATER else estimate < 0
    return f"{test}_{side}", float(one_sided([value], [agrees])[0])


def four_cells(row: Mapping[str, Any]) -> list[float]:
    """The cells a, b, c, d of a row, NaN where it has no such table."""
    counts = row.get("counts")
    if row["test"] in TABLES and counts is not None:
        return [float(v) for v in counts]
    return [math.nan] * 4


def _ln_fisher(cells: tuple[int, int, int, int], side: str) -> float:
    a, b, c, d = (np.array([v], dtype=np.int64) for v in cells)
    return float(log_fisher(a, b, c, d, side=side)[0])


def _adjusted(
    dataset: Dataset, antecedent: States, outcome: States, names: tuple[str, ...]
) -> tuple[list[str], dict[str, object] | None]:
    strata = stratify(dataset, names) if names else None
    if strata is None:
        return [], None
    known = (antecedent >= 0) & (outcome >= 0) & (strata.number >= 0)
    size = math.prod(strata.shape)
    # Cells in the order a, b, c, d of each stratum.
    cell = strata.number[known] * 4 + 2 * (antecedent[known] == 0) + (outcome[known] == 0)
    found = mantel_haenszel(np.bincount(cell, minlength=4 * size).reshape(1, size, 2, 2))
    fields = {
        "estimate": found.risk_ratio,
        "low": found.rr_low,
        "high": found.rr_high,
        "ln_p": found.ln_p,
        "homogeneity_ln_p": found.breslow_day_tarone_ln_p,
    }
    values = {name: None if np.isnan(value[0]) else float(value[0]) for name, value in fields.items()}
    adjusted: dict[str, object] = {"effect": "risk_ratio_mantel_haenszel", **values}
    return list(strata.names), adjusted | {"reversed": bool(found.reversed[0])}
