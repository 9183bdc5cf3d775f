"""What is hashed to what: every hash of the ledger has a name in front, and what may have to stay in the room has a
salt.

A plain hash of a small count can be guessed by hashing all small counts. Each field of an entry and each row of a block
is therefore bound by a *commitment*: the hash of a secret salt and the value. A pack that leaves shows some values with
their salts, and for the others only the commitment: the chain still verifies and nothing can be guessed.

The salts come from 32 secret bytes an entry, one hash each, so that showing one salt tells nothing of another.

>>> len(entry_hash(genesis("fortuit/0000"), b"{}"))
32
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from miner.ledger.canonical import canonical

SECRET_BYTES = 32
IDENTITY_FIELDS = ("i", "id", "mode", "test", "x", "y")

_sha256 = hashlib.sha256
_GENESIS, _ENTRY, _CONTENT, _FIELD = (
    b"fortuit-%s-v1\0" % name for name in (b"genesis", b"entry", b"content", b"field")
)
_SALT, _IDENTITY, _EVIDENCE, _NOTE = (
    b"fortuit-%s-v1\0" % name for name in (b"salt", b"identity", b"evidence", b"note")
)


def genesis(origin: str) -> bytes:
    """What stands for the previous hash before the first entry of the ledger named ``origin``."""
    return _sha256(_GENESIS + origin.encode()).digest()


def entry_hash(previous: bytes, header: bytes) -> bytes:
    """Hash of an entry: its canonical header, chained to the entry before."""
    return _sha256(_ENTRY + previous + header).digest()


def field_salt(secret: bytes, name: str) -> bytes:
    """The salt of one field of an entry."""
    return _sha256(_SALT + secret + name.encode()).digest()


def field_commitment(salt: bytes, name: str, value: object) -> bytes:
    """Commitment to one field of the content of an entry."""
    return _sha256(_FIELD + salt + canonical([name, value])).digest()


def content_root(commitments: Mapping[str, bytes]) -> bytes:
    """One hash over the commitments of all fields, in the order of the field names."""
    return _sha256(_CONTENT + b"".join(commitments[name] for name in sorted(commitments))).digest()


def commit_content(secret: bytes, content: Mapping[str, object]) -> bytes:
    """The content root of a whole content under one secret."""
    return content_root({name: field_commitment(field_salt(secret, name), name, content[name]) for name in content})


def note_commitment(salt: bytes, text: str) -> bytes:
    """Commitment to a note kept outside the chain; the salt is kept and erased with the note."""
    return _sha256(_NOTE + salt + canonical(text)).digest()


def row_salts(secret: bytes, ordinal: int) -> tuple[bytes, bytes]:
    """Salts of 16 bytes for the identity and for the evidence of the row at ``ordinal`` (from 0) of a block."""
    salts = _sha256(_SALT + secret + ordinal.to_bytes(8, "big")).digest()
    return salts[:16], salts[16:]


def identity_commitment(salt: bytes, identity: bytes) -> bytes:
    """Commitment to which hypothesis a row is about: canonical JSON of its fields named in ``IDENTITY_FIELDS``."""
    return _sha256(_IDENTITY + salt + identity).digest()


def evidence_commitment(salt: bytes, line: bytes) -> bytes:
    """Commitment to the whole row: its canonical JSON line without the line end."""
    return _sha256(_EVIDENCE + salt + line).digest()


def row_leaf(identity: bytes, evidence: bytes) -> bytes:
    """Leaf of a row in the hash tree of its block (RFC 6962 prefix), from its two commitments."""
    return _sha256(b"\x00" + identity + evidence).digest()


def row_leaves(secret: bytes, rows: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Leaves of all rows of a block, each given as (canonical identity, canonical line)."""
    leaves = []
    # Written out in one loop: 100,000 rows make half a million hashes.
    prefix = _SALT + secret
    for ordinal, (identity, line) in enumerate(rows):
        salts = _sha256(prefix + ordinal.to_bytes(8, "big")).digest()
        first = _sha256(_IDENTITY + salts[:16] + identity).digest()
        second = _sha256(_EVIDENCE + salts[16:] + line).digest()
        leaves.append(_sha256(b"\x00" + first + second).digest())
    return leaves
