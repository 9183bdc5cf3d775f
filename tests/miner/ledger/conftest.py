from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from miner.ledger import Ledger
from tests import postgresql
from tests.miner.ledger.honest import adjusted_rows, opened, row, rows, steps, written
from tests.miner.ledger.packing import SMALL

# The first example pays for imports; on a loaded machine a deadline would fail at random.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

_names = count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    where = postgresql.programs()
    if where is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt install postgresql)")
    with postgresql.server(where) as address:
        yield address


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """The address of an empty database."""
    from sqlalchemy import create_engine

    name = f"ledger_{next(_names)}"
    engine = create_engine(postgresql_server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return postgresql_server.format(name=name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """A place for a ledger, in each of the two stores."""
    if request.param == "sqlite":
        return tmp_path / "ledger.sqlite"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An honest history in which one test has a small count."""
    tests = [*rows()[:3], row(3, "sex = male", SMALL), rows()[4]]
    story = steps()
    story["batch"] = (story["batch"][0], tests)
    story["adjust"] = (story["adjust"][0], adjusted_rows(tests, 5))
    return written(opened(tmp_path / "ledger.sqlite"), story)
