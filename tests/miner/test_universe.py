from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from miner.ledger.grammar import grammar_of, size_of
from miner.plan import EmptyUniverse, Pairs, Plan, PlanValue, Rules, Run, Screens, TooManyTests
from miner.tables.demo import load_nhefs
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable
from miner.tables.typed import apply_dictionary
from miner.universe import ConstantOutcome, declare, stratify


@pytest.fixture(scope="module")
def nhefs() -> Dataset:
    table, dictionary = load_nhefs()
    return apply_dictionary(table, dictionary)


def binary(name: str, values: list[int]) -> tuple[Variable, np.ndarray]:
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    return Variable(name=name, kind=Kind.BINARY, levels=levels), np.array(values, dtype=np.int32)


def small(*columns: tuple[Variable, np.ndarray]) -> Dataset:
    dictionary = Dictionary(name="small", variables=tuple(variable for variable, _ in columns))
    keys = tuple(str(k) for k in range(len(columns[0][1])))
    return Dataset(dictionary=dictionary, columns={v.name: a for v, a in columns}, keys=keys)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_m_equals_a_count_by_hand_and_by_the_grammar(nhefs: Dataset, length: int) -> None:
    plan = replace(Plan.suggest(nhefs.dictionary), rules=Rules(max_length=length))
    universe = declare(plan, nhefs, "scope")
    per_variable = universe.antecedents.per_variable
    by_hand = 0
    for outcome in universe.outcomes:
        names = [name for name in per_variable if name != outcome.variable]
        for size in range(1, length + 1):
            by_hand += sum(int(np.prod([per_variable[n] for n in chosen])) for chosen in combinations(names, size))
    by_hand += len(plan.exposures) * len(plan.outcomes)
    assert universe.size == by_hand
    assert sum(size_of(grammar_of(part)) for part in universe.parts) == by_hand


def test_a_wider_plan_contains_a_narrower_one_and_not_the_reverse(nhefs: Dataset) -> None:
    plan = Plan.suggest(nhefs.dictionary)
    wide = declare(plan, nhefs, "scope")
    narrow = declare(replace(plan, exposures=plan.exposures[:5], rules=Rules(max_length=1)), nhefs, "scope")
    assert wide.contains(narrow)
    assert not narrow.contains(wide)
    assert not wide.contains(declare(plan, nhefs, "other rows"))


def test_too_many_tests_are_refused_before_anything_runs(nhefs: Dataset) -> None:
    with pytest.raises(TooManyTests):
        declare(replace(Plan.suggest(nhefs.dictionary), run=Run(max_tests=10)), nhefs, "scope")


def test_an_outcome_with_one_level_is_refused() -> None:
    table = small(binary("x", [0, 1] * 20), binary("y", [1] * 40))
    with pytest.raises(ConstantOutcome):
        declare(Plan(name="p", outcomes=("y",), exposures=("x",)), table, "scope")


def test_exposures_that_do_not_vary_leave_nothing_to_test() -> None:
    table = small(binary("x", [1] * 40), binary("y", [0, 1] * 20))
    with pytest.raises(EmptyUniverse):
        declare(Plan(name="p", outcomes=("y",), exposures=("x",), pairs=Pairs(enabled=False)), table, "scope")


def test_strata_cross_the_covariates_and_leave_the_unknown_out() -> None:
    table = small(binary("a", [0, 1, 0, 1, -1]), binary("b", [0, 0, 1, 1, 1]))
    strata = stratify(table, ("a", "b"))
    assert strata is not None
    assert strata.shape == (2, 2)
    assert strata.number.tolist() == [0, 2, 1, 3, -1]


def test_there_are_no_strata_where_nothing_is_known() -> None:
    assert stratify(small(binary("a", [-1, -1])), ("a",)) is None


def test_screens_add_each_exposure_with_each_outcome_to_m(nhefs: Dataset) -> None:
    without = Plan.suggest(nhefs.dictionary)
    with_screens = replace(without, screens=Screens(enabled=True))
    more = declare(with_screens, nhefs, "scope")
    assert more.size - declare(without, nhefs, "scope").size == len(without.exposures) * len(without.outcomes)
    assert more.sizes()["screen"] == size_of(grammar_of(more.parts[-1]))
    assert more.contains(declare(without, nhefs, "scope"))


def test_screens_given_other_covariates_are_other_hypotheses(nhefs: Dataset) -> None:
    plan = replace(Plan.suggest(nhefs.dictionary), screens=Screens(enabled=True), rules=Rules(enabled=False))
    other = replace(plan, adjust_for=("age",))
    assert not declare(plan, nhefs, "scope").contains(declare(other, nhefs, "scope"))


def test_the_modifier_is_neither_exposure_nor_covariate_of_its_screen(nhefs: Dataset) -> None:
    plan = Plan.suggest(nhefs.dictionary)
    plan = replace(plan, exposures=(*plan.exposures, "sex"), screens=Screens(enabled=True, interaction="sex"))
    screen = declare(plan, nhefs, "scope").screen
    assert screen is not None
    assert "sex" not in screen.exposures
    assert screen.covariates == ("age",)


def test_a_modifier_of_several_unordered_levels_is_refused_before_anything_is_declared(nhefs: Dataset) -> None:
    plan = replace(Plan.suggest(nhefs.dictionary), screens=Screens(enabled=True, interaction="marital"))
    with pytest.raises(PlanValue):
        declare(plan, nhefs, "scope")
