from __future__ import annotations

import numpy as np
import pytest

from miner.associations.screens.families import linear_model, logistic_model
from miner.associations.screens.score import joint_test, score_tests


@pytest.fixture(scope="module")
def model():
    rng = np.random.Generator(np.random.Philox(1))
    given = np.column_stack([np.ones(300), rng.normal(size=(300, 3))])
    return logistic_model((rng.random(300) < 0.4).astype(float), given), given


def test_shifting_an_exposure_by_a_million_changes_nothing(model):
    null, _ = model
    x = np.random.Generator(np.random.Philox(2)).normal(size=(4, 300))
    u, v, aliased = score_tests(null, x)
    far_u, far_v, far = score_tests(null, x + 1e6)
    assert far_u == pytest.approx(u, abs=1e-6)
    assert far_v == pytest.approx(v, rel=1e-6)
    assert not (aliased | far).any()


def test_scaling_an_exposure_leaves_the_statistic(model):
    null, _ = model
    x = np.random.Generator(np.random.Philox(2)).normal(size=(4, 300))
    u, v, _ = score_tests(null, x)
    small_u, small_v, _ = score_tests(null, x * 1e-8)
    assert small_u**2 / small_v == pytest.approx(u**2 / v, rel=1e-9)


def test_combinations_of_covariates_and_constants_are_aliased(model):
    null, given = model
    lines = np.vstack([given @ [1.0, 2.0, -1.0, 0.5], np.full(300, 7.0), np.zeros(300), given[:, 1] ** 2])
    assert score_tests(null, lines)[2].tolist() == [True, True, True, False]


def test_the_joint_test_of_one_column_is_the_single_test(model):
    null, _ = model
    x = np.random.Generator(np.random.Philox(3)).normal(size=(1, 300))
    u, v, _ = score_tests(null, x)
    statistic, rank, coefficients, covariance = joint_test(null, x)
    assert statistic == pytest.approx(u[0] ** 2 / v[0])
    assert (rank, coefficients[0], covariance[0, 0]) == (1, pytest.approx(u[0] / v[0]), pytest.approx(1 / v[0]))


def test_the_joint_test_does_not_depend_on_the_reference_level_and_drops_aliased_columns(model):
    null, _ = model
    levels = np.random.Generator(np.random.Philox(4)).integers(0, 4, 300)
    one = joint_test(null, np.array([levels == k for k in (1, 2, 3)], float))
    other = joint_test(null, np.array([levels == k for k in (0, 1, 2)], float))
    doubled = joint_test(null, np.array([levels == k for k in (0, 1, 2, 3)], float))
    assert one[0] == pytest.approx(other[0])
    assert doubled[0] == pytest.approx(one[0], rel=1e-6)
    assert doubled[1] == one[1] == 3


def test_aliased_covariates_do_not_count_in_the_rank():
    rng = np.random.Generator(np.random.Philox(5))
    z = rng.normal(size=100)
    null = linear_model(rng.normal(size=100), np.column_stack([np.ones(100), z, 2 * z + 1]))
    assert null.rank == 2
