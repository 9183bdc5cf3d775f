"""Never lost: writers killed at random moments, many writers at once, logs cut and flipped."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from miner.ledger.audit.chain import anchors
from tests.crash.writer import opened, write_many, write_until_killed

# Writers are forked from a server that has everything loaded, so that a hundred of them take seconds.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.crash.writer"])


def killed_after(place: Path, seconds: float) -> int:
    """Start a writer, kill it after some time of writing, and return the last number it was promised."""
    hear, tell = processes.Pipe(duplex=False)
    writer = processes.Process(target=write_until_killed, args=(place, tell))
    writer.start()
    tell.close()
    acknowledged = hear.recv()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if hear.poll(left):
            acknowledged = hear.recv()
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    # What was sent before the kill was promised, heard or not.
    try:
        while True:
            acknowledged = hear.recv()
    except (EOFError, OSError):
        return int(acknowledged)


def assert_whole(place: Path, at_least: int) -> int:
    """The chain holds, transactions are whole, blocks are there, and nothing promised is missing."""
    with sqlite3.connect(place) as raw:
        assert raw.execute("PRAGMA quick_check").fetchone() == ("ok",)
    ledger = opened(place)
    assert ledger.fault is None
    assert ledger.head().size >= at_least
    entries = list(ledger.entries())
    firsts = sum(entry.content.get("about") == "first of two" for entry in entries)
    seconds = sum(entry.content.get("about") == "second of two" for entry in entries)
    assert firsts == seconds
    if entries and entries[-1].kind == "batch":
        assert len(list(ledger.rows(entries[-1]))) == 200
    ledger.close()
    return len(entries)


@pytest.mark.parametrize("kills", [100, pytest.param(2000, marks=pytest.mark.soak)])
def test_kill_9_of_the_writer_loses_nothing_acknowledged(tmp_path: Path, kills: int) -> None:
    draw = random.Random(20260301)
    size = 0
    for kill in range(kills):
        # A fresh ledger now and then: its first moments are the most delicate.
        place = tmp_path / f"{kill // 20}.sqlite"
        before = 0 if kill % 20 == 0 else size
        size = assert_whole(place, max(before, killed_after(place, draw.uniform(0.0, 0.06))))


@pytest.mark.parametrize(("writers", "appends"), [(8, 250), pytest.param(16, 1000, marks=pytest.mark.soak)])
def test_many_writers_make_one_chain(tmp_path: Path, writers: int, appends: int) -> None:
    place = tmp_path / "ledger.sqlite"
    ears = []
    for _ in range(writers):
        hear, tell = processes.Pipe(duplex=False)
        processes.Process(target=write_many, args=(place, appends, tell)).start()
        tell.close()
        ears.append(hear)
    seqs = [seq for hear in ears for seq in hear.recv()]
    assert sorted(seqs) == list(range(1, writers * appends + 1))
    assert assert_whole(place, writers * appends) == writers * appends


@pytest.mark.parametrize("states", [300, pytest.param(5000, marks=pytest.mark.soak)])
def test_a_torn_log_leaves_a_prefix_and_a_checkpoint_tells_what_is_missing(tmp_path: Path, states: int) -> None:
    place = tmp_path / "ledger.sqlite"
    ledger = opened(place)
    with ledger.store.reading() as connection:
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 0")
    entries = 60
    for i in range(entries):
        ledger.append("note", {"about": "x" * 50 + str(i)})
    checkpoint = ledger.checkpoint()
    kept = [record.hash for record in ledger.records()]
    log = (tmp_path / "ledger.sqlite-wal").read_bytes()
    assert len(log) > 100_000
    draw = random.Random(7)
    sizes = set()
    for state in range(states):
        copy = tmp_path / "torn.sqlite"
        shutil.copyfile(place, copy)
        damaged = bytearray(log)
        if state % 2:
            damaged = damaged[: draw.randrange(len(log))]
        else:
            damaged[draw.randrange(len(log))] ^= 1 << draw.randrange(8)
        (tmp_path / "torn.sqlite-wal").write_bytes(damaged)
        (tmp_path / "torn.sqlite-shm").unlink(missing_ok=True)
        torn = opened(copy)
        assert torn.fault is None
        records = list(torn.records())
        assert [record.hash for record in records] == kept[: len(records)]
        found = [finding.code for finding in anchors(records, torn.origin, [checkpoint])]
        assert found == ([] if len(records) == entries else ["A03"])
        sizes.add(len(records))
        torn.close()
    assert len(sizes) > 20
    ledger.close()
