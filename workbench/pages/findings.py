"""Findings: filter, look, pick; what may be said of the picks; register one under a name."""

from __future__ import annotations

import streamlit as st

from miner.findings import Findings
from miner.ledger import events
from miner.multiplicity.claims import ClaimLevel
from miner.privacy.profiles import Place
from miner.project import Project
from reports.findings_table import denominators, findings_csv, shown_rows
from reports.gate import gated
from reports.html import volcano_chart
from reports.nothing_found import nothing_found
from workbench import state
from workbench.components import show
from workbench.components.family import show_family
from workbench.components.finding import show_finding
from workbench.components.views import NAMES, fold, show_view
from workbench.services import record_export

t = state.translate()
show.heading("findings.heading", "findings.lead")
COLUMNS = (
    "finding",
    "statement",
    "adjusted_estimate",
    "adjusted_low",
    "adjusted_high",
    "estimate",
    "level",
    "p_bh",
    "effect",
    "low",
    "high",
    "claim",
    "n",
    "a",
    "b",
    "c",
    "d",
    "p",
    "p_by",
    "p_holm",
    "n_unknown",
    "adjusted_for",
    "reversed",
    "test",
)
FORMATS = {
    **dict.fromkeys(("estimate", "low", "high", "adjusted_estimate", "adjusted_low", "adjusted_high"), "%.2f"),
    **dict.fromkeys(("p", "p_bh", "p_by", "p_holm"), "%.2g"),
}
MOST_SHOWN = 5_000
NO_CRUDE = dict.fromkeys(("estimate", "low", "high"))


def filters() -> dict[str, str | None]:
    """The filters, bound to the address; hiding a row never lowers m."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = st.selectbox(
            t("findings.level"),
            ["", *(level.value for level in ClaimLevel)],
            format_func=lambda value: t(f"level.{value.replace(' ', '_')}") if value else t("findings.any"),
            key="level",
            bind="query-params",
        )
        mode = st.selectbox(
            t("findings.mode"),
            ["", "rule", "pair", "screen"],
            format_func=lambda value: t(f"mode.{value}") if value else t("findings.any"),
            key="mode",
            bind="query-params",
        )
        search = st.text_input(t("findings.search"), key="search", bind="query-params", icon=":material/search:")
    return {"level": level or None, "mode": mode or None, "search": search or ""}


def basket(found: Findings, picked: list[str]) -> None:
    """What may be said of the picks, however they were made."""
    bound = found.basket(picked)
    if found.family.scratch:
        show.warn("basket.scratch", size=len(picked))
        return
    show.done(
        "basket.bound",
        bound=show.as_number(bound.bound, 0),
        size=show.as_number(bound.size, 0),
        robust=show.as_number(bound.robust, 0),
    )
    show.note("basket.note", run=found.family.run, m=show.as_number(bound.m, 0))


def register(opened: Project, found: Findings, picked: list[str]) -> None:
    """Register picked findings under a name."""
    with st.form("register", border=True):
        show.sentence("findings.register_lead")
        words = st.text_input(t("findings.statement"), max_chars=400) if len(picked) == 1 else ""
        if st.form_submit_button(t("findings.register"), type="primary", icon=":material/assignment_add:"):
            if not state.person().strip():
                show.warn("findings.no_name")
                return
            bound = found.basket(picked)
            opened.ledger.record(
                events.Select(
                    family_id=found.family.run,
                    hypotheses=[str(found.rows[found.place(name)]["id"]) for name in picked],
                    alpha=bound.alpha,
                    robust=False,
                    bound=bound.bound,
                    m=bound.m,
                )
            )
            made = [opened.register(found, name, person=state.person(), words=words) for name in picked]
            state.go("h", made[-1].id)
            show.done("findings.registered", ids=", ".join(one.id for one in made))


def views(opened: Project, found: Findings, chosen: dict[str, str | None]) -> None:
    """The table with its picks, and the charts of the family."""
    rows = shown_rows(found, opened.profile, place=Place.SCREEN, language=state.language(), **chosen)  # type: ignore[arg-type]
    rows, folded = fold(rows)
    titles = [t("findings.tab_table"), t("findings.tab_volcano"), *(t(f"views.{name}") for name in NAMES)]
    # A closed tab draws nothing: switching runs the page again.
    named, drawn, *others, family = st.tabs([*titles, t("findings.tab_family")], key="view", on_change="rerun")
    picked: list[str] = []
    level_words = {level.value: t(f"level.{level.value.replace(' ', '_')}") for level in ClaimLevel}
    with named:
        if rows:
            worded = [
                {
                    **row,
                    # What a screen tests is adjusted already: it has no crude value.
                    **(NO_CRUDE if row["mode"] == "screen" else {}),
                    "level": level_words[row["level"]],
                    "effect": t(f"effect.{row['effect']}") if row["effect"] else "",
                }
                for row in rows[:MOST_SHOWN]
            ]
            places = show.table(
                gated(worded, COLUMNS),
                key=f"findings.{found.family.run}",
                formats=FORMATS,
                pick="multi-row",
                height=420,
            )
            picked = [str(rows[place]["finding"]) for place in places]
            if len(rows) > MOST_SHOWN:
                show.note("findings.cut", shown=show.as_number(MOST_SHOWN, 0), n=show.as_number(len(rows), 0))
            show.note("findings.hidden", shown=show.as_number(len(rows), 0), n=show.as_number(len(found), 0))
        else:
            plan = opened.plan_of(found.family.run)
            smallest = min((float(p) for p in found.ln_adjusted["bh"]), default=0.0)
            show.tell("findings.none", q=show.as_number(2.718281828459045**smallest, 3))
            for reason in nothing_found(found, plan, **chosen, folded=folded, language=state.language()):  # type: ignore[arg-type]
                show.note("plain", text=reason)
        if rows:
            chosen_language = state.language()

            def text() -> str:
                return findings_csv(opened, found, rows, chosen_language)

            show.download(
                text,
                file_name=f"findings-{found.family.run}.csv",
                mime="text/csv",
                title=t("download.findings"),
                key="findings_csv",
                taken=lambda: record_export(opened, text(), form="findings.csv"),
            )
    with drawn:
        if rows:
            show.chart(
                volcano_chart(rows, found, state.language()),
                alt=t("chart.volcano_alt", tests=show.as_number(found.family.m, 0)),
                name=f"volcano-{found.family.run}",
            )
    for name, tab in zip(NAMES, others):
        if tab.open:
            with tab:
                show_view(opened, found, name, rows)
    with family:
        show_family(found)
    if picked:
        show.subheading("findings.picked", n=len(picked))
        basket(found, picked)
        if len(picked) == 1:
            show_finding(opened, found, picked[0])
        register(opened, found, picked)
    elif rows:
        show.note("findings.pick")


opened = state.project()
runs = opened.runs() if opened is not None else ()
if opened is None or not runs:
    show.tell("findings.empty")
else:
    names = [family.run for family in runs]
    wanted = state.at("run")
    titles = {family.run: t("findings.run_title", run=family.run, m=show.as_number(family.m, 0)) for family in runs}
    run = st.selectbox(
        t("findings.run"),
        names,
        index=names.index(wanted) if wanted in names else len(names) - 1,
        format_func=titles.__getitem__,
        key="run_chosen",
    )
    state.go("run", str(run))
    found = state.findings(opened, str(run))
    show.sentence("plain", text=denominators(found, state.language()))
    if found.family.cancelled:
        show.warn("findings.cancelled", tests=show.as_number(len(found), 0), m=show.as_number(found.family.m, 0))
    if found.family.scratch:
        show.warn("findings.scratch")
    views(opened, found, filters())
