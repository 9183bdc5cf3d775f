"""The tables of the linter: every rule has a name of its own, can match, and sees only normalised text."""

from __future__ import annotations

from reports.wording import normalise
from reports.wording_rules import METHODS, NEUTRAL, RULES, TERMS, Tier
from tests.reports.test_wording import ALLOWED, CLAIMS
from tests.reports.test_wording import NEUTRAL as NEUTRAL_TEXTS


def test_every_rule_has_a_name_of_its_own() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert {rule.tier for rule in RULES} == set(Tier)


def test_every_rule_is_needed_by_a_claim_of_the_corpus() -> None:
    plain = [normalise(text)[0] for text in CLAIMS]
    idle = [rule.name for rule in RULES if not any(rule.pattern.search(text) for text in plain)]
    assert idle == []


def test_every_exception_is_needed_by_a_text_of_the_corpus() -> None:
    plain = [normalise(text)[0] for text in (*NEUTRAL_TEXTS, *ALLOWED)]
    idle = [p.pattern for p in (*NEUTRAL, *TERMS, *METHODS) if not any(p.search(text) for text in plain)]
    assert idle == []


def test_patterns_ask_only_for_what_normalised_text_can_hold() -> None:
    for pattern in (*(rule.pattern for rule in RULES), *NEUTRAL, *TERMS, *METHODS):
        assert pattern.pattern.isascii()
        assert "  " not in pattern.pattern
