"""The words of the documents."""

from __future__ import annotations

from causal.protocol_words import Language, word


def test_a_word_is_told_in_the_language_asked_for() -> None:
    assert word("label", Language.FRENCH) == "Hypothèse, pas une causalité"
    assert word("label", Language.ENGLISH) == "Hypothesis, not causation"
