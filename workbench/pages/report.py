"""Report: the whole project in one HTML file that can be read anywhere and runs nothing."""

from __future__ import annotations

from functools import partial

import streamlit as st

from reports.html import report_html
from workbench import state
from workbench.components import show
from workbench.services import record_export

t = state.translate()
show.heading("report.heading", "report.page_lead")
opened = state.project()
if opened is None or not opened.has_table:
    show.tell("report.empty")
else:
    if st.button(t("report.build"), type="primary", icon=":material/description:", key="build_report"):
        with st.spinner(t("report.building")):
            st.session_state["report"] = (str(opened.path), report_html(opened, state.language()))
    held = st.session_state.get("report")
    if held is not None and held[0] == str(opened.path):
        show.done("report.built", kib=show.as_number(len(held[1].encode()) // 1024, 0))
        show.download(
            held[1],
            file_name="report.html",
            mime="text/html",
            title=t("download.report"),
            key="report_html",
            taken=partial(record_export, opened, held[1], form="report.html"),
        )
    show.subheading("report.parts")
    for part in ("data", "findings", "registry", "study", "record"):
        show.sentence(f"report.part_{part}")
    with st.expander(t("mine.code"), icon=":material/code:"):
        show.code(f"fortuit report {opened.path.name} --output report.html", "bash")
