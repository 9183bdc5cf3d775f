"""An audit pack read back: a source for the audit and for the reviewer's page, in which masked rows show their identity
only.

A pack comes from a stranger: only plain files with the names of a pack are read, up to a size, blocks included.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from miner.errors import BadPack, NotCanonical
from miner.ledger.blocks import leaves_of
from miner.ledger.canonical import canonical, parse_row
from miner.ledger.commitments import IDENTITY_FIELDS, evidence_commitment, identity_commitment, row_leaf
from miner.ledger.records import Entry, Record, as_object, salts_of

_NAME: Final = re.compile(r"[a-z]+(?:/\d{6})?(?:\.[a-z]+)+")
_LARGEST: Final = 2_000_000_000
_LARGEST_BLOCK: Final = 1_000_000_000


class PackedLedger:
    """A pack as a source for the audit and the reviewer's page."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        try:
            manifest = as_object(files["manifest.json"])
            self.origin, self.kind = str(manifest["origin"]), str(manifest["kind"])
            self._records = tuple(map(_read_record, files["ledger.jsonl"].split(b"\n")[:-1]))
            self.checkpoint_text = files["checkpoint.txt"].decode()
        except (KeyError, TypeError, ValueError, NotCanonical) as error:
            raise BadPack(detail=f"a file is missing or cannot be read ({error})") from error
        self._secrets = {record.seq: secret for record, secret in self._records}

    def records(self) -> Iterator[Record]:
        """All entries as bytes, by sequence number."""
        return (record for record, _ in self._records)

    def entries(self, *kinds: str) -> Iterator[Entry]:
        """Entries of the kinds named, or all, by sequence number."""
        for record in self.records():
            entry = record.entry()
            if not kinds or entry.kind in kinds:
                yield entry

    def withholds(self, seq: int) -> bool:
        """True where the block of an entry stayed in the room."""
        return self._secrets.get(seq) is None and _block_name(seq) not in self._files

    def lines(self, seq: int) -> list[bytes]:
        """The canonical lines of a block; of a masked row only its identity, with the status "withheld"."""
        if self._secrets.get(seq) is not None:
            return self._text(seq)
        return [canonical(_row(parse_row(line))) for line in self._text(seq)]

    def rows(self, entry: Entry) -> Iterator[dict[str, object]]:
        """The rows of the block of an entry."""
        if "block_rows" not in entry.content or self.withholds(entry.seq):
            return iter(())
        return map(parse_row, self.lines(entry.seq))

    def leaves(self, seq: int) -> list[bytes]:
        """The leaf hashes of the rows of a block, computed from what the pack shows."""
        secret = self._secrets.get(seq)
        if secret is not None:
            return leaves_of(self._text(seq), secret=secret)
        return [_leaf(parse_row(line)) for line in self._text(seq)]

    def file(self, name: str) -> bytes:
        """One file of the pack."""
        return self._files[name]

    def _text(self, seq: int) -> list[bytes]:
        data = self._files.get(_block_name(seq), b"")
        reader = zlib.decompressobj(31)
        try:
            text = reader.decompress(data, _LARGEST_BLOCK)
        except zlib.error as error:
            raise NotCanonical(detail=f"a block is damaged ({error})") from error
        if not reader.eof or (text and not text.endswith(b"\n")):
            raise NotCanonical(detail="a block ends too early or is larger than any Fortuit writes")
        return text.split(b"\n")[:-1]


def read_pack(data: bytes) -> PackedLedger:
    """Read a pack from the bytes of its zip file.

    Raises
    ------
    BadPack
        Where it is not a zip file of plain files with the names of a pack, or is larger than any pack.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            items = archive.infolist()
            if sum(item.file_size for item in items) > _LARGEST:
                raise BadPack(detail="it is larger than any pack")
            if any(_NAME.fullmatch(item.filename) is None for item in items):
                raise BadPack(detail="it holds files that no pack has")
            return PackedLedger({item.filename: archive.read(item) for item in items})
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
        raise BadPack(detail=f"it is not a whole zip file ({error})") from error


def _block_name(seq: int) -> str:
    return f"blocks/{seq:06d}.jsonl.gz"


def _read_record(line: bytes) -> tuple[Record, bytes | None]:
    entry: Mapping[str, Any] = as_object(line)
    content: Mapping[str, Any] = entry["content"]
    secret = bytes.fromhex(entry["secret"]) if "secret" in entry else None
    opened = {name: bytes.fromhex(salt) for name, salt in entry.get("salts", {}).items()}
    record = Record(
        seq=int(entry["header"]["seq"]),
        header=canonical(entry["header"]),
        content=canonical(content),
        hash=entry["hash"],
        prev=entry["prev"],
        salts=opened if secret is None else salts_of(secret, content),
        withheld={name: bytes.fromhex(text) for name, text in entry.get("withheld", {}).items()},
    )
    return record, secret


def _row(item: Mapping[str, Any]) -> Mapping[str, Any]:
    if "row" in item:
        return dict(item["row"])
    return {**item["identity"], "status": "withheld", "reason": "masked", "ln_p": None}


def _leaf(item: Mapping[str, Any]) -> bytes:
    row = _row(item)
    identity = canonical({name: row[name] for name in IDENTITY_FIELDS if name in row})
    if "row" in item:
        first, second = (bytes.fromhex(salt) for salt in item["salts"])
        return row_leaf(identity_commitment(first, identity), evidence_commitment(second, canonical(row)))
    return row_leaf(identity_commitment(bytes.fromhex(item["salt"]), identity), bytes.fromhex(item["evidence"]))
