"""The adjusted value beside a crude pair: the same question among persons alike in the covariates.

Ranks and groups are compared after both sides are made orthogonal to the covariates (partial correlation, partial eta
squared, partial V); a number in two groups by a linear model with robust errors; two binaries by Mantel and Haenszel
over strata. The adjusted value is secondary: it decides nothing, it is read beside the crude one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from miner.associations import adjusted_kernels, pair_kernels, table_kernels
from miner.associations.blocks import Floats, Ints
from miner.associations.columns import NARROW, Columns, Scale, nearest_name
from miner.associations.rows import number
from miner.errors import UnknownVariable
from miner.statistics.intervals import critical_value
from miner.statistics.log_probability import ln_chi2_sf, ln_f_sf, ln_t_two_sided
from miner.statistics.stratified import mantel_haenszel
from miner.tables.model import Dataset

BANDS = 5
"""Numeric covariates are cut at quintiles for strata; cut points come from the covariate alone."""
MOST_STRATA = 1_000

Beside = tuple[list[str], Mapping[str, object]]
Value = dict[str, object]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Covariate:
    """One covariate: columns for linear models (by value, by rank), band or level for strata, which rows are known."""

    name: str
    by_value: Floats
    by_rank: Floats
    band: Ints
    known: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adjustment:
    """Design columns of every variable and covariate of a run, ready for the pair kernels."""

    columns: Columns
    covariates: tuple[Covariate, ...]
    design: Floats
    first: Places
    stop: Places
    known: npt.NDArray[np.bool_]
    confidence: float

    @classmethod
    def prepare(cls, dataset: Dataset, columns: Columns, names: Sequence[str], confidence: float) -> Adjustment:
        """Rank columns of scores, indicator columns of groups, and the covariates by name."""
        blocks, known = [], []
        for scale, place in zip(columns.scale, columns.place):
            if scale <= Scale.ORDER:
                blocks.append(_ranks(columns.scores.dense[place], columns.scores.known[place])[:, None])
                known.append(columns.scores.known[place])
            elif scale < Scale.NONE and len(columns.groups.labels[place]) <= NARROW:
                codes = columns.groups.codes[place]
                blocks.append(_indicators(codes, len(columns.groups.labels[place])))
                known.append(codes >= 0)
            else:
                blocks.append(np.zeros((columns.n, 0)))
                known.append(np.zeros(columns.n, np.bool_))
        widths = np.array([block.shape[1] for block in blocks], np.int64)
        stop = np.cumsum(widths)
        return cls(
            columns=columns,
            covariates=tuple(_covariate(dataset, name) for name in names),
            design=np.ascontiguousarray(np.hstack(blocks)),
            first=stop - widths,
            stop=stop,
            known=np.array(known),
            confidence=confidence,
        )

    def beside(self, chunk: Places, crude: Sequence[Mapping[str, object]]) -> list[Beside | None]:
        """The adjusted value of each pair, None without a crude one or with nothing left to adjust for."""
        found: list[Beside | None] = [None] * len(chunk)
        batches: dict[tuple[tuple[str, ...], str], list[int]] = defaultdict(list)
        for k, (pair, fields) in enumerate(zip(chunk.tolist(), crude)):
            if fields.get("status", "ok") == "ok":
                ends = {self.columns.names[v] for v in pair}
                given = tuple(c.name for c in self.covariates if c.name not in ends)
                if given:
                    batches[given, str(fields["test"])].append(k)
        for (given, test), members in batches.items():
            covariates = [c for c in self.covariates if c.name in given]
            pairs = chunk[members]
            if test == "welch":
                values = self._differences(pairs, covariates)
            elif test == "fisher_two_sided":
                levels = [crude[k]["summary"]["levels"] for k in members]  # type: ignore[index]
                values = self._odds(pairs, covariates, levels)
            else:
                values = self._residual(pairs, covariates, test)
            for k, value in zip(members, values, strict=True):
                if value is not None:
                    found[k] = (list(given), value)
        return found

    def _residual(self, pairs: Places, covariates: Sequence[Covariate], test: str) -> Iterator[Value | None]:
        z = critical_value(self.confidence)
        given, covered = _matrix(covariates, ranks=True)
        m = len(pairs)
        n, rank = np.zeros(m, np.int64), np.zeros((m, 3), np.int64)
        pillai, r = np.empty(m), np.empty(m)
        left, right = np.ascontiguousarray(pairs.T)
        adjusted_kernels.residual_association(
            self.design, self.known, given, covered, self.first, self.stop, left, right, n, rank, pillai, r
        )
        if test.startswith("spearman"):
            yield from _partial_correlations(r, n, rank[:, 0], z)
        elif test == "kruskal":
            yield from _partial_eta(pillai, n, rank, z)
        else:
            yield from _partial_v(pillai, n, rank, z)

    def _differences(self, pairs: Places, covariates: Sequence[Covariate]) -> Iterator[Value | None]:
        given, covered = _matrix(covariates, ranks=False)
        left, right = self._sided(pairs)
        m = len(pairs)
        n, rank, slope, error = np.zeros(m, np.int64), np.zeros(m, np.int64), np.empty(m), np.empty(m)
        scores = self.columns.scores
        adjusted_kernels.adjusted_differences(
            scores.values.values, scores.known, self.columns.groups.codes, given, covered, left, right,
            n, rank, slope, error,
        )  # fmt: skip
        slope, error = slope * scores.values.spread[left], error * scores.values.spread[left]
        df = (n - rank - 1).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            half = special.stdtrit(df, 0.5 + self.confidence / 2) * error
            usable = error > 0
            ln_p = np.full(m, np.nan)
            ln_p[usable] = ln_t_two_sided(slope[usable] / error[usable], df[usable])
        for k in range(m):
            yield (
                _value("mean_difference", slope[k], slope[k] - half[k], slope[k] + half[k], ln_p[k], n[k])
                if usable[k]
                else None
            )

    def _odds(
        self, pairs: Places, covariates: Sequence[Covariate], levels: Sequence[Sequence[Sequence[str]]]
    ) -> Iterator[Value | None]:
        strata, count = _strata(covariates)
        if count > MOST_STRATA:
            yield from [None] * len(pairs)
            return
        place, labels = self.columns.place, self.columns.groups.labels
        left, right = np.ascontiguousarray(place[pairs].T)
        coded = [
            [labels[i].index(x[0]), labels[i].index(x[1]), labels[j].index(y[0]), labels[j].index(y[1])]
            for i, j, (x, y) in zip(left, right, levels)
        ]
        counted = np.zeros((len(pairs), count, 2, 2), np.int64)
        table_kernels.stratified_tables(
            self.columns.groups.codes, strata, left, right, np.array(coded, np.int64), counted
        )
        pooled = mantel_haenszel(counted, confidence=self.confidence)
        for k in range(len(pairs)):
            value = _value(
                "mantel_haenszel_odds_ratio",
                pooled.odds_ratio[k], pooled.or_low[k], pooled.or_high[k], pooled.ln_p[k], counted[k].sum(),
            )  # fmt: skip
            value["strata"] = count
            value["reversed"] = bool(pooled.reversed[k])
            value["breslow_day_ln_p"] = number(pooled.breslow_day_ln_p[k])
            yield None if math.isnan(pooled.odds_ratio[k]) else value

    def _sided(self, pairs: Places) -> tuple[Places, Places]:
        """Places of the score side and of the group side."""
        swap = self.columns.scale[pairs[:, 0]] > self.columns.scale[pairs[:, 1]]
        ordered = np.where(swap[:, None], pairs[:, ::-1], pairs)
        left, right = np.ascontiguousarray(self.columns.place[ordered].T)
        return left, right


def _partial_correlations(r: Floats, n: Places, rank: Places, z: float) -> Iterator[Value | None]:
    ln_p, low, high = np.empty(len(r)), np.empty(len(r)), np.empty(len(r))
    for lost in np.unique(rank):
        mine = rank == lost
        parts = [np.empty(int(mine.sum())) for _ in range(3)]
        # The constant is a covariate of the kernel, not one of the degrees of freedom lost.
        pair_kernels.correlation_inference(r[mine], n[mine].astype(np.float64), float(lost - 1), z, True, *parts)
        ln_p[mine], low[mine], high[mine] = parts
    for k in range(len(r)):
        yield None if math.isnan(ln_p[k]) else _value("partial_spearman_rho", r[k], low[k], high[k], ln_p[k], n[k])


def _partial_eta(pillai: Floats, n: Places, rank: Places, z: float) -> Iterator[Value | None]:
    df = (rank[:, 1] * rank[:, 2]).astype(np.float64)
    left = n - rank[:, 0] - df
    with np.errstate(divide="ignore", invalid="ignore"):
        f = pillai / df / ((1 - pillai) / left)
    usable = (df > 0) & (left > 0) & (pillai < 1)
    ln_p, low, high = np.full(len(n), np.nan), np.empty(len(n)), np.empty(len(n))
    ln_p[usable] = ln_f_sf(f[usable], df[usable], left[usable])
    table_kernels.noncentrality_interval(np.where(usable, f * df, np.nan), df, z, low, high)
    for k in range(len(n)):
        eta = (pillai[k], low[k] / (low[k] + n[k]), high[k] / (high[k] + n[k]))
        yield _value("partial_eta_squared", *eta, ln_p[k], n[k]) if usable[k] else None


def _partial_v(pillai: Floats, n: Places, rank: Places, z: float) -> Iterator[Value | None]:
    df = (rank[:, 1] * rank[:, 2]).astype(np.float64)
    left = (n - rank[:, 0] + 1).astype(np.float64)
    usable = (df > 0) & (left > df)
    statistic = np.where(usable, left * pillai, np.nan)
    ln_p, low, high = np.full(len(n), np.nan), np.empty(len(n)), np.empty(len(n))
    ln_p[usable] = ln_chi2_sf(statistic[usable], df[usable])
    table_kernels.noncentrality_interval(statistic, df, z, low, high)
    narrow = np.minimum(rank[:, 1], rank[:, 2])
    for k in range(len(n)):
        if usable[k]:
            v = [math.sqrt(max(0.0, part) / narrow[k]) for part in (pillai[k], low[k] / left[k], high[k] / left[k])]
            yield _value("partial_cramer_v", v[0], v[1], min(1.0, v[2]), ln_p[k], n[k])
        else:
            yield None


def _value(effect: str, estimate: float, low: float, high: float, ln_p: float, n: int) -> Value:
    return {
        "effect": effect,
        "estimate": number(estimate),
        "low": number(low),
        "high": number(high),
        "ln_p": number(ln_p),
        "n": int(n),
    }


def _covariate(dataset: Dataset, name: str) -> Covariate:
    if name not in dataset.columns:
        raise UnknownVariable(name=name, nearest=nearest_name(name, tuple(dataset.columns)))
    values, known = dataset[name], dataset.known(name)
    if dataset.dictionary[name].kind.is_categorical:
        codes = values.astype(np.int32)
        columns = _indicators(codes, int(codes.max(initial=0)) + 1)
        return Covariate(name=name, by_value=columns, by_rank=columns, band=codes, known=known)
    numbers = np.asarray(values, np.float64)
    inside = numbers[known]
    if not len(inside):
        none = np.zeros((len(numbers), 1))
        return Covariate(name=name, by_value=none, by_rank=none, band=np.full(len(numbers), -1, np.int32), known=known)
    centred = np.where(known, (numbers - inside.mean()) / (float(inside.std()) or 1.0), 0.0)
    dense = np.zeros(len(numbers), np.int32)
    dense[known] = np.unique(inside, return_inverse=True)[1]
    cuts = np.unique(np.quantile(inside, np.arange(1, BANDS) / BANDS))
    band = np.where(known, np.searchsorted(cuts, numbers, side="right"), -1).astype(np.int32)
    return Covariate(
        name=name, by_value=centred[:, None], by_rank=_ranks(dense, known)[:, None], band=band, known=known
    )


def _matrix(covariates: Sequence[Covariate], *, ranks: bool) -> tuple[Floats, npt.NDArray[np.bool_]]:
    columns = [c.by_rank if ranks else c.by_value for c in covariates]
    matrix = np.hstack([np.ones((len(columns[0]), 1)), *columns])
    return np.ascontiguousarray(matrix), np.logical_and.reduce([c.known for c in covariates])


def _strata(covariates: Sequence[Covariate]) -> tuple[Ints, int]:
    code = np.zeros(len(covariates[0].band), np.int64)
    known = np.logical_and.reduce([c.known for c in covariates])
    for covariate in covariates:
        code = code * (int(covariate.band.max(initial=0)) + 1) + np.maximum(covariate.band, 0)
    found, compact = np.unique(code[known], return_inverse=True)
    strata = np.full(len(code), -1, np.int32)
    strata[known] = compact
    return strata, len(found)


def _ranks(dense: Ints, known: npt.NDArray[np.bool_]) -> Floats:
    """Mid-ranks among the known values, standardised; zero where unknown."""
    counts = np.bincount(dense[known])
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks = np.zeros(len(dense))
    ranks[known] = middle[dense[known]]
    inside = ranks[known]
    if len(inside):
        ranks[known] = (inside - inside.mean()) / (inside.std() or 1.0)
    return ranks


def _indicators(codes: Ints, levels: int) -> Floats:
    return (codes[:, None] == np.arange(1, levels)[None, :]).astype(np.float64)
