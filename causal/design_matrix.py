"""From typed columns to the numbers of a model: indicator columns, squares, complete cases, and who is left out.

Nothing is imputed and nothing dropped in silence: each person not used is counted under the variable that is unknown.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from miner.errors import MissingValues, OneLevelExposure, TooFewPersons, UnknownVariable, UnsuitableVariable
from miner.tables.model import Dataset, Kind, Variable

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteCases:
    """How many persons a model uses, and why the others are not in it."""

    n: int
    n_used: int
    unknown: Mapping[str, int]
    outside_contrast: int = 0
    not_eligible: int = 0
    constant_columns: tuple[str, ...] = ()

    @property
    def share_used(self) -> float:
        """Share of the eligible persons of either arm that the model uses."""
        candidates = self.n - self.outside_contrast - self.not_eligible
        return self.n_used / candidates if candidates else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignMatrix:
    """Covariates as numbers, without intercept: ``values`` (n_used, p), column ``names``, ``rows`` used.

    ``groups`` maps each covariate to its columns (indicators and square belong to one covariate).
    """

    values: Floats
    names: tuple[str, ...]
    groups: Mapping[str, tuple[int, ...]]
    rows: npt.NDArray[np.intp]
    report: CompleteCases


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnalysisData:
    """What an estimator gets: outcome (n,), exposure (n,), covariates (n, p), all known and finite.

    ``products`` are the numbers of the covariate columns whose product with the exposure enters the outcome model.
    ``cluster`` (n,) numbers the clusters, or is None where persons are independent.
    """

    outcome: Floats
    exposure: Floats
    covariates: Floats
    names: tuple[str, ...]
    rows: npt.NDArray[np.intp]
    report: CompleteCases
    exposure_name: str = "exposure"
    outcome_name: str = "outcome"
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    products: tuple[int, ...] = ()
    cluster: npt.NDArray[np.intp] | None = None

    @property
    def n(self) -> int:
        """Number of persons."""
        return len(self.outcome)

    @property
    def binary_outcome(self) -> bool:
        """True where the outcome takes the values 0 and 1 only."""
        return bool(np.isin(self.outcome, (0.0, 1.0)).all())

    @property
    def binary_exposure(self) -> bool:
        """True where the exposure takes the values 0 and 1 only."""
        return bool(np.isin(self.exposure, (0.0, 1.0)).all())

    def take(self, rows: npt.NDArray[np.generic]) -> AnalysisData:
        """The same analysis of some of its persons (mask or row numbers, repeats allowed)."""
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        return AnalysisData(
            outcome=self.outcome[index],
            exposure=self.exposure[index],
            covariates=self.covariates[index],
            names=self.names,
            rows=self.rows[index],
            report=self.report,
            exposure_name=self.exposure_name,
            outcome_name=self.outcome_name,
            groups=self.groups,
            products=self.products,
            cluster=None if self.cluster is None else self.cluster[index],
        )


def as_numbers(dataset: Dataset, name: str, part: str) -> Floats:
    """One column as float64 with NaN for unknown: numbers as they are, binary levels as 0 and 1.

    Raises UnknownVariable for a name that is not there, UnsuitableVariable for text, keys and nominal levels
    (which have no order to count by); ordinal levels count 0, 1, 2...
    """
    variable = _variable(dataset, name)
    if variable.kind is Kind.DURATION and part == "outcome":
        reason = "a time that may end without the event is no number to average; ask for survival"
        raise UnsuitableVariable(name=name, part=part, reason=reason)
    if variable.kind.is_numeric:
        return dataset[name].astype(np.float64)
    if variable.kind in {Kind.BINARY, Kind.ORDINAL}:
        codes = dataset[name].astype(np.float64)
        return np.where(codes < 0, np.nan, codes)
    raise UnsuitableVariable(name=name, part=part, reason=f"it is {variable.kind.value}, without an order to count by")


def design_matrix(
    dataset: Dataset,
    covariates: Sequence[str],
    *,
    squares: Sequence[str] = (),
    rows: npt.NDArray[np.bool_] | None = None,
) -> DesignMatrix:
    """Covariates as columns of numbers over the persons for whom all are known.

    Categorical variables give one indicator a level but the first level in use (the reference); numeric ones a column,
    and the square beside it where named in ``squares``. Columns without variation among the persons used are left out
    and named in the report.

    Parameters
    ----------
    rows : which persons may be used (n,), all by default.
    """
    eligible = np.ones(dataset.n, dtype=bool) if rows is None else rows.astype(bool)
    complete = eligible.copy()
    unknown: dict[str, int] = {}
    for name in dict.fromkeys(covariates):
        _variable(dataset, name)
        known = dataset.known(name)
        gaps = int((eligible & ~known).sum())
        if gaps:
            unknown[name] = gaps
        complete &= known
    for name in squares:
        if name not in covariates:
            raise UnsuitableVariable(name=name, part="a square", reason="it is not among the covariates")
        if not _variable(dataset, name).kind.is_numeric:
            raise UnsuitableVariable(name=name, part="a square", reason="it is not a number")
    used = np.flatnonzero(complete)
    columns: list[Floats] = []
    names: list[str] = []
    constant: list[str] = []
    groups: dict[str, tuple[int, ...]] = {}
    for name in dict.fromkeys(covariates):
        own: list[int] = []
        for title, values in _columns_of(dataset, name, used, square=name in squares):
            if len(values) and np.ptp(values) == 0:
                constant.append(title)
                continue
            own.append(len(columns))
            columns.append(values)
            names.append(title)
        groups[name] = tuple(own)
    matrix = np.column_stack(columns) if columns else np.empty((len(used), 0))
    return DesignMatrix(
        values=np.ascontiguousarray(matrix, dtype=np.float64),
        names=tuple(names),
        groups=groups,
        rows=used,
        report=CompleteCases(
            n=dataset.n,
            n_used=len(used),
            unknown=unknown,
            not_eligible=int((~eligible).sum()),
            constant_columns=tuple(constant),
        ),
    )


def analysis_data(
    dataset: Dataset,
    *,
    exposure: str | Floats,
    outcome: str | Floats,
    covariates: Sequence[str],
    squares: Sequence[str] = (),
    products: Sequence[str] = (),
    eligible: npt.NDArray[np.bool_] | None = None,
    cluster: str | None = None,
    exposure_name: str = "",
    outcome_name: str = "",
) -> AnalysisData:
    """The complete cases of one comparison.

    ``exposure`` and ``outcome`` name a binary, ordinal or numeric variable, or give its values (n,) with NaN for
    persons in neither arm (a contrast of two items). ``products`` name the covariates whose columns interact with the
    exposure.

    Raises OneLevelExposure where one arm is empty, TooFewPersons where the columns outnumber the persons.
    """
    treatment = as_numbers(dataset, exposure, "exposure") if isinstance(exposure, str) else exposure.astype(np.float64)
    response = as_numbers(dataset, outcome, "outcome") if isinstance(outcome, str) else outcome.astype(np.float64)
    title_t = exposure_name or (exposure if isinstance(exposure, str) else "exposure")
    title_y = outcome_name or (outcome if isinstance(outcome, str) else "outcome")
    allowed = np.ones(dataset.n, dtype=bool) if eligible is None else eligible.astype(bool)
    in_contrast = allowed & ~np.isnan(treatment)
    outside = int((allowed & np.isnan(treatment)).sum())
    known = in_contrast & ~np.isnan(response)
    matrix = design_matrix(dataset, covariates, squares=squares, rows=known)
    unknown = dict(matrix.report.unknown)
    no_outcome = int((in_contrast & np.isnan(response)).sum())
    if no_outcome:
        unknown = {title_y: no_outcome, **unknown}
    report = CompleteCases(
        n=dataset.n,
        n_used=len(matrix.rows),
        unknown=unknown,
        outside_contrast=outside,
        not_eligible=int((~allowed).sum()),
        constant_columns=matrix.report.constant_columns,
    )
    chosen = tuple(column for name in products for column in _product_columns(matrix, name))
    groups_of = None
    if cluster is not None:
        values = dataset[cluster]
        groups_of = np.unique(values[matrix.rows], return_inverse=True)[1].astype(np.intp)
    data = AnalysisData(
        outcome=response[matrix.rows],
        exposure=treatment[matrix.rows],
        covariates=matrix.values,
        names=matrix.names,
        rows=matrix.rows,
        report=report,
        exposure_name=title_t,
        outcome_name=title_y,
        groups=matrix.groups,
        products=chosen,
        cluster=groups_of,
    )
    check_arms(data)
    return data


def from_arrays(
    outcome: npt.ArrayLike,
    exposure: npt.ArrayLike,
    covariates: npt.ArrayLike | None = None,
    *,
    names: Sequence[str] = (),
    products: Sequence[int] = (),
    cluster: npt.ArrayLike | None = None,
) -> AnalysisData:
    """An analysis of plain arrays, for those who come without a data set. Raises MissingValues for NaN or infinity.

    >>> from_arrays([1.0, 2.0, 3.0], [0, 1, 1]).n
    3
    """
    try:
        y = np.asarray(outcome, dtype=np.float64)
        t = np.asarray(exposure, dtype=np.float64)
    except (TypeError, ValueError) as cause:
        raise UnsuitableVariable(
            name="exposure", part="exposure", reason="it holds text; declare which level is exposed"
        ) from cause
    x = np.empty((len(y), 0)) if covariates is None else np.asarray(covariates, dtype=np.float64).reshape(len(y), -1)
    titles = tuple(names) or tuple(f"x{i + 1}" for i in range(x.shape[1]))
    for title, values in (("outcome", y), ("exposure", t), *((titles[i], x[:, i]) for i in range(x.shape[1]))):
        bad = int((~np.isfinite(values)).sum())
        if bad:
            raise MissingValues(name=title, n=bad)
    data = AnalysisData(
        outcome=y,
        exposure=t,
        covariates=x,
        names=titles,
        rows=np.arange(len(y)),
        report=CompleteCases(n=len(y), n_used=len(y), unknown={}),
        groups={title: (i,) for i, title in enumerate(titles)},
        products=tuple(products),
        cluster=None if cluster is None else np.unique(np.asarray(cluster), return_inverse=True)[1].astype(np.intp),
    )
    check_arms(data)
    return data


def check_arms(data: AnalysisData) -> None:
    """Refuse a comparison that has one arm only, or more columns than persons."""
    levels = np.unique(data.exposure)
    if len(levels) < 2:
        only = float(levels[0]) if len(levels) else 0.0
        raise OneLevelExposure(
            exposure=data.exposure_name,
            n=data.n,
            exposed=data.n if only else 0,
            unexposed=0 if only else data.n,
        )
    columns = 2 + data.covariates.shape[1] + len(data.products)
    if data.n <= columns:
        raise TooFewPersons(n=data.n, columns=columns)


def _columns_of(dataset: Dataset, name: str, used: npt.NDArray[np.intp], *, square: bool) -> list[tuple[str, Floats]]:
    variable = dataset.dictionary[name]
    values = dataset[name][used]
    if variable.kind.is_numeric:
        numbers = values.astype(np.float64)
        return [(name, numbers), (f"{name}^2", numbers**2)] if square else [(name, numbers)]
    if not variable.kind.is_categorical:
        raise UnsuitableVariable(name=name, part="a covariate", reason=f"it is {variable.kind.value}")
    present = np.unique(values)
    return [(f"{name}={variable.levels[code].label}", (values == code).astype(np.float64)) for code in present[1:]] or [
        (name, np.zeros(len(values)))
    ]


def _product_columns(matrix: DesignMatrix, name: str) -> tuple[int, ...]:
    """The column of that name, or all indicators of a categorical covariate; a square is named apart (``age^2``)."""
    if name in matrix.names:
        return (matrix.names.index(name),)
    if name not in matrix.groups:
        raise UnsuitableVariable(name=name, part="a product with the exposure", reason="it is not among the covariates")
    return matrix.groups[name]


def _variable(dataset: Dataset, name: str) -> Variable:
    if name in dataset.dictionary and name in dataset.columns:
        return dataset.dictionary[name]
    nearest = difflib.get_close_matches(name, list(dataset.columns), n=1, cutoff=0.0)
    raise UnknownVariable(name=name, nearest=nearest[0] if nearest else "")
