from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from miner.errors import NotCanonical
from miner.ledger.records import as_object, faults
from tests.miner.ledger.honest import opened, steps, written


@pytest.fixture
def records(tmp_path: Path):  # type: ignore[no-untyped-def]
    ledger = written(opened(tmp_path / "ledger.sqlite"), steps())
    return tuple(ledger.records()), ledger.origin


def test_a_whole_chain_has_no_fault(records) -> None:  # type: ignore[no-untyped-def]
    assert list(faults(*records)) == []
    assert list(faults((), "any")) == []


def test_a_chain_belongs_to_its_origin(records) -> None:  # type: ignore[no-untyped-def]
    assert [fault.seq for fault in faults(records[0], "another")] == [1]


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("content", b"{", "spelling"),
        ("content", b"[]", "spelling"),
        ("header", b'{"a":1,"a":1}', "spelling"),
        ("hash", "not hexadecimal", "hash"),
        ("prev", "00", "hash"),
        ("seq", 9, "sequence"),
    ],
)
def test_each_kind_of_fault_is_told_at_its_entry(records, field: str, value: object, kind: str) -> None:  # type: ignore[no-untyped-def]
    chain, origin = records
    changed = (*chain[:4], replace(chain[4], **{field: value}), *chain[5:])
    found = list(faults(changed, origin))
    assert (found[0].kind, found[0].seq) == (kind, 9 if field == "seq" else 5)


def test_a_header_must_have_its_fields(records) -> None:  # type: ignore[no-untyped-def]
    chain, _ = records
    for header in (b"{}", b'{"actor":{"name":"x","extra":1},"kind":"note","note":null,"time":""}'):
        with pytest.raises(NotCanonical):
            replace(chain[0], header=header).entry()
    with pytest.raises(NotCanonical):
        as_object(b"3")
