"""Table 1: means and shares by group, differences without p-values, small counts masked."""

from __future__ import annotations

import re

import numpy as np
import pytest

from miner.ledger import events
from miner.privacy.profiles import Place
from miner.project import Project
from reports.tables import MASK, table_one_rows


def test_means_are_those_of_the_searched_part(copy_of_demo: Project) -> None:
    safe = table_one_rows(copy_of_demo, ("age", "sex"), "qsmk", Place.SCREEN, "en")
    assert safe.columns[0] == "variable"
    assert safe.columns[-1] == "difference"
    groups = [name for name in safe.columns if "(n = " in name]
    sizes = [int(re.search(r"n = ([\d,]+)", name).group(1).replace(",", "")) for name in groups]  # type: ignore[union-attr]
    assert sum(sizes) == copy_of_demo.discovery.n
    age = next(row for row in safe.rows if "Age" in str(row["variable"]))
    values = np.asarray(copy_of_demo.discovery.columns["age"], dtype=float)
    means = [float(str(age[group]).split(" ")[0]) for group in groups]
    pooled = sum(mean * size for mean, size in zip(means, sizes)) / sum(sizes)
    assert pooled == pytest.approx(np.nanmean(values), abs=0.06)


def test_there_is_no_p_value_in_it(copy_of_demo: Project) -> None:
    safe = table_one_rows(copy_of_demo, ("age",), "qsmk", Place.SCREEN, "en")
    assert not [name for name in safe.columns if re.fullmatch(r"p|p.value", name, re.IGNORECASE)]


def test_without_groups_there_is_no_difference(copy_of_demo: Project) -> None:
    safe = table_one_rows(copy_of_demo, ("age", "sex"), "", Place.SCREEN, "fr")
    assert "difference" not in safe.columns
    assert any("," in str(value) for row in safe.rows for value in row.values()), "French commas"


def test_small_counts_are_masked_in_a_file_of_a_secure_room(copy_of_demo: Project) -> None:
    copy_of_demo.ledger.record(events.Profile(name="secure room", threshold=11, reason="FR"))
    shares = table_one_rows(copy_of_demo, ("diabetes", "hbp", "asthma"), "death", Place.EXPORT, "en")
    counts = [
        int(found.group(1).replace(",", ""))
        for row in shares.rows
        for name, value in row.items()
        if "(n = " in name and (found := re.match(r"([\d,]+) \(", str(value)))
    ]
    assert counts
    assert not [count for count in counts if 0 < count < 11]
    assert any(MASK in str(value) for row in shares.rows for value in row.values())
