"""The runner fails where a number is wrong, and only there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.oracle.__main__ import main
from tests.oracle.cases import Exceptions, NoData, Unsupported, compare, load, load_exceptions
from tests.oracle.runner import answer, load_adapters

NONE = Exceptions(not_shipped={}, otherwise={})


def differs(expected: object, got: object, tolerance: object) -> bool:
    return bool(compare({"x": expected}, {"x": got}, tolerance))


def test_a_plain_number_is_an_absolute_tolerance() -> None:
    assert not differs(10.0, 10.009, 0.01)
    assert differs(10.0, 10.011, 0.01)
    assert differs(3, 4, 0)
    assert not differs(3, 3, 0)


def test_a_large_number_may_also_be_met_relatively() -> None:
    assert not differs(50_000.0, 50_000.4, 1e-4)
    assert differs(50_000.0, 50_000.4, 0)


def test_either_the_relative_or_the_absolute_tolerance_suffices() -> None:
    tolerance = {"rel": 1e-4, "abs": 1e-5}
    assert not differs(1000.0, 1000.05, tolerance)
    assert not differs(0.0001, 0.000109, tolerance)
    assert differs(1.0, 1.001, tolerance)


def test_a_qualified_tolerance_governs_the_fields_that_contain_its_name() -> None:
    tolerance = {"rel": 1e-6, "midp_rel": 0.01}
    assert not compare({"or_midp": 2.0}, {"or_midp": 2.01}, tolerance)
    assert compare({"or_wald": 2.0}, {"or_wald": 2.01}, tolerance)


def test_a_field_without_a_tolerance_of_its_own_is_held_to_the_strictest() -> None:
    tolerance = {"p_rel": 1e-6, "or_ci_rel": 0.02}
    assert not compare({"or_exact_ci": [1.0, 2.0]}, {"or_exact_ci": [1.01, 1.99]}, tolerance)
    assert compare({"chi2": 2.0}, {"chi2": 2.001}, tolerance)


def test_exact_asks_for_equality_of_what_has_no_tolerance() -> None:
    assert differs(0.1, 0.1 + 1e-15, {"exact": True})
    assert not differs(0.1, 0.1 + 1e-15, {"exact": True, "rel": 1e-10})
    assert differs([True, False], [True, True], {"exact": True, "rel": 1e-10})


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ("NaN", float("nan"), True),
        ("NaN", None, True),
        ("NA", float("nan"), True),
        ("NaN", 0.0, False),
        ("Inf", float("inf"), True),
        (["Inf"], float("inf"), True),
        ("-Inf", float("inf"), False),
        (None, None, True),
        (None, float("nan"), True),
        (None, 1.0, False),
        (1.0, float("nan"), False),
        (True, 1, False),
        ([["a", "b"], ["c"]], [["c"], ["b", "a"]], True),
        ([["a", "b"]], [["a"]], False),
        ([1, 2], [2, 1], False),
        ([1, 2], [1, 2, 3], False),
        (0.0, 1e-14, True),
        (0.0, 1e-9, False),
    ],
)
def test_values_that_are_not_finite_numbers_have_their_own_equality(expected: object, got: object, same: bool) -> None:
    assert differs(expected, got, {"rel": 1e-9}) is not same


def test_a_tiny_probability_is_not_the_same_as_zero() -> None:
    assert compare({"chi2_p": 1e-80}, {"chi2_p": 0.0}, {"rel": 1e-9})
    assert not compare({"chi2": 2e-31}, {"chi2": 0.0}, {"rel": 1e-9})
    assert compare({"chi2": 2e-9}, {"chi2": 0.0}, {"rel": 1e-9})
    assert compare({"fishersExactTest": 1e-25}, {"fishersExactTest": 2e-25}, {"rel": 1e-9})


def test_the_precision_of_a_source_widens_the_comparison_of_its_fields_only() -> None:
    precision = {"or": {"root_abs": 1e-4}}
    assert not compare({"or": 1408.4}, {"or": 1421.7}, {"rel": 1e-6}, precision)
    assert compare({"or": 0.5}, {"or": 0.51}, {"rel": 1e-6}, precision)
    assert compare({"rr": 1408.4}, {"rr": 1421.7}, {"rel": 1e-6}, precision)


def test_an_unanswered_field_is_a_failure() -> None:
    assert compare({"x": 1, "y": 2}, {"x": 1}, 0)


def write(path: Path, entries: object) -> Path:
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def case(**changes: object) -> dict[str, object]:
    return {"id": "one", "kind": "k", "inputs": {"v": 2}, "expected": {"x": 2}, "tolerance": 0} | changes


def test_a_file_is_a_list_or_holds_one_under_oracles(tmp_path: Path) -> None:
    alone = load(write(tmp_path / "a.json", [case()]))
    held = load(write(tmp_path / "b.json", {"version": 1, "oracles": [case()]}))
    assert alone == held


def test_a_crashing_adapter_fails_its_case_and_missing_data_does_not(tmp_path: Path) -> None:
    (one,) = load(write(tmp_path / "a.json", [case()]))

    def crash(inputs: object) -> dict[str, object]:
        raise ZeroDivisionError("no")

    def absent(inputs: object) -> dict[str, object]:
        raise NoData("Groceries")

    def other(inputs: object) -> dict[str, object]:
        raise Unsupported("other inputs")

    assert "ZeroDivisionError" in str(answer(one, {"k": [crash]}, NONE).mismatches[0])
    assert answer(one, {"k": [absent]}, NONE).unsupported == "NoData: Groceries"
    assert answer(one, {}, NONE).unsupported == "no adapter for the kind 'k'"
    assert answer(one, {"k": [other, lambda inputs: {"x": inputs["v"]}]}, NONE).passed


def test_fields_not_shipped_are_left_out_and_need_a_reason(tmp_path: Path) -> None:
    (one,) = load(write(tmp_path / "a.json", [case(expected={"x": 2, "smooth": 9})]))
    adapters = {"k": [lambda inputs: {"x": 2}]}
    assert answer(one, adapters, NONE).mismatches
    assert answer(one, adapters, Exceptions(not_shipped={"k": frozenset({"smooth"})}, otherwise={})).passed
    empty = tmp_path / "none.toml"
    empty.write_text('[[not_shipped]]\nkind = "k"\nfields = ["x"]\nreason = ""\n', encoding="utf-8")
    with pytest.raises(ValueError, match="reason"):
        load_exceptions(empty)


def test_the_command_counts_and_its_exit_code_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = case(
        id="good",
        kind="haldane_or",
        inputs={"a": 3, "b": 1, "c": 1, "d": 3, "conf": 0.95},
        expected={"or": 49 / 9},
        tolerance=1e-12,
    )
    bad = good | {"id": "bad", "expected": {"or": 9}}
    unknown = case(id="new", kind="of a kind nobody knows")

    assert main([str(write(tmp_path / "good.json", [good, unknown]))]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed, 1 unsupported"
    assert main([str(write(tmp_path / "bad.json", [good, bad]))]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "1 passed, 1 failed, 0 unsupported"
    assert lines[0].startswith("FAILED bad (haldane_or) or: expected 9, got 5.44")


def test_every_adapter_belongs_to_a_kind_and_every_exception_to_an_adapter() -> None:
    kinds = load_adapters()
    exceptions = load_exceptions()
    assert set(exceptions.not_shipped) | set(exceptions.otherwise) <= set(kinds)
