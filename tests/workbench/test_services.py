"""What pages and commands do alike."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from causal.question import Part
from miner.errors import FortuitError
from miner.project import Project, ProjectExists
from miner.tables.demo import load_nhefs
from miner.tables.sandbox import read_file_safely
from miner.tables.suggestions import suggest
from workbench.services import UnknownPart, assigned_parts, create_project, export_file, record_export


def test_a_table_becomes_a_project_with_its_split(tmp_path: Path) -> None:
    table, dictionary = load_nhefs()
    project = create_project(
        tmp_path / "p", name="p", table=table, dictionary=dictionary, fraction=0.5, profile="public", person="Ada"
    )
    split = project.split_event
    assert split["discovery_rows"] + split["confirmation_rows"] == table.report.rows == 1629
    assert project.actor.name == "Ada"
    with pytest.raises(ProjectExists):
        create_project(tmp_path / "p", name="p", table=table, dictionary=dictionary, fraction=0.5, profile="public")
    project.close()


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n3,4\n5,6\n", "a,b\n" + "1,\n" * 50],
    ids=["three rows", "no variation"],
)
def test_a_table_that_cannot_be_split_or_typed_leaves_no_project(text: str, tmp_path: Path) -> None:
    file = tmp_path / "few.csv"
    file.write_text(text, encoding="utf-8")
    table = read_file_safely(file)
    path = tmp_path / "p"
    with pytest.raises(FortuitError) as problem:
        create_project(path, name="p", table=table, dictionary=suggest(table), fraction=1.5, profile="secure room")
    assert all(problem.value.sentences())
    assert not path.exists()


def test_an_export_is_in_the_ledger_with_the_hash_of_the_file(copy_of_demo: Project, tmp_path: Path) -> None:
    before = list(copy_of_demo.ledger.entries("export"))
    digest = export_file(copy_of_demo, tmp_path / "out" / "x.txt", "hypothesis", form="x.txt")
    assert hashlib.sha256((tmp_path / "out" / "x.txt").read_bytes()).hexdigest() == digest
    last = list(copy_of_demo.ledger.entries("export"))[len(before) :]
    assert [entry.content["sha256"] for entry in last] == [digest]
    assert last[0].content["export_id"] == f"X{len(before) + 1}"
    assert last[0].content["hypotheses"] == ["H-0001"]
    assert record_export(copy_of_demo, b"hypothesis", form="x.txt") == digest, "text and bytes have one hash"


def test_parts_are_read_by_the_last_equals_sign() -> None:
    found = assigned_parts(["sex = female=eligibility", "qsmk=exposure"])
    assert found == {"sex = female": Part.ELIGIBILITY, "qsmk": Part.EXPOSURE}


@pytest.mark.parametrize("text", ["qsmk", "qsmk=", "qsmk=cause", "=x"])
def test_what_assigns_no_part_is_said(text: str) -> None:
    with pytest.raises(UnknownPart) as problem:
        assigned_parts([text])
    assert text in problem.value.what.format(text=text)


def test_the_summary_of_a_design_is_plain_json(demo_folder: Path) -> None:
    summary = json.loads((demo_folder / "summary.json").read_text(encoding="utf-8"))
    for estimate in summary["estimates"]:
        assert set(estimate) >= {"scope", "exposure", "outcome", "method", "value", "ci_low", "ci_high", "n"}
        assert estimate["ci_low"] < estimate["value"] < estimate["ci_high"]
