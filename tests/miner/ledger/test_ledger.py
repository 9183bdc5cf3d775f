from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from miner.errors import (
    LedgerBroken,
    LedgerFull,
    LedgerLocked,
    LedgerMissing,
    NewerLedger,
    NotALedger,
    NotCanonical,
    ReasonMissing,
    UnknownEntry,
    UnknownEventKind,
)
from miner.ledger import Actor, store
from miner.ledger import events as ev
from tests.miner.ledger.honest import opened, rows, steps, ticking, written


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_entries_come_back_in_order_with_actor_time_and_chain(place: Path) -> None:
    ledger = opened(place)
    ledger.append("project", {"name": "demo"})
    ledger.append("note", {"about": "é"})

    first, second = ledger.entries()

    assert (first.seq, first.kind, first.content, first.time) == (
        1,
        "project",
        {"name": "demo"},
        "2026-03-01T09:00:00.000Z",
    )
    assert second.prev == first.hash
    assert second.actor == Actor(name="Ada", role="analyst")
    assert ledger.head().size == 2
    assert ledger.head().hash == second.hash


def test_an_empty_ledger_has_a_head_that_names_it(place: Path) -> None:
    ledger = opened(place)
    assert ledger.head().size == 0
    assert len(ledger.head().hash) == 64
    assert ledger.checkpoint().size == 0


def test_a_ledger_opened_again_is_the_same(place: Path) -> None:
    first = written(opened(place), steps())
    again = opened(place, create=False)
    assert list(again.entries()) == list(first.entries())
    assert again.checkpoint() == first.checkpoint()
    assert not again.is_read_only


def test_rows_of_a_block_come_back(place: Path) -> None:
    ledger = written(opened(place), steps())
    (batch,) = ledger.entries("batch")
    assert list(ledger.rows(batch)) == rows()
    assert batch.content["block_rows"] == 5
    (project,) = ledger.entries("project")
    assert list(ledger.rows(project)) == []


def test_nothing_of_a_transaction_that_fails_is_recorded(place: Path) -> None:
    ledger = opened(place)

    def fail() -> None:
        with ledger.transaction():
            ledger.append("note", {"about": "a"})
            assert ledger.head().size == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert ledger.head().size == 0
    assert ledger.append("note", {"about": "b"}).seq == 1


def test_two_ledgers_on_one_file_continue_each_other(place: Path) -> None:
    one, two = opened(place), opened(place)
    one.append("note", {"about": "a"})
    two.append("note", {"about": "b"})
    one.append("note", {"about": "c"})
    assert [entry.seq for entry in two.entries()] == [1, 2, 3]
    assert opened(place).fault is None


def test_a_kind_that_is_not_on_the_list_is_refused(place: Path) -> None:
    with pytest.raises(UnknownEventKind):
        opened(place).append("gossip", {})


def test_a_value_without_a_spelling_is_refused_and_nothing_is_written(place: Path) -> None:
    ledger = opened(place)
    with pytest.raises(NotCanonical):
        ledger.append("note", {"about": {1, 2}})
    with pytest.raises(NotCanonical):
        ledger.append_block("batch", {}, [{"i": 2**60}])
    assert ledger.head().size == 0


def test_rows_belong_to_kinds_that_have_them(place: Path) -> None:
    ledger = opened(place)
    with pytest.raises(TypeError):
        ledger.record(ev.Note(about="x"), [{}])
    with pytest.raises(TypeError):
        ledger.record(ev.Batch(family_id="F", universe_id="U", run_id=None))


def test_a_clock_without_zone_is_refused(place: Path) -> None:
    ledger = opened(place, clock=lambda: datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        ledger.append("note", {"about": "x"})


def test_order_is_that_of_the_numbers_when_the_clock_goes_back(place: Path) -> None:
    ledger = opened(place, clock=ticking(-3600))
    seqs = [ledger.append("note", {"about": str(i)}).seq for i in range(3)]
    assert seqs == [1, 2, 3]
    assert opened(place).fault is None


def test_a_note_can_be_erased_and_the_chain_still_holds(place: Path) -> None:
    ledger = opened(place)
    entry = ledger.append("note", {"about": "H-0001"}, note="seen in ward 3")
    before = ledger.checkpoint()

    assert ledger.note(entry.seq) == "seen in ward 3"
    assert ledger.erase_note(entry.seq)
    assert not ledger.erase_note(entry.seq)

    assert ledger.note(entry.seq) is None
    assert ledger.checkpoint() == before
    assert opened(place).fault is None
    assert b"ward 3" not in entry_bytes(ledger)


def entry_bytes(ledger: object) -> bytes:
    return b"".join(record.header + record.content for record in ledger.records())  # type: ignore[attr-defined]


def test_an_entry_is_set_aside_only_with_a_reason(place: Path) -> None:
    ledger = opened(place)
    ledger.append("note", {"about": "x"})
    with pytest.raises(ReasonMissing):
        ledger.void(1, reason=" ")
    with pytest.raises(UnknownEntry):
        ledger.void(2, reason="wrong")
    assert ledger.void(1, reason="wrong").content == {"seq": 1, "reason": "wrong"}


@pytest.mark.parametrize(
    "verb", ["UPDATE fortuit_entry SET kind = 'x'", "DELETE FROM fortuit_entry", "DELETE FROM fortuit_block"]
)
def test_the_store_refuses_to_change_or_delete(place: Path, verb: str) -> None:
    written(opened(place), steps()).close()
    with sqlite3.connect(place) as raw, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(verb)


def tampered(place: Path, statement: str) -> None:
    raw = sqlite3.connect(place)
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute(statement)
    raw.commit()
    raw.close()


def test_a_broken_chain_can_be_read_but_not_continued(place: Path) -> None:
    written(opened(place), steps()).close()
    tampered(place, "UPDATE fortuit_entry SET content = replace(content, 'nhefs', 'other') WHERE seq = 3")

    ledger = opened(place)

    assert ledger.is_read_only
    assert ledger.fault is not None
    assert ledger.fault.seq == 3
    assert len(list(ledger.entries())) == 14
    with pytest.raises(LedgerBroken):
        ledger.append("note", {"about": "x"})
    with pytest.raises(LedgerBroken):
        ledger.erase_note(1)


def test_a_ledger_of_a_newer_format_is_refused_and_left_alone(place: Path) -> None:
    opened(place).close()
    tampered(place, "UPDATE fortuit_meta SET value = '2' WHERE name = 'format'")
    before = place.read_bytes()
    with pytest.raises(NewerLedger):
        opened(place)
    assert place.read_bytes() == before


def test_a_missing_ledger_is_not_made_by_reading(place: Path) -> None:
    with pytest.raises(LedgerMissing):
        opened(place, create=False)
    with pytest.raises(LedgerMissing):
        opened(place.parent / "no" / "folder" / "ledger.sqlite")
    assert not place.exists()


def test_another_file_is_refused_and_left_alone(place: Path) -> None:
    place.write_bytes(b"age,sex\n" * 500)
    with pytest.raises(NotALedger):
        opened(place)
    assert place.read_bytes() == b"age,sex\n" * 500


def test_a_database_of_another_program_is_refused_and_left_alone(place: Path) -> None:
    with sqlite3.connect(place) as raw:
        raw.execute("CREATE TABLE patients (id)")
    raw.close()
    before = place.read_bytes()
    with pytest.raises(NotALedger):
        opened(place)
    assert place.read_bytes() == before


def test_a_full_disk_is_named_and_nothing_is_half_written(place: Path) -> None:
    ledger = opened(place)
    ledger.append("note", {"about": "x"})
    with ledger.store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(LedgerFull) as caught:
        ledger.append_block("batch", {}, [{"i": i, "noise": str(i**40)} for i in range(9000)])
    assert "Nothing of it was recorded" in caught.value.say()
    assert opened(place).head().size == 1
    assert opened(place).fault is None


def test_a_locked_ledger_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.05)
    ledger = opened(place)
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerLocked):
        ledger.append("note", {"about": "x"})
    other.execute("ROLLBACK")
    other.close()
    assert ledger.append("note", {"about": "x"}).seq == 1
