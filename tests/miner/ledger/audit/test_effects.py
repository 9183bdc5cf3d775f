"""R02: planted in an honest history, seen as exactly that code."""

from __future__ import annotations

from pathlib import Path

from tests.miner.ledger.audit.planting import (
    edited_row,
    only,
    told,
)
from tests.miner.ledger.honest import (
    rows,
    steps,
)


def test_r02_an_estimate_does_not_follow(place: Path) -> None:
    only(told(place, edited_row(steps(), 0, estimate=2.0)), "R02")


def test_r02_an_estimate_outside_its_interval(place: Path) -> None:
    only(told(place, edited_row(steps(), 0, low=2.0, high=9.0)), "R02")


def test_r02_a_limit_that_is_not_of_the_score_interval(place: Path) -> None:
    honest = rows()[0]
    only(told(place, edited_row(steps(), 0, high=honest["high"] * 1.01)), "R02")
