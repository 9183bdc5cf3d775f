"""Sentences in English and French: two flat catalogues with the same keys and the same placeholders.

English errors stand at their class (``miner.errors``); their French stands here under ``error.<code>.<part>``.

>>> translator("fr")("label")
'Hypothèse, pas une causalité'
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from miner.errors import FortuitError

LANGUAGES = ("en", "fr")
Translate = Callable[..., str]


def flatten(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """The nested tables of a catalogue as dotted keys."""
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = str(value)
    return flat


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Mapping[str, str]:
    """All sentences of a language, by dotted key."""
    text = resources.files("reports").joinpath(f"locales/{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(flatten(tomllib.loads(text)))


def translator(language: str) -> Translate:
    """``t(key, **values)`` for a language; numbers are formatted as that language writes them by :func:`number`."""
    sentences = catalogue(language)

    def t(key: str, **values: object) -> str:
        return sentences[key].format(**values)

    return t


def number(value: float | int | None, language: str, digits: int = 2) -> str:
    """A number as the language writes it: 12,480 and 1.64 in English, 12 480 and 1,64 in French; a dash for none.

    >>> number(12480, "en"), number(1.636, "fr")
    ('12,480', '1,64')
    """
    if value is None or value != value:
        return "–"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    if isinstance(value, int) or (hasattr(value, "is_integer") and digits == 0):
        text = f"{int(value):,d}"
    elif value != 0 and abs(value) < 10 ** (-digits):
        text = f"{value:.{digits}g}"
    else:
        text = f"{value:,.{digits}f}"
    if language == "fr":
        text = text.replace(",", "\u202f").replace(".", ",")
    return text.replace("-", "−") if text.startswith("-") else text


def error_sentences(error: FortuitError, language: str) -> tuple[str, str, str]:
    """What happened, why, what to do, in the language of the reader."""
    if language == "en":
        return error.sentences()
    sentences = catalogue(language)
    parts = (sentences[f"error.{error.code}.{part}"] for part in ("what", "why", "todo"))
    what, why, todo = (_FrenchNumbers().format(part, **error.values) for part in parts)
    return what, why, todo


class _FrenchNumbers(string.Formatter):
    """Writes the numbers of a French sentence as French does: 6 392 and 12,5 %."""

    def format_field(self, value: object, format_spec: str) -> str:
        """The value under its specification, with comma and narrow spaces where it is a number."""
        text = str(super().format_field(value, format_spec))
        if isinstance(value, bool) or not isinstance(value, int | float) or not format_spec:
            return text
        swapped = text.translate(str.maketrans(",.", "\u202f,"))
        return swapped.replace("%", "\u00a0%")
