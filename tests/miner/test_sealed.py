from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from miner import sealed as sealed_part
from miner.errors import ConfirmationListInvalid, StatusNotReachable
from miner.ledger import Actor, events
from miner.ledger.audit import audit
from miner.ledger.registry import Status, hypothesis, withdraw
from miner.multiplicity.claims import ClaimLevel
from miner.plan import Plan, Rules
from miner.project import LedgerChanged, Project, StillSealed
from miner.sealed import ListOpened, NothingSealed, UnknownList, confirm_list, freeze, frozen_list, lists, openings
from miner.tables.demo import load_nhefs

PERSON = "Ada"


def small_plan(project: Project) -> Plan:
    return replace(project.suggested_plan(), rules=Rules(max_length=1), exposures=("qsmk", "hbp", "active", "age"))


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from datetime import UTC, timedelta

    moments = iter(range(10_000))
    path = tmp_path_factory.mktemp("mined") / "p"
    made = Project.create(
        path,
        name="NHEFS",
        clock=lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(moments)),
        actor=Actor(name=PERSON),
    )
    made.freeze_table(*load_nhefs())
    made.mine(small_plan(made))
    made.close()
    return path


@pytest.fixture
def project(mined: Path, tmp_path: Path, clock: Callable[[], datetime], actor: Actor) -> Project:
    import shutil

    shutil.copytree(mined, tmp_path / "p")
    # Later than what the fixture above wrote.
    for _ in range(5_000):
        clock()
    return Project.open(tmp_path / "p", clock=clock, actor=actor)


def strongest(project: Project, test: str, count: int = 1, *, first: int = 0) -> list[str]:
    found = project.findings()
    rows = [row for row in found.rows if row["test"] == test and row["ln_p"] is not None]
    rows.sort(key=lambda row: float(row["ln_p"]))
    return [project.register(found, str(row["id"]), person=PERSON).id for row in rows[first : first + count]]


def sealed_frame(project: Project) -> pd.DataFrame:
    table, _ = load_nhefs()
    frame = table.table.to_pandas()
    mined = set(project.discovery.keys)
    rest = frame[~frame["seqn"].isin(mined)]
    return rest.apply(pd.to_numeric, errors="coerce")


def test_nothing_reads_the_sealed_part_before_it_was_opened(project: Project) -> None:
    freeze(project, strongest(project, "welch"), person=PERSON)
    with pytest.raises(StillSealed):
        _ = project.sealed


def test_a_list_is_frozen_opened_tested_and_told_everywhere(project: Project) -> None:
    names = strongest(project, "fisher_greater") + strongest(project, "welch") + strongest(project, "fisher_two_sided")
    frozen = freeze(project, names, person=PERSON)
    assert all(hypothesis(project.ledger, name).status is Status.FROZEN for name in names)
    done = confirm_list(project, frozen.id, person=PERSON)
    assert done.opening is not None
    assert done.opening["alpha"] == 0.025
    assert not done.opening["reused"]
    assert {row["verdict"] for row in done.rows} <= {sealed_part.HELD_UP, sealed_part.NOT_HELD_UP}
    held = {str(row["id"]) for row in done.rows if row["verdict"] == sealed_part.HELD_UP}
    assert held, "age with a weight change is strong enough to hold up in 800 persons"
    found = project.findings()
    shown = {str(row["id"]) for row, level in zip(found.rows, found.levels) if level is ClaimLevel.HELD_UP}
    assert shown == held
    assert ClaimLevel.HELD_UP not in found.run_levels
    for row in done.rows:
        one = hypothesis(project.ledger, row["hypothesis"])
        assert (one.status is Status.HELD_UP) == (row["verdict"] == sealed_part.HELD_UP)
        assert one.evidence["sealed_part"]["list"] == frozen.id
    assert audit(project.ledger).exit_code == 0, audit(project.ledger).findings


def test_rules_are_tested_with_the_classes_of_the_mined_part_on_the_discovered_side(project: Project) -> None:
    found = project.findings()
    row = next(r for r in found.rows if r["mode"] == "rule" and r["x"][0].startswith("age in ["))
    name = project.register(found, str(row["id"]), person=PERSON).id
    done = confirm_list(project, freeze(project, [name], person=PERSON).id, person=PERSON)
    low, high = (float(v) for v in done.members[0]["items"][0]["values"])
    outcome = done.members[0]["items"][1]
    frame = sealed_frame(project)
    x = (frame["age"] >= low) & (frame["age"] < high)
    values = frame[outcome["variable"]]
    if outcome["operator"] == "=":
        y = values == float(outcome["values"][0])
    else:
        y = (values >= float(outcome["values"][0])) & (values < float(outcome["values"][1]))
    known = frame["age"].notna() & values.notna()
    table = [int((x & y & known).sum()), int((x & ~y & known).sum())]
    table += [int((~x & y & known).sum()), int((~x & ~y & known).sum())]
    assert done.rows[0]["counts"] == table
    side = done.members[0]["side"]
    p = stats.fisher_exact(np.array(table).reshape(2, 2), alternative=side).pvalue
    assert done.rows[0]["ln_p"] == pytest.approx(math.log(p), abs=1e-9)


def test_a_welch_pair_is_tested_one_sided_as_scipy_does(project: Project) -> None:
    found = project.findings()
    row = next(r for r in found.rows if r["test"] == "welch" and {r["x"][0], r["y"]} == {"qsmk", "wt82_71"})
    name = project.register(found, str(row["id"]), person=PERSON).id
    done = confirm_list(project, freeze(project, [name], person=PERSON).id, person=PERSON)
    frame = sealed_frame(project).dropna(subset=["wt82_71"])
    groups = [frame.loc[frame["qsmk"] == k, "wt82_71"] for k in (1, 0)]
    side = done.members[0]["side"]
    p = stats.ttest_ind(*groups, equal_var=False, alternative=side).pvalue
    assert done.rows[0]["test"] == f"welch_{side}"
    assert done.rows[0]["ln_p"] == pytest.approx(math.log(p), rel=1e-9)


def test_several_groups_have_no_direction_and_the_list_says_so(project: Project) -> None:
    frozen = freeze(project, strongest(project, "kruskal"), person=PERSON)
    assert frozen.members[0]["side"] == "two-sided"
    assert frozen.members[0]["stated"]
    done = confirm_list(project, frozen.id, person=PERSON)
    assert done.rows[0]["test"] == "kruskal"


def test_a_list_frozen_after_an_opening_never_holds_up(project: Project) -> None:
    first, second = strongest(project, "welch"), strongest(project, "fisher_greater", 1)
    confirm_list(project, freeze(project, first, person=PERSON).id, person=PERSON)
    late = freeze(project, second, person=PERSON)
    assert late.late
    done = confirm_list(project, late.id, person=PERSON)
    assert done.opening is not None
    assert (done.opening["number"], done.opening["alpha"], done.opening["reused"]) == (2, 0.0125, True)
    assert sealed_part.HELD_UP not in {row["verdict"] for row in done.rows}
    assert hypothesis(project.ledger, second[0]).status is Status.FROZEN
    assert audit(project.ledger).exit_code == 0


def test_two_lists_frozen_before_the_first_opening_both_keep_their_claim(project: Project) -> None:
    one, two = (freeze(project, [name], person=PERSON) for name in strongest(project, "welch", 2))
    confirm_list(project, one.id, person=PERSON)
    done = confirm_list(project, two.id, person=PERSON)
    assert done.opening is not None
    assert not done.opening["reused"]
    assert "H06" not in {found.code for found in audit(project.ledger).findings}


def test_a_death_between_opening_and_result_counts_as_an_opening_and_can_be_finished(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = freeze(project, strongest(project, "welch"), person=PERSON)
    file = project.path / "data" / "sealed.parquet"
    file.rename(file.with_suffix(".away"))
    with pytest.raises(LedgerChanged):
        confirm_list(project, frozen.id, person=PERSON)
    file.with_suffix(".away").rename(file)
    assert len(openings(project.ledger)) == 1
    done = confirm_list(project, frozen.id, person=PERSON)
    assert len(openings(project.ledger)) == 1
    assert done.result is not None
    with pytest.raises(ListOpened):
        confirm_list(project, frozen.id, person=PERSON)


def test_the_warning_comes_from_the_mined_part_alone(project: Project) -> None:
    frozen = freeze(project, strongest(project, "welch") + strongest(project, "fisher_greater"), person=PERSON)
    (pair, rule) = sealed_part.warnings(project, frozen)
    assert math.isnan(pair.least_expected)
    assert rule.least_expected > 0
    assert 0 < pair.power_half < pair.power <= 1
    assert next(project.ledger.entries("unlock"), None) is None


def test_lists_that_cannot_be_tested_are_refused(project: Project) -> None:
    name = strongest(project, "welch")[0]
    with pytest.raises(ConfirmationListInvalid):
        freeze(project, [], person=PERSON)
    with pytest.raises(ConfirmationListInvalid):
        freeze(project, [name, name], person=PERSON)
    with pytest.raises(UnknownList):
        confirm_list(project, "L1", person=PERSON)
    freeze(project, [name], person=PERSON)
    with pytest.raises(ConfirmationListInvalid):
        freeze(project, [name], person=PERSON)
    assert [one.id for one in lists(project.ledger)] == ["L1"]


def test_a_hypothesis_withdrawn_after_the_freeze_stays_in_m(project: Project) -> None:
    names = strongest(project, "welch", 2)
    frozen = freeze(project, names, person=PERSON)
    one = hypothesis(project.ledger, names[0])
    withdraw(project.ledger, one.id, base=one.version, person=PERSON, reason="an error in the records")
    done = confirm_list(project, frozen.id, person=PERSON)
    assert done.result is not None
    assert done.result["m"] == 2
    assert hypothesis(project.ledger, names[0]).status is Status.WITHDRAWN


def test_without_a_sealed_part_nothing_is_confirmed(
    tmp_path: Path, clock: Callable[[], datetime], actor: Actor
) -> None:
    made = Project.create(tmp_path / "p", name="NHEFS", clock=clock, actor=actor)
    made.freeze_table(*load_nhefs(), fraction=None)
    with pytest.raises(NothingSealed):
        freeze(made, ["H-0001"], person=PERSON)
    assert not lists(made.ledger)


def test_held_up_is_only_reached_through_the_sealed_part(project: Project) -> None:
    from miner.ledger.registry import revise

    name = strongest(project, "welch")[0]
    with pytest.raises(StatusNotReachable):
        revise(project.ledger, name, base=1, person=PERSON, reason="it is strong", status=Status.HELD_UP)


def test_the_frozen_list_is_read_back_as_it_was_written(project: Project) -> None:
    frozen = freeze(project, strongest(project, "welch"), person=PERSON)
    again = frozen_list(project.ledger, frozen.id)
    assert again == frozen


def test_a_frozen_protocol_opens_the_sealed_part_as_a_list_does(project: Project) -> None:
    def opened(name: str, sha: str, number: int) -> events.Unlock:
        return events.Unlock(
            list_id=name, list_sha256=sha, dataset_id="d", number=number, alpha=0.05 / 2**number, reused=False
        )

    project.ledger.record(
        events.Protocol(protocol_id="P-1", hypothesis_id="H-0001", version=1, status="frozen", protocol_sha256="a" * 64)
    )
    project.ledger.record(opened("P-1", "a" * 64, 1))
    assert "H06" not in {found.code for found in audit(project.ledger).findings}
    project.ledger.record(opened("P-1", "b" * 64, 2))
    assert "H06" in {found.code for found in audit(project.ledger).findings}
