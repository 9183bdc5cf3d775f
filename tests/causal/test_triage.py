"""Each guardrail has a fixture that fails it and one that passes."""

from __future__ import annotations

import numpy as np
import pytest

from causal import triage as guard
from causal.dag import Dag
from causal.design_matrix import from_arrays
from causal.question import CausalQuestion, Comparator, Part
from causal.triage import RULES, Guardrail
from miner.tables.model import Dataset, Dictionary, Interval, Kind, Level, Variable
from tests.causal.nhefs import nhefs
from tests.causal.protocols import drafted, question

LEVELS = (Level(code="0", label="no"), Level(code="1", label="yes"))
RNG = np.random.default_rng(11)
N = 400


def table(columns: dict[str, np.ndarray], spans: dict[str, tuple[float, float]] | None = None) -> Dataset:
    variables = []
    for name, values in columns.items():
        span = (spans or {}).get(name)
        variables.append(
            Variable(
                name=name,
                kind=Kind.BINARY if values.dtype.kind == "i" else Kind.CONTINUOUS,
                levels=LEVELS if values.dtype.kind == "i" else (),
                measured=None if span is None else Interval(start=span[0], end=span[1]),
            )
        )
    n = len(next(iter(columns.values())))
    return Dataset(
        dictionary=Dictionary(name="t", variables=tuple(variables)), columns=columns, keys=tuple(map(str, range(n)))
    )


def asked(exposure: str = "drug", outcome: str = "fall", covariates: tuple[str, ...] = ()) -> CausalQuestion:
    return CausalQuestion.from_finding(
        {"id": "f", "x": [exposure], "y": outcome},
        {exposure: Part.EXPOSURE, outcome: Part.OUTCOME, **dict.fromkeys(covariates, Part.COVARIATE)},
        comparator=Comparator.OTHERS,
    )


def codes(p: np.ndarray | float, n: int = N) -> np.ndarray:
    return (RNG.random(n) < p).astype(np.int32)


def test_g06_names_the_variable_that_reverses_and_passes_where_none_moves() -> None:
    size = np.repeat([0, 1, 0, 1], [87, 263, 270, 80]).astype(np.int32)
    drug = np.repeat([1, 1, 0, 0], [87, 263, 270, 80]).astype(np.int32)
    good = np.concatenate([np.r_[np.ones(k), np.zeros(n - k)] for k, n in ((81, 87), (192, 263), (234, 270), (55, 80))])
    stones = table({"drug": drug, "fall": good.astype(np.int32), "size": size})
    flagged = guard.triage(stones, asked(), others=["size"])[0]
    assert (flagged.id, flagged.passed) == ("G06", False)
    assert "size" in flagged.finding
    assert guard.confounding(stones, from_arrays(good, drug), []).passed is None


def test_g06_passes_where_the_strata_are_alike() -> None:
    t = np.repeat([1, 0], 200).astype(np.int32)
    y = np.tile(np.r_[np.ones(20), np.zeros(80)], 4).astype(np.int32)
    y[:200] = np.tile(np.r_[np.ones(40), np.zeros(60)], 2)
    calm = np.tile(np.repeat([0, 1], 100), 2).astype(np.int32)
    assert guard.confounding(table({"drug": t, "fall": y, "calm": calm}), from_arrays(y, t), ["calm"]).passed


def test_g07_sees_an_association_made_by_selection() -> None:
    n = 20_000
    a, b = codes(0.3, n).astype(float), codes(0.3, n).astype(float)
    chosen = codes(0.05 + 0.5 * np.maximum(a, b), n).astype(float)
    assert guard.selection(a, b, chosen).passed is False
    assert guard.selection(a, b, codes(0.5, n).astype(float)).passed
    assert guard.selection(a, b, np.ones(n)).passed is None


def test_g08_refuses_a_mediator_and_takes_the_confounder() -> None:
    dag = Dag.of([("c", "t"), ("c", "y"), ("t", "m"), ("m", "y")])
    assert guard.adjustment(dag, "t", "y", ["c"]).passed
    assert guard.adjustment(dag, "t", "y", ["c", "m"]).passed is False
    assert guard.adjustment(dag, "t", "y", ["nobody"]).passed is False
    assert guard.adjustment(dag, "t", "y", ["c"]).severity == "block"


def test_g10_refuses_empty_cells_and_passes_overlap() -> None:
    x, t = codes(0.5).astype(float), codes(0.5).astype(float)
    fine = from_arrays(RNG.normal(size=N), t, x.reshape(-1, 1))
    hole = from_arrays(RNG.normal(size=N), t, (x * t).reshape(-1, 1))
    assert guard.positivity(fine).passed
    assert guard.positivity(hole).passed is False
    assert guard.positivity(from_arrays(RNG.normal(size=N), t)).passed is None
    assert guard.positivity(from_arrays(RNG.normal(size=N), RNG.normal(size=N))).passed is None


def test_g11_sees_gaps_that_go_with_arm_or_outcome() -> None:
    t, y = codes(0.5), RNG.normal(size=N)
    by_arm = np.where((t == 1) & (RNG.random(N) < 0.3), np.nan, RNG.normal(size=N))
    by_outcome = np.where((y > 0.5) & (RNG.random(N) < 0.8), np.nan, RNG.normal(size=N))
    at_random = np.where(np.arange(N) % 20 == 0, np.nan, RNG.normal(size=N))
    ask = asked(covariates=("z",))
    assert guard.missingness(table({"drug": t, "fall": y, "z": by_arm}), ask).passed is False
    assert guard.missingness(table({"drug": t, "fall": y, "z": by_outcome}), ask).passed is False
    balanced = np.tile([0, 1], N // 2).astype(np.int32)
    even = np.where(np.arange(N) % 20 < 2, np.nan, at_random)
    assert guard.missingness(table({"drug": balanced, "fall": np.tile([0.0, 1, 1, 0], N // 4), "z": even}), ask).passed


@pytest.mark.parametrize("kind", ["copy", "recode", "binned", "nearly", "name", "same"])
def test_g12_finds_the_outcome_in_disguise(kind: str) -> None:
    y = RNG.normal(size=N)
    binary = (y > 0).astype(np.int32)
    made = {
        "copy": ({"drug": binary, "fall": binary}, asked()),
        "recode": ({"drug": 1 - binary, "fall": binary}, asked()),
        "binned": ({"drug": binary, "fall": y}, asked()),
        "nearly": ({"drug": np.where(np.arange(N) == 0, 1 - binary, binary), "fall": y}, asked()),
        "name": ({"fall_risk": codes(0.5), "fall": y}, asked("fall_risk")),
        "same": ({"fall": binary}, None),
    }
    columns, ask = made[kind]
    if ask is None:
        ask = CausalQuestion.from_finding(
            {"id": "f", "x": ["fall = yes"], "y": "fall"},
            {"fall = yes": Part.EXPOSURE, "fall": Part.OUTCOME},
            comparator=Comparator.OTHERS,
        )
    assert guard.leakage(table(columns), ask).passed is False


def test_g12_passes_two_variables_that_are_merely_associated() -> None:
    t = codes(0.5)
    assert guard.leakage(table({"drug": t, "fall": t + RNG.normal(size=N)}), asked()).passed


def test_g13_and_g14_read_the_measurement_intervals() -> None:
    columns = {"drug": codes(0.5), "fall": codes(0.5)}
    clean = guard.immortal_time(table(columns, {"drug": (0, 0), "fall": (1, 5)}), asked())
    overlapping = guard.immortal_time(table(columns, {"drug": (0, 3), "fall": (1, 5)}), asked())
    reversed_order = guard.immortal_time(table(columns, {"drug": (6, 7), "fall": (1, 5)}), asked())
    unknown = guard.immortal_time(table(columns), asked())
    together = guard.immortal_time(table(columns, {"drug": (0, 0), "fall": (0, 0)}), asked())

    assert [g.passed for g in clean] == [True, True]
    assert [g.passed for g in overlapping] == [False, True]
    assert [g.passed for g in reversed_order] == [False, False]
    assert [g.passed for g in unknown] == [None, None]
    assert together[1].passed is False


def test_g13_from_times_sees_those_who_had_to_live_to_be_exposed() -> None:
    life, start = RNG.exponential(1, 1000), RNG.exponential(1, 1000)
    late = np.where(start < life, start, np.nan)
    at_zero = np.where(RNG.random(1000) < 0.5, 0.0, np.nan)
    assert guard.immortal_follow_up(late, life, np.ones(1000)).passed is False
    assert guard.immortal_follow_up(at_zero, life, np.ones(1000)).passed
    assert guard.immortal_follow_up(np.full(9, np.nan), np.ones(9), np.ones(9)).passed is None


def test_g14_and_g15_count_dates_in_the_wrong_order() -> None:
    exposure, outcome = np.array([10.0, 20, np.nan, 40]), np.array([15.0, 19, 30, np.nan])
    assert guard.reverse_time(exposure, outcome).values["reversed"] == 1
    assert guard.reverse_time(exposure, exposure + 1).passed
    assert guard.reverse_time(np.full(3, np.nan), np.ones(3)).passed is None
    assert guard.prevalent_users(exposure, np.array([11.0, 5, 5, 5])).values["before_entry"] == 1
    assert guard.prevalent_users(exposure, np.zeros(4)).passed
    assert guard.prevalent_users(np.full(3, np.nan), np.ones(3)).passed is None


def test_g16_finds_a_covariate_that_is_the_outcome_by_another_name() -> None:
    y, t = RNG.normal(size=N), codes(0.5)
    columns = {"drug": t, "fall": y, "copy": y * 2 + RNG.normal(size=N) * 0.01, "other": RNG.normal(size=N)}
    assert "copy" in guard.proxies(table(columns), asked(covariates=("copy",)), []).finding
    assert guard.proxies(table(columns), asked(covariates=("other",)), []).passed


def test_g17_counts_events_for_each_column() -> None:
    t = np.tile([0.0, 1.0], N // 2)
    few = from_arrays((np.arange(N) < 8).astype(float), t, RNG.normal(size=(N, 3)))
    many = from_arrays(codes(0.5).astype(float), t, RNG.normal(size=(N, 3)))
    assert guard.sparse_cells(few).passed is False
    assert guard.sparse_cells(many).passed
    assert (
        guard.sparse_cells(from_arrays(RNG.normal(size=20), np.tile([0, 1], 10), RNG.normal(size=(20, 5)))).passed
        is False
    )


def test_g18_wants_the_shrunken_effect_beside_the_mined_one() -> None:
    assert guard.shrunken_beside_mined(drafted().document).passed
    assert guard.shrunken_beside_mined({"planning_effect": {"mined": 1.0}}).passed is False
    assert guard.shrunken_beside_mined({}).passed is False


def test_g19_one_row_on_both_sides_is_enough() -> None:
    assert guard.rows_not_reused(["a", "b"], ["c"]).passed
    assert guard.rows_not_reused(["a", "b"], ["b", "c"]).passed is False


def test_g20_repeated_persons_need_clusters() -> None:
    assert guard.repeated_persons(["a", "b"]).passed
    assert guard.repeated_persons(["a", "a"]).passed is False
    assert guard.repeated_persons(["a", "a"], clustered=True).passed


@pytest.mark.parametrize(("unit", "passed"), [("person", True), ("", False), ("district", False)])
def test_g21_wants_a_person_as_unit(unit: str, passed: bool) -> None:
    assert guard.unit_of_analysis(unit).passed is passed


def test_the_demo_question_is_flagged_for_its_overlapping_time_and_its_confounders() -> None:
    found = {g.id: g for g in guard.triage(nhefs(), question())}
    assert found["G13"].passed is False
    assert found["G06"].passed is False
    assert found["G10"].passed


def test_a_question_that_cannot_be_estimated_gets_its_reason() -> None:
    one_arm = table({"drug": np.ones(50, dtype=np.int32), "fall": codes(0.5, 50)})
    (only,) = guard.triage(one_arm, asked())
    assert only.passed is False
    assert "one level" in only.finding


def test_every_result_travels_as_plain_values() -> None:
    for g in guard.triage(nhefs(), question()):
        assert isinstance(g, Guardrail)
        assert set(g.to_dict()) == {"id", "rule", "severity", "passed", "finding", "values"}
        assert g.id in RULES
