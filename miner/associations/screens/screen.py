"""A screen from its declaration to its rows: every exposure against every outcome, each a counted row whatever happens.

Persons without the outcome, a covariate or a design variable are left out of an outcome; persons without an exposure
are left out of that exposure's test, for which the null model is fitted anew on those who remain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from miner.associations.columns import nearest_name
from miner.associations.rows import TestRow, build_row, hypothesis_id
from miner.associations.screens import families, results, robust
from miner.associations.screens.cox import CoxModel
from miner.associations.screens.refit import refit
from miner.associations.screens.results import Fields
from miner.associations.screens.score import Floats, NullModel, joint_test, score_tests
from miner.errors import BadScreen, NullModelFailed, UnknownVariable
from miner.tables.model import Dataset, Kind

_LINES = 128
"""Exposures tested between two looks at ``cancelled``."""


class Model(StrEnum):
    """The regression of an outcome."""

    LINEAR = "linear"
    LOGISTIC = "logistic"
    POISSON = "poisson"
    COX = "cox"
    ORDINAL = "ordinal"


_BY_KIND = {
    Kind.CONTINUOUS: Model.LINEAR,
    Kind.COUNT: Model.LINEAR,
    Kind.DATE: Model.LINEAR,
    Kind.BINARY: Model.LOGISTIC,
    Kind.ORDINAL: Model.ORDINAL,
    Kind.DURATION: Model.COX,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The declared family: each exposure with each outcome, adjusted for the covariates.

    ``model`` overrides the regression that the kind of the outcome suggests. With a ``modifier`` the test is that of
    the product of exposure and modifier, both being in the model. ``cluster`` makes the errors robust to repeated
    rows; ``weight``, ``stratum`` and ``unit`` (primary sampling unit) declare a survey design. ``offset`` is the
    person-time or population of a Poisson screen. Tests with ln p at or below ``refit_below`` are fitted again by full
    likelihood.
    """

    exposures: tuple[str, ...]
    outcomes: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    model: Model | None = None
    modifier: str = ""
    cluster: str = ""
    weight: str = ""
    stratum: str = ""
    unit: str = ""
    offset: str = ""
    confidence: float = 0.95
    refit_below: float = -np.inf

    def __len__(self) -> int:
        """Tests declared: exposures times outcomes, without an exposure against itself."""
        return sum(x != y for y in self.outcomes for x in self.exposures)


def mine_screen(
    dataset: Dataset,
    screen: Screen,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[TestRow]:
    """Test rows of a screen, outcome by outcome in the order of its declaration.

    A constant exposure, one that the covariates determine, a model that cannot be fitted: each is a row with its status
    and reason. The score p (for linear outcomes the t test) is the family's p; coefficients are one Newton step from
    the null model, and where a test was fitted again the full-likelihood estimate stands first and the step beside it.

    Raises
    ------
    UnknownVariable
        A name that the dictionary does not have.
    BadScreen
        A variable with two parts, a weight that is negative or unknown, a Poisson outcome below 0.
    """
    _check(dataset, screen)
    total, done = len(screen), 0
    for outcome in screen.outcomes:
        exposures = [name for name in screen.exposures if name != outcome]
        frame = _frame(dataset, screen, outcome)
        for first in range(0, len(exposures), _LINES):
            if cancelled is not None and cancelled():
                return
            chunk = exposures[first : first + _LINES]
            fields = frame if isinstance(frame, str) else _chunk(dataset, screen, frame, chunk)
            for k, name in enumerate(chunk):
                values: Fields = _failed(frame) if isinstance(frame, str) else fields[k]  # type: ignore[assignment]
                yield build_row(
                    ordinal=done + k,
                    mode="screen",
                    x=[name],
                    y=outcome,
                    n_unknown=dataset.n - int(values.get("n", 0)),  # type: ignore[call-overload]
                    adjusted_for=[c for c in screen.covariates if c not in {name, outcome}],
                    identity=hypothesis_id(
                        "screen", [name], outcome, given=screen.covariates, modifier=screen.modifier
                    ),
                    **values,  # type: ignore[arg-type]
                )
            done += len(chunk)
            if progress is not None:
                progress(done, total)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One outcome, its covariates and its design in the rows where all are known."""

    model: Model
    rows: npt.NDArray[np.int64]
    y: Floats
    event: npt.NDArray[np.bool_]
    given: Floats
    offset: Floats
    modifier: Floats | None
    design: robust.Design | None

    def take(self, keep: npt.NDArray[np.bool_]) -> Frame:
        """The same frame for some of its rows."""
        return Frame(
            model=self.model,
            rows=self.rows[keep],
            y=self.y[keep],
            event=self.event[keep],
            given=self.given[keep],
            offset=self.offset[keep],
            modifier=None if self.modifier is None else self.modifier[keep],
            design=None if self.design is None else self.design.take(keep),
        )

    def null_model(self, further: Floats | None = None) -> NullModel:
        """The model of the covariates, and of further columns (n, c), alone."""
        given = self.given if further is None else np.hstack([self.given, further])
        if self.model is Model.LINEAR:
            return families.linear_model(self.y, given)
        if self.model is Model.LOGISTIC:
            return families.logistic_model(self.y, given)
        if self.model is Model.POISSON:
            return families.poisson_model(self.y, given, self.offset)
        if self.model is Model.ORDINAL:
            return families.ordinal_model(np.unique(self.y, return_inverse=True)[1], given)
        return CoxModel.fit(self.y, self.event, given[:, 1:])


def _chunk(dataset: Dataset, screen: Screen, frame: Frame, names: Sequence[str]) -> list[Fields]:
    """Fields of one test per exposure: complete single columns together, all others one by one."""
    fields: list[Fields] = [{} for _ in names]
    together: list[int] = []
    lines: list[Floats] = []
    for k, name in enumerate(names):
        columns, known = _exposure(dataset, name, frame.rows)
        simple = len(columns) == 1 and bool(known.all()) and name not in screen.covariates
        if simple and frame.modifier is None and frame.design is None:
            together.append(k)
            lines.append(columns[0])
        else:
            fields[k] = _single(dataset, screen, frame, name, columns, known)
    if together:
        try:
            model = frame.null_model()
        except NullModelFailed as error:
            return [_failed(error.sentences()[0], len(frame.y))] * len(names)
        exposures = np.array(lines)
        u, v, aliased = score_tests(model, exposures)
        found = results.single_columns(frame.model.value, model, frame.y, u, v, aliased, exposures, screen.confidence)
        for k, line, values in zip(together, exposures, found, strict=True):
            fields[k] = _with_refit(screen, frame, line[None, :], values)
    return fields


def _single(
    dataset: Dataset, screen: Screen, frame: Frame, name: str, columns: Floats, known: npt.NDArray[np.bool_]
) -> Fields:
    """One exposure on its own: unknown values, several levels, a modifier, clusters or a survey design."""
    if not known.all():
        frame, columns = frame.take(known), columns[:, known]
        reason = _unfit(frame.model, frame.y)
        if reason:
            return _failed(reason, len(frame.y), frame.model.value)
    if name in screen.covariates:
        others = _covariates(dataset, tuple(c for c in screen.covariates if c != name), frame.rows)
        frame = Frame(**{f: getattr(frame, f) for f in Frame.__slots__} | {"given": others})
    n = len(frame.y)
    columns = columns[columns.std(axis=1) > 1e-13 * np.abs(columns).max(axis=1, initial=0.0)] if n else columns[:0]
    label = frame.model.value
    if not len(columns):
        return {"test": results.TESTS[label], "n": n} | results.CONSTANT
    try:
        if frame.design is not None:
            found = robust.design_test(frame.model.value, frame.y, frame.given, frame.offset, columns, frame.design)
            return results.design_based(label, found, n, screen.confidence, frame.design.name)
        if frame.modifier is not None:
            product = columns * frame.modifier
            model = frame.null_model(np.column_stack([frame.modifier[:, None], columns.T]))
            levels = product
        else:
            model, levels = frame.null_model(), columns
    except NullModelFailed as error:
        return _failed(error.sentences()[0], n, label)
    if len(levels) == 1:
        u, v, aliased = score_tests(model, levels)
        values = next(iter(results.single_columns(label, model, frame.y, u, v, aliased, levels, screen.confidence)))
        if frame.modifier is not None:
            return _as_product(values)
        return _with_refit(screen, frame, levels, values)
    statistic, rank, coefficients, covariance = joint_test(model, levels)
    names = _level_names(dataset, name, len(levels))
    values = results.factor(label, model, frame.y, statistic, rank, coefficients, covariance, names, screen.confidence)
    return values if frame.modifier is None else _as_product(values)


def _as_product(values: Fields) -> Fields:
    """The coefficient of a product is a difference of slopes, or a ratio of ratios: another measure, by its name."""
    return values | {"test": f"{values['test']}_interaction", "effect": f"{values['effect']}_interaction"}


def _with_refit(screen: Screen, frame: Frame, columns: Floats, values: Fields) -> Fields:
    if frame.model is Model.LINEAR or values.get("status", "ok") != "ok":
        return values
    if float(values["ln_p"]) > screen.refit_below:  # type: ignore[arg-type]
        return values
    return values | refit(
        frame.model.value, frame.y, frame.event, frame.given, frame.offset, columns[0], values, screen.confidence
    )


def _exposure(dataset: Dataset, name: str, rows: npt.NDArray[np.int64]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Columns (c, n) of an exposure (indicators of all levels but the first where it is nominal), and known rows."""
    values = dataset[name][rows]
    if dataset.dictionary[name].kind is Kind.NOMINAL:
        codes = values.astype(np.int64)
        levels = np.unique(codes[codes >= 0])
        if len(levels) > 1:
            return (codes == levels[1:, None]).astype(np.float64), codes >= 0
        return np.zeros((1, len(rows))), codes >= 0
    if values.dtype.kind == "f":
        return np.asarray(values, np.float64)[None, :], ~np.isnan(values)
    column = np.asarray(values, np.float64)
    return column[None, :], column >= 0


def _level_names(dataset: Dataset, name: str, count: int) -> list[str]:
    levels = dataset.dictionary[name].levels
    codes = np.asarray(dataset[name])
    present = np.unique(codes[codes >= 0]) if levels else np.zeros(0)
    titles = [levels[int(code)].label or levels[int(code)].code for code in present]
    return titles[1:] if len(titles) == count + 1 else [f"column {k + 1}" for k in range(count)]


def _frame(dataset: Dataset, screen: Screen, outcome: str) -> Frame | str:
    """The frame of an outcome, or why it cannot be screened."""
    variable = dataset.dictionary[outcome]
    model = screen.model or _BY_KIND.get(variable.kind)
    if model is None:
        return f"an outcome of kind {variable.kind} has no regression here"
    designed = bool(screen.cluster or screen.weight or screen.stratum or screen.unit)
    if designed and model in {Model.COX, Model.ORDINAL}:
        return "Cox and ordinal screens under clusters or a survey design are not offered"
    event_name = variable.event if model is Model.COX else ""
    if model is Model.COX and event_name not in dataset.columns:
        return "a Cox screen needs an outcome of kind duration whose event is in the table"
    covariates = tuple(name for name in screen.covariates if name != outcome)
    named = (outcome, event_name, *covariates, screen.modifier, screen.cluster, screen.stratum, screen.unit)
    needed = [name for name in (*named, screen.weight, screen.offset) if name]
    rows = np.flatnonzero(np.logical_and.reduce([dataset.known(name) for name in needed]))
    y = np.asarray(dataset[outcome][rows], np.float64)
    reason = _unfit(model, y)
    if reason:
        return reason
    modifier = None
    if screen.modifier:
        columns, _ = _exposure(dataset, screen.modifier, rows)
        if len(columns) > 1:
            raise BadScreen(detail=f"the modifier '{screen.modifier}' has more than two levels")
        modifier = columns[0]
    offset = np.log(np.asarray(dataset[screen.offset][rows], np.float64)) if screen.offset else np.zeros(len(rows))
    return Frame(
        model=model,
        rows=rows,
        y=y,
        event=np.asarray(dataset[event_name][rows], np.int64) > 0 if event_name else np.zeros(len(rows), np.bool_),
        given=_covariates(dataset, covariates, rows),
        offset=offset,
        modifier=modifier,
        design=robust.Design.build(
            dataset, rows, cluster=screen.cluster, weight=screen.weight, stratum=screen.stratum, unit=screen.unit
        ),
    )


def _unfit(model: Model, y: Floats) -> str:
    if len(y) < 3:
        return "fewer than 3 persons have the outcome and all covariates known"
    if model is Model.LOGISTIC and set(np.unique(y)) != {0.0, 1.0}:
        return "a logistic screen needs both levels of a binary outcome"
    if model is not Model.COX and np.ptp(y) == 0:
        return "the outcome has a single value among the persons used"
    if model is Model.POISSON and (y < 0).any():
        return "a Poisson screen needs counts"
    return ""


def _covariates(dataset: Dataset, names: Sequence[str], rows: npt.NDArray[np.int64]) -> Floats:
    """Covariates (n, k), the constant first: indicators of all levels but the first for categories."""
    columns = [np.ones((1, len(rows)))]
    for name in names:
        values = dataset[name][rows]
        if dataset.dictionary[name].kind.is_categorical:
            codes = values.astype(np.int64)
            columns.append((codes == np.unique(codes)[1:, None]).astype(np.float64))
        else:
            centred = np.asarray(values, np.float64)
            columns.append((centred - centred.mean())[None, :] if len(centred) else centred[None, :])
    return np.ascontiguousarray(np.vstack(columns).T)


def _check(dataset: Dataset, screen: Screen) -> None:
    parts = (screen.modifier, screen.cluster, screen.weight, screen.stratum, screen.unit, screen.offset)
    for name in (*screen.exposures, *screen.outcomes, *screen.covariates, *filter(None, parts)):
        if name not in dataset.columns:
            raise UnknownVariable(name=name, nearest=nearest_name(name, tuple(dataset.columns)))
    both = set(screen.outcomes) & set(screen.covariates)
    if both:
        raise BadScreen(detail=f"'{min(both)}' is both an outcome and a covariate")
    if screen.offset and (np.asarray(dataset[screen.offset]) <= 0).any():
        raise BadScreen(detail=f"the offset '{screen.offset}' is not positive for every person")
    if screen.modifier and (screen.cluster or screen.weight or screen.unit or screen.stratum):
        raise BadScreen(detail="a modifier together with clusters or a survey design is not offered")


def _failed(reason: str, n: int = 0, label: str = "") -> Fields:
    return {"test": results.TESTS.get(label, "none"), "status": "not_computed", "reason": reason, "n": n}
