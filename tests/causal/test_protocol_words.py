"""The words of the documents."""

from __future__ import annotations

from causal.protocol import readiness
from causal.protocol_words import PHRASES, Language, phrase, word
from causal.refutation import Check, Verdict
from causal.study_designs import study_types
from causal.triage import RULES
from tests.causal.nhefs import nhefs
from tests.causal.protocols import drafted, question


def test_a_word_is_told_in_the_language_asked_for() -> None:
    assert word("label", Language.FRENCH) == "Hypothèse, pas une causalité"
    assert word("label", Language.ENGLISH) == "Hypothesis, not causation"


def test_every_rule_gate_check_and_study_type_has_its_french() -> None:
    rows = study_types(question(), nhefs(), None)
    fixed = {rule for rule, _ in RULES.values()} | {gate.name for gate in readiness(drafted())}
    fixed |= {check.value for check in Check} | {verdict.value for verdict in Verdict}
    fixed |= {row["recommend"] for row in rows} | {row["verdict"] for row in rows}
    assert fixed <= set(PHRASES)


def test_a_phrase_is_translated_into_french_only_and_other_text_stays() -> None:
    assert phrase("data", Language.FRENCH) == "données"
    assert phrase("data", Language.ENGLISH) == "data"
    assert phrase("qsmk = quit", Language.FRENCH) == "qsmk = quit"
