"""The two catalogues: same keys, same placeholders, no causal claim, and French that is set as French."""

from __future__ import annotations

import re
import string

import pytest

from reports.translation import LANGUAGES, catalogue
from reports.wording import FINDING, Verdict, lint
from reports.wording_rules import Tier

# Sentences about a study, whose assumptions stand beside them: they may speak of the effect that is to be estimated.
STUDY = ("study", "verdict.", "evalue.", "assumption.", "protocol_")
# Names of settings, and the one error that is about causal wording itself.
NAMES = {"profile.protected", "error.E-PRIV-07.todo", "error.E-WORD-01.what"}


def _sentences(*, errors: bool) -> list[tuple[str, str, str]]:
    return [
        (language, key, text)
        for language in LANGUAGES
        for key, text in catalogue(language).items()
        if key.startswith("error.") is errors and key not in NAMES
    ]


def _fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_both_languages_have_the_same_sentences_with_the_same_values() -> None:
    english, french = catalogue("en"), catalogue("fr")
    assert set(english) == {key for key in french if not key.startswith("error.")}
    assert not [key for key in english if set(_fields(english[key])) != set(_fields(french[key]))]


def test_no_sentence_is_empty_or_left_in_the_other_language() -> None:
    english, french = catalogue("en"), catalogue("fr")
    assert not [key for key in english if not english[key].strip() or not french[key].strip()]
    long = [key for key in english if len(english[key].split()) > 3]
    assert not [key for key in long if english[key] == french[key]]


def test_no_sentence_outside_the_study_reads_as_a_causal_claim() -> None:
    wrong = []
    for language, key, text in _sentences(errors=False):
        found = lint(text, "study" if key.startswith(STUDY) else FINDING)
        if found.verdict is Verdict.FAIL:
            wrong.append((language, key, [hit.text for hit in found.hits if not hit.allowed]))
    assert not wrong


def test_no_error_makes_a_causal_claim_in_french() -> None:
    # What an error asks the reader to do is no advice about health: only the causal tier counts.
    wrong = [
        (key, hit.text)
        for _, key, text in _sentences(errors=True)
        for hit in lint(text).hits
        if hit.tier is Tier.CAUSAL and not hit.allowed
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("mistake", "pattern"),
    [
        ("an ordinary space before a double sign", r" [:;!?»](?=\s|$)"),
        ("an ordinary space after an opening quotation mark", r"« "),
        ("an ordinary space before a per cent sign", r"[\d}] %"),
        ("straight quotation marks around a value", r"'\{\w+\}'"),
        ("two spaces, of whatever width", "[ \u00a0\u202f]{2}"),
        ("a space at the edge", r"^\s|\s$"),
    ],
)
def test_french_is_set_as_french(mistake: str, pattern: str) -> None:
    wrong = [key for key, text in catalogue("fr").items() if re.search(pattern, text)]
    assert not wrong, mistake


def test_the_label_is_the_one_of_the_project() -> None:
    assert catalogue("en")["label"] == "Hypothesis, not causation"
    assert catalogue("fr")["label"] == "Hypothèse, pas une causalité"
    for language in LANGUAGES:
        assert catalogue(language)["label"] in catalogue(language)["foot_line"]
