"""How easily a person could be singled out in a table: k-anonymity, uniques, l-diversity, t-closeness (IMP-11, IMP-12).

Sweeney, Int. J. Uncertain. Fuzziness 10 (2002) 557-570, doi:10.1142/S0218488502001648; Machanavajjhala et al., TKDD 1
(2007) 3, doi:10.1145/1217299.1217302; Li, Li, Venkatasubramanian, ICDE 2007, doi:10.1109/ICDE.2007.367856.

>>> report = anonymity({"age": ["40", "40", "41"], "sex": ["f", "f", "m"]}, threshold=2)
>>> report.k, report.unique_share, report.classes
(1, 0.3333333333333333, 2)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anonymity:
    """What a set of columns tells an onlooker who knows these values of a person.

    ``k`` is the size of the smallest class of equal values, ``small_share`` the share of persons in classes below the
    threshold, ``unique_share`` of those alone in theirs, ``expected_reidentification`` the mean of 1 / class size over
    persons, which is classes / n. ``diversity`` and ``closeness`` have, per sensitive column, the least number of
    distinct values in a class and the greatest total variation distance between a class and the whole table.
    """

    columns: tuple[str, ...]
    n: int
    k: int
    classes: int
    small_share: float
    unique_share: float
    expected_reidentification: float
    threshold: int
    diversity: Mapping[str, int] = field(default_factory=dict)
    closeness: Mapping[str, float] = field(default_factory=dict)

    @property
    def light(self) -> str:
        """red: more than 5 % of persons unique; amber: a class below the threshold; green: neither."""
        if self.unique_share > 0.05:
            return "red"
        return "amber" if self.k < self.threshold else "green"


def anonymity(
    columns: Mapping[str, Sequence[object]], *, threshold: int, sensitive: Mapping[str, Sequence[object]] | None = None
) -> Anonymity:
    """Measure the classes of persons with equal values in all ``columns`` (equal length n). Unknown is a value too."""
    group = _classes([_codes(values) for values in columns.values()])
    sizes = np.bincount(group)
    n = len(group)
    of_person = sizes[group]
    diversity, closeness = {}, {}
    for name, values in (sensitive or {}).items():
        diversity[name], closeness[name] = _within(group, _codes(values))
    return Anonymity(
        columns=tuple(columns),
        n=n,
        k=int(sizes.min()),
        classes=len(sizes),
        small_share=float(np.mean(of_person < threshold)),
        unique_share=float(np.mean(of_person == 1)),
        expected_reidentification=len(sizes) / n,
        threshold=threshold,
        diversity=diversity,
        closeness=closeness,
    )


def riskiest_sets(
    columns: Mapping[str, Sequence[object]], *, threshold: int, most: int = 4, least_unique: float = 0.05
) -> tuple[Anonymity, ...]:
    """The smallest sets of up to ``most`` columns that make at least ``least_unique`` of the persons unique.

    A set is left out where a smaller one within it already does. Sets of three and more grow from the sets one smaller
    that make most persons unique (twenty of each size), so that the search stays short with many columns.
    """
    coded = {name: _codes(values) for name, values in columns.items()}
    found: list[tuple[str, ...]] = []
    grown: list[tuple[str, ...]] = [()]
    for size in range(1, most + 1):
        if size <= 2:
            candidates = list(combinations(coded, size))
        else:
            wider = {tuple(sorted({*one, name}, key=list(coded).index)) for one in grown for name in coded}
            candidates = sorted(one for one in wider if len(one) == size)
        scored = []
        for names in candidates:
            if any(set(one) <= set(names) for one in found):
                continue
            sizes = np.bincount(_classes([coded[name] for name in names]))
            scored.append((float(np.sum(sizes == 1)) / max(int(sizes.sum()), 1), names))
        found += [names for share, names in scored if share >= least_unique]
        rest = sorted((one for one in scored if one[0] < least_unique), reverse=True)
        grown = [names for _, names in rest[:20]]
    return tuple(anonymity({name: columns[name] for name in names}, threshold=threshold) for names in found)


def rare_values(values: Sequence[object], *, threshold: int) -> tuple[object, ...]:
    """The values that fewer than ``threshold`` persons have (IMP-10), rarest first; to be joined before output."""
    known = [value for value in values if value is not None]
    unique, counts = np.unique(np.array([str(value) for value in known]), return_counts=True)
    order = np.argsort(counts, kind="stable")
    return tuple(str(unique[place]) for place in order if counts[place] < threshold)


def _codes(values: Sequence[object]) -> Codes:
    text = np.array(["\0" if value is None or value != value else str(value) for value in values])
    return np.unique(text, return_inverse=True)[1].astype(np.int64)


def _classes(coded: Sequence[Codes]) -> Codes:
    """Numbers 0, 1, 2 ... of the classes of rows that are equal in all columns."""
    group = coded[0]
    for codes in coded[1:]:
        group = np.unique(group * (int(codes.max()) + 1) + codes, return_inverse=True)[1].astype(np.int64)
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def _within(group: Codes, codes: Codes) -> tuple[int, float]:
    table = np.zeros((int(group.max()) + 1, int(codes.max()) + 1))
    np.add.at(table, (group, codes), 1.0)
    whole = table.sum(axis=0) / table.sum()
    shares = table / table.sum(axis=1, keepdims=True)
    return int((table > 0).sum(axis=1).min()), float(np.abs(shares - whole).sum(axis=1).max() / 2)
