"""Corrections of large families, and the bound for a basket picked by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.harness import Task
from miner.multiplicity import AllResolutions, adjust

Floats = npt.NDArray[np.float64]


def rows(peers: bool) -> Iterator[Task]:
    """Each correction on the family size of its target; statsmodels and scipy on the same p-values."""
    for method in ("bh", "by", "holm"):
        yield _task(f"multiplicity {method}", 1_000_000, partial(_ln_p, 1_000_000), partial(_adjust, method))
    yield _task("multiplicity hommel", 100_000, partial(_ln_p, 100_000), partial(_adjust, "hommel"))
    yield _task("multiplicity ARI of the whole family", 100_000, partial(_ln_p, 100_000), _resolve)
    yield _task("multiplicity ARI bound of a basket of 1,000", 100_000, _family, _basket)
    if peers:
        import scipy
        import statsmodels

        who = f"statsmodels {statsmodels.__version__}"
        for method in ("fdr_bh", "fdr_by", "holm"):
            name = f"multiplicity {method.removeprefix('fdr_')}"
            yield _task(name, 1_000_000, partial(_p, 1_000_000), partial(_statsmodels, method), who)
        yield _task("multiplicity hommel", 20_000, partial(_p, 20_000), partial(_statsmodels, "hommel"), who)
        yield _task("multiplicity bh", 1_000_000, partial(_p, 1_000_000), _scipy, f"scipy {scipy.__version__}")


def _task(name: str, m: int, prepare: Callable[[], Any], run: Callable[[Any], int], who: str = "fortuit") -> Task:
    warm_up = partial(_ln_p, 200) if who == "fortuit" and prepare is not _family else None
    return Task(task=name, n=m, p=1, prepare=prepare, run=run, warm_up=warm_up, who=who)


def _p(m: int) -> Floats:
    rng = np.random.default_rng(1)
    p = rng.random(m)
    p[: m // 20] **= 8
    return p


def _ln_p(m: int) -> Floats:
    return np.log(_p(m))


def _adjust(method: str, ln_p: Floats) -> int:
    return adjust(ln_p, method).ln_adjusted.size


def _resolve(ln_p: Floats) -> int:
    return AllResolutions(ln_p, len(ln_p)).total


def _family() -> tuple[AllResolutions, npt.NDArray[np.int64]]:
    ln_p = _ln_p(100_000)
    return AllResolutions(ln_p, len(ln_p)), np.arange(0, 10_000, 10)


def _basket(data: tuple[AllResolutions, npt.NDArray[np.int64]]) -> int:
    family, basket = data
    return family.bound(basket)


def _statsmodels(method: str, p: Floats) -> int:
    from statsmodels.stats.multitest import multipletests

    return multipletests(p, method=method)[1].size


def _scipy(p: Floats) -> int:
    from scipy import stats

    return stats.false_discovery_control(p).size
