"""Implied independences: each holds by d-separation, none is left out, and each test is that of a textbook."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from causal.dag import Dag, Node
from causal.implications import Independence, hold_against, implied_independences, missing_arrows
from miner.errors import DagUnknownColumn
from tests.causal.dag_strategies import random_dag


@pytest.mark.parametrize("seed", range(25))
def test_every_implied_independence_holds_is_smallest_and_none_is_left_out(seed: int) -> None:
    dag, _, _ = random_dag(seed, nodes=6, latent=0.25)
    graph = dag.graph()
    found = {(item.x, item.y): item.given for item in implied_independences(dag)}
    for x, y in combinations(dag.observed, 2):
        others = [name for name in dag.observed if name not in {x, y}]
        sizes = [
            size
            for size in range(len(others) + 1)
            for given in combinations(others, size)
            if nx.is_d_separator(graph, {x}, {y}, set(given))
        ]
        assert ((x, y) in found) == bool(sizes)
        if sizes:
            assert nx.is_d_separator(graph, {x}, {y}, set(found[(x, y)]))
            assert len(found[(x, y)]) == min(sizes)


def test_a_missing_arrow_is_an_assumption_and_an_arc_is_none() -> None:
    dag = Dag.of([("a", "b")], bidirected=[("b", "c")])
    assert missing_arrows(dag) == (("a", "c"),)


def test_a_selection_is_part_of_every_set() -> None:
    nodes = tuple(Node(name=name, selection=name == "s") for name in "abs")
    assert implied_independences(Dag(nodes=nodes, edges=(("a", "s"), ("b", "s")))) == ()
    chain = Dag(nodes=nodes, edges=(("a", "s"), ("s", "b")))
    assert implied_independences(chain) == (Independence(x="a", y="b", given=()),)


def test_two_numeric_variables_are_tested_by_the_partial_correlation() -> None:
    import statsmodels.api as sm

    generator = np.random.default_rng(3)
    z = generator.normal(size=(200, 2))
    x = z @ [1.0, 0.5] + generator.normal(size=200)
    y = z @ [0.3, 1.0] + 0.2 * x + generator.normal(size=200)
    frame = pd.DataFrame({"x": x, "y": y, "z1": z[:, 0], "z2": z[:, 1]})
    (check,) = hold_against(frame, [Independence(x="x", y="y", given=("z1", "z2"))])
    fit = sm.OLS(y, sm.add_constant(np.column_stack([x, z]))).fit()
    t, df = fit.tvalues[1], fit.df_resid
    assert np.exp(check.ln_p) == pytest.approx(fit.pvalues[1], rel=1e-9)
    assert check.effect == pytest.approx(abs(t) / np.sqrt(t**2 + df), rel=1e-9)
    assert check.ln_q == check.ln_p
    assert check.contradicted() == (fit.pvalues[1] <= 0.05)


def test_a_categorical_variable_is_tested_by_the_f_test_of_its_indicators() -> None:
    import statsmodels.api as sm

    generator = np.random.default_rng(4)
    group = generator.choice(["a", "b", "c", "d"], size=150)
    z = generator.normal(size=150)
    y = z + (group == "b") * 0.5 + generator.normal(size=150)
    frame = pd.DataFrame({"g": pd.Categorical(group), "y": y, "z": z})
    checks = hold_against(frame, [Independence(x="g", y="y", given=("z",)), Independence(x="y", y="g", given=("z",))])
    full = sm.OLS(y, sm.add_constant(np.column_stack([pd.get_dummies(group, drop_first=True, dtype=float), z]))).fit()
    reduced = sm.OLS(y, sm.add_constant(z)).fit()
    expected = full.compare_f_test(reduced)[1]
    assert [np.exp(check.ln_p) for check in checks] == pytest.approx([expected, expected], rel=1e-9)


def test_two_categorical_variables_are_tested_by_pillais_trace() -> None:
    from statsmodels.multivariate.manova import MANOVA

    generator = np.random.default_rng(5)
    a, b = generator.integers(0, 3, 120), generator.integers(0, 3, 120)
    frame = pd.DataFrame({"a": a.astype(str), "b": b.astype(str)})
    (check,) = hold_against(frame, [Independence(x="a", y="b", given=())])
    endog = pd.get_dummies(b, drop_first=True, dtype=float).to_numpy()
    exog = np.column_stack([np.ones(120), pd.get_dummies(a, drop_first=True, dtype=float)])
    table = MANOVA(endog, exog).mv_test([("a", np.eye(3)[1:])]).results["a"]["stat"]
    assert np.exp(check.ln_p) == pytest.approx(table.loc["Pillai's trace", "Pr > F"], rel=1e-9)


def test_the_test_is_uniform_where_the_independence_holds() -> None:
    generator = np.random.default_rng(6)
    p = []
    for _ in range(400):
        z = generator.normal(size=60)
        frame = pd.DataFrame({"x": z + generator.normal(size=60), "y": z + generator.normal(size=60), "z": z})
        p.append(np.exp(hold_against(frame, [Independence(x="x", y="y", given=("z",))])[0].ln_p))
    assert kstest(p, "uniform").pvalue > 0.001


def test_a_wrong_diagram_is_contradicted_and_the_true_one_is_not() -> None:
    generator = np.random.default_rng(7)
    a = generator.normal(size=500)
    b = a + generator.normal(size=500)
    c = b + 0.6 * a + generator.normal(size=500)
    frame = pd.DataFrame({"a": a, "b": b, "c": c})
    chain = hold_against(frame, implied_independences(Dag.of([("a", "b"), ("b", "c")])))
    assert [check.contradicted() for check in chain] == [True]
    assert hold_against(frame, implied_independences(Dag.of([("a", "b"), ("b", "c"), ("a", "c")]))) == ()


def test_what_cannot_be_computed_counts_and_is_told() -> None:
    frame = pd.DataFrame({"x": [1.0, 2, 3, np.nan], "y": [1.0, 1, 1, 1], "z": [1.0, 4, 2, 8], "w": [3.0, 1, 2, 2]})
    constant, few, fine = hold_against(
        frame,
        [
            Independence(x="y", y="z", given=()),
            Independence(x="x", y="w", given=("z",)),
            Independence(x="z", y="w", given=()),
        ],
    )
    assert (constant.computed, few.computed, fine.computed) == (False, False, True)
    assert (constant.n, few.n) == (4, 3)
    assert np.isnan(constant.ln_p)
    assert not constant.contradicted()
    # Three tests were asked for, so the one that could be computed pays for all of them.
    assert fine.ln_q == pytest.approx(min(0.0, fine.ln_p + np.log(3)))
    with pytest.raises(DagUnknownColumn):
        hold_against(frame, [Independence(x="X", y="y", given=())])
