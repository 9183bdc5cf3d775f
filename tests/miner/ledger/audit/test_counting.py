"""C01 to C10: planted in an honest history, seen as exactly that code."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from miner.ledger import events as ev
from tests.miner.ledger.audit.planting import (
    Story,
    only,
    told,
    with_fields,
    with_rows,
)
from tests.miner.ledger.honest import (
    FAMILY,
    GRAMMAR,
    LEVELS,
    adjusted_rows,
    changed,
    moved,
    row,
    rows,
    steps,
)


def test_c01_tests_without_a_family(place: Path) -> None:
    story = with_fields(steps(), "batch", family_id="F7")
    story = {name: story[name] for name in ("project", "session", "batch")}
    only(told(place, story), "C01")


def test_c01_a_family_without_a_universe(place: Path) -> None:
    story = steps()
    del story["universe"]
    only(told(place, story), "C01")


@pytest.mark.parametrize("late", ["family", "universe"])
def test_c02_declared_after_its_first_test(place: Path, late: str) -> None:
    only(told(place, moved(steps(), late, after="batch")), "C02")


def with_m(m: int) -> Story:
    """Everything said with another m, consistently."""
    story = with_fields(with_fields(steps(), "family", m=m), "adjust", m=m)
    story = with_fields(story, "select", m=m, bound=3 if m < 5 else 2)
    return with_rows(story, "adjust", adjusted_rows(rows(), m))


def test_c03_m_is_not_what_the_universe_gives(place: Path) -> None:
    only(told(place, with_m(6)), "C03")


def test_c03_m_is_smaller_than_the_number_of_tests(place: Path) -> None:
    report = told(place, with_fields(with_m(4), "select", bound=2))
    only(report, "C03")
    assert "5 tests" in report.findings[0].message


def test_c03_the_correction_used_another_m(place: Path) -> None:
    story = with_rows(with_fields(steps(), "adjust", m=7), "adjust", adjusted_rows(rows(), 7))
    only(told(place, story), "C03")


def test_c03_margins_may_reduce_m_when_recorded(place: Path) -> None:
    removed = [{"by": "margin", "removed": 3, "detail": {"least": 5}}]
    story = with_fields(steps(), "universe", grammar=GRAMMAR | {"left": {"a": 8}}, size=8, reductions=removed)
    assert told(place, story).findings == ()


def test_a_contained_family_stands_at_the_m_of_the_one_that_contains_it(place: Path) -> None:
    inner = {"mode": "rule", "left": {"sex": ["sex = female"]}, "right": {"asthma": ["asthma = yes"]}, "max_length": 1}
    test = rows()[2] | {"i": 0}
    story = steps() | {
        "inner universe": (ev.UniverseDeclared(universe_id="U2", grammar=inner, size=1), None),
        "inner family": (changed(FAMILY, family_id="F2", universe_id="U2", parent="F1", spends=False), None),
        "inner batch": (ev.Batch(family_id="F2", universe_id="U2", run_id=None), [test]),
        "inner adjust": (
            changed(steps()["adjust"][0], family_id="F2"),
            adjusted_rows([test], 5),
        ),
    }
    assert told(place, story).findings == ()
    only(told(place.with_name("b"), with_fields(story, "inner family", m=1)), "C03")


def test_c04_one_hypothesis_with_two_results(place: Path) -> None:
    again = row(0, "age < 40", (31, 169, 19, 281))
    story = steps() | {"again": (changed(steps()["batch"][0], role="member"), [again])}
    only(told(place, story), "C04")


def test_c04_one_hypothesis_counted_twice(place: Path) -> None:
    only(told(place, steps() | {"again": (steps()["batch"][0], rows()[:1])}), "C04")


def test_c05_the_universe_is_not_what_its_grammar_gives(place: Path) -> None:
    story = with_fields(steps(), "universe", grammar=GRAMMAR | {"max_length": 2})
    only(told(place, story), "C05")


def test_c05_the_run_does_not_add_up(place: Path) -> None:
    only(told(place, with_fields(steps(), "finished", recorded=4)), "C05")


def test_c06_tests_have_neither_a_row_nor_a_reason(place: Path) -> None:
    story = with_rows(steps(), "batch", rows()[:4])
    story = with_rows(story, "adjust", adjusted_rows(rows()[:4], 5))
    only(told(place, story), "C06")


def test_c06_left_out_without_a_reason(place: Path) -> None:
    story = with_rows(with_rows(steps(), "batch", rows()[:4]), "adjust", adjusted_rows(rows()[:4], 5))
    story = with_fields(story, "finished", recorded=4, uncomputed=[{"reason": "", "count": 1}])
    only(told(place, story), "C06")
    honest = with_fields(story, "finished", recorded=4, uncomputed=[{"reason": "cancelled", "count": 1}])
    assert told(place.with_name("b"), honest).findings == ()


def test_c06_a_run_that_never_ended_was_corrected_for(place: Path) -> None:
    story = steps()
    del story["finished"]
    only(told(place, story), "C06")


def test_c07_failed_tests_left_out_of_m(place: Path) -> None:
    ok = [test for test in rows() if test["status"] == "ok"]
    story = with_rows(with_fields(steps(), "adjust", m=4), "adjust", adjusted_rows(ok, 4))
    only(told(place, story), "C07")


def test_c07_failed_tests_dropped_by_an_undeclared_rule(place: Path) -> None:
    only(told(place, with_fields(steps(), "adjust", na_rule="drop")), "C07")


def test_c08_only_survivors_corrected(place: Path) -> None:
    kept = rows()[:3]
    story = with_rows(with_fields(steps(), "adjust", m=3), "adjust", adjusted_rows(kept, 3))
    only(told(place, story), "C08")


def test_c09_the_method_changed_after_a_view(place: Path) -> None:
    story = with_fields(steps(), "adjust", primary_method="holm")
    assert told(place, story).findings == ()
    only(told(place.with_name("b"), moved(story, "adjust", after="view")), "C09")


def test_c09_the_level_changed_after_a_view(place: Path) -> None:
    levels = LEVELS | {"bh": 0.2}
    block = adjusted_rows(rows(), 5)
    for one in block:
        value = one["ln_adjusted"]["bh"]
        one["rejected"]["bh"] = not math.isnan(value) and value <= math.log(0.2)
    story = with_rows(with_fields(steps(), "adjust", alphas=levels), "adjust", block)
    only(told(place, moved(story, "adjust", after="view")), "C09")


def test_c10_many_results_set_aside(place: Path) -> None:
    only(told(place, steps() | {"void": (ev.Void(seq=10, reason="did not please"), None)}), "C10")


def test_setting_aside_a_view_is_no_matter(place: Path) -> None:
    assert told(place, steps() | {"void": (ev.Void(seq=11, reason="test of the page"), None)}).findings == ()
