"""Classes of equal persons, counted a second time by pandas and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.privacy.anonymity import anonymity, rare_values, riskiest_sets
from miner.tables.demo import load_nhefs


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("mf"), st.integers(0, 2)), min_size=1, max_size=60))
def test_classes_agree_with_pandas(persons):
    frame = pd.DataFrame(persons, columns=["age", "sex", "ill"])
    sizes = frame.groupby(["age", "sex"]).size()

    found = anonymity({"age": frame["age"], "sex": frame["sex"]}, threshold=3, sensitive={"ill": frame["ill"]})

    assert (found.k, found.classes, found.n) == (sizes.min(), len(sizes), len(frame))
    assert found.unique_share == pytest.approx((sizes == 1).sum() / len(frame))
    assert found.small_share == pytest.approx(sizes[sizes < 3].sum() / len(frame))
    assert found.expected_reidentification == pytest.approx(len(sizes) / len(frame))
    assert found.diversity["ill"] == frame.groupby(["age", "sex"])["ill"].nunique().min()
    shares = pd.crosstab([frame["age"], frame["sex"]], frame["ill"], normalize="index")
    whole = frame["ill"].value_counts(normalize=True)
    expected = (shares - whole).abs().sum(axis=1).max() / 2
    assert found.closeness["ill"] == pytest.approx(expected)


def test_a_worked_example_by_hand():
    # Two classes of two: one holds one disease (l = 1, distance 1/2), the other two.
    found = anonymity({"age": [30, 30, 40, 40]}, threshold=2, sensitive={"disease": ["flu", "flu", "cancer", "ulcer"]})

    assert (found.k, found.diversity["disease"], found.closeness["disease"]) == (2, 1, 0.5)
    assert found.light == "green"


def test_the_light_turns_with_the_risk():
    assert anonymity({"a": [1, 1, 1, 2, 2]}, threshold=3).light == "amber"
    assert anonymity({"a": [1, 2, 3]}, threshold=2).light == "red"


def test_unknown_is_a_value_like_any_other():
    assert anonymity({"a": [None, None, float("nan"), "x", "x"]}, threshold=2).k == 2


def test_the_smallest_sets_that_single_people_out_are_found():
    rng = np.random.default_rng(1)
    n = 500
    columns = {
        "sex": rng.integers(0, 2, n).tolist(),
        "region": rng.integers(0, 3, n).tolist(),
        "day": rng.integers(0, 31, n).tolist(),
        "year": rng.integers(0, 60, n).tolist(),
    }

    found = riskiest_sets(columns, threshold=11)

    assert {one.columns for one in found} >= {("day", "year")}
    assert all(one.unique_share >= 0.05 for one in found)
    sets = [set(one.columns) for one in found]
    assert not any(a < b for a in sets for b in sets)


def test_the_public_demo_has_its_known_uniques():
    table, _ = load_nhefs()
    names = ("age", "sex", "race", "birthplace")

    found = anonymity({name: table.values(name) for name in names}, threshold=11)

    frame = pd.DataFrame({name: table.values(name) for name in names}).fillna("?")
    assert found.unique_share == pytest.approx((frame.groupby(list(names)).size() == 1).sum() / 1629)
    assert found.light == "red"


def test_rare_values_are_named_rarest_first():
    assert rare_values(["a"] * 20 + ["b"] * 3 + ["c"] + [None], threshold=11) == ("c", "b")
