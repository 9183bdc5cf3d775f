"""H01 to H09: planted in an honest history, seen as exactly that code."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from miner.ledger import events as ev
from tests.miner.ledger.audit.planting import (
    Story,
    interactive,
    only,
    second_family,
    told,
    with_fields,
)
from tests.miner.ledger.honest import (
    GRAMMAR,
    changed,
    moved,
    row,
    rows,
    steps,
)


def test_h01_one_variable_cut_in_two_ways(place: Path) -> None:
    grammar = GRAMMAR | {"left": {"age": ["age < 50", "age >= 50"]}}
    tests = [row(0, "age < 50", (25, 225, 25, 225)), row(1, "age >= 50", (25, 225, 25, 225))]
    only(told(place, steps() | second_family(grammar, tests)), "H01")


def sister_test() -> dict[str, Any]:
    """Another test of the same hypothesis, with a larger p."""
    counts = [40, 160, 10, 290]
    test = row(0, "sex = female", None, status="ok", reason="", test="chi_square", counts=counts, n=500)
    from scipy.stats import chi2_contingency

    p = chi2_contingency(np.array(counts).reshape(2, 2), correction=False).pvalue
    return test | {"id": "e" * 64, "ln_p": math.log(p)}


def test_h02_only_the_smaller_p_exported(place: Path) -> None:
    grammar = {"mode": "pair", "left": {"sex": 1}, "right": {"asthma": 1}}
    tests = rows()
    sister = sister_test()
    small, large = sorted((tests[2], sister), key=lambda test: test["ln_p"])
    story = steps() | second_family(grammar, [sister])
    export = story.pop("export")
    families = [{"family_id": "F1", "m": 5, "members": 5, "listed": 1}]
    story |= {"export": (changed(export[0], families=families, hypotheses=[small["id"]]), None)}
    only(told(place, story), "H02")
    both = with_fields(story, "export", hypotheses=[small["id"], large["id"]])
    assert told(place.with_name("b"), both).findings == ()


def test_h03_conditions_added_until_it_came_out(place: Path) -> None:
    chain = [["a = yes"], ["a = yes", "b = yes"], ["a = yes", "b = yes", "c = yes"]]
    only(told(place, steps() | interactive([-1.0, -2.0, -8.0], x=chain)), "H03")


def test_h04_rows_excluded_after_the_outcome_was_seen(place: Path) -> None:
    exclusion = ev.Preprocess(preprocess_id="P1", operation="exclude", variable="age", detail={"above": 90})
    grammar = GRAMMAR | {"left": {"sex": ["sex = female"]}}
    story = (
        steps() | {"exclude": (exclusion, None)} | second_family(grammar, [row(0, "sex = female", (38, 160, 10, 290))])
    )
    only(told(place, story), "H04")
    before = moved(story, "exclude", after="dataset")
    assert told(place.with_name("b"), before).findings == ()


def test_h05_the_data_grew_and_were_tested_again(place: Path) -> None:
    longer = changed(steps()["dataset"][0], dataset_id="D2", rows=1500, content_sha256="a" * 64)
    grammar = GRAMMAR | {"left": {"sex": ["sex = female"]}}
    again = second_family(grammar, [row(0, "sex = female", (50, 200, 15, 400))], dataset="D2")
    only(told(place, steps() | {"longer": (longer, None)} | again), "H05")


FREEZE = ev.Freeze(list_id="L1", dataset_id="D1", members=[{"id": "x", "direction": "greater"}], list_sha256="b" * 64)


UNLOCK = ev.Unlock(list_id="L1", list_sha256="b" * 64, dataset_id="D1", number=1, alpha=0.025, reused=False)


def test_an_honest_opening_of_the_sealed_part_has_no_findings(place: Path) -> None:
    assert told(place, steps() | {"freeze": (FREEZE, None), "unlock": (UNLOCK, None)}).findings == ()


@pytest.mark.parametrize(
    "plant",
    [
        {"unlock": (UNLOCK, None)},
        {"unlock": (UNLOCK, None), "freeze": (FREEZE, None)},
        {"freeze": (FREEZE, None), "unlock": (changed(UNLOCK, list_sha256="c" * 64), None)},
        {"freeze": (FREEZE, None), "unlock": (UNLOCK, None), "again": (changed(UNLOCK, number=2), None)},
        {
            "freeze": (FREEZE, None),
            "unlock": (UNLOCK, None),
            "freeze 2": (changed(FREEZE, list_id="L2"), None),
            "unlock 2": (changed(UNLOCK, list_id="L2", number=2), None),
        },
    ],
)
def test_h06_the_sealed_part_opened_out_of_order(place: Path, plant: Story) -> None:
    only(told(place, steps() | plant), "H06")


def test_h06_persons_in_both_parts(place: Path) -> None:
    only(told(place, with_fields(steps(), "split", shared_units=3)), "H06")


def test_h06_tests_on_the_sealed_part_before_it_was_opened(place: Path) -> None:
    only(told(place, with_fields(steps(), "started", part="confirmation")), "H06")


def bunched(just_below: int, before: int) -> list[dict[str, Any]]:
    values = [0.0475] * just_below + [0.0425] * before
    return [
        row(i, f"g{i} = yes", None, status="ok", reason="", test="other", ln_p=math.log(p))
        for i, p in enumerate(values)
    ]


def test_h07_p_values_bunch_below_the_level(place: Path) -> None:
    grammar = {"mode": "list", "size": 60}
    only(told(place, steps() | second_family(grammar, bunched(48, 12))), "H07")
    assert told(place.with_name("b"), steps() | second_family(grammar, bunched(32, 28))).findings == ()


def test_h08_looks_in_the_order_of_a_displayed_list(place: Path) -> None:
    values = [-9.0, -7.0, -5.0, -4.0, -3.0]
    grammar = {"mode": "list", "size": 5}
    tests = [
        row(i, f"v{i} = yes", None, y="death = yes", status="ok", reason="", test="other", ln_p=ln_p)
        for i, ln_p in enumerate(values)
    ]
    view = (ev.View(family_id="F2", shown=5), None)
    looks = interactive([-3.0, -2.5, -2.0, -1.5, -1.0])
    for t in range(5):
        event = looks[f"look {t}"][0]
        looks[f"look {t}"] = (changed(event, declared_seq=event.declared_seq + 7), None)  # type: ignore[attr-defined]
    only(told(place, steps() | second_family(grammar, tests) | {"view 2": view} | looks), "H08")


def test_h08_a_look_at_what_was_displayed(place: Path) -> None:
    only(told(place, steps() | interactive([-9.0], seen_before=True)), "H08")


def test_h09_a_side_declared_after_the_estimate_was_displayed(place: Path) -> None:
    looks = interactive([-9.0], x=[["sex = female"]], side="greater")
    test = dict(looks["look 0"][0].row) | {"y": "asthma = yes"}  # type: ignore[attr-defined]
    only(told(place, steps() | with_fields(looks, "look 0", row=test)), "H09")
