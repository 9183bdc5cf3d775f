from __future__ import annotations

import numpy as np

from miner.patterns.items import declare_items
from miner.patterns.structure import find_structure
from miner.tables.model import Dataset, Dictionary, Kind, Variable
from tests.miner.patterns.tables import categorical


def table() -> Dataset:
    rng = np.random.default_rng(3)
    n = 400
    weight = np.round(rng.normal(70, 10, n), 1)
    heavy = (weight >= 80).astype(np.int32)
    asked = np.where(rng.random(n) < 0.3, -1, heavy).astype(np.int32)
    very = ((weight >= 90) & (rng.random(n) < 0.9)).astype(np.int32)
    other = rng.integers(0, 2, n).astype(np.int32)
    variables = (
        Variable(name="weight", kind=Kind.CONTINUOUS, cut_points=(80.0,)),
        categorical("heavy", 2, Kind.BINARY),
        categorical("asked", 2, Kind.BINARY),
        categorical("very", 2, Kind.BINARY),
        categorical("other", 2, Kind.BINARY),
    )
    columns = {"weight": weight, "heavy": heavy, "asked": asked, "very": very, "other": other}
    return Dataset(
        dictionary=Dictionary(name="t", variables=variables), columns=columns, keys=tuple(str(i) for i in range(n))
    )


def test_a_recoded_variable_is_set_apart_under_the_name_of_the_one_that_is_kept() -> None:
    dataset = table()
    grammar = declare_items(dataset, ["asked", "weight", "heavy", "very", "other"])

    structure = find_structure(dataset, grammar.items)
    reduced = structure.without_repeated(grammar)

    assert {(kept.text, again.text) for kept, again in structure.same_extent} == {
        ("weight < 80", "heavy = level 0"),
        ("weight < 80", "asked = level 0"),
        ("weight >= 80", "heavy = level 1"),
        ("weight >= 80", "asked = level 1"),
    }
    assert [item.variable for item in reduced] == ["weight", "weight", "very", "very", "other", "other"]
    assert len(reduced.set_apart) == 4


def test_an_item_that_implies_another_is_listed_with_the_number_of_persons() -> None:
    dataset = table()
    grammar = declare_items(dataset, ["weight", "very", "other"], absences=False)

    structure = find_structure(dataset, grammar.items, minimum_count=1)

    (tie,) = structure.implications
    assert (tie.narrower.text, tie.wider.text) == ("very = level 1", "weight >= 80")
    assert tie.count == dataset["very"].sum()


def test_an_agreement_of_few_persons_is_no_tie() -> None:
    dataset = table().take(np.arange(30))
    grammar = declare_items(dataset, ["weight", "very", "other"])

    assert find_structure(dataset, grammar.items, minimum_count=31).implications == ()
