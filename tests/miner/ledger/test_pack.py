from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from miner.ledger import Ledger
from miner.ledger.audit import audit
from miner.ledger.canonical import canonical
from miner.ledger.commitments import evidence_commitment
from miner.ledger.pack import full_pack, leaving_pack, small_counts
from miner.ledger.packed import read_pack
from tests.miner.ledger.honest import GRAMMAR, adjusted_rows, changed, opened, row, rows, steps, written
from tests.miner.ledger.packing import SMALL, verified


def test_the_same_ledger_gives_the_same_bytes(ledger: Ledger, tmp_path: Path) -> None:
    assert full_pack(ledger) == full_pack(opened(tmp_path / "ledger.sqlite"))
    assert leaving_pack(ledger, small_counts(5)) == leaving_pack(ledger, small_counts(5))


def test_a_leaving_pack_verifies_and_says_what_it_could_not(ledger: Ledger, tmp_path: Path) -> None:
    pack = leaving_pack(ledger, small_counts(5))
    code, words = verified(pack, tmp_path, ledger.checkpoint().text())
    assert code == 0, words
    assert "2 tests rest on small counts, or would give one away" in words
    assert "the 5 rows of entry 10, which stayed in the room" in words
    report = audit(read_pack(pack), checkpoints=[ledger.checkpoint()])
    assert report.findings == ()
    assert any("stayed in the room" in line for line in report.not_checked)


def test_masked_tests_enter_the_corrections_as_one(ledger: Ledger) -> None:
    pack = read_pack(leaving_pack(ledger, small_counts(5)))
    (claims,) = json.loads(pack.file("claims.json")).values()
    assert [one["i"] for one in claims] == [0, 1]
    shown = [test if test["i"] < 2 else test | {"ln_p": None} for test in rows()]
    assert claims == [{key: one[key] for key in claims[0]} for one in adjusted_rows(shown, 5)[:2]]


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


def shown_counts(pack: bytes) -> dict[str, list[int]]:
    reader = read_pack(pack)
    (batch,) = reader.entries("batch")
    found: dict[str, list[int]] = {}
    for one in reader.rows(batch):
        if one.get("counts") is not None:
            found[" & ".join(one["x"])] = one["counts"]  # type: ignore[arg-type,assignment]
    return found


def test_a_masked_cell_cannot_be_worked_out_from_its_siblings(tmp_path: Path) -> None:
    """The attack: three classes of age make up all persons, so the third is what the other two leave over."""
    cells = {"age in [0, 40)": (3, 297), "age in [40, 60)": (40, 260), "age in [60, 99)": (57, 243)}
    finer = {"sex = female": (45, 405), "sex = male": (55, 395)}
    grammar = GRAMMAR | {"left": {"age": list(cells), "sex": list(finer)}}
    tests = [row(i, x, (a, b, 100 - a, 800 - b)) for i, (x, (a, b)) in enumerate((cells | finer).items())]
    story = steps()
    story["universe"] = (changed(story["universe"][0], grammar=grammar), None)
    story["batch"] = (story["batch"][0], tests)
    story["adjust"] = (story["adjust"][0], adjusted_rows(tests, 5))
    ledger = written(opened(tmp_path / "ledger.sqlite"), story)

    bare = shown_counts(full_pack(ledger))
    assert bare["age in [40, 60)"][2] - bare["age in [60, 99)"][0] == 3

    assert set(shown_counts(leaving_pack(ledger, small_counts(5)))) == {"sex = female", "sex = male"}
    assert verified(leaving_pack(ledger, small_counts(5)), tmp_path)[0] == 0


def test_finer_tables_of_a_masked_one_are_masked_too(tmp_path: Path) -> None:
    """The attack: the cells of age by sex add up to those of age."""
    ages, sexes = ["age < 40", "age >= 40"], ["sex = female", "sex = male"]
    pairs = {(age, sex): (20, 130, 80, 670) for age in ages for sex in sexes}
    tests = [row(0, "age < 40", (4, 300, 96, 500)), row(1, "age >= 40", (96, 500, 4, 300))]
    for i, ((age, sex), table) in enumerate(pairs.items(), start=2):
        one = row(i, f"{age} & {sex}", table)
        tests.append(one | {"x": [age, sex]})
    grammar = GRAMMAR | {"left": {"age": ages, "sex": sexes}, "max_length": 2}
    ledger = opened(tmp_path / "ledger.sqlite")
    ledger.record(changed(steps()["universe"][0], grammar=grammar, size=8))
    ledger.record(*steps()["family"])
    ledger.record(steps()["batch"][0], tests)
    assert shown_counts(leaving_pack(ledger, small_counts(5))) == {}
