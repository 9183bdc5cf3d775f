from __future__ import annotations

import pytest

from miner.ledger.audit.report import AuditReport, found


@pytest.mark.parametrize(
    ("codes", "exit_code"),
    [("", 0), ("H01 H07", 0), ("E01", 22), ("C08 H01", 22), ("R03 C08", 21), ("A01 R03 C08", 20), ("A04 H01", 20)],
)
def test_the_worst_letter_decides(codes: str, exit_code: int) -> None:
    findings = tuple(found(code, [1], "x") for code in codes.split())
    report = AuditReport(findings=findings, checked=(), not_checked=())
    assert report.exit_code == exit_code
    assert report.verdict.endswith(".")
    assert report.to_dict()["exit_code"] == exit_code
