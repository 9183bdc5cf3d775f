from __future__ import annotations

from miner.pattern_search import search_patterns
from miner.privacy.profiles import Place, profile
from miner.project import Project
from reports.patterns_table import patterns_text, shown_patterns


def test_patterns_carry_label_counts_and_both_p(copy_of_demo: Project) -> None:
    found = search_patterns(copy_of_demo, "death = dead", permutations=0)
    rows = shown_patterns(found, copy_of_demo.profile)
    assert len(rows) == len(found.rows)
    assert rows[0]["claim"] == "Hypothesis, not causation"
    assert rows[0]["p"] <= rows[0]["p_familywise"] <= found.alpha
    assert [rows[0][name] for name in "abcd"] == list(found.rows[0]["counts"])
    assert len(patterns_text(found, rows[:2], "fr")) == 3


def test_small_counts_are_masked_where_the_profile_masks(copy_of_demo: Project) -> None:
    found = search_patterns(copy_of_demo, "death = dead", permutations=0)
    strict = profile("protected", threshold=60)
    rows = {row["id"]: row for row in shown_patterns(found, strict, place=Place.SCREEN)}
    small = [row for row in found.rows if min(row["counts"]) < 60]
    assert small
    assert all(rows[row["id"]]["masked"] and rows[row["id"]]["a"] is None for row in small)
