"""Single look: one pair or one rule on demand, declared before it is computed, in the ordered family of the project."""

from __future__ import annotations

import streamlit as st

from miner.looks import conditions, look, looks
from miner.project import Project
from miner.tables.model import Kind
from reports.confirmation import LOOKS, look_rows
from reports.gate import gated
from workbench import state
from workbench.components import show

t = state.translate()
show.heading("look.heading", "look.lead")
FORMATS = {"estimate": "%.2f", "low": "%.2f", "high": "%.2f", "adjusted_estimate": "%.2f", "p": "%.3g"}
APART = {Kind.TEXT, Kind.KEY, Kind.DURATION}


def ask(opened: Project) -> None:
    """Choose what to test; nothing is computed before it is declared."""
    kind = st.segmented_control(
        t("look.kind"), ["pair", "rule"], default="pair", format_func=lambda name: t(f"look.{name}"), key="look.kind"
    )
    dictionary = opened.dictionary
    with st.form("look"):
        if kind == "rule":
            known = list(conditions(opened))
            left = st.multiselect(t("look.conditions"), known, max_selections=3, placeholder=t("look.choose"))
            right = st.selectbox(t("look.outcome"), known, index=None, placeholder=t("look.choose"))
        else:
            names = [variable.name for variable in dictionary.variables if variable.kind not in APART]
            first = st.selectbox(t("look.first"), names, index=None, placeholder=t("look.choose"))
            left = [] if first is None else [first]
            right = st.selectbox(t("look.second"), names, index=None, placeholder=t("look.choose"))
        if st.form_submit_button(t("look.test"), type="primary", icon=":material/visibility:"):
            if not left or right is None or right in left:
                show.warn("look.incomplete")
            else:
                look(opened, left, str(right))
    show.note("look.refused_note")


def so_far(opened: Project) -> None:
    """All looks in their order, with verdicts that stay."""
    show.subheading("look.so_far")
    found = looks(opened.ledger)
    if not found:
        show.tell("look.none")
        return
    rows = [
        {**row, "effect": t(f"effect.{row['effect']}") if row["effect"] else "–"}
        for row in look_rows(found, opened.profile, state.language())
    ]
    show.table(gated(rows, LOOKS), key="looks", formats=FORMATS)
    show.note("look.explained")


opened = state.project()
if opened is None or not opened.has_table:
    show.tell("look.empty")
else:
    ask(opened)
    so_far(opened)
