"""The pages of evidence: a list frozen and confirmed, a single look, a pack reviewed, in both languages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from miner.ledger.pack import full_pack
from reports.translation import translator
from tests.ui.test_pages import LANGUAGES, app, shown
from workbench.session import open_project

PAGES = ("confirm", "look", "review")


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORTUIT_PROJECTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def with_demo(projects: Path, demo_folder: Path) -> Path:
    shutil.copytree(demo_folder / "project", projects / "nhefs-demo")
    return projects


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_a_project_says_what_to_do(page: str, language: str, projects: Path) -> None:
    at = app(page, language)
    assert translator(language)("label") in shown(at)
    assert at.info
    assert not at.error


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_is_frozen_weighed_opened_with_a_word_and_read(language: str, with_demo: Path) -> None:
    t = translator(language)
    at = app("confirm", language, "nhefs-demo")
    at.text_input(key="person").set_value("Ada").run()
    at.multiselect[0].set_value(["H-0001"])
    next(button for button in at.button if button.label == t("confirm.freeze")).click().run()
    assert not at.exception
    assert t("confirm.power_lead") in shown(at)

    def press() -> None:
        next(button for button in at.button if button.label == t("confirm.open")).click().run()
        assert not at.exception

    at.text_input(key="word.L1").set_value("please")
    press()
    opened = open_project(with_demo / "nhefs-demo")
    assert next(opened.ledger.entries("unlock"), None) is None, "another word opens nothing"
    at.text_input(key="word.L1").set_value(t("confirm.word"))
    press()
    assert sum(1 for _ in opened.ledger.entries("unlock")) == 1
    assert t("confirm.shared_bias") in shown(at)
    verdicts = {t(f"confirm.verdict.{name}") for name in ("held_up", "not_held_up")}
    assert any(set(table.value.get("verdict", ())) & verdicts for table in at.dataframe)
    opened.close()


def test_the_findings_say_held_up_after_the_confirmation(with_demo: Path) -> None:
    from miner.sealed import confirm_list, freeze

    opened = open_project(with_demo / "nhefs-demo")
    at = app("findings", "en", "nhefs-demo")
    assert "held up" not in set(at.dataframe[0].value["level"])
    freeze(opened, ["H-0001"], person="Ada")
    done = confirm_list(opened, "L1", person="Ada")
    at.run()
    assert ("held up" in set(at.dataframe[0].value["level"])) == (done.rows[0]["verdict"] == "held_up")
    assert done.rows[0]["verdict"] == "held_up", "the demo's hypothesis is found again on its sealed part"
    opened.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_look_is_taken_listed_and_refused_the_second_time(language: str, with_demo: Path) -> None:
    t = translator(language)
    at = app("look", language, "nhefs-demo")
    assert t("look.none") in shown(at)

    def take() -> None:
        boxes = {box.label: box for box in at.selectbox}
        boxes[t("look.first")].set_value("age")
        boxes[t("look.second")].set_value("sex")
        next(button for button in at.button if button.label == t("look.test")).click().run()
        assert not at.exception

    take()
    assert len(at.dataframe[0].value) == 1
    take()
    assert "E-MULT-07" in shown(at)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pack_is_reviewed_with_its_checkpoint(language: str, with_demo: Path) -> None:
    t = translator(language)
    opened = open_project(with_demo / "nhefs-demo")
    data, kept = full_pack(opened.ledger), opened.ledger.checkpoint().text()
    opened.close()
    at = app("review", language)
    at.file_uploader(key="review.pack").set_value(("pack.zip", data, "application/zip"))
    at.file_uploader(key="review.checkpoint").set_value(("checkpoint.txt", kept.encode(), "text/plain"))
    next(button for button in at.button if button.label == t("review.check")).click().run()
    assert not at.exception
    assert t("review.anchored") in shown(at)
    assert t("review.families") in shown(at)
    at.file_uploader(key="review.pack").set_value(("pack.zip", data[:1000], "application/zip"))
    next(button for button in at.button if button.label == t("review.check")).click().run()
    assert "E-LEDGER-17" in shown(at)


def test_findings_put_before_a_person_are_recorded_once_a_session(with_demo: Path) -> None:
    at = app("findings", "en", "nhefs-demo")
    at.run()
    opened = open_project(with_demo / "nhefs-demo")
    views = [entry.content for entry in opened.ledger.entries("view")]
    assert [(view["family_id"], view["page"]) for view in views] == [("R1", "findings")]
    app("findings", "en", "nhefs-demo")
    assert len(list(opened.ledger.entries("view"))) == 2, "another session is another view"
    app("start", "en", "nhefs-demo")
    assert len(list(opened.ledger.entries("view"))) == 2
    opened.close()
