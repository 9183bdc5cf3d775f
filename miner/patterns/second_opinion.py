"""A second opinion on mined rules: mlxtend derives them again from a one-hot table, and every difference is told.

mlxtend knows no unknown values. The rules are therefore taken variable set by variable set, each among the persons for
whom those variables and the outcome are known, which is what our counts rest on too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item
from miner.patterns.rules import RuleBlock
from miner.tables.model import Dataset

METRICS = ("support", "confidence", "lift", "leverage", "conviction")
_RELATIVE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One number on which the two disagree; ``theirs`` is None where mlxtend does not have the rule."""

    antecedent: tuple[str, ...]
    outcome: str
    metric: str
    ours: float
    theirs: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """How many rules were derived again, by which version, and every difference."""

    engine: str
    checked: int
    differences: tuple[Difference, ...]


def verify_rules(
    dataset: Dataset, *, antecedent_items: Sequence[Item], outcome_items: Sequence[Item], rules: RuleBlock
) -> SecondOpinion:
    """Derive the rules of a block again with ``mlxtend.frequent_patterns`` and compare their metrics.

    A rule that nobody meets is absent from mlxtend's list, and agrees if we counted nobody too.
    """
    from importlib.metadata import version

    antecedents = EncodedItems(dataset, antecedent_items)
    states = {int(i): antecedents.states(int(i)) for i in np.unique(rules.antecedents) if i >= 0}
    outcome = EncodedItems(dataset, outcome_items).states(rules.outcome)
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(rules.antecedents):
        names = tuple(sorted(antecedent_items[i].variable for i in row if i >= 0))
        groups.setdefault(names, []).append(number)
    differences: list[Difference] = []
    for numbers in groups.values():
        chosen = sorted({int(i) for number in numbers for i in rules.antecedents[number] if i >= 0})
        longest = max(int((rules.antecedents[number] >= 0).sum()) for number in numbers)
        theirs = _derive({i: states[i] for i in chosen}, outcome, longest)
        for number in numbers:
            row = frozenset(int(i) for i in rules.antecedents[number] if i >= 0)
            names = tuple(antecedent_items[i].text for i in sorted(row))
            ours = _metrics(rules, number)
            differences.extend(
                Difference(
                    antecedent=names,
                    outcome=outcome_items[rules.outcome].text,
                    metric=metric,
                    ours=value,
                    theirs=None if row not in theirs else theirs[row][metric],
                )
                for metric, value in ours.items()
                if not _agree(value, theirs.get(row, {}).get(metric), empty=rules.a[number] == 0)
            )
    return SecondOpinion(engine=f"mlxtend {version('mlxtend')}", checked=len(rules), differences=tuple(differences))


def _derive(
    states: dict[int, npt.NDArray[np.int8]], outcome: npt.NDArray[np.int8], longest: int
) -> dict[frozenset[int], dict[str, float]]:
    """mlxtend's rules with the outcome (named -1) as only consequent, among those for whom all is known."""
    import pandas as pd
    from mlxtend.frequent_patterns import apriori, association_rules

    known = np.logical_and.reduce([*(values >= 0 for values in states.values()), outcome >= 0])
    columns: dict[Any, Any] = {i: values[known] == 1 for i, values in states.items()} | {-1: outcome[known] == 1}
    frame = pd.DataFrame(columns)
    n = len(frame)
    found = apriori(frame, min_support=0.5 / max(n, 1), use_colnames=True, max_len=longest + 1)
    if found.empty or (found["itemsets"].map(len) < 2).all():
        return {}
    # Measures that do not exist for a rule are compared, or not, by us; mlxtend warns of each.
    with np.errstate(divide="ignore", invalid="ignore"):
        derived = association_rules(found, num_itemsets=n, metric="support", min_threshold=0.0)
    derived = derived[derived["consequents"] == frozenset([-1])]
    return {
        row.antecedents: {metric: float(getattr(row, metric)) for metric in METRICS} for row in derived.itertuples()
    }


def _metrics(rules: RuleBlock, number: int) -> dict[str, float]:
    a, b, c, d = (int(cells[number]) for cells in (rules.a, rules.b, rules.c, rules.d))
    n, x, y = a + b + c + d, a + b, a + c
    if not a:
        return {"support": 0.0}
    return {
        "support": a / n,
        "confidence": a / x,
        "lift": a * n / (x * y),
        "leverage": a / n - x * y / (n * n),
        "conviction": x * (n - y) / (n * b) if b else float("inf"),
    }


def _agree(ours: float, theirs: float | None, *, empty: bool) -> bool:
    if theirs is None:
        return empty
    return ours == theirs or abs(ours - theirs) <= _RELATIVE * max(1.0, abs(ours))
