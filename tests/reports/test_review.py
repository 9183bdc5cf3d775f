from __future__ import annotations

from miner.ledger.pack import full_pack, leaving_pack, small_counts
from miner.ledger.packed import read_pack
from miner.project import Project
from reports.review import family_rows


def test_decisions_counted_again_are_those_recorded(copy_of_demo: Project) -> None:
    (row,) = family_rows(read_pack(full_pack(copy_of_demo.ledger)))
    levels = copy_of_demo.findings().count_levels()
    claimed = sum(levels[name] for name in ("familywise", "robust", "screened"))
    assert row["same"]
    assert row["recorded"].split(" / ")[0] == str(claimed)
    assert (row["m"], row["tests_run"]) == (6392, len(copy_of_demo.findings()))


def test_masked_tests_of_a_leaving_pack_count_as_one(copy_of_demo: Project) -> None:
    (row,) = family_rows(read_pack(leaving_pack(copy_of_demo.ledger, small_counts(11))))
    assert row["withheld"] > 0
    assert row["same"]
    assert row["m"] == 6392
