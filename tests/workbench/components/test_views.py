from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.architecture.source import ROOT


@pytest.fixture
def page(tmp_path: Path, demo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("FORTUIT_PROJECTS", str(tmp_path))
    shutil.copytree(demo_folder / "project", tmp_path / "nhefs-demo")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params["lang"] = "en"
    at.query_params["p"] = "nhefs-demo"
    at.run()
    return at.switch_page("workbench/pages/findings.py").run()


def test_rules_that_repeat_a_shorter_one_are_hidden_until_asked_for_and_m_stays(page: AppTest) -> None:
    assert not page.exception
    toggle = page.toggle(key="repeats")
    hidden = int("".join(letter for letter in toggle.label if letter.isdigit()))
    before = len(page.dataframe[0].value)
    said = [line.value for line in page.markdown if "hypotheses were declared" in line.value]
    toggle.set_value(True).run()
    assert len(page.dataframe[0].value) == before + hidden
    assert [line.value for line in page.markdown if "hypotheses were declared" in line.value] == said
