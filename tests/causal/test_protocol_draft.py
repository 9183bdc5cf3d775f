"""What a draft knows, and what it leaves to a person."""

from __future__ import annotations

from causal.protocol import LABEL, check_schema
from causal.protocol_draft import DesignStage, Origin, draft_protocol
from tests.causal.nhefs import nhefs
from tests.causal.protocols import drafted, question


def test_a_draft_follows_the_schema_and_carries_the_label() -> None:
    check_schema(drafted().document)
    assert drafted()["label"] == LABEL
    assert "design-stage" in drafted()["design_stage.label"]


def test_even_an_empty_design_makes_a_valid_draft() -> None:
    protocol = draft_protocol(
        protocol_id="empty",
        question=question(),
        dictionary=nhefs().dictionary,
        origin=Origin(finding={"id": "f"}),
        design=DesignStage(),
    )
    check_schema(protocol.document)
    assert protocol["causal_model.identifiability.verdict"] == "not_assessed"


def test_missing_arrows_are_listed_as_assumptions() -> None:
    absent = drafted()["causal_model.dag.assumed_absent_edges"]
    assert len(absent) == 36
    assert ["active", "age"] in absent


def test_the_specification_holds_codes_and_conditions() -> None:
    spec = drafted()["analysis_plan.primary.specification"]
    assert spec["exposure"][0] == {"variable": "qsmk", "operator": "=", "values": ["quit"], "text": "qsmk = quit"}
    assert spec["variables"]["qsmk"]["levels"] == [["0", "still smoking"], ["1", "quit"]]
    assert spec["comparator"] == "OTHERS"


def test_what_overlaps_in_time_is_open_until_explained() -> None:
    assert any("qsmk" in text for text in drafted()["target_trial.time_zero.open"])
