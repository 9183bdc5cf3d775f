from __future__ import annotations

import numpy as np
import pytest

from miner.errors import BadHierarchy
from miner.patterns.hierarchy import Hierarchy, roll_up_levels, roll_up_variables
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import declare_items
from miner.patterns.rules import mine_rules
from miner.tables.model import Dataset, Dictionary, Interval, Kind, Level, Variable

ATC = Hierarchy(
    parent={"C09AA02": "C09AA", "C09AA05": "C09AA", "C09CA01": "C09CA", "C09AA": "C09", "C09CA": "C09", "C09": "C"},
    labels={"C09": "RAS agents"},
)


def drugs() -> Dataset:
    rng = np.random.default_rng(2)
    names = ("C09AA02", "C09AA05", "C09CA01", "other", "y")
    variables = tuple(
        Variable(
            name=name,
            kind=Kind.BINARY,
            levels=(Level(code="0", label="no"), Level(code="1", label="yes")),
            measured=Interval(start=-i - 1, end=-i) if name != "y" else None,
        )
        for i, name in enumerate(names)
    )
    columns = {name: rng.integers(-1, 2, 200).astype(np.int32) for name in names}
    return Dataset(
        dictionary=Dictionary(name="d", variables=variables), columns=columns, keys=tuple(str(i) for i in range(200))
    )


def test_each_ancestor_of_two_drugs_becomes_a_variable_that_is_true_for_any_and_false_only_if_all_are() -> None:
    dataset = drugs()

    rolled = roll_up_variables(dataset, ATC)

    assert rolled.added == ("C09AA", "C09", "C")
    states = np.array([dataset[name] for name in ("C09AA02", "C09AA05", "C09CA01")])
    for person, value in enumerate(rolled.dataset["C09"]):
        seen = states[:, person].tolist()
        assert value == (1 if 1 in seen else -1 if -1 in seen else 0)
    ancestor = rolled.dataset.dictionary["C09"]
    assert ancestor.label == "RAS agents"
    assert ancestor.measured == Interval(start=-3, end=0)
    assert {(narrow.variable, wide.variable) for narrow, wide in rolled.determined} == {
        ("C09AA02", "C09AA"),
        ("C09AA05", "C09AA"),
        *((child, above) for child in ("C09AA02", "C09AA05", "C09CA01", "C09AA") for above in ("C09", "C")),
        ("C09", "C"),
    }


def test_no_rule_holds_an_item_and_its_ancestor() -> None:
    rolled = roll_up_variables(drugs(), ATC)
    names = ["C09AA02", "C09AA05", "C09CA01", "other", *rolled.added]
    items = declare_items(rolled.dataset, names, absences=False).items
    outcome = declare_items(rolled.dataset, ["y"], absences=False).items

    pairs = {
        frozenset(items[i].variable for i in rule if i >= 0)
        for block in mine_rules(
            rolled.dataset,
            antecedent_items=items,
            outcome_items=outcome,
            max_length=2,
            determined=rolled.determined,
        )
        for rule in block.antecedents
    }

    assert frozenset({"C09AA02", "C09CA01"}) in pairs
    assert frozenset({"other", "C09"}) in pairs
    assert not any({"C09"} < pair and pair & {"C09AA02", "C09AA", "C"} for pair in pairs)


def test_levels_of_one_variable_are_rolled_up_into_items_of_the_same_variable() -> None:
    icd = Variable(
        name="diagnosis",
        kind=Kind.NOMINAL,
        levels=tuple(Level(code=code, label=code) for code in ("I10", "I11", "J45")),
    )
    hierarchy = Hierarchy(parent={"I10": "I", "I11": "I", "J45": "J"}, labels={"I": "circulatory"})
    dataset = Dataset(
        dictionary=Dictionary(name="d", variables=(icd,)),
        columns={"diagnosis": np.array([0, 1, 2, -1], dtype=np.int32)},
        keys=("1", "2", "3", "4"),
    )

    (item,) = roll_up_levels(icd, hierarchy)

    assert item.text == "diagnosis any of circulatory"
    assert EncodedItems(dataset, [item]).states(0).tolist() == [1, 1, 0, -1]


def test_a_circle_and_an_ancestor_with_the_name_of_a_variable_are_refused() -> None:
    with pytest.raises(BadHierarchy, match="is below"):
        Hierarchy(parent={"a": "b", "b": "a"})
    with pytest.raises(BadHierarchy, match="other"):
        roll_up_variables(drugs(), Hierarchy(parent={"C09AA02": "other", "C09AA05": "other"}))
