"""The items of a table as bits: for each item who has it, and for whom it is known, in the order the kernels read.

Persons are laid out by segment (outcome within stratum) once per outcome; the items are decoded from the columns only
once, so that another outcome costs only the packing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.engines import local
from miner.patterns.items import Item, Operator
from miner.tables.model import Dataset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Source:
    """The states of one column, and which items are true in each of them."""

    codes: npt.NDArray[np.int32]
    truth: npt.NDArray[np.bool_]
    columns: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemTable:
    """Items as bits in one layout of the persons.

    ``panels`` holds the items, ``masks`` the distinct sets of persons for whom items are known (same shape of panels);
    ``mask[i]`` names the mask of item i, ``group[i]`` the number of its variable. ``complete[u]`` is true where a mask
    holds everybody.
    """

    items: tuple[Item, ...]
    layout: local.Layout
    panels: local.Words
    masks: local.Words
    mask: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    complete: npt.NDArray[np.bool_]

    def bits(self, item: int) -> local.Words:
        """Who has the item, shape (n_words,)."""
        return local.column(self.panels, item)

    def rows(self) -> local.Words:
        """The bits of all items, item by item, shape (items, n_words)."""
        return _rows(self.panels, len(self.items))

    def mask_rows(self) -> local.Words:
        """The bits of all masks, mask by mask, shape (masks, n_words)."""
        return _rows(self.masks, len(self.complete))

    def known(self, item: int) -> local.Words:
        """For whom the item is known, shape (n_words,)."""
        return local.column(self.masks, int(self.mask[item]))


class EncodedItems:
    """Items decoded from a dataset, ready to be packed in any layout of its persons."""

    def __init__(self, dataset: Dataset, items: Sequence[Item]) -> None:
        self.items = tuple(items)
        self.n = dataset.n
        names = {name: number for number, name in enumerate(dict.fromkeys(item.variable for item in self.items))}
        self.group = np.array([names[item.variable] for item in self.items], dtype=np.int64)
        self._sources = _sources(dataset, self.items)

    def states(self, item: int) -> npt.NDArray[np.int8]:
        """1 where the item is true, 0 where it is false, -1 where it is unknown; shape (n,)."""
        for source in self._sources:
            where = np.flatnonzero(source.columns == item)
            if len(where):
                true = source.truth[np.maximum(source.codes, 0), where[0]]
                return np.where(source.codes < 0, -1, true).astype(np.int8)
        raise IndexError(item)

    def pack(self, layout: local.Layout) -> ItemTable:
        """The bits of all items for the persons of a layout."""
        panels = local.panels_for(len(self.items), layout.n_words)
        everybody = _everybody(layout)
        distinct: dict[bytes, int] = {everybody.tobytes(): 0}
        masks = [everybody]
        mask = np.zeros(len(self.items), dtype=np.int64)
        for source in self._sources:
            known = local.pack(source.codes, source.truth, layout, panels, source.columns)
            number = distinct.setdefault(known.tobytes(), len(masks))
            if number == len(masks):
                masks.append(known)
            mask[source.columns] = number
        packed = local.panels_for(len(masks), layout.n_words)
        for number, known in enumerate(masks):
            packed[number // local.LANES, :, number % local.LANES] = known
        complete = np.arange(len(masks)) == 0
        return ItemTable(
            items=self.items,
            layout=layout,
            panels=panels,
            masks=packed,
            mask=mask,
            group=self.group,
            complete=complete,
        )


def _rows(panels: local.Words, number: int) -> local.Words:
    return np.ascontiguousarray(panels.transpose(0, 2, 1).reshape(-1, panels.shape[1])[:number])


def _everybody(layout: local.Layout) -> local.Words:
    bits = (layout.rows.reshape(-1, 64) >= 0).astype(np.uint8)
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64).ravel()


def _sources(dataset: Dataset, items: tuple[Item, ...]) -> list[_Source]:
    """One source for the values of each variable, one more for its "is unknown"."""
    grouped: dict[tuple[str, bool], list[int]] = {}
    for index, item in enumerate(items):
        grouped.setdefault((item.variable, item.operator is Operator.UNKNOWN), []).append(index)
    found = []
    for (name, unknown), columns in grouped.items():
        if unknown:
            codes, truth = (~dataset.known(name)).astype(np.int32), np.array([[False], [True]])
            truth = np.repeat(truth, len(columns), axis=1)
        elif dataset.dictionary[name].kind.is_categorical:
            codes, truth = _level_truth(dataset, name, [items[c] for c in columns])
        else:
            codes, truth = _class_truth(dataset, name, [items[c] for c in columns])
        found.append(_Source(codes=codes, truth=truth, columns=np.array(columns, dtype=np.int64)))
    return found


def _level_truth(dataset: Dataset, name: str, items: list[Item]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    levels = [level.code for level in dataset.dictionary[name].levels]
    truth = np.zeros((len(levels), len(items)), dtype=np.bool_)
    for m, item in enumerate(items):
        places = [levels.index(str(value)) for value in item.values]
        if item.operator is Operator.AT_LEAST:
            truth[places[0] :, m] = True
        else:
            truth[places, m] = True
    return np.asarray(dataset[name], dtype=np.int32), truth


def _class_truth(dataset: Dataset, name: str, items: list[Item]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Numbers become the class between consecutive limits of all items of the variable."""
    limits = np.unique([limit for item in items for limit in item.limits if np.isfinite(limit)])
    values = dataset[name].astype(np.float64)
    codes = np.where(np.isnan(values), -1, np.searchsorted(limits, values, side="right")).astype(np.int32)
    starts = np.concatenate([[-np.inf], limits])
    ends = np.concatenate([limits, [np.inf]])
    truth = np.empty((len(starts), len(items)), dtype=np.bool_)
    for m, item in enumerate(items):
        low, high = item.limits
        truth[:, m] = (starts >= low) & (ends <= high)
    return codes, truth
