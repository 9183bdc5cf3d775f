"""Sentences: same keys in both languages, no claim in any finding, absolute numbers beside ratios, masks kept."""

from __future__ import annotations

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal.adjustment import Reason, ReasonCode
from causal.dag import Dag
from causal.identification import Assumption, Verdict, identify
from reports.sentences import (
    _FINDING,
    _STUDY,
    assumption_sentence,
    finding_sentence,
    identification_sentences,
    reason_sentence,
)
from reports.wording import Verdict as Wording
from reports.wording import lint
from tests.causal import test_identification as diagrams

RULE = {
    "mode": "rule",
    "status": "ok",
    "n": 4812,
    "counts": [121, 879, 187, 3625],
    "effect": "risk_ratio",
    "estimate": 2.466,
    "low": 2.01,
    "high": 3.03,
}
PAIR = {
    "mode": "pair",
    "status": "ok",
    "n": 1629,
    "counts": None,
    "effect": "spearman_rho",
    "estimate": -0.31,
    "low": -0.36,
    "high": -0.26,
}
FAMILY = {"m": 12480, "ln_adjusted": math.log(0.0004), "method": "BH", "family": "metabolic"}


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("table", [_FINDING, _STUDY])
def test_both_languages_have_the_same_sentences_with_the_same_places(table: dict[str, dict[str, str]]) -> None:
    assert table["en"].keys() == table["fr"].keys()
    for key, template in table["en"].items():
        assert _fields(template) == _fields(table["fr"][key])
        assert template != table["fr"][key] or not any(c.isalpha() for c in template.replace("{text}", ""))


def test_a_rule_reads_with_absolute_numbers_beside_its_ratio() -> None:
    assert finding_sentence(RULE, "smoking", "COPD", "en", **FAMILY) == (
        'Among 4,812 persons, "COPD" was recorded in 12.1 % of those with "smoking" (121 of 1,000) and in 4.9 % of the '
        "others (187 of 3,812): risk ratio 2.47 (95 % CI 2.01 to 3.03; adjusted p < 0.001, BH, family "
        "metabolic, 12,480 "
        "tests). This is an association found by searching; it may be due to confounding, selection, measurement or "
        "chance."
    )
    french = finding_sentence(RULE, "tabac", "BPCO", "fr", **FAMILY)
    assert "chez 12,1 % de celles avec « tabac » (121 sur 1\u202f000)" in french
    assert "p ajusté < 0,001" in french


def test_a_correlation_names_its_measure_and_the_adjusted_one_beside_it() -> None:
    adjusted = {"effect": "spearman_rho", "estimate": -0.2, "low": -0.25, "high": -0.15}
    text = finding_sentence(PAIR | {"adjusted": adjusted, "adjusted_for": ["age", "sex"]}, "A", "B", "en", **FAMILY)
    assert "Spearman rho −0.31 (95 % CI −0.36 to −0.26;" in text
    assert "adjusted for age, sex: Spearman rho −0.20 (−0.25 to −0.15)" in text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("place", range(4))
def test_one_masked_count_hides_all_four(language: str, place: int) -> None:
    counts = [7919, 7907, 7901, 7883]
    masked = [*counts[:place], "•", *counts[place + 1 :]]
    text = finding_sentence(RULE | {"counts": masked, "n": "•"}, "x", "y", language, **FAMILY)
    assert not any(str(count) in text.replace("\u202f", "").replace(",", "") for count in counts)


@given(
    st.sampled_from(["en", "fr"]),
    st.sampled_from([RULE, PAIR, PAIR | {"effect": "cramer_v"}, RULE | {"low": None}]),
    st.floats(-800, 0),
)
def test_no_sentence_of_a_finding_claims_or_shows_a_p_of_zero(language: str, row: dict, ln_p: float) -> None:
    text = finding_sentence(row, "age in [40, 50)", "sex = female", language, **FAMILY | {"ln_adjusted": ln_p})
    assert lint(text).verdict is Wording.PASS
    assert "0.000" not in text
    assert "0,000" not in text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_test_that_was_not_computed_says_so(language: str) -> None:
    text = finding_sentence(
        RULE | {"status": "degenerate", "reason": "one margin is empty"}, "x", "y", language, **FAMILY
    )
    assert "one margin is empty" in text
    assert lint(text).verdict is Wording.PASS


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "dag",
    [
        diagrams.BACKDOOR,
        diagrams.FRONT_DOOR,
        diagrams.INSTRUMENT,
        diagrams.CONDITIONAL,
        diagrams.BOW,
        diagrams.NO_PATH,
        Dag.of([("a", "x"), ("a", "b"), ("b", "y"), ("c", "y"), ("x", "y")]),
        Dag.of([("w", "z"), ("z", "x"), ("x", "y")], bidirected=[("w", "x"), ("w", "y"), ("z", "y")]),
    ],
)
def test_every_verdict_is_said_in_words_that_name_exposure_and_outcome(dag: Dag, language: str) -> None:
    found = identify(dag, "x", "y")
    said = identification_sentences(found, language)
    assert {"x", "y"} <= set(said[0].replace(":", " ").replace(".", " ").replace(",", " ").split())
    assert all(lint(text, "study").verdict is not Wording.FAIL for text in said)
    if found.verdict is Verdict.NOT_IDENTIFIED:
        assert len(said) > 1
    if found.verdict is Verdict.BACKDOOR and found.n_minimal > 1:
        assert str(found.n_minimal) in said[1]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_search_that_was_stopped_is_said(language: str) -> None:
    (said,) = identification_sentences(identify(diagrams.BACKDOOR, "x", "y", budget=0), language)
    assert said


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_reason_and_every_assumption_has_its_sentence(language: str) -> None:
    reasons = {reason_sentence(Reason(code=code, nodes=("age",), path="x <- z -> y"), language) for code in ReasonCode}
    assumptions = {assumption_sentence(assumption, language) for assumption in Assumption}
    assert len(reasons) == len(ReasonCode)
    assert len(assumptions) == len(Assumption)
    assert not any("{" in text for text in reasons | assumptions)
