from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from miner.associations.columns import prepare_columns
from miner.associations.pair_sums import PairTables, fills_rectangle, group_sums, rank_correlations
from miner.associations.pairs import mine_pairs
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable
from tests.miner.associations.tables_of_pairs import mixed_dataset

SCORES, GROUPS = ("age", "pressure", "weight"), ("sex", "region", "colour")


def every(count_left, count_right):
    grid = np.meshgrid(np.arange(count_left), np.arange(count_right), indexing="ij")
    return grid[0].ravel(), grid[1].ravel()


@pytest.mark.parametrize("unknown", [0.0, 0.2])
def test_products_and_rows_give_the_same_group_sums(unknown):
    data = mixed_dataset(unknown=unknown)
    columns = prepare_columns(data, SCORES + GROUPS)
    left, right = every(3, 3)
    whole = group_sums(columns, left, right, ranked=False, column_ranks=False)
    for k, (i, j) in enumerate(zip(left, right)):
        x, g = np.asarray(data[SCORES[i]], float), data[GROUPS[j]]
        for level in range(len(columns.groups.labels[j])):
            inside = x[(g == level) & ~np.isnan(x)]
            assert whole.size[k, level] == len(inside)
            assert whole.mean[k, level] == pytest.approx(inside.mean())
            assert whole.square[k, level] == pytest.approx(((inside - inside.mean()) ** 2).sum())


@pytest.mark.parametrize("unknown", [0.0, 0.2])
def test_rank_sums_are_those_of_ranks_inside_the_pair(unknown):
    data = mixed_dataset(unknown=unknown)
    columns = prepare_columns(data, SCORES + GROUPS)
    left, right = every(3, 3)
    sums = group_sums(columns, left, right, ranked=True, column_ranks=False)
    for k, (i, j) in enumerate(zip(left, right)):
        x, g = np.asarray(data[SCORES[i]], float), data[GROUPS[j]]
        keep = ~np.isnan(x) & (g >= 0)
        ranks = stats.rankdata(x[keep])
        assert sums.rank_total[k] == pytest.approx(((ranks - ranks.mean()) ** 2).sum())
        for level in range(len(columns.groups.labels[j])):
            assert sums.mean_rank[k, level] == pytest.approx(ranks[g[keep] == level].mean())


def test_column_ranks_are_near_pair_ranks_and_equal_where_nothing_is_unknown():
    data = mixed_dataset(n=2000, unknown=0.1)
    columns = prepare_columns(data, SCORES)
    left, right = np.array([0, 1, 0]), np.array([1, 2, 2])
    anew, n = rank_correlations(columns, left, right, column_ranks=False)
    once, same_n = rank_correlations(columns, left, right, column_ranks=True)
    assert once == pytest.approx(anew, abs=0.01)
    assert (n == same_n).all()
    complete = prepare_columns(mixed_dataset(unknown=0.0), SCORES)
    anew, _ = rank_correlations(complete, left, right, column_ranks=False)
    once, _ = rank_correlations(complete, left, right, column_ranks=True)
    assert once == pytest.approx(anew, abs=1e-12)


def test_tables_of_narrow_and_wide_columns_are_crossed_counts():
    rng = np.random.Generator(np.random.Philox(4))
    sizes = {"a": 2, "b": 5, "wide": 30}
    variables, columns = [], {}
    for name, size in sizes.items():
        levels = tuple(Level(code=str(k), label=str(k)) for k in range(size))
        variables.append(Variable(name=name, kind=Kind.NOMINAL, levels=levels))
        columns[name] = rng.integers(-1, size, 700).astype(np.int32)
    data = Dataset(
        dictionary=Dictionary(name="t", variables=tuple(variables)), columns=columns, keys=tuple(map(str, range(700)))
    )
    names = tuple(sizes)
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    tables = PairTables.count(prepare_columns(data, names).groups, left, right)
    for k, (i, j) in enumerate(zip(left, right)):
        x, y = data[names[i]], data[names[j]]
        expected = np.array(
            [[((x == a) & (y == b)).sum() for b in range(sizes[names[j]])] for a in range(sizes[names[i]])]
        )
        assert (tables.table(k) == expected).all()
        assert tables.statistics[k, 0] == expected.sum()
        assert tables.statistics[k, 1] == pytest.approx(stats.chi2_contingency(expected, correction=False).statistic)


def test_a_rectangle_is_filled_by_all_its_pairs_only():
    left, right = every(4, 5)
    assert fills_rectangle(left, right)
    assert not fills_rectangle(np.arange(9), np.arange(9))


def test_a_scattered_universe_gives_the_rows_of_the_full_one():
    data = mixed_dataset()
    names = data.dictionary.names()
    full = {(row["x"][0], row["y"]): row for row in mine_pairs(data, names)}
    for pair in [("pressure", "weight"), ("sex", "weight"), ("region", "colour")]:
        row = next(iter(mine_pairs(data, pair)))
        expected = full.get(pair) or full[pair[::-1]]
        assert row["ln_p"] == pytest.approx(expected["ln_p"], rel=1e-10)
        assert row["id"] == expected["id"]
