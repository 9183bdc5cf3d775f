from __future__ import annotations

import gzip
import hashlib

import pytest

from miner.errors import NotCanonical
from miner.ledger.blocks import leaves_of, read_lines, read_rows, write_block
from miner.ledger.merkle import root

SECRET = bytes(range(32))
ROWS = [{"i": i, "id": f"{i:064x}", "ln_p": -i / 3, "counts": [i, 2, 3, 4]} for i in range(7)]


def test_rows_come_back_as_they_went_in() -> None:
    assert list(read_rows(write_block(ROWS, secret=SECRET).data)) == ROWS


def test_a_verifier_with_only_the_standard_library_can_check_the_block() -> None:
    block = write_block(ROWS, secret=SECRET)
    text = gzip.decompress(block.data)
    assert hashlib.sha256(text).hexdigest() == block.sha256
    assert text.count(b"\n") == block.rows == 7
    assert len(text) == block.size


def test_the_same_rows_give_the_same_bytes() -> None:
    assert write_block(ROWS, secret=SECRET) == write_block(iter(ROWS), secret=SECRET)


def test_the_hash_tree_can_be_computed_again_and_depends_on_the_secret() -> None:
    block = write_block(ROWS, secret=SECRET)
    lines = read_lines(block.data)
    assert root(leaves_of(lines, secret=SECRET)).hex() == block.merkle_root
    assert root(leaves_of(lines, secret=bytes(32))).hex() != block.merkle_root


def test_a_block_without_rows_is_a_block() -> None:
    block = write_block([], secret=SECRET)
    assert (block.rows, list(read_rows(block.data))) == (0, [])


@pytest.mark.parametrize("damage", [b"", b"not gzip", gzip.compress(b'{"a":1}')])
def test_a_damaged_block_is_refused(damage: bytes) -> None:
    with pytest.raises(NotCanonical):
        list(read_rows(damage))


def test_a_truncated_block_is_refused() -> None:
    with pytest.raises(NotCanonical):
        read_lines(write_block(ROWS, secret=SECRET).data[:-9])


def test_a_row_that_is_not_an_object_is_refused() -> None:
    with pytest.raises(NotCanonical):
        list(read_rows(gzip.compress(b"[1]\n")))
    with pytest.raises(NotCanonical):
        leaves_of([b"[1]"], secret=SECRET)
