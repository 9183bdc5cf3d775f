"""A small project as it should be recorded: every test of two families counted, corrected, seen and exported."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from miner.ledger import Actor, Ledger, open_ledger
from miner.ledger import events as ev
from miner.ledger.audit.corrections import adjusted
from miner.statistics import intervals
from miner.statistics.fisher import log_fisher, log_least_attainable

ADA = Actor(name="Ada", role="analyst")
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
METHODS = ("bh", "by", "holm")
LEVELS = {"bh": 0.06, "by": 0.06, "holm": 0.03}
GRAMMAR = {
    "mode": "rule",
    "left": {"age": ["age < 40", "age >= 40"], "sex": ["sex = female", "sex = male"], "smoker": ["smoker = yes"]},
    "right": {"asthma": ["asthma = yes"]},
    "max_length": 1,
}


def ticking(step: float = 1.0) -> Callable[[], datetime]:
    """A clock that moves by ``step`` seconds each time it is read."""
    ticks = count()
    return lambda: START + timedelta(seconds=step * next(ticks))


def counted(number: int = 0) -> Callable[[int], bytes]:
    """Secret bytes that are the same on every run of a test."""
    draws = count(number)
    return lambda size: hashlib.shake_256(str(next(draws)).encode()).digest(size)


def opened(location: Path | str, **options: Any) -> Ledger:
    """A ledger with a clock and secrets of its own."""
    return open_ledger(location, **{"clock": ticking(), "actor": ADA, "entropy": counted()} | options)


def row(
    i: int, x: str, table: tuple[int, int, int, int] | None, *, y: str = "asthma = yes", **fields: Any
) -> dict[str, Any]:
    """A test row as the miner writes it; without a table, one that could not be computed."""
    identity = hashlib.sha256(f"{x} -> {y}".encode()).hexdigest()
    base: dict[str, Any] = {
        "i": i, "id": identity, "mode": "rule", "x": [x], "y": y, "test": "fisher_greater", "status": "ok",
        "reason": "", "n": 0, "n_unknown": 40, "counts": None, "statistic": None, "df": None, "ln_p": None,
        "ln_p_min": None, "effect": "risk_ratio", "estimate": None, "low": None, "high": None, "effects": {},
        "summary": None, "adjusted_for": [], "adjusted": None,
    }  # fmt: skip
    if table is None:
        return base | {"status": "not_computed", "reason": "nobody has the item"} | fields
    a, b, c, d = (np.array([value]) for value in table)
    ratio = intervals.risk_ratio(a, b, c, d)
    odds = intervals.odds_ratio(a, b, c, d)
    return (
        base
        | {
            "n": sum(table),
            "counts": list(table),
            "ln_p": float(log_fisher(a, b, c, d, side="greater")[0]),
            "ln_p_min": float(log_least_attainable(a, b, c, d, side="greater")[0]),
            "estimate": float(ratio.estimate[0]),
            "low": float(ratio.low[0]),
            "high": float(ratio.high[0]),
            "effects": {"odds_ratio": [float(odds.estimate[0]), float(odds.low[0]), float(odds.high[0])]},
        }
        | fields
    )


def rows() -> list[dict[str, Any]]:
    """Five tests: all of the grammar; the last could not be computed."""
    return [
        row(0, "age < 40", (30, 170, 20, 280)),
        row(1, "age >= 40", (20, 280, 30, 170)),
        row(2, "sex = female", (40, 160, 10, 290)),
        row(3, "sex = male", (10, 290, 40, 160)),
        row(4, "smoker = yes", None),
    ]


def adjusted_rows(tests: list[dict[str, Any]], m: int) -> list[dict[str, Any]]:
    """The rows of a correction over tests."""
    ln_p = np.array([math.nan if test["ln_p"] is None else test["ln_p"] for test in tests])
    values = {method: adjusted(ln_p, method, m=m) for method in METHODS}
    result = []
    for k, test in enumerate(tests):
        ln = {method: float(values[method][k]) for method in METHODS}  # type: ignore[index]
        rejected = {method: not math.isnan(ln[method]) and ln[method] <= math.log(LEVELS[method]) for method in METHODS}
        result.append({"i": test["i"], "id": test["id"], "ln_adjusted": ln, "rejected": rejected})
    return result


UNIVERSE = ev.UniverseDeclared(universe_id="U1", grammar=GRAMMAR, size=5, statement="one item, asthma")
FAMILY = ev.FamilyDeclared(
    family_id="F1", universe_id="U1", m=5, primary_method="bh", methods=METHODS, alpha=0.05, levels=LEVELS
)
STARTED = ev.RunStarted(
    run_id="R1", family_id="F1", plan_sha256="0" * 64, plan={"tests": "rules"}, dataset_id="D1", data_sha256="1" * 64,
    part="discovery", session_id="S1",
)  # fmt: skip
BATCH = ev.Batch(family_id="F1", universe_id="U1", run_id="R1", test_versions={"fisher_greater": "1"})
FINISHED = ev.RunFinished(run_id="R1", family_id="F1", recorded=5, uncomputed=(), run_hash="2" * 64)
ADJUSTED = ev.Adjusted(
    family_id="F1", methods=METHODS, primary_method="bh", alphas=LEVELS, m=5, na_rule="count", inputs=(),
    assumptions={"bh": "positive dependence"},
)  # fmt: skip

Step = tuple[ev.Event, list[dict[str, Any]] | None]


def steps() -> dict[str, Step]:
    """The honest history, each step under a name by which a test can replace, move or drop it."""
    tests = rows()
    identities = [test["id"] for test in tests]
    return {
        "project": (ev.Project(name="demo"), None),
        "session": (
            ev.Session(session_id="S1", app_version="0.1", python="3.11.7", packages={"numpy": "2.3", "scipy": "1.15"}),
            None,
        ),
        "dataset": (
            ev.DatasetRead(
                dataset_id="D1", source="nhefs", file_sha256="3" * 64, content_sha256="1" * 64, rows=1000, columns=5
            ),
            None,
        ),
        "split": (
            ev.Split(
                dataset_id="D1", method="hash", fraction=0.5, salt_sha256="4" * 64, discovery_rows=502,
                confirmation_rows=498, discovery_sha256="5" * 64, confirmation_sha256="6" * 64,
            ),
            None,
        ),
        "universe": (UNIVERSE, None),
        "family": (FAMILY, None),
        "started": (STARTED, None),
        "batch": (BATCH, tests),
        "finished": (FINISHED, None),
        "adjust": (ADJUSTED, adjusted_rows(tests, 5)),
        "view": (ev.View(family_id="F1", shown=5, page="findings"), None),
        "select": (
            ev.Select(family_id="F1", hypotheses=identities[:3], alpha=0.05, robust=False, bound=2, m=5),
            None,
        ),
        "hypothesis": (
            ev.HypothesisVersion(
                hypothesis_id="H-0001", version=1, base=0, status="candidate", person="Ada", test_id=identities[2],
                family_id="F1", statement="Being female is associated with asthma in the cohort",
                finding={"id": identities[2], "family_id": "F1", "counts": [40, 160, 10, 290]},
            ),
            None,
        ),
        "export": (
            ev.Export(
                export_id="X1", form="csv", sha256="7" * 64,
                families=[{"family_id": "F1", "m": 5, "members": 5, "listed": 5}],
                texts=["Being female is associated with asthma in the cohort"],
            ),
            None,
        ),
    }  # fmt: skip


def written(ledger: Ledger, story: dict[str, Step]) -> Ledger:
    """The ledger with the steps of a story appended in their order."""
    for event, block in story.values():
        ledger.record(event, block)
    return ledger


def changed(event: ev.Event, **fields: Any) -> Any:
    """The event with some fields replaced."""
    return replace(event, **fields)


def moved(story: dict[str, Step], name: str, *, after: str) -> dict[str, Step]:
    """The story with one step moved behind another."""
    step = story[name]
    result: dict[str, Step] = {}
    for other, value in story.items():
        if other != name:
            result[other] = value
        if other == after:
            result[name] = step
    return result


def codes(findings: Iterator[Any] | tuple[Any, ...]) -> set[str]:
    """The codes of audit findings."""
    return {finding.code for finding in findings}
