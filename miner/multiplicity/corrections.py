"""One door to every correction, and the one rule that decides.

``adjust`` sorts, calls the procedure, puts the answers back in place and keeps what is needed to repeat it;
``rejected`` is the only comparison with a level in the whole project.

>>> import numpy as np
>>> answer = adjust(np.log([0.01, 0.04, 0.03]), "holm", m=5)
>>> np.exp(answer.ln_adjusted).round(4).tolist()
[0.05, 0.12, 0.12]
>>> answer.rejected(0.05).tolist()
[True, False, False]
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from miner.errors import AnotherLevel, FamilyTooSmall, UnknownCorrection
from miner.multiplicity import false_discovery, familywise, selection
from miner.multiplicity.logarithms import TOLERANCE, FloatArray, checked_level, checked_ln_p

BoolArray = npt.NDArray[np.bool_]


class Correction(StrEnum):
    """Corrections of one family of p-values."""

    BONFERRONI = "bonferroni"
    SIDAK = "sidak"
    HOLM = "holm"
    HOLM_SIDAK = "holm_sidak"
    HOCHBERG = "hochberg"
    HOMMEL = "hommel"
    HOMMEL_ROBUST = "hommel_robust"
    BENJAMINI_HOCHBERG = "bh"
    BENJAMINI_YEKUTIELI = "by"
    TWO_STAGE = "bky"
    TWO_STAGE_BH = "tsbh"
    STOREY = "storey"
    STOREY_BOOTSTRAP = "storey_bootstrap"


class Guarantee(StrEnum):
    """What a correction keeps below the level."""

    FAMILYWISE = "fwer"
    FALSE_DISCOVERY = "fdr"


class Dependence(StrEnum):
    """What must hold between the tests for the guarantee to hold."""

    ANY = "any"
    POSITIVE = "positive"
    INDEPENDENT = "independent"


class NaRule(StrEnum):
    """Whether a member without a p-value counts in m ("count", the default) or not ("drop", as in R)."""

    COUNT = "count"
    DROP = "drop"


PROPERTIES: dict[Correction, tuple[Guarantee, Dependence]] = {
    Correction.BONFERRONI: (Guarantee.FAMILYWISE, Dependence.ANY),
    Correction.SIDAK: (Guarantee.FAMILYWISE, Dependence.INDEPENDENT),
    Correction.HOLM: (Guarantee.FAMILYWISE, Dependence.ANY),
    Correction.HOLM_SIDAK: (Guarantee.FAMILYWISE, Dependence.INDEPENDENT),
    Correction.HOCHBERG: (Guarantee.FAMILYWISE, Dependence.POSITIVE),
    Correction.HOMMEL: (Guarantee.FAMILYWISE, Dependence.POSITIVE),
    Correction.HOMMEL_ROBUST: (Guarantee.FAMILYWISE, Dependence.ANY),
    Correction.BENJAMINI_HOCHBERG: (Guarantee.FALSE_DISCOVERY, Dependence.POSITIVE),
    Correction.BENJAMINI_YEKUTIELI: (Guarantee.FALSE_DISCOVERY, Dependence.ANY),
    Correction.TWO_STAGE: (Guarantee.FALSE_DISCOVERY, Dependence.INDEPENDENT),
    Correction.TWO_STAGE_BH: (Guarantee.FALSE_DISCOVERY, Dependence.INDEPENDENT),
    Correction.STOREY: (Guarantee.FALSE_DISCOVERY, Dependence.INDEPENDENT),
    Correction.STOREY_BOOTSTRAP: (Guarantee.FALSE_DISCOVERY, Dependence.INDEPENDENT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """Adjusted p-values of one family, with all that is needed to compute them again.

    ``ln_adjusted`` stands in the order of the input, NaN where there was no p. ``alpha`` is set for the corrections
    whose values belong to one level; ``null_share`` for those that estimate it (``floored``: no p was large enough to
    estimate it and 1/m was used).
    """

    ln_adjusted: FloatArray
    method: Correction
    m: int
    na_rule: NaRule
    alpha: float | None = None
    null_share: float | None = None
    floored: bool = False

    @property
    def guarantee(self) -> Guarantee:
        """What is kept below the level."""
        return PROPERTIES[self.method][0]

    @property
    def dependence(self) -> Dependence:
        """Under which dependence between the tests."""
        return PROPERTIES[self.method][1]

    def rejected(self, alpha: float) -> BoolArray:
        """Decisions at ``alpha``; an answer that belongs to one level refuses another."""
        if self.alpha is not None and alpha != self.alpha:
            raise AnotherLevel(adjusted=self.alpha, alpha=alpha)
        return rejected(self.ln_adjusted, alpha)


def rejected(ln_adjusted: npt.ArrayLike, alpha: float) -> BoolArray:
    """True where ln(adjusted p) <= ln(alpha) + 1e-12; NaN is never rejected. The one decision rule."""
    values = np.asarray(ln_adjusted, dtype=np.float64)
    return np.asarray(values <= math.log(checked_level(alpha)) + TOLERANCE, dtype=np.bool_)


def adjust(
    ln_p: npt.ArrayLike,
    method: Correction | str,
    *,
    m: int | None = None,
    na_rule: NaRule | str = NaRule.COUNT,
    alpha: float | None = None,
) -> Adjusted:
    """Adjust the p-values of one family.

    Parameters
    ----------
    ln_p : natural logarithms of p, NaN for a member that could not be computed
    method : a ``Correction`` or its name
    m : size of the declared universe; members without a p count as p = 1. Default: the number of members
    na_rule : whether NaN members count in the default ``m``
    alpha : the level, for ``bky`` and ``tsbh`` only, whose values depend on it

    Raises
    ------
    NotAProbability, FamilyTooSmall, UnknownCorrection, LevelOutsideUnit
    """
    try:
        correction = Correction(method)
    except ValueError:
        raise UnknownCorrection(name=method, known=", ".join(Correction)) from None
    rule = NaRule(na_rule)
    values = checked_ln_p(ln_p)
    valid = np.flatnonzero(~np.isnan(values))
    members = values.size if rule is NaRule.COUNT else valid.size
    size = members if m is None else int(m)
    if size < members:
        raise FamilyTooSmall(m=size, members=members)
    level = None
    if correction in (Correction.TWO_STAGE, Correction.TWO_STAGE_BH):
        level = checked_level(math.nan if alpha is None else alpha)

    order = valid[np.argsort(values[valid], kind="stable")]
    sorted_ln_p = values[order]
    answer = np.full(values.size, np.nan)
    share, floored = None, False
    if order.size:
        if correction in (Correction.STOREY, Correction.STOREY_BOOTSTRAP):
            estimate = (
                false_discovery.null_share if correction is Correction.STOREY else false_discovery.null_share_bootstrap
            )
            share, floored = estimate(sorted_ln_p, size)
            answer[order] = false_discovery.storey(sorted_ln_p, size, share)
        elif level is not None:
            answer[order] = _AT_LEVEL[correction](sorted_ln_p, size, level)
        else:
            answer[order] = _PLAIN[correction](sorted_ln_p, size)
    return Adjusted(
        ln_adjusted=answer, method=correction, m=size, na_rule=rule, alpha=level, null_share=share, floored=floored
    )


def _hommel_robust(ln_p: FloatArray, m: int) -> FloatArray:
    return selection.hommel(ln_p, m, robust=True)


_PLAIN = {
    Correction.BONFERRONI: familywise.bonferroni,
    Correction.SIDAK: familywise.sidak,
    Correction.HOLM: familywise.holm,
    Correction.HOLM_SIDAK: familywise.holm_sidak,
    Correction.HOCHBERG: familywise.hochberg,
    Correction.HOMMEL: selection.hommel,
    Correction.HOMMEL_ROBUST: _hommel_robust,
    Correction.BENJAMINI_HOCHBERG: false_discovery.benjamini_hochberg,
    Correction.BENJAMINI_YEKUTIELI: false_discovery.benjamini_yekutieli,
}
_AT_LEVEL = {
    Correction.TWO_STAGE: false_discovery.benjamini_krieger_yekutieli,
    Correction.TWO_STAGE_BH: false_discovery.two_stage_benjamini_hochberg,
}
