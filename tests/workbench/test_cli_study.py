"""The commands of a study: what they refuse at once, and the way from a draft to results by the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.causal.test_protocol_fields import STATED
from workbench.cli import main
from workbench.demo import EXPOSURE, OUTCOME, create_demo, demo_diagram, demo_plan

LABEL = "Hypothesis, not causation"


def fortuit(*words: object) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


def told(*words: object) -> dict[str, Any]:
    result = fortuit(*words, "--json")
    assert result.exit_code == 0, result.output
    values: dict[str, Any] = json.loads(result.stdout)
    assert values["label"] == LABEL
    return values


@pytest.fixture(scope="module")
def designed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    project = create_demo(folder / "demo")
    found = project.findings(project.mine(demo_plan()).id)
    pair = next(
        name
        for name, row in zip(found.names, found.rows, strict=True)
        if row["mode"] == "pair" and list(row["x"]) == [EXPOSURE] and row["y"] == OUTCOME
    )
    project.register(found, pair, person="Ada")
    project.close()
    diagram = folder / "d.dagitty"
    diagram.write_text(demo_diagram(), encoding="utf-8")
    parts = ("--part", f"{EXPOSURE}=exposure", "--part", f"{OUTCOME}=outcome")
    assert fortuit("design", folder / "demo", "H-0001", "--dag", diagram, *parts, "--smallest", "1").exit_code == 0
    return folder / "demo"


def test_a_protocol_goes_from_draft_to_results(designed: Path, tmp_path: Path) -> None:
    draft = told("protocol", designed, "H-0001")
    assert draft["status"] == "draft"
    assert {gate["name"] for gate in draft["gates"] if not gate["met"]} >= {"data", "signature"}
    refused = fortuit("protocol", designed, "H-0001", "--freeze")
    assert refused.exit_code == 19
    assert "Traceback" not in refused.output

    stated = [word for path, text in STATED.items() for word in ("--set", f"{path}={text}")]
    script = tmp_path / "analysis.py"
    frozen = told(
        "protocol", designed, "H-0001", *stated, "--sign", "Ada", "--freeze", "--script", script, "-o", tmp_path / "out"
    )
    assert frozen["status"] == "frozen"
    assert frozen["fields"]["rationale"] == STATED["rationale"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"protocol.json", "protocol.md", "protocol.docx"}
    assert "import miner" not in script.read_text(encoding="utf-8")
    assert subprocess.run([sys.executable, "-m", "py_compile", script], check=False, timeout=60).returncode == 0
    assert fortuit("protocol", designed, "H-0001", "--set", "ethics=none").exit_code == 19

    found = told("confirm-protocol", designed, "H-0001", "--sealed")
    assert found["source"] == "sealed"
    assert found["verdict"] in {"replicated internally", "not replicated internally", "inconclusive"}
    again = fortuit("confirm-protocol", designed, "H-0001", "--sealed")
    assert again.exit_code == 19
    elsewhere = told("result", designed, "H-0001", "--doi", "10.1000/182", "--verdict", "inconclusive")
    assert elsewhere["doi"] == "10.1000/182"
    assert fortuit("audit", designed).exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("protocol", "H-0001", "--set", "no equals sign"),
        ("confirm-protocol", "H-0001"),
        ("confirm-protocol", "H-0001", "--sealed", "--data", "a.csv"),
        ("result", "H-0001", "--doi", "10.1000/182", "--verdict", "proved"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(designed: Path, words: tuple[str, ...]) -> None:
    command, *rest = words
    result = fortuit(command, designed, *rest)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_an_unknown_field_names_those_there_are(designed: Path) -> None:
    result = fortuit("protocol", designed, "H-0001", "--set", "p_value=0.01", "--amend", "why")
    assert result.exit_code == 19
    assert "plain_question" in result.output
