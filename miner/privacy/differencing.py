"""Two answers that are each allowed can give a third by subtraction: selections, and versions of a file (DECISIONS 24).

Versions are compared when something leaves, not while working: a fingerprint per person, salted by the project, tells
how many persons were added, removed or changed without keeping anything about them.

>>> old = fingerprint(["p1", "p2"], {"age": [40.0, 50.0]}, salt="s")
>>> new = fingerprint(["p1", "p2", "p3"], {"age": [40.0, 51.0, 60.0]}, salt="s")
>>> compare(old, new)
Difference(added=1, removed=0, changed=1)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.errors import TooCloseToEarlier, TooCloseToEarlierExport
from miner.privacy.profiles import Place, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Numbers of persons by which two versions of a table differ."""

    added: int
    removed: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fingerprint:
    """One version of a table: per person 8 bytes of a keyed hash of the key and of the row, ordered by the first."""

    persons: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.uint64]

    def to_bytes(self) -> bytes:
        """Numbers of 8 bytes, little end first: all persons, then all rows."""
        return self.persons.astype("<u8").tobytes() + self.rows.astype("<u8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Fingerprint:
        """The fingerprint that ``to_bytes`` wrote."""
        numbers = np.frombuffer(data, dtype="<u8").astype(np.uint64)
        half = len(numbers) // 2
        return cls(persons=numbers[:half], rows=numbers[half:])


def fingerprint(keys: Sequence[str], columns: Mapping[str, Sequence[object]], *, salt: str) -> Fingerprint:
    """The fingerprint of a table: keys (n,), columns of length n, and the salt of the project.

    The same person and the same values give the same numbers in every version, in any order of rows or columns.
    """
    names = sorted(columns)
    persons, rows = [], []
    for place, key in enumerate(keys):
        values = "\x1f".join(f"{name}={_plain(columns[name][place])}" for name in names)
        persons.append(_number(salt, "person", key))
        rows.append(_number(salt, "row", f"{key}\x1e{values}"))
    order = np.argsort(np.array(persons, dtype=np.uint64), kind="stable")
    return Fingerprint(persons=np.array(persons, dtype=np.uint64)[order], rows=np.array(rows, dtype=np.uint64)[order])


def compare(old: Fingerprint, new: Fingerprint) -> Difference:
    """How many persons are only in the new version, only in the old one, or in both with other values."""
    shared, in_old, in_new = np.intersect1d(old.persons, new.persons, assume_unique=True, return_indices=True)
    return Difference(
        added=len(new.persons) - len(shared),
        removed=len(old.persons) - len(shared),
        changed=int(np.sum(old.rows[in_old] != new.rows[in_new])),
    )


def require_far_from_exports(earlier: Iterable[Fingerprint], now: Fingerprint, rules: Profile) -> None:
    """Raise ``TooCloseToEarlierExport`` where now differs from an exported version by 1 to threshold - 1 persons.

    Added and removed persons count together with changed ones, and each for itself: three left and twelve came tells
    of the three as well.
    """
    if not rules.masks(Place.EXPORT):
        return
    for one in earlier:
        difference = compare(one, now)
        numbers = (difference.added, difference.removed, difference.changed)
        if any(rules.is_small(number) for number in numbers):
            raise TooCloseToEarlierExport(threshold=rules.threshold)


def require_far_from_selections(
    earlier: Iterable[npt.NDArray[np.bool_]], now: npt.NDArray[np.bool_], rules: Profile, *, place: Place
) -> None:
    """Raise ``TooCloseToEarlier`` where a selection of rows and an earlier one differ by few persons on either side."""
    if not rules.masks(place):
        return
    for one in earlier:
        if rules.is_small(int(np.sum(now & ~one))) or rules.is_small(int(np.sum(one & ~now))):
            raise TooCloseToEarlier(threshold=rules.threshold)


def _number(salt: str, what: str, text: str) -> int:
    digest = hmac.new(salt.encode(), f"{what}\x1e{text}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big")


def _plain(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if value != value else repr(float(value) + 0.0)
    return str(value)
