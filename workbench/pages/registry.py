"""Registry: what persons took responsibility for, each version of it, and the files that leave."""

from __future__ import annotations

from functools import partial

import streamlit as st

from miner.ledger.registry import Hypothesis, Status, withdraw
from miner.project import Project
from reports.gate import descriptive, gated
from reports.registry import registry_csv, registry_denominators, registry_json, registry_rows
from workbench import state
from workbench.components import show
from workbench.services import record_export

t = state.translate()
show.heading("registry.heading", "registry.lead")
COLUMNS = (
    "id",
    "statement",
    "status",
    "person",
    "registered",
    "level",
    "effect",
    "estimate",
    "low",
    "high",
    "n",
    "m",
    "version",
    "claim",
)


def one_hypothesis(opened: Project, one: Hypothesis) -> None:
    """All versions of a hypothesis, and the way to withdraw it."""
    show.subheading("registry.one", id=one.id)
    show.label()
    show.sentence("plain", text=one.statement)
    rows = [
        {
            "version": version.version,
            "status": t(f"status.{version.status.value}"),
            "person": version.person,
            "time": version.time[:19].replace("T", " "),
            "reason": version.reason or "–",
            "statement": version.statement,
        }
        for version in one.history
    ]
    show.table(descriptive(rows), key=f"history.{one.id}")
    if st.button(t("registry.design"), type="primary", icon=":material/account_tree:", key=f"design.{one.id}"):
        state.go("h", one.id)
        st.switch_page("workbench/pages/study.py")
    if one.status is not Status.WITHDRAWN:
        with st.expander(t("registry.withdraw"), icon=":material/undo:"), st.form(f"withdraw.{one.id}"):
            show.sentence("registry.withdraw_lead")
            reason = st.text_input(t("registry.reason"), max_chars=400)
            if st.form_submit_button(t("registry.withdraw")):
                if not (reason.strip() and state.person().strip()):
                    show.warn("registry.reason_and_name")
                else:
                    withdraw(opened.ledger, one.id, base=one.version, person=state.person(), reason=reason)
                    st.rerun()


def exports(opened: Project) -> None:
    """CSV and JSON, each recorded in the ledger when taken."""
    language = state.language()
    files = (
        ("registry.csv", "text/csv", registry_csv, t("download.registry_csv")),
        ("registry.json", "application/json", registry_json, t("download.registry_json")),
    )
    with st.container(horizontal=True):
        for name, mime, write, title in files:
            text = write(opened, language)
            taken = partial(record_export, opened, text, form=name)
            show.download(text, file_name=name, mime=mime, title=title, key=name, taken=taken)


opened = state.project()
known = opened.hypotheses() if opened is not None else ()
if opened is None or not known:
    show.tell("registry.empty")
else:
    show.sentence("plain", text=registry_denominators(opened, state.language()))
    rows = [
        {
            **row,
            "status": t(f"status.{row['status']}"),
            "level": t(f"level.{row['level'].replace(' ', '_')}"),
            "effect": t(f"effect.{row['effect']}") if row["effect"] else "–",
            "registered": row["registered"][:10],
        }
        for row in registry_rows(opened, state.language())
    ]
    formats = {"estimate": "%.2f", "low": "%.2f", "high": "%.2f"}
    picked = show.table(gated(rows, COLUMNS), key="registry", formats=formats, pick="single-row")
    exports(opened)
    wanted = str(rows[picked[0]]["id"]) if picked else state.at("h")
    chosen = next((one for one in known if one.id == wanted), None)
    if chosen is not None:
        one_hypothesis(opened, chosen)
    else:
        show.note("registry.pick")
