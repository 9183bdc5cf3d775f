"""Constructs that must not appear, names that must exist, and texts that must agree."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest

from miner import errors
from reports.translation import LANGUAGES, catalogue
from tests.architecture.source import ROOT, called, modules

FORBIDDEN_CALLS = {
    "eval": "evaluates text",
    "exec": "evaluates text",
    "pickle.load": "runs code from a file",
    "pickle.loads": "runs code from a file",
    "pd.read_pickle": "runs code from a file",
    "st.iframe": "gives a document the page's rights",
    "st.components.v1.html": "gives a document the page's rights",
    "st.exception": "shows data values",
    "urllib.request.urlopen": "asks another host",
    "requests.get": "asks another host",
    "datetime.now": "reads the clock inside the core",
}
CLOCK_FILES = {"workbench/session.py", "workbench/cli.py", "workbench/clock.py", "miner/worker.py"}


def _calls() -> list[tuple[str, ast.Call, str]]:
    return [
        (path, node, called(node))
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]


def test_no_forbidden_call() -> None:
    wrong = [
        f"{path}:{node.lineno} {name} ({FORBIDDEN_CALLS[name]})"
        for path, node, name in _calls()
        if name in FORBIDDEN_CALLS and not (name == "datetime.now" and path in CLOCK_FILES)
    ]
    assert not wrong


def test_no_shell_and_no_unsafe_markup() -> None:
    wrong = [
        f"{path}:{node.lineno} {keyword.arg}"
        for path, node, _ in _calls()
        for keyword in node.keywords
        if keyword.arg in {"shell", "unsafe_allow_html", "unsafe_allow_javascript", "allow_pickle"}
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
    ]
    assert not wrong


def test_no_cached_function_takes_a_frame() -> None:
    wrong = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("cache_data" in ast.unparse(d) or "cache_resource" in ast.unparse(d) for d in node.decorator_list)
        and re.search(r"DataFrame|ndarray|NDArray|Dataset|TextTable", ast.unparse(node.args))
    ]
    assert not wrong


def test_no_drawer_for_everything() -> None:
    assert not [path for path in modules() if path.split("/")[-1] in {"utils.py", "helpers.py", "common.py", "misc.py"}]


def test_sql_is_never_built_from_text() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path, node, name in _calls()
        if name.endswith((".execute", ".exec_driver_sql"))
        and any(isinstance(argument, ast.JoinedStr) for argument in node.args)
    ]
    assert not wrong


def test_every_module_has_its_test_file() -> None:
    missing = []
    for path, tree in modules().items():
        parts = path.split("/")
        # Pages and their parts are tested through the running scripts, in tests/ui and tests/e2e.
        elsewhere = {"pages", "components", "examples", "__init__.py", "__main__.py"} & set(parts)
        if len(parts) == 1 or elsewhere:
            continue
        if not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body):
            continue
        mirrored = ROOT / "tests" / "/".join(parts[:-1]) / f"test_{parts[-1]}"
        if not mirrored.exists():
            missing.append(str(mirrored.relative_to(ROOT)))
    assert not missing


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").exists()]


def test_catalogues_have_the_same_keys_and_placeholders() -> None:
    english, french = (catalogue(language) for language in LANGUAGES)
    assert set(english) == {key for key in french if not key.startswith("error.")}
    different = [key for key in english if _placeholders(english[key]) != _placeholders(french[key])]
    assert not different


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", text))


def _error_classes(kind: type[errors.FortuitError] = errors.FortuitError) -> list[type[errors.FortuitError]]:
    subclasses = [sub for direct in kind.__subclasses__() for sub in _error_classes(direct)]
    return [kind, *subclasses]


@pytest.fixture(scope="module")
def error_classes() -> list[type[errors.FortuitError]]:
    for path in modules():
        if (
            path.startswith(("miner/", "causal/", "reports/", "workbench/"))
            and "/pages/" not in path
            and "worker" not in path
            and "spark" not in path
        ):
            name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            if not name.endswith("__main__") and "verify_pack" not in name:
                __import__(name)
    return _error_classes()


def test_error_codes_are_unique(error_classes: list[type[errors.FortuitError]]) -> None:
    codes = [kind.code for kind in error_classes]
    assert len(set(codes)) == len(codes)


def test_every_error_speaks_french_with_the_same_values(error_classes: list[type[errors.FortuitError]]) -> None:
    french = catalogue("fr")
    wrong = []
    for kind in error_classes:
        for part in ("what", "why", "todo"):
            key = f"error.{kind.code}.{part}"
            if key not in french:
                wrong.append(f"missing {key}")
            elif not _placeholders(french[key]) <= _placeholders(kind.what + kind.why + kind.todo):
                wrong.append(f"placeholders of {key}")
    assert not wrong


def test_every_error_has_a_line_in_the_docs(error_classes: list[type[errors.FortuitError]]) -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert not [kind.code for kind in error_classes if f"`{kind.code}`" not in text]


def test_nothing_committed_names_this_machine_or_a_registry() -> None:
    pattern = (
        r"(^|[^A-Za-z0-9_.~/])/(wor[k]|roo[t]|far[m])/[a-z]|pythonhoste[d]|pyp[i]\.org|registry\.npmj[s]|deb\.debia[n]"
    )
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", ".", ":!*.svg"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.stdout == ""


def test_readme_is_short_and_its_make_targets_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 120
    targets = set(re.findall(r"`make (\w+)`", readme)) | set(re.findall(r"^make (\w+)", readme, re.MULTILINE))
    assert {"run", "test"} <= targets
    assert not [target for target in targets if f"\n{target}:" not in makefile]
