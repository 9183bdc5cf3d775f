"""R01, R03: planted in an honest history, seen as exactly that code."""

from __future__ import annotations

from pathlib import Path

from tests.miner.ledger.audit.planting import (
    edited_row,
    only,
    told,
    with_rows,
)
from tests.miner.ledger.honest import (
    adjusted_rows,
    rows,
    steps,
)


def test_r01_a_p_value_does_not_follow(place: Path) -> None:
    only(told(place, edited_row(steps(), 1, ln_p=-0.5)), "R01")


def test_r03_an_adjusted_p_does_not_follow(place: Path) -> None:
    block = adjusted_rows(rows(), 5)
    block[0]["ln_adjusted"]["by"] -= 0.1
    only(told(place, with_rows(steps(), "adjust", block)), "R03")


def test_r03_a_decision_does_not_follow(place: Path) -> None:
    block = adjusted_rows(rows(), 5)
    block[1]["rejected"]["holm"] = not block[1]["rejected"]["holm"]
    only(told(place, with_rows(steps(), "adjust", block)), "R03")
