"""A table with one outcome of each kind that depends on an exposure and on covariates, for the tests of screens."""

from __future__ import annotations

import numpy as np

from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable

EXPOSURES = ("linked", "noise", "gene", "region", "constant", "double_age", "partly")
COVARIATES = ("age", "sex")


def screen_dataset(n: int = 500, seed: int = 3) -> Dataset:
    """Outcomes: weight (linear), ill (logistic), visits (Poisson, offset years), stage (ordinal), time (Cox)."""
    rng = np.random.Generator(np.random.Philox(seed))
    age, sex = rng.normal(50, 10, n), rng.integers(0, 2, n)
    linked, noise = rng.normal(100, 5, n) + 0.1 * age, rng.normal(size=n)
    gene = (rng.random(n) < 0.15).astype(int)
    eta = 0.04 * (age - 50) + 0.3 * sex + 0.05 * (linked - 105) + 0.4 * gene
    years = rng.uniform(0.5, 5, n)
    hazard, censored = rng.exponential(5 * np.exp(-eta)), rng.uniform(0, 10, n)
    partly = rng.normal(size=n)
    partly[rng.random(n) < 0.2] = np.nan
    numbers = {
        "age": age, "linked": linked, "noise": noise, "constant": np.full(n, 3.0), "double_age": 2 * age + 1,
        "partly": partly, "weight": 70 + 4 * eta + rng.normal(0, 3, n), "years": years,
        "visits": rng.poisson(years * np.exp(eta - 0.5)).astype(float),
        "sampling": rng.uniform(0.5, 3, n), "clinic": np.repeat(np.arange(n // 10), 10).astype(float),
        "layer": np.repeat(np.arange(5), n // 5).astype(float),
    }  # fmt: skip
    codes = {
        "sex": (sex, 2), "gene": (gene, 2), "region": (rng.integers(0, 4, n), 4),
        "ill": ((rng.random(n) < 1 / (1 + np.exp(1 - eta))).astype(int), 2),
        "stage": (np.digitize(eta + rng.logistic(size=n), [-1, 0.5, 2]), 4),
        "died": ((hazard < censored).astype(int), 2),
    }  # fmt: skip
    variables = [Variable(name=name, kind=Kind.CONTINUOUS) for name in numbers]
    variables.append(Variable(name="time", kind=Kind.DURATION, event="died"))
    columns = dict(numbers) | {"time": np.ceil(np.minimum(hazard, censored) * 12)}
    for name, (values, levels) in codes.items():
        kind = {"region": Kind.NOMINAL, "stage": Kind.ORDINAL}.get(name, Kind.BINARY)
        names = tuple(Level(code=str(k), label=f"{name} {k}") for k in range(levels))
        variables.append(Variable(name=name, kind=kind, levels=names))
        columns[name] = values.astype(np.int32)
    return Dataset(
        dictionary=Dictionary(name="screen", variables=tuple(variables)),
        columns=columns,
        keys=tuple(f"p{k}" for k in range(n)),
    )
