"""Every code is planted in an otherwise honest history, and the audit sees exactly that code."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from miner.errors import UnknownAuditCode
from miner.ledger import Ledger, parse_checkpoint
from miner.ledger import events as ev
from miner.ledger.audit import CODES, AuditReport, Rerun, audit, explain
from miner.ledger.audit.replay import LEVELS as ONLINE
from miner.ledger.blocks import read_lines
from tests.miner.ledger.honest import (
    FAMILY,
    GRAMMAR,
    LEVELS,
    Step,
    adjusted_rows,
    changed,
    moved,
    opened,
    row,
    rows,
    steps,
    ticking,
    written,
)
from tests.miner.ledger.tampering import edit, raw, rehash, remove, renumber

Story = dict[str, Step]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def told(place: Path, story: Story, **options: Any) -> AuditReport:
    return audit(written(opened(place), story), **options)


def only(report: AuditReport, code: str) -> None:
    assert {finding.code for finding in report.findings} == {code}, report.findings
    assert report.exit_code == {"A": 20, "R": 21, "C": 22, "E": 22, "H": 0}[code[0]]
    assert all(finding.message for finding in report.findings)


def with_fields(story: Story, name: str, **fields: Any) -> Story:
    event, block = story[name]
    return story | {name: (changed(event, **fields), block)}


def with_rows(story: Story, name: str, block: list[dict[str, Any]]) -> Story:
    return story | {name: (story[name][0], block)}


def test_an_honest_history_has_no_findings(place: Path) -> None:
    ledger = written(opened(place), steps())
    report = audit(ledger, checkpoints=[ledger.checkpoint()])
    assert report.findings == ()
    assert report.exit_code == 0
    assert report.anchored
    assert (report.size, report.tests, report.families) == (14, 5, 1)
    assert set(report.checked) == set(CODES) - {"R06", "R07"}


def test_without_a_checkpoint_the_verdict_says_so(place: Path) -> None:
    report = told(place, steps())
    assert not report.anchored
    assert "not anchored" in report.verdict
    assert "A03" not in report.checked


def test_every_code_is_explained() -> None:
    assert len(CODES) == 5 + 7 + 10 + 10 + 3
    for name in CODES:
        assert explain(name.lower()).startswith(name)
    with pytest.raises(UnknownAuditCode):
        explain("Z99")


# --- A ----------------------------------------------------------------------------------------------------------------


def test_a01_an_entry_was_edited(place: Path) -> None:
    written(opened(place), steps()).close()
    edit(place, 3, lambda content: content.update(report={"messages": []}))
    report = audit(opened(place))
    only(report, "A01")
    assert report.findings[0].seqs == (3,)


def test_a02_an_entry_is_missing_though_the_chain_was_hashed_again(place: Path) -> None:
    written(opened(place), steps() | {"note": (ev.Note(about="x"), None), "last": (ev.Note(about="y"), None)}).close()
    with raw(place) as connection:
        remove(connection, 15)
    rehash(place)
    only(audit(opened(place)), "A02")


def test_a02_the_clock_went_back(place: Path) -> None:
    report = audit(written(opened(place, clock=ticking(-3600)), steps()))
    only(report, "A02")
    assert "60.0 minutes" in report.findings[0].message


def test_a02_tolerates_a_minute(place: Path) -> None:
    assert audit(written(opened(place, clock=ticking(-59)), steps())).findings == ()


def test_a03_the_tail_was_cut(place: Path) -> None:
    ledger = written(opened(place), steps())
    kept = parse_checkpoint(ledger.checkpoint().text())
    ledger.close()
    with raw(place) as connection:
        remove(connection, 14)
    report = audit(opened(place), checkpoints=[kept])
    only(report, "A03")
    assert "cut off" in report.findings[0].message
    assert not report.anchored


def test_a03_everything_was_rewritten(place: Path) -> None:
    ledger = written(opened(place), steps())
    kept = ledger.checkpoint()
    ledger.close()
    edit(place, 1, lambda content: content.update(purpose="another"))
    rehash(place)
    assert audit(opened(place)).findings == ()
    only(audit(opened(place), checkpoints=[kept]), "A03")


def test_a03_a_checkpoint_of_an_earlier_moment_still_holds(place: Path) -> None:
    ledger = written(opened(place), steps())
    kept = ledger.checkpoint()
    ledger.append("note", {"about": "later"})
    assert audit(ledger, checkpoints=[kept]).anchored


def test_a03_the_checkpoint_is_of_another_ledger(place: Path) -> None:
    ledger = written(opened(place), steps())
    only(audit(ledger, checkpoints=[replace(ledger.checkpoint(), origin="fortuit/other")]), "A03")


def test_a04_a_block_was_changed(place: Path) -> None:
    ledger = written(opened(place), steps())
    ledger.close()
    other = written(
        opened(place.with_name("other")), with_rows(steps(), "batch", [r | {"n_unknown": 3} for r in rows()])
    )
    data = other.block(8)
    with raw(place) as connection:
        connection.execute("UPDATE fortuit_block SET data = ? WHERE seq = 8", (data,))
    only(audit(opened(place)), "A04")


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a04_a_block_was_destroyed(place: Path, damage: bytes | None) -> None:
    written(opened(place), steps()).close()
    with raw(place) as connection:
        if damage is None:
            connection.execute("DELETE FROM fortuit_block WHERE seq = 8")
        else:
            connection.execute("UPDATE fortuit_block SET data = ? WHERE seq = 8", (damage,))
    only(audit(opened(place)), "A04")


def test_a05_another_spelling(place: Path) -> None:
    written(opened(place), steps()).close()
    with raw(place) as connection:
        connection.execute("UPDATE fortuit_entry SET content = replace(content, ':', ': ') WHERE seq = 3")
    only(audit(opened(place)), "A05")


def test_a05_text_that_is_not_json_ends_the_audit_there(place: Path) -> None:
    written(opened(place), steps()).close()
    with raw(place) as connection:
        connection.execute("UPDATE fortuit_entry SET content = '{' WHERE seq = 3")
    report = audit(opened(place))
    only(report, "A05")
    assert any("cannot be read" in line for line in report.not_checked)


@pytest.mark.parametrize("seq", range(1, 15))
def test_no_byte_of_an_entry_can_change_unseen(place: Path, seq: int) -> None:
    written(opened(place), steps()).close()
    for column in ("header", "content", "hash", "prev"):
        with raw(place) as connection:
            query = f"SELECT {column} FROM fortuit_entry WHERE seq = ?"  # noqa: S608
            (text,) = connection.execute(query, (seq,)).fetchone()
            middle = len(text) // 2
            other = text[:middle] + ("0" if text[middle] != "0" else "1") + text[middle + 1 :]
            connection.execute(f"UPDATE fortuit_entry SET {column} = ? WHERE seq = ?", (other, seq))  # noqa: S608
        report = audit(opened(place))
        assert report.exit_code == 20
        assert min(min(finding.seqs) for finding in report.findings) in (seq, seq + 1)
        with raw(place) as connection:
            connection.execute(f"UPDATE fortuit_entry SET {column} = ? WHERE seq = ?", (text, seq))  # noqa: S608
    assert audit(opened(place)).findings == ()


@pytest.mark.parametrize("seq", range(1, 14))
def test_swapped_deleted_and_inserted_entries_are_seen(place: Path, seq: int) -> None:
    written(opened(place), steps()).close()
    with raw(place) as connection:
        renumber(connection, seq, 99)
        renumber(connection, seq + 1, seq)
        renumber(connection, 99, seq + 1)
    swapped = audit(opened(place))
    assert swapped.exit_code == 20
    assert min(swapped.findings[0].seqs) == seq
    with raw(place) as connection:
        remove(connection, seq)
    assert audit(opened(place)).exit_code == 20


# --- R ----------------------------------------------------------------------------------------------------------------


def edited_row(story: Story, number: int, **fields: Any) -> Story:
    """The story with one test changed and the correction computed from the changed tests."""
    tests = [test | fields if test["i"] == number else test for test in rows()]
    return with_rows(with_rows(story, "batch", tests), "adjust", adjusted_rows(tests, 5))


def test_r01_a_p_value_does_not_follow(place: Path) -> None:
    only(told(place, edited_row(steps(), 1, ln_p=-0.5)), "R01")


def test_r02_an_estimate_does_not_follow(place: Path) -> None:
    only(told(place, edited_row(steps(), 0, estimate=2.0)), "R02")


def test_r02_an_estimate_outside_its_interval(place: Path) -> None:
    only(told(place, edited_row(steps(), 0, low=2.0, high=9.0)), "R02")


def test_r02_a_limit_that_is_not_of_the_score_interval(place: Path) -> None:
    honest = rows()[0]
    only(told(place, edited_row(steps(), 0, high=honest["high"] * 1.01)), "R02")


def test_r03_an_adjusted_p_does_not_follow(place: Path) -> None:
    block = adjusted_rows(rows(), 5)
    block[0]["ln_adjusted"]["by"] -= 0.1
    only(told(place, with_rows(steps(), "adjust", block)), "R03")


def test_r03_a_decision_does_not_follow(place: Path) -> None:
    block = adjusted_rows(rows(), 5)
    block[1]["rejected"]["holm"] = not block[1]["rejected"]["holm"]
    only(told(place, with_rows(steps(), "adjust", block)), "R03")


def interactive(
    ln_ps: list[float], *, x: list[list[str]] | None = None, side: str = "two-sided", **fields: Any
) -> Story:
    """An online family of single looks with the verdicts of the record."""
    story: Story = {
        "online universe": (ev.UniverseDeclared(universe_id="U9", grammar={"mode": "list", "size": 0}, size=0), None),
        "online family": (
            ev.FamilyDeclared(
                family_id="F9", universe_id="U9", m=0, primary_method="alpha_spending",
                methods=["alpha_spending", "lond", "lord++"], alpha=0.05, online=True,
            ),
            None,
        ),
    }  # fmt: skip
    rejected: dict[str, list[int]] = {procedure: [] for procedure in ONLINE}
    for t, ln_p in enumerate(ln_ps):
        names = x[t] if x else [f"v{t} = yes"]
        test = row(t, names[0], None, y="death = yes", status="ok", reason="", ln_p=ln_p, test="look")
        test |= {"x": names, "id": hashlib.sha256(f"{names}".encode()).hexdigest()}
        verdicts = {}
        for procedure, level_of in ONLINE.items():
            level = level_of(t, rejected[procedure], 0.05)
            hit = ln_p <= math.log(level)
            verdicts[procedure] = {"alpha": level, "rejected": hit}
            if hit:
                rejected[procedure].append(t)
        story[f"declare {t}"] = (
            ev.Declared(family_id="F9", hypothesis=test["id"], text=" and ".join(names), test="look", side=side),
            None,
        )
        story[f"look {t}"] = (
            ev.Tested(family_id="F9", declared_seq=len(steps()) + 4 + 2 * t - 1, row=test, verdicts=verdicts, **fields),
            None,
        )
    return story


LN_PS = [-9.0, -2.0, -7.5, -1.0, -6.0]


def test_an_honest_interactive_family_has_no_findings(place: Path) -> None:
    assert told(place, steps() | interactive(LN_PS)).findings == ()


@pytest.mark.parametrize("procedure", list(ONLINE))
def test_r04_a_verdict_does_not_follow(place: Path, procedure: str) -> None:
    story = steps() | interactive(LN_PS)
    verdicts: Mapping[str, Any] = story["look 3"][0].verdicts  # type: ignore[attr-defined]
    turned = verdicts | {procedure: verdicts[procedure] | {"rejected": True}}
    only(told(place, with_fields(story, "look 3", verdicts=turned)), "R04")


def test_r05_a_bound_does_not_follow(place: Path) -> None:
    only(told(place, with_fields(steps(), "select", bound=3)), "R05")


def rerun_of(ledger: Ledger, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Rerun:
    return Rerun(fingerprints=frozenset({"1" * 64}), again=lambda entry, some: [change(dict(one)) for one in some])


def test_r06_the_data_give_another_result(place: Path) -> None:
    ledger = written(opened(place), steps())
    assert audit(ledger, data=rerun_of(ledger, lambda one: one)).findings == ()
    only(audit(ledger, data=rerun_of(ledger, lambda one: one | {"counts": [1, 2, 3, 4]})), "R06")


def test_r06_these_are_other_data(place: Path) -> None:
    ledger = written(opened(place), steps())
    only(audit(ledger, data=Rerun(fingerprints=frozenset({"9" * 64}), again=lambda entry, some: list(some))), "R06")


def test_r06_a_sample_is_drawn_by_seed(place: Path) -> None:
    ledger = written(opened(place), steps())
    drawn: list[int] = []

    def again(entry: Any, some: Any) -> Any:
        drawn.extend(one["i"] for one in some)
        return some

    data = Rerun(fingerprints=frozenset({"1" * 64}), again=again, sample=2, seed=4)
    audit(ledger, data=data)
    first = list(drawn)
    drawn.clear()
    audit(ledger, data=data)
    assert (len(first), drawn) == (2, first)


def test_r07_a_seed_does_not_reproduce(place: Path) -> None:
    tests = rows()
    summary = {"exactness": "permutation", "exceedances": 99, "permutations": 999, "seed": [1, 2]}
    tests[1] |= {"test": "chi_square_permutation", "ln_p": math.log(0.1), "summary": summary, "effects": {}}
    tests[1] |= {"effect": "cramer_v", "estimate": 0.1, "low": 0.0, "high": 0.3}
    story = with_rows(with_rows(steps(), "batch", tests), "adjust", adjusted_rows(tests, 5))
    ledger = written(opened(place), story)
    assert audit(ledger).findings == ()

    def other(one: dict[str, Any]) -> dict[str, Any]:
        return one | {"ln_p": math.log(0.2)} if one["i"] == 1 else one

    only(audit(ledger, data=rerun_of(ledger, other)), "R07")


# --- C ----------------------------------------------------------------------------------------------------------------


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


# --- H ----------------------------------------------------------------------------------------------------------------


def second_family(grammar: Mapping[str, Any], tests: list[dict[str, Any]], *, dataset: str = "D1") -> Story:
    """Another family with its run, honest in itself."""
    m = len(tests)
    base = steps()
    return {
        "universe 2": (ev.UniverseDeclared(universe_id="U2", grammar=grammar, size=m), None),
        "family 2": (changed(FAMILY, family_id="F2", universe_id="U2", m=m, run_number=2), None),
        "started 2": (changed(base["started"][0], run_id="R2", family_id="F2", dataset_id=dataset), None),
        "batch 2": (changed(base["batch"][0], family_id="F2", universe_id="U2", run_id="R2"), tests),
        "adjust 2": (changed(base["adjust"][0], family_id="F2", m=m), adjusted_rows(tests, m)),
        "finished 2": (changed(base["finished"][0], run_id="R2", family_id="F2", recorded=m), None),
    }


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


def test_h10_an_export_without_denominators(place: Path) -> None:
    only(told(place, with_fields(steps(), "export", families=[])), "H10")


# --- E ----------------------------------------------------------------------------------------------------------------


def test_e01_a_part_of_a_family_without_its_m(place: Path) -> None:
    part = [{"family_id": "F1", "m": None, "members": 5, "listed": 2}]
    only(told(place, with_fields(steps(), "export", families=part)), "E01")
    whole = [{"family_id": "F1", "m": 5, "members": 5, "listed": 2}]
    assert told(place.with_name("b"), with_fields(steps(), "export", families=whole)).findings == ()


@pytest.mark.parametrize("text", ["Smoking causes asthma", "Le tabac augmente le risque", "Age is a risk factor"])
def test_e02_causal_words(place: Path, text: str) -> None:
    only(told(place, with_fields(steps(), "export", texts=[text])), "E02")
    only(told(place.with_name("b"), with_fields(steps(), "hypothesis", statement=text)), "E02")


def test_e02_the_label_is_missing(place: Path) -> None:
    only(told(place, with_fields(steps(), "export", label="Results")), "E02")
    only(told(place.with_name("b"), with_fields(steps(), "hypothesis", label="")), "E02")


def test_e03_versions_are_not_known(place: Path) -> None:
    story = steps()
    del story["session"]
    only(told(place, story), "E03")
    unknown = with_fields(steps(), "session", packages={"numpy": "2.3", "scipy": "unknown"})
    only(told(place.with_name("b"), unknown), "E03")


def test_the_worst_letter_decides_the_exit_code(place: Path) -> None:
    story = with_fields(edited_row(steps(), 1, ln_p=-0.5), "export", label="")
    assert told(place, story).exit_code == 21
    edit(place, 3, lambda content: content.update(rows=1))
    assert audit(opened(place)).exit_code == 20


def test_blocks_are_read_as_they_were_written(place: Path) -> None:
    ledger = written(opened(place), steps())
    assert ledger.lines(8) == read_lines(ledger.block(8) or b"")
