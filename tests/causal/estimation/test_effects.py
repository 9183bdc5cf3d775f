"""Contrasts of means: delta method, clusters, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from causal.estimation.effects import Estimand, Means, Method, Scale
from miner.errors import NoEvents


def two(values: tuple[float, float], *, binary: bool = True, cluster: np.ndarray | None = None) -> Means:
    rng = np.random.default_rng(1)
    influence = rng.normal(size=(50, 2))
    return Means(
        method=Method.IPW,
        estimand=Estimand.ATE,
        levels=(0.0, 1.0),
        values=np.array(values),
        influence=influence,
        n=50,
        n_by_level=(25, 25),
        binary=binary,
        cluster=cluster,
    )


def test_standard_errors_follow_the_delta_method_by_finite_differences() -> None:
    means = two((0.2, 0.5))
    covariance = means.covariance()
    functions = (
        lambda m: m[1] - m[0],
        lambda m: np.log(m[1] / m[0]),
        lambda m: np.log(m[1] / (1 - m[1]) * (1 - m[0]) / m[0]),
    )
    for estimate, function in zip(means.contrasts(), functions, strict=True):
        base, step = np.array([0.2, 0.5]), 1e-6
        gradient = [(function(base + step * e) - function(base - step * e)) / (2 * step) for e in np.eye(2)]
        assert estimate.se == pytest.approx(np.sqrt(gradient @ covariance @ gradient), rel=1e-6)


def test_ratio_intervals_are_symmetric_on_the_log_scale_and_narrow_with_less_confidence() -> None:
    _, ratio, _ = two((0.2, 0.5)).contrasts()
    assert ratio.low * ratio.high == pytest.approx(ratio.value**2)
    _, narrower, _ = two((0.2, 0.5)).contrasts(confidence=0.8)
    assert ratio.low < narrower.low < narrower.high < ratio.high


def test_persons_of_one_cluster_count_together() -> None:
    means = two((0.2, 0.5), cluster=np.repeat(np.arange(10), 5))
    sums = means.influence.reshape(10, 5, 2).sum(axis=1)
    assert means.covariance() == pytest.approx(sums.T @ sums / 2500)


@pytest.mark.parametrize("values", [(0.0, 0.5), (0.5, 1.0), (0.2, 0.0)])
def test_a_risk_of_nothing_or_all_has_no_ratio(values: tuple[float, float]) -> None:
    with pytest.raises(NoEvents):
        two(values).contrasts()


def test_a_number_has_a_difference_only_and_its_dictionary_is_plain() -> None:
    (difference,) = two((1.0, 3.0), binary=False).contrasts()
    assert difference.scale is Scale.MEAN_DIFFERENCE
    assert difference.to_dict()["ci_low"] == difference.low
    assert difference.on_null == (difference.low <= 0 <= difference.high)
