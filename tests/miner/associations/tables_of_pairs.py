"""A small mixed table with unknown values and a known structure, for the tests of this folder."""

from __future__ import annotations

import numpy as np

from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable


def mixed_dataset(n: int = 400, seed: int = 5, unknown: float = 0.1) -> Dataset:
    """Numbers, ordered levels, binaries and nominal groups that depend on age, with unknown values in all but age."""
    rng = np.random.Generator(np.random.Philox(seed))
    age = np.round(rng.normal(50, 10, n), 1)
    sex = rng.integers(0, 2, n)
    pressure = np.round(90 + 0.6 * age + 5 * sex + rng.normal(0, 12, n))
    weight = np.round(rng.normal(75, 12, n) + 3 * sex, 1)
    smoker = (rng.random(n) < 1 / (1 + np.exp(-(age - 50) / 12))).astype(int)
    ill = (rng.random(n) < 0.2 + 0.2 * smoker).astype(int)
    stage = np.clip(np.floor((pressure - 90) / 15), 0, 3).astype(int)
    region = rng.integers(0, 4, n)
    colour = np.where(rng.random(n) < 0.02, 2, rng.integers(0, 2, n))
    constant = np.zeros(n)
    numbers = {"age": age, "pressure": pressure, "weight": weight, "constant": constant}
    codes = {"sex": (sex, 2), "smoker": (smoker, 2), "ill": (ill, 2), "stage": (stage, 4), "region": (region, 4)}
    codes["colour"] = (colour, 3)
    kinds = {"stage": Kind.ORDINAL, "region": Kind.NOMINAL, "colour": Kind.NOMINAL}
    variables, columns = [], {}
    for name, values in numbers.items():
        column = values.astype(float)
        if name not in {"age", "constant"}:
            column[rng.random(n) < unknown] = np.nan
        variables.append(Variable(name=name, kind=Kind.CONTINUOUS))
        columns[name] = column
    for name, (values, levels) in codes.items():
        column = values.astype(np.int32)
        if name != "sex":
            column[rng.random(n) < unknown] = -1
        names = tuple(Level(code=str(k), label=f"{name} {k}") for k in range(levels))
        variables.append(Variable(name=name, kind=kinds.get(name, Kind.BINARY), levels=names))
        columns[name] = column
    return Dataset(
        dictionary=Dictionary(name="mixed", variables=tuple(variables)),
        columns=columns,
        keys=tuple(f"p{k}" for k in range(n)),
    )
