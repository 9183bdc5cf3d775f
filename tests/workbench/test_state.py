"""The place a person is at: address before session, and no path through a name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from workbench import state


def place() -> None:
    import streamlit as st

    from workbench import state

    state.restore()
    st.text(f"{state.at('p')}|{state.at('run')}|{state.language()}|{state.person()}")
    if st.button("go"):
        state.go("run", "R7")
    if st.button("leave"):
        state.leave("run")


def said(at: AppTest) -> str:
    return str(at.text[0].value)


def test_the_address_is_taken_over_and_wins() -> None:
    at = AppTest.from_function(place)
    at.query_params["p"] = "nhefs-demo"
    at.query_params["lang"] = "fr"
    at.session_state["at.p"] = "another"
    at.run()
    assert said(at) == "nhefs-demo||fr|"


def test_what_the_session_knows_comes_back_into_the_address() -> None:
    at = AppTest.from_function(place)
    at.session_state["at.run"] = "R2"
    at.run()
    assert at.query_params["run"] == "R2"
    at.button[0].click().run()
    assert at.query_params["run"] == "R7"
    at.button[1].click().run()
    assert "run" not in at.query_params
    assert "at.run" not in at.session_state


def test_a_language_that_is_not_there_is_english() -> None:
    at = AppTest.from_function(place)
    at.query_params["lang"] = "tlh"
    at.run()
    assert said(at).split("|")[2] == "en"


NAMES = [
    "../etc",
    "..",
    ".",
    "",
    "/etc",
    "a/b",
    "a\\b",
    "A",
    "-a",
    "a-",
    "a" * 41,
    "con.txt",
    "a\x00b",
    "é",
    "a b",
    "~",
    "%2e%2e",
    "a\n",
    "ledger.sqlite",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_project_name_gives_no_path(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "projects").mkdir()
    (tmp_path / "ledger.sqlite").touch()  # what climbing out would find
    (tmp_path / "projects" / "ledger.sqlite").touch()
    monkeypatch.setenv("FORTUIT_PROJECTS", str(tmp_path / "projects"))
    assert state.project_path(name) is None


def test_a_project_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo_folder: Path) -> None:
    monkeypatch.setenv("FORTUIT_PROJECTS", str(tmp_path / "made"))
    assert state.project_path("nhefs-demo") is None
    shutil.copytree(demo_folder / "project", tmp_path / "made" / "nhefs-demo")
    assert state.project_path("nhefs-demo") == tmp_path / "made" / "nhefs-demo"
    assert state.projects_folder() == tmp_path / "made"
