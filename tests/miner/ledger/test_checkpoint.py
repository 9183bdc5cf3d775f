from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from miner.errors import BadCheckpoint
from miner.ledger.checkpoint import Checkpoint, is_signed_by, parse_checkpoint, sign
from tests.miner.ledger.honest import opened, steps, written


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return written(opened(tmp_path / "ledger.sqlite"), steps()).checkpoint()


def test_the_text_reads_back(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(checkpoint.text()) == checkpoint
    assert checkpoint.text().splitlines()[1] == "14"


def test_a_signature_is_of_a_name_and_a_key(checkpoint: Checkpoint) -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    signed = parse_checkpoint(sign(checkpoint, name="ward", key=key).text())
    assert is_signed_by(signed, name="ward", key=key.public_key())
    assert not is_signed_by(signed, name="other", key=key.public_key())
    assert not is_signed_by(signed, name="ward", key=other.public_key())
    assert not is_signed_by(checkpoint, name="ward", key=key.public_key())


def test_a_signature_does_not_move_to_another_checkpoint(checkpoint: Checkpoint) -> None:
    key = Ed25519PrivateKey.generate()
    line = sign(checkpoint, name="ward", key=key).signatures[0]
    later = parse_checkpoint(checkpoint.text().replace("\n14\n", "\n15\n") + line + "\n")
    assert not is_signed_by(later, name="ward", key=key.public_key())


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text.replace("\n14\n", "\n14.0\n"),
        lambda text: text.replace("\n14\n", "\n014\n"),
        lambda text: text.replace("\n14\n", "\n-14\n"),
        lambda text: text.replace("head ", "heads "),
        lambda text: text.rstrip("\n"),
        lambda text: text + "signature without mark\n",
        lambda text: text.replace("=\n", "\n", 1),
        lambda text: "extra\n" + text,
    ],
)
def test_a_checkpoint_out_of_form_is_refused(checkpoint: Checkpoint, damage) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadCheckpoint):
        parse_checkpoint(damage(checkpoint.text()))
