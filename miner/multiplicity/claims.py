"""The claim level of each test: the strongest guarantee that its family gives it.

Levels of one run: ``familywise`` (Holm, FWER, any dependence), ``robust`` (BY, FDR, any dependence), ``screened`` (BH,
FDR, positive dependence), else ``unadjusted``. ``held up`` is given by the sealed part only (``confirmation``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from miner.multiplicity.corrections import Adjusted, Correction, NaRule, adjust
from miner.multiplicity.logarithms import checked_level

FDR_LEVEL: Final = 0.10
FAMILYWISE_LEVEL: Final = 0.05


class ClaimLevel(StrEnum):
    """What stands behind one finding."""

    HELD_UP = "held up"
    FAMILYWISE = "familywise"
    ROBUST = "robust"
    SCREENED = "screened"
    UNADJUSTED = "unadjusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Claim levels of one family, with the adjusted p-values they rest on.

    ``q`` and ``alpha`` are the levels of the run, that is the project's levels times the share of the run.
    """

    levels: npt.NDArray[np.object_]
    bh: Adjusted
    by: Adjusted
    holm: Adjusted
    q: float
    alpha: float

    def count(self) -> dict[ClaimLevel, int]:
        """Number of tests at each level, strongest first, zeros included."""
        return {level: int(np.count_nonzero(self.levels == level)) for level in ClaimLevel}


def claim_levels(
    ln_p: npt.ArrayLike,
    *,
    m: int | None = None,
    share: float = 1.0,
    q: float = FDR_LEVEL,
    alpha: float = FAMILYWISE_LEVEL,
    na_rule: NaRule | str = NaRule.COUNT,
) -> Claims:
    """Give each test of a run its claim level.

    Parameters
    ----------
    ln_p, m, na_rule : as in ``adjust``
    share : share of the project's error that this run may spend (``families.spend``); 0 for a scratch run, in
        which everything stays unadjusted
    q, alpha : the project's false discovery rate and familywise error rate

    >>> claims = claim_levels(np.log([1e-6, 0.012, 0.03, 0.2]), m=6)
    >>> [str(level) for level in claims.levels]
    ['familywise', 'robust', 'screened', 'unadjusted']
    """
    checked_level(q, "q")
    checked_level(alpha)
    if share != 0.0:
        checked_level(share, "share")
    bh = adjust(ln_p, Correction.BENJAMINI_HOCHBERG, m=m, na_rule=na_rule)
    by = adjust(ln_p, Correction.BENJAMINI_YEKUTIELI, m=m, na_rule=na_rule)
    holm = adjust(ln_p, Correction.HOLM, m=m, na_rule=na_rule)
    levels = np.empty(bh.ln_adjusted.size, dtype=object)
    levels.fill(ClaimLevel.UNADJUSTED)
    if share > 0.0:
        levels[bh.rejected(q * share)] = ClaimLevel.SCREENED
        levels[by.rejected(q * share)] = ClaimLevel.ROBUST
        levels[holm.rejected(alpha * share)] = ClaimLevel.FAMILYWISE
    return Claims(levels=levels, bh=bh, by=by, holm=holm, q=q * share, alpha=alpha * share)
