"""How often the claims of a run come back when all of it is done again on random halves of the persons.

Bins are fitted anew in each half, tests computed and corrected anew, with the run's own levels and m. A class fitted in
a half has other limits than that of the run; the two are the same class where they are the same by rank. A half has
half the persons, so that weak associations come back less often than in a new sample of the whole size. The frequencies
describe the findings of one sample; they are no probability of being right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from miner.associations.rows import build_row
from miner.associations.stability import PipelineResult, Stability, selection_stability
from miner.ledger import events
from miner.mine import Computation
from miner.multiplicity.claims import ClaimLevel, claim_levels
from miner.plan import Plan
from miner.tables.model import Dataset
from miner.universe import RunUniverse, declare

if TYPE_CHECKING:
    from miner.project import Project

TEST = "selection_frequency"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStability:
    """Selection frequency of each claim of a run, by the finding's identity, over ``draws`` halves."""

    run: str
    draws: int
    seed: int
    share: float
    frequency: Mapping[str, float]
    mean_selected: float


def run_stability(
    project: Project,
    run_id: str | None = None,
    *,
    subsamples: int = 50,
    seed: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RunStability:
    """Do a run again on random halves, and record how often each of its claims was made.

    Parameters
    ----------
    run_id : the last run by default
    subsamples : halves to draw
    seed : of the draws; that of the run's plan by default

    Raises UnknownRun or BadStability. Nothing of the run changes; the frequencies stand in its family as diagnostics.
    """
    found = project.findings(run_id)
    family = found.family
    plan = project.plan_of(family.run)
    universe = project.universe(plan)
    claims = [
        row for row, level in zip(found.rows, found.run_levels, strict=True) if level is not ClaimLevel.UNADJUSTED
    ]
    chosen = plan.run.seed if seed is None else seed

    def pipeline(part: Dataset, draw_seed: int) -> PipelineResult:
        again = replace(plan, run=replace(plan.run, seed=draw_seed))
        return PipelineResult(selected=_selected(again, part, family.m, family.share), evidence={})

    stability = selection_stability(
        project.discovery, pipeline, draws=subsamples, seed=chosen, progress=progress, cancelled=cancelled
    )
    names = _ranks(universe)
    frequency = {str(row["id"]): stability.frequency(_key(row, names)) for row in claims}
    _record(project, family.run, claims, frequency, stability)
    return RunStability(
        run=family.run,
        draws=stability.draws,
        seed=chosen,
        share=stability.share,
        frequency=frequency,
        mean_selected=stability.mean_selected,
    )


def _selected(plan: Plan, part: Dataset, m: int, share: float) -> set[str]:
    """What a run of the plan on these persons claims, by names that do not depend on fitted limits."""
    universe = declare(plan, part, "")
    computation = Computation(
        plan=plan, universe=universe, discovery=part, progress=lambda done, total: None, cancelled=lambda: False
    )
    rows = [row for block in computation for row in block]
    ln_p = np.array([np.nan if row["ln_p"] is None else float(str(row["ln_p"])) for row in rows], dtype=np.float64)
    levels = claim_levels(
        ln_p, m=max(m, universe.size), share=share, q=plan.corrections.q, alpha=plan.corrections.alpha
    ).levels
    names = _ranks(universe)
    return {_key(row, names) for row, level in zip(rows, levels, strict=True) if level is not ClaimLevel.UNADJUSTED}


def _ranks(universe: RunUniverse) -> dict[str, str]:
    """Names of the fitted items by their rank within the variable."""
    names: dict[str, str] = {}
    for grammar in (universe.antecedents, universe.outcomes):
        seen: dict[str, int] = {}
        for item in grammar:
            if item.fitted:
                seen[item.variable] = seen.get(item.variable, 0) + 1
                names[item.text] = f"{item.variable}: class {seen[item.variable]}"
    return names


def _key(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    sides = sorted(names.get(text, text) for text in row["x"])
    return "\0".join([str(row["mode"]), *sides, names.get(str(row["y"]), str(row["y"]))])


def _record(
    project: Project,
    run: str,
    claims: Sequence[Mapping[str, Any]],
    frequency: Mapping[str, float],
    stability: Stability,
) -> None:
    settings = {
        "draws": stability.draws,
        "seed": stability.seed,
        "share": stability.share,
        "draw": stability.draw.value,
    }
    rows = [
        build_row(
            ordinal=k,
            mode=str(row["mode"]),
            x=row["x"],
            y=str(row["y"]),
            test=TEST,
            n=round(project.discovery.n * stability.share),
            effect=TEST,
            interval=(frequency[str(row["id"])], np.nan, np.nan),
            summary=settings,
            identity=str(row["id"]),
        )
        for k, row in enumerate(claims)
    ]
    project.ledger.record(
        events.Batch(
            family_id=run, universe_id=run, run_id=run, role="diagnostic", origin="stability",
            test_versions={TEST: "1"}, options=settings,
        ),
        rows=rows,
    )  # fmt: skip
