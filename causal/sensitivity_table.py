"""All sensitivity analyses of one estimate in one table, all pointing one way: bigger means more robust.

Each row stores its inputs, so that a reviewer can recompute it by hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from causal import sensitivity
from causal.design_matrix import AnalysisData
from causal.estimation import Estimate, Scale, regression
from causal.estimation.models import fit_linear, intercept
from causal.sensitivity import EValue, Measure
from miner.errors import FortuitError

SELECTION_GRID = (0.5, 0.75, 0.9)
ERROR_GRID = ((0.8, 0.95), (0.9, 0.95), (0.95, 0.99))
BIAS_GRID = (1.5, 2.0, 3.0, 5.0)
DELTAS = (0.1, 0.2, 0.3, 0.5)


def sensitivity_table(
    data: AnalysisData,
    estimates: Sequence[Estimate],
    *,
    rare: bool = False,
    smallest_of_interest: float | None = None,
) -> tuple[dict[str, Any], ...]:
    """Rows of analysis, value, reading and inputs for the estimates of one contrast (the first on its main scale).

    Parameters
    ----------
    estimates : of one method: a mean difference, or RD, RR and OR together; a hazard ratio alone also has an E-value.
    rare : the outcome is rare (below 15 %), so that OR and HR stand for RR.
    smallest_of_interest : on the scale of the first estimate; adds the E-value that would move the estimate to it.
    """
    main = estimates[0]
    ratio = next((e for e in estimates if e.scale is Scale.RISK_RATIO), None)
    found = e_value_of(data, main if ratio is None else ratio, rare=rare)
    rows = [
        _row("E-value of the estimate", found.point, "a confounder needs this risk ratio with exposure and outcome", {
            "risk_ratio": found.risk_ratio,
        }),
        _row("E-value of the limit nearer the null", found.limit, "1 means that the interval already holds the null", {
            "low": found.low, "high": found.high,
        }),
    ]  # fmt: skip
    if smallest_of_interest is not None and ratio is None and main.scale is Scale.MEAN_DIFFERENCE:
        spread = float(data.outcome.std(ddof=1))
        moved = sensitivity.e_value(main.value / spread, measure=Measure.SMD, true=smallest_of_interest / spread)
        rows.append(
            _row("E-value to reach the smallest effect of interest", moved.point, "1 means that it is there", {})
        )
    limit = max(found.low, 1 / found.high) if found.limit > 1 else 1.0
    strength = max(found.risk_ratio, 1 / found.risk_ratio)
    rows.append(
        _row("Cornfield", strength, "times more frequent in one arm, for a confounder that explains all alone", {})
    )
    rows += _bias_factors(strength)
    rows += _tipping(limit)
    rows += robustness_rows(data)
    if ratio is not None:
        rows += _fourfold(data)
    rows += _missing_outcomes(data, main)
    return tuple(rows)


def e_value_of(data: AnalysisData, estimate: Estimate, *, rare: bool = False) -> EValue:
    """E-value by the scale of the estimate; a mean difference is divided by the outcome's standard deviation.

    A risk difference takes its E-value from the two standardised risks behind it, as a risk ratio.
    """
    scale = estimate.scale
    if scale is Scale.MEAN_DIFFERENCE:
        spread = float(data.outcome.std(ddof=1))
        return sensitivity.e_value(estimate.value / spread, measure=Measure.SMD, se=estimate.se / spread)
    if scale is Scale.RISK_DIFFERENCE:
        ratio = estimate.mean_exposed / estimate.mean_unexposed
        return sensitivity.e_value(ratio)
    measure = {Scale.ODDS_RATIO: Measure.OR, Scale.HAZARD_RATIO: Measure.HR}.get(scale, Measure.RR)
    return sensitivity.e_value(estimate.value, estimate.low, estimate.high, measure=measure, rare=rare)


def robustness_rows(data: AnalysisData, multiples: Sequence[float] = (1.0, 2.0, 3.0)) -> list[dict[str, Any]]:
    """Robustness values of the linear adjusted difference, and what a confounder k times each measured covariate
    leaves."""
    try:
        (linear,) = regression(data, robust=False)
    except FortuitError as refusal:
        return [_row("robustness value", None, refusal.say(), {})]
    degrees = data.n - 2 - data.covariates.shape[1]
    t = linear.value / linear.se
    inputs = {"t": t, "degrees": degrees}
    rows = [
        _row(
            "robustness value", sensitivity.robustness_value(t, degrees), "partial R2 that takes all of it away", inputs
        ),
        _row(
            "robustness value, 5 % level",
            sensitivity.robustness_value(t, degrees, alpha=0.05),
            "partial R2 that takes the interval to the null",
            inputs,
        ),
    ]
    for name, columns in data.groups.items():
        if not columns or len(columns) == data.covariates.shape[1]:
            continue
        r2_exposure, r2_outcome = benchmark_r2(data, columns)
        for k in multiples:
            try:
                bound = sensitivity.confounder_bound(
                    estimate=linear.value,
                    se=linear.se,
                    degrees=degrees,
                    r2_exposure_benchmark=r2_exposure,
                    r2_outcome_benchmark=r2_outcome,
                    k=k,
                    benchmark=name,
                )
            except FortuitError:
                rows.append(_row(f"a confounder {k:g} times {name}", None, "no confounder can be that strong", {}))
                continue
            reading = (
                f"estimate left ({bound.low:.3g} to {bound.high:.3g}) by a confounder {k:g} times as strong as {name}"
            )
            rows.append(
                _row(
                    f"a confounder {k:g} times {name}",
                    abs(bound.estimate) * (1.0 if bound.estimate * linear.value > 0 else -1.0),
                    reading,
                    {"r2_exposure": bound.r2_exposure, "r2_outcome": bound.r2_outcome},
                )
            )
    return rows


def benchmark_r2(data: AnalysisData, columns: Sequence[int]) -> tuple[float, float]:
    """Partial R2 of a covariate (its columns together) with the exposure, and with the outcome given the exposure."""
    rest = [c for c in range(data.covariates.shape[1]) if c not in columns]

    def residual(design: np.ndarray, target: np.ndarray) -> float:
        return float(((target - fit_linear(design, target).fitted) ** 2).sum())

    without, full = intercept(data.covariates[:, rest]) if rest else np.ones((data.n, 1)), intercept(data.covariates)
    exposure = data.exposure[:, None]
    exposed = 1 - residual(full, data.exposure) / residual(without, data.exposure)
    after = residual(np.column_stack([full, exposure]), data.outcome)
    before = residual(np.column_stack([without, exposure]), data.outcome)
    return exposed, 1 - after / before


def _bias_factors(strength: float) -> list[dict[str, Any]]:
    rows = []
    for a in BIAS_GRID:
        for b in BIAS_GRID:
            if b < a:
                continue
            factor = sensitivity.bias_factor(a, b)
            rows.append(
                _row(
                    f"bias factor {a:g} x {b:g}",
                    strength / factor,
                    "risk ratio left by a confounder with these two risk ratios",
                    {"exposure_confounder": a, "confounder_outcome": b, "bias_factor": factor},
                )
            )
    return rows


def _tipping(limit: float) -> list[dict[str, Any]]:
    if limit <= 1.0:
        return [_row("tipping point", 1.0, "the interval already holds the null", {})]
    rows = []
    for exposed, unexposed in ((0.3, 0.1), (0.5, 0.2), (0.6, 0.5)):
        value = sensitivity.tipping_binary(limit, exposed, unexposed)
        reading = (
            "no strength suffices" if math.isnan(value) else "risk ratio with the outcome that takes the limit to 1"
        )
        rows.append(
            _row(
                f"tipping point, prevalence {exposed:.0%} against {unexposed:.0%}",
                value,
                reading,
                {"limit": limit, "exposed": exposed, "unexposed": unexposed},
            )
        )
    for strength in (1.5, 2.0, 3.0):
        smd = sensitivity.tipping_continuous(limit, strength)
        rows.append(
            _row(f"tipping point, risk ratio {strength:g} per SD", smd, "SD apart that take the limit to 1", {
                "limit": limit,
            })
        )  # fmt: skip
    return rows


def _fourfold(data: AnalysisData) -> list[dict[str, Any]]:
    t, y = data.exposure, data.outcome
    table = [
        [float(((t == 1) & (y == 1)).sum()), float(((t == 0) & (y == 1)).sum())],
        [float(((t == 1) & (y == 0)).sum()), float(((t == 0) & (y == 0)).sum())],
    ]
    if min(min(table[0]), min(table[1])) == 0:
        return [_row("selection and misclassification", None, "a cell of the table is empty", {})]
    direction = 1.0 if table[0][0] * table[1][1] >= table[0][1] * table[1][0] else -1.0
    rows = []
    for share in SELECTION_GRID:
        # Against the finding: the cases that make it are the ones who took part more readily.
        fewer = {"case_unexposed": share} if direction > 0 else {"case_exposed": share}
        full = {"case_exposed": 1.0, "case_unexposed": 1.0, "other_exposed": 1.0, "other_unexposed": 1.0, **fewer}
        found = sensitivity.selection_adjusted(table, **full)
        rows.append(
            _row(
                f"selection, {share:.0%} participation of the cases that would speak against it",
                found.odds_ratio**direction,
                "crude odds ratio left (inverted if below 1)",
                full,
            )
        )
    for sensitivity_of, specificity in ERROR_GRID:
        for target in ("exposure", "outcome"):
            corrected = sensitivity.misclassification_adjusted(
                table, sensitivity=sensitivity_of, specificity=specificity, of=target
            )
            value = corrected.odds_ratio**direction
            rows.append(
                _row(
                    f"misclassified {target}, Se {sensitivity_of:g}, Sp {specificity:g}",
                    None if math.isnan(value) else value,
                    "impossible at these counts" if math.isnan(value) else "crude odds ratio corrected",
                    {"sensitivity": sensitivity_of, "specificity": specificity},
                )
            )
    return rows


def _missing_outcomes(data: AnalysisData, main: Estimate) -> list[dict[str, Any]]:
    """Delta adjustment: what if those whose outcome is unknown differed, in the exposed arm only, against the
    finding?"""
    missing = data.report.unknown.get(data.outcome_name, 0)
    if not missing:
        return [_row("missing outcomes", None, "no outcome is missing", {})]
    share = missing / (data.n + missing)
    spread = float(data.outcome.std(ddof=1))
    rows = []
    for delta in DELTAS:
        size = delta if data.binary_outcome else delta * spread
        if main.scale.is_ratio:
            continue
        left = abs(main.value) - share * size
        unit = "in risk" if data.binary_outcome else "SD"
        rows.append(
            _row(
                f"missing outcomes, {delta:g} {unit} worse among the exposed",
                left,
                f"estimate left with {missing} outcomes missing",
                {"share": share, "delta": size},
            )
        )
    return rows


def _row(analysis: str, value: float | None, reading: str, inputs: dict[str, Any]) -> dict[str, Any]:
    kept = None if value is None or math.isnan(value) else float(value)
    return {"analysis": analysis, "value": kept, "reading": reading, "inputs": inputs}
