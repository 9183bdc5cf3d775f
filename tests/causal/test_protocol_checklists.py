"""Every part that is mapped exists, and what nobody stated is not called answered."""

from __future__ import annotations

from causal.protocol_checklists import CHECKLISTS, TOPICS, checklist
from tests.causal.protocols import drafted, ready


def test_every_mapped_part_is_a_field_of_the_protocol() -> None:
    for path in TOPICS:
        drafted()[path]


def test_each_checklist_has_topics_and_each_part_at_least_one() -> None:
    assert all(any(topics) for topics in TOPICS.values())
    for place, _ in enumerate(CHECKLISTS):
        assert sum(bool(topics[place]) for topics in TOPICS.values()) >= 7


def test_an_unstated_part_is_open_and_a_stated_one_answered() -> None:
    before = {row["part"]: row["answered"] for row in checklist(drafted())}
    after = {row["part"]: row["answered"] for row in checklist(ready())}
    assert not before["rationale"]
    assert after["rationale"]
    assert not after["ethics"]
