"""A protocol is run once, on other persons, and the words of its verdict are few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from causal.confirmation import (
    OutsideResult,
    Source,
    Verdict,
    confirm,
    judge,
    plausibility_check,
    primary_estimate,
    question_of,
    reused_persons,
)
from causal.estimation import Estimand, Estimate, Method, Scale
from causal.protocol import Protocol
from miner.errors import AlreadyConfirmed, InvalidProtocol, NotFrozen, PersonsReused, ProtocolAltered
from miner.tables.model import Dataset
from tests.causal.nhefs import nhefs
from tests.causal.protocols import frozen, halves, question, ready


def made(value: float, low: float, high: float, scale: Scale = Scale.MEAN_DIFFERENCE) -> Estimate:
    return Estimate(
        method=Method.STANDARDISATION, estimand=Estimand.ATE, scale=scale, value=value, low=low, high=high, se=1.0,
        n=10, n_exposed=5, n_unexposed=5,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "direction", "smallest", "verdict"),
    [
        (made(3.0, 1.0, 5.0), "above", 2.0, Verdict.SUPPORTED),
        # Significant, but smaller than what would matter, which its interval still holds.
        (made(1.5, 0.5, 2.5), "above", 2.0, Verdict.INCONCLUSIVE),
        (made(0.5, 0.1, 0.9), "above", 2.0, Verdict.NOT_SUPPORTED),
        (made(3.0, -1.0, 7.0), "above", 2.0, Verdict.INCONCLUSIVE),
        # The other direction is no support, however strong.
        (made(-3.0, -5.0, -1.0), "above", 2.0, Verdict.NOT_SUPPORTED),
        (made(-3.0, -5.0, -1.0), "below", -2.0, Verdict.SUPPORTED),
        (made(0.5, 0.3, 0.8, Scale.RISK_RATIO), "below", 0.8, Verdict.SUPPORTED),
        (made(1.5, 1.2, 1.9, Scale.RISK_RATIO), "above", 1.2, Verdict.SUPPORTED),
        (made(1.02, 0.95, 1.1, Scale.RISK_RATIO), "above", 1.2, Verdict.NOT_SUPPORTED),
    ],
)
def test_the_frozen_rule(estimate: Estimate, direction: str, smallest: float, verdict: Verdict) -> None:
    assert judge(estimate, direction, smallest, Source.INDEPENDENT)[0] is verdict


def test_the_sealed_part_replicates_internally_at_best() -> None:
    discovery, sealed = halves()
    found = confirm(frozen(), sealed, source=Source.SEALED, mined=discovery)

    assert found.verdict is Verdict.REPLICATED
    assert found.alpha == pytest.approx(0.025)
    assert found.estimate.confidence == pytest.approx(0.975)


def test_an_independent_source_can_support() -> None:
    discovery, other = halves()
    assert confirm(frozen(), other, source=Source.INDEPENDENT, mined=discovery).verdict is Verdict.SUPPORTED


def test_each_further_unlock_halves_alpha_and_a_later_list_is_marked() -> None:
    discovery, sealed = halves()
    third = confirm(frozen(), sealed, source=Source.SEALED, mined=discovery, look=3, frozen_before_first_look=False)
    assert third.alpha == pytest.approx(0.05 / 8)
    assert third.reused_holdout


def test_one_mined_person_among_the_others_is_refused() -> None:
    discovery, _ = halves()
    rows = np.arange(nhefs().n) % 2 == 1
    rows[0] = True
    with pytest.raises(PersonsReused, match="1 of"):
        confirm(frozen(), nhefs().take(rows), source=Source.INDEPENDENT, mined=discovery)


def test_a_person_under_another_key_is_recognised_by_the_row() -> None:
    discovery, _ = halves()
    renamed = Dataset(
        dictionary=discovery.dictionary,
        columns=discovery.columns,
        keys=tuple(f"new{i}" for i in range(discovery.n)),
    )
    assert reused_persons(discovery, renamed) > 0.99 * discovery.n


def test_two_alike_in_a_table_of_yes_and_no_are_not_one_person() -> None:
    discovery, sealed = halves()
    few = {name: discovery.columns[name] for name in ("qsmk", "sex", "death")}
    other = {name: sealed.columns[name] for name in ("qsmk", "sex", "death")}
    first = Dataset(dictionary=discovery.dictionary, columns=few, keys=discovery.keys)
    second = Dataset(dictionary=sealed.dictionary, columns=other, keys=sealed.keys)
    assert reused_persons(first, second) == 0


def test_a_second_run_on_the_same_source_is_refused() -> None:
    discovery, sealed = halves()
    first = confirm(frozen(), sealed, source=Source.SEALED, mined=discovery)
    with pytest.raises(AlreadyConfirmed):
        confirm(frozen(), sealed, source=Source.SEALED, mined=discovery, earlier=[first])


def test_draft_and_altered_protocols_are_not_run() -> None:
    discovery, sealed = halves()
    with pytest.raises(NotFrozen):
        confirm(ready(), sealed, source=Source.SEALED, mined=discovery)
    altered = Protocol(document={**frozen().document, "rationale": "other"})
    with pytest.raises(ProtocolAltered):
        confirm(altered, sealed, source=Source.SEALED, mined=discovery)


def test_the_question_survives_the_protocol() -> None:
    spec = frozen()["analysis_plan.primary.specification"]
    back = question_of(spec)
    assert back.exposure == question().exposure
    assert back.covariates == question().covariates
    assert primary_estimate(frozen(), nhefs()).value == pytest.approx(3.4626, abs=1e-3)


def test_the_look_at_mined_persons_has_no_interval_and_no_p() -> None:
    found = plausibility_check(frozen(), halves()[0])
    assert set(found) == {"label", "method", "scale", "value", "n"}
    assert "confirms nothing" in found["label"]


def test_a_result_from_elsewhere_needs_its_doi_and_may_be_null() -> None:
    null = OutsideResult(
        protocol_hash="h", doi="10.1000/182", verdict=Verdict.NOT_SUPPORTED, value=0.0, low=-1.0, high=1.0,
        measure="mean_difference",
    )  # fmt: skip
    assert null.to_dict()["verdict"] == "not supported"
    with pytest.raises(InvalidProtocol, match="DOI"):
        replace(null, doi="https://example.org")
    with pytest.raises(InvalidProtocol):
        replace(null, verdict=Verdict.REPLICATED)
