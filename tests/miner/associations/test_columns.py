from __future__ import annotations

import numpy as np
import pytest

from miner.associations.columns import NARROW, Scale, nearest_name, prepare_columns, round_to_digits
from miner.errors import UnknownVariable
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable
from tests.miner.associations.tables_of_pairs import mixed_dataset


def test_values_that_agree_to_twelve_digits_become_equal():
    values = np.array([1e-20 * (1 + 1e-13), 1e-20, 123456789.0123456, 0.0, -2.5, 1e300])
    rounded = round_to_digits(values)
    assert rounded[0] == rounded[1]
    assert rounded[2:] == pytest.approx(values[2:], rel=5e-12)


def test_order_and_dense_numbers_sort_each_column_with_unknown_values_last():
    data = mixed_dataset()
    columns = prepare_columns(data, ("pressure", "weight"))
    scores = columns.scores
    for k, name in enumerate(("pressure", "weight")):
        arranged = data[name][scores.order[k]]
        count = scores.n_known[k]
        assert (np.diff(arranged[:count]) >= 0).all()
        assert np.isnan(arranged[count:]).all()
        expected = np.unique(data[name][scores.known[k]], return_inverse=True)[1]
        assert (scores.dense[k][scores.known[k]] == expected).all()


def test_standardised_columns_give_the_values_back():
    data = mixed_dataset()
    values = prepare_columns(data, ("pressure",)).scores.values
    known = data.known("pressure")
    back = values.mean[0] + values.spread[0] * values.values[0]
    assert back[known] == pytest.approx(data["pressure"][known])
    assert (values.values[0][~known] == 0).all()


def test_levels_that_nobody_has_are_left_out():
    levels = tuple(Level(code=str(k), label=f"level {k}") for k in range(4))
    data = Dataset(
        dictionary=Dictionary(name="g", variables=(Variable(name="g", kind=Kind.NOMINAL, levels=levels),)),
        columns={"g": np.array([3, 1, -1, 3], np.int32)},
        keys=tuple("abcd"),
    )
    groups = prepare_columns(data, ("g",)).groups
    assert groups.labels == (("level 1", "level 3"),)
    assert groups.codes[0].tolist() == [1, 0, -1, 1]


def test_a_column_of_many_levels_is_wide():
    levels = tuple(Level(code=str(k), label=str(k)) for k in range(NARROW + 1))
    data = Dataset(
        dictionary=Dictionary(name="g", variables=(Variable(name="g", kind=Kind.NOMINAL, levels=levels),)),
        columns={"g": np.arange(NARROW + 1, dtype=np.int32)},
        keys=tuple(map(str, range(NARROW + 1))),
    )
    assert prepare_columns(data, ("g",)).groups.offset.tolist() == [-1]


def test_a_binary_with_three_codes_is_read_as_groups():
    levels = tuple(Level(code=str(k), label=str(k)) for k in range(3))
    data = Dataset(
        dictionary=Dictionary(name="g", variables=(Variable(name="g", kind=Kind.BINARY, levels=levels),)),
        columns={"g": np.array([0, 1, 2], np.int32)},
        keys=tuple("abc"),
    )
    assert prepare_columns(data, ("g",)).scale.tolist() == [Scale.GROUPS]


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UnknownVariable):
        prepare_columns(mixed_dataset(), ("presure",))
    assert nearest_name("presure", ("age", "pressure")) == "pressure"
