from __future__ import annotations

from pathlib import Path

from miner.ledger.audit import CODES, audit
from tests.miner.ledger.audit.planting import (
    edited_row,
    told,
    with_fields,
)
from tests.miner.ledger.honest import (
    opened,
    steps,
    written,
)
from tests.miner.ledger.tampering import edit


def test_an_honest_history_has_no_findings(place: Path) -> None:
    ledger = written(opened(place), steps())
    report = audit(ledger, checkpoints=[ledger.checkpoint()])
    assert report.findings == ()
    assert report.exit_code == 0
    assert report.anchored
    assert (report.size, report.tests, report.families) == (14, 5, 1)
    assert set(report.checked) == set(CODES) - {"R06", "R07"}


def test_without_a_checkpoint_the_verdict_says_so(place: Path) -> None:
    report = told(place, steps())
    assert not report.anchored
    assert "not anchored" in report.verdict
    assert "A03" not in report.checked


def test_the_worst_letter_decides_the_exit_code(place: Path) -> None:
    story = with_fields(edited_row(steps(), 1, ln_p=-0.5), "export", label="")
    assert told(place, story).exit_code == 21
    edit(place, 3, lambda content: content.update(rows=1))
    assert audit(opened(place)).exit_code == 20
