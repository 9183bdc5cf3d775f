"""The frame of the workbench: navigation, language, risk gauge, label, error boundary. Nothing is computed here."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from miner.errors import FortuitError
from workbench import state
from workbench.components import show
from workbench.components.frame import foot, gauge, sidebar

SECTIONS = {
    "nav.explore": ("start", "data", "mine", "findings", "look"),
    "nav.register": ("registry", "confirm", "ledger", "review"),
    "nav.validate": ("diagram", "study"),
    "nav.report": ("report", "help"),
}
ICONS = {
    "start": ":material/home:",
    "data": ":material/table_chart:",
    "mine": ":material/query_stats:",
    "findings": ":material/scatter_plot:",
    "registry": ":material/assignment:",
    "ledger": ":material/receipt_long:",
    "look": ":material/visibility:",
    "confirm": ":material/lock_open:",
    "review": ":material/fact_check:",
    "diagram": ":material/schema:",
    "study": ":material/account_tree:",
    "report": ":material/description:",
    "help": ":material/help:",
}

ICON = Path(__file__).parent / "workbench" / "components" / "icon.svg"
st.set_page_config(page_title="Fortuit", page_icon=str(ICON), layout="wide")
state.restore()
t = state.translate()
page = st.navigation(
    {
        t(section): [
            st.Page(
                f"workbench/pages/{name}.py",
                title=t(f"nav_page.{name}"),
                icon=ICONS[name],
                url_path=name,
                default=name == "start",
                help=t(f"{name}.help"),
            )
            for name in names
        ]
        for section, names in SECTIONS.items()
    },
    expanded=True,
)
sidebar()
try:
    gauge()
    page.run()
    state.viewed(page.url_path)
except FortuitError as problem:
    show.error(problem)
foot()
