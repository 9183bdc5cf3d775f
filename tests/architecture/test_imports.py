"""Imports point one way, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.source import ROOT, imported, modules

# Who may import whom, outermost first: each room may import itself and the rooms after it.
LAYERS = ("workbench", "reports", "causal", "miner")

# Inside miner: what each room may import besides itself. `mine`, `project` and `findings` stand above all rooms.
ROOMS = {
    "errors": set(),
    "tables": {"privacy", "errors"},
    "privacy": {"statistics", "errors"},
    "statistics": {"errors"},
    "multiplicity": {"statistics", "errors"},
    "engines": {"tables", "statistics", "errors"},
    "patterns": {"engines", "statistics", "multiplicity", "tables", "errors"},
    "associations": {"engines", "statistics", "multiplicity", "tables", "errors"},
    "ledger": {"statistics", "multiplicity", "errors"},
    "plan": {"tables", "errors"},
}


def test_packages_import_only_inwards() -> None:
    wrong = []
    for path, tree in modules().items():
        layer = path.split("/")[0]
        allowed = set(LAYERS[LAYERS.index(layer) :]) if layer in LAYERS else set(LAYERS)
        wrong += [
            f"{path} imports {name}"
            for name in imported(tree)
            if name.split(".")[0] in LAYERS and name.split(".")[0] not in allowed
        ]
    assert not wrong


def test_rooms_of_miner_import_only_what_stands_below_them() -> None:
    wrong = []
    for path, tree in modules().items():
        parts = path.removesuffix(".py").split("/")
        if parts[0] != "miner" or parts[1] not in ROOMS:
            continue
        for name in imported(tree):
            words = name.split(".")
            if words[0] == "miner" and len(words) > 1 and words[1] != parts[1] and words[1] not in ROOMS[parts[1]]:
                wrong.append(f"{path} imports {name}")
    assert not wrong


def test_only_the_shell_knows_streamlit_and_click() -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules().items()
        if path.split("/")[0] in {"miner", "causal", "reports"}
        for name in imported(tree)
        if name.split(".")[0] in {"streamlit", "click", "rich"}
    ]
    assert not wrong


def test_dowhy_is_imported_in_one_file_only() -> None:
    importers = {path for path, tree in modules().items() for name in imported(tree) if name.split(".")[0] == "dowhy"}
    assert importers == {"causal/_dowhy.py"}


@pytest.mark.parametrize("package", ["miner.project", "causal", "reports.translation", "workbench.cli"])
def test_a_fresh_interpreter_loads_nothing_heavy(package: str) -> None:
    heavy = ("dowhy", "sklearn", "matplotlib", "sympy", "pyspark", "mlxtend", "statsmodels")
    script = f"import sys, {package}; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert out.stdout.strip() == "[]"
