"""A protocol from its statement to its results, on the demo table: nothing twice, nothing quietly, nothing proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from causal.confirmation import Verdict
from causal.protocol import Status as ProtocolStatus
from causal.question import Part
from causal.studies import (
    Draft,
    ProtocolIsFrozen,
    amend_protocol,
    design_hypothesis,
    fit_to_leave,
    freeze_protocol,
    latest_protocol,
    save,
    sign_protocol,
    state_protocol,
)
from causal.study_outcomes import NoSource, confirm_on_file, confirm_on_sealed_part, record_outside_result
from miner.errors import AlreadyConfirmed, InvalidProtocol, NotFrozen, NotReady, PersonsReused, ProtocolAltered
from miner.ledger.audit import audit
from miner.ledger.registry import Status, hypothesis
from miner.privacy.profiles import Setting, profile
from miner.project import Project
from miner.tables.model import Dataset
from tests.causal.test_protocol_fields import STATED
from workbench.demo import EXPOSURE, OUTCOME, create_demo, demo_diagram, demo_plan

NAME = "H-0001"


@pytest.fixture(scope="module")
def designed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with its hypothesis designed; each test works on a copy."""
    path = tmp_path_factory.mktemp("study") / "demo"
    project = create_demo(path)
    found = project.findings(project.mine(demo_plan()).id)
    pair = next(
        name
        for name, row in zip(found.names, found.rows, strict=True)
        if row["mode"] == "pair" and list(row["x"]) == [EXPOSURE] and row["y"] == OUTCOME
    )
    project.register(found, pair, person="Ada")
    draft = Draft(
        parts={EXPOSURE: Part.EXPOSURE, OUTCOME: Part.OUTCOME}, diagram=demo_diagram(), smallest_of_interest=1.0
    )
    save(project, NAME, draft, design_hypothesis(project, NAME, draft, found), person="Ada")
    project.close()
    return path


@pytest.fixture
def project(designed: Path, tmp_path: Path) -> Iterator[Project]:
    from shutil import copytree

    from workbench.session import open_project

    opened = open_project(Path(copytree(designed, tmp_path / "copy")), "Ada")
    yield opened
    opened.close()


def freeze(project: Project) -> None:
    state_protocol(project, NAME, STATED, person="Ada")
    sign_protocol(project, NAME, person="Ada", date="2026-01-01")
    freeze_protocol(project, NAME, person="Ada")


def others(project: Project) -> Dataset:
    """The discovery part under other keys and with another weight: persons who were not mined."""
    mined = project.discovery
    columns = {name: mined[name] for name in mined.columns}
    columns["wt71"] = np.asarray(columns["wt71"]) + 0.37
    return replace(mined, columns=columns, keys=tuple(f"new-{key}" for key in mined.keys))


def test_a_draft_becomes_frozen_and_its_hypothesis_with_it(project: Project) -> None:
    with pytest.raises(NotReady):
        freeze_protocol(project, NAME, person="Ada")
    freeze(project)
    protocol = latest_protocol(project, NAME)
    assert protocol.status is ProtocolStatus.FROZEN
    assert hypothesis(project.ledger, NAME).status is Status.FROZEN
    last = list(project.ledger.entries("protocol"))[-1].content
    assert (last["status"], last["protocol_sha256"]) == ("frozen", protocol["content_hash"])


def test_a_frozen_protocol_changes_by_amendment_only(project: Project) -> None:
    freeze(project)
    with pytest.raises(ProtocolIsFrozen):
        state_protocol(project, NAME, {"ethics": "none"}, person="Ada")
    frozen = latest_protocol(project, NAME)
    amend_protocol(project, NAME, {"rationale": "Better."}, why="a referee", person="Bo", date="2026-02-02")
    draft = latest_protocol(project, NAME)
    assert (draft["version"], draft["supersedes"], draft.status.value) == (2, frozen["content_hash"], "draft")
    assert draft["amendments"][-1]["why"] == "a referee"


def test_a_saved_protocol_that_was_changed_by_hand_is_not_used(project: Project) -> None:
    freeze(project)
    (path,) = (p for p in (project.path / "protocols").iterdir() if '"status": "frozen"' in p.read_text())
    path.write_text(path.read_text().replace("11 years", "12 years"), encoding="utf-8")
    with pytest.raises(ProtocolAltered):
        confirm_on_sealed_part(project, NAME, person="Ada")


def test_the_sealed_part_is_opened_once_under_the_shared_budget(project: Project) -> None:
    with pytest.raises(NotFrozen):
        confirm_on_sealed_part(project, NAME, person="Ada")
    assert not list(project.ledger.entries("unlock")), "nothing was opened for a draft"
    freeze(project)
    found = confirm_on_sealed_part(project, NAME, person="Ada")
    assert found.verdict in {Verdict.REPLICATED, Verdict.NOT_REPLICATED, Verdict.INCONCLUSIVE}
    assert found.look == 1
    assert found.alpha == pytest.approx(0.025)
    assert [entry.content["number"] for entry in project.ledger.entries("unlock")] == [1]
    with pytest.raises(AlreadyConfirmed):
        confirm_on_sealed_part(project, NAME, person="Ada")
    one = hypothesis(project.ledger, NAME)
    assert one.status is {Verdict.REPLICATED: Status.HELD_UP}.get(found.verdict, one.status)
    assert one.evidence["results"][-1]["verdict"] == found.verdict.value
    assert audit(project.ledger).exit_code == 0


def test_mined_persons_cannot_confirm_and_a_source_is_named(project: Project) -> None:
    freeze(project)
    with pytest.raises(PersonsReused):
        confirm_on_file(project, NAME, project.discovery, source="the same again", person="Ada")
    with pytest.raises(NoSource):
        confirm_on_file(project, NAME, others(project), source=" ", person="Ada")
    assert not list(project.ledger.entries("confirmation"))


def test_other_persons_can_support_once(project: Project) -> None:
    freeze(project)
    found = confirm_on_file(project, NAME, others(project), source="another wave", person="Ada")
    assert found.verdict is Verdict.SUPPORTED
    one = hypothesis(project.ledger, NAME)
    assert one.status is Status.TESTED_SUPPORTED
    assert one.evidence["source"] == "another wave"
    with pytest.raises(AlreadyConfirmed):
        confirm_on_file(project, NAME, others(project), source="another wave", person="Ada")
    assert audit(project.ledger).exit_code == 0


def test_a_null_result_from_elsewhere_is_recorded_with_its_doi(project: Project) -> None:
    with pytest.raises(InvalidProtocol):
        record_outside_result(
            project, NAME, doi="a preprint", verdict=Verdict.NOT_SUPPORTED, measure="mean difference", person="Ada"
        )
    record_outside_result(
        project, NAME, doi="https://doi.org/10.1000/182", verdict=Verdict.NOT_SUPPORTED, measure="mean difference",
        person="Ada", value=0.1, low=-1.0, high=1.2,
    )  # fmt: skip
    one = hypothesis(project.ledger, NAME)
    assert (one.status, one.evidence["doi"]) == (Status.TESTED_NOT_SUPPORTED, "10.1000/182")
    assert one.evidence["results"][-1]["value"] == 0.1


def test_what_is_written_to_leave_holds_no_small_count(project: Project) -> None:
    rules = profile(Setting.PROTECTED)
    made = latest_protocol(project, NAME)
    safe = fit_to_leave(made, rules)
    drawn = safe["design_stage.balance"]["propensity_histogram"]
    assert all(count >= rules.threshold for one in drawn.values() for count in one["counts"])
    assert any(
        0 < c < rules.threshold for c in made["design_stage.balance"]["propensity_histogram"]["exposed"]["counts"]
    )

    def whole(value: object) -> Iterator[int]:
        if isinstance(value, dict):
            for item in value.values():
                yield from whole(item)
        elif isinstance(value, list):
            for item in value:
                yield from whole(item)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield value

    shown = [n for part in ("design_stage", "guardrails", "precision") for n in whole(safe[part])]
    assert not [n for n in shown if rules.is_small(n)]
    assert fit_to_leave(made, project.profile) is made, "a public table is left as it is"
