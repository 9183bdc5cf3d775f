"""E01 to E03, H10: planted in an honest history, seen as exactly that code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.miner.ledger.audit.planting import (
    only,
    told,
    with_fields,
)
from tests.miner.ledger.honest import (
    steps,
)


def test_h10_an_export_without_denominators(place: Path) -> None:
    only(told(place, with_fields(steps(), "export", families=[])), "H10")


def test_e01_a_part_of_a_family_without_its_m(place: Path) -> None:
    part = [{"family_id": "F1", "m": None, "members": 5, "listed": 2}]
    only(told(place, with_fields(steps(), "export", families=part)), "E01")
    whole = [{"family_id": "F1", "m": 5, "members": 5, "listed": 2}]
    assert told(place.with_name("b"), with_fields(steps(), "export", families=whole)).findings == ()


@pytest.mark.parametrize("text", ["Smoking causes asthma", "Le tabac augmente le risque", "Age is a risk factor"])
def test_e02_causal_words(place: Path, text: str) -> None:
    only(told(place, with_fields(steps(), "export", texts=[text])), "E02")
    only(told(place.with_name("b"), with_fields(steps(), "hypothesis", statement=text)), "E02")


def test_e02_the_label_is_missing(place: Path) -> None:
    only(told(place, with_fields(steps(), "export", label="Results")), "E02")
    only(told(place.with_name("b"), with_fields(steps(), "hypothesis", label="")), "E02")


def test_e03_versions_are_not_known(place: Path) -> None:
    story = steps()
    del story["session"]
    only(told(place, story), "E03")
    unknown = with_fields(steps(), "session", packages={"numpy": "2.3", "scipy": "unknown"})
    only(told(place.with_name("b"), unknown), "E03")
