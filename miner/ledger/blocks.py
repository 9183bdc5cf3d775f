"""Bulk rows of an entry: gzip-compressed canonical JSON lines, hashed uncompressed, each row a leaf of a hash tree.

>>> block = write_block([{"i": 0, "id": "x"}], secret=b"s" * 32)
>>> block.rows, list(read_rows(block.data))
(1, [{'i': 0, 'id': 'x'}])
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from miner.errors import NotCanonical
from miner.ledger.canonical import canonical, parse_row
from miner.ledger.commitments import IDENTITY_FIELDS, row_leaves
from miner.ledger.merkle import root

# Level 1 halves the time of level 6 and costs a sixth more bytes; a miner waits for the first, a disk holds the second.
_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows as stored, and what the entry says of them."""

    data: bytes
    sha256: str
    size: int
    rows: int
    merkle_root: str

    def fields(self) -> dict[str, object]:
        """What the content of the entry records. The two fields of exact bytes stay in the room with the counts."""
        return {
            "block_sha256": self.sha256,
            "block_bytes": self.size,
            "block_rows": self.rows,
            "block_root": self.merkle_root,
        }


BLOCK_FIELDS = ("block_bytes", "block_root", "block_rows", "block_sha256")


def write_block(rows: Iterable[Mapping[str, object]], *, secret: bytes) -> Block:
    """Encode rows, in their order.

    Parameters
    ----------
    rows
        Flat JSON objects; see ``docs/ledger-format.md`` for those of a test.
    secret
        The 32 secret bytes of the entry, from which the salts of the rows come.
    """
    lines: list[tuple[bytes, bytes]] = []
    for row in rows:
        identity = {name: row[name] for name in IDENTITY_FIELDS if name in row}
        lines.append((canonical(identity), canonical(row)))
    text = b"".join(line + b"\n" for _, line in lines)
    return Block(
        # mtime 0 keeps the same rows the same bytes.
        data=gzip.compress(text, compresslevel=_LEVEL, mtime=0),
        sha256=hashlib.sha256(text).hexdigest(),
        size=len(text),
        rows=len(lines),
        merkle_root=root(row_leaves(secret, lines)).hex(),
    )


def read_lines(data: bytes) -> list[bytes]:
    """The canonical lines of a block, without line ends.

    Raises
    ------
    NotCanonical
        Where the bytes are not a whole gzip stream of lines.
    """
    if not data:
        raise NotCanonical(detail="a block is empty")
    try:
        text = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise NotCanonical(detail=f"a block is damaged ({error})") from error
    if text and not text.endswith(b"\n"):
        raise NotCanonical(detail="a block ends within a line")
    return text.split(b"\n")[:-1]


def read_rows(data: bytes) -> Iterator[dict[str, object]]:
    """The rows of a block, in their order."""
    return map(parse_row, read_lines(data))


def leaves_of(lines: Iterable[bytes], *, secret: bytes) -> list[bytes]:
    """The leaf hashes of stored lines, computed anew."""
    pairs = []
    for line in lines:
        row = parse_row(line)
        pairs.append((canonical({name: row[name] for name in IDENTITY_FIELDS if name in row}), line))
    return row_leaves(secret, pairs)
