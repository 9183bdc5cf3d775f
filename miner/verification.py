"""The rules of a run a second time: what the ledger says of each, against what another program derives from the data.

The counts are those recorded, not counted again here, so that an error in counting, in recording or in the files shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from miner.patterns.items import Item
from miner.patterns.rules import RuleBlock
from miner.patterns.second_opinion import Difference, SecondOpinion, verify_rules

if TYPE_CHECKING:
    from miner.project import Project

ENGINES = ("mlxtend",)


def verify_run(project: Project, run_id: str | None = None, *, limit: int = 0) -> SecondOpinion:
    """Derive the recorded rules of a run again from the discovery part with mlxtend, and tell every difference.

    Parameters
    ----------
    run_id : the last run by default
    limit : the rules with the smallest p only; 0 for all

    Raises UnknownRun, or what opening the data raises.
    """
    found = project.findings(run_id)
    universe = project.universe(project.plan_of(found.family.run))
    rules = [row for row in found.rows if row["mode"] == "rule"]
    if limit:
        rules = sorted(rules, key=lambda row: (row["ln_p"] is None, row["ln_p"] or 0.0, row["i"]))[:limit]
    checked, differences, engine = 0, list[Difference](), ""
    for outcome, item in enumerate(universe.outcomes.items):
        chosen = [row for row in rules if row["y"] == item.text]
        opinion = verify_rules(
            project.discovery,
            antecedent_items=universe.antecedents.items,
            outcome_items=universe.outcomes.items,
            rules=_block(chosen, universe.antecedents.items, outcome),
        )
        engine = opinion.engine
        checked += opinion.checked
        differences.extend(opinion.differences)
    return SecondOpinion(engine=engine, checked=checked, differences=tuple(differences))


def _block(rows: Sequence[Mapping[str, Any]], items: Sequence[Item], outcome: int) -> RuleBlock:
    """Recorded rules of one outcome as the engine writes them."""
    number = {item.text: k for k, item in enumerate(items)}
    length = max((len(row["x"]) for row in rows), default=1)
    antecedents = np.full((len(rows), length), -1, np.int32)
    for k, row in enumerate(rows):
        antecedents[k, : len(row["x"])] = sorted(number[text] for text in row["x"])
    cells = np.array([row["counts"] for row in rows], np.int64).reshape(len(rows), 4)
    a, b, c, d = cells.T
    return RuleBlock(antecedents=antecedents, outcome=outcome, a=a, b=b, c=c, d=d, n_known=cells.sum(axis=1))
