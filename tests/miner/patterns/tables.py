"""Small tables for the tests of this folder, and the slow, obvious way to count a rule."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item
from miner.tables.model import Dataset, Dictionary, Kind, Level, Role, Variable


def categorical(name: str, n_levels: int, kind: Kind = Kind.NOMINAL, role: Role = Role.EXPOSURE) -> Variable:
    levels = tuple(Level(code=str(g), label=f"level {g}") for g in range(n_levels))
    return Variable(name=name, kind=kind, role=role, levels=levels)


def random_dataset(n: int, levels: list[int], *, seed: int, unknown: float = 0.0) -> Dataset:
    """Correlated categorical columns x0, x1, ... and a binary outcome y, with a share of unknown values in each."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=n)
    variables, columns = [], {}
    for v, g in enumerate(levels):
        score = latent + rng.normal(size=n) * 1.5
        codes = np.searchsorted(np.quantile(score, np.arange(1, g) / g), score).astype(np.int32)
        codes[rng.random(n) < unknown] = -1
        variables.append(categorical(f"x{v}", g, Kind.BINARY if g == 2 else Kind.NOMINAL))
        columns[f"x{v}"] = codes
    y = (latent + rng.normal(size=n) > 0.4).astype(np.int32)
    y[rng.random(n) < unknown] = -1
    variables.append(categorical("y", 2, Kind.BINARY, Role.OUTCOME))
    columns["y"] = y
    return Dataset(
        dictionary=Dictionary(name="random", variables=tuple(variables)),
        columns=columns,
        keys=tuple(str(i) for i in range(n)),
    )


def brute_force(
    dataset: Dataset, items: tuple[Item, ...], outcome: Item, max_length: int, minimum: int
) -> dict[tuple[int, ...], tuple[int, int, int, int]]:
    """(a, b, c, d) of every antecedent with enough persons, from the states of each person."""
    encoded = EncodedItems(dataset, items)
    states = np.array([encoded.states(i) for i in range(len(items))])
    y = EncodedItems(dataset, [outcome]).states(0)
    found = {}
    for length in range(1, max_length + 1):
        for chosen in combinations(range(len(items)), length):
            names = [items[i].variable for i in chosen]
            if len({*names, outcome.variable}) <= length:
                continue
            known = (states[list(chosen)] >= 0).all(axis=0) & (y >= 0)
            x = (states[list(chosen)] == 1).all(axis=0) & known
            if x.sum() >= minimum:
                a, b = int((x & (y == 1)).sum()), int((x & (y == 0)).sum())
                cases, others = int((known & (y == 1)).sum()), int((known & (y == 0)).sum())
                found[chosen] = (a, b, cases - a, others - b)
    return found
