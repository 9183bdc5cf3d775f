"""The adapter contract of DoWhy, clause by clause, and its answers beside ours and beside published values."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from causal._dowhy import Agreement, Check, Consultation, Method, Opinion, Status, consult, second_opinion
from causal.dag import Dag
from causal.identification import identify
from miner.errors import DagUnknownColumn, DagUnknownNode, DowhyFailed, DowhyRefused
from tests.causal.dag_strategies import random_dag
from tests.causal.nhefs import COVARIATES, SQUARES, nhefs


def _confounded(n: int = 800, seed: int = 11) -> pd.DataFrame:
    """True effect 2; the crude difference is far from it."""
    generator = np.random.default_rng(seed)
    z = generator.normal(size=n)
    ward = generator.integers(0, 3, size=n)
    x = (generator.random(n) < 1 / (1 + np.exp(-z - 0.5 * ward))).astype(np.int64)
    y = 2 * x + 3 * z + ward + generator.normal(size=n)
    return pd.DataFrame(
        {"x": x, "y": y, "z": z, "ward": pd.Categorical.from_codes(ward, ["A", "B", "C"]), "other column": 1.0}
    )


@pytest.fixture(scope="module")
def consultations() -> tuple[pd.DataFrame, pd.DataFrame, list[Consultation], object, object]:
    frame = _confounded()
    before = frame.copy(deep=True)
    np.random.seed(5)  # noqa: NPY002 - the global state is what is watched
    state = np.random.get_state()  # noqa: NPY002
    asked = [
        consult(
            frame,
            exposure="x",
            outcome="y",
            adjustment=["z", "ward"],
            checks=list(Check),
            simulations=6,
            seed=seed,
        )
        for seed in (7, 7, 8)
    ]
    return frame, before, asked, state, np.random.get_state()  # noqa: NPY002


def test_a_the_frame_of_the_caller_is_bitwise_unchanged(consultations) -> None:  # type: ignore[no-untyped-def]
    frame, before, _, _, _ = consultations
    pd.testing.assert_frame_equal(frame, before, check_exact=True)
    assert list(frame.columns) == list(before.columns)
    assert frame["y"].to_numpy().tobytes() == before["y"].to_numpy().tobytes()


def test_b_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(consultations) -> None:  # type: ignore[no-untyped-def]
    first, again, other = consultations[2]
    assert repr(first) == repr(again)
    assert [r.values for r in first.refutations] != [r.values for r in other.refutations]
    assert [e.value for e in first.estimates] == [e.value for e in other.estimates]


def test_c_the_global_random_state_is_as_before(consultations) -> None:  # type: ignore[no-untyped-def]
    before, after = consultations[3], consultations[4]
    assert before[0] == after[0]
    assert np.array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_d_nothing_is_printed_or_warned(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second_opinion(Dag.of([("x", "m")], nodes=["y"]), "x", "y")
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err == ""


def test_e_a_call_that_takes_too_long_ends_with_the_status_timeout() -> None:
    opinion = second_opinion(Dag.of([("x", "y")]), "x", "y", seconds=0.05)
    assert opinion == Opinion(status=Status.TIMEOUT)
    asked = consult(_confounded(50), exposure="x", outcome="y", adjustment=["z"], seed=1, seconds=0.05)
    assert asked.status is Status.TIMEOUT
    assert asked.estimates == ()
    assert asked.n == 50


def test_f_a_misspelt_name_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(DagUnknownColumn) as column:
        consult(_confounded(50), exposure="x", outcome="y", adjustment=["Z"], seed=1)
    assert column.value.values == {"name": "Z", "nearest": "z"}
    with pytest.raises(DagUnknownNode) as node:
        second_opinion(Dag.of([("smoking", "y")]), "smokng", "y")
    assert node.value.values["nearest"] == "smoking"


def test_g_all_results_are_plain_numbers_and_texts(consultations) -> None:  # type: ignore[no-untyped-def]
    for asked in consultations[2]:
        for field in fields(asked):
            assert type(getattr(asked, field.name)) in {int, str, tuple, Status}
        assert all(type(estimate.value) is float for estimate in asked.estimates)
        assert all(type(value) is float for refuted in asked.refutations for value in refuted.values)


def test_an_error_inside_dowhy_reaches_the_caller_by_name() -> None:
    with pytest.raises(DowhyFailed, match="Error"):
        # A subset larger than the data cannot be drawn without replacement.
        consult(
            _confounded(50),
            exposure="x",
            outcome="y",
            adjustment=["z"],
            checks=[Check.SUBSET],
            fraction=2.0,
            simulations=1,
            seed=1,
        )


def test_both_estimates_are_near_the_effect_and_the_checks_behave(consultations) -> None:  # type: ignore[no-untyped-def]
    asked = consultations[2][0]
    crude = consultations[0].groupby("x")["y"].mean().diff().iloc[-1]
    assert crude > 3
    assert [estimate.value for estimate in asked.estimates] == pytest.approx([2.0, 2.0], abs=0.4)
    for refuted in asked.refutations:
        centre = 0.0 if refuted.check is Check.PLACEBO else 2.0
        # The stale propensity score of a shared frame gives a placebo far from zero here.
        assert np.mean(refuted.values) == pytest.approx(centre, abs=0.5)
        assert len(set(refuted.values)) == 6


def test_weighting_agrees_with_weights_computed_by_hand(consultations) -> None:  # type: ignore[no-untyped-def]
    import statsmodels.api as sm

    frame, asked = consultations[0], consultations[2][0]
    indicators = pd.get_dummies(frame["ward"], drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([frame[["z"]], indicators], axis=1))
    score = sm.GLM(frame["x"], design, family=sm.families.Binomial()).fit().predict(design)
    x, y = frame["x"], frame["y"]
    treated = (x * y / score).sum() / (x / score).sum()
    control = ((1 - x) * y / (1 - score)).sum() / ((1 - x) / (1 - score)).sum()
    weighted = next(e for e in asked.estimates if e.method is Method.PROPENSITY_WEIGHTING)
    assert weighted.value == pytest.approx(treated - control, abs=1e-4)


def test_the_published_weighted_estimate_of_nhefs_is_reproduced() -> None:
    # Hernan & Robins, Causal Inference: What If, program 12.2: 3.44 kg with the design of the book (12 terms, squares).
    frame = nhefs().frame()
    squares = [f"{name} squared" for name in SQUARES]
    frame[squares] = frame[list(SQUARES)] ** 2
    asked = consult(frame, exposure="qsmk", outcome="wt82_71", adjustment=[*COVARIATES, *squares], seed=1)
    weighted = next(e for e in asked.estimates if e.method is Method.PROPENSITY_WEIGHTING)
    assert (asked.n, asked.n_incomplete) == (1566, 63)
    assert weighted.value == pytest.approx(3.4405, abs=5e-4)


def test_text_levels_are_encoded_missing_rows_left_out_and_both_reported() -> None:
    frame = _confounded(400)
    frame["arm"] = np.where(frame["x"] == 1, "yes", "no")
    frame.loc[:9, "z"] = np.nan
    asked = consult(frame, exposure="arm", outcome="y", adjustment=["z", "ward"], seed=1)
    assert (asked.n, asked.n_incomplete, asked.control, asked.treated) == (390, 10, "no", "yes")
    assert asked.estimates[0].value == pytest.approx(2.0, abs=0.5)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"x": 1}, "one level"),
        ({"x": ["a", "b", "c", "d"]}, "4 levels"),
        ({"x": [0.0, 1.0, 2.0, 3.0]}, "more than two values"),
        ({"z": np.nan}, "no row"),
        ({"z": 1.0}, "at least one covariate"),
        ({"y": [np.inf, 1, 2, 3]}, "infinite"),
    ],
)
def test_data_on_which_dowhy_gives_a_number_that_looks_fine_are_refused(change: dict[str, object], reason: str) -> None:
    frame = pd.DataFrame({"x": [0, 1, 0, 1], "y": [1.0, 2.0, 3.0, 5.0], "z": [0.1, 0.2, 0.3, 0.5]}).assign(**change)
    with pytest.raises(DowhyRefused, match=reason):
        consult(frame, exposure="x", outcome="y", adjustment=["z"], seed=1)


def test_dowhys_sets_stand_beside_ours_and_a_disagreement_would_show() -> None:
    dag = Dag.of([("z", "x"), ("z", "y"), ("x", "y")])
    ours = identify(dag, "x", "y")
    assert second_opinion(dag, "x", "y").agreement(ours) is Agreement.EQUAL
    assert Opinion(status=Status.OK, directed_path=True, minimal_sets=(("q",),)).agreement(ours) is Agreement.DISAGREE
    assert Opinion(status=Status.OK, directed_path=False).agreement(ours) is Agreement.DISAGREE
    assert Opinion(status=Status.TIMEOUT).agreement(ours) is Agreement.NOT_COMPARED


@pytest.mark.parametrize("seed", [*range(5), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(5, 65))])
def test_dowhy_never_contradicts_our_sets_on_random_diagrams(seed: int) -> None:
    dag, x, y = random_dag(seed)
    assert second_opinion(dag, x, y).agreement(identify(dag, x, y)) in {Agreement.EQUAL, Agreement.SUBSET}


def test_importing_the_adapter_does_not_import_dowhy() -> None:
    program = "import sys, causal._dowhy; sys.exit('dowhy' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], env=os.environ, check=False).returncode == 0
