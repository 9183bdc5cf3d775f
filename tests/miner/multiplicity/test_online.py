"""Online levels: the past decides, nothing changes later, and what was seen is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import (
    AlreadySeen,
    IndependenceNotAcknowledged,
    MemberPending,
    NotAProbability,
    NothingPending,
    OutOfOrder,
    UnknownCorrection,
)
from miner.multiplicity.corrections import Dependence, Guarantee
from miner.multiplicity.logarithms import ln_from_p
from miner.multiplicity.online import (
    PROPERTIES,
    Interactive,
    Procedure,
    fast_discount,
    replay,
    slow_discount,
)

sequences = st.lists(st.sampled_from([0.0, 1e-6, 1e-4, 0.001, 0.01, 0.2, 0.4, 0.6, 1.0, math.nan]), max_size=25)


def slow_gamma(j: int) -> float:
    return 0.07720838 * math.log(max(j, 2)) / (j * math.exp(math.sqrt(math.log(j))))


def lord_levels(p: list[float], alpha: float) -> list[float]:
    """LORD++ as printed in the paper, times counted from 1."""
    times: list[int] = []
    levels = []
    for t in range(1, len(p) + 1):
        level = alpha / 10 * slow_gamma(t)
        if times:
            level += (alpha - alpha / 10) * slow_gamma(t - times[0])
        level += alpha * sum(slow_gamma(t - tj) for tj in times[1:])
        levels.append(level)
        if p[t - 1] <= level:
            times.append(t)
    return levels


def saffron_levels(p: list[float], alpha: float) -> list[float]:
    """SAFFRON by its definition: sums over candidates strictly after each rejection."""

    def gamma(j: int) -> float:
        return 0.4374901658 / j**1.6

    times: list[int] = []
    levels = []
    for t in range(1, len(p) + 1):

        def candidates_after(start: int, t: int = t) -> int:
            return sum(p[i - 1] <= 0.5 for i in range(start + 1, t))

        level = alpha / 2 * gamma(t - candidates_after(0))
        for index, tj in enumerate(times):
            share = alpha - alpha / 2 if index == 0 else alpha
            level += share * gamma(t - tj - candidates_after(tj))
        level = min(0.5, 0.5 * level)
        levels.append(level)
        if p[t - 1] <= level:
            times.append(t)
    return levels


@given(p=sequences, alpha=st.sampled_from([0.05, 0.1]))
def test_lord_and_saffron_are_their_definitions(p: list[float], alpha: float) -> None:
    p = [value for value in p if not math.isnan(value)]

    lord = replay(ln_from_p(p), "lord++", alpha=alpha)
    saffron = replay(ln_from_p(p), "saffron", alpha=alpha, acknowledge_independence=True)

    assert lord.levels == pytest.approx(lord_levels(p, alpha), rel=1e-9)
    assert saffron.levels == pytest.approx(saffron_levels(p, alpha), rel=1e-9)


@pytest.mark.parametrize("procedure", list(Procedure))
@given(p=sequences, alpha=st.sampled_from([0.05, 0.1]))
def test_the_answer_for_a_prefix_is_the_prefix_of_the_answer(
    procedure: Procedure, p: list[float], alpha: float
) -> None:
    whole = replay(ln_from_p(p), procedure, alpha=alpha, acknowledge_independence=True)

    part = replay(ln_from_p(p[: len(p) // 2]), procedure, alpha=alpha, acknowledge_independence=True)

    assert whole.levels[: part.levels.size] == pytest.approx(part.levels, rel=1e-12)
    assert whole.rejected[: part.rejected.size].tolist() == part.rejected.tolist()
    assert not whole.rejected[np.isnan(p)].any() if p else True


@pytest.mark.parametrize("procedure", list(Procedure))
def test_a_test_that_could_not_be_computed_uses_up_its_level(procedure: Procedure) -> None:
    options = {"alpha": 0.1, "acknowledge_independence": True}

    missing = replay(ln_from_p([math.nan, 0.5]), procedure, **options)
    # The nearest computed value that is no discovery and no candidate, but advances every clock.
    large = (
        replay(ln_from_p([0.4, 0.5]), procedure, **options)
        if procedure is Procedure.ADDIS
        else replay(ln_from_p([0.9, 0.5]), procedure, **options)
    )

    assert missing.levels == pytest.approx(large.levels)
    assert not missing.rejected.any()


def test_levels_spent_never_exceed_alpha() -> None:
    assert slow_discount(1_000_000).sum() < 1.0
    assert fast_discount(1_000_000).sum() < 1.0
    assert np.all(np.diff(slow_discount(1000)[2:]) < 0)


def test_lond_multiplies_by_the_discoveries_so_far() -> None:
    p = ln_from_p([1e-9, 1e-9, 0.9, 0.9])
    budget = 0.05 * slow_discount(4)

    assert replay(p, "lond", alpha=0.05).levels == pytest.approx(budget * [1, 1, 2, 2])
    assert replay(p, "lond_original", alpha=0.05).levels == pytest.approx(budget * [1, 2, 3, 3])
    harmonic = np.cumsum(1 / np.arange(1, 5))
    assert replay(p, "lond_arbitrary", alpha=0.05).levels == pytest.approx(budget / harmonic * [1, 1, 2, 2])


@pytest.mark.parametrize("procedure", ["saffron", "addis"])
def test_the_adaptive_procedures_need_an_acknowledgement(procedure: str) -> None:
    with pytest.raises(IndependenceNotAcknowledged):
        replay([-1.0], procedure, alpha=0.05)


def test_an_unknown_procedure_is_named() -> None:
    with pytest.raises(UnknownCorrection, match="lord3"):
        replay([-1.0], "lord3", alpha=0.05)


def test_each_procedure_states_what_it_keeps_and_needs() -> None:
    assert set(PROPERTIES) == set(Procedure)
    assert PROPERTIES[Procedure.ALPHA_SPENDING] == (Guarantee.FAMILYWISE, Dependence.ANY)
    assert PROPERTIES[Procedure.LOND] == (Guarantee.FALSE_DISCOVERY, Dependence.POSITIVE)


def interactive(ln_p: list[float]) -> Interactive:
    family = Interactive(alpha=0.05)
    for i, value in enumerate(ln_p):
        family = family.declare(10 * (i + 1), f"h{i}", seen=()).record(value)
    return family


def test_verdicts_never_change_when_more_is_looked_at() -> None:
    ln_p = [-20.0, -1.0, math.nan, -9.0, -30.0]

    for count in range(1, 6):
        earlier = interactive(ln_p[:count]).verdicts()
        assert repr(interactive(ln_p).verdicts()[:count]) == repr(earlier)  # by text: NaN is not equal to itself
        assert len(earlier) == count


def test_a_verdict_is_that_of_the_replayed_sequence() -> None:
    ln_p = [-20.0, -1.0, -9.0]

    verdicts = interactive(ln_p).verdicts()

    for name, procedure in (("alpha_spending", "alpha_spending"), ("lond", "lond"), ("lord", "lord++")):
        second = replay(ln_p, procedure, alpha=0.05)
        assert [getattr(v, name) for v in verdicts] == second.rejected.tolist()
        assert [getattr(v, f"{name}_level") for v in verdicts] == second.levels.tolist()


def test_the_sorted_order_attack_is_refused() -> None:
    """A person who walks down a table sorted by p declares what was already shown."""
    shown = {"age ~ death": -40.0, "sex ~ death": -20.0}

    with pytest.raises(AlreadySeen):
        Interactive(alpha=0.05).declare(1, "age ~ death", seen=shown.keys())


def test_the_same_hypothesis_is_not_tested_twice() -> None:
    with pytest.raises(AlreadySeen):
        interactive([-1.0]).declare(99, "h0", seen=())


def test_places_are_in_order_and_one_at_a_time() -> None:
    family = interactive([-1.0])

    with pytest.raises(OutOfOrder):
        family.declare(10, "late", seen=())
    with pytest.raises(MemberPending):
        family.declare(20, "b", seen=()).declare(30, "c", seen=())
    with pytest.raises(NothingPending):
        family.record(-2.0)
    with pytest.raises(NothingPending):
        Interactive(alpha=0.05).record(-2.0)
    with pytest.raises(NotAProbability):
        family.declare(20, "b", seen=()).record(0.5)


def test_a_pending_look_has_no_verdict_yet() -> None:
    family = interactive([-1.0]).declare(99, "pending", seen=())

    assert [verdict.look.hypothesis for verdict in family.verdicts()] == ["h0"]
