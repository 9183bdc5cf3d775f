"""Rows that enumerate rather than simulate, and those on single tests and on the record."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from tempfile import TemporaryDirectory

import numpy as np
from scipy.stats import binom

from miner.ledger import Actor, open_ledger
from miner.ledger.audit.chain import anchors
from miner.ledger.records import Record, faults
from miner.multiplicity import Correction, adjust
from miner.multiplicity.permutation import max_t
from miner.statistics import intervals
from miner.statistics.fisher import log_fisher, log_mass, log_mid_p
from miner.statistics.results import Estimates
from tests.null.measure import Effort, Figure, Row
from tests.null.simulators import clustered_pairs, stream

Interval = Callable[..., Estimates]


def coverage(effort: Effort) -> list[Figure]:
    """Chance that the 95 % score interval holds the truth, over every table that two groups can give."""
    points = [
        (p1, p2, n)
        for n in (15, 25, 40)
        for p1, p2 in (
            (0.1, 0.1),
            (0.2, 0.1),
            (0.3, 0.1),
            (0.2, 0.2),
            (0.4, 0.2),
            (0.5, 0.3),
            (0.5, 0.5),
            (0.7, 0.4),
            (0.8, 0.5),
            (0.9, 0.7),
        )
    ]
    effects: dict[str, tuple[Interval, Callable[[float, float], float]]] = {
        "risk difference": (intervals.risk_difference, lambda p1, p2: p1 - p2),
        "risk ratio": (intervals.risk_ratio, lambda p1, p2: p1 / p2),
        "odds ratio": (intervals.odds_ratio, lambda p1, p2: p1 * (1 - p2) / (p2 * (1 - p1))),
    }
    figures = []
    for name, (interval, truth) in effects.items():
        covered = [_covered(interval, truth(p1, p2), p1, p2, n, 0.95) for p1, p2, n in points]
        for word, value, low, high in (("mean", np.mean(covered), 0.94, 0.97), ("least", min(covered), 0.90, 1.0)):
            label = f"{name}, {word} of {len(points)} points"
            figures.append(Figure(label=label, value=float(value), low=low, high=high, repetitions=len(points)))
    narrow = [_covered(intervals.risk_difference, p1 - p2, p1, p2, n, 0.90) for p1, p2, n in points]
    figures.append(
        Figure(
            label="a 90 % interval of the risk difference taken for 95 %, mean",
            value=float(np.mean(narrow)),
            low=0.0,
            high=0.93,
            repetitions=len(points),
            control=True,
        )
    )
    return figures


def _covered(interval: Interval, true: float, p1: float, p2: float, n: int, confidence: float) -> float:
    x1, x2 = (axis.ravel() for axis in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
    limits = interval(x1, n - x1, x2, n - x2, confidence=confidence)
    slack = 1e-9 * max(abs(true), 1e-3)
    # A table that gives no limits excludes no value.
    inside = ~(limits.low > true + slack) & ~(limits.high < true - slack)
    return float((binom.pmf(x1, n, p1) * binom.pmf(x2, n, p2))[inside].sum())


def fisher_is_valid(effort: Effort) -> list[Figure]:
    """Greatest P(p <= t) - t over all t and all margins, for up to 30 persons."""
    largest = 12 if effort.exact else 30
    margins = np.array(
        [(x, y, n) for n in range(2, largest + 1) for x in range(n + 1) for y in range(n + 1)], dtype=np.int64
    )
    low = np.maximum(0, margins[:, 0] + margins[:, 1] - margins[:, 2])
    tables = np.minimum(margins[:, 0], margins[:, 1]) - low + 1
    which = np.repeat(np.arange(margins.shape[0]), tables)
    start = np.repeat(np.cumsum(tables) - tables, tables)
    a = low[which] + np.arange(which.size) - start
    x, y, n = margins[which].T
    cells = (a, x - a, y - a, n - x - y + a)
    mass = np.exp(log_mass(*cells))
    figures = []
    for side in ("greater", "less", "two-sided", "central"):
        worst = _worst_excess(which, np.exp(log_fisher(*cells, side=side)), mass)
        figures.append(
            Figure(label=f"Fisher {side}, n <= {largest}", value=worst, low=-1.0, high=1e-9, repetitions=which.size)
        )
    worst = _worst_excess(which, np.exp(log_mid_p(*cells, side="greater")), mass)
    figures.append(effort.above(f"mid-p greater, n <= {largest}", worst, 0.05, which.size))
    return figures


def _worst_excess(which: np.ndarray, p: np.ndarray, mass: np.ndarray) -> float:
    """Greatest P(p <= t) - t at the attained p, margin by margin; p equal up to rounding are one."""
    order = np.lexsort((p, which))
    group, sorted_p = which[order], p[order]
    total = np.cumsum(mass[order])
    before = np.concatenate([[0.0], total])[np.searchsorted(group, group, side="left")]
    last_of_tie = np.append((group[1:] != group[:-1]) | (sorted_p[1:] > sorted_p[:-1] * (1 + 1e-9)), True)
    return float(((total - before) - sorted_p)[last_of_tie].max())


def permutation_p_is_valid(effort: Effort) -> list[Figure]:
    """Greatest P(p <= t) - t against the one-sided Kolmogorov-Smirnov bound at one in a thousand (or million)."""
    full = effort.repetitions(4000)
    generator = stream(800)
    group = np.repeat([0.0, 1.0], 10)
    honest, without_the_observed = np.empty(full), np.empty(full)
    for i in range(full):
        answer = max_t(generator.standard_normal((1, 20)), group, seed=i, permutations=19, complete_up_to=0)
        honest[i] = math.exp(answer.ln_p[0])
        without_the_observed[i] = (round(honest[i] * 20) - 1) / 19
    bound = math.sqrt(math.log(1 / (1e-6 if effort.exact else 1e-3)) / (2 * full))

    def excess(p: np.ndarray) -> float:
        ranked = np.sort(p)
        return float((np.searchsorted(ranked, ranked + 1e-9, side="right") / full - ranked).max())

    control_bound = 0.02
    return [
        Figure(label="permutation p, 19 permutations", value=excess(honest), low=-1.0, high=bound, repetitions=full),
        effort.above("the same without the observed order", excess(without_the_observed), control_bound, full),
    ]


def clusters(effort: Effort) -> list[Figure]:
    """N8: ten visits of 40 patients, exposure and outcome both a matter of the patient, not associated."""
    full = effort.repetitions(4000)
    exposure, outcome = clustered_pairs(full, stream(850))

    def share(x: np.ndarray, y: np.ndarray) -> float:
        a = (x & y).sum(axis=1)
        exposed, cases = x.sum(axis=1), y.sum(axis=1)
        ln_p = log_fisher(a, exposed - a, cases - a, x.shape[1] - exposed - cases + a, side="two-sided")
        return float(np.mean(ln_p <= math.log(0.05)))

    by_patient = share(exposure.mean(axis=2) > 0.5, outcome.mean(axis=2) > 0.5)
    by_visit = share(exposure.reshape(full, 400), outcome.reshape(full, 400))
    return [
        effort.rate("N8, one row a patient", by_patient, 0.05, full),
        effort.above("N8, one row a visit", by_visit, 0.15, full),
    ]


def _records(entries: int) -> tuple[list[Record], str, object]:
    ticks, draws = count(), count()

    def entropy(size: int) -> bytes:
        return hashlib.shake_256(str(next(draws)).encode()).digest(size)

    with TemporaryDirectory() as folder:
        ledger = open_ledger(
            f"{folder}/ledger.sqlite",
            clock=lambda: datetime.fromtimestamp(1_700_000_000 + next(ticks), tz=UTC),
            actor=Actor(name="Ada"),
            entropy=entropy,
        )
        with ledger.transaction():
            for i in range(entries):
                ledger.append("note", {"about": f"entry {i}", "value": i})
        found = list(ledger.records()), ledger.origin, ledger.checkpoint()
        ledger.close()
    return found


def tampering(effort: Effort) -> list[Figure]:
    """Every position of a ledger of 200 events: a flipped byte, a deletion, an insertion, a swap, a cut."""
    entries = 40 if effort.exact else 200
    records, origin, checkpoint = _records(entries)

    def seen(changed: list[Record], first_bad: int) -> bool:
        """Found, and the first fault is named where the change begins."""
        found = [fault.seq for fault in faults(changed, origin)]
        cut = [s for finding in anchors(changed, origin, [checkpoint]) for s in finding.seqs]
        return first_bad in (found[:1] or cut[:1])

    def flipped(text: bytes) -> bytes:
        return text.replace(b'"', b"'", 1) if text[:1] != b"{" else text[:-2] + bytes([text[-2] ^ 1]) + text[-1:]

    hits = {
        "flip a byte of the content": 0,
        "flip a byte of the header": 0,
        "delete": 0,
        "insert": 0,
        "swap": 0,
        "cut": 0,
    }
    chain_alone = 0
    for i, record in enumerate(records):
        seq = i + 1
        hits["flip a byte of the content"] += seen(
            [*records[:i], replace(record, content=flipped(record.content)), *records[i + 1 :]], seq
        )
        hits["flip a byte of the header"] += seen(
            [*records[:i], replace(record, header=flipped(record.header)), *records[i + 1 :]], seq
        )
        # The first entry after the gap is the first that does not fit; at the end only the checkpoint tells.
        last = seq == entries
        hits["delete"] += seen([*records[:i], *records[i + 1 :]], seq if last else seq + 1)
        hits["insert"] += seen([*records[:seq], record, *records[seq:]], seq)
        if not last:
            hits["swap"] += seen([*records[:i], records[i + 1], record, *records[i + 2 :]], seq + 1)
        hits["cut"] += seen(records[:i], seq)
        chain_alone += bool(list(faults(records[:i], origin)))
    figures = [
        Figure(
            label=f"{name}, found and named at each position",
            value=found,
            low=entries - (name == "swap"),
            high=entries - (name == "swap"),
            repetitions=entries,
        )
        for name, found in hits.items()
    ]
    untouched = len(list(faults(records, origin))) + len(list(anchors(records, origin, [checkpoint])))
    figures.append(Figure(label="faults found in the untouched ledger", value=untouched, low=0, high=0, repetitions=1))
    figures.append(
        Figure(
            label="cuts found by the chain alone, without a checkpoint",
            value=chain_alone,
            low=0,
            high=0,
            repetitions=entries,
            control=True,
        )
    )
    return figures


def invariance(effort: Effort) -> list[Figure]:
    """Random families: permuting, appending a p of 1, and enlarging m, for every correction without a level."""
    full = effort.repetitions(400)
    generator = stream(900)
    methods = [
        Correction.BONFERRONI,
        Correction.SIDAK,
        Correction.HOLM,
        Correction.HOLM_SIDAK,
        Correction.HOCHBERG,
        Correction.HOMMEL,
        Correction.HOMMEL_ROBUST,
        Correction.BENJAMINI_HOCHBERG,
        Correction.BENJAMINI_YEKUTIELI,
    ]
    broken = {"permuting": 0, "order of p": 0, "a p of 1 lowers a value": 0, "a larger m lowers a value": 0}
    adaptive = 0
    for _ in range(full):
        ln_p = -generator.exponential(3.0, generator.integers(1, 60))
        order = generator.permutation(ln_p.size)
        for method in methods:
            base = adjust(ln_p, method).ln_adjusted
            broken["permuting"] += not np.allclose(adjust(ln_p[order], method).ln_adjusted, base[order], atol=1e-12)
            broken["order of p"] += bool((np.diff(base[np.argsort(ln_p)]) < -1e-12).any())
            appended = adjust(np.append(ln_p, 0.0), method).ln_adjusted[:-1]
            broken["a p of 1 lowers a value"] += bool((appended < base - 1e-12).any())
            larger = adjust(ln_p, method, m=2 * ln_p.size).ln_adjusted
            broken["a larger m lowers a value"] += bool((larger < base - 1e-12).any())
        adaptive += bool((adjust(ln_p, "storey").ln_adjusted < ln_p - 1e-12).any())
    figures = [
        Figure(label=f"{name}: families where it fails", value=value, low=0, high=0, repetitions=full * len(methods))
        for name, value in broken.items()
    ]
    figures.append(effort.above("q below p by an adaptive correction: families", adaptive, 1, full))
    return figures


ROWS = [
    Row(name="interval coverage", claim="95 % score intervals, exact enumeration", measure=coverage, quick_share=1.0),
    Row(name="Fisher", claim="P(p <= t) <= t for all t, exact enumeration", measure=fisher_is_valid, quick_share=1.0),
    Row(name="permutation p", claim="P(p <= t) <= t", measure=permutation_p_is_valid, quick_share=0.5),
    Row(name="clusters", claim="5 % when the unit is the patient", measure=clusters, quick_share=0.5),
    Row(name="tampering", claim="all found, the place named", measure=tampering, quick_share=1.0),
    Row(name="laws of adjustment", claim="hold for every random family", measure=invariance, quick_share=0.5),
]
