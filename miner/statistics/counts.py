"""The four counts of a two-by-two table, checked once at the door.

a exposed cases, b exposed non-cases, c unexposed cases, d unexposed non-cases: whole numbers of persons.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from miner.errors import ImpossibleCounts
from miner.statistics.results import Ints


def as_counts(a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike) -> tuple[Ints, Ints, Ints, Ints]:
    """Four contiguous int64 arrays of one shape.

    Raises ``ImpossibleCounts`` where a count is negative, missing or not whole.

    >>> as_counts(3, [1, 2], 1, 3)[0].tolist()
    [3, 3]
    """
    arrays = np.broadcast_arrays(*(_whole(name, value) for name, value in zip("abcd", (a, b, c, d), strict=True)))
    one, two, three, four = (np.array(array, order="C") for array in arrays)
    return one, two, three, four


def _whole(name: str, value: npt.ArrayLike) -> Ints:
    array = np.asarray(value)
    if array.dtype.kind == "u" or array.dtype.kind == "i":
        whole = array.astype(np.int64)
    else:
        numbers = array.astype(np.float64)
        whole = np.where(np.isfinite(numbers), numbers, -1).astype(np.int64)
        if np.any(whole != np.where(np.isfinite(numbers), numbers, -1)):
            raise ImpossibleCounts(cell=name, value=float(numbers.flat[int(np.argmax(whole != numbers))]))
    if np.any(whole < 0):
        raise ImpossibleCounts(cell=name, value=array.flat[int(np.argmax(whole < 0))])
    return whole
