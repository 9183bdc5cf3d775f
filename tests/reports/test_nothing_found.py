from __future__ import annotations

import math

import numpy as np

from miner.findings import Findings
from miner.project import Project
from reports.nothing_found import nothing_found


def said(project: Project, found: Findings, **filters: object) -> list[str]:
    asked = {"level": None, "mode": None, "search": "", "folded": 0, "language": "en", **filters}
    return nothing_found(found, project.plan_of(found.family.run), **asked)  # type: ignore[arg-type]


def test_each_filter_says_what_there_would_be_without_it(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings()
    text = said(copy_of_demo, found, mode="pair", search="no such thing")
    pairs = sum(row["mode"] == "pair" for row in found.rows)
    assert f"{pairs} findings match without the text “no such thing”." in text


def test_a_level_that_nothing_reaches_is_told_with_the_smallest_p(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings()
    values = np.full(len(found), math.log(0.9))
    values[3] = math.log(0.31)
    nothing = Findings(
        family=found.family,
        rows=found.rows,
        ln_adjusted=dict.fromkeys(("bh", "by", "holm"), values),
        levels=[type(found.levels[0]).UNADJUSTED] * len(found),
        run_levels=found.run_levels,
    )
    text = said(copy_of_demo, nothing, level="screened")[0]
    assert "the smallest corrected p is 0.310" in text
    assert "At the level 0.310 their number is 1." in text


def test_rules_too_rare_to_be_computed_are_counted(copy_of_demo: Project) -> None:
    found = copy_of_demo.findings()
    rare = sum(count for reason, count in found.family.uncomputed.items() if reason.startswith("below_support"))
    assert rare > 0
    assert any(text.startswith(f"{rare:,} declared rules were not computed") for text in said(copy_of_demo, found))


def test_hidden_repetitions_are_told_first(copy_of_demo: Project) -> None:
    assert said(copy_of_demo, copy_of_demo.findings(), folded=7)[0].startswith("7 rules match")
