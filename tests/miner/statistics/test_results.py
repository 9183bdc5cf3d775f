"""What a test that could not be computed looks like."""

from __future__ import annotations

import math

from miner.statistics.results import Status, not_computed


def test_a_test_that_was_not_computed_has_a_row_a_reason_and_no_p() -> None:
    result = not_computed("welch", 3, "mean_difference", "fewer than two persons in a group")
    assert result.status is Status.NOT_COMPUTED
    assert result.reason
    assert math.isnan(result.ln_p)
    assert math.isnan(result.effect.estimate)
    assert result.effect.name == "mean_difference"
