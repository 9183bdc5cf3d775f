"""Data for the benchmarks, made from seeds: dense health-like tables and sparse case-control tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from miner.tables.model import Dataset, Dictionary, Kind, Level, Role, Variable

OUTCOME = "outcome"


def health_table(n: int, k: int, *, seed: int = 1, unknown: float = 0.0) -> Dataset:
    """h_n_k: n persons, k items from k/3 correlated variables of 3 levels, and a binary outcome.

    ``unknown`` is the share of unknown values of each variable; at 0 exactly k/3 items are true for each person.
    """
    rng = np.random.default_rng(seed)
    frailty = rng.normal(size=n)
    variables, columns = [], {}
    for v in range(k // 3):
        score = 0.5 * frailty + rng.normal(size=n)
        limits = np.quantile(score, np.sort(rng.uniform(0.05, 0.95, size=2)))
        codes = np.searchsorted(limits, score).astype(np.int32)
        if unknown:
            codes[rng.random(n) < unknown] = -1
        name = f"v{v:03d}"
        levels = tuple(Level(code=code, label=code) for code in ("low", "middle", "high"))
        variables.append(Variable(name=name, kind=Kind.NOMINAL, role=Role.EXPOSURE, levels=levels))
        columns[name] = codes
    return _dataset(f"h_{n}_{k}", variables, columns, (0.5 * frailty + rng.normal(size=n) > 0.7).astype(np.int32))


def case_control_table(n: int, k: int, *, seed: int = 1, strata: int = 1) -> tuple[Dataset, npt.NDArray[np.int64]]:
    """n persons, k binary findings (1-17 % of persons), one planted pair that goes with the outcome, and strata."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, strata, size=n)
    frequency = rng.uniform(0.01, 0.17, size=k) * (1 + 0.2 * (stratum[:, None] / max(strata - 1, 1) - 0.5))
    present = rng.random((n, k)) < frequency
    planted = present[:, 0] & present[:, 1]
    outcome = rng.random(n) < 0.3 + 0.25 * planted + 0.1 * (stratum / max(strata - 1, 1) - 0.5)
    variables = [_binary(f"g{v:03d}", Role.EXPOSURE) for v in range(k)]
    columns = {variable.name: present[:, v].astype(np.int32) for v, variable in enumerate(variables)}
    return _dataset(f"c_{n}_{k}", variables, columns, outcome.astype(np.int32)), stratum.astype(np.int64)


def one_hot(dataset: Dataset) -> pd.DataFrame:
    """Every level of every variable but the outcome as a boolean column: what the peers read."""
    return pd.DataFrame(
        {
            f"{variable.name}={level.code}": dataset[variable.name] == code
            for variable in dataset.dictionary
            if variable.name != OUTCOME
            for code, level in enumerate(variable.levels)
        }
    )


def _binary(name: str, role: Role) -> Variable:
    return Variable(
        name=name, kind=Kind.BINARY, role=role, levels=(Level(code="0", label="no"), Level(code="1", label="yes"))
    )


def _dataset(
    name: str, variables: list[Variable], columns: dict[str, npt.NDArray[np.int32]], outcome: npt.NDArray[np.int32]
) -> Dataset:
    return Dataset(
        dictionary=Dictionary(name=name, variables=(*variables, _binary(OUTCOME, Role.OUTCOME))),
        columns={**columns, OUTCOME: outcome},
        keys=tuple(map(str, range(len(outcome)))),
        content_hash=name,
    )
