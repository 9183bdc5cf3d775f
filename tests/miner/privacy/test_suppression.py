"""What is masked stays masked: an attacker who can subtract and solve learns nothing about a small cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import CannotProtect
from miner.privacy.suppression import attack, is_safe, merge_levels, primary, protect, round_counts, with_totals

small_tables = st.integers(2, 4).flatmap(
    lambda rows: st.integers(2, 4).flatmap(
        lambda columns: st.lists(
            st.lists(st.integers(0, 60), min_size=columns, max_size=columns), min_size=rows, max_size=rows
        )
    )
)


def test_masking_only_the_small_cells_gives_them_back():
    # The reason for everything here: with totals, one masked cell in a row is a subtraction away.
    full = with_totals(np.array([[34, 3, 20], [50, 30, 40]]))
    masked = full == 3

    low, high = attack(full, masked)

    assert low[0, 1] == high[0, 1] == 3


@pytest.mark.parametrize("seed", range(8))
def test_no_small_cell_of_a_random_table_can_be_narrowed_down(seed):
    rng = np.random.default_rng(seed)
    table = rng.poisson(rng.gamma(1.0, 30, rng.integers(3, 8, 2)))

    protected = protect(table, 11)

    low, high = attack(protected.full, protected.masked)
    inner = primary(protected.full, 11) & (protected.full < 11)
    assert np.all(low[inner] <= 1e-6)
    assert np.all(high[inner] >= 11 - 1e-6)
    assert np.all(protected.masked[primary(protected.full, 11)])


@settings(max_examples=25, deadline=None)
@given(small_tables)
def test_protection_holds_for_any_table_or_is_refused(table):
    counts = np.array(table)
    try:
        protected = protect(counts, 5)
    except CannotProtect:
        # Even with everything masked nothing can be known: refused only where the whole table is below the threshold.
        assert not is_safe(
            with_totals(counts), np.ones_like(with_totals(counts), dtype=bool), primary(with_totals(counts), 5), 5
        )
        return
    assert is_safe(protected.full, protected.masked, primary(protected.full, 5), 5)
    assert np.array_equal(protected.full[:-1, :-1], counts)


def test_the_interval_of_the_attack_is_exact_by_counting_all_tables():
    # Second computation: all tables of whole numbers with these sums, one by one.
    table = np.array([[3, 12], [9, 20]])
    full = with_totals(table)
    masked = np.zeros_like(full, dtype=bool)
    masked[:2, :2] = True
    seen = []
    for a in range(16):
        b, c = 15 - a, 12 - a
        d = 29 - c
        if min(a, b, c, d) >= 0:
            seen.append((a, b, c, d))

    low, high = attack(full, masked)

    assert [low[0, 0], high[0, 0]] == pytest.approx([min(t[0] for t in seen), max(t[0] for t in seen)])
    assert [low[1, 1], high[1, 1]] == pytest.approx([min(t[3] for t in seen), max(t[3] for t in seen)])


def test_a_table_without_small_cells_is_left_whole():
    protected = protect(np.array([[40, 30], [50, 60]]), 11)

    assert not protected.masked.any()
    assert protected.shown() == [[40, 30, 70], [50, 60, 110], [90, 90, 180]]


def test_a_cell_near_its_total_is_small_by_its_complement():
    full = with_totals(np.array([[997, 3], [500, 500]]))

    assert primary(full, 11)[0].tolist() == [True, True, False]


def test_one_symbol_stands_for_every_masked_cell():
    protected = protect(np.array([[40, 3], [50, 30]]), 11)

    assert {cell for row in protected.shown() for cell in row if not isinstance(cell, int)} == {"•"}
    assert protected.secondary > 0


def test_the_solver_writes_nothing_to_the_terminal(capfd):
    protect(np.array([[40, 3, 20], [50, 30, 2], [9, 80, 70]]), 11)

    assert capfd.readouterr() == ("", "")


def test_sparse_levels_are_joined_until_each_is_large_enough():
    table = np.array([[2, 3], [40, 50], [4, 4], [1, 1]])

    nominal, ordinal = merge_levels(table, 11), merge_levels(table, 11, ordinal=True)

    assert all(table[list(group)].sum() >= 11 for group in nominal + ordinal)
    assert sorted(row for group in nominal for row in group) == [0, 1, 2, 3]
    assert all(list(group) == list(range(group[0], group[-1] + 1)) for group in ordinal)


def test_rounded_counts_add_up():
    full = round_counts(np.array([[12, 18], [23, 7]]), 5)

    assert full.tolist() == [[10, 20, 30], [25, 5, 30], [35, 25, 60]]


@pytest.mark.parametrize("seed", range(4))
def test_totals_that_stand_elsewhere_are_not_masked_and_do_not_help_the_attacker(seed):
    rng = np.random.default_rng(seed)
    table = rng.poisson(rng.gamma(1.0, 40, (5, 2))) + np.array([[30, 30]])
    table[seed] = [4, 90]

    protected = protect(table, 11, totals_known=True)

    small = primary(protected.full, 11)
    assert is_safe(protected.full, protected.masked, small, 11)
    assert not (protected.masked & ~small)[-1].any()
    assert not (protected.masked & ~small)[:, -1].any()
