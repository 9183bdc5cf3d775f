"""The sealed part: persons divided into discovery and confirmation before any statistic, by a salted hash.

>>> unit_interval("fortuit", "person 1") == unit_interval("fortuit", "person 1")
True
>>> 0 <= unit_interval("fortuit", "person 1") < 1
True
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.errors import UnusableSplit
from miner.tables.model import Dataset, Role


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Which rows are mined and which stay sealed. ``method`` is "hash" or "none" (a declared choice, DECISIONS 4).

    ``salt_hash`` can be published: it fixes the salt without giving it away. ``unit`` is the column whose values keep
    rows together, or "key".
    """

    method: str
    fraction: float
    salt: str
    salt_hash: str
    unit: str
    discovery: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        self.discovery.setflags(write=False)

    @property
    def confirmation(self) -> npt.NDArray[np.bool_]:
        """Mask of the sealed rows."""
        return ~self.discovery

    def to_dict(self) -> dict[str, object]:
        """What the ledger records: no salt, no row."""
        return {
            "method": self.method,
            "fraction": self.fraction,
            "salt_hash": self.salt_hash,
            "unit": self.unit,
            "n_discovery": int(self.discovery.sum()),
            "n_confirmation": int((~self.discovery).sum()),
        }


def unit_interval(salt: str, unit_id: str) -> float:
    """A number in [0, 1) that depends on salt and id alone: first 8 bytes of SHA-256(salt || id) over 2^64."""
    digest = hashlib.sha256(salt.encode() + unit_id.encode()).digest()
    # In whole numbers first: a float of the largest value would round up to 1.
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def split_rows(dataset: Dataset, *, salt: str, fraction: float = 0.5, unit: str = "") -> Split:
    """Divide the rows: discovery where ``unit_interval(salt, id) < fraction``.

    ``unit`` names the categorical column (a cluster: household, hospital) whose rows stay together; by default the
    variable with role cluster, else the key. The order of rows plays no part, so the same person falls on the same
    side in every version of the file. Raises ``UnusableSplit``.
    """
    if not 0.1 <= fraction <= 0.9:
        raise UnusableSplit(problem=f"the fraction {fraction:g} leaves too few persons on one side")
    if not salt:
        raise UnusableSplit(problem="there is no salt, so anybody could compute who is in the sealed part")
    clusters = dataset.dictionary.names(Role.CLUSTER)
    unit = unit or (clusters[0] if clusters else "")
    ids = _unit_ids(dataset, unit)
    sides = {unit_id: unit_interval(salt, unit_id) < fraction for unit_id in set(ids)}
    discovery = np.array([sides[unit_id] for unit_id in ids], dtype=bool)
    if discovery.all() or not discovery.any():
        raise UnusableSplit(problem="all rows fall on one side, because too few units can be told apart")
    return Split(
        method="hash", fraction=fraction, salt=salt, salt_hash=_salt_hash(salt), unit=unit or "key", discovery=discovery
    )


def no_split(dataset: Dataset) -> Split:
    """The declared choice to seal nothing: everything is discovery, and no claim can be *held up*."""
    discovery = np.ones(dataset.n, dtype=bool)
    return Split(method="none", fraction=1.0, salt="", salt_hash="", unit="key", discovery=discovery)


def _unit_ids(dataset: Dataset, unit: str) -> list[str]:
    if not unit or unit == "key":
        return list(dataset.keys)
    if unit not in dataset.columns:
        raise UnusableSplit(problem=f"the column '{unit}' that keeps rows together has no typed values")
    values = dataset[unit]
    variable = dataset.dictionary[unit]
    ids = []
    for key, value in zip(dataset.keys, values.tolist(), strict=True):
        unknown = value != value or (variable.kind.is_categorical and value < 0)
        if unknown:
            # A row of no known cluster stands alone.
            ids.append(f"row\x1f{key}")
        elif variable.kind.is_categorical:
            ids.append(variable.levels[int(value)].code)
        else:
            ids.append(repr(value))
    return ids


def _salt_hash(salt: str) -> str:
    return hashlib.sha256(b"fortuit-split-salt\0" + salt.encode()).hexdigest()
