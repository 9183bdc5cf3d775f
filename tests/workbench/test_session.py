"""Who acts, and on which project."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from miner.project import NotAProject, Project
from workbench.session import open_project, system_actor


def test_a_name_that_was_given_signs_and_is_marked_as_self_declared() -> None:
    actor = system_actor("  Ada Lovelace ")
    assert (actor.name, actor.identity_source) == ("Ada Lovelace", "self-declared")


def test_without_a_name_the_account_signs() -> None:
    actor = system_actor(" ")
    assert (actor.name, actor.identity_source) == (getpass.getuser(), "system account")


def test_an_account_without_a_name_signs_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("no passwd entry")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert system_actor().name.startswith("uid ")


def test_a_project_opens_for_a_person(copy_of_demo: Project) -> None:
    opened = open_project(copy_of_demo.path, "Grace")
    assert opened.actor.name == "Grace"
    opened.close()


def test_a_folder_that_is_no_project_is_named_and_left_alone(tmp_path: Path) -> None:
    with pytest.raises(NotAProject):
        open_project(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
