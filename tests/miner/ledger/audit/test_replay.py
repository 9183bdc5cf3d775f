"""R04, R05: planted in an honest history, seen as exactly that code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.ledger.audit.replay import LEVELS as ONLINE
from miner.ledger.audit.replay import least_true
from miner.multiplicity import online
from miner.multiplicity.selection import AllResolutions
from tests.miner.ledger.audit.planting import (
    LN_PS,
    interactive,
    only,
    told,
    with_fields,
)
from tests.miner.ledger.honest import (
    steps,
)


def test_an_honest_interactive_family_has_no_findings(place: Path) -> None:
    assert told(place, steps() | interactive(LN_PS)).findings == ()


@pytest.mark.parametrize("procedure", list(ONLINE))
def test_r04_a_verdict_does_not_follow(place: Path, procedure: str) -> None:
    story = steps() | interactive(LN_PS)
    verdicts: Mapping[str, Any] = story["look 3"][0].verdicts  # type: ignore[attr-defined]
    turned = verdicts | {procedure: verdicts[procedure] | {"rejected": True}}
    only(told(place, with_fields(story, "look 3", verdicts=turned)), "R04")


def test_r05_a_bound_does_not_follow(place: Path) -> None:
    only(told(place, with_fields(steps(), "select", bound=3)), "R05")


@given(
    ln_p=st.lists(st.floats(-30.0, 0.0), min_size=1, max_size=25),
    extra=st.integers(0, 20),
    data=st.data(),
    robust=st.booleans(),
)
def test_the_bound_is_that_of_the_miner(ln_p: list[float], extra: int, data: st.DataObject, robust: bool) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(ln_p) - 1), unique=True))
    values, m = np.array(ln_p), len(ln_p) + extra
    expected = AllResolutions(values, m=m, alpha=0.05, robust=robust).bound(np.array(chosen, dtype=np.int64))
    assert least_true(values, values[chosen], m=m, alpha=0.05, robust=robust) == expected


@pytest.mark.parametrize("procedure", list(ONLINE))
@given(ln_p=st.lists(st.floats(-30.0, 0.0), min_size=1, max_size=25))
def test_the_levels_are_those_of_the_miner(procedure: str, ln_p: list[float]) -> None:
    expected = online.replay(ln_p, procedure, alpha=0.05)
    found: list[int] = []
    for t, value in enumerate(ln_p):
        level = ONLINE[procedure](t, found, 0.05)
        assert level == pytest.approx(expected.levels[t], rel=1e-12)
        if value <= math.log(level) + 1e-12:
            found.append(t)
    assert found == np.flatnonzero(expected.rejected).tolist()
