"""All pairs of many columns: correlations, mixed kinds, tables of binaries.

One thread for the matrix products of everybody: the claim is CPU seconds.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.harness import Task, peer
from miner.associations.blocks import correlation_blocks, joint_counts
from miner.associations.pairs import mine_pairs
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable

Floats = npt.NDArray[np.float64]
SHAPES = {"correlations": (10_000, 2_000), "mixed": (10_000, 100), "bits": (100_000, 2_000), "narrow": (100_000, 100)}


def rows(peers: bool) -> Iterator[Task]:
    """Fortuit's rows, and the same tasks by libraries that a person would use instead."""
    n, p = SHAPES["correlations"]
    for ranked in (False, True):
        for unknown in (0.0, 0.1):
            task = f"pairs {'Spearman' if ranked else 'Pearson'} ln p and interval, {unknown:.0%} unknown"
            yield _task(
                task,
                n,
                p,
                partial(numbers, n, p, unknown),
                partial(_correlations, ranked),
                partial(numbers, 500, 40, 0.1),
            )
    n, p = SHAPES["mixed"]
    small = partial(mixed_table, 500, 24, unknown=0.1)
    for unknown in (0.0, 0.1):
        task = f"pairs mixed kinds, {unknown:.0%} unknown"
        yield _task(task, n, p, partial(mixed_table, n, p, unknown=unknown), _mixed, small)
    n, p = SHAPES["bits"]
    yield _task("pairs 2 x 2 tables of binaries", n, p, partial(binaries, n, p), _tables, partial(binaries, 500, 40))
    yield _task("pairs mixed kinds at scale", n, p, partial(mixed_table, n, p), _mixed, small)
    n, p = SHAPES["narrow"]
    for ranked in (False, True):
        task = f"pairs {'Spearman' if ranked else 'Pearson'} ln p and interval, 10% unknown"
        yield _task(
            task, n, p, partial(numbers, n, p, 0.1), partial(_correlations, ranked), partial(numbers, 500, 40, 0.1)
        )
    if peers:
        yield from _peer_rows()


def _peer_rows() -> Iterator[Task]:
    n, p = SHAPES["bits"]
    yield _task(
        "pairs 2 x 2 tables of binaries",
        n,
        p,
        partial(binaries, n, p),
        _float32_product,
        who=f"numpy {np.__version__} float32 product",
    )
    n, p = SHAPES["narrow"]
    pandas = f"pandas {pd.__version__} corr (no p)"
    for method in ("pearson", "spearman"):
        task = f"pairs {method.capitalize()} ln p and interval, 10% unknown"
        yield _task(task, n, p, partial(_frame_of_numbers, n, p, 0.1), partial(_pandas, method), who=pandas)
    n, p = SHAPES["correlations"]
    yield _task(
        "pairs Pearson ln p and interval, 0% unknown",
        n,
        p,
        partial(numbers, n, p, 0.0),
        _corrcoef,
        who=f"numpy {np.__version__} corrcoef (no p)",
    )
    yield _task(
        "pairs Pearson ln p and interval, 0% unknown",
        n,
        p,
        partial(_frame_of_numbers, n, p, 0.0),
        partial(_pandas, "pearson"),
        who=pandas,
    )
    n, p = SHAPES["mixed"]
    import scipy

    yield _task(
        "pairs mixed kinds, 0% unknown",
        n,
        p,
        partial(_mixed_frame, n, p),
        _scipy_loop,
        who=f"scipy {scipy.__version__} loop",
    )
    if (who := peer("pingouin")) is not None:
        yield _task(
            "pairs mixed kinds, 0% unknown",
            n,
            p,
            partial(_mixed_frame, n, p),
            _pingouin,
            who=f"{who} pairwise_corr of codes",
        )
    if (who := peer("dython")) is not None:
        yield _task(
            "pairs mixed kinds, 0% unknown",
            n,
            p,
            partial(_mixed_frame, n, p),
            _dython,
            who=f"{who} associations (no p)",
        )


def _task(name: str, n: int, p: int, prepare: Any, run: Any, warm_up: Any = None, who: str = "fortuit") -> Task:
    return Task(task=name, n=n, p=p, prepare=prepare, run=run, warm_up=warm_up, who=who)


def numbers(n: int, p: int, unknown: float) -> Floats:
    """p columns of n weakly correlated numbers as lines (p, n), NaN for unknown."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(p, n))
    values += 0.1 * rng.normal(size=n)
    if unknown:
        values[rng.random(values.shape) < unknown] = np.nan
    return values


def binaries(n: int, p: int) -> npt.NDArray[np.bool_]:
    """p binary columns of n persons as lines."""
    return np.random.default_rng(1).random((p, n), dtype=np.float32) < 0.3


def mixed_table(n: int, p: int, *, unknown: float = 0.0) -> Dataset:
    """p variables: half numbers (every other one rounded), a quarter binary, a quarter nominal of 3 to 6 levels."""
    rng = np.random.default_rng(1)
    variables, columns = [], {}
    for v in range(p):
        name = f"v{v:04d}"
        if v % 2 == 0:
            column = rng.normal(size=n)
            columns[name] = np.where(rng.random(n) < unknown, np.nan, np.round(10 * column) if v % 4 == 0 else column)
            variables.append(Variable(name=name, kind=Kind.CONTINUOUS))
            continue
        levels = 2 if v % 4 == 1 else 3 + v // 4 % 4
        codes = rng.integers(0, levels, n).astype(np.int32)
        codes[rng.random(n) < unknown] = -1
        columns[name] = codes
        names = tuple(Level(code=str(k), label=str(k)) for k in range(levels))
        variables.append(Variable(name=name, kind=Kind.BINARY if levels == 2 else Kind.NOMINAL, levels=names))
    return Dataset(
        dictionary=Dictionary(name="mixed", variables=tuple(variables)), columns=columns, keys=tuple(map(str, range(n)))
    )


def _correlations(ranked: bool, values: Floats) -> int:
    """Returns the number of pairs: a block of b lines over c columns holds b (c - 1) - b (b - 1) / 2 of them."""
    shapes = [block.ln_p.shape for block in correlation_blocks(values, ranked=ranked)]
    return sum(b * (c - 1) - b * (b - 1) // 2 for b, c in shapes)


def _mixed(dataset: Dataset) -> int:
    return sum(1 for _ in mine_pairs(dataset, dataset.dictionary.names()))


def _tables(truth: npt.NDArray[np.bool_]) -> int:
    return len(joint_counts(truth)) * (len(truth) - 1) // 2


def _float32_product(truth: npt.NDArray[np.bool_]) -> int:
    values = truth.astype(np.float32)
    return len(values @ values.T) * (len(truth) - 1) // 2


def _frame_of_numbers(n: int, p: int, unknown: float) -> pd.DataFrame:
    return pd.DataFrame(np.ascontiguousarray(numbers(n, p, unknown).T))


def _pandas(method: Any, frame: pd.DataFrame) -> int:
    return frame.corr(method=method).size


def _corrcoef(values: Floats) -> int:
    return np.corrcoef(values).size


def _mixed_frame(n: int, p: int) -> pd.DataFrame:
    dataset = mixed_table(n, p)
    return pd.DataFrame({name: np.asarray(dataset[name]) for name in dataset.columns})


def _is_number(column: pd.Series) -> bool:  # type: ignore[type-arg]
    return column.dtype.kind == "f"


def _scipy_loop(frame: pd.DataFrame) -> int:
    """What a person writes: the test of each pair by its kinds, without effects or intervals."""
    from scipy import stats

    names = list(frame.columns)
    done = 0
    for k, x in enumerate(names):
        for y in names[k + 1 :]:
            one, other = (frame[x], frame[y]) if _is_number(frame[x]) else (frame[y], frame[x])
            if _is_number(one) and _is_number(other):
                stats.spearmanr(one, other)
            elif _is_number(one):
                groups = [one.to_numpy()[other.to_numpy() == g] for g in other.unique()]
                stats.ttest_ind(*groups, equal_var=False) if len(groups) == 2 else stats.kruskal(*groups)
            else:
                table = pd.crosstab(one, other).to_numpy()
                stats.fisher_exact(table) if table.shape == (2, 2) else stats.chi2_contingency(table, correction=False)
            done += 1
    return done


def _pingouin(frame: pd.DataFrame) -> int:
    import pingouin

    return len(pingouin.pairwise_corr(frame.astype(float), method="spearman"))


def _dython(frame: pd.DataFrame) -> int:
    from dython.nominal import associations

    nominal = [name for name in frame.columns if not _is_number(frame[name])]
    return int(associations(frame, nominal_columns=nominal, compute_only=True)["corr"].size)
