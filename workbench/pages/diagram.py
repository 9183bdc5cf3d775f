"""Diagram: what a person assumes, drawn by mouse or by keyboard, with its roles, paths and verdict at every step."""

from __future__ import annotations

from functools import partial

import streamlit as st

from causal.dag import Dag
from causal.dag_drawing import draw_svg
from causal.dag_formats import Format, parse, parse_dagitty, write, write_dagitty
from causal.identification import Verdict, identify
from causal.paths import NodeRole, node_roles
from causal.question import suggested_parts
from causal.studies import Draft, finding_of, latest_draft
from miner.errors import FortuitError
from miner.ledger.registry import Hypothesis
from miner.project import Project
from reports.html import drawing_words
from workbench import state
from workbench.components import show
from workbench.components.diagram_editor import by_keyboard, by_mouse
from workbench.components.diagram_text import change, held, steps_back, undo
from workbench.components.study_results import path_table
from workbench.services import record_export

t = state.translate()
show.heading("diagram.heading", "diagram.lead")
SUFFIX = {Format.DAGITTY: "dagitty", Format.DOT: "dot", Format.GML: "gml", Format.MERMAID: "mmd"}


def editor(opened: Project, one: Hypothesis) -> None:
    """Editor, verdict and files of the diagram of one hypothesis."""
    before = latest_draft(one)
    parts = before.parts if before is not None else suggested_parts(finding_of(one), opened.dictionary)
    text = held(one.id, before, parts)
    try:
        dag = parse_dagitty(text)
    except FortuitError as problem:
        show.error(problem)
        show.code(text)
        exchange(opened, one, None, text)
        return
    roles = _roles(dag)
    with st.container(horizontal=True):
        steps = steps_back(one.id)
        if st.button(t("diagram.undo", n=steps), icon=":material/undo:", disabled=not steps, key="undo_diagram"):
            undo(one.id)
            st.rerun()
        if st.button(t("diagram.to_study"), type="primary", icon=":material/science:", key="to_study"):
            st.switch_page("workbench/pages/study.py")
    mouse, keyboard, picture = st.tabs([t("diagram.by_mouse"), t("diagram.by_keyboard"), t("diagram.picture")])
    turn = f"{one.id}.{steps_back(one.id)}"
    try:
        with mouse:
            show.note("diagram.mouse_note")
            drawn = by_mouse(dag, roles, key=f"mouse.{one.id}")
        with keyboard:
            tabled = by_keyboard(dag, tuple(opened.discovery.columns), key=f"keyboard.{turn}")
        for made in (drawn, tabled):
            if made != dag:
                change(one.id, text, write_dagitty(made))
                st.rerun()
    except FortuitError as problem:
        show.error(problem)
    with picture:
        verdict = _found(dag)
        adjusted = verdict[1] if verdict else ()
        svg = draw_svg(dag, roles, adjusted=adjusted, words=drawing_words(state.language()))
        show.drawing(svg, alt=t("chart.dag_said", nodes=len(dag.names), edges=len(dag.edges)))
    told(opened, one, dag, text)
    exchange(opened, one, dag, text)


def _roles(dag: Dag) -> dict[str, NodeRole]:
    return node_roles(dag, dag.exposures, dag.outcomes) if dag.exposures and dag.outcomes else {}


def _found(dag: Dag) -> tuple[Verdict, tuple[str, ...]] | None:
    if not (dag.exposures and dag.outcomes):
        return None
    found = identify(dag, dag.exposures, dag.outcomes)
    return found.verdict, found.minimal_sets[0] if found.minimal_sets else ()


def told(opened: Project, one: Hypothesis, dag: Dag, text: str) -> None:
    """Verdict, sets and paths of the diagram as it stands."""
    show.subheading("diagram.verdict")
    if not (dag.exposures and dag.outcomes):
        show.tell("study.unassigned")
        return
    try:
        dag.check_columns(opened.discovery.columns)
        found = identify(dag, dag.exposures, dag.outcomes)
    except FortuitError as problem:
        show.error(problem)
        return
    said = t(f"verdict.{found.verdict.value}")
    (show.done if found.verdict is Verdict.BACKDOOR else show.warn)("study.verdict_said", verdict=said)
    for names in found.minimal_sets[:5]:
        show.note("study.minimal_set", names=", ".join(names) or t("study.empty_set"))
    for remedy in found.must_measure[:3]:
        show.note("study.must_measure", names=", ".join(remedy.names))
    sets = [tuple(names) for names in found.minimal_sets[:20]] or [()]
    adjusted = st.multiselect(t("diagram.given"), list(dag.observed), default=list(sets[0]), key=f"given.{one.id}")
    draft = Draft(parts={}, diagram=text)
    path_table(draft, dag.exposures[0], dag.outcomes[0], adjusted, key=f"diagram.{one.id}")


def exchange(opened: Project, one: Hypothesis, dag: Dag | None, text: str) -> None:
    """The diagram as text of four formats, in and out."""
    with st.expander(t("diagram.exchange"), icon=":material/swap_horiz:"):
        if dag is not None:
            with st.container(horizontal=True):
                for form, suffix in SUFFIX.items():
                    written = write(dag, form)
                    name = f"diagram.{suffix}"
                    taken = partial(record_export, opened, written, form=name)
                    title = t(f"dag_format.{form.value}")
                    show.download(written, file_name=name, mime="text/plain", title=title, key=name, taken=taken)
        with st.form(f"import.{one.id}", border=False):
            typed = st.text_area(t("diagram.import"), height=180, max_chars=200_000, help=t("diagram.import_help"))
            if st.form_submit_button(t("diagram.take"), icon=":material/upload:") and typed.strip():
                try:
                    change(one.id, text, write_dagitty(parse(str(typed))))
                except FortuitError as problem:
                    show.error(problem)
                    return
                st.rerun()


opened = state.project()
known = [one for one in opened.hypotheses() if one.status.value != "withdrawn"] if opened is not None else []
if opened is None or not known:
    show.tell("study.empty")
else:
    ids = [one.id for one in known]
    chosen = st.selectbox(
        t("study.hypothesis"),
        ids,
        index=ids.index(state.at("h")) if state.at("h") in ids else len(ids) - 1,
        format_func=lambda name: f"{name}: {next(one.statement for one in known if one.id == name)}",
        key="diagram_hypothesis",
    )
    state.go("h", str(chosen))
    editor(opened, next(one for one in known if one.id == chosen))
