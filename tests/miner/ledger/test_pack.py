from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from miner.errors import BadPack
from miner.ledger import Ledger
from miner.ledger.audit import audit
from miner.ledger.canonical import canonical
from miner.ledger.commitments import evidence_commitment
from miner.ledger.pack import full_pack, leaving_pack, read_pack, small_counts
from tests.miner.ledger.honest import adjusted_rows, changed, counted, opened, row, rows, steps, ticking, written

SMALL = (20, 130, 3, 347)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An honest history in which one test has a small count."""
    tests = [*rows()[:3], row(3, "sex = male", SMALL), rows()[4]]
    story = steps()
    story["batch"] = (story["batch"][0], tests)
    story["adjust"] = (story["adjust"][0], adjusted_rows(tests, 5))
    return written(opened(tmp_path / "ledger.sqlite"), story)


def verified(pack: bytes, tmp_path: Path, checkpoint: str | None = None) -> tuple[int, str]:
    """Exit code and words of the verifier in the pack, run by a Python without our packages, in a folder of its own."""
    folder = tmp_path / "stranger"
    folder.mkdir(exist_ok=True)
    (folder / "pack.zip").write_bytes(pack)
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        (folder / "verify.py").write_bytes(archive.read("verify.py"))
    command = [sys.executable, "-I", "-S", "verify.py", "pack.zip"]
    if checkpoint is not None:
        (folder / "kept.txt").write_text(checkpoint, encoding="utf-8")
        command += ["--checkpoint", "kept.txt"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


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


def test_the_same_ledger_gives_the_same_bytes(ledger: Ledger, tmp_path: Path) -> None:
    assert full_pack(ledger) == full_pack(opened(tmp_path / "ledger.sqlite"))
    assert leaving_pack(ledger, small_counts(5)) == leaving_pack(ledger, small_counts(5))


def test_the_audit_reads_a_full_pack_like_the_ledger(ledger: Ledger) -> None:
    report = audit(read_pack(full_pack(ledger)), checkpoints=[ledger.checkpoint()])
    assert report == audit(ledger, checkpoints=[ledger.checkpoint()])
    assert report.exit_code == 0


# --- what leaves ------------------------------------------------------------------------------------------------------


def test_a_leaving_pack_verifies_and_says_what_it_could_not(ledger: Ledger, tmp_path: Path) -> None:
    pack = leaving_pack(ledger, small_counts(5))
    code, words = verified(pack, tmp_path, ledger.checkpoint().text())
    assert code == 0, words
    assert "1 tests rest on small counts" in words
    assert "the 5 rows of entry 10, which stayed in the room" in words
    report = audit(read_pack(pack), checkpoints=[ledger.checkpoint()])
    assert report.findings == ()
    assert any("stayed in the room" in line for line in report.not_checked)


def test_masked_tests_enter_the_corrections_as_one(ledger: Ledger) -> None:
    pack = read_pack(leaving_pack(ledger, small_counts(5)))
    (claims,) = json.loads(pack.file("claims.json")).values()
    assert [one["i"] for one in claims] == [0, 1, 2]
    full = {one["i"]: one["ln_adjusted"] for one in adjusted_rows(rows(), 5)}
    assert claims[0]["ln_adjusted"]["holm"] == pytest.approx(full[0]["holm"])


def everything(pack: bytes) -> bytes:
    """All that a reader of the pack sees, blocks unpacked."""
    reader = read_pack(pack)
    seen = b""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        for name in archive.namelist():
            seen += archive.read(name)
    for entry in reader.entries("batch", "adjust", "confirmation"):
        if not reader.withholds(entry.seq):
            seen += b"\n".join(reader._text(entry.seq))
    return seen


def test_a_leaving_pack_gives_no_number_of_a_masked_test_back(ledger: Ledger) -> None:
    masked = row(3, "sex = male", SMALL)
    seen = everything(leaving_pack(ledger, small_counts(5)))
    for value in (masked["ln_p"], masked["estimate"], masked["low"], masked["counts"], masked["ln_p_min"]):
        assert canonical(value) not in seen
    for one in adjusted_rows([*rows()[:3], masked, rows()[4]], 5):
        if one["i"] == 3:
            assert all(canonical(value) not in seen for value in one["ln_adjusted"].values())
    assert canonical(masked["id"]) in seen


def test_hashes_by_which_a_small_count_could_be_guessed_stay_in_the_room(ledger: Ledger) -> None:
    seen = everything(leaving_pack(ledger, small_counts(5)))
    (batch,) = ledger.entries("batch")
    (finished,) = (entry for entry in ledger.entries("run") if entry.content["phase"] == "finished")
    (dataset,) = ledger.entries("dataset")
    for entry, name in ((batch, "block_sha256"), (finished, "run_hash"), (dataset, "content_sha256")):
        assert str(entry.content[name]).encode() not in seen


def test_a_masked_row_cannot_be_found_by_trying_all_small_counts(ledger: Ledger) -> None:
    """The attack: everything but one cell is known, and the commitment is at hand; the salt is what stops it."""
    pack = read_pack(leaving_pack(ledger, small_counts(5)))
    (batch,) = pack.entries("batch")
    item = next(one for one in map(json.loads, pack._text(batch.seq)) if one.get("identity", {}).get("i") == 3)
    guesses = [row(3, "sex = male", (20, 130, a, 350 - a)) for a in range(11)]
    without_salt = {evidence_commitment(b"", canonical(guess)).hex() for guess in guesses}
    with_shown_salt = {evidence_commitment(bytes.fromhex(item["salt"]), canonical(guess)).hex() for guess in guesses}
    assert item["evidence"] not in without_salt | with_shown_salt
    assert set(item) == {"identity", "salt", "evidence"}


def test_findings_of_a_family_with_masked_tests_stay_in_the_room(ledger: Ledger) -> None:
    pack = read_pack(leaving_pack(ledger, small_counts(5)))
    (hypothesis,) = pack.entries("hypothesis")
    assert "finding" in hypothesis.withheld
    assert hypothesis.content["statement"]
    assert json.loads(pack.file("registry.json"))[0]["finding"] == {}
    (select,) = pack.entries("select")
    assert select.withheld == ("bound",)


def test_without_masked_tests_all_numbers_leave(tmp_path: Path) -> None:
    story = steps()
    tests = [test | {"n_unknown": 0} for test in rows()]
    story["batch"] = (story["batch"][0], tests)
    ledger = written(opened(tmp_path / "ledger.sqlite"), story)
    pack = leaving_pack(ledger, small_counts(5))
    code, words = verified(pack, tmp_path)
    assert code == 0, words
    assert "stayed in the room" not in words
    assert list(read_pack(pack).rows(next(read_pack(pack).entries("batch")))) == tests
    assert audit(read_pack(pack)).findings == ()


def test_small_counts_are_found_wherever_they_stand(ledger: Ledger) -> None:
    (entry,) = ledger.entries("batch")
    masked = small_counts(5)
    assert masked(entry, {"counts": [[20, 4], [30, 40]]})
    assert masked(entry, {"counts": None, "summary": {"group_n": [200, 4]}})
    assert masked(entry, {"n_unknown": 1})
    assert not masked(entry, {"counts": [5, 0, 20, 30], "n": 55, "n_unknown": 0, "summary": {"means": [3.0]}})


# --- tampering --------------------------------------------------------------------------------------------------------


def rezipped(pack: bytes, change: Callable[[dict[str, bytes]], None], *, relist: bool = True) -> bytes:
    """The pack with some files changed, and the manifest made to fit."""
    import hashlib

    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if relist:
        manifest = json.loads(files.pop("manifest.json"))
        manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        files["manifest.json"] = canonical(manifest)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


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


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"age,sex\n1,2\n"])
def test_what_is_not_a_pack_is_refused(data: bytes) -> None:
    with pytest.raises(BadPack):
        read_pack(data)


def test_a_pack_with_foreign_or_missing_files_is_refused(ledger: Ledger) -> None:
    for name in ("../evil.txt", "/etc/passwd", "blocks/../../x.py", "script.sh/../x"):
        with pytest.raises(BadPack):
            read_pack(rezipped(full_pack(ledger), lambda files, n=name: files.update({n: b""})))  # type: ignore[misc]
    with pytest.raises(BadPack):
        read_pack(rezipped(full_pack(ledger), lambda files: files.pop("ledger.jsonl") and None))


def test_a_block_that_unpacks_without_end_is_not_unpacked(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from miner.ledger import pack as module

    monkeypatch.setattr(module, "_LARGEST_BLOCK", 100)
    report = audit(read_pack(full_pack(ledger)))
    assert {finding.code for finding in report.findings} == {"A04"}


def test_packs_of_an_empty_ledger_verify(tmp_path: Path) -> None:
    ledger = opened(tmp_path / "ledger.sqlite", clock=ticking())
    assert verified(full_pack(ledger), tmp_path)[0] == 0
    assert verified(leaving_pack(ledger, small_counts(5)), tmp_path)[0] == 0
