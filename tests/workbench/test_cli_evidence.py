"""From a registered hypothesis to what a reviewer checks, on the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from miner.project import Project
from miner.sealed import frozen_list
from tests.architecture.source import ROOT
from workbench.cli import main

DATA = ROOT / "miner" / "tables" / "demo" / "nhefs.csv"


def fortuit(*words: object, language: str = "en") -> Result:
    return CliRunner().invoke(main, ["--language", language, *map(str, words)])


def told(*words: object) -> dict[str, Any]:
    result = fortuit(*words, "--json")
    assert result.exit_code == 0, result.output
    values: dict[str, Any] = json.loads(result.stdout)
    return values


@pytest.fixture
def folder(demo_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(demo_folder / "project", tmp_path / "p")
    return tmp_path / "p"


def audit_code(record: Path, *words: object) -> int:
    return fortuit("audit", record, *words).exit_code


def test_the_whole_way_from_a_list_to_its_review(folder: Path, tmp_path: Path) -> None:
    frozen = told("freeze", folder, "H-0001", "--name", "Ada")
    assert frozen["list"] == "L1"
    assert not frozen["opened"]
    assert 0 < frozen["members"][0]["power"] <= 1
    again = told("confirm", folder, "L1")
    assert not again["opened"], "without --open nothing is opened"
    assert again["level"] == 0.025
    done = told("confirm", folder, "L1", "--open", "--name", "Ada")
    assert done["opening"] == 1
    assert done["results"][0]["verdict"] in {"held_up", "not_held_up"}
    assert done["results"] == told("confirm", folder, "L1")["results"]
    assert fortuit("confirm", folder, "L1", "--open").exit_code == 10
    look = told("test", folder, "age", "sex")
    assert set(look["verdicts"]) == {"alpha_spending", "lond", "lord++"}
    assert look["family_alpha"] == pytest.approx(0.05 * 6 / 9.869604401089358 / 4)
    kept = tmp_path / "checkpoint.txt"
    told("checkpoint", folder, "-o", kept)
    for words in ([], ["--leaving"]):
        file = tmp_path / f"pack{len(words)}.zip"
        made = told("pack", folder, "-o", file, *words)
        assert made["sha256"]
        assert made["checkpoint"].splitlines()[0] == kept.read_text(encoding="utf-8").splitlines()[0]
        gaps = told("audit", file)["not_checked"]
        assert not [text for text in gaps if "interactive" in text], "what a pack shows of a look is checked"
        assert audit_code(file, "--checkpoint", kept) == 0
        with zipfile.ZipFile(file) as archive:
            archive.extractall(tmp_path / file.stem)
        verified = subprocess.run(
            [sys.executable, "-I", "verify.py", "--checkpoint", str(kept)],
            cwd=tmp_path / file.stem,
            capture_output=True,
            text=True,
            check=False,
        )
        assert verified.returncode == 0, verified.stdout
    assert audit_code(folder, "--checkpoint", kept, "--data", DATA) == 0


def test_page_command_and_python_give_the_same_list(folder: Path) -> None:
    from workbench.session import open_project

    frozen = told("freeze", folder, "H-0001", "--name", "Ada")
    opened = open_project(folder)
    assert frozen_list(opened.ledger, "L1").sha256 == frozen["list_sha256"]
    opened.close()


def test_the_leaving_pack_of_a_secure_room_masks_small_counts(tmp_path: Path) -> None:
    project = tmp_path / "p"
    assert fortuit("read", DATA, "--dictionary", DATA.with_suffix(".toml"), "--project", project).exit_code == 0
    plan = tmp_path / "plan.toml"
    assert fortuit("plan", project, "-o", plan).exit_code == 0
    assert fortuit("mine", project).exit_code == 0
    told("pack", project, "--leaving", "-o", tmp_path / "out.zip")
    assert audit_code(tmp_path / "out.zip") == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        claims = json.loads(archive.read("claims.json"))
    assert "R1" in claims, "masked tests enter the corrections of the pack as p = 1"


def test_a_rewritten_pack_is_told_by_its_checkpoint(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoint.txt"
    told("checkpoint", folder, "-o", kept)
    told("pack", folder, "-o", tmp_path / "pack.zip")
    altered = kept.read_text(encoding="utf-8").splitlines()
    altered[2] = altered[2][::-1][1:] + "="
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("\n".join(altered) + "\n", encoding="utf-8")
    assert audit_code(tmp_path / "pack.zip", "--checkpoint", wrong) in {16, 20}


def test_a_checkpoint_is_signed_with_a_key_of_its_owner(folder: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from miner.ledger import parse_checkpoint
    from miner.ledger.checkpoint import is_signed_by

    key = Ed25519PrivateKey.generate()
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made = told("checkpoint", folder, "--sign", file, "--name", "Ada")
    assert is_signed_by(parse_checkpoint(made["text"]), name="Ada", key=key.public_key())
    file.write_text("no key", encoding="utf-8")
    refused = fortuit("checkpoint", folder, "--sign", file)
    assert refused.exit_code == 16
    assert "E-LEDGER-40" in refused.stderr


def test_other_data_than_those_recorded_are_told(folder: Path, tmp_path: Path) -> None:
    lines = DATA.read_text(encoding="utf-8").splitlines()
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    assert audit_code(folder, "--data", fewer) == 21
    assert fortuit("audit", folder, "--data", DATA, "--salt", "another").exit_code == 10


def test_an_expired_project_lets_nothing_leave(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from miner.ledger import Actor
    from miner.tables.demo import load_nhefs

    made = Project.create(
        tmp_path / "old",
        name="old",
        clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        actor=Actor(name="Ada"),
        declaration={"expires": "2020-01-01"},
    )
    made.freeze_table(*load_nhefs())
    made.close()
    refused = fortuit("pack", tmp_path / "old", "-o", tmp_path / "pack.zip")
    assert refused.exit_code == 17
    assert "E-PRIV-06" in refused.stderr
    assert not (tmp_path / "pack.zip").exists()


def test_what_the_command_line_shows_is_recorded_as_seen(folder: Path) -> None:
    from workbench.session import open_project

    told("findings", folder)
    opened = open_project(folder)
    (view,) = [entry for entry in opened.ledger.entries("view") if entry.content["page"] == "command line"]
    assert view.content["family_id"] == "R1"
    opened.close()


def test_the_report_is_one_page_and_codes_are_explained(folder: Path, tmp_path: Path) -> None:
    assert audit_code(folder, "--html", tmp_path / "audit.html") == 0
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "Hypothesis, not causation" in page
    assert "sealed" in fortuit("audit", "--explain", "H06").stdout


@pytest.mark.parametrize("language", ["en", "fr"])
def test_persons_read_lists_and_looks_in_their_language(folder: Path, language: str) -> None:
    assert fortuit("freeze", folder, "H-0001", "--name", "Ada", language=language).exit_code == 0
    assert fortuit("confirm", folder, "L1", "--open", language=language).exit_code == 0
    said = fortuit("test", folder, "age", "sex", language=language)
    assert said.exit_code == 0, said.output
    assert ("Hypothesis, not causation" if language == "en" else "Hypothèse, pas une causalité") in said.stdout
