"""Rows on families of tests: familywise error, false discovery rate, and bounds after the fact."""

from __future__ import annotations

import numpy as np

from miner.multiplicity import AllResolutions, Correction, adjust, rejected
from miner.multiplicity.discrete import DiscreteFamily, tarone
from miner.multiplicity.families import margin_filter
from miner.multiplicity.permutation import max_t
from tests.null.measure import Effort, Figure, Row
from tests.null.simulators import NORMAL_MODELS, Rules, RuleTable, normal_scores, stream, two_sided

SIZES = (20, 200, 2000)


def familywise(effort: Effort) -> list[Figure]:
    figures = []
    uncorrected = 0.0
    full = effort.repetitions(4000)
    for number, model in enumerate(NORMAL_MODELS[:3]):
        for m in SIZES:
            ln_p = two_sided(normal_scores(model, full, m, stream(100 + 10 * number + SIZES.index(m))))
            for method in (Correction.BONFERRONI, Correction.HOLM, Correction.HOMMEL):
                hits = np.mean([adjust(row, method).rejected(0.05).any() for row in ln_p])
                figures.append(effort.rate(f"{method}, {model}, m = {m}", float(hits), 0.05, full))
            if m == 20 and number == 0:
                uncorrected = float(np.mean(rejected(ln_p, 0.05).any(axis=1)))
    figures.append(effort.above("no correction, N1, m = 20", uncorrected, 0.5, full))
    return figures


def _discoveries(ln_p: np.ndarray, null: np.ndarray, method: Correction, alpha: float) -> np.ndarray:
    """False discovery proportion of each row."""
    proportions = np.empty(ln_p.shape[0])
    for i, row in enumerate(ln_p):
        decisions = adjust(row, method).rejected(alpha)
        proportions[i] = np.count_nonzero(decisions & null) / max(np.count_nonzero(decisions), 1)
    return proportions


def false_discovery(effort: Effort) -> list[Figure]:
    figures = []
    gap = -1.0
    full = effort.repetitions(4000)
    for number, model in enumerate(NORMAL_MODELS):
        for share in (1.0, 0.9, 0.8):
            for m in SIZES:
                generator = stream(200 + 100 * number + 10 * SIZES.index(m) + round(10 * share))
                ln_p = two_sided(normal_scores(model, full, m, generator, nulls=share))
                null = np.arange(m) < round(m * share)
                bh = _discoveries(ln_p, null, Correction.BENJAMINI_HOCHBERG, 0.10)
                by = _discoveries(ln_p, null, Correction.BENJAMINI_YEKUTIELI, 0.10)
                label = f"{model}, m = {m}, {share:.0%} null"
                if number == 0:
                    # For independent continuous tests the rate is the share of nulls times the level, exactly.
                    figures.append(effort.equal(f"bh, {label}", float(bh.mean()), 0.10 * share, full))
                else:
                    figures.append(effort.rate(f"bh, {label}", float(bh.mean()), 0.10, full))
                figures.append(effort.rate(f"by, {label}", float(by.mean()), 0.10, full))
                gap = max(gap, float(by.mean() - bh.mean()))
    label = "by minus bh, the largest of these families"
    figures.append(Figure(label=label, value=gap, low=-1.0, high=0.0, repetitions=full))
    ln_p = two_sided(normal_scores(NORMAL_MODELS[0], full, 200, stream(290)))
    best = np.sort(ln_p, axis=1)[:, :20]
    shown = np.mean([adjust(row, "bh").rejected(0.10).any() for row in best])
    figures.append(effort.above("bh over the 20 best shown, N1, m = 200", float(shown), 0.5, full))
    return figures


def _simulated_rules(table: RuleTable, repetitions: int, seed: int, *, planted: bool = False) -> list[Rules]:
    generator = stream(seed)
    found = []
    for _ in range(repetitions):
        items = table.items(generator)
        found.append(table.rules(items, table.outcome(items, generator, planted=planted), planted=planted))
    return found


def rules_over_the_whole_universe(effort: Effort) -> list[Figure]:
    figures = []
    full = effort.repetitions(2000)
    cases = {
        "N5": (RuleTable(), False),
        "N6 (planted)": (RuleTable(), True),
        "N7 (outcome 3 %)": (RuleTable(cases=0.03), False),
    }
    for number, (name, (table, planted)) in enumerate(cases.items()):
        simulated = _simulated_rules(table, full, 300 + number, planted=planted)
        for method in (Correction.BENJAMINI_HOCHBERG, Correction.BENJAMINI_YEKUTIELI):
            proportions = []
            for rules in simulated:
                decisions = adjust(rules.ln_p, method).rejected(0.05)
                proportions.append(np.count_nonzero(decisions & rules.null) / max(np.count_nonzero(decisions), 1))
            figures.append(
                effort.rate(f"{method} at 0.05, {name}, m = {table.m}", float(np.mean(proportions)), 0.05, full)
            )
        holm, by_tarone = [], []
        for rules in simulated:
            holm.append((adjust(rules.ln_p, "holm").rejected(0.05) & rules.null).any())
            testable = tarone(rules.ln_least_p, alpha=0.05)
            by_tarone.append((testable.rejected(rules.ln_p) & rules.null).any())
        figures.append(effort.rate(f"holm at 0.05, {name}", float(np.mean(holm)), 0.05, full))
        figures.append(effort.rate(f"tarone at 0.05, {name}", float(np.mean(by_tarone)), 0.05, full))
        if planted:
            # The first rule of the universe is the planted item; a procedure that rejects nothing would pass all else.
            found = np.mean([adjust(rules.ln_p, "holm").rejected(0.05)[0] for rules in simulated])
            figures.append(effort.above("holm finds the planted item, N6", float(found), 0.5, full, control=False))
        if name == "N5":
            survivors, shown, filtered = [], [], []
            for rules in simulated:
                exposed, cases_of = rules.cells[0] + rules.cells[1], rules.cells[0] + rules.cells[2]
                frequent = (exposed >= 50) & (cases_of >= 50)
                m = rules.m - margin_filter(exposed, cases_of, least=50).removed
                filtered.append(adjust(rules.ln_p[frequent], "bh", m=m).rejected(0.05).any())
                kept = rules.ln_p[rules.lift > 1.3]
                survivors.append(adjust(kept, "bh").rejected(0.05).any())
                shown.append(adjust(np.sort(rules.ln_p)[:20], "bh").rejected(0.05).any())
            figures.append(effort.rate("bh at 0.05, N5, margins of at least 50", float(np.mean(filtered)), 0.05, full))
            figures.append(
                effort.above("bh over rules with lift > 1.3 only, N5", float(np.mean(survivors)), 0.15, full)
            )
            figures.append(effort.above("bh over the 20 best rules shown, N5", float(np.mean(shown)), 0.5, full))
    return figures


def discrete_family(effort: Effort) -> list[Figure]:
    """The corrections that use whole null distributions, on few sparse tables drawn independently."""
    full = effort.repetitions(1000)
    generator = stream(350)
    bonferroni, hsu, raw = [], [], []
    for _ in range(full):
        exposed = generator.integers(2, 40, 12)
        a = generator.binomial(exposed, 0.15)
        c = generator.binomial(60 - exposed, 0.15)
        family = DiscreteFamily(np.column_stack([a, exposed - a, c, 60 - exposed - c]), "two-sided")
        bonferroni.append(rejected(family.discrete_bonferroni(), 0.05).any())
        hsu.append(family.doehler_durand_roquain(0.10).any())
        raw.append((family.mid_p() <= 0.05).any())
    return [
        effort.rate("discrete Bonferroni at 0.05, m = 12", float(np.mean(bonferroni)), 0.05, full),
        effort.rate("Doehler-Durand-Roquain at 0.10, m = 12", float(np.mean(hsu)), 0.10, full),
        effort.above("mid-p without correction, m = 12", float(np.mean(raw)), 0.15, full),
    ]


def westfall_young(effort: Effort) -> list[Figure]:
    figures = []
    full = effort.repetitions(4000)
    group = np.repeat([0.0, 1.0], 15)
    for number, model in enumerate(NORMAL_MODELS[:3]):
        generator = stream(400 + number)
        hits = naive = 0
        for i in range(full):
            x = np.ascontiguousarray(normal_scores(model, 30, 20, generator).T)
            answer = max_t(x, group, seed=i, permutations=199)
            hits += bool(rejected(answer.ln_adjusted, 0.05).any())
            naive += bool(rejected(answer.ln_p, 0.05).any())
        value = hits / full
        figures.append(effort.rate(f"max-T at 0.05, {model}, m = 20", value, 0.05, full))
        if number == 2:
            floor = effort.at_least(0.03, full) if effort.exact else 0.03
            figures.append(effort.above(f"max-T is not too cautious, {model}", value, floor, full, control=False))
        if number == 0:
            figures.append(effort.above("permutation p without adjustment, N1, m = 20", naive / full, 0.4, full))
    return figures


def basket_bounds(effort: Effort) -> list[Figure]:
    """Violations by any top-k, by the set of all nulls, and by ten random sets of each repetition."""
    figures = []
    full = effort.repetitions(2000)
    m = 200
    for number, model in enumerate(NORMAL_MODELS[:3]):
        for share in (1.0, 0.9):
            generator = stream(500 + 10 * number + round(10 * share))
            true = np.arange(m) >= round(m * share)
            violated = robustly = naive = 0
            for row in two_sided(normal_scores(model, full, m, generator, nulls=share)):
                order = np.argsort(row)
                held = np.cumsum(true[order])
                sets = [
                    np.flatnonzero(~true),
                    *(generator.permutation(m)[: generator.integers(1, m)] for _ in range(10)),
                ]
                base = AllResolutions(row, m, 0.10)
                wrong = bool((base.curve(order) > held).any())
                wrong |= any(base.bound(chosen) > true[chosen].sum() for chosen in sets)
                violated += wrong
                robustly += bool((AllResolutions(row, m, 0.10, robust=True).curve(order) > held).any())
                naive += int(np.count_nonzero(rejected(row[~true], 0.10))) > 0
            label = f"{model}, {share:.0%} null"
            figures.append(effort.rate(f"bound violated, {label}", violated / full, 0.10, full))
            figures.append(effort.rate(f"robust bound violated, {label}", robustly / full, 0.10, full))
            if number == 0 and share == 1.0:
                figures.append(effort.above("counting p <= 0.10 in the set, N1", naive / full, 0.5, full))
    return figures


ROWS = [
    Row(name="familywise error", claim="Bonferroni, Holm, Hommel at 0.05", measure=familywise, quick_share=0.2),
    Row(name="false discovery rate", claim="BH and BY at 0.10", measure=false_discovery, quick_share=0.15),
    Row(
        name="rules, whole universe",
        claim="BH, BY, Holm, Tarone at 0.05 with m = all rules",
        measure=rules_over_the_whole_universe,
        quick_share=0.25,
    ),
    Row(
        name="discrete tables",
        claim="discrete Bonferroni at 0.05, HSU at 0.10",
        measure=discrete_family,
        quick_share=0.5,
    ),
    Row(name="Westfall-Young", claim="max-T at 0.05", measure=westfall_young, quick_share=0.25),
    Row(name="basket bounds", claim="all-resolutions bounds at 0.10", measure=basket_bounds, quick_share=0.25),
]
