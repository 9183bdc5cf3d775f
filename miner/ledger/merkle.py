"""A hash tree over many leaves: one root stands for all, and a short path shows that one leaf is among them.

The tree is that of RFC 6962 (section 2.1): a leaf is hashed with the prefix 0x00, an inner node with 0x01, so that no
node can pass for a leaf; a tree of n leaves splits at the largest power of two below n.

>>> root([leaf_hash(b"a")]) == leaf_hash(b"a")
True
>>> leaves = [leaf_hash(bytes([i])) for i in range(5)]
>>> holds(inclusion(leaves, 3), leaves[3], index=3, size=5, expected=root(leaves))
True
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_sha256 = hashlib.sha256
EMPTY = _sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return _sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes; SHA-256 of nothing where there is none."""
    level = list(leaves)
    if not level:
        return EMPTY
    # Pairing neighbours and carrying an odd last one up gives the same tree as splitting at a power of two.
    while len(level) > 1:
        level = _next_level(level)
    return level[0]


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from one leaf to the root, lowest first."""
    path = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level = _next_level(level)
        index //= 2
    return path


def holds(path: Sequence[bytes], leaf: bytes, *, index: int, size: int, expected: bytes) -> bool:
    """True where the path leads from the leaf at ``index`` in a tree of ``size`` leaves to the expected root."""
    if not 0 <= index < size:
        return False
    current, last, remaining = leaf, size - 1, list(path)
    while last:
        if index % 2 or index < last:
            if not remaining:
                return False
            beside = remaining.pop(0)
            current = node_hash(beside, current) if index % 2 else node_hash(current, beside)
        index //= 2
        last //= 2
    return not remaining and current == expected


def _next_level(level: list[bytes]) -> list[bytes]:
    paired = [_sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
    if len(level) % 2:
        paired.append(level[-1])
    return paired
