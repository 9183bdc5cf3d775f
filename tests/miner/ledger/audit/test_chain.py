"""A01 to A05: planted in an honest history, seen as exactly that code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from miner.ledger import events as ev
from miner.ledger import parse_checkpoint
from miner.ledger.audit import audit
from miner.ledger.blocks import read_lines
from tests.miner.ledger.audit.planting import (
    only,
    with_rows,
)
from tests.miner.ledger.honest import (
    opened,
    rows,
    steps,
    ticking,
    written,
)
from tests.miner.ledger.tampering import edit, raw, rehash, remove, renumber


def test_a01_an_entry_was_edited(place: Path) -> None:
    written(opened(place), steps()).close()
    edit(place, 3, lambda content: content.update(report={"messages": []}))
    report = audit(opened(place))
    only(report, "A01")
    assert report.findings[0].seqs == (3,)


def test_a02_an_entry_is_missing_though_the_chain_was_hashed_again(place: Path) -> None:
    written(opened(place), steps() | {"note": (ev.Note(about="x"), None), "last": (ev.Note(about="y"), None)}).close()
    with raw(place) as connection:
        remove(connection, 15)
    rehash(place)
    only(audit(opened(place)), "A02")


def test_a02_the_clock_went_back(place: Path) -> None:
    report = audit(written(opened(place, clock=ticking(-3600)), steps()))
    only(report, "A02")
    assert "60.0 minutes" in report.findings[0].message


def test_a02_tolerates_a_minute(place: Path) -> None:
    assert audit(written(opened(place, clock=ticking(-59)), steps())).findings == ()


def test_a03_the_tail_was_cut(place: Path) -> None:
    ledger = written(opened(place), steps())
    kept = parse_checkpoint(ledger.checkpoint().text())
    ledger.close()
    with raw(place) as connection:
        remove(connection, 14)
    report = audit(opened(place), checkpoints=[kept])
    only(report, "A03")
    assert "cut off" in report.findings[0].message
    assert not report.anchored


def test_a03_everything_was_rewritten(place: Path) -> None:
    ledger = written(opened(place), steps())
    kept = ledger.checkpoint()
    ledger.close()
    edit(place, 1, lambda content: content.update(purpose="another"))
    rehash(place)
    assert audit(opened(place)).findings == ()
    only(audit(opened(place), checkpoints=[kept]), "A03")


def test_a03_a_checkpoint_of_an_earlier_moment_still_holds(place: Path) -> None:
    ledger = written(opened(place), steps())
    kept = ledger.checkpoint()
    ledger.append("note", {"about": "later"})
    assert audit(ledger, checkpoints=[kept]).anchored


def test_a03_the_checkpoint_is_of_another_ledger(place: Path) -> None:
    ledger = written(opened(place), steps())
    only(audit(ledger, checkpoints=[replace(ledger.checkpoint(), origin="fortuit/other")]), "A03")


def test_a04_a_block_was_changed(place: Path) -> None:
    ledger = written(opened(place), steps())
    ledger.close()
    other = written(
        opened(place.with_name("other")), with_rows(steps(), "batch", [r | {"n_unknown": 3} for r in rows()])
    )
    data = other.block(8)
    with raw(place) as connection:
        connection.execute("UPDATE fortuit_block SET data = ? WHERE seq = 8", (data,))
    only(audit(opened(place)), "A04")


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a04_a_block_was_destroyed(place: Path, damage: bytes | None) -> None:
    written(opened(place), steps()).close()
    with raw(place) as connection:
        if damage is None:
            connection.execute("DELETE FROM fortuit_block WHERE seq = 8")
        else:
            connection.execute("UPDATE fortuit_block SET data = ? WHERE seq = 8", (damage,))
    only(audit(opened(place)), "A04")


def test_a05_another_spelling(place: Path) -> None:
    written(opened(place), steps()).close()
    with raw(place) as connection:
        connection.execute("UPDATE fortuit_entry SET content = replace(content, ':', ': ') WHERE seq = 3")
    only(audit(opened(place)), "A05")


def test_a05_text_that_is_not_json_ends_the_audit_there(place: Path) -> None:
    written(opened(place), steps()).close()
    with raw(place) as connection:
        connection.execute("UPDATE fortuit_entry SET content = '{' WHERE seq = 3")
    report = audit(opened(place))
    only(report, "A05")
    assert any("cannot be read" in line for line in report.not_checked)


@pytest.mark.parametrize("seq", range(1, 15))
def test_no_byte_of_an_entry_can_change_unseen(place: Path, seq: int) -> None:
    written(opened(place), steps()).close()
    for column in ("header", "content", "hash", "prev"):
        with raw(place) as connection:
            query = f"SELECT {column} FROM fortuit_entry WHERE seq = ?"  # noqa: S608
            (text,) = connection.execute(query, (seq,)).fetchone()
            middle = len(text) // 2
            other = text[:middle] + ("0" if text[middle] != "0" else "1") + text[middle + 1 :]
            connection.execute(f"UPDATE fortuit_entry SET {column} = ? WHERE seq = ?", (other, seq))  # noqa: S608
        report = audit(opened(place))
        assert report.exit_code == 20
        assert min(min(finding.seqs) for finding in report.findings) in (seq, seq + 1)
        with raw(place) as connection:
            connection.execute(f"UPDATE fortuit_entry SET {column} = ? WHERE seq = ?", (text, seq))  # noqa: S608
    assert audit(opened(place)).findings == ()


@pytest.mark.parametrize("seq", range(1, 14))
def test_swapped_deleted_and_inserted_entries_are_seen(place: Path, seq: int) -> None:
    written(opened(place), steps()).close()
    with raw(place) as connection:
        renumber(connection, seq, 99)
        renumber(connection, seq + 1, seq)
        renumber(connection, 99, seq + 1)
    swapped = audit(opened(place))
    assert swapped.exit_code == 20
    assert min(swapped.findings[0].seqs) == seq
    with raw(place) as connection:
        remove(connection, seq)
    assert audit(opened(place)).exit_code == 20


def test_blocks_are_read_as_they_were_written(place: Path) -> None:
    ledger = written(opened(place), steps())
    assert ledger.lines(8) == read_lines(ledger.block(8) or b"")
