from __future__ import annotations

import math
import random

import pytest

from miner.project import Project
from miner.single import direction, on_one_side, pair_row, rule_row

APART = {"i", "improvement", "repeats", "effects", "summary", "adjusted"}


def test_one_by_one_gives_what_the_run_gave(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings()
    plan = copy_of_demo.plan_of(found.family.run)
    universe = copy_of_demo.universe(plan)
    items = {item.text: item for item in (*universe.antecedents, *universe.outcomes)}
    rows = random.Random(1).sample([row for row in found.rows if row["mode"] == "rule"], 60)
    rows += [row for row in found.rows if row["mode"] == "pair"]
    for row in rows:
        if row["mode"] == "rule":
            again = rule_row(
                copy_of_demo.discovery, [items[x] for x in row["x"]], items[row["y"]], adjust_for=plan.adjust_for
            )
        else:
            again = pair_row(
                copy_of_demo.discovery, row["x"][0], row["y"], seed=plan.run.seed, adjust_for=plan.adjust_for
            )
        for name in set(row) - APART:
            assert again[name] == (pytest.approx(row[name], rel=1e-9) if isinstance(row[name], float) else row[name])
        told = row["adjusted"]
        assert (told is None) == (again["adjusted"] is None)
        for name, value in (told or {}).items():
            expected = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            assert again["adjusted"][name] == expected  # type: ignore[index]


def test_the_side_is_that_of_the_estimate_and_groups_have_none() -> None:
    assert direction({"test": "fisher_greater", "counts": [9, 1, 5, 5]}) == "greater"
    assert direction({"test": "spearman", "estimate": -0.2}) == "less"
    assert direction({"test": "kruskal", "estimate": 0.2}) == "two-sided"


def test_the_other_side_gets_the_complement() -> None:
    row = {"test": "spearman", "estimate": -0.2, "ln_p": math.log(0.02)}
    assert math.exp(on_one_side(row, "less")[1]) == pytest.approx(0.01)
    assert math.exp(on_one_side(row, "greater")[1]) == pytest.approx(0.99)
    assert on_one_side(row, "less")[0] == "spearman_less"
