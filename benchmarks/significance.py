"""Significant patterns over the whole pattern space: Tarone's bound, permutations, and strata."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from benchmarks.generate import OUTCOME, case_control_table
from benchmarks.harness import Task
from miner.patterns.items import declare_items
from miner.patterns.significance import tarone_patterns, westfall_young_patterns
from miner.tables.model import Dataset

N, K, LENGTH, STRATA = 12_000, 150, 3, 4

Table = tuple[Dataset, npt.NDArray[np.int64]]


def rows(peers: bool) -> Iterator[Task]:
    """Fortuit alone: no peer for this task is served by PyPI (LAMP 2, wylight, TopKWY and CASMAP are built apart)."""
    del peers
    for stratified in (False, True):
        kind = "CMH, 4 strata" if stratified else "Fisher"
        yield _task(f"Tarone {kind}", stratified, 0)
        for permutations in (1_000, 10_000):
            yield _task(f"Westfall-Young {kind} {permutations} permutations", stratified, permutations)


def _task(name: str, stratified: bool, permutations: int) -> Task:
    return Task(
        task=f"significance c_{N}_{K} length <= {LENGTH}: {name}",
        n=N,
        p=K,
        prepare=partial(case_control_table, N, K, strata=STRATA),
        run=partial(_search, stratified, permutations),
        warm_up=partial(case_control_table, 500, 12, strata=STRATA),
    )


def _search(stratified: bool, permutations: int, table: Table) -> int:
    """Returns the number of testable patterns."""
    dataset, strata = table
    names = [name for name in dataset.columns if name != OUTCOME]
    items = declare_items(dataset, names, absences=False).items
    (outcome,) = declare_items(dataset, [OUTCOME], absences=False).items
    chosen = strata if stratified else None
    if not permutations:
        found = tarone_patterns(dataset, items=items, outcome=outcome, max_length=LENGTH, strata=chosen)
    else:
        found = westfall_young_patterns(
            dataset,
            items=items,
            outcome=outcome,
            max_length=LENGTH,
            strata=chosen,
            permutations=permutations,
            seed=1,
        )
    return found.testable
