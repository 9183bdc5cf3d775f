"""What an audit says: findings by code, what was checked, and what could not be.

>>> AuditReport(findings=(), checked=("A01",), not_checked=()).exit_code
0
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """One thing found. ``severity`` is "broken" (A), "wrong" (R), "miscounted" (C), "claim" (E) or "habit" (H)."""

    code: str
    severity: str
    seqs: tuple[int, ...]
    message: str

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"code": self.code, "severity": self.severity, "seqs": list(self.seqs), "message": self.message}


SEVERITIES = {"A": "broken", "R": "wrong", "C": "miscounted", "E": "claim", "H": "habit"}


def found(code: str, seqs: Iterable[int], message: str) -> AuditFinding:
    """A finding with the severity of its letter."""
    return AuditFinding(code=code, severity=SEVERITIES[code[0]], seqs=tuple(seqs), message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The answer of an audit.

    ``checked`` names the codes that were looked for; ``not_checked`` says in words what was not, and why. ``anchored``
    is False where no checkpoint was given: the ledger is then consistent with itself, which a full rewrite would be
    too.
    """

    findings: tuple[AuditFinding, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]
    origin: str = ""
    size: int = 0
    head: str = ""
    tests: int = 0
    families: int = 0
    anchored: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """20 if the record itself is broken, else 21 if a number is wrong, else 22 if counts or claims are; else 0."""
        letters = {finding.code[0] for finding in self.findings}
        if "A" in letters:
            return 20
        if "R" in letters:
            return 21
        return 22 if letters & {"C", "E"} else 0

    @property
    def verdict(self) -> str:
        """One sentence."""
        if self.exit_code == 20:
            return "The record is broken: do not rely on it."
        if self.exit_code == 21:
            return "The record holds, but numbers in it do not follow from what was recorded."
        if self.exit_code == 22:
            return "The record and its numbers hold, but tests were not counted or claims not worded as they must be."
        anchor = "and agrees with the checkpoint" if self.anchored else "but not anchored: no checkpoint was compared"
        return f"The record is consistent {anchor}."

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "anchored": self.anchored,
            "origin": self.origin,
            "size": self.size,
            "head": self.head,
            "tests": self.tests,
            "families": self.families,
            "findings": [finding.to_dict() for finding in self.findings],
            "checked": list(self.checked),
            "not_checked": list(self.not_checked),
        }
