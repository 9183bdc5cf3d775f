from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.ledger.merkle import EMPTY, holds, inclusion, leaf_hash, node_hash, root


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


@given(st.lists(st.binary(max_size=3), max_size=40))
def test_the_root_is_that_of_rfc_6962(data: list[bytes]) -> None:
    leaves = [leaf_hash(one) for one in data]
    assert root(leaves) == by_definition(leaves)


@pytest.mark.parametrize("size", range(1, 34))
def test_every_leaf_has_a_path_to_the_root_and_no_other_leaf_has_it(size: int) -> None:
    leaves = [leaf_hash(bytes([i])) for i in range(size)]
    top = root(leaves)
    for index, leaf in enumerate(leaves):
        path = inclusion(leaves, index)
        assert holds(path, leaf, index=index, size=size, expected=top)
        assert not holds(path, leaf_hash(b"other"), index=index, size=size, expected=top)
        assert not holds([*path, leaf], leaf, index=index, size=size, expected=top)
        if path:
            assert not holds(path[:-1], leaf, index=index, size=size, expected=top)


def test_an_index_outside_the_tree_proves_nothing() -> None:
    leaf = leaf_hash(b"")
    assert not holds([], leaf, index=1, size=1, expected=leaf)


def test_the_known_roots_of_the_rfc_test_vectors() -> None:
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [leaf_hash(bytes.fromhex(one)) for one in data]
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root(leaves[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
