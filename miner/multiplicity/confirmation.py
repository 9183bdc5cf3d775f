"""The sealed part: lists frozen before it is opened, one budget for all openings, and what each opening can show.

All lists that will ever be tested on one sealed part share one budget: the k-th opening is tested at alpha 2^-k, and
every list must be frozen before the first. A list frozen after an opening was seen is marked as re-used: it is tested
and recorded, and never *held up*. Each hypothesis is tested once, on the side that the discovery part showed; Holm runs
over the list. What holds up is replicated internally: a bias shared by both parts is replicated too.

>>> unlock = next_unlock([], frozen_at=3, sequence=9)
>>> unlock.turn, unlock.level(0.05), unlock.reused
(1, 0.025, False)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri_exp

from miner.errors import ConfirmationListInvalid, LevelOutsideUnit, OutOfOrder, TablesNotCounts
from miner.multiplicity.claims import FAMILYWISE_LEVEL, ClaimLevel
from miner.multiplicity.corrections import Adjusted, BoolArray, Correction, adjust
from miner.multiplicity.logarithms import FloatArray, checked_level, checked_ln_p

LEAST_EXPECTED: Final = 5.0
"""Expected persons in a cell of the sealed part below which a warning comes before the opening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """One opening of the sealed part.

    Parameters
    ----------
    turn : k, counted from 1 over hypotheses and protocols alike
    sequence : ledger sequence number of the opening
    frozen_at : ledger sequence number at which its list was frozen
    reused : the list was frozen after an earlier opening
    """

    turn: int
    sequence: int
    frozen_at: int
    reused: bool

    def level(self, alpha: float = FAMILYWISE_LEVEL) -> float:
        """alpha 2^-turn, which sums to alpha over any number of openings."""
        return float(checked_level(alpha) * 2.0**-self.turn)


def next_unlock(history: Sequence[Unlock], *, frozen_at: int, sequence: int) -> Unlock:
    """The next opening of the sealed part, given all earlier ones.

    Raises
    ------
    OutOfOrder
        A list that is not frozen before it is opened, or an opening that does not come after the last one.
    """
    if frozen_at >= sequence:
        raise OutOfOrder(sequence=sequence, last=frozen_at)
    if history and sequence <= history[-1].sequence:
        raise OutOfOrder(sequence=sequence, last=history[-1].sequence)
    first = min((unlock.sequence for unlock in history), default=None)
    return Unlock(
        turn=len(history) + 1,
        sequence=sequence,
        frozen_at=frozen_at,
        reused=first is not None and frozen_at > first,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Result of one opening, in the order of the frozen list.

    ``levels`` holds ``held up`` or ``unadjusted``; on a re-used sealed part it never holds ``held up``, whatever
    ``passed`` says.
    """

    unlock: Unlock
    alpha: float
    adjusted: Adjusted
    passed: BoolArray
    levels: npt.NDArray[np.object_]


def confirm(
    hypotheses: Sequence[str], ln_p: npt.ArrayLike, unlock: Unlock, *, alpha: float = FAMILYWISE_LEVEL
) -> Confirmed:
    """Judge a frozen list by Holm at the level of this opening.

    Parameters
    ----------
    hypotheses : ids of the frozen list, each once
    ln_p : one-sided, in the discovered direction, from the sealed part; NaN (not computed) stays in m and fails
    unlock : this opening
    alpha : error rate of the sealed part as a whole

    Raises
    ------
    ConfirmationListInvalid, NotAProbability
    """
    values = checked_ln_p(ln_p)
    if len(set(hypotheses)) != len(hypotheses):
        raise ConfirmationListInvalid(problem="a hypothesis stands on it twice")
    if values.size != len(hypotheses):
        raise ConfirmationListInvalid(problem=f"{values.size} results for {len(hypotheses)} hypotheses")
    level = unlock.level(alpha)
    adjusted = adjust(values, Correction.HOLM)
    passed = adjusted.rejected(level)
    levels = np.empty(values.size, dtype=object)
    levels.fill(ClaimLevel.UNADJUSTED)
    if not unlock.reused:
        levels[passed] = ClaimLevel.HELD_UP
    return Confirmed(unlock=unlock, alpha=level, adjusted=adjusted, passed=passed, levels=levels)


def one_sided(ln_two_sided: npt.ArrayLike, same_direction: npt.ArrayLike) -> FloatArray:
    """One-sided ``ln p`` from a symmetric two-sided one: half of it in the discovered direction, else one minus half.

    For tests whose null distribution is symmetric (t, z, correlations); Fisher's test is computed on one side itself.

    >>> np.exp(one_sided(np.log([0.02, 0.02]), [True, False])).round(2).tolist()
    [0.01, 0.99]
    """
    half = checked_ln_p(ln_two_sided) - math.log(2.0)
    return np.where(np.asarray(same_direction, dtype=np.bool_), half, np.log1p(-np.exp(half)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerWarning:
    """What is known before an opening of one hypothesis of the list.

    Parameters
    ----------
    least_expected : smallest expected cell of its table in the sealed part; NaN without a table
    sparse : that cell is below 5
    power : chance to pass if the association is as strong as discovered (optimistic: picked associations shrink)
    power_half : the same at half the discovered strength
    """

    least_expected: float
    sparse: bool
    power: float
    power_half: float


def power_warnings(
    ln_p: npt.ArrayLike, *, discovery_share: float, level: float, counts: npt.ArrayLike | None = None
) -> list[PowerWarning]:
    """What the sealed part can show of each hypothesis, from discovery alone, before it is opened.

    Parameters
    ----------
    ln_p : one-sided ``ln p`` in discovery
    discovery_share : share of all persons in the discovery part, below 1
    level : level of the coming opening; each hypothesis is judged at level / list size, Holm's first step
    counts : (k, 4) cells a, b, c, d in discovery; a row of NaN where the hypothesis has no such table

    Raises
    ------
    LevelOutsideUnit, TablesNotCounts
    """
    if not 0.0 < discovery_share < 1.0:
        raise LevelOutsideUnit(name="discovery_share", value=discovery_share)
    checked_level(level, "level")
    values = checked_ln_p(ln_p)
    ratio = (1.0 - discovery_share) / discovery_share
    least = np.full(values.size, np.nan)
    if counts is not None:
        cells = np.asarray(counts, dtype=np.float64)
        if cells.shape != (values.size, 4):
            raise TablesNotCounts(problem=f"{values.size} rows of four numbers are needed")
        least = cells.min(axis=1) * ratio if values.size else least
    strength = -ndtri_exp(values) * math.sqrt(ratio)
    bar = -ndtri_exp(math.log(level) - math.log(max(values.size, 1)))
    return [
        PowerWarning(
            least_expected=float(cell),
            sparse=bool(cell < LEAST_EXPECTED),
            power=float(ndtr(z - bar)),
            power_half=float(ndtr(z / 2.0 - bar)),
        )
        for cell, z in zip(least, strength)
    ]
