"""Documents in both languages say the same, and carry the label."""

from __future__ import annotations

from io import BytesIO

import docx
import pytest

from causal.protocol_text import to_docx, to_markdown
from causal.protocol_words import WORDS, Language
from tests.causal.protocols import drafted, frozen, ready


@pytest.mark.parametrize("language", list(Language))
def test_markdown_has_label_hash_and_every_section(language: Language) -> None:
    text = to_markdown(frozen(), language)
    words = {key: pair[language is Language.FRENCH] for key, pair in WORDS.items()}

    assert words["label"] in text
    assert frozen().content_hash in text
    for key in ("question", "rationale", "target_trial", "causal_model", "analysis", "sample_size", "precision",
                "negative_controls", "sensitivity", "refutation", "guardrails", "study_type", "success"):  # fmt: skip
        assert f"## {words[key]}" in text


def test_the_two_languages_have_the_same_headings_and_tables() -> None:
    english, french = (to_markdown(ready(), language).splitlines() for language in Language)
    assert [line.split(" ")[0] for line in english if line.startswith(("#", "|-"))] == [
        line.split(" ")[0] for line in french if line.startswith(("#", "|-"))
    ]


def test_every_word_has_both_languages() -> None:
    assert all(english and french for english, french in WORDS.values())


def test_what_a_user_types_cannot_open_a_tag_or_a_link() -> None:
    text = to_markdown(drafted().stated("rationale", "<script>x</script> [a](http://b) | # h"))
    assert "<script>" not in text
    assert "[a](" not in text


@pytest.mark.parametrize("language", list(Language))
def test_the_word_document_has_headings_tables_and_the_label_on_each_page(language: Language) -> None:
    document = docx.Document(BytesIO(to_docx(ready(), language)))

    assert document.sections[0].header.paragraphs[0].text == WORDS["label"][language is Language.FRENCH]
    assert len([p for p in document.paragraphs if p.style.name.startswith("Heading")]) > 12
    assert len(document.tables) >= 6
