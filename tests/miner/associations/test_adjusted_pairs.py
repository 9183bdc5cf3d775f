from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from miner.associations.pairs import mine_pairs
from miner.errors import UnknownVariable
from tests.miner.associations.tables_of_pairs import mixed_dataset


@pytest.fixture(scope="module")
def dataset():
    return mixed_dataset()


@pytest.fixture(scope="module")
def rows(dataset):
    names = dataset.dictionary.names()
    return {(row["x"][0], row["y"]): row for row in mine_pairs(dataset, names, adjust_for=("age", "sex"))}


def test_a_partial_spearman_is_the_correlation_of_rank_residuals():
    data = mixed_dataset(unknown=0.0)
    row = next(iter(mine_pairs(data, ("pressure", "weight"), adjust_for=("age", "sex"))))
    ranks = [stats.rankdata(data[name]) for name in ("pressure", "weight", "age")]
    given = np.column_stack([np.ones(data.n), ranks[2], data["sex"]])
    u, v = (r - given @ np.linalg.lstsq(given, r, rcond=None)[0] for r in ranks[:2])
    r = u @ v / math.sqrt((u @ u) * (v @ v))
    t = r * math.sqrt((data.n - 4) / (1 - r * r))
    assert row["adjusted"]["estimate"] == pytest.approx(r, abs=1e-10)
    assert row["adjusted"]["ln_p"] == pytest.approx(math.log(2 * stats.t.sf(abs(t), data.n - 4)), rel=1e-8)
    assert row["adjusted_for"] == ["age", "sex"]


def test_an_adjusted_difference_is_the_robust_linear_model_of_statsmodels(dataset, rows):
    import statsmodels.api as sm

    row = rows["pressure", "smoker"]
    keep = dataset.known("pressure") & dataset.known("smoker")
    given = np.column_stack([np.ones(keep.sum()), dataset["smoker"][keep], dataset["age"][keep], dataset["sex"][keep]])
    fit = sm.OLS(dataset["pressure"][keep], given).fit(cov_type="HC2", use_t=True)
    assert row["adjusted"]["estimate"] == pytest.approx(fit.params[1], rel=1e-8)
    assert (row["adjusted"]["low"], row["adjusted"]["high"]) == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-6)
    assert row["adjusted"]["ln_p"] == pytest.approx(math.log(fit.pvalues[1]), rel=1e-6)


def test_an_adjusted_odds_ratio_pools_strata_of_age_bands_and_sex(dataset, rows):
    from statsmodels.stats.contingency_tables import StratifiedTable

    row = rows["smoker", "ill"]
    cuts = np.quantile(dataset["age"], [0.2, 0.4, 0.6, 0.8])
    stratum = np.searchsorted(cuts, dataset["age"], side="right") * 2 + dataset["sex"]
    x, y = dataset["smoker"], dataset["ill"]
    tables = [
        [[((x == a) & (y == b) & (stratum == s)).sum() for b in (1, 0)] for a in (1, 0)] for s in np.unique(stratum)
    ]
    pooled = StratifiedTable([np.array(t) for t in tables])
    assert row["adjusted"]["effect"] == "mantel_haenszel_odds_ratio"
    assert row["adjusted"]["estimate"] == pytest.approx(pooled.oddsratio_pooled, rel=1e-9)
    assert row["adjusted"]["strata"] == 10


def test_without_covariates_the_residual_association_is_pearsons_chi_square(dataset, rows):
    """Partial V generalises V: with an irrelevant covariate it stays close, and its p is a chi-square p."""
    row = rows["smoker", "region"]
    assert row["adjusted"]["effect"] == "partial_cramer_v"
    assert row["adjusted"]["n"] == row["n"]
    assert row["adjusted"]["ln_p"] == pytest.approx(row["ln_p"], abs=1.0)


def test_a_pair_that_holds_a_covariate_is_adjusted_for_the_others(rows):
    assert rows["age", "pressure"]["adjusted_for"] == ["sex"]
    assert rows["age", "sex"]["adjusted"] is None


def test_a_confounded_pair_shrinks_when_it_is_adjusted(rows):
    crude, adjusted = rows["pressure", "smoker"], rows["pressure", "smoker"]["adjusted"]
    assert abs(adjusted["estimate"]) < abs(crude["estimate"])


def test_a_partial_eta_squared_is_the_f_test_of_ranks_given_the_covariates():
    import statsmodels.api as sm

    data = mixed_dataset(unknown=0.0)
    row = next(iter(mine_pairs(data, ("weight", "region"), adjust_for=("age", "sex"))))
    ranks = stats.rankdata(data["weight"])
    given = np.column_stack([np.ones(data.n), stats.rankdata(data["age"]), data["sex"]])
    full = np.column_stack([given, data["region"][:, None] == np.arange(1, 4)])
    test = sm.OLS(ranks, full).fit().compare_f_test(sm.OLS(ranks, given).fit())
    assert row["adjusted"]["effect"] == "partial_eta_squared"
    assert row["adjusted"]["ln_p"] == pytest.approx(math.log(test[1]), rel=1e-7)


def test_with_an_unrelated_constant_covariate_partial_v_squared_times_n_is_pearsons_chi_square():
    data = mixed_dataset(unknown=0.0)
    row = next(iter(mine_pairs(data, ("region", "colour"), adjust_for=("constant",))))
    table = np.array(row["counts"])
    chi2 = stats.chi2_contingency(table, correction=False).statistic
    assert row["adjusted"]["estimate"] == pytest.approx(math.sqrt(chi2 / data.n / (min(table.shape) - 1)), rel=1e-9)


def test_a_covariate_that_is_not_there_is_refused(dataset):
    with pytest.raises(UnknownVariable):
        list(mine_pairs(dataset, ("weight", "region"), adjust_for=("sexe",)))
