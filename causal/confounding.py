"""What each other variable does to an association: strata, reversal, and change in estimate; never its causal role.

The role of a variable (confounder, mediator, collider) cannot be read from data: without a diagram it stays *unknown*.

References
----------
Simpson EH. JRSS-B 1951;13:238. Mantel N, Haenszel W. J Natl Cancer Inst 1959;22:719.
Greenland S, Mansournia MA, Altman DG. BMJ 2016;352:i1981 (sparse data). Pearce N. Int J Epidemiol 2014
(collapsibility).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from causal.design_matrix import AnalysisData
from miner.tables.model import Dataset

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strata:
    """Crude and standardised risks of two arms, and the common odds ratio of the strata."""

    crude_exposed: float
    crude_unexposed: float
    standardised_exposed: float
    standardised_unexposed: float
    crude_odds_ratio: float
    mantel_haenszel: float

    @property
    def reversal(self) -> bool:
        """True where the standardised difference points the other way (Simpson)."""
        crude = self.crude_exposed - self.crude_unexposed
        return crude * (self.standardised_exposed - self.standardised_unexposed) < 0

    @property
    def change(self) -> float:
        """Relative change of the log risk ratio by standardisation, over the larger of the two (NaN where
        undefined)."""
        if min(self.crude_exposed, self.crude_unexposed, self.standardised_exposed, self.standardised_unexposed) <= 0:
            return math.nan
        crude = math.log(self.crude_exposed / self.crude_unexposed)
        adjusted = math.log(self.standardised_exposed / self.standardised_unexposed)
        largest = max(abs(crude), abs(adjusted))
        return abs(adjusted - crude) / largest if largest else 0.0


def standardised_from_strata(exposed: Floats, unexposed: Floats) -> Strata:
    """From counts by stratum, rows [events, persons] for each arm (K, 2).

    Risks are standardised to all persons of both arms; strata empty in one arm are left out of the standardised risks.

    >>> found = standardised_from_strata(np.array([[81.0, 87], [192, 263]]), np.array([[234.0, 270], [55, 80]]))
    >>> round(found.standardised_exposed, 4), found.reversal
    (0.8325, True)
    """
    a, n1 = exposed[:, 0], exposed[:, 1]
    c, n0 = unexposed[:, 0], unexposed[:, 1]
    both = (n1 > 0) & (n0 > 0)
    weight = (n1 + n0)[both]
    one = float(np.average(a[both] / n1[both], weights=weight)) if both.any() else math.nan
    zero = float(np.average(c[both] / n0[both], weights=weight)) if both.any() else math.nan
    b, d, total = n1 - a, n0 - c, n1 + n0
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = total > 0
        upper, lower = float((a * d / total)[kept].sum()), float((b * c / total)[kept].sum())
        crude_or = float(a.sum() * d.sum() / (b.sum() * c.sum())) if b.sum() * c.sum() else math.nan
        return Strata(
            crude_exposed=float(a.sum() / n1.sum()),
            crude_unexposed=float(c.sum() / n0.sum()),
            standardised_exposed=one,
            standardised_unexposed=zero,
            crude_odds_ratio=crude_or,
            mantel_haenszel=upper / lower if lower else math.nan,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateTriage:
    """One variable beside an association; ``role`` comes from a diagram or is unknown, whatever the data say."""

    variable: str
    crude: float
    stratified: float
    reversal: bool
    change: float
    with_exposure: float
    with_outcome: float
    missing_share: float
    empty_strata: int
    role: str
    recommendation: str


def confounder_triage(
    dataset: Dataset,
    data: AnalysisData,
    candidates: Sequence[str],
    *,
    roles: Mapping[str, str] | None = None,
    classes: int = 5,
    threshold: float = 0.10,
) -> tuple[CovariateTriage, ...]:
    """Stratify the association of ``data`` (exposure 0/1) by each candidate variable, five quantile classes for
    numbers.

    ``crude`` and ``stratified`` are risk ratios for a 0/1 outcome, else differences of means. ``with_exposure`` and
    ``with_outcome`` are correlation ratios (0 to 1) of the classes with exposure, and with outcome among the unexposed.
    """
    known_roles = roles or {}
    rows = []
    for name in candidates:
        codes, missing = _classes(dataset, name, data.rows, classes)
        kept = codes >= 0
        t, y, code = data.exposure[kept], data.outcome[kept], codes[kept]
        if not len(code) or len(np.unique(t)) < 2:
            continue
        crude, stratified, reversal, change, empty = _change(t, y, code, binary=data.binary_outcome)
        role = known_roles.get(name, "unknown")
        rows.append(
            CovariateTriage(
                variable=name,
                crude=crude,
                stratified=stratified,
                reversal=reversal,
                change=change,
                with_exposure=correlation_ratio(t, code),
                with_outcome=correlation_ratio(y[t == 0], code[t == 0]),
                missing_share=missing,
                empty_strata=empty,
                role=role,
                recommendation=_recommend(role, change > threshold or reversal),
            )
        )
    return tuple(rows)


def correlation_ratio(values: Floats, code: npt.NDArray[np.intp]) -> float:
    """Share of the variance of the values that lies between classes, as its square root.

    >>> correlation_ratio(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1]))
    1.0
    """
    total = float(((values - values.mean()) ** 2).sum()) if len(values) else 0.0
    if total == 0:
        return 0.0
    counts = np.bincount(code)
    sums = np.bincount(code, weights=values)
    with np.errstate(invalid="ignore"):
        between = float(np.nansum(counts * (sums / counts - values.mean()) ** 2))
    return math.sqrt(min(between / total, 1.0))


def _classes(
    dataset: Dataset, name: str, rows: npt.NDArray[np.intp], classes: int
) -> tuple[npt.NDArray[np.intp], float]:
    values, known = dataset[name][rows], dataset.known(name)[rows]
    codes = np.full(len(rows), -1, dtype=np.intp)
    if dataset.dictionary[name].kind.is_categorical:
        codes[known] = values[known].astype(np.intp)
    elif known.any():
        numbers = values[known].astype(np.float64)
        cuts = np.unique(np.quantile(numbers, np.arange(1, classes) / classes))
        codes[known] = np.searchsorted(cuts, numbers, side="right")
    return codes, float((~known).mean()) if len(rows) else 0.0


def _change(t: Floats, y: Floats, code: npt.NDArray[np.intp], *, binary: bool) -> tuple[float, float, bool, float, int]:
    width = int(code.max()) + 1
    n1, n0 = np.bincount(code[t == 1], minlength=width), np.bincount(code[t == 0], minlength=width)
    s1 = np.bincount(code[t == 1], weights=y[t == 1], minlength=width)
    s0 = np.bincount(code[t == 0], weights=y[t == 0], minlength=width)
    empty = int((((n1 == 0) | (n0 == 0)) & (n1 + n0 > 0)).sum())
    if binary:
        found = standardised_from_strata(
            np.column_stack([s1, n1]).astype(np.float64), np.column_stack([s0, n0]).astype(np.float64)
        )
        positive = found.crude_unexposed > 0 and found.standardised_unexposed > 0
        crude = found.crude_exposed / found.crude_unexposed if positive else math.nan
        stratified = found.standardised_exposed / found.standardised_unexposed if positive else math.nan
        return crude, stratified, found.reversal, found.change, empty
    both = (n1 > 0) & (n0 > 0)
    crude = float(y[t == 1].mean() - y[t == 0].mean())
    if not both.any():
        return crude, math.nan, False, math.nan, empty
    stratified = float(np.average(s1[both] / n1[both] - s0[both] / n0[both], weights=(n1 + n0)[both]))
    largest = max(abs(crude), abs(stratified))
    return crude, stratified, crude * stratified < 0, abs(stratified - crude) / largest if largest else 0.0, empty


def _recommend(role: str, moves: bool) -> str:
    if role in {"mediator", "collider", "instrument", "descendant"}:
        return f"do not adjust ({role})"
    if role == "confounder":
        return "adjust"
    return "discuss: it changes the estimate, its role is not known" if moves else "discuss: its role is not known"
