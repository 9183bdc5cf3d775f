from __future__ import annotations

from dataclasses import replace

import pytest

from miner.again import Again, OtherSalt, RecordWithoutData
from miner.ledger.audit import audit
from miner.ledger.pack import full_pack
from miner.ledger.packed import read_pack
from miner.project import DEFAULT_SALT, Project
from miner.tables.demo import load_nhefs


def test_every_recorded_test_comes_out_again(copy_of_demo: Project) -> None:
    table, _ = load_nhefs()
    report = audit(copy_of_demo.ledger, data=Again(copy_of_demo.ledger, table, salt=DEFAULT_SALT, sample=300).rerun)
    assert report.exit_code == 0, report.findings
    assert {"R06", "R07"} <= set(report.checked)


def test_a_pack_is_enough_with_the_data(copy_of_demo: Project) -> None:
    table, _ = load_nhefs()
    pack = read_pack(full_pack(copy_of_demo.ledger))
    assert audit(pack, data=Again(pack, table, salt=DEFAULT_SALT, sample=50).rerun).exit_code == 0


def test_a_changed_number_is_told(copy_of_demo: Project) -> None:
    table, _ = load_nhefs()
    again = Again(copy_of_demo.ledger, table, salt=DEFAULT_SALT, sample=5)
    wrong = replace(
        again.rerun, again=lambda entry, rows: [{**row, "n": row["n"] + 1} for row in again.rerun.again(entry, rows)]
    )
    assert {found.code for found in audit(copy_of_demo.ledger, data=wrong).findings} & {"R06", "R07"}


def test_another_salt_is_named(copy_of_demo: Project) -> None:
    table, _ = load_nhefs()
    with pytest.raises(OtherSalt):
        Again(copy_of_demo.ledger, table, salt="another")


def test_a_record_without_a_table_cannot_be_run_again(tmp_path, clock, actor) -> None:  # type: ignore[no-untyped-def]
    made = Project.create(tmp_path / "p", name="empty", clock=clock, actor=actor)
    table, _ = load_nhefs()
    with pytest.raises(RecordWithoutData):
        Again(made.ledger, table, salt=DEFAULT_SALT)
