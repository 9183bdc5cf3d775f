"""Who is in the discovery part: Table 1 by an outcome or exposure, chosen by the person."""

from __future__ import annotations

import streamlit as st

from miner.privacy.profiles import Place
from miner.project import Project
from miner.tables.model import Kind, Role
from reports.tables import table_one_rows
from workbench import state
from workbench.components import show


def show_profile(opened: Project) -> None:
    """Table 1 of the discovery part with standardised differences; no test is run, so none is hidden."""
    t = state.translate()
    show.sentence("data.persons_lead")
    dictionary = opened.dictionary
    groups = ["", *(v.name for v in dictionary if v.kind is Kind.BINARY and v.role in {Role.EXPOSURE, Role.OUTCOME})]
    by = st.selectbox(
        t("data.group_by"), groups, format_func=lambda name: dictionary[name].title if name else t("data.everyone")
    )
    names = tuple(
        variable.name
        for variable in dictionary
        if variable.role in {Role.EXPOSURE, Role.OUTCOME, Role.COVARIATE, Role.STRATUM}
        and variable.name in opened.discovery.columns
        and variable.name != by
    )
    safe = table_one_rows(opened, names, str(by or ""), Place.SCREEN, state.language())
    titles = {
        name: t(f"table_one.{name}") if name in {"variable", "unknown", "difference"} else name for name in safe.columns
    }
    show.table(safe, key=f"table_one.{by}", titles=titles)
    show.note("data.persons_note")
