"""The data model: intervals, dictionaries and data sets keep their promises."""

from __future__ import annotations

import numpy as np
import pytest

from miner.tables.model import Dataset, Dictionary, Interval, Kind, Level, Variable


def dataset(values: list[float]) -> Dataset:
    sex = Variable(name="sex", kind=Kind.BINARY, levels=(Level(code="0", label="no"), Level(code="1", label="yes")))
    return Dataset(
        dictionary=Dictionary(name="t", variables=(Variable(name="w", kind=Kind.CONTINUOUS), sex)),
        columns={"w": np.array(values), "sex": np.array([0, 1, -1], dtype=np.int32)},
        keys=("a", "b", "c"),
    )


def test_an_interval_is_in_order_and_knows_before_and_overlap():
    with pytest.raises(ValueError, match="ends at or after"):
        Interval(start=1, end=0)
    assert Interval(start=-1, end=0).ends_before(Interval(start=0, end=1))
    assert not Interval(start=0, end=0).overlaps(Interval(start=0, end=1))
    assert Interval(start=0, end=2).overlaps(Interval(start=1, end=3))


def test_names_are_unique_and_looked_up():
    variable = Variable(name="w", kind=Kind.COUNT)
    with pytest.raises(ValueError, match="same name"):
        Dictionary(name="t", variables=(variable, variable))
    dictionary = Dictionary(name="t", variables=(variable,))
    assert "w" in dictionary
    assert dictionary["w"].title == "w"
    with pytest.raises(KeyError):
        dictionary["x"]


def test_the_content_hash_follows_every_value_and_ignores_how_a_nan_came_about():
    first, same, other = dataset([1.0, np.nan, 0.0]), dataset([1.0, -np.nan, -0.0]), dataset([1.0, np.nan, 0.5])

    assert first.content_hash == same.content_hash
    assert first.content_hash != other.content_hash


def test_known_and_frame_agree():
    data = dataset([1.0, np.nan, 0.0])

    assert data.known("w").tolist() == [True, False, True]
    assert data.known("sex").tolist() == [True, True, False]
    assert data.frame()["sex"].isna().tolist() == [False, False, True]
    assert data.take(np.array([True, False, True])).keys == ("a", "c")


def test_columns_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        dataset([1.0, 2.0, 3.0])["w"][0] = 9.0
