"""Each finding carries exactly one claim level, the strongest that its family gives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from miner.errors import LevelOutsideUnit
from miner.multiplicity import ClaimLevel, adjust, claim_levels
from miner.multiplicity.logarithms import ln_from_p

LN_P = ln_from_p([1e-9, 1e-4, 3e-3, 8e-3, 0.03, 0.5, math.nan])


def test_each_level_is_that_of_the_strongest_correction_that_rejects() -> None:
    claims = claim_levels(LN_P, m=20)

    screened, robust, familywise = (
        adjust(LN_P, method, m=20).rejected(level) for method, level in (("bh", 0.1), ("by", 0.1), ("holm", 0.05))
    )
    expected = np.select([familywise, robust, screened], ["familywise", "robust", "screened"], "unadjusted")
    assert claims.levels.tolist() == expected.tolist()
    assert set(expected) == {"familywise", "robust", "screened", "unadjusted"}


def test_a_share_of_the_error_shrinks_both_levels() -> None:
    claims = claim_levels(LN_P, m=20, share=0.1)

    assert (claims.q, claims.alpha) == (pytest.approx(0.01), pytest.approx(0.005))
    assert claims.levels.tolist() == claim_levels(LN_P, m=20, q=0.01, alpha=0.005).levels.tolist()


def test_a_scratch_run_claims_nothing() -> None:
    assert claim_levels(LN_P, share=0.0).count()[ClaimLevel.UNADJUSTED] == LN_P.size


def test_the_count_names_every_level() -> None:
    count = claim_levels(LN_P, m=20).count()

    assert list(count) == list(ClaimLevel)
    assert sum(count.values()) == LN_P.size
    assert count[ClaimLevel.HELD_UP] == 0


@pytest.mark.parametrize("wrong", [{"q": 0.0}, {"alpha": 2.0}, {"share": -0.5}])
def test_levels_outside_the_unit_interval_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(LevelOutsideUnit):
        claim_levels(LN_P, **wrong)
