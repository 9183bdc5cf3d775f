"""What the design stage found, from the saved protocol alone: nothing here is computed from persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from causal.paths import list_paths
from causal.power_curve import null_of, power_curve
from causal.protocol import Protocol
from causal.protocol_words import phrase
from causal.question import Condition
from causal.studies import Draft
from miner.errors import FortuitError
from reports.charts.study import e_value_plot, love_plot, overlap_plot, overlap_rows, power_plot, specification_plot
from reports.gate import descriptive, gated
from workbench import state
from workbench.components import show
from workbench.services import protocol_language

MOST_SHOWN = 40


def results(protocol: Protocol, draft: Draft | None, *, key: str) -> None:
    """All of it in the order in which it should be read: warnings, diagram, estimates, doubt, design, size."""
    t = state.translate()
    show.subheading("study.step_results")
    show.label()
    show.sentence("study.design_stage_lead")
    _guardrails(protocol, key)
    titles = ("estimates", "balance", "robustness", "design", "diagram")
    tabs = st.tabs([t(f"study_tab.{name}") for name in titles])
    with tabs[0]:
        _estimates(protocol, key)
        _refutations(protocol, key)
        _specifications(protocol, key)
    with tabs[1]:
        _balance(protocol, key)
    with tabs[2]:
        _sensitivity(protocol, key)
        _negative_controls(protocol, key)
    with tabs[3]:
        _sizes(protocol, key)
        _study_types(protocol, key)
        _precision(protocol, key)
    with tabs[4]:
        _model(protocol, draft, key)


def _said(text: object) -> str:
    """A sentence of the causal room in the person's language, where the catalogue of protocols has it."""
    return phrase(str(text), protocol_language(state.language()))


def _titles(*names: str) -> dict[str, str]:
    t = state.translate()
    return {name: t(f"study_column.{name}") for name in names}


def _guardrails(protocol: Protocol, key: str) -> None:
    t = state.translate()
    flags: Sequence[Mapping[str, Any]] = protocol["guardrails"]
    if not flags:
        return
    words = {True: "passed", False: "flagged", None: "not_assessed"}
    rows = [
        {
            "id": flag["id"],
            "state": t(f"guardrail.{words[flag['passed']]}"),
            "severity": t(f"severity.{flag['severity']}"),
            "found": _said(flag.get("finding", "")),
            "rule": _said(flag.get("rule", "")),
        }
        for flag in sorted(flags, key=lambda flag: ({False: 0, None: 1, True: 2}[flag["passed"]], flag["id"]))
    ]
    raised = sum(1 for flag in flags if flag["passed"] is False)
    show.sentence("study_results.guardrails", raised=raised, of=len(flags))
    show.table(descriptive(rows), key=f"guardrails.{key}", titles=_titles(*rows[0]))


def _estimates(protocol: Protocol, key: str) -> None:
    t = state.translate()
    estimates = protocol["design_stage.estimates"]
    for problem in protocol["design_stage"].get("problems", ()):
        show.plain_warning(_said(problem))
    if not estimates:
        show.tell("study.not_estimated")
        return
    rows = [
        {
            "method": t(f"method.{e['method'].replace(' ', '_')}"),
            "population": e["estimand"],
            "scale": t(f"effect.{e['scale']}"),
            "value": e["value"],
            "low": e["ci_low"],
            "high": e["ci_high"],
            "n": e["n"],
        }
        for e in estimates
    ]
    formats = {"value": "%.3f", "low": "%.3f", "high": "%.3f"}
    show.table(gated(rows, tuple(rows[0])), key=f"estimates.{key}", formats=formats, titles=_titles(*rows[0]))
    cases = protocol["design_stage.complete_cases"]
    if cases:
        show.note("study_results.cases", used=_count(cases["n_used"]), of=_count(cases["n"]))


def _refutations(protocol: Protocol, key: str) -> None:
    t = state.translate()
    rows = [
        {
            "check": t(f"check.{r['check'].replace(' ', '_')}"),
            "method": _said(r["estimator"]),
            "outcome": t(f"outcome.{r['verdict'].replace(' ', '_')}"),
            "found": _said(r["found"]),
            "rule": _said(r["rule"]),
        }
        for r in protocol["refutation.results"]
    ]
    if rows:
        show.sentence("study.refutations_lead")
        show.table(descriptive(rows), key=f"checks.{key}", titles=_titles(*rows[0]))


def _specifications(protocol: Protocol, key: str) -> None:
    t = state.translate()
    curve = protocol["design_stage.specifications"]
    if not curve or len(curve["rows"]) < 2:
        return
    scale = t(f"effect.{protocol['success.scale']}")
    drawn = specification_plot(curve, t, scale=scale, null=null_of(protocol))
    show.chart(
        drawn, alt=t("study_alt.specification", n=len(curve["rows"])), name=f"specifications.{key}", width="content"
    )
    show.note("study_results.agrees" if curve["agrees"] else "study_results.disagrees",
              spread=show.as_number(curve["range_over_se"]))  # fmt: skip
    rows = [
        {
            "method": t(f"method.{row['method']}"),
            "set": ", ".join(row["set"]) or t("study.empty_set"),
            "value": row["value"],
            "low": row["ci_low"],
            "high": row["ci_high"],
        }
        for row in curve["rows"]
    ]
    _twin(rows, f"specifications.{key}", {"value": "%.3f", "low": "%.3f", "high": "%.3f"})


def _balance(protocol: Protocol, key: str) -> None:
    t = state.translate()
    balance = protocol["design_stage.balance"]
    if not balance:
        show.tell("study_results.no_balance")
        return
    rows = balance["rows"]
    show.chart(love_plot(rows, t), alt=t("study_alt.love", of=len(rows)), name=f"balance.{key}")
    told = [{"covariate": r["column"], "before": r["crude"], "after": r["weighted"]} for r in rows]
    _twin(told, f"balance.{key}", {"before": "%.3f", "after": "%.3f"})
    drawn = {arm: one for arm, one in (balance.get("propensity_histogram") or {}).items() if one}
    if len(drawn) == 2:
        show.chart(overlap_plot(drawn, t), alt=t("study_alt.overlap"), name=f"overlap.{key}")
        told = [
            {"arm": r["arm"], "from": r["low"], "to": r["high"], "share": 100 * r["share"]}
            for r in overlap_rows(drawn, t)
        ]
        _twin(told, f"overlap.{key}", {"from": "%.2f", "to": "%.2f", "share": "%.1f %%"})
    if "equipoise" in balance:
        show.note(
            "study_results.overlap",
            equipoise=show.as_number(100 * balance["equipoise"], 0),
            outside=show.as_number(100 * balance["outside_common_support"], 1),
            c=show.as_number(balance["c_statistic"]),
            exposed=show.as_number(balance["effective"]["exposed"], 0),
            unexposed=show.as_number(balance["effective"]["unexposed"], 0),
        )


def _sensitivity(protocol: Protocol, key: str) -> None:
    t = state.translate()
    found = protocol["sensitivity.rows"]
    if not found:
        show.tell("study.not_estimated")
        return
    show.sentence("study.sensitivity_lead")
    ratio = (found[0].get("inputs") or {}).get("risk_ratio")
    ends: Mapping[str, Any] = next((r["inputs"] for r in found if {"low", "high"} <= set(r.get("inputs") or ())), {})
    if ratio and max(ratio, 1 / ratio) > 1.0001:
        nearer = ends.get("low") if ratio > 1 else ends.get("high")
        beyond = nearer is not None and (nearer > 1) == (ratio > 1) and abs(nearer - 1) > 1e-4
        drawn = e_value_plot(ratio, nearer if beyond else None, t)
        value = show.as_number(found[0]["value"])
        show.chart(drawn, alt=t("study_alt.evalue", value=value), name=f"evalue.{key}")
    rows = [{"analysis": _said(s["analysis"]), "value": s["value"], "reading": _said(s["reading"])} for s in found]
    first = rows[:6]
    show.table(descriptive(first), key=f"sensitivity.{key}", formats={"value": "%.2f"}, titles=_titles(*first[0]))
    with st.expander(t("study_results.all_sensitivity", n=len(rows)), icon=":material/table_rows:"):
        show.table(descriptive(rows), key=f"sensitivity_all.{key}", formats={"value": "%.2f"}, titles=_titles(*rows[0]))


def _negative_controls(protocol: Protocol, key: str) -> None:
    t = state.translate()
    rows = [
        {
            "name": c["name"],
            "kind": _said(c["type"]),
            "shared": ", ".join(c.get("shared_causes") or ()) or "–",
            "confirmed": t("yes") if c.get("user_confirmed") else t("no"),
            "why": _said(c["why"]),
        }
        for c in protocol["negative_controls.proposed"]
    ]
    if rows:
        show.sentence("study_results.controls")
        show.table(descriptive(rows[:MOST_SHOWN]), key=f"controls.{key}", titles=_titles(*rows[0]))


def _sizes(protocol: Protocol, key: str) -> None:
    t = state.translate()
    size = protocol["sample_size"]
    planning = protocol["planning_effect"]
    if planning is not None:
        show.sentence(
            "study_results.planning",
            mined=show.as_number(planning["mined"]),
            shrunken=show.as_number(planning["shrunken"]),
            smallest=show.as_number(planning["smallest_of_interest"]),
            method=planning["method"],
        )
    if not size.get("rows"):
        show.tell("study_results.no_size")
        return
    names = ("design", "mined", "shrunken", "smallest_of_interest", "detectable")
    rows = [{name: _said(row.get(name)) if name == "design" else row.get(name) for name in names}
            for row in size["rows"]]  # fmt: skip
    show.sentence("study.size_lead")
    show.table(descriptive(rows), key=f"sizes.{key}", titles=_titles(*names), formats={"detectable": "%.3g"})
    curve = power_curve(protocol)
    if curve:
        drawn = power_plot(curve, t, target=size["power"], headline=size["n_headline"])
        show.chart(drawn, alt=t("study_alt.power", n=_count(size["n_headline"])), name=f"power.{key}")
        told = [
            {"persons": r["n"], "curve": t(f"power.{r['curve']}"), "power": 100 * r["power"]} for r in curve
        ]  # fmt: skip
        _twin(told, f"power.{key}", {"power": "%.1f %%"})


def _study_types(protocol: Protocol, key: str) -> None:
    rows = [
        {
            "rule": r["rule"],
            "recommend": _said(r["recommend"]),
            "verdict": _said(r["verdict"]),
            "reason": _said(r["reason"]),
        }
        for r in protocol["study_type"]
    ]
    chosen = next((r for r in protocol["study_type"] if r["verdict"] == "recommended"), None)
    if chosen is not None:
        show.sentence("study_results.recommended", design=_said(chosen["recommend"]), reason=_said(chosen["reason"]))
    if rows:
        with st.expander(state.translate()("study_results.types", n=len(rows)), icon=":material/rule:"):
            show.table(descriptive(rows), key=f"types.{key}", titles=_titles(*rows[0]))


def _precision(protocol: Protocol, key: str) -> None:
    t = state.translate()
    rows = [
        {
            "group": f"{r['variable']}: {r['group']}",
            "n": r["n"],
            "planned": r["n_planned"],
            "half_width": show.as_number(r["half_width"]) if r["evaluable"] else t("study_results.not_evaluable"),
            "reason": _said(r["reason"]) or "–",
        }
        for r in protocol["precision"]
    ]
    if rows:
        show.sentence("study_results.precision")
        show.table(gated(rows, tuple(rows[0])), key=f"precision.{key}", titles=_titles(*rows[0]))
    show.note("study_results.represented")


def _model(protocol: Protocol, draft: Draft | None, key: str) -> None:
    t = state.translate()
    model = protocol["causal_model"]
    show.sentence("study.verdict_said", verdict=t(f"verdict.{model['identifiability']['verdict']}"))
    assumed = [t(f"assumption.{a['name']}") for a in model["identifiability"]["assumptions"]]
    if assumed:
        show.sentence("study_results.assumptions", names="; ".join(assumed))
    absent = model["dag"].get("assumed_absent_edges") or []
    show.sentence("study_results.absent", n=len(absent))
    if absent:
        with st.expander(t("study_results.absent_list")):
            show.sentence("plain", text="; ".join(f"{a} – {b}" for a, b in absent[:400]))
    invalid = [
        {"rule": _said(s["rule"]), "set": ", ".join(s["set"]) or t("study.empty_set"), "reason": _said(s["reason"])}
        for s in model["adjustment"].get("invalid_popular") or ()
    ]
    if invalid:
        show.sentence("study_results.invalid")
        show.table(descriptive(invalid), key=f"invalid.{key}", titles=_titles(*invalid[0]))
    opinion = model["second_opinion"]
    if opinion:
        show.sentence("study.dowhy", agreement=t(f"agreement.{opinion['agreement']}"))
    if draft is not None:
        paths(draft, protocol, key)


def paths(draft: Draft, protocol: Protocol, key: str) -> None:
    """The paths between exposure and outcome of a saved design, given its adjustment set."""
    question = protocol["question"]
    exposure = Condition.parse(question["exposure"][0]).variable
    outcome = Condition.parse(question["outcome"]).variable
    path_table(draft, exposure, outcome, protocol["causal_model.adjustment.chosen"] or (), key=key)


def path_table(draft: Draft, exposure: str, outcome: str, adjusted: Sequence[str], *, key: str) -> None:
    """Open and closed paths as a table, the open ones that are no effect first."""
    t = state.translate()
    try:
        found, complete = list_paths(draft.dag(), exposure, outcome, adjusted)
    except FortuitError as problem:
        show.error(problem)
        return
    rows = [
        {
            "path": path.text,
            "kind": t("path.causal") if path.causal else t("path.other"),
            "open": t("path.open") if path.open else t("path.closed"),
            "closed_at": ", ".join(path.closed_at) or "–",
            "opened_at": ", ".join(path.opened_at) or "–",
        }
        for path in sorted(found, key=lambda path: (not (path.open and not path.causal), not path.causal))
    ]
    biased = sum(1 for path in found if path.open and not path.causal)
    show.sentence("study_results.paths", n=len(found), biased=biased, set=", ".join(adjusted) or t("study.empty_set"))
    if rows:
        show.table(descriptive(rows), key=f"paths.{key}", titles=_titles(*rows[0]))
    if not complete:
        show.note("study_results.more_paths")


def _twin(rows: Sequence[Mapping[str, Any]], key: str, formats: Mapping[str, str]) -> None:
    """The numbers of a chart as a table."""
    if rows:
        with st.expander(state.translate()("study_results.as_table"), icon=":material/table:"):
            show.table(gated(rows, tuple(rows[0])), key=f"twin.{key}", formats=formats, titles=_titles(*rows[0]))


def _count(value: int | None) -> str:
    return "•" if value is None else show.as_number(value, 0)
