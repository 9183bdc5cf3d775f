"""What the program writes in English in a protocol is said in French, with the same numbers and names."""

from __future__ import annotations

import re

from causal.protocol import readiness
from causal.protocol_sentences import FIXED, french
from causal.protocol_words import Language, phrase
from tests.causal.protocols import drafted

SAME = {"Cornfield"}


def written() -> set[str]:
    protocol = drafted()
    texts = {str(flag[part]) for flag in protocol["guardrails"] for part in ("rule", "finding")}
    texts |= {str(row[part]) for row in protocol["sensitivity.rows"] for part in ("analysis", "reading")}
    texts |= {str(row[part]) for row in protocol["refutation.results"] for part in ("rule", "found", "estimator")}
    texts |= {str(row[part]) for row in protocol["study_type"] for part in ("recommend", "verdict", "reason")}
    texts |= {str(control["why"]) for control in protocol["negative_controls.proposed"]}
    return texts | {gate.reason for gate in readiness(protocol) if gate.reason}


def test_every_sentence_of_a_protocol_is_said_in_french() -> None:
    left = {text for text in written() - SAME if phrase(text, Language.FRENCH) == text}
    assert not left


def test_numbers_stay_the_same() -> None:
    def numbers(text: str) -> list[str]:
        return sorted(found.replace(",", ".").rstrip(".") for found in re.findall(r"\d[\d.,]*", text))

    for text in written():
        told = french(text)
        if told is not None and text not in FIXED:
            told = told.replace("fois l'erreur type attendue sqrt((1-f)/f)", "fois sqrt((1-f)/f)")
            assert set(numbers(text)) <= set(numbers(told)) or "R2" in text, (text, told)


def test_an_unknown_sentence_stays_as_it_is() -> None:
    assert french("nobody wrote this") is None
    assert phrase("nobody wrote this", Language.FRENCH) == "nobody wrote this"
    assert phrase("the arms overlap", Language.ENGLISH) == "the arms overlap"
