"""What several tests stand on: one mined and designed demo project a worker, read-only for those who use it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from miner.ledger import Actor
from miner.project import Project
from workbench.demo import run_demo

# A busy machine is no failure: the laws are about values, not about time.
settings.register_profile("fortuit", deadline=None)
settings.load_profile("fortuit")


class SteppingClock:
    """A clock that advances one second a look, so that no test depends on the time of day."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(autouse=True)
def _same_main_module() -> Iterator[None]:
    """Streamlit's test runner puts its script in place of __main__; processes started later would run it again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def actor() -> Actor:
    return Actor(name="Ada", role="analyst")


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The products of `fortuit demo`; tests must not write into it."""
    folder = tmp_path_factory.mktemp("demo")
    run_demo(folder, "en")
    return folder


@pytest.fixture
def copy_of_demo(demo_folder: Path, tmp_path: Path, clock: Callable[[], datetime], actor: Actor) -> Iterator[Project]:
    """A copy of the demo's project that a test may change."""
    path = tmp_path / "nhefs-demo"
    shutil.copytree(demo_folder / "project", path)
    project = Project.open(path, clock=clock, actor=actor)
    yield project
    project.close()
