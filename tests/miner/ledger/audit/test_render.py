from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from miner.ledger.audit import AuditReport, audit
from miner.ledger.audit.render import as_html, as_json, as_text
from miner.ledger.audit.report import found
from tests.miner.ledger.honest import opened, steps, written

NASTY = AuditReport(
    findings=(found("C08", range(1, 20), '<script>alert(1)</script> & "quotes"'), found("A03", [], "cut")),
    checked=("A01",),
    not_checked=("<img src=x>",),
    origin="fortuit/<b>",
)


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_escapes_everything() -> None:
    page = as_html(NASTY)
    tags = Tags(page)
    assert not {"script", "img", "b", "link", "iframe"} & set(tags.seen)
    assert tags.open == []
    assert re.findall(r"https?://|url\(", page) == []
    assert "default-src 'none'" in page
    assert "&lt;script&gt;" in page
    assert "Hypothesis, not causation" in page


def test_the_three_forms_say_the_same(place: Path) -> None:
    report = audit(written(opened(place), steps()))
    assert json.loads(as_json(report))["verdict"] == report.verdict
    for text in (as_text(report), as_html(report)):
        assert report.head in text
        assert "not anchored" in text
    assert as_text(report).endswith(report.verdict + "\n")


def test_every_finding_is_told_with_its_entries() -> None:
    text = as_text(NASTY)
    assert "C08  Only survivors were corrected (entries 1, 2, 3, 4, 5, 6, 7, 8 ...)" in text
    assert "A03  The ledger is not the one that was quoted\n" in text
