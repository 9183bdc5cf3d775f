"""The two stores hold the same promises; where a promise is of one of them only, it is tested below."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError

from miner.errors import LedgerLocked, LedgerMissing, LedgerReadOnly, LedgerUnreachable, StaleVersion
from miner.ledger import store
from miner.ledger.audit import audit
from miner.ledger.pack import full_pack
from miner.ledger.registry import register, revise
from tests.miner.ledger.honest import opened, rows, steps, written


def test_a_whole_history_is_kept_and_audited(location: Path | str) -> None:
    ledger = written(opened(location), steps())
    again = opened(location, create=False)
    assert list(again.entries()) == list(ledger.entries())
    assert list(again.rows(next(again.entries("batch")))) == rows()
    assert audit(again, checkpoints=[ledger.checkpoint()]).findings == ()
    ledger.close()
    again.close()


@pytest.mark.postgresql
def test_both_stores_give_the_same_ledger_byte_for_byte(tmp_path: Path, postgresql_url: str) -> None:
    packs = {full_pack(written(opened(place), steps())) for place in (tmp_path / "ledger.sqlite", postgresql_url)}
    assert len(packs) == 1


def test_a_transaction_is_kept_whole_or_not_at_all(location: Path | str) -> None:
    ledger = opened(location)

    def fail() -> None:
        with ledger.transaction():
            ledger.append("note", {"about": "a"})
            ledger.append_block("batch", {"family_id": "F"}, rows())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert ledger.head().size == 0
    with ledger.transaction():
        ledger.append("note", {"about": "a"})
        ledger.append("note", {"about": "b"})
    assert opened(location).head().size == 2


@pytest.mark.parametrize("verb", ["UPDATE fortuit_entry SET kind = 'x'", "DELETE FROM fortuit_secret"])
def test_update_and_delete_are_refused(location: Path | str, verb: str) -> None:
    ledger = written(opened(location), steps())
    with pytest.raises(DBAPIError, match="append-only"), ledger.store.engine.begin() as connection:
        connection.exec_driver_sql(verb)
    assert opened(location).fault is None


def test_a_fault_at_any_commit_leaves_the_history_before_it(location: Path | str) -> None:
    """The deterministic counterpart of the random kills: the k-th commit fails, for every k."""
    story = list(steps().values())
    for k in range(1, len(story) + 1):
        ledger = opened(location)
        before = ledger.head().size
        commits = iter(range(1, len(story) + 2))

        def fail_at_k(connection: object, k: int = k, commits=commits) -> None:  # type: ignore[no-untyped-def]
            if next(commits) == k:
                raise OSError("the disk went away")

        event.listen(ledger.store.engine, "commit", fail_at_k)
        acknowledged: list[int] = []
        with pytest.raises(OSError, match="went away"):
            acknowledged.extend(ledger.record(made, block).seq for made, block in story)
        ledger.close()
        again = opened(location, create=False)
        assert again.fault is None
        # Reading commits too: what counts is that everything acknowledged is there, and nothing else.
        assert again.head().size == before + len(acknowledged)
        again.close()


def test_writers_in_threads_make_one_chain(location: Path | str) -> None:
    ledger = opened(location)

    def write(name: int) -> list[int]:
        return [ledger.append("note", {"about": f"{name}.{i}"}).seq for i in range(10)]

    with ThreadPoolExecutor(4) as threads:
        seqs = [seq for some in threads.map(write, range(4)) for seq in some]
    assert sorted(seqs) == list(range(1, 41))
    assert opened(location).fault is None


def test_of_two_racing_editors_each_save_is_a_version_or_a_named_conflict(location: Path | str) -> None:
    first, second = opened(location), opened(location)
    register(first, {"id": "0" * 64, "family_id": "F1"}, person="Ada", statement="0")
    saved, refused = [], []

    def edit(ledger: object, person: str) -> None:
        for i in range(20):
            from miner.ledger.registry import hypothesis

            base = hypothesis(ledger, "H-0001").history[-1].version  # type: ignore[arg-type]
            try:
                revise(ledger, "H-0001", base=base, person=person, reason="race", statement=f"{person} {i}")  # type: ignore[arg-type]
                saved.append((person, i))
            except StaleVersion:
                refused.append((person, i))

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(edit, first, "Ada"), threads.submit(edit, second, "Bo")]:
            done.result()
    from miner.ledger.registry import hypothesis

    history = hypothesis(first, "H-0001").history
    assert len(saved) + len(refused) == 40
    assert [version.version for version in history] == list(range(1, len(saved) + 2))
    assert {version.statement for version in history[1:]} == {f"{person} {i}" for person, i in saved}


# --- SQLite -----------------------------------------------------------------------------------------------------------


def test_sqlite_runs_with_log_full_synchronisation_and_strict_tables(tmp_path: Path) -> None:
    ledger = opened(tmp_path / "ledger.sqlite")
    with ledger.store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        tables = connection.exec_driver_sql(
            "SELECT name, strict FROM pragma_table_list WHERE name LIKE 'fortuit%'"
        ).all()
    assert len(tables) == 5
    assert all(strict == 1 for _, strict in tables)


_AS_NOBODY = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.miner.ledger.honest import opened
from miner.errors import FortuitError
import miner.ledger.store  # before the rights are given up: the interpreter may lie where nobody may read
opened(Path(sys.argv[3])).append("note", {"about": "x"})
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
ledger = opened(Path(sys.argv[1]), create=False)
print(ledger.head().size)
try:
    ledger.append("note", {"about": "x"})
except FortuitError as error:
    print(type(error).__name__)
"""


def test_a_folder_that_may_not_be_written_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    written(opened(folder / "ledger.sqlite"), steps()).close()
    (folder / "ledger.sqlite").chmod(0o444)
    folder.chmod(0o555)
    # Each worker of the test runner has a folder of its own, private by default, between the two.
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.getuid() and parent.is_relative_to(Path(tempfile.gettempdir()).resolve()):
            parent.chmod(parent.stat().st_mode | 0o055)
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, str(folder / "ledger.sqlite"), str(root), str(tmp_path / "warm")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NUMBA_CACHE_DIR": "/tmp"},
    )
    folder.chmod(0o755)
    assert done.stdout.split() == ["14", LedgerReadOnly.__name__], done.stderr


def test_a_ledger_survives_being_copied_with_its_log(tmp_path: Path) -> None:
    ledger = written(opened(tmp_path / "ledger.sqlite"), steps())
    for path in tmp_path.glob("ledger.sqlite*"):
        (tmp_path / path.name.replace("ledger", "copy")).write_bytes(path.read_bytes())
    assert list(opened(tmp_path / "copy.sqlite").entries()) == list(ledger.entries())


def test_a_name_with_signs_is_a_file_name(tmp_path: Path) -> None:
    place = tmp_path / "étude #1 50 % ?.sqlite"
    opened(place).append("note", {"about": "x"})
    assert opened(place, create=False).head().size == 1
    with sqlite3.connect(place) as raw:
        assert raw.execute("SELECT count(*) FROM fortuit_entry").fetchone() == (1,)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_postgresql_refuses_truncation(postgresql_url: str) -> None:
    ledger = written(opened(postgresql_url), steps())
    with pytest.raises(DBAPIError, match="append-only"), ledger.store.engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE fortuit_entry")


@pytest.mark.postgresql
def test_postgresql_missing_locked_and_read_only_are_named(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LedgerMissing):
        opened(postgresql_url, create=False)
    ledger = opened(postgresql_url)
    monkeypatch.setattr(store, "BUSY_SECONDS", 1)
    other = opened(postgresql_url)
    with other.transaction(), pytest.raises(LedgerLocked):
        ledger.append("note", {"about": "x"})
    reader = opened(postgresql_url + "&options=-cdefault_transaction_read_only%3Don", create=False)
    with pytest.raises(LedgerReadOnly):
        reader.append("note", {"about": "x"})
    assert ledger.head().size == 0


@pytest.mark.postgresql
def test_postgresql_shares_a_database_with_other_tables(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE patients (id integer)")
    engine.dispose()
    assert opened(postgresql_url).append("note", {"about": "x"}).seq == 1


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://ada:secret@127.0.0.1:9/ledger?connect_timeout=2",
        "mysql://ada:secret@127.0.0.1/ledger",
        "nonsense://ada:secret@127.0.0.1/ledger",
    ],
)
def test_an_address_that_does_not_answer_is_named_without_its_password(url: str) -> None:
    with pytest.raises(LedgerUnreachable) as caught:
        opened(url)
    assert "secret" not in caught.value.say()
