"""What a person states: read as it was written, marked as theirs, carried over when the study is designed anew."""

from __future__ import annotations

import pytest

from causal.protocol import Provenance, readiness
from causal.protocol_fields import (
    FIELDS,
    SMALLEST,
    UnknownField,
    UnreadableField,
    carried,
    parsed,
    state_fields,
    written,
)
from miner.errors import InvalidProtocol
from tests.causal.protocols import drafted, frozen

STATED = {
    "plain_question": "Does quitting change weight?",
    "rationale": "Found by a search.",
    "target_trial.time_zero.gap": "Persons had to live until they were asked.",
    "target_trial.follow_up.target": "11 years",
    "target_trial.causal_contrast.target": "as started",
    "target_trial.estimand.time_point": "1982",
    "target_trial.estimand.intercurrent_events": "death: while-on-treatment; moving: treatment-policy",
    "negative_controls.confirmed": "cataract",
    "data_plan.kind": "collect",
}


def test_stated_fields_leave_only_the_signature_open() -> None:
    protocol = state_fields(drafted(), STATED)
    still_open = {gate.name for gate in readiness(protocol) if not gate.met}
    assert still_open == {"signature"}
    assert all(protocol.provenance(path) is Provenance.USER for path in STATED if path in protocol["provenance"])


def test_what_was_stated_is_written_as_it_was_typed() -> None:
    protocol = state_fields(drafted(), STATED)
    assert {path: written(protocol, path) for path in STATED} == STATED


def test_every_field_can_be_read_in_a_first_draft() -> None:
    assert all(isinstance(written(drafted(), path), str) for path in FIELDS)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (SMALLEST, "about one"),
        (SMALLEST, "nan"),
        ("data_plan.kind", "whatever"),
        ("data_plan.independent", "perhaps"),
        ("data_plan.overlap_rows", "-1"),
        ("data_plan.overlap_rows", "1.5"),
        ("target_trial.estimand.intercurrent_events", "death"),
        ("target_trial.estimand.intercurrent_events", "death: ignored"),
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(path: str, text: str) -> None:
    with pytest.raises(UnreadableField) as refused:
        parsed(path, text)
    assert path in str(refused.value)


@pytest.mark.parametrize("path", ["design_stage.estimates", "content_hash", "status", "nothing"])
def test_numbers_and_states_are_not_typed(path: str) -> None:
    with pytest.raises(UnknownField):
        state_fields(drafted(), {path: "1"})


def test_a_frozen_protocol_is_not_stated_anew() -> None:
    with pytest.raises(InvalidProtocol):
        state_fields(frozen(), {"ethics": "none needed"})


def test_designing_anew_loses_nothing_that_was_stated() -> None:
    old = state_fields(drafted(), STATED)
    new = carried(old, drafted())
    assert {path: written(new, path) for path in STATED} == STATED
    assert new["version"] == old["version"]
