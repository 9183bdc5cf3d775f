"""Every page in both languages, without a project and with the demo, and what a person does on them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from reports.translation import translator
from tests.architecture.source import ROOT

PAGES = ("start", "data", "mine", "findings", "registry", "ledger", "study", "report", "help")
LANGUAGES = ("en", "fr")


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORTUIT_PROJECTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def with_demo(projects: Path, demo_folder: Path) -> Path:
    shutil.copytree(demo_folder / "project", projects / "nhefs-demo")
    return projects


def app(page: str = "start", language: str = "en", project: str = "", **places: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params["lang"] = language
    if project:
        at.query_params["p"] = project
    for name, value in places.items():
        at.query_params[name] = value
    at.run()
    if page != "start":
        at.switch_page(f"workbench/pages/{page}.py").run()
    assert not at.exception, [problem.message for problem in at.exception]
    return at


def shown(at: AppTest) -> str:
    kinds = (at.title, at.markdown, at.caption, at.info, at.success, at.warning, at.error, at.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_a_project_says_what_to_do(page: str, language: str, projects: Path) -> None:
    at = app(page, language)
    text = shown(at)
    assert translator(language)("label") in text
    assert not at.error
    if page not in {"start", "help"}:
        assert at.info, "an empty page says what to do"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_the_demo_shows_label_and_gauge(page: str, language: str, with_demo: Path) -> None:
    at = app(page, language, "nhefs-demo", h="H-0001")
    text = shown(at)
    t = translator(language)
    assert t("label") in text
    assert "NHEFS demo" in text
    assert not at.error


def test_the_demo_opens_in_one_click(projects: Path) -> None:
    at = app()
    at.button(key="open_demo").click().run()
    assert not at.exception
    assert (projects / "nhefs-demo" / "ledger.sqlite").exists()
    assert "Before it runs" in shown(at)


def test_a_file_becomes_a_project(projects: Path) -> None:
    rows = "\n".join(f"{k};{k % 2};{(k * 7) % 3};{20 + k % 50}" for k in range(200))
    at = app("data")
    at.file_uploader(key="upload_file").set_value(
        ("persons.csv", f"id;sick;kind;age\n{rows}\n".encode(), "text/csv")
    ).run()
    assert not at.exception
    assert "200" in [metric.value for metric in at.metric]
    submit = next(button for button in at.button if button.label == "Freeze data, dictionary and split")
    submit.click().run()
    assert not at.exception
    assert (projects / "persons" / "ledger.sqlite").exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.csv", b""),
        ("noise.csv", b"PAR1 this is not Parquet"),
        ("header.csv", b"a,b,c\n"),
        ("few.csv", b"a,b\n1,2\n3,4\n5,6\n"),
    ],
)
def test_a_file_that_is_no_table_is_explained_and_leaves_nothing(name: str, data: bytes, projects: Path) -> None:
    at = app("data")
    at.file_uploader(key="upload_file").set_value((name, data, "text/csv")).run()
    assert not at.exception
    submit = [button for button in at.button if button.label.startswith("Freeze")]
    if submit:
        submit[0].click().run()
    assert not at.exception
    assert at.error or at.warning
    assert not [
        path for path in projects.iterdir() if (path / "ledger.sqlite").exists() and any((path / "data").glob("*"))
    ]


def test_filters_hide_rows_and_never_lower_the_number_of_tests(with_demo: Path) -> None:
    at = app("findings", project="nhefs-demo")
    family = next(text.value for text in at.markdown if "hypotheses were declared" in text.value)
    at.text_input(key="search").set_value("qsmk = quit").run()
    assert family in [text.value for text in at.markdown]
    at.text_input(key="search").set_value("nothing has this text").run()
    assert any("No test matches" in info.value for info in at.info)


def test_the_ledger_page_verifies_and_says_what_it_did_not_check(with_demo: Path) -> None:
    at = app("ledger", project="nhefs-demo")
    at.button(key="verify").click().run()
    assert not at.exception
    assert any("consistent" in element.value for element in at.success)
    assert any("Not checked" in caption.value for caption in at.caption)


def test_withdrawing_needs_a_reason_and_a_name(with_demo: Path) -> None:
    at = app("registry", project="nhefs-demo", h="H-0001")
    submit = next(button for button in at.button if button.label == "Withdraw")
    submit.click().run()
    assert any("reason" in warning.value for warning in at.warning)
    at.text_input(key="person").set_value("Ada").run()
    next(field for field in at.text_input if field.label == "Reason").set_value("registered by mistake")
    next(button for button in at.button if button.label == "Withdraw").click().run()
    assert not at.exception


@pytest.mark.parametrize(
    ("diagram", "said"),
    [
        ("dag { qsmk -> wt82_71 wt82_71 -> age age -> qsmk }", "cycl"),
        ("dag { qsmk -> wt82_71 agee -> qsmk agee -> wt82_71 }", "agee"),
        ("graph of nothing {{{", "E-DAG"),
    ],
)
def test_a_diagram_that_cannot_be_is_explained(diagram: str, said: str, with_demo: Path) -> None:
    at = app("study", project="nhefs-demo", h="H-0001")
    at.text_area(key="diagram.H-0001").set_value(diagram).run()
    assert not at.exception
    assert any(said in element.value for element in at.error)


def test_nothing_is_estimated_while_an_item_has_no_part(with_demo: Path) -> None:
    at = app("study", project="nhefs-demo", h="H-0001")
    at.selectbox(key="part.H-0001.qsmk").set_value("").run()
    at.button(key="run_design").click().run()
    assert not at.exception
    assert at.error


def test_an_unknown_job_in_the_address_is_explained(with_demo: Path) -> None:
    at = app("mine", project="nhefs-demo", job="0" * 32)
    assert any("E-PROJECT-05" in element.value for element in at.error)


def test_a_project_name_cannot_climb_out_of_its_folder(projects: Path, tmp_path: Path) -> None:
    at = app("ledger", project="../../etc")
    assert at.info
    assert not at.error
