from __future__ import annotations

import pytest

from miner.errors import BadPack
from miner.ledger import Ledger
from miner.ledger.audit import audit
from miner.ledger.pack import full_pack
from miner.ledger.packed import read_pack
from tests.miner.ledger.packing import rezipped


def test_the_audit_reads_a_full_pack_like_the_ledger(ledger: Ledger) -> None:
    report = audit(read_pack(full_pack(ledger)), checkpoints=[ledger.checkpoint()])
    assert report == audit(ledger, checkpoints=[ledger.checkpoint()])
    assert report.exit_code == 0


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"age,sex\n1,2\n"])
def test_what_is_not_a_pack_is_refused(data: bytes) -> None:
    with pytest.raises(BadPack):
        read_pack(data)


def test_a_pack_with_foreign_or_missing_files_is_refused(ledger: Ledger) -> None:
    for name in ("../evil.txt", "/etc/passwd", "blocks/../../x.py", "script.sh/../x"):
        with pytest.raises(BadPack):
            read_pack(rezipped(full_pack(ledger), lambda files, n=name: files.update({n: b""})))  # type: ignore[misc]
    with pytest.raises(BadPack):
        read_pack(rezipped(full_pack(ledger), lambda files: files.pop("ledger.jsonl") and None))


def test_a_block_that_unpacks_without_end_is_not_unpacked(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from miner.ledger import packed as module

    monkeypatch.setattr(module, "_LARGEST_BLOCK", 100)
    report = audit(read_pack(full_pack(ledger)))
    assert {finding.code for finding in report.findings} == {"A04"}
