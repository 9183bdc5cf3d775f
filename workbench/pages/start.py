"""Start: what this is in three lines, the demo in one click, the projects at hand."""

from __future__ import annotations

import streamlit as st

from miner.errors import FortuitError
from reports.gate import descriptive
from workbench import state
from workbench.components import show
from workbench.demo import create_demo
from workbench.session import open_project

DEMO = "nhefs-demo"
t = state.translate()
show.heading("start.heading", "start.lead")

with st.container(horizontal=True):
    if st.button(t("start.open_demo"), type="primary", icon=":material/play_arrow:", key="open_demo"):
        if state.project_path(DEMO) is None:
            create_demo(state.projects_folder() / DEMO).close()
        state.go("p", DEMO)
        for place in ("run", "h", "finding", "job"):
            state.leave(place)
        st.switch_page("workbench/pages/mine.py")
    if st.button(t("start.new"), icon=":material/upload_file:", key="new_project"):
        for place in state.PLACES[:-1]:
            state.leave(place)
        st.switch_page("workbench/pages/data.py")
show.note("start.demo_note")

show.subheading("start.projects")
rows = []
for folder in sorted(state.projects_folder().iterdir()):
    if state.project_path(folder.name) is None:
        continue
    try:
        opened = open_project(folder, state.person())
    except FortuitError as problem:
        show.error(problem)
        continue
    rows.append(
        {
            "folder": folder.name,
            "name": opened.name,
            "persons": int(opened.dataset_event["rows"]) if opened.has_table else None,
            "runs": len(opened.runs()),
            "tests_run": opened.tests_run,
            "hypotheses": len(opened.hypotheses()),
        }
    )
    opened.close()
if rows:
    picked = show.table(descriptive(rows), key="projects", pick="single-row")
    chosen = rows[picked[0]]["folder"] if picked else None
    if st.button(t("start.open"), disabled=chosen is None, icon=":material/folder_open:", key="open_project"):
        state.go("p", str(chosen))
        for place in ("run", "h", "finding", "job"):
            state.leave(place)
        st.switch_page("workbench/pages/findings.py")
else:
    show.tell("start.no_projects")

show.subheading("start.how")
for step in ("one", "two", "three", "four"):
    show.sentence(f"start.step_{step}")
