from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import NotAnItemVariable
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item, Operator, declare_items, quantile_cuts
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable
from tests.miner.patterns.tables import categorical


def table(*columns: tuple[Variable, list[float]]) -> Dataset:
    n = len(columns[0][1])
    return Dataset(
        dictionary=Dictionary(name="t", variables=tuple(variable for variable, _ in columns)),
        columns={
            variable.name: np.array(values, dtype=np.int32 if variable.kind.is_categorical else np.float64)
            for variable, values in columns
            if variable.kind is not Kind.TEXT
        },
        keys=tuple(str(i) for i in range(n)),
    )


AGE = Variable(name="age", kind=Kind.CONTINUOUS, cut_points=(40.0, 50.0))
SEX = Variable(
    name="sex",
    kind=Kind.BINARY,
    levels=(Level(code="0", label="male"), Level(code="1", label="female")),
)


def test_cut_points_of_the_dictionary_become_classes_closed_on_the_left() -> None:
    dataset = table((AGE, [39.9, 40.0, 49.9, 50.0, np.nan]))

    grammar = declare_items(dataset, ["age"])

    assert [item.text for item in grammar] == ["age < 40", "age in [40, 50)", "age >= 50"]
    assert not any(item.fitted for item in grammar)
    encoded = EncodedItems(dataset, grammar.items)
    assert [encoded.states(i).tolist() for i in range(3)] == [
        [1, 0, 0, 0, -1],
        [0, 1, 1, 0, -1],
        [0, 0, 0, 1, -1],
    ]


def test_quantile_classes_are_fitted_once_and_mean_the_same_for_another_table() -> None:
    bmi = Variable(name="bmi", kind=Kind.CONTINUOUS)
    discovery = table((bmi, [20.0, 22.0, 24.0, 26.0]))
    sealed = table((bmi, [10.0, 100.0, 22.0]))

    grammar = declare_items(discovery, ["bmi"], bins=2)

    assert [item.text for item in grammar] == ["bmi < 24", "bmi >= 24"]
    assert all(item.fitted for item in grammar)
    assert EncodedItems(sealed, grammar.items).states(1).tolist() == [0, 1, 0]


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=60), st.integers(2, 6))
def test_quantile_limits_are_observed_values_above_the_least_and_no_class_is_empty(
    values: list[int], bins: int
) -> None:
    numbers = np.array(values, dtype=np.float64)

    cuts = quantile_cuts(numbers, bins)

    assert list(cuts) == sorted(set(cuts))
    assert len(cuts) < bins
    assert bool(cuts) == (len(set(values)) > 1)
    assert set(cuts) <= set(numbers) - {numbers.min()}
    assert (np.bincount(np.searchsorted(cuts, numbers, side="right"), minlength=len(cuts) + 1) > 0).all()


def test_levels_thresholds_absences_and_unknown_are_items_when_asked_for() -> None:
    stage = categorical("stage", 3, Kind.ORDINAL)
    dataset = table((stage, [0, 1, 2, -1]), (SEX, [0, 1, 1, 0]))

    levels = declare_items(dataset, ["stage", "sex"])
    thresholds = declare_items(dataset, ["stage", "sex"], thresholds=True, absences=False, missing_as_item=True)

    assert [item.text for item in levels] == [
        "stage = level 0",
        "stage = level 1",
        "stage = level 2",
        "sex = male",
        "sex = female",
    ]
    assert [item.text for item in thresholds] == [
        "stage >= level 1",
        "stage >= level 2",
        "stage is unknown",
        "sex = female",
    ]
    encoded = EncodedItems(dataset, thresholds.items)
    assert encoded.states(0).tolist() == [0, 1, 1, -1]
    assert encoded.states(2).tolist() == [0, 0, 0, 1]


def test_variables_that_give_no_condition_are_set_apart_with_the_reason() -> None:
    empty = Variable(name="empty", kind=Kind.CONTINUOUS)
    dataset = table((AGE, [41.0, 42.0, 43.0]), (SEX, [1, 1, -1]), (empty, [np.nan] * 3))

    grammar = declare_items(dataset, ["age", "sex", "empty"])

    assert {(apart.name, apart.reason) for apart in grammar.set_apart} == {
        ("sex", "constant"),
        ("empty", "all_unknown"),
    }


def test_text_and_follow_up_times_are_refused_by_name() -> None:
    dataset = table(
        (Variable(name="time", kind=Kind.DURATION), [1.0, 2.0]), (Variable(name="note", kind=Kind.TEXT), [])
    )

    for name in ("time", "note"):
        with pytest.raises(NotAnItemVariable, match=name):
            declare_items(dataset, [name])


def test_items_kept_and_excluded_by_text_or_variable_are_listed() -> None:
    dataset = table((AGE, [39.0, 45.0, 60.0]), (SEX, [0, 1, 1]))

    grammar = declare_items(dataset, ["age", "sex"]).keep(include=["age"], exclude=["age >= 50"])

    assert [item.text for item in grammar] == ["age < 40", "age in [40, 50)"]
    assert {apart.reason for apart in grammar.set_apart} == {"not_included", "excluded"}
    assert len(grammar.set_apart) == 3


def test_levels_that_share_a_label_are_told_apart_by_their_code() -> None:
    site = Variable(
        name="site", kind=Kind.NOMINAL, levels=(Level(code="a", label="Paris"), Level(code="b", label="Paris"))
    )

    grammar = declare_items(table((site, [0, 1])), ["site"])

    assert [item.text for item in grammar] == ["site = Paris (a)", "site = Paris (b)"]


def test_an_item_survives_the_way_through_plain_values() -> None:
    for item in (
        Item(variable="age", operator=Operator.INTERVAL, values=(-np.inf, 40.0), label="< 40", fitted=True),
        Item(variable="sex", operator=Operator.EQUAL, values=("1",), label="female"),
        Item(variable="sex", operator=Operator.UNKNOWN),
    ):
        assert Item.from_dict(item.to_dict()) == item


def test_dates_are_written_as_dates() -> None:
    visit = Variable(name="visit", kind=Kind.DATE)

    grammar = declare_items(table((visit, [0.0, 31.0])), ["visit"], bins=2)

    assert [item.text for item in grammar] == ["visit < 1970-02-01", "visit >= 1970-02-01"]
