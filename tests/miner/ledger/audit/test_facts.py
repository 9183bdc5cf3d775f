from __future__ import annotations

from pathlib import Path

from miner.ledger.audit.facts import by_key, gather
from tests.miner.ledger.honest import opened, steps, written


def test_every_test_is_gathered_once_with_its_family(place: Path) -> None:
    ledger = written(opened(place), steps())
    seen: list[int] = []
    facts = gather(ledger, list(ledger.entries()), lambda entry, rows: seen.append(len(rows)))
    family = facts.families["F1"]
    assert seen == [5]
    assert [test.ordinal for test in family.members] == [0, 1, 2, 3, 4]
    assert [test.is_ok for test in family.tests] == [True, True, True, True, False]
    assert family.declared is not None
    assert family.universe is not None
    assert len(by_key(family.tests, lambda test: test.y)) == 1


def test_a_family_on_a_spoilt_block_is_forgotten(place: Path) -> None:
    ledger = written(opened(place), steps())
    facts = gather(ledger, list(ledger.entries()), lambda entry, rows: None)
    assert facts.drop({3}) == []
    assert facts.drop({8}) == ["F1"]
    assert facts.families == {}
