"""One spelling for every value, so that equal contents have equal hashes on every machine and for ever.

Canonical JSON here is UTF-8 text without spaces, keys sorted by code point, text in Unicode form NFC, floats by
Python's ``repr`` (the shortest decimal that reads back to the same float), the three non-finite floats as the strings
"NaN", "Infinity" and "-Infinity", and integers between -(2**53 - 1) and 2**53 - 1. Integers and floats are told apart:
5 and 5.0 are two values.

>>> canonical({"b": 0.1, "a": [1, None, float("inf")]})
b'{"a":[1,null,"Infinity"],"b":0.1}'
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any
from unicodedata import normalize

import numpy as np

from miner.errors import NotCanonical

LARGEST_INTEGER = 2**53 - 1
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

_CONTAINERS = frozenset({dict, list, tuple})
_SIMPLE = frozenset({str, float, bool, type(None)})
_decode = json.JSONDecoder().decode
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def canonical(value: object) -> bytes:
    """Canonical JSON of plain values (numpy scalars and arrays, string enumerations and mappings included).

    Raises
    ------
    NotCanonical
        Keys that are not text or collide after NFC, integers out of bounds, lone surrogates, other types, cycles.
    """
    try:
        quick = _quick(value)
        return _encode(_plain(value)).encode() if quick is None else quick
    except UnicodeEncodeError as error:
        raise NotCanonical(detail="a text holds half of a surrogate pair") from error
    except RecursionError as error:
        raise NotCanonical(detail="a value contains itself or is nested too deeply") from error


def parse(text: bytes | str) -> object:
    """Read JSON strictly: no literal NaN, no key twice in one object.

    Raises
    ------
    NotCanonical
        Where the text is not such JSON. Whether it is *canonical* is asked by ``is_canonical``.
    """
    try:
        return _decode_strictly(text.decode() if isinstance(text, bytes) else text)
    except ValueError as error:
        raise NotCanonical(detail=f"not JSON ({error})") from error


def parse_row(text: bytes) -> dict[str, Any]:
    """Read one line that the ledger wrote: as ``parse`` does, but without its guards and three times as fast.

    Raises
    ------
    NotCanonical
        Where the line is not a JSON object.
    """
    try:
        value = _decode(text.decode())
    except ValueError as error:
        raise NotCanonical(detail=f"not JSON ({error})") from error
    if not isinstance(value, dict):
        raise NotCanonical(detail="a row that is not an object")
    return value


def is_canonical(text: bytes) -> bool:
    """True where reading the text and writing it again gives the same bytes.

    A key that stands twice or a literal NaN is lost or respelt on the way, so it shows here too.
    """
    try:
        return canonical(_decode(text.decode())) == text
    except (NotCanonical, ValueError):
        return False


def fingerprint(value: object) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal.

    >>> fingerprint({})
    '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    """
    return hashlib.sha256(canonical(value)).hexdigest()


def as_float(value: object) -> float:
    """A number as it was before it was written: the three named strings become floats again, null becomes NaN."""
    if value is None:
        return math.nan
    if isinstance(value, str):
        return NON_FINITE[value]
    if isinstance(value, int | float):
        return float(value)
    raise NotCanonical(detail=f"{type(value).__name__} where a number was expected")


def _quick(value: object) -> bytes | None:
    """The canonical bytes where the library's encoder gives them as it stands, which holds for nearly all rows."""
    if type(value) not in _CONTAINERS or not _is_simple(value):
        return None
    try:
        text = _encode(value)
    except ValueError:  # a float that is not finite
        return None
    return text.encode() if text.isascii() else None


def _is_simple(value: object) -> bool:
    """Only text keys, and values of the exact types that the encoder writes as we do; text and floats are seen
    later."""
    if type(value) is dict:
        for key in value:
            if type(key) is not str:
                return False
        value = value.values()
    for item in value:  # type: ignore[attr-defined]
        kind = type(item)
        if kind in _SIMPLE:
            continue
        if kind is int:
            if not -LARGEST_INTEGER <= item <= LARGEST_INTEGER:
                return False
        elif kind not in _CONTAINERS or not _is_simple(item):
            return False
    return True


def _plain(value: object) -> object:
    if isinstance(value, str):
        return normalize("NFC", str.__str__(value))
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            return int(value)
        raise NotCanonical(detail="an integer beyond 2**53 - 1")
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _name(value)
    if isinstance(value, Mapping):
        return _plain_object(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    raise NotCanonical(detail=f"a value of type {type(value).__name__}")


def _plain_object(value: Mapping[object, object]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotCanonical(detail=f"a key of type {type(key).__name__}")
        result[normalize("NFC", key)] = _plain(item)
    if len(result) != len(value):
        raise NotCanonical(detail="two keys are the same text in Unicode form NFC")
    return result


def _name(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_decode_strictly = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant).decode
