"""Two-level selection: what it does by hand, and where it must refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from miner.errors import FamilyTooSmall, LevelOutsideUnit
from miner.multiplicity.hierarchical import benjamini_bogomolov


def test_within_the_selected_families_the_level_is_alpha_times_their_share() -> None:
    families = {"a": np.log([0.001, 0.04]), "b": np.log([0.012, 0.5]), "c": np.log([0.6, 0.9])}

    result = benjamini_bogomolov(families, alpha=0.05)

    # Simes: a 0.002, b 0.024, c 0.9; BH over three families at 0.05 takes a (0.006) and b (0.036).
    assert result.selected == {"a": True, "b": True, "c": False}
    assert result.within_alpha == pytest.approx(0.05 * 2 / 3)
    # Inside a: BH adjusted 0.002 and 0.04; inside b: 0.024 and 0.5; both against 0.0333.
    assert result.rejected["a"].tolist() == [True, False]
    assert result.rejected["b"].tolist() == [True, False]
    assert not result.rejected["c"].any()


def test_nothing_selected_leaves_no_level() -> None:
    result = benjamini_bogomolov({"a": [0.0], "b": [-0.1]}, alpha=0.05)

    assert result.within_alpha == 0.0
    assert not any(flags.any() for flags in result.rejected.values())


def test_a_declared_size_counts_the_members_not_in_hand() -> None:
    small = benjamini_bogomolov({"a": np.log([0.01])}, alpha=0.05)
    large = benjamini_bogomolov({"a": np.log([0.01])}, alpha=0.05, sizes={"a": 10})

    assert small.selected["a"]
    assert not large.selected["a"]


def test_members_not_computed_count_and_empty_families_show_nothing() -> None:
    result = benjamini_bogomolov({"a": [math.log(0.01), math.nan], "b": []}, alpha=0.05)

    assert math.exp(result.family_ln_p["a"]) == pytest.approx(0.02)
    assert result.family_ln_p["b"] == 0.0
    assert benjamini_bogomolov({}, alpha=0.05).rejected == {}


def test_what_is_no_level_or_no_size_is_refused() -> None:
    with pytest.raises(LevelOutsideUnit):
        benjamini_bogomolov({"a": [0.0]}, alpha=0.0)
    with pytest.raises(FamilyTooSmall):
        benjamini_bogomolov({"a": [0.0, 0.0]}, alpha=0.05, sizes={"a": 1})
