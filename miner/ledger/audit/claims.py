"""Codes E, and H10: did what left say how many were tried, carry the label, and keep from speaking of causes?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from miner.ledger.audit.facts import Facts
from miner.ledger.audit.report import AuditFinding, found

LABELS: Final = ("Hypothesis, not causation", "Hypothèse, pas une causalité")
# Verbs and nouns that speak of a cause, in English and in French; "cause of death" is a variable, not a claim.
CAUSAL: Final = re.compile(
    r"\b(caus(?:es|ed|ing)|causal(?:ly)?|leads? to|led to|leading to|results? in|effects? of|due to|because of|"
    r"increases?|decreases?|reduces?|raises?|lowers?|protects?|protective|prevents?|triggers?|risk factors?|"
    r"provoqu(?:e|ent|é|ée)|entra[iî]ne(?:nt)?|effets? d(?:e|u|es)|augmente(?:nt)?|diminue(?:nt)?|r[ée]dui(?:t|sent)|"
    r"prot[èe]ge(?:nt)?|pr[ée]vien(?:t|nent)|facteurs? de risque|d[ûu]e?s? [àa])\b",
    re.IGNORECASE,
)
_UNKNOWN: Final = ("", "unknown", "not installed", "?")
_NEEDED: Final = ("numpy", "scipy")


def exports(facts: Facts) -> Iterator[AuditFinding]:
    """E01, E02 and H10 of everything that left."""
    for entry in facts.of("export"):
        content: Mapping[str, Any] = entry.content
        families = content.get("families", ())
        hidden = [one["family_id"] for one in families if one.get("m") is None and one["listed"] < one["members"]]
        if hidden:
            yield found("E01", [entry.seq], f"the export lists a part of {', '.join(map(str, hidden))} without its m")
        if not families and (content.get("hypotheses") or content.get("texts")):
            yield found("H10", [entry.seq], "the export names findings but not how many tests there were")
        if not any(label in str(content.get("label", "")) for label in LABELS):
            yield found("E02", [entry.seq], "the export does not carry the label")
        for text in content.get("texts", ()):
            word = causal_word(str(text))
            if word is not None:
                yield found("E02", [entry.seq], f"the export says '{word}'")
                break


def registry_words(facts: Facts) -> Iterator[AuditFinding]:
    """E02 of the registry."""
    for entry in facts.of("hypothesis"):
        if entry.seq in facts.voids:
            continue
        content: Mapping[str, Any] = entry.content
        word = causal_word(str(content["statement"]))
        if word is not None:
            yield found("E02", [entry.seq], f"{content['hypothesis_id']} says '{word}'")
        elif not any(label in str(content.get("label", "")) for label in LABELS):
            yield found("E02", [entry.seq], f"{content['hypothesis_id']} does not carry the label")


def causal_word(text: str) -> str | None:
    """The first causal word of a text, the label apart.

    >>> causal_word("Smoking raises the risk of asthma"), causal_word("Smoking is associated with asthma")
    ('raises', None)
    """
    for label in LABELS:
        text = text.replace(label, "")
    match = CAUSAL.search(text)
    return None if match is None else match.group(0)


def versions(facts: Facts) -> Iterator[AuditFinding]:
    """E03: each run must stand on a session whose versions are known."""
    for entry in facts.of("run"):
        if entry.content.get("phase") != "started":
            continue
        name = entry.content.get("session_id")
        known = [session for session in facts.before(entry.seq, "session") if session.content["session_id"] == name]
        if not known:
            yield found("E03", [entry.seq], f"run {entry.content['run_id']} has no recorded session")
            continue
        session: Mapping[str, Any] = known[-1].content
        told = {"python": session.get("python"), **{name: session["packages"].get(name) for name in _NEEDED}}
        missing = [name for name, version in told.items() if version is None or str(version) in _UNKNOWN]
        if missing:
            yield found("E03", [known[-1].seq, entry.seq], f"versions of {', '.join(missing)} are not recorded")
