"""Drug-event signals over a whole table of reports or persons: every drug with every event, one test and four measures.

The family's p is Fisher's, one-sided for more reports than expected. Beside it stand the proportional reporting ratio,
the reporting odds ratio, the information component, and the empirical Bayes geometric mean, whose prior is learnt from
all pairs of the screen. A signal says that two things are reported together more than their margins explain, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from miner.associations.columns import Columns, Scale, prepare_columns
from miner.associations.pair_sums import PairTables
from miner.associations.rows import TestRow, build_row, hypothesis_id, triple
from miner.errors import NoPrior
from miner.statistics.disproportionality import disproportionality
from miner.statistics.fisher import log_fisher, log_least_attainable
from miner.statistics.results import Estimates
from miner.statistics.shrinkage import GammaMixture, Posterior, empirical_bayes, fit_gamma_mixture
from miner.tables.model import Dataset

_LOOK = 4_096
Ints = npt.NDArray[np.int64]


def mine_signals(
    dataset: Dataset,
    drugs: Sequence[str],
    events: Sequence[str],
    *,
    prior: GammaMixture | None = None,
    confidence: float = 0.95,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[TestRow]:
    """Test rows of all drug-event pairs, drug by drug; a variable is not paired with itself.

    Parameters
    ----------
    drugs, events
        Binary variables. Reports in which either is unknown are left out of a pair.
    prior
        Of the empirical Bayes measure; learnt from all pairs where None (at least fifty with a joint report).
    confidence
        Of the intervals; those of EBGM are its 5 % and 95 % points.
    progress, cancelled
        Called as rows are written with (pairs done, pairs in all), and asked whether to stop.
    """
    names = tuple(dict.fromkeys((*drugs, *events)))
    columns = prepare_columns(dataset, names)
    where = {name: k for k, name in enumerate(names)}
    pairs = np.array([(where[x], where[y]) for x, y in product(drugs, events) if x != y], np.int64).reshape(-1, 2)
    binary = np.array([_is_binary(columns, v) for v in range(len(names))], np.bool_)
    usable: npt.NDArray[np.bool_] = binary[pairs[:, 0]] & binary[pairs[:, 1]]
    cells = _cells(columns, pairs[usable])
    a, b, c, d = cells.T
    expected = (a + b) * (a + c) / np.maximum(cells.sum(axis=1), 1)
    reason = ""
    if prior is None:
        try:
            prior = fit_gamma_mixture(a, expected)
        except NoPrior as error:
            reason = error.sentences()[0]
    measures = disproportionality(a, b, c, d, confidence=confidence)
    bayes = None if prior is None else empirical_bayes(prior, a, expected)
    ln_p = log_fisher(a, b, c, d, side="greater")
    ln_p_min = log_least_attainable(a, b, c, d, side="greater")
    place = np.cumsum(usable) - 1
    for i, (x, y) in enumerate(pairs.tolist()):
        if i % _LOOK == 0:
            if cancelled is not None and cancelled():
                return
            if progress is not None:
                progress(i, len(pairs))
        identity = hypothesis_id("signal", [columns.names[x]], columns.names[y])
        common = {"ordinal": i, "mode": "signal", "x": [columns.names[x]], "y": columns.names[y], "identity": identity}
        if not usable[i]:
            yield build_row(
                **common,  # type: ignore[arg-type]
                test="fisher_greater",
                status="not_computed",
                reason="a drug and an event are binary variables with both levels present",
            )
            continue
        k = int(place[i])
        n = int(cells[k].sum())
        margins = min(a[k] + b[k], c[k] + d[k], a[k] + c[k], b[k] + d[k])
        yield build_row(
            **common,  # type: ignore[arg-type]
            test="fisher_greater",
            status="ok" if margins > 0 else "degenerate",
            reason="" if margins > 0 else "nobody, or everybody, has the drug or the event where both are known",
            n=n,
            n_unknown=columns.n - n,
            counts=[int(v) for v in cells[k]],
            ln_p=ln_p[k] if margins > 0 else np.nan,
            ln_p_min=ln_p_min[k] if margins > 0 else np.nan,
            effect="proportional_reporting_ratio",
            interval=_at(measures.prr, k),
            effects={
                "reporting_odds_ratio": triple(*_at(measures.ror, k)),
                "information_component": triple(*_at(measures.ic, k)),
            }
            | _bayes_effect(bayes, k),
            summary={
                "expected": float(expected[k]),
                "chi2_yates": float(np.nan_to_num(measures.chi2_yates[k])),
                "evans": bool(measures.evans[k]),
                "exactness": "exact",
            }
            | _prior_summary(prior, reason),
        )
    if progress is not None:
        progress(len(pairs), len(pairs))


def _is_binary(columns: Columns, variable: int) -> bool:
    return bool(columns.scale[variable] == Scale.BINARY) and len(columns.groups.labels[columns.place[variable]]) == 2


def _cells(columns: Columns, pairs: Ints) -> Ints:
    """Counts (m, 4): both, drug only, event only, neither."""
    if not len(pairs):
        return np.zeros((0, 4), np.int64)
    left, right = np.ascontiguousarray(columns.place[pairs].T)
    tables = PairTables.count(columns.groups, left, right)
    down, across = tables.down, tables.across
    counted = tables.counted
    return np.stack(
        [counted[down + 1, across + 1], counted[down + 1, across], counted[down, across + 1], counted[down, across]],
        axis=1,
    )


def _at(estimates: Estimates, k: int) -> tuple[float, float, float]:
    return float(estimates.estimate[k]), float(estimates.low[k]), float(estimates.high[k])


def _bayes_effect(bayes: Posterior | None, k: int) -> dict[str, list[float | None]]:
    if bayes is None:
        return {}
    return {"empirical_bayes_geometric_mean": triple(bayes.ebgm[k], bayes.eb05[k], bayes.eb95[k])}


def _prior_summary(prior: GammaMixture | None, reason: str) -> dict[str, object]:
    if prior is None:
        return {"prior": None, "prior_reason": reason}
    return {"prior": [prior.alpha1, prior.beta1, prior.alpha2, prior.beta2, prior.p]}
