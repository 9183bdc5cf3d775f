from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from miner.ledger import Ledger
from miner.ledger.pack import full_pack, leaving_pack, small_counts
from tests.miner.ledger.honest import adjusted_rows, changed, counted, opened, rows, steps, ticking, written
from tests.miner.ledger.packing import rezipped, verified


def test_a_full_pack_verifies_without_our_code(ledger: Ledger, tmp_path: Path) -> None:
    code, words = verified(full_pack(ledger), tmp_path)
    assert code == 0, words
    assert words.splitlines()[-1] == "verdict: consistent, not anchored"
    assert "14 entries, 5 tests, 3 corrections recomputed" in words
    assert "not checked:" in words


def test_with_a_checkpoint_kept_elsewhere_the_pack_is_anchored(ledger: Ledger, tmp_path: Path) -> None:
    code, words = verified(full_pack(ledger), tmp_path, ledger.checkpoint().text())
    assert (code, words.splitlines()[-1]) == (0, "verdict: consistent, anchored by the checkpoint")


def test_an_unzipped_pack_verifies_in_its_folder(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "unzipped"
    with zipfile.ZipFile(io.BytesIO(full_pack(ledger))) as archive:
        archive.extractall(folder)
    done = subprocess.run([sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "verdict: consistent, not anchored")


def lines_changed(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[dict[str, bytes]], None]:
    def apply(files: dict[str, bytes]) -> None:
        lines = change(files["ledger.jsonl"].split(b"\n")[:-1])
        files["ledger.jsonl"] = b"".join(line + b"\n" for line in lines)

    return apply


TAMPERING: dict[str, Callable[[dict[str, bytes]], None]] = {
    "edit": lines_changed(lambda lines: [line.replace(b"nhefs", b"other") for line in lines]),
    "delete": lines_changed(lambda lines: lines[:4] + lines[5:]),
    "reorder": lines_changed(lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]]),
    "insert": lines_changed(lambda lines: [*lines[:4], lines[3], *lines[4:]]),
    "block": lambda files: files.update({"blocks/000008.jsonl.gz": files["blocks/000010.jsonl.gz"]}),
    "block gone": lambda files: files.pop("blocks/000008.jsonl.gz") and None,
    "respelt": lines_changed(lambda lines: [line.replace(b'":', b'": ', 1) for line in lines]),
    "garbage": lambda files: files.update({"ledger.jsonl": b"\xff\xfe\n"}),
}


@pytest.mark.parametrize("kind", list(TAMPERING))
def test_tampering_is_seen_without_a_checkpoint(ledger: Ledger, tmp_path: Path, kind: str) -> None:
    pack = rezipped(full_pack(ledger), TAMPERING[kind])
    code, words = verified(pack, tmp_path)
    assert code == 20, words
    assert words.splitlines()[-1] == "verdict: NOT consistent"


def test_a_file_that_is_not_the_listed_one_is_seen(ledger: Ledger, tmp_path: Path) -> None:
    pack = rezipped(full_pack(ledger), lambda files: files.update({"readme.txt": b"trust me"}), relist=False)
    code, words = verified(pack, tmp_path)
    assert code == 20
    assert "readme.txt" in words


def cut(ledger: Ledger, tmp_path: Path) -> bytes:
    """A pack of the same history without its end, consistent with itself."""
    story = dict(list(steps().items())[:-1])
    return full_pack(written(opened(tmp_path / "cut.sqlite"), story))


def rewritten(ledger: Ledger, tmp_path: Path) -> bytes:
    """A pack of another history of the same length under the same name."""
    story = steps()
    story["project"] = (changed(story["project"][0], name="another"), None)
    return full_pack(written(opened(tmp_path / "rewritten.sqlite", entropy=counted()), story))


@pytest.mark.parametrize("attack", [cut, rewritten])
def test_only_a_checkpoint_kept_elsewhere_sees_a_cut_or_a_rewrite(
    ledger: Ledger, tmp_path: Path, attack: Callable[[Ledger, Path], bytes]
) -> None:
    kept = ledger.checkpoint().text()
    pack = attack(ledger, tmp_path)
    assert verified(pack, tmp_path)[0] == 0
    code, words = verified(pack, tmp_path, kept)
    assert code == 20, words
    assert "checkpoint kept elsewhere" in words


@pytest.mark.parametrize("text", ["", "fortuit/00\nx\ny\n", "fortuit/0000\n14\n" + "A" * 43 + "=\nhead 0\ntime 0\n\n"])
def test_a_checkpoint_that_does_not_belong_is_not_an_anchor(ledger: Ledger, tmp_path: Path, text: str) -> None:
    assert verified(full_pack(ledger), tmp_path, text)[0] == 20


def with_story(tmp_path: Path, **changes: Any) -> bytes:
    story = steps()
    for name, (event, block) in changes.items():
        story[name] = (changed(story[name][0], **event), block)
    return full_pack(written(opened(tmp_path / "planted.sqlite"), story))


def test_the_verifier_recomputes_corrections(tmp_path: Path) -> None:
    for method in ("bh", "by", "holm"):
        block = adjusted_rows(rows(), 5)
        block[0]["ln_adjusted"][method] -= 0.01
        (tmp_path / "planted.sqlite").unlink(missing_ok=True)
        code, words = verified(with_story(tmp_path, adjust=({}, block)), tmp_path)
        assert (code, f"adjusted by {method}" in words) == (21, True)


def test_the_verifier_counts(tmp_path: Path) -> None:
    plants: list[dict[str, Any]] = [
        {"family": ({"m": 6}, None)},
        {"adjust": ({"m": 3}, adjusted_rows(rows()[:3], 3))},
        {"finished": ({"recorded": 4}, None)},
        {"batch": ({}, [*rows(), rows()[0]])},
    ]
    for plant in plants:
        (tmp_path / "planted.sqlite").unlink(missing_ok=True)
        code, words = verified(with_story(tmp_path, **plant), tmp_path)
        assert code in (21, 22), words
        assert "PROBLEM" in words


def test_reading_aids_must_say_what_the_ledger_says(ledger: Ledger, tmp_path: Path) -> None:
    for name in ("plans.json", "dictionary.json"):
        assert verified(rezipped(full_pack(ledger), lambda files, n=name: files.update({n: b"[1]"})), tmp_path)[0] == 21  # type: ignore[misc]

    def reword(files: dict[str, bytes]) -> None:
        files["registry.json"] = files["registry.json"].replace(b"associated", b"linked")

    assert verified(rezipped(full_pack(ledger), reword), tmp_path)[0] == 21


def test_packs_of_an_empty_ledger_verify(tmp_path: Path) -> None:
    ledger = opened(tmp_path / "ledger.sqlite", clock=ticking())
    assert verified(full_pack(ledger), tmp_path)[0] == 0
    assert verified(leaving_pack(ledger, small_counts(5)), tmp_path)[0] == 0
