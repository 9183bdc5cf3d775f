from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from miner.errors import AlreadyRegistered, ReasonMissing, StaleVersion, StatusNotReachable, UnknownHypothesis
from miner.ledger import Ledger
from miner.ledger.registry import Status, hypotheses, hypothesis, register, revise, withdraw
from tests.miner.ledger.honest import opened


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return opened(tmp_path / "ledger.sqlite")


def finding(number: int = 1) -> dict[str, object]:
    return {"id": f"{number:064x}", "family_id": "F1", "counts": [40, 160, 10, 290], "level": "screened"}


def test_a_finding_becomes_a_numbered_candidate_under_a_name(ledger: Ledger) -> None:
    made = register(ledger, finding(), person="Ada", statement="A is associated with B in P")
    assert (made.id, made.version, made.status, made.person) == ("H-0001", 1, Status.CANDIDATE, "Ada")
    assert made.label == "Hypothesis, not causation"
    assert made.finding["counts"] == [40, 160, 10, 290]
    assert register(ledger, finding(2), person="Bo", statement="C").id == "H-0002"
    assert [one.id for one in hypotheses(ledger)] == ["H-0001", "H-0002"]


def test_one_finding_makes_one_hypothesis(ledger: Ledger) -> None:
    register(ledger, finding(), person="Ada", statement="A")
    with pytest.raises(AlreadyRegistered):
        register(ledger, finding(), person="Bo", statement="A again")
    withdraw(ledger, "H-0001", base=1, person="Ada", reason="a mistake")
    assert register(ledger, finding(), person="Bo", statement="A again").id == "H-0002"


def test_every_version_stays(ledger: Ledger) -> None:
    register(ledger, finding(), person="Ada", statement="first words")
    revise(ledger, "H-0001", base=1, person="Bo", reason="clearer", statement="second words", status=Status.TRIAGED)
    last = withdraw(ledger, "H-0001", base=2, person="Ada", reason="found in the literature")
    assert [(v.version, v.statement, v.status, v.person, v.reason) for v in last.history] == [
        (1, "first words", "candidate", "Ada", ""),
        (2, "second words", "triaged", "Bo", "clearer"),
        (3, "second words", "withdrawn", "Ada", "found in the literature"),
    ]


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(ledger: Ledger) -> None:
    register(ledger, finding(), person="Ada", statement="A")
    revise(ledger, "H-0001", base=1, person="Bo", reason="r", statement="Bo's words")
    with pytest.raises(StaleVersion, match="Bo"):
        revise(ledger, "H-0001", base=1, person="Ada", reason="r", statement="Ada's words")
    assert hypothesis(ledger, "H-0001").statement == "Bo's words"


def test_a_reason_and_a_name_are_asked_for(ledger: Ledger) -> None:
    with pytest.raises(ReasonMissing):
        register(ledger, finding(), person=" ", statement="A")
    register(ledger, finding(), person="Ada", statement="A")
    with pytest.raises(ReasonMissing):
        withdraw(ledger, "H-0001", base=1, person="Ada", reason="")


def test_an_unknown_number_is_named(ledger: Ledger) -> None:
    with pytest.raises(UnknownHypothesis):
        hypothesis(ledger, "H-0009")


def test_support_needs_an_independent_source(ledger: Ledger) -> None:
    register(ledger, finding(), person="Ada", statement="A")
    step = {"base": 1, "person": "Ada", "reason": "study done", "status": Status.TESTED_SUPPORTED}
    with pytest.raises(StatusNotReachable):
        revise(ledger, "H-0001", **step)  # type: ignore[arg-type]
    done = revise(ledger, "H-0001", evidence={"doi": "10.1000/1"}, **step)  # type: ignore[arg-type]
    assert done.status is Status.TESTED_SUPPORTED


def test_held_up_comes_only_from_a_frozen_list() -> None:
    assert [status for status in Status if status.can_become(Status.HELD_UP)] == [Status.FROZEN, Status.HELD_UP]


def test_withdrawn_is_the_end_and_everything_can_be_withdrawn() -> None:
    for status, other in product(Status, Status):
        if status is Status.WITHDRAWN:
            assert status.can_become(other) == (other is Status.WITHDRAWN)
        assert status.can_become(Status.WITHDRAWN)


def test_a_version_set_aside_is_shown_but_not_in_force(ledger: Ledger) -> None:
    register(ledger, finding(), person="Ada", statement="A")
    revise(ledger, "H-0001", base=1, person="Bo", reason="r", statement="wrong words")
    ledger.void(2, reason="wrong person")
    now = hypothesis(ledger, "H-0001")
    assert (now.statement, now.version) == ("A", 1)
    assert [version.void for version in now.history] == [None, "wrong person"]
    # The next version is built on the last saved, so that numbers never repeat.
    assert revise(ledger, "H-0001", base=2, person="Ada", reason="r", statement="B").version == 3


def test_a_registration_set_aside_leaves_a_withdrawn_number(ledger: Ledger) -> None:
    register(ledger, finding(), person="Ada", statement="A")
    ledger.void(1, reason="test of the page")
    assert hypothesis(ledger, "H-0001").status is Status.WITHDRAWN
    assert register(ledger, finding(), person="Ada", statement="A").id == "H-0002"
