"""A pack as its reader sees it: every family with its m, and its decisions counted again from the rows at hand."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from miner.ledger.packed import PackedLedger
from miner.multiplicity import adjust, rejected

METHODS = ("bh", "by", "holm")


def family_rows(pack: PackedLedger) -> list[dict[str, Any]]:
    """Each family: what was declared, how many rows are shown, and decisions as recorded and as counted again.

    In a pack that left, tests with masked cells count as p = 1 within m, and the decisions recorded are those that the
    pack states for what it shows.
    """
    stated: Mapping[str, list[Mapping[str, Any]]] = json.loads(pack.file("claims.json"))
    batches: dict[str, list[Mapping[str, Any]]] = {}
    for entry in pack.entries("batch"):
        batches.setdefault(str(entry.content["family_id"]), []).extend(pack.rows(entry))
    adjusted = {str(entry.content["family_id"]): entry for entry in pack.entries("adjust")}
    rows = []
    for entry in pack.entries("family"):
        family = str(entry.content["family_id"])
        tests = batches.get(family, [])
        row: dict[str, Any] = {
            "run": family,
            "m": None if entry.content["online"] else int(entry.content["m"]),
            "tests_run": len(tests),
            "withheld": sum(test["status"] == "withheld" for test in tests),
            "method": str(entry.content["primary_method"]),
            "alpha": float(entry.content["alpha"]),
        }
        correction = adjusted.get(family)
        if correction is not None and tests:
            told = stated.get(family) or list(pack.rows(correction))
            row |= _decisions(tests, told, correction.content)
        rows.append(row)
    return rows


def _decisions(
    tests: Iterable[Mapping[str, Any]], told: Iterable[Mapping[str, Any]], correction: Mapping[str, Any]
) -> dict[str, Any]:
    ln_p = np.array([math.nan if test["ln_p"] is None else float(test["ln_p"]) for test in tests])
    recorded, again = [], []
    told = list(told)
    for method in METHODS:
        level = float(correction["alphas"][method])
        recorded.append(sum(bool(row["rejected"][method]) for row in told))
        values = adjust(ln_p, method, m=int(correction["m"])).ln_adjusted
        again.append(int(np.count_nonzero(rejected(values, level))) if level > 0 else 0)
    return {
        "recorded": " / ".join(map(str, recorded)),
        "recomputed": " / ".join(map(str, again)),
        "same": recorded == again,
    }
