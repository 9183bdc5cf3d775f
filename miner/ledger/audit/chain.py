"""Codes A: does the record hold together, and is it the one that was quoted?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import pairwise

from miner.errors import NotCanonical
from miner.ledger import merkle
from miner.ledger.audit.report import AuditFinding, found
from miner.ledger.canonical import is_canonical
from miner.ledger.checkpoint import Checkpoint
from miner.ledger.records import Entry, Record, Source, faults

CLOCK_TOLERANCE_SECONDS = 60.0
_CODES = {"hash": "A01", "sequence": "A02", "spelling": "A05"}


def chain(records: Sequence[Record], origin: str) -> Iterator[AuditFinding]:
    """A01, A02 (sequence) and A05 of the entries."""
    for fault in faults(records, origin):
        yield found(_CODES[fault.kind], [fault.seq], fault.message)


def clock(entries: Sequence[Entry]) -> Iterator[AuditFinding]:
    """A02 for time that goes back by more than a minute. Order is that of the numbers, never that of time."""
    for earlier, later in pairwise(entries):
        try:
            back = (datetime.fromisoformat(earlier.time) - datetime.fromisoformat(later.time)).total_seconds()
        except (ValueError, TypeError):
            yield found("A02", [later.seq], f"the time of entry {later.seq} cannot be read")
            continue
        if back > CLOCK_TOLERANCE_SECONDS:
            yield found("A02", [later.seq], f"the clock went back by {_spoken(back)} at entry {later.seq}")


def anchors(records: Sequence[Record], origin: str, checkpoints: Sequence[Checkpoint]) -> Iterator[AuditFinding]:
    """A03: every checkpoint given must be a prefix of this ledger."""
    leaves = []
    for record in records:
        try:
            leaves.append(merkle.leaf_hash(bytes.fromhex(record.hash)))
        except ValueError:
            leaves.append(merkle.leaf_hash(b""))
    for given in checkpoints:
        name = f"the checkpoint of {given.size} entries at {given.time}"
        if given.origin != origin:
            yield found("A03", [], f"{name} belongs to another ledger ({given.origin})")
        elif given.size > len(leaves):
            missing = given.size - len(leaves)
            yield found("A03", [len(leaves) + 1], f"{name} is longer: the last {missing} entries were cut off")
        elif merkle.root(leaves[: given.size]) != given.root:
            yield found("A03", [given.size], f"{name} has another root: what it vouched for was rewritten")


def blocks(source: Source, entries: Sequence[Entry]) -> Iterator[AuditFinding]:
    """A04 and A05 of the bulk blocks."""
    for entry in entries:
        if "block_rows" in entry.content and not source.withholds(entry.seq):
            yield from _block(source, entry)


def _block(source: Source, entry: Entry) -> Iterator[AuditFinding]:
    content, where = entry.content, f"the block of entry {entry.seq}"
    try:
        lines = source.lines(entry.seq)
    except NotCanonical as error:
        yield found("A04", [entry.seq], f"{where} cannot be read: {error}")
        return
    if len(lines) != content["block_rows"]:
        yield found("A04", [entry.seq], f"{where} has {len(lines)} rows, not {content['block_rows']}")
        return
    text = b"".join(line + b"\n" for line in lines)
    if "block_sha256" in content and sha256(text).hexdigest() != content["block_sha256"]:
        yield found("A04", [entry.seq], f"{where} is not the one that was hashed")
        return
    crooked = next((i for i, line in enumerate(lines) if not is_canonical(line)), None)
    if crooked is not None:
        yield found("A05", [entry.seq], f"row {crooked + 1} of {where} is not spelt canonically")
        return
    if merkle.root(source.leaves(entry.seq)).hex() != content["block_root"]:
        yield found("A04", [entry.seq], f"{where} does not give its hash tree")


def _spoken(seconds: float) -> str:
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.1f} minutes"
