from __future__ import annotations

import numpy as np
import pytest

from miner.associations import screen_kernels


def test_line_products_are_matrix_products():
    rng = np.random.Generator(np.random.Philox(3))
    lines, columns, weight = rng.normal(size=(7, 1300)), rng.normal(size=(6, 1300)), rng.random(1300)
    products, squares = np.empty((7, 6)), np.empty(7)
    screen_kernels.line_products(lines, columns, weight, products, squares)
    assert products == pytest.approx(lines @ columns.T)
    assert squares == pytest.approx((lines**2) @ weight)
    screen_kernels.line_products(lines, columns, np.zeros(0), products, squares)
    assert squares == pytest.approx((lines**2).sum(axis=1))


def test_unknown_values_show_in_their_own_line_only():
    lines = np.ones((3, 40))
    lines[1, 5] = np.nan
    products, squares = np.empty((3, 2)), np.empty(3)
    screen_kernels.line_products(lines, np.ones((2, 40)), np.zeros(0), products, squares)
    assert np.isnan(products).all(axis=1).tolist() == [False, True, False]
