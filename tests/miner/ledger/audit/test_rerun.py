"""R06, R07: planted in an honest history, seen as exactly that code."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from miner.ledger import Ledger
from miner.ledger.audit import Rerun, audit
from tests.miner.ledger.audit.planting import (
    only,
    with_rows,
)
from tests.miner.ledger.honest import (
    adjusted_rows,
    opened,
    rows,
    steps,
    written,
)


def rerun_of(ledger: Ledger, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Rerun:
    return Rerun(fingerprints=frozenset({"1" * 64}), again=lambda entry, some: [change(dict(one)) for one in some])


def test_r06_the_data_give_another_result(place: Path) -> None:
    ledger = written(opened(place), steps())
    assert audit(ledger, data=rerun_of(ledger, lambda one: one)).findings == ()
    only(audit(ledger, data=rerun_of(ledger, lambda one: one | {"counts": [1, 2, 3, 4]})), "R06")


def test_r06_these_are_other_data(place: Path) -> None:
    ledger = written(opened(place), steps())
    only(audit(ledger, data=Rerun(fingerprints=frozenset({"9" * 64}), again=lambda entry, some: list(some))), "R06")


def test_r06_a_sample_is_drawn_by_seed(place: Path) -> None:
    ledger = written(opened(place), steps())
    drawn: list[int] = []

    def again(entry: Any, some: Any) -> Any:
        drawn.extend(one["i"] for one in some)
        return some

    data = Rerun(fingerprints=frozenset({"1" * 64}), again=again, sample=2, seed=4)
    audit(ledger, data=data)
    first = list(drawn)
    drawn.clear()
    audit(ledger, data=data)
    assert (len(first), drawn) == (2, first)


def test_r07_a_seed_does_not_reproduce(place: Path) -> None:
    tests = rows()
    summary = {"exactness": "permutation", "exceedances": 99, "permutations": 999, "seed": [1, 2]}
    tests[1] |= {"test": "chi_square_permutation", "ln_p": math.log(0.1), "summary": summary, "effects": {}}
    tests[1] |= {"effect": "cramer_v", "estimate": 0.1, "low": 0.0, "high": 0.3}
    story = with_rows(with_rows(steps(), "batch", tests), "adjust", adjusted_rows(tests, 5))
    ledger = written(opened(place), story)
    assert audit(ledger).findings == ()

    def other(one: dict[str, Any]) -> dict[str, Any]:
        return one | {"ln_p": math.log(0.2)} if one["i"] == 1 else one

    only(audit(ledger, data=rerun_of(ledger, other)), "R07")
