"""The documents agree with the program: commands and options exist and are explained, examples run, links resolve."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.architecture.source import ROOT
from workbench.cli import main

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "miner").rglob("*.md")], key=lambda path: str(path)
)
# The one starts a server, the other is run by other tests.
NOT_RUN_HERE = {"serve", "demo"}


def _options() -> Iterator[tuple[str, click.Option]]:
    for name, command in sorted(main.commands.items()):
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield name, parameter


def _section(command: str) -> str:
    found = re.search(rf"^## {command}\n(.*?)(?=^## |\Z)", COMMAND_LINE, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def _block(text: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no {language} block"
    return found.group(1)


def _commands(text: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in re.findall(r"^ *(fortuit .+)$", text, re.MULTILINE)]


def test_every_command_has_a_section_an_example_and_help() -> None:
    missing = [
        name
        for name, command in main.commands.items()
        if f"\n    fortuit {name} " not in f"{_section(name)} " or not command.help
    ]
    assert not missing


def test_every_option_has_a_line_in_the_section_of_its_command() -> None:
    missing = [
        f"{name} {text}" for name, option in _options() for text in option.opts if f"`{text}`" not in _section(name)
    ]
    assert not missing


def test_every_option_of_the_document_exists() -> None:
    known = {(name, text) for name, option in _options() for text in option.opts}
    written = {
        (name, text)
        for name in main.commands
        for row in re.findall(r"^\| (`-.*?) \|", _section(name), re.MULTILINE)
        for text in re.findall(r"`(--?[\w-]+)`", row)
    }
    assert written == known


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_options_in_the_documents_exist(document: Path) -> None:
    wrong = []
    for arguments in _commands(document.read_text(encoding="utf-8")):
        command = main.commands.get(arguments[0])
        if command is None:
            wrong.append(arguments[0])
            continue
        known = {text for parameter in command.params for text in parameter.opts}
        wrong += [f"{arguments[0]} {text}" for text in arguments if re.match(r"--?[a-z]", text) and text not in known]
    assert not wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_resolve(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    local = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert not [target for target in local if not (document.parent / target).exists()]


@pytest.mark.parametrize(
    "commands", [_commands(_block(README, "sh")), _commands(COMMAND_LINE)], ids=["README", "command-line"]
)
def test_the_examples_run_as_written(
    commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("miner", "causal"):
        (tmp_path / room).symlink_to(ROOT / room)
    monkeypatch.chdir(tmp_path)
    run = [arguments for arguments in commands if arguments[0] not in NOT_RUN_HERE]
    assert len(run) >= 8
    for arguments in run:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, (arguments, result.output, result.exception)


def test_python_in_the_readme_gives_the_run_hash_of_the_command_line(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _block(README, "python")],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    runner = CliRunner()
    demo = ROOT / "miner" / "tables" / "demo"
    project = str(tmp_path / "smoking")
    read = ["read", str(demo / "nhefs.csv"), "--dictionary", str(demo / "nhefs.toml"), "--project", project]
    assert runner.invoke(main, read).exit_code == 0
    mined = runner.invoke(main, ["mine", project])
    found = re.search(r"run hash ([0-9a-f]{64})", mined.output)
    assert found is not None
    assert found.group(1) in done.stdout
