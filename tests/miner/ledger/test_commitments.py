from __future__ import annotations

import hashlib

from miner.ledger.commitments import (
    commit_content,
    content_root,
    entry_hash,
    evidence_commitment,
    field_commitment,
    field_salt,
    genesis,
    identity_commitment,
    note_commitment,
    row_leaf,
    row_leaves,
    row_salts,
)

SECRET = bytes(range(32))


def test_the_loop_over_rows_is_what_its_steps_are() -> None:
    rows = [(b'{"i":0}', b'{"i":0,"n":1}'), (b'{"i":1}', b'{"i":1,"n":2}')]
    expected = []
    for ordinal, (identity, line) in enumerate(rows):
        first, second = row_salts(SECRET, ordinal)
        expected.append(row_leaf(identity_commitment(first, identity), evidence_commitment(second, line)))
    assert row_leaves(SECRET, rows) == expected


def test_every_hash_is_of_a_domain_of_its_own() -> None:
    """The same bytes hashed as an entry, a field, an identity, an evidence, a note or a leaf give six hashes."""
    salt = b"s" * 16
    hashes = {
        entry_hash(salt, b"x"),
        field_commitment(salt, "x", "x"),
        identity_commitment(salt, b"x"),
        evidence_commitment(salt, b"x"),
        note_commitment(salt, "x"),
        row_leaf(salt, b"x"),
        genesis("x"),
        hashlib.sha256(salt + b"x").digest(),
    }
    assert len(hashes) == 8


def test_the_root_binds_names_and_values_and_not_the_order_of_fields() -> None:
    assert commit_content(SECRET, {"a": 1, "b": 2}) == commit_content(SECRET, {"b": 2, "a": 1})
    assert commit_content(SECRET, {"a": 1, "b": 2}) != commit_content(SECRET, {"a": 2, "b": 1})
    assert commit_content(SECRET, {"a": 1}) != commit_content(SECRET, {"a": 1, "b": None})


def test_a_field_can_be_withheld_and_the_root_stays() -> None:
    content = {"m": 5, "run_hash": "ab"}
    withheld = field_commitment(field_salt(SECRET, "run_hash"), "run_hash", "ab")
    shown = field_commitment(field_salt(SECRET, "m"), "m", 5)
    assert content_root({"m": shown, "run_hash": withheld}) == commit_content(SECRET, content)


def test_salts_of_rows_and_fields_differ() -> None:
    salts = {salt for i in range(50) for salt in row_salts(SECRET, i)} | {field_salt(SECRET, str(i)) for i in range(50)}
    assert len(salts) == 150
