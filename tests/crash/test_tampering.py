"""Every kind of tampering at every place of a ledger: the chain sees four kinds, a checkpoint sees all six."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from miner.ledger.audit.chain import anchors, chain
from miner.ledger.checkpoint import Checkpoint
from miner.ledger.commitments import entry_hash, genesis
from miner.ledger.records import Record
from tests.miner.ledger.honest import counted, opened

Records = tuple[Record, ...]


def ledger_of(size: int, place: Path) -> tuple[Records, str, Checkpoint]:
    ledger = opened(place, entropy=counted())
    with ledger.transaction():
        for i in range(size):
            ledger.append("note", {"about": f"entry {i}", "number": i})
    return tuple(ledger.records()), ledger.origin, ledger.checkpoint()


def edited(records: Records, i: int) -> Records:
    one = records[i]
    return (*records[:i], replace(one, content=one.content.replace(b"entry", b"Entry")), *records[i + 1 :])


def deleted(records: Records, i: int) -> Records:
    return records[:i] + records[i + 1 :]


def swapped(records: Records, i: int) -> Records:
    j = (i + 1) % len(records)
    changed = list(records)
    changed[i], changed[j] = changed[j], changed[i]
    return tuple(changed)


def inserted(records: Records, i: int) -> Records:
    return (*records[:i], records[i - 1], *records[i:])


def truncated(records: Records, i: int) -> Records:
    return records[:i]


def rewritten(records: Records, i: int, origin: str) -> Records:
    """Entry i with another actor, and everything after it hashed again: the chain holds."""
    changed: list[Record] = []
    previous = genesis(origin)
    for k, record in enumerate(records):
        header = record.header.replace(b'"Ada"', b'"Eve"') if k == i else record.header
        digest = entry_hash(previous, header)
        changed.append(replace(record, header=header, prev=previous.hex(), hash=digest.hex()))
        previous = digest
    return tuple(changed)


def seen_by_chain(records: Sequence[Record], origin: str) -> int | None:
    found = next(chain(records, origin), None)
    return None if found is None else min(found.seqs)


def places(size: int) -> Iterator[int]:
    yield from range(size)


@pytest.mark.parametrize("size", [100, pytest.param(1000, marks=pytest.mark.soak)])
def test_the_chain_names_the_first_bad_entry_of_what_is_edited_deleted_swapped_or_inserted(
    tmp_path: Path, size: int
) -> None:
    records, origin, _ = ledger_of(size, tmp_path / "ledger.sqlite")
    for i in places(size):
        assert seen_by_chain(edited(records, i)[: i + 2], origin) == i + 1
        if i < size - 1:
            assert seen_by_chain(deleted(records, i), origin) == i + 2
            assert seen_by_chain(swapped(records, i), origin) == i + 2
        if i:
            assert seen_by_chain(inserted(records, i), origin) == i
    assert seen_by_chain(records, origin) is None


@pytest.mark.parametrize("size", [100, pytest.param(1000, marks=pytest.mark.soak)])
def test_a_cut_or_a_rewrite_is_seen_by_the_checkpoint_only(tmp_path: Path, size: int) -> None:
    records, origin, checkpoint = ledger_of(size, tmp_path / "ledger.sqlite")
    assert list(anchors(records, origin, [checkpoint])) == []
    blind = 0
    for i in places(size):
        for changed in (truncated(records, i), rewritten(records, i, origin)):
            if i % 10 == 0:
                blind += seen_by_chain(changed, origin) is None
            assert [finding.code for finding in anchors(changed, origin, [checkpoint])] == ["A03"]
    assert blind == 2 * len(range(0, size, 10))


@pytest.mark.parametrize("kind", [edited, deleted, swapped, inserted])
def test_a_checkpoint_sees_what_the_chain_sees_too_once_it_is_hashed_again(tmp_path: Path, kind) -> None:  # type: ignore[no-untyped-def]
    records, origin, checkpoint = ledger_of(40, tmp_path / "ledger.sqlite")
    for i in range(1, 39):
        changed = kind(records, i)
        hashed = tuple(
            replace(record, hash=hashlib.sha256(record.header + record.content + bytes([k])).hexdigest())
            for k, record in enumerate(changed)
        )
        assert [finding.code for finding in anchors(hashed, origin, [checkpoint])] == ["A03"]
