"""The demo: what it writes, and what its numbers must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from causal.protocol import load
from miner.project import Project
from miner.tables.demo import load_nhefs
from workbench.demo import create_demo, demo_diagram, demo_plan
from workbench.session import open_project


@pytest.fixture
def summary(demo_folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo_folder / "summary.json").read_text(encoding="utf-8"))
    return found


def test_the_demo_leaves_every_file_it_promises(demo_folder: Path) -> None:
    names = {"report.html", "protocol.json", "protocol.md", "registry.csv", "registry.json", "summary.json"}
    assert names <= {path.name for path in demo_folder.iterdir()}
    assert not list(demo_folder.rglob("*.new")), "no half-written file is left"


def test_the_published_estimates_come_out(summary: dict[str, Any]) -> None:
    ipw, standardised = summary["published_check"]
    assert ipw["method"] == "inverse probability weighting"
    assert ipw["value"] == pytest.approx(3.44, abs=0.01)
    assert standardised["method"] == "standardisation"
    assert standardised["value"] == pytest.approx(3.52, abs=0.01)
    assert {one["n"] for one in summary["published_check"]} == {1566}
    assert all(one["ci_low"] < one["value"] < one["ci_high"] for one in summary["published_check"])


def test_the_summary_says_what_decision_33_names(summary: dict[str, Any]) -> None:
    assert summary["label"] == "Hypothesis, not causation"
    assert summary["m"] >= summary["tests_run"] > 0
    assert sum(summary["findings"].values()) == summary["tests_run"]
    assert set(summary["findings"]) == {"held up", "familywise", "robust", "screened", "unadjusted"}
    assert len(summary["run_hash"]) == 64
    fields = {"scope", "exposure", "outcome", "method", "value", "ci_low", "ci_high", "n"}
    for one in (*summary["estimates"], *summary["published_check"]):
        assert fields <= set(one)
    assert all("design-stage" in one["scope"] for one in summary["estimates"])
    assert summary["audit"]["exit_code"] == 0


def test_python_gives_the_run_hash_of_the_demo(tmp_path: Path, summary: dict[str, Any]) -> None:
    project = create_demo(tmp_path / "again")
    assert project.mine(demo_plan()).run_hash == summary["run_hash"]
    project.close()


def test_the_protocol_and_the_registry_are_of_the_same_design(demo_folder: Path, summary: dict[str, Any]) -> None:
    protocol = load((demo_folder / "protocol.json").read_bytes())
    registry = json.loads((demo_folder / "registry.json").read_text(encoding="utf-8"))
    assert summary["protocol_sha256"] == protocol.content_hash
    assert [one["id"] for one in registry["hypotheses"]] == [summary["hypothesis"]]
    assert registry["tests_run"] == summary["tests_run"]


def test_the_diagram_names_variables_of_the_table() -> None:
    _, dictionary = load_nhefs()
    assert "qsmk" in demo_diagram()
    assert {"qsmk", "wt82_71"} <= {variable.name for variable in dictionary}


def test_without_a_split_nothing_is_sealed_and_the_declaration_says_so(demo_folder: Path) -> None:
    project: Project = open_project(demo_folder / "published-check")
    assert project.split_event["method"] == "none"
    assert project.split_event["confirmation_rows"] == 0
    assert project.runs() == ()
    project.close()
