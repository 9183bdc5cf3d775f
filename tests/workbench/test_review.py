from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from miner.errors import BadCheckpoint, BadPack, OutOfTime, ReaderStopped
from miner.ledger.pack import full_pack
from miner.project import Project
from workbench.review import ReviewLimits, read_measured, review, review_safely


def test_a_pack_is_audited_in_a_process_of_its_own(copy_of_demo: Project) -> None:
    data = full_pack(copy_of_demo.ledger)
    found = review_safely(data, checkpoint=copy_of_demo.ledger.checkpoint().text())
    assert found["exit_code"] == 0
    assert found["anchored"]
    assert found["kind"] == "full"
    assert found["family_rows"][0]["same"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ledger.jsonl", bytes(20_000_000))
    with pytest.raises(BadPack):
        read_measured(target.getvalue())
    with pytest.raises(BadPack):
        review_safely(target.getvalue())


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_pack_is_named(data: bytes) -> None:
    with pytest.raises(BadPack):
        review_safely(data)


def test_a_file_that_is_too_large_never_reaches_a_reader() -> None:
    with pytest.raises(BadPack):
        review_safely(bytes(2_000), limits=ReviewLimits(file_bytes=1_000))


def test_a_bad_checkpoint_is_named(copy_of_demo: Project) -> None:
    with pytest.raises(BadCheckpoint):
        review(full_pack(copy_of_demo.ledger), "no checkpoint", 50)


def test_a_reader_that_needs_too_much_is_stopped(copy_of_demo: Project) -> None:
    data = full_pack(copy_of_demo.ledger)
    with pytest.raises(OutOfTime):
        review_safely(data, limits=ReviewLimits(wall_seconds=0))
    with pytest.raises(ReaderStopped):
        review_safely(data, limits=ReviewLimits(memory_bytes=200_000_000))


def test_an_altered_number_breaks_the_record(copy_of_demo: Project, tmp_path: Path) -> None:
    source = io.BytesIO(full_pack(copy_of_demo.ledger))
    target = io.BytesIO()
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as written:
        for item in archive.infolist():
            data = archive.read(item)
            if item.filename == "ledger.jsonl":
                data = data.replace(b'"m":6392', b'"m":6391', 1)
            written.writestr(item.filename, data)
    assert review(target.getvalue(), "", 50)["exit_code"] == 20
