from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from miner.associations.signals import mine_signals
from miner.statistics.shrinkage import GammaMixture
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable

PRIOR = GammaMixture(alpha1=0.2, beta1=0.1, alpha2=2.0, beta2=4.0, p=1 / 3)


def reports(n=3000, drugs=9, events=8, seed=4):
    rng = np.random.Generator(np.random.Philox(seed))
    columns, variables = {}, []
    levels = (Level(code="0", label="no"), Level(code="1", label="yes"))
    for k in range(drugs + events):
        name = f"drug{k}" if k < drugs else f"event{k - drugs}"
        columns[name] = (rng.random(n) < rng.uniform(0.02, 0.1)).astype(np.int32)
        variables.append(Variable(name=name, kind=Kind.BINARY, levels=levels))
    columns["event0"] = np.where(rng.random(n) < 0.4 * columns["drug0"], 1, columns["event0"]).astype(np.int32)
    columns["event1"][rng.random(n) < 0.1] = -1
    variables.append(Variable(name="dose", kind=Kind.CONTINUOUS))
    columns["dose"] = rng.normal(size=n)
    return Dataset(
        dictionary=Dictionary(name="reports", variables=tuple(variables)),
        columns=columns,
        keys=tuple(map(str, range(n))),
    )


@pytest.fixture(scope="module")
def dataset():
    return reports()


@pytest.fixture(scope="module")
def rows(dataset):
    drugs, events = [f"drug{k}" for k in range(9)], [f"event{k}" for k in range(8)]
    return {(row["x"][0], row["y"]): row for row in mine_signals(dataset, drugs, events)}


def test_every_drug_is_tested_with_every_event(rows):
    assert len(rows) == 72
    assert sorted(row["i"] for row in rows.values()) == list(range(72))


def test_counts_leave_out_reports_in_which_either_is_unknown(dataset, rows):
    row = rows["drug2", "event1"]
    x, y = dataset["drug2"], dataset["event1"]
    known = y >= 0
    assert row["counts"] == [
        ((x == 1) & (y == 1)).sum(),
        ((x == 1) & (y == 0)).sum(),
        ((x == 0) & (y == 1)).sum(),
        ((x == 0) & (y == 0)).sum(),
    ]
    assert row["n"] == known.sum()
    assert row["n_unknown"] == (~known).sum()


def test_the_p_is_fishers_for_more_reports_than_expected(rows):
    a, b, c, d = rows["drug3", "event2"]["counts"]
    expected = stats.fisher_exact([[a, b], [c, d]], alternative="greater").pvalue
    assert rows["drug3", "event2"]["ln_p"] == pytest.approx(math.log(expected), rel=1e-8)


def test_reporting_ratios_are_those_of_the_table(rows):
    row = rows["drug0", "event0"]
    a, b, c, d = row["counts"]
    assert row["estimate"] == pytest.approx(a / (a + b) / (c / (c + d)))
    assert row["effects"]["reporting_odds_ratio"][0] == pytest.approx(a * d / (b * c))
    half = 1.959964 * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    assert row["effects"]["reporting_odds_ratio"][1] == pytest.approx(a * d / (b * c) * math.exp(-half), rel=1e-5)
    expected = (a + b) * (a + c) / (a + b + c + d)
    assert row["effects"]["information_component"][0] == pytest.approx(math.log2((a + 0.5) / (expected + 0.5)))


def test_a_planted_signal_stands_out_in_every_measure(rows):
    row = rows["drug0", "event0"]
    assert row["ln_p"] == min(r["ln_p"] for r in rows.values())
    assert row["summary"]["evans"] is True
    assert row["effects"]["information_component"][1] > 0


def test_the_prior_is_learnt_once_for_the_whole_table_and_recorded(rows):
    priors = {tuple(row["summary"]["prior"]) for row in rows.values()}
    assert len(priors) == 1
    ebgm = rows["drug0", "event0"]["effects"]["empirical_bayes_geometric_mean"]
    assert ebgm[1] < ebgm[0] < ebgm[2]


def test_a_given_prior_is_used_and_shrinks_towards_it(dataset):
    row = next(iter(mine_signals(dataset, ["drug0"], ["event0"], prior=PRIOR)))
    raw = row["counts"][0] / row["summary"]["expected"]
    assert row["summary"]["prior"] == pytest.approx([0.2, 0.1, 2.0, 4.0, 1 / 3])
    assert 1 < row["effects"]["empirical_bayes_geometric_mean"][0] < raw


def test_too_few_pairs_for_a_prior_leave_the_other_measures(dataset):
    row = next(iter(mine_signals(dataset, ["drug0"], ["event0"])))
    assert "empirical_bayes_geometric_mean" not in row["effects"]
    assert row["summary"]["prior"] is None
    assert row["summary"]["prior_reason"]
    assert row["status"] == "ok"


def test_a_variable_that_is_not_binary_is_a_counted_row(dataset):
    found = list(mine_signals(dataset, ["drug0", "dose"], ["event0"], prior=PRIOR))
    assert [row["status"] for row in found] == ["ok", "not_computed"]


def test_cancelling_before_the_first_pair_gives_nothing(dataset):
    assert list(mine_signals(dataset, ["drug0"], ["event0"], prior=PRIOR, cancelled=lambda: True)) == []
