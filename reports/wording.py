"""The language linter: no generated text may read as a cause, and what people type is marked where it does.

It blocks an export of generated text (rule G02). It cannot judge meaning: a text without these words can still mislead,
which is why each finding carries its label as well.

>>> lint("Statins reduce dementia risk by 20%").verdict.value
'fail'
>>> lint("Hypothesis, not causation: statin use and dementia were associated (OR 0.8)").verdict.value
'pass'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from miner.errors import CausalLanguage
from reports.wording_rules import METHODS, NEUTRAL, RULES, TERMS, Rule, Tier

FINDING = "finding_export"
_STUDY_CONTEXTS = ("protocol.estimand", "protocol.target_trial", "study")
_NAME_CONTEXTS = {"column_name", "json_key", "file_name", "sheet_name"}


class Verdict(StrEnum):
    """What becomes of a text."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    PASS_ALLOWLIST = "pass_allowlist"  # noqa: S105
    PASS_IN_PROTOCOL = "pass_in_protocol_estimand_only"  # noqa: S105
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One word or phrase: its rule and tier, its place in the text as given, and whether a fixed term allows it."""

    rule: str
    tier: Tier
    text: str
    start: int
    end: int
    allowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """The verdict on one text and what it rests on."""

    verdict: Verdict
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text on its way out: where it stands, what it is, and whether the program wrote it or a person did.

    ``quoted`` are titles that people gave and that the program repeats in quotation marks.
    """

    where: str
    text: str
    context: str = FINDING
    generated: bool = True
    quoted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the linter saw in one export: the number of passages, and the passages of people that carry a flag."""

    n: int
    items: tuple[tuple[Passage, Lint], ...]

    def to_dict(self) -> dict[str, object]:
        """The entry ``lint`` of an export manifest."""
        return {"n": self.n, "items": self.plain_items()}

    def plain_items(self) -> list[dict[str, Any]]:
        """The flagged passages as plain values."""
        return [
            {
                "where": passage.where,
                "verdict": found.verdict.value,
                "words": [hit.text for hit in found.hits if not hit.allowed],
                "generated": passage.generated,
            }
            for passage, found in self.items
        ]


def lint(text: str, context: str = FINDING, *, quoted: Collection[str] = ()) -> Lint:
    """Judge one text, by the rules of both languages.

    Parameters
    ----------
    text : as it will be read; look-alike letters, invisible characters, accents and case make no difference.
    context : ``finding_export`` and everything unknown are strict; ``protocol.estimand``, ``protocol.target_trial`` and
        ``study`` may speak of effects, for there the assumptions are stated; ``column_name``, ``json_key``,
        ``file_name`` and ``sheet_name`` are judged as names, words split at underscores and capitals.
    quoted : titles given by people; where one stands in quotation marks it is theirs, not a claim of the program.
    """
    names = context in _NAME_CONTEXTS
    found = _hits(text, allow_methods=not names, quoted=quoted)
    if names:
        found = tuple({(h.rule, h.start): h for h in (*_hits(text, False, (), split=True), *found)}.values())
    refused = [hit for hit in found if not hit.allowed]
    if not found:
        verdict = Verdict.PASS
    elif not refused:
        verdict = Verdict.PASS_ALLOWLIST
    elif context.startswith(_STUDY_CONTEXTS):
        verdict = Verdict.PASS_IN_PROTOCOL
    else:
        verdict = Verdict.FAIL
    return Lint(verdict=verdict, hits=tuple(sorted(found, key=lambda hit: (hit.start, hit.rule))))


def lint_export(passages: Iterable[Passage]) -> Report:
    """Judge every text of an export; the report goes into its manifest.

    Raises
    ------
    CausalLanguage : a text that the program wrote fails; nothing is exported. What people wrote is reported only.
    """
    n, items = 0, []
    for passage in passages:
        n += 1
        found = lint(passage.text, passage.context, quoted=passage.quoted)
        if found.verdict is Verdict.FAIL:
            if passage.generated:
                words = ", ".join(hit.text for hit in found.hits if not hit.allowed)
                raise CausalLanguage(where=passage.where, words=words)
            items.append((passage, found))
    return Report(n=n, items=tuple(items))


# Letters of other alphabets that are drawn like Latin ones (Unicode TR 39, the common cases), and Latin small capitals.
_LOOK_ALIKES = str.maketrans(
    "аеорсухіѕјԁһԛԝԍьтмнквգοαειρυνκτχϲіıɑɡᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ’‘ʼ´`“”«»‐‑‒–—−_",
    "aeopcyxisjdhqwgbtmhkbqoaeipuvktxciiagabcdefghijklmnoprstuvwyz'''''\"\"\"\"------ ",
)


def normalise(text: str, *, split: bool = False) -> tuple[str, list[int]]:
    """The text as the rules see it, and for each of its characters the place in the original.

    NFKD without combining marks, case folded, look-alikes replaced, invisible characters dropped, spaces collapsed;
    with ``split``, a space before a capital that follows a small letter.

    >>> normalise("Саu\u00adsеs  é")[0]
    'causes e'
    """
    letters: list[str] = []
    places: list[int] = []
    before = ""
    for place, original in enumerate(text):
        if split and before.islower() and original.isupper():
            letters.append(" ")
            places.append(place)
        before = original
        for part in unicodedata.normalize("NFKD", original):
            category = unicodedata.category(part)
            if category in {"Mn", "Me", "Cf"}:
                continue
            for letter in " " if category in {"Zs", "Zl", "Zp", "Cc"} else part.casefold().translate(_LOOK_ALIKES):
                if letter == " " and (not letters or letters[-1] == " "):
                    continue
                letters.append(letter)
                places.append(place)
    return "".join(letters), places


def _hits(text: str, allow_methods: bool, quoted: Collection[str], *, split: bool = False) -> tuple[Hit, ...]:
    plain, places = normalise(text, split=split)
    neutral = _spans(NEUTRAL, plain)
    allowed = _spans(TERMS + METHODS if allow_methods else TERMS, plain) + _quotations(plain, quoted)
    found: list[Hit] = []
    for rule in RULES:
        for match in rule.pattern.finditer(plain):
            start, end = match.span()
            if _inside(start, end, neutral) or _is_no_verb(rule, plain, start, end):
                continue
            first, last = places[start], places[end - 1] + 1
            found.append(
                Hit(
                    rule=rule.name,
                    tier=rule.tier,
                    text=text[first:last],
                    start=first,
                    end=last,
                    allowed=_inside(start, end, allowed),
                )
            )
    return tuple(found)


def _is_no_verb(rule: Rule, plain: str, start: int, end: int) -> bool:
    before = re.search(r"([\w%]+)['\s-]*$", plain[max(0, start - 40) : start])
    # A comma, a bracket or a full stop after the word ends its reach as surely as a preposition.
    after = re.match(r"[\s]*(\w+)", plain[end : end + 40])
    if (before is None and rule.needs_before) or (after is None and rule.needs_after):
        return True
    return bool(
        (before is not None and before.group(1) in rule.not_after)
        or (after is not None and after.group(1) in rule.not_before)
    )


def _spans(patterns: Iterable[re.Pattern[str]], plain: str) -> list[tuple[int, int]]:
    return [match.span() for pattern in patterns for match in pattern.finditer(plain)]


def _quotations(plain: str, quoted: Collection[str]) -> list[tuple[int, int]]:
    titles = [re.escape(normalise(title)[0].strip()) for title in quoted if title.strip()]
    return [match.span() for title in titles for match in re.finditer(rf'"\s?{title}\s?"', plain)]


def _inside(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(first <= start and end <= last for first, last in spans)
