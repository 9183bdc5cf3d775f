"""Counting beyond one machine: each Spark partition is counted by the local kernels, and the partial results are added.

A partial result is a list of arrays of the same shapes in every partition. Whole numbers are added exactly, so that the
counts are those of the local engine; floating-point sums are added in the order of the partitions with compensation
(Neumaier), so that they do not depend on which partition ended first and differ from the local ones by rounding only.

Spark pays only where a table does not fit one machine: see ``docs/scale.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = dict[str, npt.NDArray[np.generic]]
Arrays = list[npt.NDArray[Any]]
_SCHEMA = "part int, number int, kind string, shape array<bigint>, data binary"


def sum_partitions(frame: Any, names: Sequence[str], partial: Callable[[Columns], Arrays]) -> Arrays:
    """The sums over all partitions of the arrays that ``partial`` makes of a partition's columns.

    Parameters
    ----------
    frame : a ``pyspark.sql.DataFrame`` with the columns ``names``; codes as int, numbers as double, null for unknown
    names : the columns that ``partial`` is given, as arrays (float64 with NaN, or int32 with -1 for unknown)
    partial : called once a partition with rows; must give arrays of the same shapes each time. It travels to the
        workers, so that it must not hold on to a session or a frame
    """
    import pyarrow as pa

    def count(batches: Iterator[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        held = [batch for batch in batches if batch.num_rows]
        if not held:
            return
        table = pa.Table.from_batches(held)
        context = TaskContext.get()
        part = 0 if context is None else context.partitionId()
        for number, array in enumerate(partial({name: _array(table[name]) for name in names})):
            yield pa.RecordBatch.from_pydict(
                {
                    "part": pa.array([part], pa.int32()),
                    "number": pa.array([number], pa.int32()),
                    "kind": [array.dtype.str],
                    "shape": pa.array([list(array.shape)], pa.list_(pa.int64())),
                    "data": pa.array([np.ascontiguousarray(array).tobytes()], pa.binary()),
                }
            )

    totals: dict[int, _Total] = {}
    # Partition by partition: the driver holds one partial result at a time.
    for row in frame.select(*names).mapInArrow(count, _SCHEMA).toLocalIterator():
        array = np.frombuffer(row.data, dtype=np.dtype(row.kind)).reshape(tuple(row.shape))
        totals.setdefault(row.number, _Total()).add(array)
    return [totals[number].value for number in sorted(totals)]


@dataclass(slots=True)
class _Total:
    """A running sum: exact for whole numbers, compensated for floating-point ones."""

    total: npt.NDArray[Any] | None = None
    lost: npt.NDArray[Any] | None = None

    def add(self, array: npt.NDArray[Any]) -> None:
        if array.dtype.kind in "iu":
            self.total = array.astype(np.int64) + (0 if self.total is None else self.total)
            return
        if self.total is None or self.lost is None:
            self.total, self.lost = array.astype(np.float64), np.zeros(array.shape)
            return
        new = self.total + array
        greater = np.abs(self.total) >= np.abs(array)
        self.lost += np.where(greater, (self.total - new) + array, (array - new) + self.total)
        self.total = new

    @property
    def value(self) -> npt.NDArray[Any]:
        total = np.zeros(0) if self.total is None else self.total
        return total if self.lost is None else total + self.lost


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Sums over the persons for whom two variables are both known, each (p, p): what correlations, and linear
    regressions by their normal equations, are computed from. Values are taken from ``shift`` (p,)."""

    shift: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    sums: npt.NDArray[np.float64]
    squares: npt.NDArray[np.float64]
    products: npt.NDArray[np.float64]


def moments(frame: Any, names: Sequence[str]) -> Moments:
    """Gram matrices of numeric columns with pairwise complete values, in two passes: means first, so that the sums of
    the second are of the size of the deviations.

    ``sums[i, j]`` and ``squares[i, j]`` are of variable i among the persons who know both, ``products[i, j]`` of both.
    """

    def means(columns: Columns) -> Arrays:
        values = np.array([columns[name] for name in names], dtype=np.float64)
        known = ~np.isnan(values)
        return [known.sum(axis=1).astype(np.int64), np.where(known, values, 0.0).sum(axis=1)]

    counts, totals = sum_partitions(frame, names, means)
    shift = totals / np.maximum(counts, 1)

    def grams(columns: Columns) -> Arrays:
        values = np.array([columns[name] for name in names], dtype=np.float64) - shift[:, None]
        known = (~np.isnan(values)).astype(np.float64)
        values = np.where(known > 0, values, 0.0)
        return [
            np.rint(known @ known.T).astype(np.int64),
            values @ known.T,
            (values * values) @ known.T,
            values @ values.T,
        ]

    n, sums, squares, products = sum_partitions(frame, names, grams)
    return Moments(shift=shift, n=n, sums=sums, squares=squares, products=products)


def _array(column: Any) -> npt.NDArray[np.generic]:
    """A column as the kernels read it: null becomes -1 in codes and NaN in numbers."""
    import pyarrow as pa

    if pa.types.is_integer(column.type):
        return column.fill_null(-1).to_numpy().astype(np.int32)
    return column.cast(pa.float64()).fill_null(float("nan")).to_numpy()
