"""The columns of a data set as the pair kernels want them: sorted orders, group codes, which values are known.

A score column (numeric or ordinal) carries its sorted order and the numbers of its distinct values; a group column
(nominal or binary) carries codes of the levels that occur.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from miner.associations.blocks import Floats, Ints, Scored, bit_panels, score_columns
from miner.errors import UnknownVariable
from miner.tables.model import Dataset, Kind

NARROW = 20
"""A group column with more levels than this is counted pair by pair and not adjusted."""


class Scale(IntEnum):
    """How a pair test reads a column."""

    NUMBER = 0
    ORDER = 1
    BINARY = 2
    GROUPS = 3
    NONE = 4


_SCALES = {
    Kind.CONTINUOUS: Scale.NUMBER,
    Kind.COUNT: Scale.NUMBER,
    Kind.DATE: Scale.NUMBER,
    Kind.ORDINAL: Scale.ORDER,
    Kind.BINARY: Scale.BINARY,
    Kind.NOMINAL: Scale.GROUPS,
}


def round_to_digits(values: Floats, digits: int = 12) -> Floats:
    """Values rounded to significant digits, so that equal numbers rank equal whatever arithmetic made them.

    >>> bool(round_to_digits(np.array([0.1 + 0.2]))[0] == 0.3)
    True
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.floor(np.log10(np.abs(values)))
    exponent = np.where(np.isfinite(exponent), exponent, 0.0)
    scale = 10.0 ** np.abs(digits - 1 - exponent)
    with np.errstate(invalid="ignore", over="ignore"):
        rounded = np.where(exponent <= digits - 1, np.rint(values * scale) / scale, np.rint(values / scale) * scale)
    return np.where(np.isfinite(rounded), rounded, values)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """Score columns as rows of arrays (q, n).

    ``order`` sorts each column (unknown last) and ``dense`` numbers its distinct values, for ranks inside a pair;
    ``values`` and mid-``ranks`` are standardised for products.
    """

    order: Ints
    dense: Ints
    known: npt.NDArray[np.bool_]
    n_known: npt.NDArray[np.int64]
    values: Scored
    ranks: Scored


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Group columns as codes (q, n), -1 for unknown, into the labels of the levels that occur.

    The levels of narrow columns (at most ``NARROW``) are lines of bits too: those of column j are the lines
    ``offset[j]`` and on. Wide columns have offset -1 and are counted pair by pair.
    """

    codes: Ints
    labels: tuple[tuple[str, ...], ...]
    n_known: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    bits: npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """All columns of a run; ``scale`` says how each is read and ``place`` where it stands in its collection."""

    names: tuple[str, ...]
    n: int
    scale: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    scores: Scores
    groups: Groups


def prepare_columns(dataset: Dataset, names: Sequence[str]) -> Columns:
    """Sort, number and code the named columns of a data set once, for all the pairs they are in.

    Raises ``UnknownVariable`` where a name is not a variable of the dictionary. A variable that is no score and no
    group (text, key, a duration with its event) keeps its place with the scale ``NONE``.
    """
    scale: list[int] = []
    place: list[int] = []
    scores: list[str] = []
    groups: list[str] = []
    for name in names:
        if name not in dataset.dictionary:
            raise UnknownVariable(name=name, nearest=nearest_name(name, dataset.dictionary.names()))
        read_as = _SCALES.get(dataset.dictionary[name].kind, Scale.NONE)
        if name not in dataset.columns:
            read_as = Scale.NONE
        scale.append(read_as)
        if read_as in {Scale.NUMBER, Scale.ORDER}:
            place.append(len(scores))
            scores.append(name)
        elif read_as is Scale.NONE:
            place.append(-1)
        else:
            place.append(len(groups))
            groups.append(name)
            if read_as is Scale.BINARY and int(np.max(dataset[name], initial=0)) > 1:
                scale[-1] = Scale.GROUPS
    return Columns(
        names=tuple(names),
        n=dataset.n,
        scale=np.array(scale, np.int64),
        place=np.array(place, np.int64),
        scores=_scores(dataset, scores),
        groups=_groups(dataset, groups),
    )


def nearest_name(name: str, names: Sequence[str]) -> str:
    """The declared name most like the one asked for, empty where nothing is near."""
    import difflib

    return next(iter(difflib.get_close_matches(name, names, n=1, cutoff=0.0)), "")


def _scores(dataset: Dataset, names: Sequence[str]) -> Scores:
    q, n = len(names), dataset.n
    values = np.empty((q, n))
    order = np.empty((q, n), np.int32)
    dense = np.empty((q, n), np.int32)
    for k, name in enumerate(names):
        column = np.asarray(dataset[name], np.float64)
        if dataset[name].dtype.kind != "f":
            column = np.where(column < 0, np.nan, column)
        values[k] = np.where(np.isfinite(column), round_to_digits(column), np.nan)
        order[k] = np.argsort(values[k])
        arranged = values[k, order[k]]
        dense[k, order[k]] = np.cumsum(np.concatenate([[False], arranged[1:] != arranged[:-1]]))[:n]
    known = ~np.isnan(values)
    ranks = score_columns(values, ranked=True, order=order)
    return Scores(
        order=order,
        dense=dense,
        known=known,
        n_known=known.sum(axis=1),
        values=score_columns(values, out=values),
        ranks=ranks,
    )


def _groups(dataset: Dataset, names: Sequence[str]) -> Groups:
    q, n = len(names), dataset.n
    codes = np.empty((q, n), np.int32)
    labels: list[tuple[str, ...]] = []
    offset = np.full(q, -1, np.int64)
    lines = 0
    for k, name in enumerate(names):
        column = np.asarray(dataset[name])
        column = np.where(np.isnan(column), -1, column).astype(np.int32) if column.dtype.kind == "f" else column
        levels = dataset.dictionary[name].levels
        size = max(len(levels), int(column.max(initial=-1)) + 1)
        occurs = np.bincount(column[column >= 0], minlength=size) > 0
        compact = np.full(size + 1, -1, np.int32)
        compact[:-1][occurs] = np.arange(int(occurs.sum()), dtype=np.int32)
        codes[k] = compact[column]
        titles = [level.label or level.code for level in levels] + [str(c) for c in range(len(levels), size)]
        labels.append(tuple(title for title, present in zip(titles, occurs, strict=True) if present))
        if len(labels[k]) <= NARROW:
            offset[k] = lines
            lines += len(labels[k])
    truth = np.empty((lines, n), np.bool_)
    for k in range(q):
        for level in range(len(labels[k]) if offset[k] >= 0 else 0):
            np.equal(codes[k], level, out=truth[offset[k] + level])
    return Groups(
        codes=codes,
        labels=tuple(labels),
        n_known=(codes >= 0).sum(axis=1),
        offset=offset,
        bits=bit_panels(truth),
    )
