"""Mining: the tests of a declared universe on a discovery part, as rows for the ledger. Nothing is shown from here.

Rules are counted by the engine and tested exactly, one-sided, in logarithms; pairs by the kinds of their two sides;
screens by the score test of a regression on the plan's covariates. Beside each crude value of a rule or pair stands the
one adjusted for these covariates; the family's decision rests on the crude one.
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from miner.associations.pairs import mine_pairs
from miner.associations.screens import mine_screen
from miner.engines.local import LANES
from miner.multiplicity.families import Mode
from miner.patterns.redundancy import compare_with_generalisations
from miner.patterns.rules import RuleBlock, mine_rules
from miner.plan import Plan
from miner.statistics.fisher import log_fisher
from miner.statistics.intervals import risk_ratio
from miner.statistics.stratified import mantel_haenszel
from miner.tables.model import Dataset
from miner.universe import RULE_TEST, RunUniverse, Strata, stratify

Rows = list[dict[str, object]]
Progress = Callable[[int, int], None]

# Rough rates of one core of a small machine, for the estimate before a run; the run itself is never cut short by them.
RULES_PER_SECOND = 60_000.0
PAIRS_PER_SECOND = 1_500.0
SCREENS_PER_SECOND = 100.0
START_SECONDS = 1.0
BYTES_PER_ROW = 1_400.0
START_MEBIBYTES = 260.0
BLOCK_ROWS = 5_000

# Tests of a screen whose regression is fitted again in full: those with p at most 0.05, and in a large screen those
# among which a hundred are expected where nothing is associated.
REFIT_P = 0.05
REFITS_BY_CHANCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a run will do, said before it does anything."""

    tests: dict[str, int]
    m: int
    seconds: float
    mebibytes: float
    items: int
    set_apart: tuple[tuple[str, str], ...]


def preflight(universe: RunUniverse, discovery: Dataset) -> Preflight:
    """Number of tests, seconds and MiB of a run, from its universe and the size of the discovery part."""
    sizes = universe.sizes()
    words = math.ceil(discovery.n / 64) + LANES
    rules, pairs = sizes.get(Mode.RULE.value, 0), sizes.get(Mode.PAIR.value, 0)
    scale = max(1.0, discovery.n / 10_000)
    seconds = START_SECONDS + rules / RULES_PER_SECOND * max(1.0, words / 500) + pairs / PAIRS_PER_SECOND * scale
    seconds += sizes.get(Mode.SCREEN.value, 0) / SCREENS_PER_SECOND * scale
    items = len(universe.antecedents.items)
    return Preflight(
        tests=sizes,
        m=universe.size,
        seconds=seconds,
        mebibytes=START_MEBIBYTES + (universe.size * BYTES_PER_ROW + items * words * 8 * 3) / 2**20,
        items=items,
        set_apart=tuple((apart.name, apart.reason) for apart in universe.antecedents.set_apart),
    )


@dataclass(slots=True, kw_only=True)
class Computation:
    """A run under way: iterate for the rows, part by part; then ``uncomputed`` and ``stopped`` say what is left."""

    plan: Plan
    universe: RunUniverse
    discovery: Dataset
    progress: Progress
    cancelled: Callable[[], bool]
    uncomputed: dict[str, int] = field(default_factory=dict)
    stopped: bool = False
    tests_run: int = 0

    def __iter__(self) -> Iterator[Rows]:
        """Lists of rows in the order of the family; each list is one block of the ledger.

        Small parts are gathered: a block costs a commit to disk, and what a stop may lose is at most one block, whose
        hypotheses then stand as not computed.
        """
        gathered: Rows = []
        for part in self._parts():
            gathered.extend(part)
            if len(gathered) >= BLOCK_ROWS:
                yield gathered
                gathered = []
        if gathered:
            yield gathered

    def _parts(self) -> Iterator[Rows]:
        sizes = self.universe.sizes()
        before = 0
        for mode, part in (
            (Mode.RULE, self._rules),
            (Mode.PAIR, self._pairs),
            (Mode.SCREEN, self._screens),
        ):
            size = sizes.get(mode.value, 0)
            if size:
                yield from part(before, size)
            before += size

    def _rules(self, before: int, size: int) -> Iterator[Rows]:
        plan, universe = self.plan, self.universe
        strata = stratify(self.discovery, plan.adjust_for)
        mining = mine_rules(
            self.discovery,
            antecedent_items=universe.antecedents.items,
            outcome_items=universe.outcomes.items,
            max_length=plan.rules.max_length,
            minimum_count=plan.rules.minimum_count,
            minimum_share=plan.rules.minimum_share,
            strata=None if strata is None else strata.number,
            progress=lambda done, total: self.progress(before + done, universe.size),
            cancelled=self.cancelled,
        )
        for block in mining:
            rows = self._rule_rows(block, strata)
            self.tests_run += len(rows)
            yield rows
        self.stopped = mining.account.stopped_at is not None
        for reason, count in mining.account.uncomputed.items():
            self._leave(reason, count)
        self._check(size, mining.account.universe)

    def _check(self, declared: int, counted: int) -> None:
        # Two independent counts of one grammar: if they differ, m would be wrong, and nothing may be claimed.
        if declared != counted:
            raise AssertionError(f"the universe was declared with {declared} rules and the engine counts {counted}")

    def _leave(self, reason: str, count: int) -> None:
        self.uncomputed[reason] = self.uncomputed.get(reason, 0) + count

    def _pairs(self, before: int, size: int) -> Iterator[Rows]:
        assert self.universe.pairs is not None  # noqa: S101  (the part stands in the universe only with its pairs)
        yield from self._rows_of(
            mine_pairs(
                self.discovery,
                self.universe.pairs,
                adjust_for=self.plan.adjust_for,
                seed=self.plan.run.seed,
                progress=lambda part, total: self.progress(before + part, self.universe.size),
                cancelled=self.cancelled,
            ),
            size,
        )

    def _screens(self, before: int, size: int) -> Iterator[Rows]:
        assert self.universe.screen is not None  # noqa: S101  (the part stands in the universe only with its screen)
        limit = min(REFIT_P, REFITS_BY_CHANCE / size)
        yield from self._rows_of(
            mine_screen(
                self.discovery,
                replace(self.universe.screen, refit_below=math.log(limit)),
                progress=lambda part, total: self.progress(before + part, self.universe.size),
                cancelled=self.cancelled,
            ),
            size,
        )

    def _rows_of(self, tests: Iterator[dict[str, object]], size: int) -> Iterator[Rows]:
        """Rows of a part that come one by one, numbered on from the rows before."""
        if self.stopped or self.cancelled():
            self.stopped = True
            self._leave("stopped", size)
            return
        rows: Rows = [{**row, "i": self.tests_run + k} for k, row in enumerate(tests)]
        self.tests_run += len(rows)
        if rows:
            yield rows
        if len(rows) < size:
            self.stopped = True
            self._leave("stopped", size - len(rows))

    def _rule_rows(self, block: RuleBlock, strata: Strata | None) -> Rows:
        antecedents, outcome = self.universe.antecedents.items, self.universe.outcomes.items[block.outcome]
        a, b, c, d = block.a, block.b, block.c, block.d
        ln_p = log_fisher(a, b, c, d, side="greater")
        exposed, cases, n = a + b, a + c, block.n_known
        # The least attainable p has as many exposed cases as the margins allow.
        most = np.minimum(exposed, cases)
        ln_p_min = log_fisher(most, exposed - most, cases - most, n - exposed - cases + most, side="greater")
        # Risk difference and odds ratio follow from the counts; they are computed where a finding is read.
        ratio = risk_ratio(a, b, c, d)
        adjusted_for, adjusted = _adjusted(block, antecedents, outcome.variable, strata)
        beside = compare_with_generalisations(
            self.discovery, antecedent_items=antecedents, outcome=outcome, antecedents=block.antecedents
        )
        folded = beside.folded
        degenerate = (exposed == 0) | (exposed == n) | (cases == 0) | (cases == n)
        rows: Rows = []
        words = [item.text for item in antecedents]
        identities = RuleIdentities(words, outcome.text)
        chosen = [[i for i in row if i >= 0] for row in block.antecedents.tolist()]
        repeated = [[words[i] for i in row if i >= 0] for row in beside.repeats.tolist()]
        for k in range(len(a)):
            rows.append(
                {
                    "i": self.tests_run + k,
                    "id": identities.of(chosen[k]),
                    "mode": "rule",
                    "x": [words[i] for i in chosen[k]],
                    "y": outcome.text,
                    "test": RULE_TEST,
                    "status": "degenerate" if degenerate[k] else "ok",
                    "reason": "the antecedent or the outcome does not vary among the known" if degenerate[k] else "",
                    "n": int(n[k]),
                    "n_unknown": self.discovery.n - int(n[k]),
                    "counts": [int(a[k]), int(b[k]), int(c[k]), int(d[k])],
                    "statistic": float(a[k]),
                    "df": None,
                    "ln_p": None if degenerate[k] else float(ln_p[k]),
                    "ln_p_min": None if degenerate[k] else float(ln_p_min[k]),
                    "effect": "risk_ratio",
                    "estimate": _plain(ratio.estimate[k]),
                    "low": _plain(ratio.low[k]),
                    "high": _plain(ratio.high[k]),
                    "effects": {},
                    "summary": {},
                    "improvement": _plain(beside.improvement[k]),
                    "repeats": repeated[k] if folded[k] else None,
                    "adjusted_for": adjusted_for[k],
                    "adjusted": adjusted[k],
                }
            )
        return rows


class RuleIdentities:
    """The identities of many rules of one outcome: those of ``hypothesis_id``, with each text encoded once."""

    def __init__(self, items: Sequence[str], outcome: str) -> None:
        order = sorted(range(len(items)), key=items.__getitem__)
        self._rank = {number: rank for rank, number in enumerate(order)}
        self._encoded = [_encoded(text) for text in items]
        self._tail = f'],"y":{_encoded(outcome)}}}'

    def of(self, numbers: Sequence[int]) -> str:
        """The identity of the rule with these antecedent items."""
        sides = ",".join(self._encoded[number] for number in sorted(numbers, key=self._rank.__getitem__))
        text = f'{{"given":[],"mode":"rule","modifier":"","x":[{sides}{self._tail}'
        return hashlib.sha256(text.encode()).hexdigest()


def _encoded(text: str) -> str:
    return json.dumps(unicodedata.normalize("NFC", text), ensure_ascii=False)


def _plain(value: float) -> float | None:
    number = float(value)
    return None if math.isnan(number) else number


def _adjusted(
    block: RuleBlock, antecedents: tuple[object, ...], outcome: str, strata: Strata | None
) -> tuple[list[list[str]], list[dict[str, object] | None]]:
    """The Mantel-Haenszel risk ratio of each rule over the strata of the covariates that the rule does not use."""
    m = len(block)
    names: list[list[str]] = [[] for _ in range(m)]
    values: list[dict[str, object] | None] = [None] * m
    if strata is None or block.strata is None:
        return names, values
    cells = block.strata.reshape(m, *strata.shape, 2, 2)
    variable = np.array([*(item.variable for item in antecedents), ""])  # type: ignore[attr-defined]
    used = variable[block.antecedents]
    own = np.stack([(used == name).any(axis=1) | (name == outcome) for name in strata.names], axis=1)
    for pattern in np.unique(own, axis=0):
        if pattern.all():
            continue
        members = np.flatnonzero((own == pattern).all(axis=1))
        summed = cells[members].sum(axis=tuple(1 + k for k in np.flatnonzero(pattern)))
        found = mantel_haenszel(summed.reshape(len(members), -1, 2, 2))
        kept = [name for name, held in zip(strata.names, pattern) if not held]
        for place, k in enumerate(members.tolist()):
            estimate = _plain(found.risk_ratio[place])
            names[k] = kept
            values[k] = {
                "effect": "risk_ratio_mantel_haenszel",
                "estimate": estimate,
                "low": _plain(found.rr_low[place]),
                "high": _plain(found.rr_high[place]),
                "ln_p": _plain(found.ln_p[place]),
                "homogeneity_ln_p": _plain(found.breslow_day_tarone_ln_p[place]),
                "reversed": bool(found.reversed[place]),
            }
    return names, values


def crude_strength(ln_p: npt.NDArray[np.float64], adjusted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What findings are sorted by: the adjusted ln p where there is one, else the crude one."""
    return np.where(np.isnan(adjusted), ln_p, adjusted)
