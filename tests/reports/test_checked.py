"""No file leaves whose generated text reads as a cause; what persons wrote is reported."""

from __future__ import annotations

import pytest

from causal.protocol import Provenance
from miner.errors import CausalLanguage
from reports.checked import checked_protocol, sentences
from reports.findings_table import COLUMNS as FINDING_COLUMNS
from reports.findings_table import named_for_export
from reports.registry import COLUMNS as REGISTRY_COLUMNS
from reports.translation import LANGUAGES
from reports.wording import Passage, Verdict, lint, lint_export
from tests.causal.protocols import drafted


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_reports_passes(language: str) -> None:
    assert lint_export(sentences(language)).n > 20


@pytest.mark.parametrize("name", sorted({*FINDING_COLUMNS, *REGISTRY_COLUMNS}))
def test_no_column_is_named_as_a_cause(name: str) -> None:
    assert lint(name, "column_name").verdict is not Verdict.FAIL


def test_rows_leave_under_the_name_of_an_association() -> None:
    assert named_for_export([{"effect": "risk_ratio", "n": 3}]) == [{"association": "risk_ratio", "n": 3}]


def test_a_generated_sentence_that_reads_as_a_cause_blocks_and_a_typed_one_is_reported() -> None:
    with pytest.raises(CausalLanguage):
        lint_export([Passage(where="report", text="Smoking causes cancer.")])
    found = lint_export([Passage(where="H-0001", text="Smoking causes cancer.", generated=False)])
    assert [item["where"] for item in found.plain_items()] == ["H-0001"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_protocol_passes_and_remarks_on_what_was_typed(language: str) -> None:
    assert not checked_protocol(drafted(), language).items
    typed = drafted().stated("rationale", "Smoking causes cancer.", Provenance.USER)
    assert [item["where"] for item in checked_protocol(typed, language).plain_items()] == ["rationale"]
