"""Each check passes on a sound machine and fails on the fixture made for it."""

from __future__ import annotations

import numpy as np
import pytest

from causal.design_matrix import AnalysisData, from_arrays
from causal.estimation import ipw, regression
from causal.refutation import (
    Check,
    Refits,
    RefutationRules,
    Replicates,
    Verdict,
    ipw_refits,
    refute,
    regression_refits,
)
from miner.errors import UnsuitableVariable


def sound(n: int = 800, seed: int = 1) -> AnalysisData:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    t = (rng.random(n) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    return from_arrays(2 * t + x[:, 0] + rng.normal(size=n), t, x)


def verdicts(data: AnalysisData, estimator: object = regression_refits) -> dict[Check, Verdict]:
    return {r.check: r.verdict for r in refute(data, seed=7, estimator=estimator)}  # type: ignore[arg-type]


@pytest.mark.parametrize("estimator", [regression_refits, ipw_refits])
def test_a_sound_machine_on_plain_data_passes_all(estimator: object) -> None:
    assert set(verdicts(sound(), estimator).values()) == {Verdict.PASS}


def test_propensity_scores_kept_from_an_earlier_fit_fail_the_permutation() -> None:
    # The defect found in another library: the scores of the first call are used again for every shuffle.
    data = sound()
    stale = ipw_refits(data, Replicates(exposures=data.exposure[:, None]))
    base = float(stale.values[0])

    def remembers(d: AnalysisData, replicates: Replicates) -> Refits:
        found = ipw_refits(d, replicates)
        return Refits(values=0.5 * base + 0 * found.values + found.values, errors=found.errors)

    assert verdicts(data, remembers)[Check.PERMUTED_EXPOSURE] is Verdict.FAIL


def test_errors_that_are_too_small_fail_the_permutation() -> None:
    def boastful(d: AnalysisData, replicates: Replicates) -> Refits:
        found = regression_refits(d, replicates)
        return Refits(values=found.values, errors=found.errors / 2)

    assert verdicts(sound(), boastful)[Check.PERMUTED_EXPOSURE] is Verdict.FAIL


def test_few_persons_and_many_covariates_fail_the_random_common_cause() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(40, 15))
    t = np.tile([0.0, 1.0], 20)
    assert verdicts(from_arrays(0.3 * t + rng.normal(size=40), t, x))[Check.RANDOM_COMMON_CAUSE] is Verdict.FAIL


def test_one_person_who_makes_the_effect_fails_the_subsets() -> None:
    rng = np.random.default_rng(5)
    t = np.tile([0.0, 1.0], 100)
    y = rng.normal(size=200) * 0.01 - 0.02 * t
    y[1] = 30.0
    assert verdicts(from_arrays(y, t))[Check.SUBSET] is Verdict.FAIL


def test_an_effect_of_nothing_fails_the_sign_of_the_subsets() -> None:
    rng = np.random.default_rng(6)
    t = np.tile([0.0, 1.0], 200)
    y = rng.normal(size=400)
    y -= np.where(t == 1, y[t == 1].mean(), y[t == 0].mean()) - 0.01 * t
    assert verdicts(from_arrays(y, t))[Check.SUBSET] is Verdict.FAIL


def test_subsets_spread_as_far_as_theory_says() -> None:
    found = next(r for r in refute(sound(), seed=3) if r.check is Check.SUBSET)
    (estimate,) = regression(sound())
    assert np.std(found.values, ddof=1) == pytest.approx(0.5 * estimate.se, rel=0.25)


@pytest.mark.parametrize("estimator", [regression_refits, ipw_refits])
def test_refits_made_together_equal_refits_made_one_by_one(estimator: object) -> None:
    data, rng = sound(300), np.random.default_rng(8)
    single = regression if estimator is regression_refits else ipw
    shuffled = rng.permuted(np.repeat(data.exposure[:, None], 3, axis=1), axis=0)
    noise = rng.normal(size=(300, 3))
    kept = rng.permuted(np.repeat((np.arange(300) < 240).astype(float)[:, None], 3, axis=1), axis=0)
    together = [
        estimator(data, Replicates(exposures=shuffled)),  # type: ignore[operator]
        estimator(data, Replicates(extra=noise)),  # type: ignore[operator]
        estimator(data, Replicates(kept=kept)),  # type: ignore[operator]
    ]
    for b in range(3):
        alone = [
            from_arrays(data.outcome, shuffled[:, b], data.covariates),
            from_arrays(data.outcome, data.exposure, np.column_stack([data.covariates, noise[:, b]])),
            data.take(kept[:, b] > 0),
        ]
        for made, one in zip(together, alone, strict=True):
            (expected,) = single(one)
            assert made.values[b] == pytest.approx(expected.value, rel=1e-6)
            assert made.errors[b] == pytest.approx(expected.se, rel=1e-5)


def test_the_same_seed_gives_the_same_replicates_and_another_seed_others() -> None:
    one, again, other = (refute(sound(), seed=s)[0].values for s in (7, 7, 8))
    assert one == again
    assert one != other


def test_rule_and_finding_are_words_and_no_check_validates() -> None:
    for found in refute(sound(), seed=1, rules=RefutationRules(permutations=50, random_causes=10, subsets=20)):
        assert found.rule
        assert found.found
        assert found.to_dict()["verdict"] in {"pass", "fail", "not run"}


def test_weights_need_two_arms() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(UnsuitableVariable):
        refute(from_arrays(rng.normal(size=50), rng.normal(size=50)), seed=1, estimator=ipw_refits)
