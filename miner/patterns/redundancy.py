"""Rules that repeat a shorter one: redundant, unproductive, and what each of them adds beyond its generalisations.

A generalisation leaves out some items of the antecedent. All of them are counted among the same persons, those for whom
every item of the rule and the outcome are known, so that unknown values cannot make a difference.

References
----------
Webb GI. Discovering significant patterns. Mach Learn 2007;68:1-33. doi:10.1007/s10994-007-5006-x (productive rules).
Bayardo RJ, Agrawal R, Gunopulos D. Data Min Knowl Discov 2000;4:217-240 (improvement).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.engines import local
from miner.patterns.item_table import EncodedItems
from miner.patterns.items import Item
from miner.statistics.fisher import log_fisher
from miner.tables.model import Dataset

_CHUNK = 8_192

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Generalised:
    """How each rule compares with its generalisations; arrays of shape (m,) unless said otherwise.

    ``ln_productive_p`` is the greatest p over the items of the antecedent: one-sided Fisher of having the item, among
    those who have the others (for a single item: among all). ``improvement`` is the confidence less the greatest
    confidence of any generalisation, the empty one included. ``productive``: the greatest p is at most alpha;
    ``redundant``: the improvement is not positive. ``repeats`` (m, L) is the antecedent of the rule under which an
    unproductive or redundant rule is folded, padded with -1 (all -1: the outcome alone), and ``folded`` tells which
    rules are.
    """

    ln_productive_p: Floats
    improvement: Floats
    productive: Bools
    redundant: Bools
    repeats: npt.NDArray[np.int32]

    @property
    def folded(self) -> Bools:
        return ~self.productive | self.redundant


def compare_with_generalisations(
    dataset: Dataset,
    *,
    antecedent_items: Sequence[Item],
    outcome: Item,
    antecedents: npt.NDArray[np.int32],
    alpha: float = 0.05,
) -> Generalised:
    """Compare rules of one outcome with all their generalisations.

    Parameters
    ----------
    antecedents : (m, L) numbers of ``antecedent_items``, padded with -1 at the end
    alpha : level of the productive test; being an intersection-union test it needs no further correction
    """
    state = EncodedItems(dataset, [outcome]).states(0)
    layout = local.arrange(np.where(state < 0, -1, 1 - state), 2)
    table = EncodedItems(dataset, antecedent_items).pack(layout)
    rows, masks = table.rows(), table.mask_rows()
    parts = [
        _compare(local.subset_counts(rows, masks, table.mask, part, layout.starts), part, alpha)
        for part in (antecedents[i : i + _CHUNK] for i in range(0, max(1, len(antecedents)), _CHUNK))
    ]
    return Generalised(
        ln_productive_p=np.concatenate([part.ln_productive_p for part in parts]),
        improvement=np.concatenate([part.improvement for part in parts]),
        productive=np.concatenate([part.productive for part in parts]),
        redundant=np.concatenate([part.redundant for part in parts]),
        repeats=np.concatenate([part.repeats for part in parts]),
    )


def _compare(counts: npt.NDArray[np.int64], antecedents: npt.NDArray[np.int32], alpha: float) -> Generalised:
    m, length = antecedents.shape
    used = antecedents >= 0
    full = (1 << length) - 1
    cases, others = counts[:, :, 0], counts[:, :, 1]
    ln_p = np.full((m, length), -np.inf)
    for j in range(length):
        a, b = cases[:, full], others[:, full]
        more_a, more_b = cases[:, full & ~(1 << j)], others[:, full & ~(1 << j)]
        ln_p[:, j] = np.where(used[:, j], log_fisher(a, b, more_a - a, more_b - b, side="greater"), -np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        confidence = cases / (cases + others)
    # A subset that leaves out only padding is the rule itself, not a generalisation of it.
    bits = (used << np.arange(length)).sum(axis=1)
    subsets = np.arange(full + 1)
    proper = (subsets[None, :] & bits[:, None]) != bits[:, None]
    best = np.where(proper, confidence, -np.inf).max(axis=1)
    improvement = confidence[:, full] - best
    ln_productive_p = ln_p.max(axis=1)
    productive = ln_productive_p <= np.log(alpha) + 1e-12
    redundant = improvement <= 1e-12
    # An unproductive rule is folded under the generalisation that it adds least to, a redundant one under the best.
    weakest = full & ~(1 << ln_p.argmax(axis=1))
    sizes = ((subsets[:, None] >> np.arange(length)) & 1).sum(axis=1)
    as_good = proper & (confidence >= best[:, None] - 1e-12)
    shortest = np.where(as_good, sizes[None, :], length + 1).argmin(axis=1)
    kept = np.where(~productive, weakest, shortest)
    stays = ((kept[:, None] >> np.arange(length)) & 1).astype(np.bool_) & used & (~productive | redundant)[:, None]
    order = np.argsort(~stays, axis=1, kind="stable")
    repeats = np.take_along_axis(np.where(stays, antecedents, -1), order, axis=1).astype(np.int32)
    return Generalised(
        ln_productive_p=ln_productive_p,
        improvement=improvement,
        productive=productive,
        redundant=redundant,
        repeats=repeats,
    )
