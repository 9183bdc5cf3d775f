"""The specification curve of ONE estimand: every valid adjustment set by every estimator, and nothing else.

Sets that are not valid in the diagram answer another question; mixing them in would show disagreement where there is
none.

References
----------
Simonsohn U, Simmons JP, Nelson LD. Nat Hum Behav 2020;4:1208, doi:10.1038/s41562-020-0912-z.
Del Giudice M, Gangestad SW. Adv Methods Pract Psychol Sci 2021;4, doi:10.1177/2515245920954925 (equivalent choices
only).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from causal.design_matrix import AnalysisData
from causal.estimation import Estimate, Scale, aipw, ipw, standardisation
from causal.identification import Identification
from causal.question import CausalQuestion
from miner.errors import FortuitError
from miner.tables.model import Dataset

Estimators = dict[str, Callable[[AnalysisData], tuple[Estimate, ...]]]
ESTIMATORS: Estimators = {"standardisation": standardisation, "ipw": ipw, "aipw": aipw}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationCurve:
    """All specifications in order of their estimates, and how far they agree (rule: range below one SE)."""

    rows: tuple[dict[str, Any], ...]
    refused: tuple[dict[str, Any], ...]
    range_over_se: float
    heterogeneity_p: float
    agrees: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "rows": list(self.rows),
            "refused": list(self.refused),
            "range_over_se": self.range_over_se,
            "heterogeneity_p": self.heterogeneity_p,
            "agrees": self.agrees,
            "note": "the heterogeneity p ignores that all estimates share their persons: it is conservative",
        }


def valid_sets(found: Identification, *, most: int = 20) -> tuple[tuple[str, ...], ...]:
    """The minimal sets, the optimal and the canonical one, each once."""
    sets: list[tuple[str, ...]] = [*found.minimal_sets[:most]]
    for extra in (found.optimal_set, found.canonical_set):
        if extra is not None:
            sets.append(tuple(extra))
    return tuple(dict.fromkeys(tuple(sorted(s)) for s in sets))


def specification_curve(
    dataset: Dataset,
    question: CausalQuestion,
    sets: Sequence[Sequence[str]],
    *,
    scale: Scale,
    squares: Sequence[str] = (),
    products: Sequence[str] = (),
    estimators: Estimators | None = None,
) -> SpecificationCurve:
    """Estimate the contrast with each set and estimator; what is refused is listed with its reason.

    Parameters
    ----------
    scale : the one scale that is compared, such as the risk difference.
    """
    rows: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for chosen in sets:
        kept_squares = [name for name in squares if name in chosen]
        kept_products = [name for name in products if name in chosen]
        try:
            data = question.analysis(dataset, chosen, squares=kept_squares, products=kept_products)
        except FortuitError as refusal:
            refused.append({"set": list(chosen), "method": "all", "reason": refusal.say()})
            continue
        for name, estimator in (estimators or ESTIMATORS).items():
            try:
                found = next(e for e in estimator(data) if e.scale is scale)
            except FortuitError as refusal:
                refused.append({"set": list(chosen), "method": name, "reason": refusal.say()})
                continue
            rows.append(
                {
                    "set": list(chosen),
                    "method": name,
                    "value": found.value,
                    "ci_low": found.low,
                    "ci_high": found.high,
                    "se": found.se,
                    "n": found.n,
                }
            )
    rows.sort(key=lambda row: row["value"])
    if len(rows) < 2:
        return SpecificationCurve(
            rows=tuple(rows), refused=tuple(refused), range_over_se=math.nan, heterogeneity_p=math.nan, agrees=False
        )
    values = np.array([math.log(r["value"]) if scale.is_ratio else r["value"] for r in rows])
    errors = np.array([r["se"] for r in rows])
    weights = 1 / errors**2
    centre = float((weights * values).sum() / weights.sum())
    q = float((weights * (values - centre) ** 2).sum())
    spread = float(np.ptp(values) / np.median(errors))
    return SpecificationCurve(
        rows=tuple(rows),
        refused=tuple(refused),
        range_over_se=spread,
        heterogeneity_p=float(chdtrc(len(rows) - 1, q)),
        agrees=spread < 1.0,
    )
