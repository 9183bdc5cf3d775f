from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from miner.associations.pairs import PairUniverse, mine_pairs
from miner.errors import UnknownVariable
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable
from tests.miner.associations.tables_of_pairs import mixed_dataset


@pytest.fixture(scope="module")
def dataset():
    return mixed_dataset()


@pytest.fixture(scope="module")
def rows(dataset):
    names = dataset.dictionary.names()
    return {(row["x"][0], row["y"]): row for row in mine_pairs(dataset, names, adjust_for=("age", "sex"))}


def known_pair(dataset, x, y):
    u, v = np.asarray(dataset[x], float), np.asarray(dataset[y], float)
    keep = dataset.known(x) & dataset.known(y)
    return u[keep], v[keep]


def test_every_declared_pair_is_a_row_once_and_in_order(dataset):
    names = dataset.dictionary.names()
    found = list(mine_pairs(dataset, names))
    assert [row["i"] for row in found] == list(range(len(names) * (len(names) - 1) // 2))
    assert [(row["x"][0], row["y"]) for row in found] == list(PairUniverse(variables=names))
    assert len({row["id"] for row in found}) == len(found)
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("variables", "against"),
    [(("a", "b", "c"), ()), (("a", "b"), ("c", "d", "e")), (("a", "b", "c"), ("b", "c", "d")), (("a",), ("a",))],
)
def test_the_length_of_a_universe_is_what_its_iteration_gives(variables, against):
    universe = PairUniverse(variables=variables, against=against)
    pairs = [frozenset(pair) for pair in universe]
    assert len(universe) == len(pairs) == len(set(pairs))
    assert all(len(pair) == 2 for pair in pairs)


def test_numbers_get_spearman_as_scipy_computes_it_on_the_rows_known_for_both(dataset, rows):
    row = rows["pressure", "weight"]
    x, y = known_pair(dataset, "pressure", "weight")
    expected = stats.spearmanr(x, y)
    assert row["test"] == "spearman"
    assert row["n"] == len(x)
    assert row["n_unknown"] == dataset.n - len(x)
    assert row["estimate"] == pytest.approx(expected.statistic, abs=1e-12)
    assert row["ln_p"] == pytest.approx(math.log(expected.pvalue), rel=1e-9)
    assert row["low"] < row["estimate"] < row["high"]


def test_a_number_and_ordered_levels_get_spearman(dataset, rows):
    row = rows["pressure", "stage"]
    expected = stats.spearmanr(*known_pair(dataset, "pressure", "stage"))
    assert row["test"] == "spearman"
    assert row["estimate"] == pytest.approx(expected.statistic, abs=1e-12)


def test_a_number_and_a_binary_get_welch_with_difference_and_interval(dataset, rows):
    row = rows["pressure", "smoker"]
    x, y = known_pair(dataset, "pressure", "smoker")
    expected = stats.ttest_ind(x[y == 1], x[y == 0], equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert row["test"] == "welch"
    assert row["statistic"] == pytest.approx(expected.statistic, rel=1e-10)
    assert row["df"] == pytest.approx(expected.df, rel=1e-10)
    assert row["ln_p"] == pytest.approx(math.log(expected.pvalue), rel=1e-9)
    assert row["estimate"] == pytest.approx(x[y == 1].mean() - x[y == 0].mean())
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert row["effects"]["point_biserial"][0] == pytest.approx(stats.pointbiserialr(y, x).statistic, abs=1e-10)


def test_a_number_and_nominal_groups_get_kruskal(dataset, rows):
    row = rows["weight", "region"]
    x, y = known_pair(dataset, "weight", "region")
    expected = stats.kruskal(*(x[y == g] for g in range(4)))
    ranks = stats.rankdata(x)
    between = sum((y == g).sum() * (ranks[y == g].mean() - ranks.mean()) ** 2 for g in range(4))
    assert row["test"] == "kruskal"
    assert row["statistic"] == pytest.approx(expected.statistic, rel=1e-10)
    assert row["ln_p"] == pytest.approx(math.log(expected.pvalue), rel=1e-9)
    assert row["estimate"] == pytest.approx(between / ((ranks - ranks.mean()) ** 2).sum(), rel=1e-10)
    assert row["low"] <= row["estimate"] <= row["high"]


def test_two_binaries_get_fisher_two_sided_with_counts_of_exposed_cases_first(dataset, rows):
    row = rows["smoker", "ill"]
    x, y = known_pair(dataset, "smoker", "ill")
    table = [
        [((x == 1) & (y == 1)).sum(), ((x == 1) & (y == 0)).sum()],
        [((x == 0) & (y == 1)).sum(), ((x == 0) & (y == 0)).sum()],
    ]
    assert row["test"] == "fisher_two_sided"
    assert row["counts"] == [table[0][0], table[0][1], table[1][0], table[1][1]]
    assert row["ln_p"] == pytest.approx(math.log(stats.fisher_exact(table).pvalue), rel=1e-7)
    assert row["ln_p_min"] <= row["ln_p"]
    odds = table[0][0] * table[1][1] / (table[0][1] * table[1][0])
    assert row["estimate"] == pytest.approx(odds)
    assert row["low"] < odds < row["high"]


def test_nominal_groups_get_pearsons_chi_square_and_a_corrected_v(dataset, rows):
    row = rows["smoker", "region"]
    x, y = known_pair(dataset, "smoker", "region")
    table = np.array([[((x == a) & (y == b)).sum() for b in range(4)] for a in range(2)])
    expected = stats.chi2_contingency(table, correction=False)
    n = table.sum()
    phi2 = max(0.0, expected.statistic / n - 3 / (n - 1))
    assert row["test"] == "chi_square"
    assert row["counts"] == table.tolist()
    assert row["ln_p"] == pytest.approx(math.log(expected.pvalue), rel=1e-9)
    assert row["estimate"] == pytest.approx(math.sqrt(phi2 / (2 - 1 / (n - 1) - 1)), rel=1e-10)


def test_a_sparse_table_is_permuted_and_says_so(dataset):
    small = dataset.take(np.arange(60))
    row = next(iter(mine_pairs(small, ("region", "colour"))))
    again = next(iter(mine_pairs(small, ("colour", "region"))))
    exact = row["summary"]["exceedances"] / row["summary"]["permutations"]
    assert row["test"] == "chi_square_permutation"
    assert row["ln_p"] == pytest.approx(math.log(exact))
    assert again["ln_p"] == pytest.approx(row["ln_p"], abs=0.35)
    table = np.array(row["counts"])
    rng = np.random.Generator(np.random.Philox(1))
    simulated = stats.random_table(table.sum(axis=1), table.sum(axis=0)).rvs(4000, random_state=rng)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    chi2 = ((simulated - expected) ** 2 / expected).sum(axis=(1, 2))
    assert math.exp(row["ln_p"]) == pytest.approx((chi2 >= row["statistic"] - 1e-9).mean(), abs=0.06)


def test_a_constant_is_degenerate_in_every_pair_and_never_an_error(dataset, rows):
    for pair, row in rows.items():
        if "constant" in pair:
            assert row["status"] == "degenerate"
            assert row["ln_p"] is None
            assert row["reason"]


def test_fewer_than_ten_pairs_get_all_permutations():
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    y = np.array([2.0, 1.0, 4.0, 3.0, 6.0, 5.5])
    variables = tuple(Variable(name=name, kind=Kind.CONTINUOUS) for name in "xy")
    data = Dataset(
        dictionary=Dictionary(name="six", variables=variables), columns={"x": x, "y": y}, keys=tuple("abcdef")
    )
    row = next(iter(mine_pairs(data, ("x", "y"))))
    expected = stats.permutation_test(
        (x,), lambda a: stats.spearmanr(a, y).statistic, permutation_type="pairings", n_resamples=np.inf
    )
    assert row["summary"]["permutations"] == 720
    assert math.exp(row["ln_p"]) == pytest.approx(expected.pvalue, abs=1e-12)


def test_values_that_differ_by_rounding_noise_only_are_ties():
    x = np.array([0.1 + 0.2, 0.3, 0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.7, 1.9, 2.1])
    y = np.arange(11.0)[::-1].copy()
    variables = tuple(Variable(name=name, kind=Kind.CONTINUOUS) for name in "xy")
    data = Dataset(
        dictionary=Dictionary(name="noise", variables=variables), columns={"x": x, "y": y}, keys=tuple("abcdefghijk")
    )
    row = next(iter(mine_pairs(data, ("x", "y"))))
    assert row["estimate"] == pytest.approx(stats.spearmanr(np.round(x, 12), y).statistic, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 12])
def test_a_handful_of_persons_gives_rows_and_never_an_error(dataset, n):
    found = list(mine_pairs(dataset.take(np.arange(n)), dataset.dictionary.names(), adjust_for=("age", "sex")))
    assert len(found) == 45
    assert all(row["reason"] for row in found if row["status"] != "ok")


def test_columns_without_any_known_value_give_counted_rows(dataset):
    columns = {
        name: np.full(50, np.nan) if values.dtype.kind == "f" else np.full(50, -1, np.int32)
        for name, values in dataset.columns.items()
    }
    nothing = Dataset(dictionary=dataset.dictionary, columns=columns, keys=tuple(map(str, range(50))))
    found = list(mine_pairs(nothing, dataset.dictionary.names(), adjust_for=("age", "sex")))
    assert len(found) == 45
    assert all(row["status"] != "ok" and row["ln_p"] is None for row in found)


def test_text_and_durations_keep_their_place_in_the_family():
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    variables = (
        Variable(name="time", kind=Kind.DURATION, event="died"),
        Variable(name="died", kind=Kind.BINARY, levels=levels),
        Variable(name="comment", kind=Kind.TEXT),
    )
    columns = {"time": np.arange(12.0), "died": np.arange(12, dtype=np.int32) % 2}
    data = Dataset(
        dictionary=Dictionary(name="t", variables=variables), columns=columns, keys=tuple(map(str, range(12)))
    )
    found = list(mine_pairs(data, ("time", "died", "comment")))
    assert [row["status"] for row in found] == ["not_computed"] * 3


def test_cancelling_stops_between_chunks_and_progress_reaches_the_total(dataset):
    seen = []
    names = dataset.dictionary.names()
    list(mine_pairs(dataset, names, progress=lambda done, total: seen.append((done, total))))
    assert seen[-1] == (45, 45)
    assert list(mine_pairs(dataset, names, cancelled=lambda: True)) == []


def test_a_name_outside_the_dictionary_is_refused_with_the_nearest(dataset):
    with pytest.raises(UnknownVariable) as caught:
        list(mine_pairs(dataset, ("agee", "sex")))
    assert caught.value.values["nearest"] == "age"


def test_null_pairs_give_uniform_p_values():
    rng = np.random.Generator(np.random.Philox(11))
    columns, variables = {}, []
    for k in range(24):
        name = f"v{k}"
        if k % 3 == 0:
            variables.append(Variable(name=name, kind=Kind.CONTINUOUS))
            columns[name] = rng.normal(size=300)
        else:
            size = 2 if k % 3 == 1 else 3
            levels = tuple(Level(code=str(j), label=str(j)) for j in range(size))
            kind = Kind.BINARY if size == 2 else Kind.NOMINAL
            variables.append(Variable(name=name, kind=kind, levels=levels))
            columns[name] = rng.integers(0, size, 300).astype(np.int32)
    data = Dataset(
        dictionary=Dictionary(name="null", variables=tuple(variables)),
        columns=columns,
        keys=tuple(map(str, range(300))),
    )
    p = np.exp(
        [row["ln_p"] for row in mine_pairs(data, [v.name for v in variables]) if row["test"] != "fisher_two_sided"]
    )
    assert stats.kstest(p, "uniform").pvalue > 0.001
