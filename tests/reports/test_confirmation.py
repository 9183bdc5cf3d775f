from __future__ import annotations

from miner.looks import look, looks
from miner.privacy.profiles import Setting, profile
from miner.project import Project
from miner.sealed import confirm_list, freeze, warnings
from reports.confirmation import MEMBERS, RESULTS, look_rows, member_rows, result_rows

OPEN = profile(Setting.PUBLIC)
STRICT = profile(Setting.PROTECTED, threshold=10_000)


def test_members_say_test_side_and_chance_to_pass(copy_of_demo: Project) -> None:
    frozen = freeze(copy_of_demo, ["H-0001"], person="Ada")
    (row,) = member_rows(copy_of_demo, frozen, warnings(copy_of_demo, frozen), OPEN, "en")
    assert set(MEMBERS) <= set(row)
    assert row["test"] == "welch_greater"
    assert 0 < row["power_half"] < row["power"] <= 1


def test_results_carry_verdict_label_and_both_p(copy_of_demo: Project) -> None:
    frozen = freeze(copy_of_demo, ["H-0001"], person="Ada")
    done = confirm_list(copy_of_demo, frozen.id, person="Ada")
    for language, label in (("en", "Hypothesis, not causation"), ("fr", "Hypothèse, pas une causalité")):
        (row,) = result_rows(done, OPEN, language)
        assert set(RESULTS) <= set(row)
        assert row["claim"] == label
        assert row["p"] <= row["p_holm"]
        assert row["verdict_code"] == done.rows[0]["verdict"]


def test_a_masked_result_keeps_its_verdict_to_itself(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings()
    rule = next(row for row in found.rows if row["mode"] == "rule" and row["ln_p"] is not None)
    name = copy_of_demo.register(found, str(rule["id"]), person="Ada").id
    frozen = freeze(copy_of_demo, [name], person="Ada")
    (before,) = member_rows(copy_of_demo, frozen, warnings(copy_of_demo, frozen), STRICT, "en")
    assert before["power"] is None
    (row,) = result_rows(confirm_list(copy_of_demo, frozen.id, person="Ada"), STRICT, "en")
    assert row["masked"]
    assert row["verdict_code"] == "withheld"
    assert row["p"] is None
    assert row["p_holm"] is None


def test_looks_are_listed_in_order_with_three_verdicts(copy_of_demo: Project) -> None:
    look(copy_of_demo, ["age"], "sex")
    look(copy_of_demo, ["age"], "race")
    rows = look_rows(looks(copy_of_demo.ledger), OPEN, "en")
    assert [row["statement"] for row in rows] == ["age — with — sex", "age — with — race"]
    assert {rows[0][name] for name in ("alpha_spending", "lond", "lord")} <= {"yes", "no"}
