"""The two numbers of the textbook come out of the demo table."""

from __future__ import annotations

import pytest

from causal.published_check import published_check
from miner.errors import UnknownVariable
from tests.causal.nhefs import nhefs


def test_weighting_gives_3_44_kg_and_standardisation_3_52_kg() -> None:
    rows = {row["method"]: row for row in published_check(nhefs())}

    weighted = rows["inverse probability weighting"]
    standardised = rows["standardisation"]
    assert round(float(str(weighted["value"])), 2) == 3.44
    assert round(float(str(standardised["value"])), 2) == 3.52
    assert [weighted["ci_low"], weighted["ci_high"]] == pytest.approx([2.4106, 4.4705], abs=1e-4)
    assert weighted["n"] == standardised["n"] == 1566


def test_another_table_is_refused_by_the_name_of_what_it_lacks() -> None:
    without = nhefs()
    smaller = type(without)(
        dictionary=without.dictionary,
        columns={k: v for k, v in without.columns.items() if k != "smokeyrs"},
        keys=without.keys,
    )
    with pytest.raises(UnknownVariable, match="smokeyrs"):
        published_check(smaller)
