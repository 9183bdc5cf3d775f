"""Frozen lists, openings of the sealed part and single looks as rows that may be shown; each number passes the gate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from miner.findings import statement
from miner.ledger.registry import hypothesis
from miner.looks import Looked
from miner.multiplicity.confirmation import PowerWarning
from miner.privacy.profiles import Place, Profile
from miner.project import Project
from miner.sealed import FrozenList
from reports.gate import disclosed
from reports.translation import translator

MEMBERS = ("hypothesis", "statement", "power", "power_half", "least_expected", "sparse", "test", "note", "side")
RESULTS = (
    "hypothesis",
    "verdict",
    "statement",
    "p",
    "p_holm",
    "effect",
    "estimate",
    "low",
    "high",
    "n",
    "test",
    "side",
)
LOOKS = (
    "sequence",
    "statement",
    "p",
    "alpha_spending",
    "lond",
    "lord",
    "effect",
    "estimate",
    "low",
    "high",
    "adjusted_estimate",
    "n",
    "test",
)
WITHHELD = "withheld"


def member_rows(
    project: Project, frozen: FrozenList, warnings: list[PowerWarning], profile: Profile, language: str
) -> list[dict[str, Any]]:
    """What will be tested of each member, and what can be known of it before the opening."""
    t = translator(language)
    rows = []
    for member, warning in zip(frozen.members, warnings, strict=True):
        masked = disclosed(hypothesis(project.ledger, str(member["hypothesis"])).finding["row"], profile, Place.SCREEN)
        hidden = bool(masked["masked"])
        rows.append(
            {
                "hypothesis": member["hypothesis"],
                "statement": statement(str(member["mode"]), member["x"], str(member["y"])),
                "test": member["test"],
                "side": t(f"side.{str(member['side']).replace('-', '_')}"),
                "note": t("confirm.no_direction") if member["stated"] else "",
                # Power and expected cells follow from the p-value and the counts of the mined part.
                "power": None if hidden else _plain(warning.power),
                "power_half": None if hidden else _plain(warning.power_half),
                "least_expected": None if hidden else _plain(warning.least_expected),
                "sparse": t("yes") if warning.sparse else t("no"),
            }
        )
    return rows


def result_rows(
    frozen: FrozenList, profile: Profile, language: str, *, place: Place = Place.SCREEN
) -> list[dict[str, Any]]:
    """What the sealed part said of each member, as the profile lets it be shown."""
    t = translator(language)
    rows = []
    for row in frozen.rows:
        safe = disclosed(row, profile, place)
        verdict = WITHHELD if safe["masked"] else str(row["verdict"])
        rows.append(
            {
                **safe,
                "hypothesis": row["hypothesis"],
                "statement": statement(str(row["mode"]), row["x"], str(row["y"])),
                "side": t(f"side.{str(row['side']).replace('-', '_')}"),
                "p": _p(safe["ln_p"]),
                "p_holm": _p(safe["adjusted_ln_p"]),
                "verdict_code": verdict,
                "verdict": t(f"confirm.verdict.{verdict}"),
                "claim": t("label"),
            }
        )
    return rows


def look_rows(found: tuple[Looked, ...], profile: Profile, language: str) -> list[dict[str, Any]]:
    """Single looks in their order, with the three verdicts of each."""
    t = translator(language)
    rows = []
    for one in found:
        safe = disclosed(one.row, profile, Place.SCREEN)
        hidden = bool(safe["masked"])
        said = {name: one.verdicts[name] for name in ("alpha_spending", "lond", "lord++")}
        rows.append(
            {
                **safe,
                "sequence": one.sequence,
                "statement": statement(str(one.row["mode"]), one.row["x"], str(one.row["y"])),
                "adjusted_estimate": None if hidden else (one.row["adjusted"] or {}).get("estimate"),
                "p": _p(safe["ln_p"]),
                **{
                    name.replace("++", ""): t("withheld" if hidden else "yes" if value["rejected"] else "no")
                    for name, value in said.items()
                },
                "claim": t("label"),
            }
        )
    return rows


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value


def _p(ln_p: Any) -> float | None:
    return None if ln_p is None else math.exp(min(float(ln_p), 0.0))


def look_values(one: Looked, shown: Mapping[str, Any]) -> dict[str, Any]:
    """One look for a program: its shown row and its verdicts with their levels, where these may be shown."""
    verdicts = {} if shown["masked"] else {name: dict(value) for name, value in one.verdicts.items()}
    return {**{name: shown.get(name) for name in (*LOOKS, "id", "masked", "claim")}, "verdicts": verdicts}
