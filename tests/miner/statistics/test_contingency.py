"""r x c tables against scipy, by enumeration and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from scipy.stats.contingency import association

from miner.errors import ImpossibleCounts
from miner.statistics.contingency import (
    chi_square,
    chi_square_permutation,
    expectation,
    held,
    is_sparse,
    likelihood_ratio,
    nominal_strength,
)
from miner.statistics.fisher import log_fisher
from miner.statistics.results import Status

tables = hnp.arrays(np.int64, st.tuples(st.integers(2, 4), st.integers(2, 4)), elements=st.integers(0, 30))


@given(tables)
def test_both_tests_equal_scipy_after_empty_rows_and_columns_are_dropped(table: np.ndarray) -> None:
    counts = held(table)
    if min(counts.shape) < 2:
        assert chi_square(table).status is Status.NOT_COMPUTED
        assert math.isnan(nominal_strength(table).cramer_v)
        return
    expected = stats.chi2_contingency(counts, correction=False)
    ours = chi_square(table)
    assert ours.statistic == pytest.approx(expected.statistic, rel=1e-9, abs=1e-12)
    assert ours.df == expected.dof
    assert math.exp(ours.ln_p) == pytest.approx(expected.pvalue, rel=1e-8)
    expected = stats.chi2_contingency(counts, correction=False, lambda_="log-likelihood")
    assert likelihood_ratio(table).statistic == pytest.approx(expected.statistic, rel=1e-8, abs=1e-10)
    strength = nominal_strength(table)
    assert strength.cramer_v == pytest.approx(association(counts.astype(int), method="cramer"), abs=1e-12)
    assert strength.contingency == pytest.approx(association(counts.astype(int), method="pearson"), abs=1e-12)
    for value in (strength.theil_u_column_given_row, strength.lambda_row_given_column, strength.tau_row_given_column):
        assert -1e-12 <= value <= 1 + 1e-12
    assert ours.effect.low <= ours.effect.estimate <= ours.effect.high or math.isnan(ours.effect.estimate)


@given(tables)
def test_directed_measures_exchange_when_the_table_is_transposed(table: np.ndarray) -> None:
    one, two = nominal_strength(table), nominal_strength(table.T)
    assert one.theil_u_column_given_row == pytest.approx(two.theil_u_row_given_column, nan_ok=True)
    assert one.lambda_column_given_row == pytest.approx(two.lambda_row_given_column, nan_ok=True)
    assert one.tau_column_given_row == pytest.approx(two.tau_row_given_column, nan_ok=True)
    assert one.cramer_v_corrected == pytest.approx(two.cramer_v_corrected, nan_ok=True)


def test_a_function_is_told_fully_and_independence_not_at_all() -> None:
    function = nominal_strength([[20, 0], [0, 30], [10, 0]])
    assert function.theil_u_column_given_row == pytest.approx(1)
    assert function.lambda_column_given_row == pytest.approx(1)
    assert function.tau_column_given_row == pytest.approx(1)
    independent = nominal_strength([[10, 20], [20, 40]])
    assert independent.mutual_information == pytest.approx(0, abs=1e-15)
    assert independent.cramer_v_corrected == 0
    assert nominal_strength([[10, 20], [20, 10]]).phi == pytest.approx(1 / 3)


def test_yates_correction_is_that_of_r() -> None:
    assert chi_square([[3, 1], [1, 3]], correction=True).statistic == pytest.approx(0.5)
    assert chi_square([[5, 5], [5, 5]], correction=True).statistic == 0
    assert chi_square([[8, 92], [25, 75]], correction=True).statistic == pytest.approx(9.29050988931228)


def test_permutation_p_of_a_small_table_is_the_exact_one() -> None:
    table = np.array([[6, 1, 2], [1, 5, 3]])
    expected = expectation(table.astype(float))
    observed = ((table - expected) ** 2 / expected).sum()
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    total = exact = 0
    for i in range(columns[0] + 1):
        for j in range(columns[1] + 1):
            k = rows[0] - i - j
            if 0 <= k <= columns[2]:
                ways = math.comb(columns[0], i) * math.comb(columns[1], j) * math.comb(columns[2], k)
                first = np.array([i, j, k])
                drawn = np.array([first, columns - first])
                total += ways
                exact += ways * (((drawn - expected) ** 2 / expected).sum() >= observed - 1e-9)
    result = chi_square_permutation(table, seed=1, permutations=20_000)
    assert math.exp(result.ln_p) == pytest.approx(exact / total, abs=4 * math.sqrt(exact / total / 20_000))


def test_permutation_of_a_two_by_two_table_agrees_with_fisher_and_repeats_from_its_seed() -> None:
    table = [[9, 2], [3, 8]]
    result = chi_square_permutation(table, seed=5, permutations=20_000)
    assert math.exp(result.ln_p) == pytest.approx(math.exp(log_fisher(9, 2, 3, 8, "two-sided")), abs=0.01)
    assert chi_square_permutation(table, seed=5, permutations=20_000).ln_p == result.ln_p
    assert chi_square_permutation(table, seed=6, permutations=20_000).ln_p != result.ln_p


def test_drawn_tables_keep_the_margins_and_p_is_never_zero() -> None:
    strong = chi_square_permutation([[40, 0], [0, 40]], seed=2, permutations=99)
    assert strong.ln_p == pytest.approx(math.log(0.01))
    assert strong.summary["exceedances"] == 0


def test_cochrans_rule_calls_a_table_sparse() -> None:
    assert is_sparse([[1, 2], [2, 3]])
    assert is_sparse([[400, 400], [1, 0]])
    assert not is_sparse([[10, 12], [14, 9]])
    assert is_sparse(np.zeros((2, 2)))


def test_ln_p_of_a_strong_table_does_not_underflow() -> None:
    assert chi_square([[50_000, 0], [0, 50_000]]).ln_p == pytest.approx(-50_005.98, abs=0.1)


@pytest.mark.parametrize("table", [[1, 2], [[1, -1], [2, 3]], [[1.5, 1], [2, 3]], [[float("nan"), 1], [2, 3]]])
def test_what_is_no_table_of_counts_is_refused(table: object) -> None:
    with pytest.raises(ImpossibleCounts):
        chi_square(table)  # type: ignore[arg-type]


def test_one_person_and_no_person_give_a_reason() -> None:
    assert chi_square([[1, 0], [0, 0]]).reason
    assert chi_square([[0, 0], [0, 0]]).reason
    assert chi_square_permutation([[1, 0], [0, 0]], seed=1).reason
    assert likelihood_ratio([[3, 0], [4, 0]]).reason
