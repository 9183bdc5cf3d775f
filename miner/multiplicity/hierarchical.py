"""Outcomes first, then rules: two-level selection that keeps the average false discovery rate of the chosen families.

>>> import numpy as np
>>> answer = benjamini_bogomolov({"death": np.log([0.001, 0.3]), "stroke": np.log([0.4, 0.9])}, alpha=0.05)
>>> answer.selected, answer.rejected["death"].tolist()
({'death': True, 'stroke': False}, [True, False])
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.errors import FamilyTooSmall
from miner.multiplicity.corrections import Adjusted, BoolArray, Correction, adjust
from miner.multiplicity.global_tests import simes
from miner.multiplicity.logarithms import checked_level, checked_ln_p


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoLevels:
    """Result of a two-level selection.

    Parameters
    ----------
    family_ln_p : Simes' p of each family, as logarithm
    selected : whether BH at ``alpha`` over the families selects it
    within_alpha : level inside the selected families, alpha R / F; 0 when none is selected
    within : BH inside each family
    rejected : decisions; all false in a family that is not selected
    """

    alpha: float
    family_ln_p: dict[str, float]
    selected: dict[str, bool]
    within_alpha: float
    within: dict[str, Adjusted]
    rejected: dict[str, BoolArray]


def benjamini_bogomolov(
    families: Mapping[str, npt.ArrayLike], *, alpha: float, sizes: Mapping[str, int] | None = None
) -> TwoLevels:
    """Select families by BH on their Simes p, then test inside the selected ones by BH at alpha R / F.

    Keeps the expected average false discovery rate over the selected families at ``alpha``, under positive dependence.
    Benjamini and Bogomolov 2014, doi:10.1111/rssb.12028.

    Parameters
    ----------
    families : ``ln p`` of the members by family; NaN (not computed) counts as p = 1
    alpha : level
    sizes : declared sizes, where larger than the number of members

    Raises
    ------
    NotAProbability, LevelOutsideUnit, FamilyTooSmall
    """
    checked_level(alpha)
    declared = sizes or {}
    names = list(families)
    members = {name: checked_ln_p(families[name]) for name in names}
    size = {name: declared.get(name, members[name].size) for name in names}
    for name in names:
        if size[name] < members[name].size:
            raise FamilyTooSmall(m=size[name], members=members[name].size)
    family_ln_p = {name: simes(np.nan_to_num(members[name], nan=0.0), size[name]) for name in names}
    chosen = adjust([family_ln_p[name] for name in names], Correction.BENJAMINI_HOCHBERG).rejected(alpha)
    selected = {name: bool(flag) for name, flag in zip(names, chosen)}
    within_alpha = alpha * sum(selected.values()) / len(names) if names else 0.0
    within = {name: adjust(members[name], Correction.BENJAMINI_HOCHBERG, m=size[name]) for name in names}
    rejected = {
        name: within[name].rejected(within_alpha) if selected[name] else np.zeros(members[name].size, dtype=np.bool_)
        for name in names
    }
    return TwoLevels(
        alpha=alpha,
        family_ln_p=family_ln_p,
        selected=selected,
        within_alpha=within_alpha,
        within=within,
        rejected=rejected,
    )
