from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from miner.associations.rows import hypothesis_id
from miner.mine import Computation, Rows, RuleIdentities, crude_strength, preflight
from miner.plan import Pairs, Plan, Rules, Screens
from miner.project import ignore, never
from miner.tables.demo import load_nhefs
from miner.tables.model import Dataset, Dictionary, Kind, Variable
from miner.tables.typed import apply_dictionary
from miner.universe import declare


@pytest.fixture(scope="module")
def nhefs() -> Dataset:
    table, dictionary = load_nhefs()
    return apply_dictionary(table, dictionary)


def computed(plan: Plan, data: Dataset, **hooks: object) -> tuple[Computation, Rows]:
    universe = declare(plan, data, "scope")
    settings = {"progress": ignore, "cancelled": never, **hooks}
    computation = Computation(plan=plan, universe=universe, discovery=data, **settings)  # type: ignore[arg-type]
    return computation, [row for block in computation for row in block]


@pytest.fixture(scope="module")
def few(nhefs: Dataset) -> tuple[Plan, Computation, Rows]:
    exposures = ("qsmk", "hbp", "active", "wt71", "education")
    plan = replace(Plan.suggest(nhefs.dictionary), exposures=exposures, rules=Rules(max_length=2, minimum_count=30))
    computation, rows = computed(plan, nhefs)
    return plan, computation, rows


def test_every_hypothesis_of_the_universe_is_a_row_or_counted_as_not_computed(
    few: tuple[Plan, Computation, Rows],
) -> None:
    _, computation, rows = few
    assert len(rows) + sum(computation.uncomputed.values()) == computation.universe.size
    assert [row["i"] for row in rows] == list(range(len(rows)))
    assert len({row["id"] for row in rows}) == len(rows)


def test_counts_of_a_rule_come_from_those_who_are_known(few: tuple[Plan, Computation, Rows], nhefs: Dataset) -> None:
    _, _, rows = few
    frame = nhefs.frame()
    row = next(r for r in rows if r["x"] == ["qsmk = quit"] and str(r["y"]).startswith("wt82_71 >="))
    cut = float(str(row["y"]).split(">=")[1])
    known = frame[frame["qsmk"].notna() & frame["wt82_71"].notna()]
    table = pd.crosstab(known["qsmk"] != "quit", ~(known["wt82_71"] >= cut)).to_numpy().ravel().tolist()
    assert row["counts"] == table
    assert row["n"] == len(known)
    assert row["n_unknown"] == nhefs.n - len(known)
    assert row["ln_p"] == pytest.approx(
        np.log(stats.fisher_exact(np.reshape(table, (2, 2)), "greater").pvalue), rel=1e-9
    )


def test_the_adjusted_value_is_mantel_haenszel_over_age_and_sex(
    few: tuple[Plan, Computation, Rows], nhefs: Dataset
) -> None:
    _, _, rows = few
    row = next(r for r in rows if r["x"] == ["hbp = ever"] and r["y"] == "death = dead")
    frame = nhefs.frame()
    cuts = nhefs.dictionary["age"].cut_points
    frame["band"] = np.searchsorted(cuts, frame["age"], side="right")
    top = bottom = 0.0
    for _, part in frame[frame["hbp"].notna()].groupby(["band", "sex"], observed=True):
        exposed, cases = part["hbp"] == "ever", part["death"] == "dead"
        n = len(part)
        top += (exposed & cases).sum() * (~exposed).sum() / n
        bottom += (~exposed & cases).sum() * exposed.sum() / n
    assert row["adjusted_for"] == ["age", "sex"]
    assert row["adjusted"]["estimate"] == pytest.approx(top / bottom, rel=1e-9)  # type: ignore[index]


def test_a_rule_about_a_covariate_is_adjusted_for_the_others(nhefs: Dataset) -> None:
    plan = Plan(name="p", outcomes=("death",), exposures=("age", "qsmk"), adjust_for=("age", "sex"))
    _, rows = computed(plan, nhefs)
    own = [row for row in rows if row["mode"] == "rule" and any(str(x).startswith("age") for x in row["x"])]  # type: ignore[attr-defined]
    assert own
    assert {tuple(row["adjusted_for"]) for row in own} == {("sex",)}  # type: ignore[arg-type]


def test_a_cancelled_computation_counts_what_it_left(nhefs: Dataset) -> None:
    plan = replace(Plan.suggest(nhefs.dictionary), rules=Rules(max_length=2))
    looks = iter([False] * 2 + [True] * 1_000_000)
    computation, rows = computed(plan, nhefs, cancelled=lambda: next(looks))
    assert computation.stopped
    assert len(rows) < computation.universe.size
    assert len(rows) + sum(computation.uncomputed.values()) == computation.universe.size


def test_preflight_says_the_number_that_is_then_counted(few: tuple[Plan, Computation, Rows], nhefs: Dataset) -> None:
    _, computation, _ = few
    ahead = preflight(computation.universe, nhefs)
    assert ahead.m == computation.universe.size == sum(ahead.tests.values())
    assert ahead.seconds > 0
    assert ahead.mebibytes > 0


@given(st.lists(st.text('aé=" \\0Z', min_size=1, max_size=5), min_size=1, max_size=4, unique=True))
def test_the_identity_of_a_rule_is_that_of_its_normalised_text(texts: list[str]) -> None:
    found = RuleIdentities(texts, "death = dead").of(range(len(texts)))
    assert found == hypothesis_id("rule", texts, "death = dead")


def test_findings_are_sorted_by_the_adjusted_value_where_there_is_one() -> None:
    found = crude_strength(np.array([-1.0, -2.0]), np.array([np.nan, -5.0]))
    assert found.tolist() == [-1.0, -5.0]


def test_a_screen_is_the_likelihood_of_statsmodels_beside_a_score_p(nhefs: Dataset) -> None:
    import statsmodels.api as sm

    plan = replace(
        Plan.suggest(nhefs.dictionary),
        exposures=("education",),
        rules=Rules(enabled=False),
        pairs=Pairs(enabled=False),
        screens=Screens(enabled=True),
    )
    computation, rows = computed(plan, nhefs)
    assert [row["mode"] for row in rows] == ["screen"] * len(plan.outcomes)
    frame = nhefs.frame()
    columns = {name: nhefs[name].astype(float) for name in ("education", "age", "sex")}
    fit = sm.Logit((frame["death"] == "dead").to_numpy(float), sm.add_constant(pd.DataFrame(columns))).fit(disp=0)
    row = next(row for row in rows if row["y"] == "death")
    assert row["test"] == "logistic_score"
    assert row["estimate"] == pytest.approx(np.exp(fit.params["education"]), rel=1e-6)
    assert row["low"] == pytest.approx(np.exp(fit.conf_int().loc["education", 0]), rel=1e-6)
    # The score p decides; at this size it is near that of the likelihood, and it is not that of the refit.
    assert np.exp(row["ln_p"]) == pytest.approx(fit.pvalues["education"], rel=0.2)
    assert computation.uncomputed == {}


def test_screens_of_every_kind_stand_behind_rules_and_pairs_in_one_numbering(nhefs: Dataset) -> None:
    exposures = ("qsmk", "marital", "hbp")
    plan = replace(Plan.suggest(nhefs.dictionary), exposures=exposures, screens=Screens(enabled=True))
    computation, rows = computed(plan, nhefs)
    assert [row["i"] for row in rows] == list(range(len(rows)))
    assert list(dict.fromkeys(row["mode"] for row in rows)) == ["rule", "pair", "screen"]
    assert sum(row["mode"] == "screen" for row in rows) == len(exposures) * len(plan.outcomes)
    assert len({row["id"] for row in rows}) == len(rows)
    assert len(rows) + sum(computation.uncomputed.values()) == computation.universe.size


def test_exposures_that_say_nothing_new_are_counted_with_their_reason() -> None:
    rng = np.random.default_rng(1)
    age = rng.normal(50, 10, 200)
    names = ("age", "months", "still", "score")
    variables = tuple(Variable(name=name, kind=Kind.CONTINUOUS) for name in names)
    columns = {"age": age, "months": age * 12, "still": np.ones(200), "score": rng.normal(size=200)}
    data = Dataset(
        dictionary=Dictionary(name="d", variables=variables), columns=columns, keys=tuple(map(str, range(200)))
    )
    plan = Plan(
        name="p",
        outcomes=("score",),
        exposures=("months", "still"),
        adjust_for=("age",),
        rules=Rules(enabled=False),
        pairs=Pairs(enabled=False),
        screens=Screens(enabled=True),
    )
    computation, rows = computed(plan, data)
    assert computation.universe.size == len(rows) == 2
    assert {row["status"] for row in rows} == {"degenerate"}
    assert all(row["reason"] and row["ln_p"] is None for row in rows)
