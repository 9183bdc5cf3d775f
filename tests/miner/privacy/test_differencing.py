"""What two answers would give by subtraction is refused before the second one leaves."""

from __future__ import annotations

import numpy as np
import pytest

from miner.errors import TooCloseToEarlier, TooCloseToEarlierExport
from miner.privacy.differencing import (
    Difference,
    Fingerprint,
    compare,
    fingerprint,
    require_far_from_exports,
    require_far_from_selections,
)
from miner.privacy.profiles import Place, Setting, profile

RULES = profile(Setting.SECURE_ROOM)


def version(persons: range, changed: int = 0, salt: str = "s") -> Fingerprint:
    ages = [float(40 + person % 30 + (1 if place < changed else 0)) for place, person in enumerate(persons)]
    return fingerprint([f"p{person}" for person in persons], {"age": ages}, salt=salt)


def test_differences_are_counted_by_person():
    assert compare(version(range(100)), version(range(3, 120), changed=0)) == Difference(added=20, removed=3, changed=0)
    assert compare(version(range(100)), version(range(100), changed=7)) == Difference(added=0, removed=0, changed=7)


def test_order_of_rows_and_columns_plays_no_part():
    first = fingerprint(["a", "b"], {"x": [1.0, np.nan], "y": [0, 1]}, salt="s")
    second = fingerprint(["b", "a"], {"y": [1, 0], "x": [np.nan, 1.0]}, salt="s")

    assert compare(first, second) == Difference(added=0, removed=0, changed=0)


@pytest.mark.parametrize("persons", [range(99), range(1, 101), range(90), range(110)])
def test_the_same_file_with_a_few_persons_less_or_more_does_not_leave(persons):
    with pytest.raises(TooCloseToEarlierExport):
        require_far_from_exports([version(range(100))], version(persons), RULES)


def test_a_few_corrected_persons_do_not_leave_either():
    with pytest.raises(TooCloseToEarlierExport):
        require_far_from_exports([version(range(100))], version(range(100), changed=10), RULES)


@pytest.mark.parametrize("persons", [range(100), range(111), range(89), range(200, 300)])
def test_the_same_or_a_clearly_different_file_may_leave(persons):
    require_far_from_exports([version(range(100))], version(persons), RULES)


def test_public_data_may_always_leave():
    require_far_from_exports([version(range(100))], version(range(99)), profile(Setting.PUBLIC))


def test_without_the_salt_nobody_can_tell_who_is_in_it():
    assert not np.intersect1d(version(range(50)).persons, version(range(50), salt="other").persons).size


def test_fingerprints_survive_storage():
    one = version(range(20))

    assert compare(one, Fingerprint.from_bytes(one.to_bytes())) == Difference(added=0, removed=0, changed=0)


def test_sliding_a_limit_by_a_few_persons_is_refused():
    ages = np.arange(1000)
    earlier = [ages >= 500]

    for step in range(1, 11):
        with pytest.raises(TooCloseToEarlier):
            require_far_from_selections(earlier, ages >= 500 + step, RULES, place=Place.EXPORT)
    for step in (0, 11, 200):
        require_far_from_selections(earlier, ages >= 500 + step, RULES, place=Place.EXPORT)
    require_far_from_selections(earlier, ages >= 501, RULES, place=Place.SCREEN)
