"""Confirm: freeze a list, weigh what the sealed part can show, open it once with a typed word, and read the results."""

from __future__ import annotations

import streamlit as st

from miner.ledger.registry import Status
from miner.project import Project
from miner.sealed import FrozenList, confirm_list, freeze, lists, next_level, warnings
from reports.confirmation import MEMBERS, RESULTS, member_rows, result_rows
from reports.gate import gated
from workbench import state
from workbench.components import show

t = state.translate()
show.heading("confirm.heading", "confirm.lead")
SHARES = {"power": "percent", "power_half": "percent", "least_expected": "%.1f"}
VALUES = {"estimate": "%.2f", "low": "%.2f", "high": "%.2f", "p": "%.3g", "p_holm": "%.3g"}


def freeze_form(opened: Project, known: tuple[FrozenList, ...]) -> None:
    """Choose registered hypotheses and freeze them as one list."""
    show.subheading("confirm.freeze")
    listed = {name for one in known for name in one.hypotheses}
    free = {
        one.id: one.statement
        for one in opened.hypotheses()
        if one.id not in listed and one.status is not Status.WITHDRAWN
    }
    if not free:
        show.tell("confirm.nothing_registered")
        return
    show.sentence("confirm.freeze_lead")
    with st.form("freeze"):
        chosen = st.multiselect(
            t("confirm.choose"),
            list(free),
            format_func=lambda name: f"{name}  {free[name]}",
            placeholder=t("look.choose"),
        )
        if st.form_submit_button(t("confirm.freeze"), type="primary", icon=":material/ac_unit:"):
            if not (chosen and state.person().strip()):
                show.warn("confirm.no_name")
                return
            made = freeze(opened, chosen, person=state.person())
            st.session_state["frozen"] = made.id
            st.rerun()


def before_opening(opened: Project, one: FrozenList) -> None:
    """What can be known of each member, and the word that opens the sealed part."""
    if one.late:
        show.warn("confirm.late")
    found = warnings(opened, one)
    show.sentence("confirm.next_level", level=show.as_number(next_level(opened), 4))
    show.sentence("confirm.power_lead")
    rows = member_rows(opened, one, found, opened.profile, state.language())
    show.table(gated(rows, MEMBERS), key=f"members.{one.id}", formats=SHARES)
    sparse = sum(warning.sparse for warning in found)
    if sparse:
        show.warn("confirm.sparse", n=sparse)
    if one.opening is not None:
        show.warn("confirm.unfinished")
    word = t("confirm.word")
    with st.form(f"open.{one.id}"):
        show.sentence("confirm.open_lead", word=word)
        typed = st.text_input(t("confirm.type_word"), max_chars=20, key=f"word.{one.id}")
        if st.form_submit_button(t("confirm.open"), icon=":material/lock_open:"):
            if typed.strip() != word:
                show.warn("confirm.open_lead", word=word)
                return
            with st.spinner(t("confirm.opening")):
                confirm_list(opened, one.id, person=state.person() or opened.actor.name)
            st.rerun()


def results(opened: Project, one: FrozenList) -> None:
    """What the sealed part said, with the level it was asked at."""
    assert one.opening is not None  # noqa: S101  (there is no result without an opening)
    level = show.as_number(float(one.opening["alpha"]), 4)
    show.sentence("confirm.opened", number=one.opening["number"], level=level, m=len(one.rows))
    if one.opening["reused"]:
        show.warn("confirm.reused")
    rows = [
        {**row, "effect": t(f"effect.{row['effect']}") if row["effect"] else "–"}
        for row in result_rows(one, opened.profile, state.language())
    ]
    show.table(gated(rows, RESULTS), key=f"results.{one.id}", formats=VALUES)
    show.note("confirm.shared_bias")


opened = state.project()
if opened is None or not opened.has_table:
    show.tell("confirm.empty")
elif opened.split_event["method"] == "none":
    show.tell("confirm.nothing_sealed")
else:
    known = lists(opened.ledger)
    frozen_now = st.session_state.pop("frozen", None)
    if frozen_now is not None:
        show.done("confirm.frozen", list=frozen_now)
    for one in reversed(known):
        show.subheading("confirm.list", list=one.id)
        show.note("confirm.members", person=one.person, time=one.time[:16].replace("T", " "), sha=one.sha256[:16])
        if one.result is None:
            before_opening(opened, one)
        else:
            results(opened, one)
    freeze_form(opened, known)
