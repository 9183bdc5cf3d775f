"""Multiple imputation by chained equations with predictive mean matching, pooled by Rubin's rules.

Every imputed value is one that some person really has. Complete cases stay the primary analysis; this one stands
beside it.

References
----------
van Buuren S. Flexible Imputation of Missing Data, 2nd ed. CRC 2018. Little RJA. J Bus Econ Stat 1988;6:287 (matching).
Rubin DB. Multiple Imputation for Nonresponse in Surveys. Wiley 1987. Barnard J, Rubin DB. Biometrika 1999;86:948.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from causal.estimation.effects import Estimate
from miner.errors import PlanningInput
from miner.tables.model import Dataset

Floats = npt.NDArray[np.float64]
DONORS = 5


def imputed(
    dataset: Dataset, names: Sequence[str], *, imputations: int = 20, rounds: int = 10, seed: int
) -> tuple[Dataset, ...]:
    """Completed copies of the data set: every unknown value of ``names`` is drawn from persons like this one.

    Include the outcome and all variables of the analysis in ``names``, else the imputed values know nothing of them.
    Variables of which nothing is known raise PlanningInput.
    """
    gaps = {name: ~dataset.known(name) for name in names}
    for name, gap in gaps.items():
        if gap.all():
            raise PlanningInput(name=name, value="all unknown", reason="there is nothing to impute from")
    incomplete = sorted((name for name in names if gaps[name].any()), key=lambda name: int(gaps[name].sum()))
    return tuple(
        _one(dataset, tuple(names), incomplete, gaps, rounds, np.random.Generator(np.random.Philox(key=[seed, k])))
        for k in range(imputations)
    )


def pooled(estimates: Sequence[Estimate]) -> Estimate:
    """One estimate from those of the completed data sets (on the log scale for ratios), with Barnard-Rubin degrees."""
    m = len(estimates)
    first = estimates[0]
    if m < 2:
        raise PlanningInput(name="imputations", value=m, reason="pooling needs two or more")
    q = np.array([math.log(e.value) if e.scale.is_ratio else e.value for e in estimates])
    within = float(np.mean([e.se**2 for e in estimates]))
    between = float(q.var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total else 0.0
    complete = first.n - 1
    seen = (complete + 1) / (complete + 3) * complete * (1 - share)
    degrees = 1 / (share**2 / (m - 1) + 1 / seen) if share else float(complete)
    se, centre = math.sqrt(total), float(q.mean())
    half = float(stdtrit(degrees, 0.5 + first.confidence / 2)) * se
    ends = (centre, centre - half, centre + half)
    value, low, high = (math.exp(v) for v in ends) if first.scale.is_ratio else ends
    return replace(
        first,
        value=value,
        low=low,
        high=high,
        se=se,
        mean_exposed=float(np.mean([e.mean_exposed for e in estimates])),
        mean_unexposed=float(np.mean([e.mean_unexposed for e in estimates])),
        notes=(*first.notes, f"{m} imputations, {share:.0%} of the variance from what is missing"),
    )


def _one(
    dataset: Dataset,
    names: tuple[str, ...],
    incomplete: Sequence[str],
    gaps: dict[str, npt.NDArray[np.bool_]],
    rounds: int,
    rng: np.random.Generator,
) -> Dataset:
    columns = {name: dataset[name].copy() for name in names}
    for name in incomplete:
        known = np.flatnonzero(~gaps[name])
        columns[name][gaps[name]] = columns[name][rng.choice(known, int(gaps[name].sum()))]
    for _ in range(rounds if len(incomplete) > 1 else 1):
        for name in incomplete:
            others = [_encoded(dataset, other, columns[other]) for other in names if other != name]
            design = np.column_stack([np.ones(dataset.n), *others])
            donors = _matched(design, _encoded(dataset, name, columns[name]), gaps[name], rng)
            columns[name][gaps[name]] = columns[name][donors]
    return Dataset(dictionary=dataset.dictionary, columns={**dataset.columns, **columns}, keys=dataset.keys)


def _encoded(dataset: Dataset, name: str, values: npt.NDArray[np.generic]) -> Floats:
    """Numbers standardised, categories as indicators: what distances between persons are measured in."""
    if dataset.dictionary[name].kind.is_categorical:
        levels = np.unique(values)
        return np.column_stack(
            [(values == level).astype(np.float64) for level in levels[1:]] or [np.zeros(len(values))]
        )
    numbers = values.astype(np.float64)
    spread = numbers.std()
    return ((numbers - numbers.mean()) / (spread or 1.0))[:, None]


def _matched(
    design: Floats, target: Floats, gap: npt.NDArray[np.bool_], rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Rows of the donors: for each gap one of the five persons with the nearest predicted values."""
    seen = np.flatnonzero(~gap)
    x, y = design[seen], target[seen]
    ridge = 1e-8 * np.trace(x.T @ x) / x.shape[1] * np.eye(x.shape[1])
    inverse = np.linalg.inv(x.T @ x + ridge)
    fitted = inverse @ (x.T @ y)
    degrees = max(len(seen) - x.shape[1], 1)
    spread = np.sqrt(((y - x @ fitted) ** 2).sum(axis=0) / rng.chisquare(degrees))
    drawn = fitted + np.linalg.cholesky((inverse + inverse.T) / 2) @ rng.standard_normal(fitted.shape) * spread
    near, wanted = x @ fitted, design[gap] @ drawn
    donors = np.empty(int(gap.sum()), dtype=np.intp)
    for i, row in enumerate(wanted):
        distance = ((near - row) ** 2).sum(axis=1)
        nearest = np.argpartition(distance, min(DONORS, len(seen)) - 1)[:DONORS]
        donors[i] = seen[rng.choice(nearest)]
    return donors
