"""One hypothesis after the other: levels that depend on the past only, and the family of single interactive looks.

Levels are set in the order of *declaration*. Alpha spending keeps the familywise error under any dependence, LOND the
false discovery rate under positive dependence; LORD++, SAFFRON and ADDIS assume independent tests. On correlated tests
SAFFRON gave 18 % false discoveries for a promised 10 %, and 65 % when hypotheses came in the order of their p-values,
so that the adaptive two are computed only for a caller who acknowledges the assumption, and a hypothesis already seen
is refused.

>>> import numpy as np
>>> replay(np.log([0.001, 0.5, 0.0001]), Procedure.ALPHA_SPENDING, alpha=0.05).rejected.tolist()
[True, False, True]
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from miner.errors import (
    AlreadySeen,
    IndependenceNotAcknowledged,
    MemberPending,
    NothingPending,
    OutOfOrder,
    UnknownCorrection,
)
from miner.multiplicity.corrections import BoolArray, Dependence, Guarantee
from miner.multiplicity.logarithms import TOLERANCE, FloatArray, checked_level, checked_ln_p


class Procedure(StrEnum):
    """Online procedures, in the order of what they assume."""

    ALPHA_SPENDING = "alpha_spending"
    LOND_ARBITRARY = "lond_arbitrary"
    LOND = "lond"
    LOND_ORIGINAL = "lond_original"
    LORD = "lord++"
    SAFFRON = "saffron"
    ADDIS = "addis"


PROPERTIES: dict[Procedure, tuple[Guarantee, Dependence]] = {
    Procedure.ALPHA_SPENDING: (Guarantee.FAMILYWISE, Dependence.ANY),
    Procedure.LOND_ARBITRARY: (Guarantee.FALSE_DISCOVERY, Dependence.ANY),
    Procedure.LOND: (Guarantee.FALSE_DISCOVERY, Dependence.POSITIVE),
    Procedure.LOND_ORIGINAL: (Guarantee.FALSE_DISCOVERY, Dependence.INDEPENDENT),
    Procedure.LORD: (Guarantee.FALSE_DISCOVERY, Dependence.INDEPENDENT),
    Procedure.SAFFRON: (Guarantee.FALSE_DISCOVERY, Dependence.INDEPENDENT),
    Procedure.ADDIS: (Guarantee.FALSE_DISCOVERY, Dependence.INDEPENDENT),
}
ON_ACKNOWLEDGEMENT = frozenset({Procedure.SAFFRON, Procedure.ADDIS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Levels and decisions of a sequence of tests, in order."""

    procedure: Procedure
    alpha: float
    levels: FloatArray
    rejected: BoolArray


def slow_discount(count: int) -> FloatArray:
    """gamma_j proportional to ln(max(j, 2)) / (j exp(sqrt(ln j))), j = 1..count: spending, LOND and LORD++.

    Javanmard and Montanari 2018, doi:10.1214/17-AOS1559; the constant makes the infinite sum 1.
    """
    j = np.arange(1, count + 1, dtype=np.float64)
    return 0.07720838 * np.log(np.maximum(j, 2.0)) / (j * np.exp(np.sqrt(np.log(j))))


def fast_discount(count: int) -> FloatArray:
    """gamma_j proportional to j^-1.6, j = 1..count: SAFFRON and ADDIS. Ramdas and others 2018, arXiv:1802.09098."""
    return 0.4374901658 / np.arange(1, count + 1, dtype=np.float64) ** 1.6


def replay(
    ln_p: npt.ArrayLike,
    procedure: Procedure | str,
    *,
    alpha: float,
    acknowledge_independence: bool = False,
) -> Decisions:
    """Levels and decisions for hypotheses in the order of their declaration.

    Each level depends on earlier p-values only, so that the answer for a prefix is the prefix of the answer.

    Parameters
    ----------
    ln_p : in order of declaration; NaN (not computed) uses up its level and is not rejected
    procedure : which rule sets the levels
    alpha : error rate of the whole sequence, however long
    acknowledge_independence : must be true for SAFFRON and ADDIS

    Raises
    ------
    UnknownCorrection, IndependenceNotAcknowledged, NotAProbability, LevelOutsideUnit
    """
    if procedure not in list(Procedure):
        raise UnknownCorrection(name=procedure, known=", ".join(Procedure))
    rule = Procedure(procedure)
    if rule in ON_ACKNOWLEDGEMENT and not acknowledge_independence:
        raise IndependenceNotAcknowledged(procedure=rule.value)
    level = checked_level(alpha)
    values = checked_ln_p(ln_p)
    steps = _STEPS[rule](values, level)
    return Decisions(procedure=rule, alpha=level, levels=steps[0], rejected=steps[1])


def _decide(ln_p: float, level: float) -> bool:
    return level > 0.0 and ln_p <= math.log(level) + TOLERANCE


def _spend(ln_p: FloatArray, alpha: float) -> tuple[FloatArray, BoolArray]:
    levels = alpha * slow_discount(ln_p.size)
    return levels, np.array([_decide(p, a) for p, a in zip(ln_p, levels)], dtype=np.bool_)


def _lond(ln_p: FloatArray, alpha: float, *, ahead: int = 0, arbitrary: bool = False) -> tuple[FloatArray, BoolArray]:
    """beta_t times the discoveries so far (at least 1, or ``ahead`` more than there are)."""
    budget = alpha * slow_discount(ln_p.size)
    if arbitrary:
        budget /= np.cumsum(1.0 / np.arange(1, ln_p.size + 1))
    levels = np.empty_like(ln_p)
    rejected = np.zeros(ln_p.size, dtype=np.bool_)
    found = 0
    for t in range(ln_p.size):
        levels[t] = budget[t] * max(found + ahead, 1)
        rejected[t] = _decide(ln_p[t], levels[t])
        found += int(rejected[t])
    return levels, rejected


def _lond_original(ln_p: FloatArray, alpha: float) -> tuple[FloatArray, BoolArray]:
    return _lond(ln_p, alpha, ahead=1)


def _lond_arbitrary(ln_p: FloatArray, alpha: float) -> tuple[FloatArray, BoolArray]:
    return _lond(ln_p, alpha, arbitrary=True)


def _lord(ln_p: FloatArray, alpha: float) -> tuple[FloatArray, BoolArray]:
    """LORD++ with initial wealth alpha / 10. Ramdas, Yang, Wainwright and Jordan 2017, arXiv:1710.00499."""
    discount = slow_discount(ln_p.size)
    start = alpha / 10.0
    levels = np.empty_like(ln_p)
    rejected = np.zeros(ln_p.size, dtype=np.bool_)
    times: list[int] = []
    for t in range(ln_p.size):
        gained = discount[t - 1 - np.array(times, dtype=np.int64)]
        level = start * discount[t]
        if times:
            level += (alpha - start) * gained[0] + alpha * gained[1:].sum()
        levels[t] = level
        rejected[t] = _decide(ln_p[t], level)
        if rejected[t]:
            times.append(t)
    return levels, rejected


def _candidates(ln_p: FloatArray, alpha: float, *, share: float, discard: float) -> tuple[FloatArray, BoolArray]:
    """SAFFRON (``discard`` = 1) and ADDIS: wealth is spent only on p-values that count as candidates (p <= ``share``).

    The clock of ADDIS stands still at p > ``discard``. Initial wealth alpha / 2.
    """
    discount = fast_discount(ln_p.size + 1)
    start = alpha / 2.0
    ln_share, ln_discard = math.log(share) + TOLERANCE, math.log(discard) + TOLERANCE
    levels = np.empty_like(ln_p)
    rejected = np.zeros(ln_p.size, dtype=np.bool_)
    clock = candidates = 0
    # Of each rejection: the clock just after it, and the candidates up to and with it.
    clock_then: list[int] = []
    candidates_then: list[int] = []
    for t in range(ln_p.size):
        level = start * discount[clock - candidates]
        if clock_then:
            after = candidates - np.array(candidates_then)
            gained = discount[clock - np.array(clock_then) - after]
            level += (alpha - start) * gained[0] + alpha * gained[1:].sum()
        levels[t] = min(share, (discard - share) * level)
        rejected[t] = _decide(ln_p[t], levels[t])
        clock += int(ln_p[t] <= ln_discard)
        candidates += int(ln_p[t] <= ln_share)
        if rejected[t]:
            clock_then.append(clock)
            candidates_then.append(candidates)
    return levels, rejected


def _saffron(ln_p: FloatArray, alpha: float) -> tuple[FloatArray, BoolArray]:
    """Ramdas, Zrnic, Wainwright and Jordan 2018, arXiv:1802.09098; lambda = 1/2."""
    # A missing p moves the clock (its level is used up) but is no candidate.
    return _candidates(np.nan_to_num(ln_p, nan=0.0), alpha, share=0.5, discard=1.0)


def _addis(ln_p: FloatArray, alpha: float) -> tuple[FloatArray, BoolArray]:
    """Tian and Ramdas 2019, arXiv:1905.11465; lambda = 1/4, tau = 1/2."""
    # A missing p stands just below tau: it moves the clock, so that its level is used up, but is no candidate.
    return _candidates(np.nan_to_num(ln_p, nan=math.log(0.5)), alpha, share=0.25, discard=0.5)


_STEPS = {
    Procedure.ALPHA_SPENDING: _spend,
    Procedure.LOND_ARBITRARY: _lond_arbitrary,
    Procedure.LOND: _lond,
    Procedure.LOND_ORIGINAL: _lond_original,
    Procedure.LORD: _lord,
    Procedure.SAFFRON: _saffron,
    Procedure.ADDIS: _addis,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One member of the interactive family: its place, its hypothesis, and its result once there is one."""

    sequence: int
    hypothesis: str
    computed: bool = False
    ln_p: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What stands behind one interactive look: three decisions, of which none ever changes later."""

    look: Look
    alpha_spending: bool
    alpha_spending_level: float
    lond: bool
    lond_level: float
    lord: bool
    lord_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactive:
    """The family of single looks ("test this pair"), ordered by declaration; a value, each step gives the next.

    >>> family = Interactive(alpha=0.05).declare(7, "age ~ bmi", seen=()).record(math.log(1e-6))
    >>> [(v.look.sequence, v.alpha_spending, v.lond) for v in family.verdicts()]
    [(7, True, True)]
    """

    alpha: float
    looks: tuple[Look, ...] = ()

    def declare(self, sequence: int, hypothesis: str, *, seen: Collection[str]) -> Interactive:
        """Add a hypothesis before its test is computed.

        Parameters
        ----------
        sequence : ledger sequence number of the declaration
        hypothesis : its id
        seen : ids of all hypotheses whose p-value was displayed before, in any table or chart

        Raises
        ------
        AlreadySeen, OutOfOrder, MemberPending
        """
        if hypothesis in seen or any(look.hypothesis == hypothesis for look in self.looks):
            raise AlreadySeen(hypothesis=hypothesis)
        if self.looks:
            last = self.looks[-1]
            if not last.computed:
                raise MemberPending(hypothesis=last.hypothesis)
            if sequence <= last.sequence:
                raise OutOfOrder(sequence=sequence, last=last.sequence)
        return replace(self, looks=(*self.looks, Look(sequence=sequence, hypothesis=hypothesis)))

    def record(self, ln_p: float) -> Interactive:
        """The result of the last declared look; NaN when it could not be computed.

        Raises
        ------
        NothingPending, NotAProbability
        """
        if not self.looks or self.looks[-1].computed:
            raise NothingPending
        value = float(checked_ln_p([ln_p])[0])
        return replace(self, looks=(*self.looks[:-1], replace(self.looks[-1], computed=True, ln_p=value)))

    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts on all looks that have a result, in order."""
        done = [look for look in self.looks if look.computed]
        ln_p = [look.ln_p for look in done]
        spending, lond, lord = (
            replay(ln_p, procedure, alpha=self.alpha)
            for procedure in (Procedure.ALPHA_SPENDING, Procedure.LOND, Procedure.LORD)
        )
        return tuple(
            Verdict(
                look=look,
                alpha_spending=bool(spending.rejected[i]),
                alpha_spending_level=float(spending.levels[i]),
                lond=bool(lond.rejected[i]),
                lond_level=float(lond.levels[i]),
                lord=bool(lord.rejected[i]),
                lord_level=float(lord.levels[i]),
            )
            for i, look in enumerate(done)
        )
