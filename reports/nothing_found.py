"""What to say where no finding matches: which threshold or filter stands in the way, and by how much.

The numbers are those of the run. A level that would have let something pass is told as a fact, not as an offer: levels
are declared before a run, and the next one declares them anew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from miner.findings import Findings
from miner.plan import Plan
from reports.translation import number, translator

METHODS = {"screened": "bh", "robust": "by", "familywise": "holm"}
# Part of the reasons by which the engine leaves out rules of rare items.
RARE = "below_support"


def nothing_found(
    found: Findings,
    plan: Plan,
    *,
    level: str | None,
    mode: str | None,
    search: str,
    folded: int,
    language: str,
) -> list[str]:
    """Sentences, the likeliest reason first.

    Parameters
    ----------
    level, mode, search : the filters in force
    folded : rules that match and are hidden because they repeat a shorter one
    """
    t = translator(language)
    said = []
    if folded:
        said.append(t("nothing.folded", n=number(folded, language, 0)))
    frame = found.to_frame()
    masks: Mapping[str, npt.NDArray[np.bool_]] = {
        "level": np.array(frame["level"] == level if level else np.ones(len(frame), bool)),
        "mode": np.array(frame["mode"] == mode if mode else np.ones(len(frame), bool)),
        "search": np.array(frame["statement"].str.contains(search, case=False, regex=False))
        if search
        else np.ones(len(frame), bool),
    }
    levels = found.count_levels()
    if level in METHODS and not levels[level] and not found.family.scratch:
        said.append(_passes(found, level, language))
    for name, active in (("level", level), ("mode", mode), ("search", search)):
        if not active:
            continue
        without = int(np.logical_and.reduce([mask for other, mask in masks.items() if other != name]).sum())
        if without:
            said.append(t(f"nothing.{name}", n=number(without, language, 0), text=search))
    rare = sum(count for reason, count in found.family.uncomputed.items() if RARE in reason)
    if rare and plan.rules.enabled and mode in {None, "rule"}:
        least = number(plan.rules.minimum_count, language, 0)
        said.append(t("nothing.uncomputed", n=number(rare, language, 0), count=least))
    return said


def _passes(found: Findings, level: str, language: str) -> str:
    """The smallest corrected p, the level of the run, and how many a level of that p would have let pass."""
    t = translator(language)
    values = found.ln_adjusted[METHODS[level]]
    smallest = float(np.nanmin(values)) if np.isfinite(values).any() else 0.0
    limit = found.family.alpha if level == "familywise" else found.family.q
    return t(
        "nothing.passes",
        tests=number(len(found), language, 0),
        level=t(f"level.{level}"),
        smallest=number(math.exp(smallest), language, 3),
        limit=number(limit, language, 3),
        count=number(int((values <= smallest + 1e-12).sum()), language, 0),
    )
