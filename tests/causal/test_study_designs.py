"""Rules are printed, sizes stand in three columns, and small groups are named."""

from __future__ import annotations

import numpy as np
import pytest

from causal import power
from causal.estimation import Scale
from causal.planning import planning_effect
from causal.question import CausalQuestion, Comparator, Part
from causal.study_designs import (
    StudyFacts,
    expected_precision,
    representation,
    sample_size_table,
    study_types,
)
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable
from tests.causal.nhefs import nhefs
from tests.causal.protocols import designed, question


def recommended(rows: tuple[dict, ...]) -> str:
    (row,) = [row for row in rows if row["verdict"] == "recommended"]
    return row["recommend"]


def about(name: str, label: str) -> tuple[CausalQuestion, Dataset]:
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    variables = (
        Variable(name=name, label=label, kind=Kind.BINARY, levels=levels),
        Variable(name="y", kind=Kind.BINARY, levels=levels),
    )
    column = np.tile([0, 1], 25).astype(np.int32)
    dataset = Dataset(
        dictionary=Dictionary(name="d", variables=variables),
        columns={name: column, "y": column.copy()},
        keys=tuple(map(str, range(50))),
    )
    asked = CausalQuestion.from_finding(
        {"id": "f", "x": [name], "y": "y"},
        {name: Part.EXPOSURE, "y": Part.OUTCOME},
        comparator=Comparator.OTHERS,
    )
    return asked, dataset


def test_nobody_can_set_sex_so_no_causal_study_is_advised() -> None:
    assert "no causal study" in recommended(study_types(*about("sex", ""), None))


def test_a_genotype_is_not_no_causal_study() -> None:
    found = recommended(study_types(*about("npm1", "NPM1 mutation"), None))
    assert "Mendelian randomisation" in found
    assert "functional study" in found


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (StudyFacts(derived_outcome=True), "reject"),
        (StudyFacts(independent_data=True), "replication"),
        (StudyFacts(verdict="not_identified", must_measure=True), "new data"),
        (StudyFacts(verdict="not_identified", equipoise=True, ethical=True, trial_feasible=True), "randomised trial"),
        (StudyFacts(transient_exposure=True, acute_outcome=True), "self-controlled"),
        (StudyFacts(expensive_measurement=True), "case-control"),
        (StudyFacts(verdict="iv"), "instrumental"),
        (StudyFacts(natural_experiment=True), "discontinuity"),
        (StudyFacts(active_comparator=True), "target-trial"),
        (StudyFacts(dated=False), "longitudinal"),
        (StudyFacts(), "target-trial"),
    ],
)
def test_each_rule_recommends_its_design(facts: StudyFacts, word: str) -> None:
    assert word in recommended(study_types(question("death"), nhefs(), designed("death", 1.2).data, facts))


def test_what_nobody_said_cannot_be_assessed_and_is_listed() -> None:
    rows = study_types(question(), nhefs(), designed().data)
    assert [row["rule"] for row in rows][:13] == list(range(1, 14))
    assert any(row["verdict"] == "cannot be assessed" for row in rows)


def test_the_headline_never_rests_on_the_mined_effect() -> None:
    design = designed("death", 1.2)
    main = next(e for e in design.stage.estimates if e.scale is Scale.RISK_RATIO)
    weak = planning_effect(
        estimate=np.log(1.6), se=0.2, threshold=1.96, split_estimate=0.05, smallest_of_interest=np.log(1.2)
    )
    table = sample_size_table(design.data, main, weak)
    assert table["headline_from"] == "smallest_of_interest"
    assert table["rows"][0]["shrunken"] is None
    assert "no planning effect" in table["note"]
    assert table["rows"][0]["mined"] < table["n_headline"]

    strong = planning_effect(
        estimate=np.log(1.6), se=0.1, threshold=1.96, split_estimate=np.log(1.15), smallest_of_interest=np.log(1.3)
    )
    both = sample_size_table(design.data, main, strong)
    assert both["headline_from"] == "shrunken"
    assert both["n_headline"] == max(both["rows"][0]["shrunken"], both["rows"][0]["smallest_of_interest"])


def test_every_design_of_a_binary_outcome_states_what_is_detectable_now() -> None:
    table = designed("death", 1.2).stage.sample_size
    assert {row["design"].split(",")[0] for row in table["rows"]} == {
        "cohort",
        "case-control",
        "matched case-control",
        "time to event",
    }
    assert all(row["detectable"] > 1 for row in table["rows"])
    assert [row["name"] for row in table["inflation"]] == ["confounding", "clusters", "weights", "loss"]


def test_inflation_multiplies_the_size() -> None:
    design = designed()
    effect = planning_effect(estimate=3.0, se=0.5, threshold=1.96, smallest_of_interest=2.0)
    plain = sample_size_table(design.data, design.main, effect)
    more = sample_size_table(design.data, design.main, effect, inflation=power.inflation(loss=0.5))
    assert more["n_headline"] == pytest.approx(2 * plain["n_headline"], abs=1)


def test_small_groups_are_named_not_evaluable() -> None:
    design = designed("death", 1.2)
    rows = expected_precision(nhefs(), design.data, design.main, ["sex", "age", "education"], n_headline=300)
    small = [row for row in rows if not row["evaluable"]]
    assert small
    assert all(row["half_width"] is None and row["reason"] for row in small)
    large = expected_precision(nhefs(), design.data, design.main, ["sex"], n_headline=40_000)
    assert all(row["evaluable"] for row in large)


def test_without_a_reference_nobody_can_say_who_is_missing() -> None:
    rows = np.arange(nhefs().n)
    assert representation(nhefs(), rows, None)[0]["statement"].startswith("cannot say")
    told = representation(nhefs(), rows, {"sex": {"male": 0.5, "female": 0.5}, "race": {"white": 0.2, "martian": 0.1}})
    said = {row["group"]: row["statement"] for row in told}
    assert said["male"] == "represented"
    assert said["martian"] == "absent"
