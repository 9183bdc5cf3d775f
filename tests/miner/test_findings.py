from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from miner.findings import Family, Findings, UnknownFinding, short_name, statement
from miner.multiplicity.claims import claim_levels
from workbench.session import open_project


def made(ln_p: np.ndarray, m: int, share: float = 1.0) -> Findings:
    claims = claim_levels(ln_p, m=m, share=share)
    rows = [
        {
            "i": k,
            "id": f"{k:064x}"[::-1],
            "mode": "pair",
            "x": [f"x{k}"],
            "y": "y",
            "test": "spearman",
            "status": "ok",
            "n": 100,
            "n_unknown": 0,
            "counts": None,
            "ln_p": float(value),
            "effect": "spearman_rho",
            "estimate": 0.1,
            "low": 0.0,
            "high": 0.2,
            "adjusted_for": [],
            "adjusted": None,
        }
        for k, value in enumerate(ln_p)
    ]
    adjusted = {"bh": claims.bh.ln_adjusted, "by": claims.by.ln_adjusted, "holm": claims.holm.ln_adjusted}
    family = Family(run="R1", m=m, share=share, q=claims.q, alpha=claims.alpha, tests_run=len(rows))
    return Findings(
        family=family, rows=rows, ln_adjusted=adjusted, levels=list(claims.levels), run_levels=list(claims.levels)
    )


def test_the_basket_bound_does_not_depend_on_the_order_or_on_repetition() -> None:
    found = made(np.log([1e-9, 1e-8, 1e-7, 0.5, 0.9]), 50)
    names = list(found.names)
    assert found.basket(names[:3]) == found.basket([*reversed(names[:3]), names[0]])
    assert found.basket(names[:3]).bound == 3
    assert found.basket(names[3:]).bound == 0


def test_a_scratch_run_says_nothing_of_any_selection() -> None:
    found = made(np.log([1e-30, 1e-20]), 10, share=0.0)
    assert found.family.scratch
    assert found.basket(list(found.names)).bound == 0
    assert found.associated == 0
    assert found.count_levels()["unadjusted"] == 2


def test_an_unknown_finding_is_named() -> None:
    with pytest.raises(UnknownFinding):
        made(np.log([0.5]), 1).basket(["F-nothing"])


def test_a_basket_of_a_hundred_thousand_tests_answers_in_a_tenth_of_a_second() -> None:
    rng = np.random.default_rng(1)
    found = made(np.log(rng.uniform(1e-12, 1, 100_000)), 100_000)
    names = list(found.names[:40])
    found.basket(names)
    started = time.process_time()
    found.basket(names)
    assert time.process_time() - started < 0.1


def test_names_are_short_and_statements_have_no_arrow() -> None:
    assert short_name("0123456789abcdef") == "F-0123456789"
    assert "->" not in statement("rule", ("a = 1", "b = 2"), "c = 3")


def test_the_table_keeps_every_computed_test_and_sorts_by_the_adjusted_value(demo_folder: Path) -> None:
    project = open_project(demo_folder / "project")
    found = project.findings()
    frame = found.to_frame()
    assert len(frame) == len(found) == found.family.tests_run
    strength = frame["strength"].dropna().to_numpy()
    assert (np.diff(strength) >= 0).all()
    with_cells = frame[frame["a"].notna() & (frame["mode"] == "rule")]
    assert (with_cells[["a", "b", "c", "d"]].sum(axis=1) == with_cells["n"]).all()
    for method in ("ln_p_bh", "ln_p_by", "ln_p_holm"):
        known = frame["ln_p"].notna()
        assert (frame.loc[known, method] >= frame.loc[known, "ln_p"] - 1e-12).all()
    project.close()
