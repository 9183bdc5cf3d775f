"""Catalogues: the same sentences in both languages, numbers as each writes them."""

from __future__ import annotations

import math

import pytest

from miner.errors import FortuitError
from miner.plan import TooManyTests
from miner.project import NotAProject
from reports.translation import LANGUAGES, catalogue, error_sentences, flatten, number, translator


def test_nested_tables_become_dotted_keys() -> None:
    assert flatten({"a": {"b": {"c": 1}}, "d": "e"}) == {"a.b.c": "1", "d": "e"}


def test_the_label_is_the_sentence_of_the_project() -> None:
    assert translator("en")("label") == "Hypothesis, not causation"
    assert translator("fr")("label") == "Hypothèse, pas une causalité"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_cannot_be_changed(language: str) -> None:
    with pytest.raises(TypeError):
        catalogue(language)["label"] = "cause"  # type: ignore[index]


def test_a_sentence_takes_its_values_and_a_missing_key_is_an_error() -> None:
    assert translator("en")("one_of", m="18,432") == "1 of 18,432 tests"
    with pytest.raises(KeyError):
        translator("en")("no.such.sentence")


@pytest.mark.parametrize(
    ("value", "digits", "english", "french"),
    [
        (12480, 0, "12,480", "12\u202f480"),
        (1.636, 2, "1.64", "1,64"),
        (-1.636, 2, "−1.64", "−1,64"),
        (0.00042, 2, "0.00042", "0,00042"),
        (0, 0, "0", "0"),
        (0.0, 2, "0.00", "0,00"),
        (None, 2, "–", "–"),
        (math.nan, 2, "–", "–"),
        (math.inf, 2, "∞", "∞"),
        (-math.inf, 2, "−∞", "−∞"),
        (1234567.891, 1, "1,234,567.9", "1\u202f234\u202f567,9"),
    ],
)
def test_a_number_is_written_as_the_language_writes_it(
    value: float | None, digits: int, english: str, french: str
) -> None:
    assert number(value, "en", digits) == english
    assert number(value, "fr", digits) == french


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_is_said_in_three_sentences_with_its_values(language: str) -> None:
    problem: FortuitError = NotAProject(path="/data/x")
    what, why, todo = error_sentences(problem, language)
    assert "/data/x" in what
    assert why
    assert todo
    assert "{" not in what + why + todo


def test_numbers_of_a_french_error_are_written_as_french_does() -> None:
    what, _, _ = error_sentences(TooManyTests(tests=2_619_282, limit=2_000_000), "fr")
    assert "2\u202f619\u202f282" in what
