"""What stands on every page: language and name in the side bar, the risk gauge above, the intended use below."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from reports.translation import LANGUAGES
from workbench import state
from workbench.components import show

FOLDER = Path(__file__).parent


def sidebar() -> None:
    """Language, the name that signs, and the project one is in."""
    t = state.translate()
    st.logo(str(FOLDER / "logo.svg"), size="large", icon_image=str(FOLDER / "icon.svg"))
    with st.sidebar:
        chosen = st.segmented_control(
            t("sidebar.language"),
            LANGUAGES,
            default=state.language(),
            format_func=lambda code: {"en": "English", "fr": "Français"}[code],
            key="sidebar.language",
        )
        if chosen and chosen != state.language():
            state.go("lang", chosen)
            st.rerun()
        st.text_input(t("sidebar.person"), key="person", help=t("sidebar.person_help"), max_chars=80)


def gauge() -> None:
    """How much was tried, how much was kept, and what is still sealed: counted from the ledger at every look."""
    opened = state.project()
    if opened is None:
        return
    t = state.translate()
    runs = opened.runs()
    sealed = t("gauge.none")
    if opened.has_table:
        split = opened.split_event
        sealed = t("gauge.sealed", n=show.as_number(int(split["confirmation_rows"]), 0))
        if split["method"] == "none":
            sealed = t("gauge.no_split")
    bound = ""
    if runs:
        last = runs[-1]
        found = state.findings(opened, last.run)
        bound = t("gauge.bound", run=last.run, bound=show.as_number(found.associated, 0), m=show.as_number(last.m, 0))
    parts = [
        f"**{show.escaped(opened.name)}**",
        t("gauge.tests", n=show.as_number(opened.tests_run, 0)),
        t("gauge.hypotheses", n=show.as_number(len(opened.hypotheses()), 0)),
        *([bound] if bound else []),
        sealed,
    ]
    with st.container(border=True, key="gauge"):
        show.line(" · ".join(parts))


def foot() -> None:
    """Label and intended use under every page."""
    show.note("foot_line")
