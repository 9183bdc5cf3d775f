"""Rows on what comes one after the other: online levels, and the sealed part."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

from miner.errors import AlreadySeen
from miner.multiplicity import ClaimLevel, adjust
from miner.multiplicity.confirmation import confirm, next_unlock
from miner.multiplicity.families import spending_share
from miner.multiplicity.online import Interactive, Procedure, replay
from tests.null.measure import Effort, Figure, Row
from tests.null.simulators import NORMAL_MODELS, RuleTable, normal_scores, stream, two_sided


def online(effort: Effort) -> list[Figure]:
    figures = []
    full = effort.repetitions(1000)
    m, share = 100, 0.8
    null = np.arange(m) < round(m * share)
    promised = {
        NORMAL_MODELS[0]: (Procedure.ALPHA_SPENDING, Procedure.LOND, Procedure.LORD),
        NORMAL_MODELS[2]: (Procedure.ALPHA_SPENDING, Procedure.LOND_ARBITRARY),
    }
    for number, (model, procedures) in enumerate(promised.items()):
        generator = stream(600 + number)
        ln_p = two_sided(normal_scores(model, full, m, generator, nulls=share))
        orders = np.array([generator.permutation(m) for _ in range(full)])
        for procedure in procedures:
            proportions = [_proportion(row[o], null[o], procedure) for row, o in zip(ln_p, orders, strict=True)]
            label = f"{procedure} at 0.10, {model}, m = {m}, 20 % signals"
            figures.append(effort.rate(label, float(np.mean(proportions)), 0.10, full))
        if number == 0:
            attacked = [
                _proportion(row[o], null[o], Procedure.SAFFRON) for row, o in ((row, np.argsort(row)) for row in ln_p)
            ]
            figures.append(effort.above("SAFFRON in the order of p", float(np.mean(attacked)), 0.25, full))
    return figures


def _proportion(ln_p: np.ndarray, null: np.ndarray, procedure: Procedure) -> float:
    decisions = replay(ln_p, procedure, alpha=0.10, acknowledge_independence=True).rejected
    return float(np.count_nonzero(decisions & null) / max(np.count_nonzero(decisions), 1))


def between_runs(effort: Effort) -> list[Figure]:
    """Six runs on the same persons: any false familywise claim, and the false discovery rate of all claims together."""
    full = effort.repetitions(2000)
    generator = stream(650)
    spent, unspent = [], []
    for _ in range(full):
        runs = two_sided(normal_scores(NORMAL_MODELS[1], 6, 50, generator))
        spent.append(
            any(adjust(run, "holm").rejected(0.05 * spending_share(j + 1)).any() for j, run in enumerate(runs))
        )
        independent = two_sided(normal_scores(NORMAL_MODELS[0], 6, 50, generator))
        unspent.append(any(adjust(run, "holm").rejected(0.05).any() for run in independent))
    return [
        effort.rate("Holm over six runs that share 0.05", float(np.mean(spent)), 0.05, full),
        effort.above("Holm over six runs at 0.05 each", float(np.mean(unspent)), 0.15, full),
    ]


def holdout(effort: Effort) -> list[Figure]:
    """Pick the 20 best of 2,000 on one half, test them on the other."""
    full = effort.repetitions(2000)
    generator = stream(700)
    one_list, two_lists, same_half = [], [], []
    first = next_unlock([], frozen_at=1, sequence=10)
    second = next_unlock([first], frozen_at=2, sequence=20)
    for _ in range(full):
        mined, sealed = normal_scores(NORMAL_MODELS[2], 2, 2000, generator)
        best = np.argsort(-np.abs(mined))[:20]
        ln_p = log_ndtr(-sealed[best] * np.sign(mined[best]))
        names = [str(i) for i in best]
        # The first opening is tested at half of alpha, so 0.10 gives the Holm test at 0.05.
        one_list.append((confirm(names, ln_p, first, alpha=0.10).levels == ClaimLevel.HELD_UP).any())
        two_lists.append(
            (confirm(names[:10], ln_p[:10], first).levels == ClaimLevel.HELD_UP).any()
            or (confirm(names[10:], ln_p[10:], second).levels == ClaimLevel.HELD_UP).any()
        )
        same_half.append(adjust(log_ndtr(-np.abs(mined[best])), "holm").rejected(0.05).any())
    figures = [
        effort.rate("one list of 20, Holm at 0.05", float(np.mean(one_list)), 0.05, full),
        effort.rate("two lists of 10, budget 0.05", float(np.mean(two_lists)), 0.05, full),
        effort.above("tested on the half where they were picked", float(np.mean(same_half)), 0.5, full),
    ]
    table = RuleTable(persons=600)
    full = effort.repetitions(1000)
    held = []
    for _ in range(full):
        items = table.items(generator)
        outcome = table.outcome(items, generator)
        mined_rows = generator.random(600) < 0.5
        best = np.argsort(table.rules(items[mined_rows], outcome[mined_rows]).ln_p)[:20]
        ln_p = table.rules(items[~mined_rows], outcome[~mined_rows]).ln_p[best]
        held.append((confirm([str(i) for i in best], ln_p, first, alpha=0.10).levels == ClaimLevel.HELD_UP).any())
    figures.append(effort.rate("the 20 best rules of 447, Holm at 0.05", float(np.mean(held)), 0.05, full))
    return figures


def sorted_order_attack(effort: Effort) -> list[Figure]:
    """A person walks down a table sorted by p: the interactive family must refuse each of its rows."""
    generator = stream(750)
    ln_p = np.sort(two_sided(generator.standard_normal(50)))
    shown = {f"h{i}" for i in range(50)}
    family = Interactive(alpha=0.10)
    refused = accepted = 0
    for i, value in enumerate(ln_p):
        try:
            family = family.declare(i + 1, f"h{i}", seen=shown).record(float(value))
        except AlreadySeen:
            refused += 1
        accepted += len(Interactive(alpha=0.10).declare(1, f"h{i}", seen=()).looks)
    return [
        Figure(label="rows of a displayed table refused, of 50", value=refused, low=50, high=50, repetitions=1),
        effort.above("accepted when what was seen is not told, of 50", accepted, 50, 1),
    ]


ROWS = [
    Row(name="online", claim="alpha spending, LOND, LORD++ at 0.10", measure=online, quick_share=0.4),
    Row(name="between runs", claim="error shared between runs", measure=between_runs, quick_share=0.5),
    Row(name="holdout", claim="held up at 0.05 after any exploration", measure=holdout, quick_share=0.25),
    Row(name="sorted-order attack", claim="refused by the interface", measure=sorted_order_attack, quick_share=1.0),
]
