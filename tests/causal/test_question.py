"""Every item has a part, every question a comparator, and time runs forward."""

from __future__ import annotations

import numpy as np
import pytest

from causal.question import CausalQuestion, Comparator, Condition, Part, genetic, manipulable, suggested_parts
from miner.errors import (
    AfterExposure,
    AfterOutcome,
    QuestionIncomplete,
    UnassignedItem,
    UnknownVariable,
    UnsuitableVariable,
)
from miner.patterns.items import declare_items
from miner.tables.model import Dataset, Dictionary, Interval, Kind, Level, Variable
from tests.causal.nhefs import nhefs

FINDING = {"id": "f", "x": ["qsmk = quit", "age in [40, 60)"], "y": "death"}
GIVEN = {"qsmk = quit": Part.EXPOSURE, "age in [40, 60)": Part.ELIGIBILITY, "death": Part.OUTCOME}


def ask(parts: dict[str, Part | None], **options: object) -> CausalQuestion:
    return CausalQuestion.from_finding(FINDING, parts, **{"comparator": Comparator.OTHERS, **options})  # type: ignore[arg-type]


def test_nothing_is_asked_while_an_item_has_no_part() -> None:
    with pytest.raises(UnassignedItem, match="age"):
        ask({**GIVEN, "age in [40, 60)": None})
    with pytest.raises(UnassignedItem, match="death"):
        ask({k: v for k, v in GIVEN.items() if k != "death"})


@pytest.mark.parametrize(
    ("parts", "options", "word"),
    [
        ({**GIVEN, "qsmk = quit": Part.COVARIATE}, {}, "exposure"),
        ({**GIVEN, "age in [40, 60)": Part.EXPOSURE}, {}, "joint"),
        ({**GIVEN, "age in [40, 60)": Part.OUTCOME}, {}, "outcomes"),
        (GIVEN, {"comparator": None}, "comparator"),
    ],
)
def test_an_incomplete_question_says_what_is_missing(parts: dict, options: dict, word: str) -> None:
    with pytest.raises(QuestionIncomplete, match=word):
        ask(parts, **options)


def test_a_complete_question_selects_persons_and_arms() -> None:
    table = nhefs()
    data = ask(GIVEN).analysis(table, ["sex"])
    eligible = (table["age"] >= 40) & (table["age"] < 60)

    assert data.n == eligible.sum()
    assert data.exposure.sum() == table["qsmk"][eligible].sum()


def test_a_joint_exposure_has_two_comparators_to_choose_from() -> None:
    parts = {**GIVEN, "age in [40, 60)": Part.EXPOSURE}
    table = nhefs()
    both = (table["qsmk"] == 1) & (table["age"] >= 40) & (table["age"] < 60)
    neither = (table["qsmk"] == 0) & ~((table["age"] >= 40) & (table["age"] < 60))

    others = ask(parts, joint=True).exposure_values(table)
    none_of = ask(parts, joint=True, comparator=Comparator.NONE_OF).exposure_values(table)
    written = ask(parts, joint=True, comparator=["age < 30"]).exposure_values(table)

    assert (others == 1).sum() == (none_of == 1).sum() == both.sum()
    assert (others == 0).sum() == table.n - both.sum()
    assert (none_of == 0).sum() == neither.sum()
    assert (written == 0).sum() == (table["age"] < 30).sum()


def test_every_item_the_miner_writes_is_read_back_with_the_same_persons() -> None:
    table = nhefs()
    grammar = declare_items(table, ["qsmk", "age", "education", "wt71", "alcoholfreq"], bins=4, missing_as_item=False)
    for item in grammar:
        held = Condition.parse(item.text).holds(table)
        values = table[item.variable]
        if item.operator.value == "in":
            low, high = item.limits
            expected = (values >= low) & (values < high)
        else:
            codes = [level.code for level in table.dictionary[item.variable].levels]
            expected = values == codes.index(str(item.values[0]))
        known = table.known(item.variable)
        # Printed limits have twelve digits: at most the persons on a limit could differ, and none does.
        assert np.array_equal(held[known] == 1, expected[known]), item.text
        assert np.isnan(held[~known]).all()


@pytest.mark.parametrize("text", ["sex = martian", "sex", "age in [a, b)", "age"])
def test_a_condition_that_says_nothing_is_refused(text: str) -> None:
    table = nhefs()
    if text == "sex":
        assert set(Condition.parse(text).holds(table)) == {0.0, 1.0}
        return
    with pytest.raises(UnsuitableVariable):
        Condition.parse(text).holds(table)


def test_a_misspelt_variable_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownVariable, match="agee"):
        Condition.parse("agee >= 3").holds(nhefs())


def small(**spans: tuple[float, float]) -> Dataset:
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    variables = tuple(
        Variable(name=name, kind=Kind.BINARY, levels=levels, measured=Interval(start=a, end=b))
        for name, (a, b) in spans.items()
    )
    columns = {name: np.tile(np.array([0, 1], dtype=np.int32), 20) for name in spans}
    return Dataset(
        dictionary=Dictionary(name="s", variables=variables), columns=columns, keys=tuple(map(str, range(40)))
    )


def test_a_covariate_after_the_exposure_and_an_exposure_after_the_outcome_are_refused() -> None:
    finding = {"id": "f", "x": ["t = yes"], "y": "y"}
    parts = {"t = yes": Part.EXPOSURE, "y": Part.OUTCOME, "c": Part.COVARIATE}
    asked = CausalQuestion.from_finding(finding, parts, comparator=Comparator.OTHERS)

    with pytest.raises(AfterExposure):
        asked.analysis(small(t=(0, 1), c=(2, 3), y=(4, 4)))
    with pytest.raises(AfterOutcome):
        asked.analysis(small(t=(5, 6), c=(0, 0), y=(4, 4)))
    flags = asked.time_flags(small(t=(0, 4), c=(0, 0), y=(3, 5)).dictionary)
    assert [flag.guardrail for flag in flags] == ["G13"]


def test_a_contrast_of_two_values_rescales_a_number() -> None:
    finding = {"id": "f", "x": ["smokeintensity"], "y": "wt82_71"}
    parts = {"smokeintensity": Part.EXPOSURE, "wt82_71": Part.OUTCOME}
    asked = CausalQuestion.from_finding(finding, parts, comparator=None, levels=(20.0, 10.0))
    values = asked.exposure_values(nhefs())

    assert values[nhefs()["smokeintensity"] == 20][0] == 1.0
    assert values[nhefs()["smokeintensity"] == 10][0] == 0.0
    with pytest.raises(QuestionIncomplete):
        CausalQuestion.from_finding(finding, parts, comparator=None, levels=(1.0, 1.0)).exposure_values(nhefs())


def test_what_nobody_can_set_is_proposed_as_a_modifier_and_the_rest_waits() -> None:
    parts = suggested_parts(FINDING, nhefs().dictionary)

    assert parts == {"qsmk = quit": None, "age in [40, 60)": Part.MODIFIER, "death": Part.OUTCOME}
    assert not manipulable(nhefs().dictionary, "sex")


def test_a_mutation_is_told_from_other_things_that_nobody_can_set() -> None:
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    d = Dictionary(name="g", variables=(Variable(name="npm1", label="NPM1 mutation", kind=Kind.BINARY, levels=levels),))
    assert genetic(d, "npm1")
    assert not manipulable(d, "npm1")
