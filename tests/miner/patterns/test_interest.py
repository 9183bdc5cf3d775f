"""Interest measures: by mlxtend, by their definitions on rows, and at empty cells."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlxtend.frequent_patterns import apriori, association_rules
from scipy import stats

from miner.errors import ImpossibleCounts, UnknownOption
from miner.patterns.interest import DEFAULT, MEASURES, improvement, measure, measures, mlxtend_columns
from miner.statistics.fisher import log_fisher

cells = st.integers(0, 40)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 20), cells, cells, cells)
def test_every_column_of_mlxtend_comes_out_the_same(a: int, b: int, c: int, d: int) -> None:
    rows = [(True, True)] * a + [(True, False)] * b + [(False, True)] * c + [(False, False)] * d
    frame = pd.DataFrame(rows, columns=["x", "y"])
    itemsets = apriori(frame, min_support=1e-9, use_colnames=True)
    table = association_rules(itemsets, metric="support", min_threshold=0.0)
    theirs = table[table["antecedents"] == frozenset({"x"})].iloc[0]
    for name, ours in mlxtend_columns(a, b, c, d).items():
        if name in theirs:
            # mlxtend works on rounded supports, where a difference of equal numbers leaves 1e-17.
            if name == "conviction" and float(ours) > 1e6:
                assert theirs[name] > 1e6
            elif name in {"zhangs_metric", "certainty"} and b == 0 and d == 0:
                assert abs(theirs[name]) < 1e-9 or math.isnan(theirs[name])
            else:
                assert float(ours) == pytest.approx(theirs[name], rel=1e-7, abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_measures_follow_their_definitions_in_probabilities(a: int, b: int, c: int, d: int) -> None:
    n = a + b + c + d
    joint, x, y = a / n, (a + b) / n, (a + c) / n
    expected = {
        "support": joint,
        "confidence": joint / x,
        "lift": joint / (x * y),
        "leverage": joint - x * y,
        "conviction": x * (1 - y) / (b / n),
        "jaccard": joint / (x + y - joint),
        "cosine": joint / math.sqrt(x * y),
        "added_value": joint / x - y,
        "risk_ratio": (joint / x) / ((y - joint) / (1 - x)),
        "odds_ratio": a * d / (b * c),
        "yule_q": (a * d / (b * c) - 1) / (a * d / (b * c) + 1),
        "yule_y": (math.sqrt(a * d / (b * c)) - 1) / (math.sqrt(a * d / (b * c)) + 1),
        "phi": (joint - x * y) / math.sqrt(x * (1 - x) * y * (1 - y)),
        "chi_squared": stats.chi2_contingency([[a, b], [c, d]], correction=False).statistic,
        "casual_confidence": 1 - b / n * (1 / (x * n) + 1 / (y * n)),
        "gini": x * (a**2 + b**2) / (a + b) ** 2 + (1 - x) * (c**2 + d**2) / (c + d) ** 2 - y**2 - (1 - y) ** 2,
    }
    found = measures(a, b, c, d)
    for name, value in expected.items():
        assert float(found[name]) == pytest.approx(value, rel=1e-9, abs=1e-12), name


@settings(deadline=None)
@given(cells, cells, cells, cells)
def test_symmetric_measures_do_not_know_the_direction_and_null_invariant_ones_not_the_rest(
    a: int, b: int, c: int, d: int
) -> None:
    if a + b + c + d == 0:
        return
    plain, turned, more = measures(a, b, c, d), measures(a, c, b, d), measures(a, b, c, d + 1000)
    for name, definition in MEASURES.items():
        if definition.symmetric:
            assert float(plain[name]) == pytest.approx(float(turned[name]), rel=1e-8, abs=1e-10, nan_ok=True), name
        if definition.null_invariant:
            assert float(plain[name]) == pytest.approx(float(more[name]), nan_ok=True), name


def test_a_measure_said_to_depend_on_the_rest_does() -> None:
    plain, more = measures(12, 7, 3, 5), measures(12, 7, 3, 2000)
    turned = measures(12, 3, 7, 5)
    for name, definition in MEASURES.items():
        if not definition.null_invariant and name != "count":
            assert float(plain[name]) != float(more[name]), name
        if not definition.symmetric:
            assert float(plain[name]) != float(turned[name]), name


@settings(deadline=None)
@given(cells, cells, cells, cells)
def test_no_table_raises_or_warns_and_probabilities_stay_in_range(a: int, b: int, c: int, d: int) -> None:
    found = measures(a, b, c, d)
    assert set(found) == set(MEASURES)
    for name in ("support", "confidence", "jaccard", "cosine", "hyper_confidence", "laplace"):
        value = float(found[name])
        assert math.isnan(value) or -1e-12 <= value <= 1 + 1e-12


def test_empty_cells_have_the_values_of_the_table_of_edges() -> None:
    certain = measures(10, 0, 5, 85)
    assert certain["conviction"] == math.inf
    assert certain["sebag"] == math.inf
    assert certain["yule_q"] == 1
    assert math.isfinite(certain["mutual_information"])
    always = measures(50, 0, 50, 0)
    for name in ("conviction", "certainty", "lambda", "phi", "chi_squared", "odds_ratio"):
        assert math.isnan(always[name]), name
    nobody = measures(0, 0, 3, 4)
    for name in ("confidence", "lift", "risk_difference"):
        assert math.isnan(nobody[name]), name
    never = measures(0, 5, 4, 9)
    assert never["yule_q"] == -1
    assert never["lift"] == 0
    assert never["hyper_confidence"] == 0


@settings(deadline=None)
@given(cells, cells, cells, cells)
def test_hyper_measures_are_quantile_and_tail_of_scipys_hypergeometric(a: int, b: int, c: int, d: int) -> None:
    n = a + b + c + d
    if n == 0:
        return
    law = stats.hypergeom(n, a + b, a + c)
    assert float(measure("hyper_confidence", a, b, c, d)) == pytest.approx(law.cdf(a - 1), rel=1e-9, abs=1e-12)
    assert float(measure("fisher_ln_p", a, b, c, d)) == pytest.approx(float(log_fisher(a, b, c, d)))
    quantile = law.ppf(0.99)
    lift = float(measure("hyper_lift", a, b, c, d))
    if quantile > 0:
        assert lift == pytest.approx(a / quantile)
    else:
        assert math.isinf(lift) if a else math.isnan(lift)


def test_a_negative_rule_is_the_rule_with_its_columns_exchanged() -> None:
    """X -> not Y: a and b, c and d change places; the risk difference turns its sign."""
    assert measure("risk_difference", 7, 12, 20, 9) == pytest.approx(-float(measure("risk_difference", 12, 7, 9, 20)))
    assert measure("odds_ratio", 7, 12, 20, 9) == pytest.approx(1 / float(measure("odds_ratio", 12, 7, 9, 20)))


def test_improvement_is_what_a_rule_adds_to_its_best_generalisation() -> None:
    gain, boost = improvement([0.6, 0.5], [0.5, 0.6])
    assert gain == pytest.approx([0.1, -0.1])
    assert boost == pytest.approx([1.2, 5 / 6])
    assert improvement(0.5, 0.0)[1] == math.inf


def test_names_and_counts_are_checked() -> None:
    assert set(DEFAULT) <= set(MEASURES)
    with pytest.raises(UnknownOption):
        measure("surprise", 1, 2, 3, 4)
    with pytest.raises(ImpossibleCounts):
        measures(-1, 2, 3, 4)
    assert list(measures(1, 2, 3, 4, names=("lift", "confidence"))) == ["lift", "confidence"]


def test_arrays_of_rules_keep_their_shape() -> None:
    a = np.arange(1, 13).reshape(3, 4)
    for name, values in measures(a, a + 1, a + 2, a + 3).items():
        assert values.shape == (3, 4), name
