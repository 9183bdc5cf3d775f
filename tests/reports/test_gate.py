"""The gate: what is shown was disclosed, cut to its columns, or holds no persons."""

from __future__ import annotations

from typing import Any

import pytest

from miner.privacy.profiles import Place, Setting, profile
from reports.gate import descriptive, disclosed, gated


def row(a: int, b: int, c: int, d: int) -> dict[str, Any]:
    return {
        "a": a,
        "b": b,
        "c": c,
        "d": d,
        "counts": [a, b, c, d],
        "n": a + b + c + d,
        "n_unknown": 0,
        "effect": "risk_ratio",
        "estimate": (a / (a + b)) / (c / (c + d)),
        "low": 0.5,
        "high": 3.0,
        "ln_p": -3.0,
        "level": "unadjusted",
    }


def test_small_counts_do_not_leave_a_secure_room() -> None:
    setting = profile(Setting.SECURE_ROOM)
    kept = disclosed(row(40, 60, 30, 70), setting, Place.EXPORT)
    assert (kept["a"], kept["d"]) == (40, 70)
    masked = disclosed(row(3, 97, 30, 70), setting, Place.EXPORT)
    assert masked["a"] is None
    assert masked["masked"]
    assert 3 not in [value for value in masked.values() if isinstance(value, int)]
    assert masked["estimate"] is None or masked["estimate"] != pytest.approx(0.1), "a ratio gives the count back"


def test_a_public_table_shows_every_count() -> None:
    shown = disclosed(row(3, 97, 30, 70), profile(Setting.PUBLIC), Place.EXPORT)
    assert shown["a"] == 3
    assert not shown["masked"]


def test_a_protected_table_is_masked_on_the_screen_too() -> None:
    small = row(3, 97, 30, 70)
    assert disclosed(small, profile(Setting.PROTECTED), Place.SCREEN)["a"] is None
    assert disclosed(small, profile(Setting.SECURE_ROOM), Place.SCREEN)["a"] == 3


def test_rows_are_cut_to_the_columns_that_were_named() -> None:
    safe = gated([{"x": 1, "secret": 2}], ("x", "y"))
    assert safe.columns == ("x", "y")
    assert [dict(one) for one in safe.rows] == [{"x": 1, "y": None}]


@pytest.mark.parametrize("name", ["a", "b", "c", "d", "counts"])
def test_cells_of_persons_are_not_descriptive(name: str) -> None:
    with pytest.raises(TypeError, match="disclosure"):
        descriptive([{"x": 1, name: 3}])


def test_descriptive_rows_keep_their_columns_in_order() -> None:
    assert descriptive([{"z": 1, "y": 2}]).columns == ("z", "y")
    assert descriptive([]).columns == ()
    assert descriptive([{"z": 1, "y": 2}], ("y",)).columns == ("y",)
