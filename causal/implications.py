"""What a diagram says that data could contradict: its implied independences, and the arrows it leaves out.

A diagram is never confirmed by this, for many others imply the same. A contradicted independence says that a missing
arrow is there, or that a variable is measured with error.

>>> dag = Dag.of([("x", "m"), ("m", "y")])
>>> [(found.x, found.y, found.given) for found in implied_independences(dag)]
[('x', 'y', ('m',))]
>>> missing_arrows(dag)
(('x', 'y'),)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from causal.dag import Dag, nearest
from causal.separation import Arrows, MoralGraph
from miner.errors import DagUnknownColumn
from miner.multiplicity import adjust
from miner.statistics.log_probability import ln_f_sf

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

_BUDGET = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Independence:
    """Two observed nodes that the diagram says are independent given a smallest set of others."""

    x: str
    y: str
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One implied independence held against data: exploratory, for who drew the diagram may have seen them.

    ``effect`` is the largest partial canonical correlation (the absolute partial correlation of two numeric variables);
    ``ln_q`` the Benjamini-Hochberg adjusted value over all independences of the diagram, those that could not be
    computed counted as p = 1. NaN where ``computed`` is False.
    """

    independence: Independence
    computed: bool
    n: int
    effect: float
    ln_p: float
    ln_q: float

    def contradicted(self, level: float = 0.05) -> bool:
        """True where the adjusted value is at most the level."""
        return self.computed and bool(self.ln_q <= np.log(level) + 1e-12)


def implied_independences(dag: Dag) -> tuple[Independence, ...]:
    """For each two observed nodes that can be separated, one smallest separating set (the missing-edge basis).

    Without latent nodes these imply all others (Pearl & Verma 1987). Nodes on which the sample was selected
    are conditioned on in every row of the data, so they belong to every set.
    """
    arrows = Arrows.from_dag(dag)
    selected = frozenset(node.name for node in dag if node.selection)
    observed = [name for name in dag.observed if name not in selected]
    found: list[Independence] = []
    for x, y in combinations(observed, 2):
        moral = MoralGraph.of(arrows, {x}, {y}, allowed=set(observed) - {x, y}, forced=selected)
        separators = [names for names in islice(moral.separators(_BUDGET), _BUDGET) if names is not None]
        if separators:
            given = min((sorted(names) for names in separators), key=lambda names: (len(names), names))
            found.append(Independence(x=x, y=y, given=tuple(given)))
    return tuple(found)


def missing_arrows(dag: Dag) -> tuple[tuple[str, str], ...]:
    """Each two drawn nodes without an arrow or an arc between them: the assumptions of the diagram, to be defended."""
    joined = {frozenset(edge) for edge in (*dag.edges, *dag.bidirected)}
    return tuple(pair for pair in combinations(dag.names, 2) if frozenset(pair) not in joined)


def hold_against(frame: pd.DataFrame, independences: Sequence[Independence]) -> tuple[Check, ...]:
    """Test each independence on the complete cases of its variables.

    Both variables are regressed on the others (categories as indicators) and the residuals compared by Pillai's
    trace, as in the local tests of DAGitty (Ankan, Wortel & Textor 2021, doi:10.1002/cpz1.45); for two numeric ones
    this is the t test of the partial correlation. A dependence that is not linear can be missed.

    Parameters
    ----------
    frame : numbers, and categories or texts; one row per person. Each test that is run here belongs in the ledger.
    independences : from ``implied_independences``.

    Raises
    ------
    DagUnknownColumn : a node is not a column of the frame.
    """
    results = [_partial(frame, independence) for independence in independences]
    if not results:
        return ()
    ln_q = adjust(np.array([ln_p for _, _, ln_p in results]), "bh").ln_adjusted
    return tuple(
        Check(
            independence=independence,
            computed=not np.isnan(ln_p),
            n=n,
            effect=effect,
            ln_p=ln_p,
            ln_q=float(q) if not np.isnan(ln_p) else float("nan"),
        )
        for independence, (n, effect, ln_p), q in zip(independences, results, ln_q, strict=True)
    )


def _partial(frame: pd.DataFrame, independence: Independence) -> tuple[int, float, float]:
    """Number of rows, largest partial canonical correlation, ln p; NaN where the rows do not suffice."""
    names = [independence.x, independence.y, *independence.given]
    for name in names:
        if name not in frame.columns:
            raise DagUnknownColumn(name=name, nearest=nearest(name, map(str, frame.columns)))
    rows = frame[names].dropna()
    n = len(rows)
    undefined = (n, float("nan"), float("nan"))
    if n < 3:
        return undefined
    others = np.hstack([np.ones((n, 1)), *(_columns(rows, name) for name in independence.given)])
    basis = _orthonormal(others)
    x = _residual(_columns(rows, independence.x), basis)
    y = _residual(_columns(rows, independence.y), basis)
    k, m = x.shape[1], y.shape[1]
    smaller = min(k, m)
    # Twice N of Pillai plus s + 1: the degrees of freedom left after the others and the larger of the two sets.
    left = n - basis.shape[1] - max(k, m)
    if smaller == 0 or left < 1:
        return undefined
    correlations = np.clip(np.linalg.svd(x.T @ y, compute_uv=False), 0.0, 1.0)
    trace = float(np.sum(correlations**2))
    effect = float(correlations[0])
    if trace >= smaller:
        return n, effect, float("-inf")
    f = (left / max(k, m)) * trace / (smaller - trace)
    return n, effect, float(ln_f_sf(f, smaller * max(k, m), smaller * left))


def _columns(rows: pd.DataFrame, name: str) -> Floats:
    """One column of a numeric variable, or an indicator for each level that occurs but the first."""
    import pandas as pd

    values = rows[name]
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype=np.float64).reshape(-1, 1)
    return pd.get_dummies(values.astype(str), drop_first=True).to_numpy(dtype=np.float64)


def _orthonormal(columns: Floats) -> Floats:
    if columns.shape[1] == 0:
        return columns
    left, singular, _ = np.linalg.svd(columns, full_matrices=False)
    return left[:, singular > singular[0] * 1e-10]


def _residual(columns: Floats, basis: Floats) -> Floats:
    """An orthonormal basis of what is left of the columns beside the others; empty where these determine them."""
    centred = columns - columns.mean(axis=0)
    left = columns - basis @ (basis.T @ columns)
    scale = np.linalg.norm(centred, axis=0)
    kept = left[:, np.linalg.norm(left, axis=0) > 1e-8 * np.maximum(scale, 1e-300)]
    return _orthonormal(kept)
