"""The report: self-contained, escaped, counted, and unable to run anything."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest

from miner.project import Project
from reports.findings_table import shown_rows
from reports.html import drawing_words, report_html, volcano_chart

PAYLOAD = "<img src=x onerror=window.PWNED=1><script>window.PWNED=1</script>"


class Elements(HTMLParser):
    """Every element and attribute of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def parsed(text: str) -> Elements:
    elements = Elements()
    elements.feed(text)
    return elements


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Hypothesis, not causation"), ("fr", "Hypothèse, pas une causalité")]
)
def test_the_report_runs_nothing_loads_nothing_and_says_the_label(
    language: str, label: str, copy_of_demo: Project
) -> None:
    text = report_html(copy_of_demo, language)
    elements = parsed(text)
    assert not {"script", "iframe", "object", "embed", "link", "form", "a", "base"} & set(elements.tags)
    assert not [attribute for attribute in elements.attributes if attribute[1].startswith("on")]
    for tag, name, value in elements.attributes:
        if name in {"src", "href", "srcset", "data", "action"}:
            assert value.startswith("data:image/svg+xml;base64,"), (tag, name)
    policy = next(value for _, name, value in elements.attributes if name == "content" and "default-src" in value)
    assert "default-src 'none'" in policy
    assert text.count(label) > 10
    assert f'lang="{language}"' in text
    assert len(text.encode()) < 2_000_000


def test_pictures_hold_no_script_and_ask_for_nothing(copy_of_demo: Project) -> None:
    pictures = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", report_html(copy_of_demo, "en"))
    assert len(pictures) >= 2, "the volcano and the diagram"
    for picture in pictures:
        svg = base64.b64decode(picture).decode("utf-8")
        assert "<script" not in svg.lower()
        assert not re.search(r"""(href|src)\s*=\s*["'](?!#|data:)""", svg)


def test_what_persons_wrote_is_text_and_nothing_else(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings("R1")
    copy_of_demo.register(found, found.names[0], person=f"Ada {PAYLOAD}"[:70], words=PAYLOAD)
    text = report_html(copy_of_demo, "en")
    assert PAYLOAD not in text
    assert "&lt;script&gt;" in text
    assert "script" not in parsed(text).tags


def test_every_finding_stands_beside_its_denominator(copy_of_demo: Project) -> None:
    text = report_html(copy_of_demo, "en")
    assert "6,392 hypotheses were declared" in text
    assert text.count("1 of 6,392 tests") >= 40
    assert copy_of_demo.run("R1").run_hash in text
    assert "4,554" in text
    assert "design stage" in text.lower()
    assert copy_of_demo.ledger.checkpoint().text().splitlines()[0] in text


def test_the_same_project_gives_the_same_report(copy_of_demo: Project) -> None:
    first, second = (re.sub(r"time \S+", "", report_html(copy_of_demo, "en")) for _ in range(2))
    assert first == second


def test_the_volcano_draws_ratios_only(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings("R1")
    rows = shown_rows(found, copy_of_demo.profile)
    chart = volcano_chart(rows, found, "en").to_dict()
    points = [row for rows in chart["datasets"].values() for row in rows if "statement" in row]
    ratios = {row["statement"] for row in rows if row["effect"] in {"risk_ratio", "odds_ratio"}}
    assert points
    assert {point["statement"] for point in points} <= ratios


def test_the_words_of_a_diagram_are_in_both_languages() -> None:
    assert set(drawing_words("en")) == set(drawing_words("fr"))
    assert drawing_words("en") != drawing_words("fr")
