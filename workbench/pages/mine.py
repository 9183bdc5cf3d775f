"""Mine: declare the plan, see what it will do, run it in a process of its own, watch it, stop it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from miner.errors import FortuitError
from miner.plan import MODELS, Corrections, Items, Pairs, Plan, Rules, Screens
from miner.project import Project
from miner.tables.model import Kind
from reports.gate import descriptive
from workbench import jobs, state
from workbench.components import show

t = state.translate()
show.heading("mine.heading", "mine.lead")


def plan_form(opened: Project) -> Plan | None:
    """The plan as a form, starting from what the dictionary suggests; None where it cannot be a plan yet."""
    suggested = opened.suggested_plan()
    dictionary = opened.dictionary
    usable = [v.name for v in dictionary if v.kind not in {Kind.TEXT, Kind.KEY, Kind.DATE}]

    def titled(name: str) -> str:
        return f"{dictionary[name].title} ({name})" if dictionary[name].label else name

    outcomes = st.multiselect(t("plan.outcomes"), usable, default=list(suggested.outcomes), format_func=titled)
    exposures = st.multiselect(t("plan.exposures"), usable, default=list(suggested.exposures), format_func=titled)
    covariates = st.multiselect(
        t("plan.adjust_for"), usable, default=list(suggested.adjust_for), format_func=titled, help=t("plan.adjust_help")
    )
    left, middle, right = st.columns(3)
    with left:
        rules = st.toggle(t("plan.rules"), value=True)
        length = st.number_input(t("plan.max_length"), 1, 3, 2, disabled=not rules, help=t("plan.max_length_help"))
        count = st.number_input(t("plan.minimum_count"), 1, 100_000, 20, disabled=not rules)
    with middle:
        pairs = st.toggle(t("plan.pairs"), value=True)
        scope = st.selectbox(
            t("plan.scope"),
            ("exposures_outcomes", "all"),
            format_func=lambda value: t(f"plan.scope_{value}"),
            disabled=not pairs,
        )
        bins = st.number_input(t("plan.bins"), 2, 10, 3, help=t("plan.bins_help"))
    with right:
        q = st.number_input(t("plan.q"), 0.001, 0.5, 0.10, format="%.3f", help=t("plan.q_help"))
        alpha = st.number_input(t("plan.alpha"), 0.001, 0.5, 0.05, format="%.3f")
        scratch = st.toggle(t("plan.scratch"), value=False, help=t("plan.scratch_help"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        screens = st.toggle(t("plan.screens"), value=False, help=t("plan.screens_help"), key="screens")
        model = st.selectbox(
            t("plan.model"), MODELS, format_func=lambda name: t(f"plan.model_{name}"), disabled=not screens
        )
        modifier = st.selectbox(
            t("plan.interaction"),
            ("", *(name for name in usable if name not in outcomes)),
            format_func=lambda name: titled(name) if name else t("plan.interaction_none"),
            disabled=not screens,
        )
    name = st.text_input(t("plan.name"), value=suggested.name, max_chars=80)
    try:
        return replace(
            suggested,
            name=name,
            outcomes=tuple(outcomes),
            exposures=tuple(exposures),
            adjust_for=tuple(covariates),
            items=Items(bins=int(bins)),
            rules=Rules(enabled=rules, max_length=int(length), minimum_count=int(count)),
            pairs=Pairs(enabled=pairs, scope=str(scope)),
            screens=Screens(enabled=screens, model=str(model), interaction=str(modifier)) if screens else Screens(),
            corrections=Corrections(q=float(q), alpha=float(alpha)),
            run=replace(suggested.run, scratch=scratch),
        )
    except FortuitError as problem:
        show.error(problem)
        return None


def preflight(opened: Project, plan: Plan) -> bool:
    """What the run will do, before it does anything; False where it cannot run."""
    try:
        ahead = opened.preflight(plan)
    except FortuitError as problem:
        show.error(problem)
        return False
    show.figures(
        [
            (t("mine.tests"), show.as_number(ahead.m, 0), t("mine.tests_help")),
            *((t(f"mode.{mode}"), show.as_number(count, 0), "") for mode, count in ahead.tests.items()),
            (t("mine.seconds"), show.as_number(ahead.seconds, 0), ""),
            (t("mine.mebibytes"), show.as_number(ahead.mebibytes, 0), ""),
        ]
    )
    if ahead.set_apart:
        show.note("mine.set_apart", names=", ".join(name for name, _ in ahead.set_apart))
    return True


def leave_job(status: jobs.Status) -> None:
    """The run is over: its findings are the place to be, not its job."""
    state.leave("job")
    if status.run:
        state.go("run", status.run)
    st.session_state["ended"] = status


@st.fragment(run_every=0.5)
def watch(opened: Project, job: jobs.Job) -> None:
    """How far the run is; ends by itself when the run does."""
    status = job.status()
    if status.state.is_over:
        leave_job(status)
        st.rerun()
    share = status.done / status.total if status.total else 0.0
    st.progress(
        min(share, 1.0),
        text=t("mine.progress", done=show.as_number(status.done, 0), total=show.as_number(status.total, 0))
        if status.total
        else t("mine.starting"),
    )
    if st.button(t("mine.cancel"), icon=":material/stop:", key="cancel_run"):
        job.cancel()


def ended(status: jobs.Status) -> None:
    """How the last run of this session ended."""
    if status.state is jobs.State.DONE:
        show.done("mine.done", run=status.run, tests=show.as_number(status.done, 0), m=show.as_number(status.total, 0))
    elif status.state is jobs.State.CANCELLED:
        show.warn("mine.cancelled", tests=show.as_number(status.done, 0), m=show.as_number(status.total, 0))
    elif status.error:
        show.plain_warning(f"[{status.error_code}] {status.error}")
    else:
        show.warn("mine.lost", code=status.error_code or status.state.value)
    if status.run and st.button(t("mine.see"), type="primary", icon=":material/scatter_plot:", key="see_findings"):
        st.switch_page("workbench/pages/findings.py")


opened = state.project()
if opened is None or not opened.has_table:
    show.tell("mine.empty")
else:
    running = state.at("job")
    if running:
        job = jobs.find(opened.path, running)
        status = job.status()
        if status.state.is_over:
            # No rerun here: the address of this one still names the job, and it would end where it began.
            leave_job(status)
            running = ""
        else:
            watch(opened, job)
    if "ended" in st.session_state and not running:
        ended(st.session_state["ended"])
    show.subheading("mine.plan")
    plan = plan_form(opened)
    if plan is not None:
        show.subheading("mine.preflight")
        ready = preflight(opened, plan)
        if st.button(
            t("mine.run"),
            type="primary",
            icon=":material/play_arrow:",
            shortcut="Ctrl+M",
            disabled=not ready or bool(running),
            key="run_plan",
        ):
            st.session_state.pop("ended", None)
            job = jobs.start(opened.path, plan.to_toml(), opened.actor.to_dict())
            state.go("job", job.id)
            st.rerun()
        with st.expander(t("mine.code"), icon=":material/code:"):
            show.code(f"fortuit mine {opened.path.name} --plan plan.toml", "bash")
            show.code(plan.to_toml(), "toml")
            show.download(
                plan.to_toml(),
                file_name="plan.toml",
                mime="application/toml",
                title=t("mine.save_plan"),
                key="save_plan",
            )
    runs = opened.runs()
    if runs:
        show.subheading("mine.runs")
        rows = [
            {
                "run": family.run,
                "name": family.name,
                "started": family.started[:19].replace("T", " "),
                "m": family.m,
                "tests_run": family.tests_run,
                "q": family.q,
                "alpha": family.alpha,
                "spends": t("run.scratch") if family.scratch else family.within or t("run.own"),
                "cancelled": t("yes") if family.cancelled else t("no"),
                "run_hash": family.run_hash[:16],
            }
            for family in runs
        ]
        show.table(descriptive(rows), key="runs", formats={"q": "%.4f", "alpha": "%.4f"})
