"""Generators of data whose associations are known: N1 to N8 of the table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import log_ndtr

from miner.multiplicity.logarithms import FloatArray
from miner.statistics.fisher import log_fisher, log_least_attainable

NORMAL_MODELS = ("N1 independent", "N2 equicorrelated 0.5", "N3 blocks of 10, 0.8", "N4 pairs (z, -z)")


def stream(seed: int) -> np.random.Generator:
    """A seeded generator."""
    return np.random.Generator(np.random.Philox(seed))


def normal_scores(model: str, rows: int, m: int, generator: np.random.Generator, *, nulls: float = 1.0) -> FloatArray:
    """(rows, m) scores; the last ``1 - nulls`` of each row have mean 3."""
    noise = generator.standard_normal((rows, m))
    if model.startswith("N1"):
        z = noise
    elif model.startswith("N2"):
        z = np.sqrt(0.5) * (noise + generator.standard_normal((rows, 1)))
    elif model.startswith("N3"):
        common = np.repeat(generator.standard_normal((rows, -(-m // 10))), 10, axis=1)[:, :m]
        z = np.sqrt(0.8) * common + np.sqrt(0.2) * noise
    else:
        half = noise[:, : m // 2]
        z = np.concatenate([half, -half], axis=1)[:, np.arange(m).reshape(2, m // 2).T.ravel()]
    z[:, round(m * nulls) :] += 3.0
    return z


def two_sided(z: FloatArray) -> FloatArray:
    """Two-sided ``ln p`` of normal scores."""
    return np.log(2.0) + log_ndtr(-np.abs(z))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules of one simulated table: cells by rule, ``ln p`` of Fisher's one-sided test, and which are null."""

    cells: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    ln_p: FloatArray
    null: np.ndarray

    @property
    def m(self) -> int:
        """Number of rules, which is the size of the universe."""
        return self.ln_p.size

    @property
    def lift(self) -> FloatArray:
        """Confidence over the share of cases; 0 where no person has the antecedent."""
        a, b, c, d = self.cells
        exposed, cases, n = a + b, a + c, a + b + c + d
        return a * n / np.maximum(exposed * cases, 1)

    @property
    def ln_least_p(self) -> FloatArray:
        """Least attainable ``ln p`` of each rule."""
        return log_least_attainable(*self.cells, side="greater")


class RuleTable:
    """N5 to N7: 400 persons, 6 variables of 3 exclusive levels and 12 binaries; antecedents of 1 or 2 items."""

    def __init__(self, *, persons: int = 400, cases: float = 0.25) -> None:
        self.persons = persons
        self.cases = cases
        self.variable = np.array([i // 3 for i in range(18)] + list(range(6, 18)))
        pairs = [(i, j) for i, j in combinations(range(30), 2) if self.variable[i] != self.variable[j]]
        self.first = np.array(list(range(30)) + [i for i, _ in pairs])
        self.second = np.array(list(range(30)) + [j for _, j in pairs])
        # Planted: level 0 of the first variable doubles the risk, and so do the first two binaries together; whatever
        # stands in a rule beside one of these is associated too, and other levels of the first variable are as well.
        touched = np.isin(self.variable, [0, 6, 7])
        self.planted_null = ~(touched[self.first] | touched[self.second])

    @property
    def m(self) -> int:
        """Size of the universe."""
        return self.first.size

    def items(self, generator: np.random.Generator) -> np.ndarray:
        """(persons, 30) items as 0 and 1."""
        levels = generator.integers(0, 3, (self.persons, 6))
        exclusive = (levels[:, :, None] == np.arange(3)).reshape(self.persons, 18)
        return np.hstack([exclusive, generator.random((self.persons, 12)) < 0.3]).astype(np.float32)

    def outcome(self, items: np.ndarray, generator: np.random.Generator, *, planted: bool = False) -> np.ndarray:
        """(persons,) outcome, independent of the items unless ``planted``."""
        risk = np.full(self.persons, self.cases)
        if planted:
            risk *= 1.0 + items[:, 0]
            risk *= 1.0 + items[:, 18] * items[:, 19]
        return (generator.random(self.persons) < risk).astype(np.float32)

    def rules(self, items: np.ndarray, outcome: np.ndarray, *, planted: bool = False) -> Rules:
        """Every rule of the universe tested on these persons."""
        both = items[:, self.first] * items[:, self.second]
        a = (outcome @ both).astype(np.int64)
        exposed = both.sum(axis=0).astype(np.int64)
        cases = int(outcome.sum())
        cells = (a, exposed - a, cases - a, items.shape[0] - exposed - cases + a)
        null = self.planted_null if planted else np.ones(self.m, dtype=bool)
        return Rules(cells=cells, ln_p=log_fisher(*cells, side="greater"), null=null)


def clustered_pairs(rows: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """N8: (rows, 40 patients, 10 visits) exposure and outcome, each nearly constant within a patient, independent."""
    exposure = np.repeat(generator.random((rows, 40, 1)) < 0.4, 10, axis=2)
    outcome = np.repeat(generator.random((rows, 40, 1)) < 0.4, 10, axis=2)
    flips = generator.random((2, rows, 40, 10)) < 0.1
    return exposure ^ flips[0], outcome ^ flips[1]
