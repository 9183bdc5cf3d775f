"""Gates, freezing, amendments, and the hash that sees one changed byte."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from causal.protocol import (
    Protocol,
    Provenance,
    Status,
    amend,
    canonical,
    check_schema,
    freeze,
    load,
    readiness,
    schema,
    verify,
)
from miner.errors import InvalidProtocol, NotFrozen, NotReady, ProtocolAltered
from tests.causal.protocols import drafted, frozen, ready


def test_the_published_schema_is_a_schema_and_holds_every_field_it_requires() -> None:
    Draft202012Validator.check_schema(schema())
    assert set(schema()["required"]) == set(schema()["properties"])


def test_a_complete_protocol_meets_every_gate_and_freezes() -> None:
    assert [gate.name for gate in readiness(ready()) if not gate.met] == []
    assert frozen().status is Status.FROZEN
    verify(frozen())


@pytest.mark.parametrize(
    ("path", "value", "gate"),
    [
        ("causal_model.dag.edges", [], "diagram"),
        ("causal_model.dag.edges", [{"from": "a", "to": "b", "source": "discovery_unreviewed"}], "diagram"),
        ("causal_model.identifiability.verdict", "not_identified", "identified"),
        ("causal_model.adjustment.valid", False, "adjustment"),
        ("target_trial.time_zero.gap", None, "time zero"),
        ("target_trial.estimand.time_point", None, "estimand"),
        ("sample_size.headline_from", None, "sample size"),
        ("negative_controls.reason_for_none", None, "negative controls"),
        ("sensitivity.rows", [], "sensitivity"),
        ("success.smallest_of_interest", None, "success rule"),
        ("data_plan.independent", False, "data"),
        ("data_plan.overlap_rows", 1, "data"),
        ("guardrails", [{"id": "G12", "severity": "red", "passed": False}], "guardrails"),
        ("data_plan.unit", "", "unit of analysis"),
        ("rationale", "", "required fields"),
        ("signatures", [], "signature"),
    ],
)
def test_each_gate_closes_on_what_it_guards(path: str, value: object, gate: str) -> None:
    broken = ready().stated(path, value)

    assert gate in {g.name for g in readiness(broken) if not g.met}
    with pytest.raises(NotReady, match=gate):
        freeze(broken)


def test_refutations_stand_outside_the_gates() -> None:
    without = ready().stated("refutation.results", [])
    assert all(gate.met for gate in readiness(without))


def test_an_overlap_that_is_explained_does_not_block_but_an_unexplained_one_does() -> None:
    flag = [{"id": "G13", "severity": "red", "passed": False}]
    explained = ready().stated("guardrails", flag)
    assert all(gate.met for gate in readiness(explained))

    open_ones = {g.name for g in readiness(explained.stated("target_trial.time_zero.gap", None)) if not g.met}
    assert {"guardrails", "time zero"} <= open_ones


def test_one_changed_byte_breaks_the_hash() -> None:
    text = frozen().to_json()
    load(text)
    with pytest.raises(ProtocolAltered):
        load(text.replace("energy balance", "energy balancE"))


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    turned = dict(reversed(list(frozen().document.items())))
    assert Protocol(document=turned).content_hash == frozen().content_hash


def test_a_frozen_protocol_takes_no_quiet_edit() -> None:
    with pytest.raises(InvalidProtocol, match="amendment"):
        frozen().stated("rationale", "another")


def test_an_amendment_keeps_old_and_new_value_reason_and_what_it_supersedes() -> None:
    second = amend(frozen(), {"rationale": "better"}, why="reviewer", date="2026-02-01", by="A")

    (record,) = second["amendments"]
    assert (record["old"], record["new"], record["why"]) == (
        "Mined; plausible by energy balance.",
        "better",
        "reviewer",
    )
    assert second["supersedes"] == frozen().content_hash
    assert (second["version"], second.status, second["signatures"]) == (2, Status.DRAFT, [])
    with pytest.raises(NotReady, match="signature"):
        freeze(second)
    with pytest.raises(InvalidProtocol):
        amend(frozen(), {"no.such.field": 1}, why="x", date="d", by="A")
    with pytest.raises(InvalidProtocol):
        amend(frozen(), {"rationale": "x"}, why=" ", date="d", by="A")


def test_only_a_frozen_protocol_can_be_verified() -> None:
    with pytest.raises(NotFrozen):
        verify(drafted())


def test_a_document_outside_the_schema_is_refused_with_the_place() -> None:
    document = json.loads(drafted().to_json())
    document["label"] = "Proof"
    with pytest.raises(InvalidProtocol, match="label"):
        check_schema(document)
    with pytest.raises(InvalidProtocol):
        load("not json")
    with pytest.raises(InvalidProtocol):
        load("[]")


def test_provenance_is_told_by_the_nearest_path_above() -> None:
    protocol = drafted()
    assert protocol.provenance("finding_ref.finding_id") is Provenance.MINED
    assert protocol.provenance("rationale") is Provenance.UNKNOWN
    assert protocol.stated("rationale", "x").provenance("rationale") is Provenance.USER


def test_canonical_json_is_sorted_nfc_and_without_nan() -> None:
    assert canonical({"b": float("nan"), "a": "é"}) == '{"a":"é","b":null}'.encode()
