"""The format is fixed for ever: 200 spellings, and the vectors printed in docs/ledger-format.md.

The hashes are computed here with hashlib alone, as the page describes them, and then by the product.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from miner.ledger.blocks import write_block
from miner.ledger.canonical import canonical, fingerprint
from miner.ledger.commitments import commit_content, entry_hash, field_commitment, field_salt, genesis, note_commitment
from miner.ledger.merkle import leaf_hash, root
from miner.ledger.records import Actor, header_bytes
from miner.ledger.verify_pack import load, spell

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
PAGE = (Path(__file__).parents[3] / "docs" / "ledger-format.md").read_text(encoding="utf-8")
SECRET = bytes(range(32))
ORIGIN = "fortuit/0123456789abcdef"


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def test_there_are_two_hundred_spellings() -> None:
    assert len(VECTORS) == 200
    assert len({vector["text"] for vector in VECTORS}) == 200


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_every_spelling_is_what_it_was(start: int) -> None:
    for vector in VECTORS[start : start + 50]:
        value = json.loads(vector["text"])
        assert canonical(value).decode() == vector["canonical"]
        assert fingerprint(value) == vector["sha256"]
        assert hashlib.sha256(vector["canonical"].encode()).hexdigest() == vector["sha256"]
        assert spell(load(vector["canonical"].encode())).decode() == vector["canonical"]


def printed(what: str) -> list[str]:
    """The values that the page prints for a row of its tables."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {what}")]
    return re.findall(r"`([^`]+)`", line.split("|")[2])


def test_the_page_prints_what_its_own_words_give() -> None:
    salts = {name: sha(b"fortuit-salt-v1\0", SECRET, name.encode()) for name in ("about", "m")}
    commitments = {
        "about": sha(b"fortuit-field-v1\0", salts["about"], b'["about","vector"]'),
        "m": sha(b"fortuit-field-v1\0", salts["m"], b'["m",5]'),
    }
    content = sha(b"fortuit-content-v1\0", commitments["about"], commitments["m"])
    first = sha(b"fortuit-genesis-v1\0", ORIGIN.encode())
    header = (
        '{"actor":{"identity_source":"stated","name":"Ada","role":"analyst"},"content":"'
        + content.hex()
        + '","format":1,'
        '"kind":"note","note":null,"seq":1,"time":"2026-01-01T00:00:00.000Z"}'
    )
    entry = sha(b"fortuit-entry-v1\0", first, header.encode())
    assert printed("genesis") == [first.hex()]
    for name in ("about", "m"):
        assert printed(f"salt of `{name}`") == [salts[name].hex()]
        assert printed(f"commitment of `{name}`") == [commitments[name].hex()]
    assert printed("root of the content") == [content.hex()]
    assert printed("hash of entry 1") == [entry.hex()]
    assert printed("root of the checkpoint") == [base64.b64encode(sha(b"\0", entry)).decode()]
    assert printed("note `seen`") == [sha(b"fortuit-note-v1\0", SECRET, b'"seen"').hex()]


def test_the_product_gives_what_the_page_prints() -> None:
    content = {"about": "vector", "m": 5}
    bound = commit_content(SECRET, content)
    header = header_bytes(
        seq=1, kind="note", time="2026-01-01T00:00:00.000Z", actor=Actor(name="Ada"), content=bound, note=None
    )
    entry = entry_hash(genesis(ORIGIN), header)
    assert field_commitment(field_salt(SECRET, "m"), "m", 5).hex() == printed("commitment of `m`")[0]
    assert bound.hex() == printed("root of the content")[0]
    assert entry.hex() == printed("hash of entry 1")[0]
    assert base64.b64encode(root([leaf_hash(entry)])).decode() == printed("root of the checkpoint")[0]
    assert note_commitment(SECRET, "seen").hex() == printed("note `seen`")[0]


def test_the_block_on_the_page() -> None:
    lines = re.findall(r'^    (\{"i":.*\})$', PAGE, re.MULTILINE)
    leaves = []
    for i, line in enumerate(lines):
        salts = sha(b"fortuit-salt-v1\0", SECRET, i.to_bytes(8, "big"))
        if i == 0:
            assert printed("salts of row 0") == [salts[:16].hex(), salts[16:].hex()]
        row = json.loads(line)
        identity = spell({name: row[name] for name in ("i", "id", "mode", "test", "x", "y")})
        pair = (
            sha(b"fortuit-identity-v1\0", salts[:16], identity),
            sha(b"fortuit-evidence-v1\0", salts[16:], line.encode()),
        )
        leaves.append(sha(b"\0", *pair))
    assert printed("`block_root`") == [sha(b"\1", *leaves).hex()]
    assert printed("`block_sha256`") == [sha("".join(f"{line}\n" for line in lines).encode()).hex()]
    block = write_block([json.loads(line) for line in lines], secret=SECRET)
    assert [block.sha256] == printed("`block_sha256`")
    assert [block.merkle_root] == printed("`block_root`")
