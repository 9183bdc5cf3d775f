"""How the p-values of a family lie: histogram, quantiles with their band, and the step-up line."""

from __future__ import annotations

from miner.findings import Findings
from reports.charts.family import p_histogram, quantiles, step_up
from workbench import state
from workbench.components import show

FEWEST = 20


def show_family(found: Findings) -> None:
    """The three charts of a family; below ``FEWEST`` tests they would say nothing."""
    t = state.translate()
    if len(found) < FEWEST:
        show.tell("findings.few")
        return
    show.chart(p_histogram(found.ln_p, t), alt=t("chart.histogram_title", tests=len(found)), name="p-histogram")
    show.chart(quantiles(found.ln_p, t), alt=t("chart.quantiles_title", tests=len(found)), name="p-quantiles")
    if not found.family.scratch:
        show.chart(
            step_up(found.ln_p, found.family.m, found.family.q, t),
            alt=t("chart.step_up_alt", tests=show.as_number(found.family.m, 0)),
            name="step-up",
        )
