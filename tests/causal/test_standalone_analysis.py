"""The script handed out gives the numbers of the program, without the program."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from causal.analysis_script import analysis_script
from causal.confirmation import primary_estimate
from causal.estimation import Estimand, Scale
from causal.protocol import Protocol, freeze
from causal.protocol_draft import analysis_specification
from causal.question import CausalQuestion, Comparator, Part
from miner.tables.model import Dataset
from tests.causal.nhefs import SQUARES, nhefs
from tests.causal.protocols import frozen, ready


def table(path: Path) -> Path:
    target = path / "table.csv"
    target.write_bytes(files("miner.tables.demo").joinpath("nhefs.csv").read_bytes())
    return target


def run(script: str, where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = where / "analysis.py"
    program.write_text(script, encoding="utf-8")
    # -I: neither the folder of the script nor the environment may offer this project's packages.
    guard = "import sys,runpy; sys.modules.update(dict.fromkeys(('miner','causal','reports','workbench'))); "
    guard += "sys.argv=sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-I", "-c", guard, str(program), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("method", ["standardisation", "ipw", "aipw"])
@pytest.mark.parametrize(("outcome", "smallest"), [("wt82_71", 1.0), ("death", 1.2)])
def test_the_script_reproduces_the_primary_analysis_to_1e_8(
    method: str, outcome: str, smallest: float, tmp_path: Path
) -> None:
    protocol = frozen(outcome, smallest, method)
    done = run(analysis_script(protocol), tmp_path, str(table(tmp_path)))
    assert done.returncode == 0, done.stderr
    theirs, ours = json.loads(done.stdout), primary_estimate(protocol, nhefs())

    assert theirs["protocol_hash"] == protocol.content_hash
    assert theirs["n"] == ours.n
    assert [theirs["value"], theirs["ci_low"], theirs["ci_high"]] == pytest.approx(
        [ours.value, ours.low, ours.high], rel=1e-8
    )


def special(parts: dict[str, Part], comparator: object, levels: tuple[float, float] | None, **plan: object) -> Protocol:
    outcome = next(item for item, part in parts.items() if part is Part.OUTCOME)
    asked = CausalQuestion.from_finding(
        {"id": "f", "x": [i for i, p in parts.items() if p is Part.EXPOSURE], "y": outcome},
        dict(parts),
        comparator=comparator,  # type: ignore[arg-type]
        levels=levels,
        joint=True,
    )
    covariates = asked.covariates
    spec = analysis_specification(
        asked,
        nhefs().dictionary,
        covariates,
        squares=[s for s in SQUARES if s in covariates],
        products=plan.get("products", ()),  # type: ignore[arg-type]
        method=str(plan["method"]),
        estimand=Estimand(str(plan.get("estimand", "ATE"))),
        measure=Scale(str(plan["measure"])),
    )
    protocol = ready().stated("analysis_plan.primary.specification", spec)
    return freeze(protocol.stated("analysis_plan.primary.method", plan["method"]))


SHAPES = {
    "joint exposure": lambda: special(
        {
            "qsmk = quit": Part.EXPOSURE,
            "smokeintensity >= 20": Part.EXPOSURE,
            "age in [40, 60)": Part.ELIGIBILITY,
            "wt82_71": Part.OUTCOME,
            "sex": Part.COVARIATE,
            "education": Part.COVARIATE,
        },
        Comparator.NONE_OF,
        None,
        method="ipw",
        estimand="ATT",
        measure="mean_difference",
    ),
    "two values of a number": lambda: special(
        {"smokeintensity": Part.EXPOSURE, "death": Part.OUTCOME, "sex": Part.COVARIATE, "age": Part.COVARIATE},
        None,
        (30.0, 10.0),
        method="standardisation",
        measure="odds_ratio",
    ),
    "written comparator": lambda: special(
        {
            "qsmk = quit": Part.EXPOSURE,
            "wt82_71 >= 5": Part.OUTCOME,
            "sex": Part.COVARIATE,
            "smokeintensity": Part.COVARIATE,
            "exercise": Part.COVARIATE,
        },
        ["qsmk = still smoking"],
        None,
        method="standardisation",
        products=["smokeintensity", "exercise"],
        measure="risk_difference",
    ),
    "regression": lambda: special(
        {"qsmk = quit": Part.EXPOSURE, "wt82_71": Part.OUTCOME, "sex": Part.COVARIATE, "age": Part.COVARIATE},
        Comparator.OTHERS,
        None,
        method="regression",
        measure="mean_difference",
    ),
    "overlap population": lambda: special(
        {"qsmk = quit": Part.EXPOSURE, "wt82_71": Part.OUTCOME, "sex": Part.COVARIATE, "age": Part.COVARIATE},
        Comparator.OTHERS,
        None,
        method="ipw",
        estimand="ATO",
        measure="mean_difference",
    ),
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_other_shapes_of_question_come_out_alike(shape: str, tmp_path: Path) -> None:
    protocol = SHAPES[shape]()
    done = run(analysis_script(protocol), tmp_path, str(table(tmp_path)))
    assert done.returncode == 0, done.stderr
    theirs, ours = json.loads(done.stdout), primary_estimate(protocol, nhefs())

    assert theirs["n"] == ours.n
    assert [theirs["value"], theirs["ci_low"], theirs["ci_high"]] == pytest.approx(
        [ours.value, ours.low, ours.high], rel=1e-8
    )


def test_another_separator_another_order_of_rows_and_decimal_commas_change_nothing(tmp_path: Path) -> None:
    rows = list(csv.reader(table(tmp_path).read_text(encoding="utf-8").splitlines()))
    turned = tmp_path / "turned.csv"
    with turned.open("w", encoding="cp1252", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(rows[0])
        writer.writerows([[cell.replace(".", ",") for cell in row] for row in reversed(rows[1:])])
    first = run(analysis_script(frozen()), tmp_path, str(table(tmp_path)))
    second = run(analysis_script(frozen()), tmp_path, str(turned))

    assert json.loads(first.stdout)["value"] == pytest.approx(json.loads(second.stdout)["value"], rel=1e-9)


def test_the_script_takes_a_protocol_from_a_file_and_refuses_an_altered_or_draft_one(tmp_path: Path) -> None:
    source = files("causal").joinpath("standalone_analysis.py").read_text(encoding="utf-8")
    good = tmp_path / "good.json"
    good.write_text(frozen().to_json(), encoding="utf-8")
    altered = tmp_path / "altered.json"
    altered.write_text(frozen().to_json().replace("energy balance", "energy balancE"), encoding="utf-8")
    draft = tmp_path / "draft.json"
    draft.write_text(ready().to_json(), encoding="utf-8")
    data = str(table(tmp_path))

    assert run(source, tmp_path, data, str(good)).returncode == 0
    for refused, word in ((altered, "hash"), (draft, "frozen")):
        done = run(source, tmp_path, data, str(refused))
        assert done.returncode == 2
        assert word in done.stderr


def test_the_source_imports_nothing_of_the_project() -> None:
    source = files("causal").joinpath("standalone_analysis.py").read_text(encoding="utf-8")
    for package in ("miner", "causal", "reports", "workbench"):
        assert f"import {package}" not in source
        assert f"from {package}" not in source


def test_the_dataset_of_the_program_is_the_table_of_the_script() -> None:
    assert isinstance(nhefs(), Dataset)
