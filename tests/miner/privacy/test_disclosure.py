"""Nothing small passes the gate, and what passes leaves an attacker with several tables to choose from."""

from __future__ import annotations

import json
import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from miner.privacy.disclosure import (
    LEAST_CLASS,
    CountTable,
    Histogram,
    Rate,
    cutoffs_of,
    disclose,
    disclose_count,
    disclose_histogram,
    disclose_rate,
    disclose_row,
    disclose_table,
    in_safe_order,
    profile_of,
)
from miner.privacy.profiles import Place, Setting, profile
from miner.statistics.fisher import log_fisher

PROTECTED = profile(Setting.PROTECTED)
CUTOFFS = {"familywise": -9.0, "robust": -7.0, "screened": -5.0}


def row(a: int, b: int, c: int, d: int, level: str | None = None) -> dict[str, object]:
    ln_p = float(log_fisher(np.array([a]), np.array([b]), np.array([c]), np.array([d]))[0])
    found = next((name for name, cut in CUTOFFS.items() if ln_p <= cut), "unadjusted")
    return {
        "id": "x", "statement": "s", "effect": "risk_ratio", "test": "fisher_greater", "estimate": 1.2345678,
        "low": 1.0, "high": 2.0, "n": a + b + c + d, "n_unknown": 7, "a": a, "b": b, "c": c, "d": d, "ln_p": ln_p,
        "p": math.exp(ln_p), "ln_p_bh": ln_p + 2, "adjusted_estimate": 1.1, "strength": ln_p, "support": a / 100,
        "level": level or found,
    }  # fmt: skip


def test_a_row_with_large_cells_passes_unchanged():
    whole = row(40, 60, 50, 90)

    assert disclose_row(whole, PROTECTED) == {**whole, "masked": False}


@pytest.mark.parametrize("cells", [(3, 97, 200, 700), (97, 3, 200, 700), (50, 60, 0, 90), (50, 60, 70, 10)])
def test_a_masked_row_has_no_number_from_which_a_count_follows(cells):
    safe = disclose_row(row(*cells), PROTECTED, cutoffs=CUTOFFS)

    kept = {name for name, value in safe.items() if isinstance(value, float | int) and not isinstance(value, bool)}
    assert safe["masked"] is True
    assert kept <= {"n", "ratio_low", "ratio_high"}
    assert safe["statement"] == "s"


def test_unknown_fields_are_emptied_too():
    safe = disclose_row({**row(3, 97, 200, 700), "a_new_measure": 0.03}, PROTECTED)

    assert safe["a_new_measure"] is None


@pytest.mark.parametrize(
    ("setting", "place", "masked"),
    [
        (Setting.PUBLIC, Place.SCREEN, False),
        (Setting.PUBLIC, Place.EXPORT, False),
        (Setting.SECURE_ROOM, Place.SCREEN, False),
        (Setting.SECURE_ROOM, Place.EXPORT, True),
        (Setting.PROTECTED, Place.SCREEN, True),
        (Setting.PROTECTED, Place.EXPORT, True),
    ],
)
def test_each_setting_masks_where_it_should(setting, place, masked):
    assert disclose_row(row(3, 97, 200, 700), profile(setting), place=place)["masked"] is masked


def message(safe: dict[str, object]) -> str:
    said = {name: safe[name] for name in ("direction", "level", "ratio_low", "ratio_high", "n", "masked")}
    return json.dumps(said, default=str)


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 120), st.integers(1, 120), st.integers(130, 2000))
def test_whoever_knows_margins_rule_and_program_is_left_with_several_tables(first, second, n):
    # The attack: put every table with these margins through the gate and see which give the same answer.
    same: dict[str, list[int]] = defaultdict(list)
    for a in range(max(0, first + second - n), min(first, second) + 1):
        cells = (a, first - a, second - a, n - first - second + a)
        safe = disclose_row(row(*cells), PROTECTED, cutoffs=CUTOFFS)
        if safe["masked"]:
            same[message(safe)].append(a)
    possible = sum(len(tables) for tables in same.values())

    assert all(len(tables) >= min(LEAST_CLASS, possible) for tables in same.values())


def test_a_rare_signal_still_shows_direction_and_decision():
    safe = disclose_row(row(9, 20, 30, 5000), PROTECTED, cutoffs=CUTOFFS)

    assert (safe["direction"], safe["level"]) == ("more", "familywise")
    assert safe["ratio_low"] >= 5


def test_mutual_exclusion_still_shows():
    safe = disclose_row(row(0, 90, 120, 400), PROTECTED, cutoffs=CUTOFFS)

    assert (safe["direction"], safe["level"]) == ("less", "unadjusted")
    assert safe["ratio_high"] < 1


def test_without_cutoffs_the_decision_is_withheld():
    assert disclose_row(row(9, 20, 30, 5000), PROTECTED)["level"] == "withheld"


def test_the_true_ratio_lies_in_the_band():
    rng = np.random.default_rng(4)
    for _ in range(60):
        a, b, c, d = (int(k) for k in (rng.integers(0, 11), *rng.integers(11, 300, 3)))
        safe = disclose_row(row(a, b, c, d), PROTECTED, cutoffs=CUTOFFS)
        if safe["ratio_low"] is not None:
            assert safe["ratio_low"] <= (a / (a + b)) / (c / (c + d)) <= safe["ratio_high"]


def test_ledger_rows_are_masked_like_shown_ones():
    plain = {
        "id": "x",
        "counts": [3, 97, 200, 700],
        "test": "fisher_greater",
        "ln_p": -1.0,
        "summary": {"a": 3},
        "n": 1000,
    }

    safe = disclose_row(plain, PROTECTED)

    assert (safe["counts"], safe["summary"], safe["ln_p"]) == (None, None, None)


def test_larger_tables_are_masked_as_a_whole():
    safe = disclose_row({"id": "x", "counts": [[30, 40], [3, 50], [60, 70]], "ln_p": -3.0, "n": 253}, PROTECTED)

    assert (safe["counts"], safe["ln_p"], safe["direction"]) == (None, None, None)


def test_correlations_need_thirty_pairs_and_lose_their_sums():
    few = disclose_row({"id": "x", "n": 25, "estimate": 0.5, "ln_p": -2.0, "level": "unadjusted"}, PROTECTED)
    many = disclose_row({"id": "x", "n": 250, "estimate": 0.5123456, "ln_p": -20.0, "summary": {"s": 1}}, PROTECTED)

    assert (few["masked"], few["estimate"]) == (True, None)
    assert (many["masked"], many["estimate"], many["summary"]) == (False, 0.512, None)


def test_counts_and_rates_hide_the_few_and_all_but_a_few():
    assert [disclose_count(count, PROTECTED) for count in (0, 1, 10, 11)] == [0, None, None, 11]
    assert disclose_count(995, PROTECTED, total=1000) is None
    assert disclose_rate(Rate(numerator=300, denominator=1000), PROTECTED) == 0.3
    assert disclose_rate(Rate(numerator=995, denominator=1000), PROTECTED) is None
    assert disclose_rate(Rate(numerator=0, denominator=0), PROTECTED) is None


def test_openly_rounded_profiles_round_after_masking():
    rules = profile(Setting.PROTECTED, norm="OpenSAFELY")

    assert [disclose_count(count, rules) for count in (7, 8, 12, 13)] == [None, 10, 10, 15]


def test_a_table_is_shown_with_one_symbol_and_safe_totals():
    table = CountTable(counts=np.array([[40, 3], [50, 30]]), rows=("r1", "r2"), columns=("c1", "c2"))

    safe = disclose_table(table, PROTECTED)

    assert safe.cells[0][1] == "•"
    assert safe.masked >= 4
    assert disclose_table(table, profile(Setting.PUBLIC)).cells[0] == (40, 3, 43)


def test_bins_are_joined_until_each_holds_enough_and_extremes_are_not_exact():
    histogram = Histogram(edges=(17.3, 20.0, 30.0, 40.0, 50.0, 91.7), counts=(2, 15, 30, 40, 3), unknown=4)

    safe = disclose_histogram(histogram, PROTECTED)

    assert sum(safe.counts) == sum(histogram.counts)
    assert min(safe.counts) >= 11
    assert (safe.edges[0], safe.edges[-1]) == (10, 100)
    assert safe.unknown == 0
    assert disclose_histogram(Histogram(edges=(0, 1), counts=(5,)), PROTECTED) is None


def test_the_one_gate_takes_every_kind_of_result():
    assert disclose(5, PROTECTED) is None
    assert disclose(Rate(numerator=1, denominator=100), PROTECTED) is None
    assert disclose(row(3, 97, 200, 700), PROTECTED)["masked"]
    assert disclose(CountTable(counts=np.array([[40]]), rows=("r",), columns=("c",)), PROTECTED).cells[0][0] == 40
    assert disclose(Histogram(edges=(0, 1), counts=(50,)), PROTECTED).counts == (50,)


def test_profiles_are_understood_as_the_ledger_writes_them():
    assert profile_of({"name": "secure room", "threshold": 11}).norm == "FR"
    assert profile_of({"name": "protected", "threshold": 5}).norm == "OHDSI"
    assert profile_of({"name": "public", "threshold": 0}).masks(Place.EXPORT) is False
    assert profile_of(PROTECTED.to_dict()) == PROTECTED


def test_cutoffs_are_the_weakest_p_of_each_level_or_a_stronger_one():
    ln_p = np.array([-12.0, -8.0, -6.0, -1.0, math.nan])
    levels = ["familywise", "robust", "screened", "unadjusted", "unadjusted"]

    assert cutoffs_of(levels, ln_p, ["familywise", "robust", "screened"]) == {
        "familywise": -12.0, "robust": -8.0, "screened": -6.0,
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@example(23, 23, 107)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(70, 600))
def test_rows_about_the_same_table_are_safe_in_sum(first, second, n):
    # A rule, its contrary, its mirror and the pair, all shown: their answers together leave several tables.
    same: dict[str, list[int]] = defaultdict(list)
    for a in range(max(0, first + second - n), min(first, second) + 1):
        b, c, d = first - a, second - a, n - first - second + a
        two_sided = float(log_fisher(*(np.array([k]) for k in (a, b, c, d)), side="two-sided")[0])
        level = next((name for name, cut in CUTOFFS.items() if two_sided <= cut), "unadjusted")
        pair = {**row(a, b, c, d, level), "test": "fisher_two_sided"}
        rows = [row(a, b, c, d), row(b, a, d, c), row(c, d, a, b), row(a, c, b, d), pair]
        safe = [disclose_row(one, PROTECTED, cutoffs=CUTOFFS) for one in rows]
        if safe[0]["masked"]:
            same["".join(message(one) for one in safe)].append(a)
    possible = sum(len(tables) for tables in same.values())

    assert all(len(tables) >= min(LEAST_CLASS, possible) for tables in same.values())


def test_the_views_of_a_table_have_their_own_directions():
    more = disclose_row(row(9, 20, 30, 5000), PROTECTED, cutoffs=CUTOFFS)
    less = disclose_row(row(20, 9, 5000, 30), PROTECTED, cutoffs=CUTOFFS)

    assert (more["direction"], less["direction"]) == ("more", "less")


def test_the_order_of_rows_does_not_rank_masked_ones_among_the_others():
    cells = [(3, 97, 200, 700), (40, 60, 50, 90), (9, 20, 30, 5000), (80, 20, 50, 90)]
    rows = [disclose_row({**row(*four), "id": f"{9 - place}"}, PROTECTED) for place, four in enumerate(cells)]

    ordered = in_safe_order(rows)

    assert [one["id"] for one in ordered] == ["8", "6", "7", "9"]
    assert in_safe_order(reversed(rows))[2:] == ordered[2:]
