"""Guardrails before any diagram: each has an id, a test on the data, and a finding in words that travels with the
hypothesis.

A guardrail passes, is flagged, or cannot be assessed with what is there (``passed`` is None: said, never taken for a
pass). None of them says anything about a cause; a person answers each flag.

References
----------
G12-G15: Suissa S. Am J Epidemiol 2008;167:492 (immortal time); Ray WA. Am J Epidemiol 2003;158:915 (new users).
G17: Peduzzi P et al. J Clin Epidemiol 1996;49:1373 (events per column). G07: Hernan MA et al. Epidemiology 2004;15:615.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from causal.balance import BalanceLimits, Light, overlap, standardised_difference
from causal.confounding import confounder_triage, correlation_ratio
from causal.design_matrix import AnalysisData, analysis_data
from causal.question import CausalQuestion
from miner.errors import FortuitError
from miner.tables.model import Dataset

Floats = npt.NDArray[np.float64]

RULES: dict[str, tuple[str, str]] = {
    "G06": ("no other variable reverses the association or changes it by more than 10 %", "amber"),
    "G07": ("the association is the same whether or not a person was selected", "amber"),
    "G08": ("the adjustment set holds no mediator, descendant or collider and opens no path", "block"),
    "G10": ("both arms are found at the same covariates", "block"),
    "G11": ("what is missing is missing alike in both arms and has no bearing on the outcome", "amber"),
    "G12": ("the exposure is not the outcome in another form", "red"),
    "G13": ("time zero, exposure and follow-up start together", "red"),
    "G14": ("no outcome is dated before its exposure", "red"),
    "G15": ("the exposed began after they entered", "amber"),
    "G16": ("no covariate is the exposure or the outcome by another name", "red"),
    "G17": ("cells and events are many enough for the model", "amber"),
    "G18": ("the mined effect stands beside its shrunken value", "block"),
    "G19": ("no person who was mined is used to confirm", "block"),
    "G20": ("each person counts once, or clusters are declared", "amber"),
    "G21": ("the unit of analysis is stated and is a person", "amber"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """One guardrail after its test: passed (None: not assessable), what was found, and the numbers behind it."""

    id: str
    passed: bool | None
    finding: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The rule in words."""
        return RULES[self.id][0]

    @property
    def severity(self) -> str:
        """red or block stop a number from leaving, amber asks for an answer."""
        return RULES[self.id][1]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as they travel with the finding into every export."""
        return {
            "id": self.id,
            "rule": self.rule,
            "severity": self.severity,
            "passed": self.passed,
            "finding": self.finding,
            "values": dict(self.values),
        }


def triage(
    dataset: Dataset,
    question: CausalQuestion,
    *,
    others: Sequence[str] | None = None,
    cluster: str | None = None,
    persons: Sequence[str] | None = None,
    limits: BalanceLimits | None = None,
) -> tuple[Guardrail, ...]:
    """Every guardrail that the table and the question allow, in order of their ids.

    Parameters
    ----------
    others : variables to look at as possible confounders; by default all that precede the exposure or have no time.
    cluster : the variable that groups persons, where one is declared.
    persons : keys of the persons, where rows may repeat them (the data set's own keys by default).
    """
    data = _analysable(dataset, question)
    if isinstance(data, FortuitError):
        return (Guardrail(id="G10", passed=False, finding=data.say()),)
    candidates = _candidates(dataset, question) if others is None else tuple(others)
    return (
        confounding(dataset, data, candidates),
        positivity(data, limits),
        missingness(dataset, question),
        leakage(dataset, question),
        *immortal_time(dataset, question),
        proxies(dataset, question, candidates),
        sparse_cells(data),
        repeated_persons(dataset.keys if persons is None else persons, cluster is not None),
        unit_of_analysis(dataset.dictionary.unit_of_analysis),
    )


def confounding(dataset: Dataset, data: AnalysisData, candidates: Sequence[str]) -> Guardrail:
    """G06: stratify by each other variable; reversal is named first."""
    rows = confounder_triage(dataset, data, candidates) if data.binary_exposure else ()
    if not rows:
        return Guardrail(id="G06", passed=None, finding="no other variable to stratify by, or no two arms")
    reversed_by = [row.variable for row in rows if row.reversal]
    changed = sorted((row for row in rows if row.change > 0.10), key=lambda row: -row.change)
    values = {row.variable: {"crude": row.crude, "stratified": row.stratified, "change": row.change} for row in rows}
    if reversed_by:
        return Guardrail(
            id="G06",
            passed=False,
            finding=f"the direction reverses within strata of {', '.join(reversed_by)}",
            values=values,
        )
    if changed:
        named = ", ".join(f"{row.variable} ({row.change:.0%})" for row in changed[:5])
        return Guardrail(
            id="G06", passed=False, finding=f"the estimate moves when stratified by {named}", values=values
        )
    return Guardrail(
        id="G06", passed=True, finding=f"none of {len(rows)} variables moves it by more than 10 %", values=values
    )


def selection(exposure: Floats, outcome: Floats, selected: Floats) -> Guardrail:
    """G07: does the association differ between the selected and the others (difference of log odds ratios, 5 %)?

    Haldane's half is added to every cell, so that an empty one does not hide a difference.
    """
    logs, variances = [], []
    for flag in (1.0, 0.0):
        own = selected == flag
        cells = [
            float((own & (exposure == t) & (outcome == y)).sum()) + 0.5 for t, y in ((1, 1), (1, 0), (0, 1), (0, 0))
        ]
        if not own.any():
            return Guardrail(id="G07", passed=None, finding="everyone, or no one, is selected: nothing to compare")
        logs.append(math.log(cells[0] * cells[3] / (cells[1] * cells[2])))
        variances.append(sum(1 / c for c in cells))
    z = (logs[0] - logs[1]) / math.sqrt(sum(variances))
    values = {"odds_ratio_selected": math.exp(logs[0]), "odds_ratio_others": math.exp(logs[1]), "z": z}
    if abs(z) > 1.96:
        return Guardrail(
            id="G07",
            passed=False,
            finding=f"odds ratio {math.exp(logs[0]):.2f} among the selected, {math.exp(logs[1]):.2f} among the others",
            values=values,
        )
    return Guardrail(id="G07", passed=True, finding="no difference by selection was found", values=values)


def adjustment(dag: Any, exposure: str, outcome: str, chosen: Sequence[str]) -> Guardrail:
    """G08: is the chosen set valid in the diagram; if not, why (see ``causal.adjustment``)?"""
    from causal.adjustment import Question

    question = Question.of(dag, exposure, outcome)
    unknown = [name for name in chosen if name not in dag]
    if unknown:
        return Guardrail(id="G08", passed=False, finding=f"not in the diagram: {', '.join(unknown)}")
    names = frozenset(chosen)
    if question.is_valid(names):
        return Guardrail(id="G08", passed=True, finding="the set is valid in the diagram", values={"set": list(chosen)})
    return Guardrail(id="G08", passed=False, finding=str(question.explain(names)), values={"set": list(chosen)})


def positivity(data: AnalysisData, limits: BalanceLimits | None = None) -> Guardrail:
    """G10: overlap of the propensity score, and cells that no person of an arm fills."""
    if not data.binary_exposure:
        return Guardrail(id="G10", passed=None, finding="a continuous exposure has no propensity score of two arms")
    if not data.covariates.shape[1]:
        return Guardrail(id="G10", passed=None, finding="no covariates: overlap is not in question")
    try:
        found = overlap(data, limits=limits)
    except FortuitError as refusal:
        return Guardrail(id="G10", passed=False, finding=refusal.say())
    values = {
        "effective_exposed": found.effective.exposed,
        "effective_unexposed": found.effective.unexposed,
        "equipoise": found.equipoise,
        "outside_common_support": found.outside_common_support,
        "c_statistic": found.c_statistic,
    }
    holes = [
        f"{title} in the {arm}"
        for title, column in zip(data.names, data.covariates.T, strict=True)
        if np.isin(column, (0.0, 1.0)).all()
        for arm, own in (("exposed", data.exposure == 1.0), ("unexposed", data.exposure == 0.0))
        if column[own].sum() in (0.0, own.sum()) and 0 < column.mean() < 1
    ]
    if holes:
        return Guardrail(id="G10", passed=False, finding=f"all or nobody: {', '.join(holes)}", values=values)
    if found.light is Light.RED:
        return Guardrail(id="G10", passed=False, finding="; ".join(found.reasons), values=values)
    told = "; ".join(found.reasons) or "the arms overlap"
    return Guardrail(id="G10", passed=True, finding=told, values=values)


def missingness(dataset: Dataset, question: CausalQuestion) -> Guardrail:
    """G11: share missing by arm (5 points), and whether being missing goes with the outcome (SMD above 0.1)."""
    exposure, outcome = question.exposure_values(dataset), question.outcome_values(dataset)
    in_contrast = ~np.isnan(exposure) & question.eligible(dataset)
    flagged, values = [], {}
    for name in dict.fromkeys([*question.covariates, question.outcome.variable]):
        gap = (~dataset.known(name)).astype(np.float64)
        one, zero = gap[in_contrast & (exposure == 1)], gap[in_contrast & (exposure == 0)]
        if not len(one) or not len(zero):
            continue
        difference = float(one.mean() - zero.mean())
        values[name] = {"exposed": float(one.mean()), "unexposed": float(zero.mean())}
        if abs(difference) > 0.05:
            flagged.append(f"{name} is missing in {one.mean():.0%} of the exposed, {zero.mean():.0%} of the others")
        seen = in_contrast & ~np.isnan(outcome)
        with_gap, without = outcome[seen & (gap == 1)], outcome[seen & (gap == 0)]
        if name != question.outcome.variable and len(with_gap) > 9 and len(without) > 9:
            smd = standardised_difference(with_gap, without)
            # Ten persons differ by 0.1 by chance alone: the difference must also exceed twice its error.
            if abs(smd) > max(0.1, 2 * math.sqrt(1 / len(with_gap) + 1 / len(without))):
                flagged.append(f"the outcome differs by {smd:.2f} SD where {name} is missing")
    if flagged:
        return Guardrail(id="G11", passed=False, finding="; ".join(flagged), values=values)
    return Guardrail(id="G11", passed=True, finding="missing alike in both arms", values=values)


def leakage(dataset: Dataset, question: CausalQuestion) -> Guardrail:
    """G12: is the exposure a function of the outcome (or the reverse), does one variable tell it almost surely, or does
    one name derive from the other?"""
    outcome_name = question.outcome.variable
    reasons = []
    for name in question.exposure_variables:
        if name == outcome_name:
            reasons.append(f"{name} is both exposure and outcome")
            continue
        likeness = difflib.SequenceMatcher(None, name.lower(), outcome_name.lower()).ratio()
        stem = min(len(name), len(outcome_name)) >= 4 and (
            name.lower().startswith(outcome_name.lower()) or outcome_name.lower().startswith(name.lower())
        )
        if likeness > 0.85 or stem:
            reasons.append(f"the names {name} and {outcome_name} are near each other")
    t, y = question.exposure_values(dataset), question.outcome_values(dataset)
    known = ~np.isnan(t) & ~np.isnan(y) & question.eligible(dataset)
    t, y = t[known], y[known]
    values: dict[str, Any] = {}
    if len(t) and len(np.unique(t)) > 1 and len(np.unique(y)) > 1:
        determined = _determines(t, y) or _determines(y, t)
        auc = max(_auc(t, y), _auc(y, t))
        values = {"auc": auc, "determined": determined}
        if determined:
            reasons.append("one is a function of the other in these data")
        elif auc > 0.98:
            reasons.append(f"one tells the other almost surely (AUC {auc:.3f})")
    if reasons:
        return Guardrail(id="G12", passed=False, finding="; ".join(reasons), values=values)
    return Guardrail(id="G12", passed=True, finding="neither tells the other", values=values)


def immortal_time(dataset: Dataset, question: CausalQuestion) -> tuple[Guardrail, Guardrail]:
    """G13 and G14 from the measurement intervals of the dictionary."""
    try:
        flags = question.time_flags(dataset.dictionary)
    except FortuitError as refusal:
        return (
            Guardrail(id="G13", passed=False, finding=refusal.say()),
            Guardrail(id="G14", passed=False, finding=refusal.say()),
        )
    overlapping = [flag.text for flag in flags if flag.guardrail == "G13"]
    unknown = [flag for flag in flags if flag.code == "time_unknown"]
    own = [
        flag
        for flag in unknown
        if {flag.variable, flag.other} <= {*question.exposure_variables, question.outcome.variable}
    ]
    if overlapping:
        first = Guardrail(id="G13", passed=False, finding=" ".join(overlapping))
    elif unknown:
        first = Guardrail(id="G13", passed=None, finding="temporality unknown: measurement times are not declared")
    else:
        first = Guardrail(id="G13", passed=True, finding="nothing overlaps the start of the exposure")
    together = [flag.text for flag in flags if flag.code == "same_time"]
    if own:
        second = Guardrail(id="G14", passed=None, finding="temporality unknown: measurement times are not declared")
    elif together:
        second = Guardrail(id="G14", passed=False, finding=" ".join(together))
    else:
        second = Guardrail(id="G14", passed=True, finding="the exposure is declared to precede the outcome")
    return first, second


def immortal_follow_up(exposure_start: Floats, follow_up: Floats, event: Floats) -> Guardrail:
    """G13 from times: were the exposed, by definition, free of events until they were exposed?

    Parameters
    ----------
    exposure_start : time from time zero to exposure, NaN for those never exposed (n,).
    follow_up : time from time zero to event or end; event : 1 where it ended in the event (n,).
    """
    exposed = ~np.isnan(exposure_start)
    if not exposed.any() or exposed.all():
        return Guardrail(id="G13", passed=None, finding="no two arms to compare")
    late = float((exposure_start[exposed] > 0).mean())
    early = np.quantile(follow_up, 0.25)
    rate1 = float(((follow_up <= early) & (event == 1))[exposed].mean())
    rate0 = float(((follow_up <= early) & (event == 1))[~exposed].mean())
    gap = standardised_difference(follow_up[exposed], follow_up[~exposed])
    values = {"exposed_after_zero": late, "early_exposed": rate1, "early_unexposed": rate0, "follow_up_smd": gap}
    waited = float(exposure_start[exposed].sum() / follow_up[exposed].sum()) if follow_up[exposed].sum() else 0.0
    values["immortal_share"] = waited
    if late > 0 and (waited > 0.01 or rate1 < rate0 / 2):
        told = f"{late:.0%} of the exposed became so after time zero and lived until then ({waited:.0%} of their time)"
        return Guardrail(id="G13", passed=False, finding=told, values=values)
    return Guardrail(id="G13", passed=True, finding="exposure and follow-up start together", values=values)


def reverse_time(exposure_day: Floats, outcome_day: Floats) -> Guardrail:
    """G14 from dates (days, NaN unknown): outcomes dated before the exposure."""
    known = ~np.isnan(exposure_day) & ~np.isnan(outcome_day)
    if not known.any():
        return Guardrail(id="G14", passed=None, finding="temporality unknown: no person has both dates")
    reversed_order = int((outcome_day[known] < exposure_day[known]).sum())
    values = {"reversed": reversed_order, "known": int(known.sum())}
    if reversed_order:
        return Guardrail(
            id="G14",
            passed=False,
            finding=f"{reversed_order} of {int(known.sum())} outcomes are dated before the exposure",
            values=values,
        )
    return Guardrail(id="G14", passed=True, finding="no outcome is dated before its exposure", values=values)


def prevalent_users(exposure_day: Floats, entry_day: Floats) -> Guardrail:
    """G15 from dates: persons already exposed when they entered."""
    known = ~np.isnan(exposure_day) & ~np.isnan(entry_day)
    if not known.any():
        return Guardrail(id="G15", passed=None, finding="start of exposure or entry is not dated")
    before = int((exposure_day[known] < entry_day[known]).sum())
    values = {"before_entry": before, "known": int(known.sum())}
    if before:
        told = f"{before} of {int(known.sum())} exposed began before they entered (survivors of the exposure)"
        return Guardrail(id="G15", passed=False, finding=told, values=values)
    return Guardrail(id="G15", passed=True, finding="all began at or after entry", values=values)


def proxies(dataset: Dataset, question: CausalQuestion, candidates: Sequence[str]) -> Guardrail:
    """G16: covariates that repeat the exposure or the outcome (association above 0.95)."""
    t, y = question.exposure_values(dataset), question.outcome_values(dataset)
    found = {}
    for name in dict.fromkeys([*question.covariates, *candidates]):
        if name in question.exposure_variables or name == question.outcome.variable:
            continue
        known = dataset.known(name)
        for part, values in (("exposure", t), ("outcome", y)):
            both = known & ~np.isnan(values)
            if both.sum() < 20:
                continue
            strength = _strength(dataset, name, values, both)
            if strength > 0.95:
                found[name] = (part, strength)
    if found:
        told = "; ".join(f"{name} repeats the {part} ({r:.3f})" for name, (part, r) in found.items())
        return Guardrail(id="G16", passed=False, finding=told, values={name: r for name, (_, r) in found.items()})
    return Guardrail(id="G16", passed=True, finding="none repeats them")


def sparse_cells(data: AnalysisData) -> Guardrail:
    """G17: expected counts below 5 in the fourfold table, or fewer than 10 events for each column of the model."""
    if not data.binary_outcome:
        per_column = data.n / (2 + data.covariates.shape[1])
        enough = per_column >= 10
        return Guardrail(
            id="G17",
            passed=enough,
            finding=f"{per_column:.0f} persons for each column",
            values={"per_column": per_column},
        )
    events = float(min(data.outcome.sum(), data.n - data.outcome.sum()))
    per_column = events / (2 + data.covariates.shape[1])
    arms = [data.exposure == level for level in np.unique(data.exposure)] if data.binary_exposure else []
    expected = min(
        (float(arm.sum() * share) for arm in arms for share in (data.outcome.mean(), 1 - data.outcome.mean())),
        default=math.inf,
    )
    values = {"least_expected": expected, "events_per_column": per_column}
    told = f"least expected count {expected:.1f}, {per_column:.1f} events for each column"
    if expected < 5 or per_column < 10:
        return Guardrail(id="G17", passed=False, finding=f"{told}: use an exact or penalised method", values=values)
    return Guardrail(id="G17", passed=True, finding=told, values=values)


def shrunken_beside_mined(document: Mapping[str, Any]) -> Guardrail:
    """G18: a protocol that shows a mined effect shows its shrunken value."""
    effect = document.get("planning_effect") or {}
    shown = effect.get("mined") is not None and effect.get("shrunken") is not None
    return Guardrail(
        id="G18", passed=shown, finding="both are shown" if shown else "no shrunken effect stands beside it"
    )


def rows_not_reused(mined: Sequence[str], confirming: Sequence[str]) -> Guardrail:
    """G19: persons (or hashes of their rows) found on both sides."""
    shared = len(set(mined) & set(confirming))
    told = f"{shared} persons were mined before" if shared else "no person was mined before"
    return Guardrail(id="G19", passed=not shared, finding=told, values={"overlap": shared})


def repeated_persons(keys: Sequence[str], clustered: bool = False) -> Guardrail:
    """G20: rows that repeat a person without clusters being declared."""
    repeated = len(keys) - len(set(keys))
    values = {"repeated": repeated}
    if repeated and not clustered:
        told = f"{repeated} rows repeat a person: errors must be by person"
        return Guardrail(id="G20", passed=False, finding=told, values=values)
    return Guardrail(
        id="G20",
        passed=True,
        finding="clusters are declared" if clustered else "each person counts once",
        values=values,
    )


def unit_of_analysis(unit: str) -> Guardrail:
    """G21: the unit is stated and is a person (what holds for groups need not hold for persons)."""
    stated = unit.strip().lower()
    if not stated:
        return Guardrail(id="G21", passed=False, finding="the unit of analysis is not stated")
    person = stated in {"person", "patient", "individual", "personne", "individu"}
    told = f"the unit is a {unit}" if person else f"the unit is a {unit}: nothing follows for persons"
    return Guardrail(id="G21", passed=person, finding=told)


def _analysable(dataset: Dataset, question: CausalQuestion) -> AnalysisData | FortuitError:
    try:
        return analysis_data(
            dataset,
            exposure=question.exposure_values(dataset),
            outcome=question.outcome_values(dataset),
            covariates=question.covariates,
            eligible=question.eligible(dataset),
            exposure_name=question.exposure_text,
            outcome_name=question.outcome.text,
        )
    except FortuitError as refusal:
        return refusal


def _candidates(dataset: Dataset, question: CausalQuestion) -> tuple[str, ...]:
    """Variables that may precede the exposure: what is measured after its start cannot confound it."""
    own = {*question.exposure_variables, question.outcome.variable}
    starts = [dataset.dictionary[v].measured for v in question.exposure_variables if v in dataset.dictionary]
    chosen = []
    for variable in dataset.dictionary:
        if variable.name in own or variable.name not in dataset.columns:
            continue
        if not (variable.kind.is_categorical or variable.kind.is_numeric):
            continue
        later = variable.measured is not None and any(
            s is not None and not variable.measured.ends_before(s) for s in starts
        )
        if not later:
            chosen.append(variable.name)
    return tuple(chosen)


def _determines(given: Floats, told: Floats) -> bool:
    """True where each of few values of ``given`` goes with one value of ``told`` (and groups have some size)."""
    levels, code = np.unique(given, return_inverse=True)
    if len(levels) > len(given) / 2:
        # Nearly every person has a value of their own: only a monotone or linear copy is then a function worth naming.
        return abs(float(np.corrcoef(given, told)[0, 1])) > 1 - 1e-12
    low = np.full(len(levels), np.inf)
    high = np.full(len(levels), -np.inf)
    np.minimum.at(low, code, told)
    np.maximum.at(high, code, told)
    return bool((low == high).all())


def _auc(label: Floats, score: Floats) -> float:
    """Area under the curve of one variable for a 0/1 label, in the better direction (0.5 where the label is not
    0/1)."""
    if not np.isin(label, (0.0, 1.0)).all():
        return 0.5
    one = int(label.sum())
    zero = len(label) - one
    if not one or not zero:
        return 0.5
    ranks = rankdata(score)
    area = float((ranks[label == 1].sum() - one * (one + 1) / 2) / (one * zero))
    return max(area, 1 - area)


def _strength(dataset: Dataset, name: str, values: Floats, rows: npt.NDArray[np.bool_]) -> float:
    if dataset.dictionary[name].kind.is_categorical:
        return correlation_ratio(values[rows], dataset[name][rows].astype(np.intp))
    numbers = dataset[name][rows].astype(np.float64)
    if np.ptp(numbers) == 0 or np.ptp(values[rows]) == 0:
        return 0.0
    return abs(float(np.corrcoef(rankdata(numbers), rankdata(values[rows]))[0, 1]))
