"""Codes R04 and R05: verdicts of interactive tests and bounds of baskets, replayed from the record.

Both are written here a second time from their definitions, apart from ``miner.multiplicity``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from miner.ledger.audit.facts import Facts, FamilyFacts
from miner.ledger.audit.report import AuditFinding, found
from miner.ledger.records import Entry

Floats = npt.NDArray[np.float64]

_GUARD: Final = 1e-12
_SAME_LEVEL: Final = 1e-9
# The robust bound is not monotone in the size of the set and is searched one by one.
LARGEST_ROBUST: Final = 5_000


def online(facts: Facts) -> Iterator[AuditFinding]:
    """R04: the level and the verdict of each interactive test, from those before it."""
    for family in facts.families.values():
        tests = [entry for entry in family.batches if entry.kind == "test"]
        if family.declared is not None and tests:
            yield from _online(family, tests, float(str(family.declared.content["alpha"])))


def _online(family: FamilyFacts, entries: Sequence[Entry], alpha: float) -> Iterator[AuditFinding]:
    ordered = sorted(entries, key=lambda entry: int(str(entry.content["declared_seq"])))
    by_seq = {test.seq: test for test in family.tests}
    ln_p = [by_seq[entry.seq].ln_p if by_seq[entry.seq].is_ok else math.nan for entry in ordered]
    for procedure, level_of in LEVELS.items():
        found_at: list[int] = []
        for t, entry in enumerate(ordered):
            level = level_of(t, found_at, alpha)
            rejected = level > 0 and ln_p[t] <= math.log(level) + _GUARD
            verdicts: Mapping[str, Mapping[str, Any]] = entry.content["verdicts"]
            told = verdicts.get(procedure)
            if rejected:
                found_at.append(t)
            if told is None:
                continue
            if bool(told["rejected"]) != rejected or abs(told["alpha"] - level) > _SAME_LEVEL * level:
                yield found(
                    "R04",
                    [entry.seq],
                    f"test {t + 1} of '{family.id}': {procedure} at level {told['alpha']:.6g} is recorded as "
                    f"{_word(bool(told['rejected']))}; replayed it is {_word(rejected)} at {level:.6g}",
                )
                break


def _word(rejected: bool) -> str:
    return "rejected" if rejected else "kept"


def _gamma(j: int) -> float:
    """The share of the j-th test (from 1) in Javanmard and Montanari's sequence (2018, doi:10.1214/17-AOS1559)."""
    return 0.07720838 * math.log(max(j, 2)) / (j * math.exp(math.sqrt(math.log(j))))


def _spending(t: int, found_at: Sequence[int], alpha: float) -> float:
    return alpha * _gamma(t + 1)


def _lond(t: int, found_at: Sequence[int], alpha: float) -> float:
    return alpha * _gamma(t + 1) * max(len(found_at), 1)


def _lord(t: int, found_at: Sequence[int], alpha: float) -> float:
    level = alpha / 10 * _gamma(t + 1)
    for k, earlier in enumerate(found_at):
        level += (alpha - alpha / 10 if k == 0 else alpha) * _gamma(t - earlier)
    return level


LEVELS: Final[dict[str, Callable[[int, Sequence[int], float], float]]] = {
    "alpha_spending": _spending,
    "lond": _lond,
    "lord++": _lord,
}


def baskets(facts: Facts) -> Iterator[AuditFinding]:
    """R05: each bound again by closed testing over the family as it was then."""
    for entry in facts.of("select"):
        content: Mapping[str, Any] = entry.content
        family = facts.families.get(str(content["family_id"]))
        if family is None or "bound" not in content:
            continue
        members = {test.id: test for test in family.members if test.seq < entry.seq and test.is_ok}
        if content["robust"] and len(members) > LARGEST_ROBUST:
            continue
        ln_p = np.array([test.ln_p for test in members.values()])
        chosen = np.array([members[name].ln_p for name in content["hypotheses"] if name in members])
        bound = least_true(ln_p, chosen, m=int(content["m"]), alpha=float(content["alpha"]), robust=content["robust"])
        if bound != content["bound"]:
            yield found(
                "R05",
                [entry.seq],
                f"the basket of {len(content['hypotheses'])} is recorded with at least {content['bound']} associated; "
                f"closed testing over m = {content['m']} gives {bound}",
            )


def least_true(ln_p: Floats, chosen: Floats, *, m: int, alpha: float, robust: bool) -> int:
    """Least number of true associations among the chosen (Goeman and Solari 2011, doi:10.1214/11-STS356).

    Members without a p-value count as p = 1.

    >>> least_true(np.log([1e-6, 1e-5, 0.5]), np.log([1e-6, 1e-5]), m=3, alpha=0.05, robust=False)
    2
    """
    ordered = np.sort(ln_p)
    largest = _not_rejected(ordered, m, alpha, robust)
    if largest == 0:
        return len(chosen)
    factor = math.log(largest) + (math.log(math.fsum(1 / i for i in range(1, largest + 1))) if robust else 0.0)
    best = 0
    for u in range(1, len(chosen) + 1):
        best = max(best, 1 - u + int(np.count_nonzero(factor + chosen <= math.log(u * alpha) + _GUARD)))
    return best


def _not_rejected(ordered: Floats, m: int, alpha: float, robust: bool) -> int:
    """Size of the largest set of large p-values that its local test keeps."""
    if not robust:
        low, high = m - len(ordered), m
        while low < high:  # the property is monotone: what is kept at i is kept below
            middle = (low + high + 1) // 2
            low, high = (middle, high) if _kept(ordered, middle, m, alpha, 0.0) else (low, middle - 1)
        return low
    harmonic = math.fsum(1 / i for i in range(1, m + 1))
    for i in range(m, m - len(ordered), -1):
        if _kept(ordered, i, m, alpha, math.log(harmonic)):
            return i
        harmonic -= 1 / i
    return m - len(ordered)


def _kept(ordered: Floats, i: int, m: int, alpha: float, ln_factor: float) -> bool:
    known = i - (m - len(ordered))
    if i == 0 or known <= 0:
        return True
    ranks = np.arange(1, known + 1)
    return bool(np.all(math.log(i) + ln_factor + ordered[len(ordered) - known :] > np.log(ranks * alpha) + _GUARD))
