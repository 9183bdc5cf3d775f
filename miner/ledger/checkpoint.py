"""The size and the root of a ledger in a few lines of text, to be kept elsewhere: what reveals a cut or rewritten
ledger.

The text is a signed note in the form used by transparency logs (C2SP tlog-checkpoint): origin, size, root in base64,
then lines of our own (head, time), an empty line, and signature lines where there are any.

>>> made = Checkpoint(origin="fortuit/00", size=0, root=bytes(32), head="00", time="2026-01-01T00:00:00.000Z")
>>> parse_checkpoint(made.text()) == made
True
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from miner.errors import BadCheckpoint

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_MARK = "\u2014 "


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A ledger at one moment: its name, how many entries, the root of the hash tree over their hashes, the last
    hash."""

    origin: str
    size: int
    root: bytes
    head: str
    time: str
    signatures: tuple[str, ...] = ()

    def body(self) -> str:
        """The lines that are signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nhead {self.head}\ntime {self.time}\n"

    def text(self) -> str:
        """The whole checkpoint, as saved, printed or sent."""
        return self.body() + "\n" + "".join(f"{line}\n" for line in self.signatures)

    def one_line(self) -> str:
        """What a report prints in its footer."""
        return f"{self.origin} size {self.size} root {self.root.hex()} at {self.time}"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint; what is not spelt exactly as ``text()`` spells it is refused.

    Raises
    ------
    BadCheckpoint
    """
    body, separator, signatures = text.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) != 5:
        raise BadCheckpoint(detail="it has not the five lines followed by an empty one")
    if not lines[3].startswith("head ") or not lines[4].startswith("time "):
        raise BadCheckpoint(detail="the lines 'head' and 'time' are not where they belong")
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadCheckpoint(detail="size or root cannot be read") from error
    marks = tuple(line for line in signatures.split("\n") if line)
    if size < 0 or len(root) != 32 or any(not line.startswith(_MARK) for line in marks):
        raise BadCheckpoint(detail="size, root or a signature line is out of form")
    read = Checkpoint(origin=lines[0], size=size, root=root, head=lines[3][5:], time=lines[4][5:], signatures=marks)
    if read.text() != text:
        raise BadCheckpoint(detail="it is not spelt as Fortuit spells it")
    return read


def sign(checkpoint: Checkpoint, *, name: str, key: Ed25519PrivateKey) -> Checkpoint:
    """The checkpoint with an Ed25519 signature line under ``name``; the key belongs outside the project folder."""
    signature = key.sign(checkpoint.body().encode())
    line = f"{_MARK}{name} {base64.b64encode(_key_id(name, key.public_key()) + signature).decode()}"
    return Checkpoint(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root,
        head=checkpoint.head,
        time=checkpoint.time,
        signatures=(*checkpoint.signatures, line),
    )


def is_signed_by(checkpoint: Checkpoint, *, name: str, key: Ed25519PublicKey) -> bool:
    """True where one of the signature lines is a valid one of that name and key."""
    from cryptography.exceptions import InvalidSignature

    for line in checkpoint.signatures:
        signer, _, encoded = line.removeprefix(_MARK).rpartition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            continue
        if signer != name or raw[:4] != _key_id(name, key):
            continue
        try:
            key.verify(raw[4:], checkpoint.body().encode())
        except InvalidSignature:
            continue
        return True
    return False


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]
