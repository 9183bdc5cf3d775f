"""Rules antecedent -> outcome: every one of the declared universe is counted, or counted as not computed with a reason.

The universe is the set of all antecedents of 1 to ``max_length`` items of different variables, for each outcome item,
without the variable of the outcome itself. The support of the antecedent is the only filter: given the margins the
null distribution is fixed, so leaving out rare antecedents does no harm, whereas a filter on what antecedent and
outcome have in common would (doi:10.1007/s10994-007-5006-x).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import numpy.typing as npt

from miner.engines import local
from miner.errors import BadLength, BadStrata, BadSupport, NoItems
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item
from miner.patterns.itemsets import Counted, barred_pairs, count_itemsets, row_sums, universe_size
from miner.tables.model import Dataset

LENGTH_LIMIT = 5

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleBlock:
    """Counted rules of one outcome.

    ``antecedents`` (m, L) holds item numbers, padded with -1 at the end; ``outcome`` is the number of the outcome item.
    a, b, c, d (m,): exposed cases, exposed non-cases, unexposed cases, unexposed non-cases, among the ``n_known``
    persons for whom the outcome and every item of the antecedent are known. ``strata`` (m, K, 2, 2) holds
    [[a, b], [c, d]] for each stratum, or is None; persons of unknown stratum are in a..d only.
    """

    antecedents: npt.NDArray[np.int32]
    outcome: int
    a: Ints
    b: Ints
    c: Ints
    d: Ints
    n_known: Ints
    strata: Ints | None = None

    def __len__(self) -> int:
        return len(self.a)


@dataclass(slots=True, kw_only=True)
class Account:
    """What became of the universe: ``universe`` = ``tested`` + the sum of ``uncomputed``, by reason, at every end.

    ``stopped_at`` is the number of tests after which a cap or the person ended the run, else None.
    """

    universe: int
    tested: int = 0
    uncomputed: dict[str, int] = field(default_factory=dict)
    stopped_at: int | None = None


class RuleMining:
    """The running or finished search: iterate over it once for the blocks, then read ``account``."""

    def __init__(self, blocks: Iterator[RuleBlock], account: Account) -> None:
        self._blocks = blocks
        self.account = account

    def __iter__(self) -> Iterator[RuleBlock]:
        return self._blocks


def mine_rules(
    dataset: Dataset,
    *,
    antecedent_items: Sequence[Item],
    outcome_items: Sequence[Item],
    max_length: int = 2,
    minimum_count: int = 1,
    minimum_share: float = 0.0,
    strata: npt.NDArray[np.integer] | None = None,
    determined: Collection[tuple[Item, Item]] = (),
    maximum_rules: int | None = None,
    maximum_mebibytes: int | None = None,
    threads: int = 2,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RuleMining:
    """Count every rule of the universe whose antecedent has enough persons.

    Parameters
    ----------
    dataset : persons; an item that is unknown for a person takes that person out of the rules with the item
    antecedent_items, outcome_items : declared items; a rule never holds two items of one variable
    max_length : longest antecedent
    minimum_count, minimum_share : persons (and share of all persons) of known outcome who have the antecedent
    strata : (n,) stratum number of each person, -1 unknown, for the cells by stratum
    determined : pairs of items of which one implies the other (``structure.find_structure``, or an item and its
        ancestor); sets that hold both repeat a shorter rule and are counted as not computed
    maximum_rules, maximum_mebibytes : the search stops cleanly once so many rules, or so much of them, were given out
    threads : worker threads; the result does not depend on it
    progress : called with (hypotheses settled so far, universe)
    cancelled : asked between the parts of the work; true ends the search cleanly

    Returns
    -------
    RuleMining : blocks by outcome, by length, then in the order of the items, and the account of the universe

    Raises
    ------
    NoItems, BadLength, BadSupport, BadStrata
    """
    if not antecedent_items:
        raise NoItems(side="antecedent")
    if not outcome_items:
        raise NoItems(side="outcome")
    if not 1 <= max_length <= LENGTH_LIMIT:
        raise BadLength(length=max_length, limit=LENGTH_LIMIT)
    if minimum_count < 1 or not 0 <= minimum_share < 1:
        raise BadSupport(count=minimum_count, share=minimum_share)
    order = grouped_order(antecedent_items)
    search = _Search(
        antecedents=EncodedItems(dataset, [antecedent_items[i] for i in order]),
        order=order,
        outcomes=EncodedItems(dataset, outcome_items),
        max_length=max_length,
        minimum=max(minimum_count, ceil(minimum_share * dataset.n - 1e-9)),
        strata=checked_strata(strata, dataset.n),
        barred=barred_pairs([antecedent_items[i] for i in order], determined),
        maximum_rules=maximum_rules,
        maximum_bytes=None if maximum_mebibytes is None else maximum_mebibytes << 20,
        threads=threads,
        progress=progress,
        cancelled=cancelled,
    )
    account = Account(universe=sum(search.universe(y) for y in range(len(outcome_items))))
    return RuleMining(search.run(account), account)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    antecedents: EncodedItems
    order: list[int]
    outcomes: EncodedItems
    max_length: int
    minimum: int
    strata: Ints | None
    barred: Ints
    maximum_rules: int | None
    maximum_bytes: int | None
    threads: int
    progress: Callable[[int, int], None] | None
    cancelled: Callable[[], bool] | None

    @property
    def n_strata(self) -> int:
        return 0 if self.strata is None else int(self.strata.max(initial=-1)) + 1

    def usable(self, outcome: int) -> Ints:
        """The antecedent items that are not of the variable of the outcome."""
        name = self.outcomes.items[outcome].variable
        return np.flatnonzero([item.variable != name for item in self.antecedents.items]).astype(np.int64)

    def universe(self, outcome: int) -> int:
        return universe_size(self.antecedents.group[self.usable(outcome)], self.max_length)

    def run(self, account: Account) -> Iterator[RuleBlock]:
        given, settled = 0, 0
        for outcome in range(len(self.outcomes.items)):
            universe = self.universe(outcome)
            before = account.tested
            if account.stopped_at is not None:
                _leave(account, "stopped", universe)
                continue
            reason, layout = self.lay_out(outcome)
            if layout is None:
                _leave(account, reason, universe)
                settled += universe
                continue
            for block, done in self.outcome_blocks(outcome, layout):
                if self.stops(account, given):
                    account.stopped_at = account.tested
                    break
                if len(block):
                    account.tested += len(block)
                    given += _bytes(block)
                    yield block
                if self.progress is not None:
                    self.progress(settled + done, account.universe)
            settled += universe
            left = "below_support_or_determined" if len(self.barred) else "below_support"
            left = left if account.stopped_at is None else f"stopped_or_{left}"
            _leave(account, left, universe - (account.tested - before))

    def stops(self, account: Account, given: int) -> bool:
        if self.cancelled is not None and self.cancelled():
            return True
        if self.maximum_rules is not None and account.tested >= self.maximum_rules:
            return True
        return self.maximum_bytes is not None and given >= self.maximum_bytes

    def lay_out(self, outcome: int) -> tuple[str, local.Layout | None]:
        """Sort the persons of known outcome by stratum and outcome; or say why the outcome cannot be tested."""
        state = self.outcomes.states(outcome)
        known = state >= 0
        if not known.any():
            return "outcome_unknown", None
        if not ((state == 0).any() and (state == 1).any()):
            return "outcome_constant", None
        stratum = np.zeros(len(state), dtype=np.int64) if self.strata is None else self.strata
        # Persons of unknown stratum count in the crude cells: they come last, in a stratum of their own.
        stratum = np.where(stratum < 0, self.n_strata, stratum)
        segment = np.where(known, 2 * stratum + (state == 0), -1)
        return "", local.arrange(segment, 2 * (int(stratum.max()) + 1))

    def outcome_blocks(self, outcome: int, layout: local.Layout) -> Iterator[tuple[RuleBlock, int]]:
        usable = self.usable(outcome)
        if not len(usable):
            return
        table = self.antecedents.pack(layout)
        for part, done in count_itemsets(
            table,
            usable,
            max_length=self.max_length,
            minimum=self.minimum,
            barred=self.barred,
            threads=self.threads,
        ):
            yield as_rules(part, self.order, outcome, self.n_strata), done


def as_rules(part: Counted, order: Sequence[int], outcome: int, n_strata: int) -> RuleBlock:
    """Rules from counted itemsets whose segments are 2 * stratum (cases) and 2 * stratum + 1 (non-cases).

    ``order`` gives the number of each item of the table; strata from ``n_strata`` on hold persons of unknown stratum.
    """
    a, b = row_sums(part.cells[:, 0::2]), row_sums(part.cells[:, 1::2])
    cases, others = row_sums(part.known[:, 0::2]), row_sums(part.known[:, 1::2])
    strata = None
    if n_strata:
        shape = (len(a), part.cells.shape[1] // 2, 2)
        top = part.cells.astype(np.int64).reshape(shape)[:, :n_strata]
        strata = np.stack([top, part.known.reshape(shape)[:, :n_strata] - top], axis=2)
    return RuleBlock(
        antecedents=np.array([*order, -1], dtype=np.int32)[part.itemsets],
        outcome=outcome,
        a=a,
        b=b,
        c=cases - a,
        d=others - b,
        n_known=cases + others,
        strata=strata,
    )


def grouped_order(items: Sequence[Item]) -> list[int]:
    """Item numbers with the items of each variable side by side, variables in the order first seen."""
    first: dict[str, int] = {}
    for item in items:
        first.setdefault(item.variable, len(first))
    return sorted(range(len(items)), key=lambda i: first[items[i].variable])


def checked_strata(strata: npt.NDArray[np.integer] | None, n: int) -> Ints | None:
    """Strata as whole numbers, one a person, -1 where unknown; or the reason why they are not."""
    if strata is None:
        return None
    if strata.shape != (n,):
        raise BadStrata(detail=f"{strata.shape} values for {n} persons")
    if strata.dtype.kind not in "iu" or strata.min(initial=0) < -1:
        raise BadStrata(detail="whole numbers from 0, or -1 for unknown, are needed")
    if strata.max(initial=-1) < 0:
        raise BadStrata(detail="no person has a known stratum")
    return strata.astype(np.int64)


def _leave(account: Account, reason: str, number: int) -> None:
    if number:
        account.uncomputed[reason] = account.uncomputed.get(reason, 0) + number


def _bytes(block: RuleBlock) -> int:
    return sum(array.nbytes for array in (block.antecedents, block.a, block.b, block.c, block.d, block.n_known)) + (
        0 if block.strata is None else block.strata.nbytes
    )
