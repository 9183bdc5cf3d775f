from __future__ import annotations

from dataclasses import fields

import pytest

from miner.ledger.canonical import canonical
from miner.ledger.events import EVENTS, KINDS, Event
from miner.ledger.pack import _SHOWN
from tests.miner.ledger.honest import steps


def test_kinds_are_a_closed_list() -> None:
    assert len(EVENTS) == len(set(EVENTS))
    assert set(KINDS) == {event.kind for event in EVENTS}


@pytest.mark.parametrize("name", list(steps()))
def test_an_event_is_recorded_field_by_field(name: str) -> None:
    event, _ = steps()[name]
    assert set(event.content()) == {field.name for field in fields(event)}
    canonical(event.content())


@pytest.mark.parametrize("event", EVENTS)
def test_a_leaving_pack_knows_every_kind_and_no_field_that_does_not_exist(event: type[Event]) -> None:
    names = {field.name for other in EVENTS if other.kind == event.kind for field in fields(other)}
    assert _SHOWN[event.kind] <= names | {"block_rows", "block_root"}
