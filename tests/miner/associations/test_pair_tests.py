from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from miner.associations.pair_tests import bergsma_v
from miner.associations.pairs import mine_pairs
from tests.miner.associations.tables_of_pairs import mixed_dataset


def test_bergsmas_v_of_independent_margins_is_zero_and_of_identity_is_one():
    assert bergsma_v(0.0, 100, 3, 3) == 0.0
    assert bergsma_v(200.0, 100, 3, 3) == pytest.approx(1.0)


def test_the_interval_of_v_inverts_the_noncentral_chi_square():
    row = next(iter(mine_pairs(mixed_dataset(), ("stage", "region"))))
    assert row["test"] == "kruskal"
    row = next(iter(mine_pairs(mixed_dataset(n=4000), ("smoker", "colour"))))
    x, n = row["statistic"], row["n"]
    high = optimize.brentq(lambda nc: stats.ncx2.cdf(x, row["df"], nc) - 0.025, 1e-6, 500)
    assert row["high"] == pytest.approx(math.sqrt(high / n), rel=0.02)


def test_the_evidence_of_each_row_gives_its_ln_p_again():
    for row in mine_pairs(mixed_dataset(), mixed_dataset().dictionary.names()):
        if row["status"] != "ok":
            continue
        if row["test"] == "welch":
            n, m, s = (np.array(row["summary"][k]) for k in ("group_n", "means", "sds"))
            p = stats.ttest_ind_from_stats(m[1], s[1], n[1], m[0], s[0], n[0], equal_var=False).pvalue
        elif row["test"] == "kruskal":
            n, ranks = (np.array(row["summary"][k]) for k in ("group_n", "mean_ranks"))
            between = (n * (ranks - (n * ranks).sum() / n.sum()) ** 2).sum()
            p = stats.chi2.sf((n.sum() - 1) * between / row["summary"]["rank_square"], len(n) - 1)
        elif row["test"] == "chi_square":
            p = stats.chi2_contingency(row["counts"], correction=False).pvalue
        elif row["test"] == "fisher_two_sided":
            p = stats.fisher_exact(np.reshape(row["counts"], (2, 2))).pvalue
        elif row["test"] == "spearman":
            p = 2 * stats.t.sf(abs(row["statistic"]), row["df"])
        else:
            p = row["summary"]["exceedances"] / row["summary"]["permutations"]
            if not row["summary"]["stopped_early"]:
                p = (row["summary"]["exceedances"] + 1) / (row["summary"]["permutations"] + 1)
        assert row["ln_p"] == pytest.approx(math.log(p), rel=1e-6, abs=1e-9)


def test_a_monotone_function_is_degenerate_with_ln_p_of_minus_infinity():
    data = mixed_dataset(unknown=0.0)
    columns = dict(data.columns) | {"weight": data["age"] ** 3}
    from miner.tables.model import Dataset

    row = next(
        iter(mine_pairs(Dataset(dictionary=data.dictionary, columns=columns, keys=data.keys), ("age", "weight")))
    )
    assert row["status"] == "degenerate"
    assert row["ln_p"] == -math.inf
    assert row["estimate"] == pytest.approx(1.0)


def test_a_group_of_one_person_gets_no_welch_test():
    data = mixed_dataset(unknown=0.0)
    lonely = np.zeros(data.n, np.int32)
    lonely[0] = 1
    columns = dict(data.columns) | {"sex": lonely}
    from miner.tables.model import Dataset

    row = next(
        iter(mine_pairs(Dataset(dictionary=data.dictionary, columns=columns, keys=data.keys), ("sex", "weight")))
    )
    assert row["status"] == "not_computed"
    assert "fewer than 2" in row["reason"]
