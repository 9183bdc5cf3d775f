"""Complete cases, indicator columns, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from causal.design_matrix import analysis_data, design_matrix, from_arrays
from miner.errors import MissingValues, OneLevelExposure, TooFewPersons, UnknownVariable, UnsuitableVariable
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable
from tests.causal.nhefs import COVARIATES, SQUARES, nhefs


def small() -> Dataset:
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    grades = (Level(code="a", label="low"), Level(code="b", label="mid"), Level(code="c", label="high"))
    return Dataset(
        dictionary=Dictionary(
            name="small",
            variables=(
                Variable(name="t", kind=Kind.BINARY, levels=levels),
                Variable(name="grade", kind=Kind.NOMINAL, levels=grades),
                Variable(name="age", kind=Kind.CONTINUOUS),
                Variable(name="y", kind=Kind.CONTINUOUS),
                Variable(name="name", kind=Kind.TEXT),
            ),
        ),
        columns={
            "t": np.array([0, 1, 0, 1, -1, 1, 0, 1, 0, 1], dtype=np.int32),
            "grade": np.array([0, 1, 2, 0, 1, -1, 2, 0, 1, 2], dtype=np.int32),
            "age": np.array([30.0, 40, 50, np.nan, 33, 44, 55, 66, 77, 35]),
            "y": np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        },
        keys=tuple(str(i) for i in range(10)),
    )


def test_indicators_leave_out_the_first_level_and_squares_stand_beside_their_column() -> None:
    matrix = design_matrix(small(), ["grade", "age"], squares=["age"])

    assert matrix.names == ("grade=mid", "grade=high", "age", "age^2")
    assert matrix.rows.tolist() == [0, 1, 2, 4, 6, 7, 8, 9]
    assert matrix.values[1].tolist() == [1.0, 0.0, 40.0, 1600.0]


def test_the_report_counts_each_person_left_out_under_its_variable() -> None:
    report = analysis_data(small(), exposure="t", outcome="y", covariates=["age"]).report

    assert (report.n, report.n_used, report.outside_contrast, dict(report.unknown)) == (10, 8, 1, {"age": 1})
    assert report.share_used == pytest.approx(8 / 9)


def test_a_constant_column_is_named_and_left_out() -> None:
    rows = small()["t"] == 0
    matrix = design_matrix(small(), ["t", "age"], rows=rows)

    assert matrix.names == ("age",)
    assert matrix.report.constant_columns == ("t",)


def test_nhefs_has_the_eighteen_columns_of_the_book() -> None:
    data = analysis_data(nhefs(), exposure="qsmk", outcome="wt82_71", covariates=COVARIATES, squares=SQUARES)

    assert (data.n, data.covariates.shape[1]) == (1566, 18)
    assert data.report.unknown == {"wt82_71": 63}


@pytest.mark.parametrize("name", ["agee", "ages"])
def test_a_misspelt_covariate_is_refused_with_the_nearest_name(name: str) -> None:
    with pytest.raises(UnknownVariable) as caught:
        design_matrix(small(), [name])
    assert caught.value.values["nearest"] == "age"


def test_text_and_unordered_levels_cannot_be_an_exposure() -> None:
    with pytest.raises(UnsuitableVariable, match="grade"):
        analysis_data(small(), exposure="grade", outcome="y", covariates=[])
    with pytest.raises(UnsuitableVariable, match="text"):
        from_arrays([1.0, 2.0, 3.0], ["yes", "no", "yes"])


def test_an_exposure_with_one_level_is_refused() -> None:
    with pytest.raises(OneLevelExposure):
        from_arrays([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 1])


def test_more_columns_than_persons_are_refused() -> None:
    with pytest.raises(TooFewPersons):
        from_arrays([1.0, 2.0, 3.0, 4.0], [0, 1, 0, 1], np.eye(4))


def test_nan_in_plain_arrays_is_refused_with_its_column() -> None:
    with pytest.raises(MissingValues, match="x1"):
        from_arrays([1.0, 2.0, 3.0, 4.0], [0, 1, 0, 1], [[1.0], [np.nan], [2.0], [3.0]])
