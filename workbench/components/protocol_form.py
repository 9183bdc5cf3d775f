"""The protocol on the Study page: what a person states, signs and freezes, its files, and what came of it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from causal.analysis_script import analysis_script
from causal.protocol import Protocol, Status, readiness
from causal.protocol_fields import CONTROLS, FIELDS, Field, Form, written
from causal.protocol_text import to_docx, to_markdown
from causal.protocol_words import phrase
from causal.studies import amend_protocol, freeze_protocol, sign_protocol, state_protocol
from miner.errors import FortuitError
from miner.ledger.registry import Hypothesis
from miner.project import Project
from reports.checked import checked_protocol
from reports.gate import descriptive
from workbench import state
from workbench.clock import utc_now
from workbench.components import show
from workbench.components.study_outcome import outcome_part
from workbench.services import protocol_language, record_export

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LONG = {"plain_question", "rationale"}


def protocol_part(opened: Project, one: Hypothesis, protocol: Protocol) -> None:
    """Readiness, form or amendment, files, and the way to confirm."""
    t = state.translate()
    show.subheading("study.step_protocol")
    gates = readiness(protocol)
    frozen = protocol.status is Status.FROZEN
    said = t(f"protocol_status.{protocol.status.value}")
    (show.done if frozen else show.tell)("protocol_form.state", name=protocol.identifier, status=said)
    language = protocol_language(state.language())
    rows = [
        {
            "gate": phrase(gate.name, language),
            "met": t("yes") if gate.met else t("no"),
            "reason": phrase(gate.reason, language) or "–",
        }
        for gate in sorted(gates, key=lambda gate: gate.met)
    ]
    met = sum(1 for gate in gates if gate.met)
    with st.expander(t("study.gates", met=met, total=len(gates)), expanded=not frozen):
        titles = {name: t(f"study.{name}") for name in ("gate", "met", "reason")}
        show.table(descriptive(rows), key=f"gates.{one.id}", titles=titles)
    try:
        (_amendment if frozen else _statement)(opened, one, protocol)
        if not frozen:
            _signature(opened, one, protocol)
    except FortuitError as problem:
        show.error(problem)
    _files(opened, protocol)
    outcome_part(opened, one, protocol)


def _ask(field: Field, protocol: Protocol, key: str) -> str:
    """One field as a person fills it in; the text comes back."""
    t = state.translate()
    label, before = t(f"protocol_field.{field.path.replace('.', '_')}"), written(protocol, field.path)
    if field.asked and not before:
        label = f"{label} *"
    help_text = t(f"protocol_help.{field.form.name.lower()}") if field.form in {Form.EVENTS, Form.NAMES} else None
    place = f"{key}.{field.path}"
    if field.form is Form.CHOICE:
        options = ["", *field.choices]
        chosen = st.selectbox(
            label,
            options,
            index=options.index(before) if before in options else 0,
            format_func=lambda name: t(f"data_kind.{name}") if name else t("part.none"),
            key=place,
        )
        return str(chosen)
    if field.path == CONTROLS:
        proposed = [str(c["name"]) for c in protocol["negative_controls.proposed"]]
        held = [name for name in before.split(", ") if name in proposed]
        return ", ".join(st.multiselect(label, proposed, default=held, help=help_text, key=place))
    if field.path in LONG:
        suggested = str(protocol["suggested_question"] or "") if field.path == "plain_question" else ""
        return str(st.text_area(label, before, placeholder=suggested, key=place, max_chars=4000) or "")
    return str(st.text_input(label, before, help=help_text, key=place, max_chars=2000) or "")


def _statement(opened: Project, one: Hypothesis, protocol: Protocol) -> None:
    """All fields of a draft in one form."""
    t = state.translate()
    key = f"state.{one.id}.{protocol.content_hash[:8]}"
    typed: dict[str, str] = {}
    with st.expander(t("protocol_form.title"), icon=":material/edit_note:", expanded=True), st.form(key, border=False):
        show.sentence("protocol_form.lead")
        for group, columns in GROUPS.items():
            show.sentence(f"protocol_group.{group}")
            places = st.columns(columns)
            fields = [field for field in FIELDS.values() if _group(field) == group]
            for turn, field in enumerate(fields):
                with places[turn % columns]:
                    typed[field.path] = _ask(field, protocol, key)
        sent = st.form_submit_button(t("protocol_form.save"), icon=":material/save:")
    if sent:
        changed = {path: text for path, text in typed.items() if text.strip() != written(protocol, path)}
        if not changed:
            show.tell("protocol_form.unchanged")
            return
        with st.spinner(t("study.running")):
            state_protocol(opened, one.id, changed, person=state.person() or opened.actor.name)
        st.rerun()


GROUPS = {"question": 1, "trial": 3, "estimand": 2, "controls": 2, "data": 2, "rest": 3}


def _group(field: Field) -> str:
    head, _, rest = field.path.partition(".")
    if head == "target_trial":
        return "estimand" if rest.startswith("estimand") else "trial"
    return {
        "plain_question": "question",
        "rationale": "question",
        "negative_controls": "controls",
        "success": "estimand",
        "data_plan": "data",
    }.get(head, "rest")


def _signature(opened: Project, one: Hypothesis, protocol: Protocol) -> None:
    """A name under the design, and the freeze."""
    t = state.translate()
    open_gates = [gate for gate in readiness(protocol) if not gate.met and gate.name != "signature"]
    with st.form(f"sign.{one.id}", border=True):
        show.sentence("protocol_form.freeze_lead")
        person = st.text_input(t("protocol_form.signed_by"), state.person(), max_chars=80)
        role = st.text_input(t("protocol_form.role"), max_chars=80)
        sent = st.form_submit_button(
            t("protocol_form.freeze"), type="primary", icon=":material/lock:", disabled=bool(open_gates)
        )
    if open_gates:
        show.note("protocol_form.not_ready", n=len(open_gates))
    if sent:
        if not person.strip():
            show.warn("protocol_form.name_missing")
            return
        signed = any(one["name"] == person.strip() for one in protocol["signatures"])
        if not signed:
            sign_protocol(opened, one.id, person=person.strip(), date=utc_now().date().isoformat(), role=role.strip())
        freeze_protocol(opened, one.id, person=person.strip())
        st.rerun()


def _amendment(opened: Project, one: Hypothesis, protocol: Protocol) -> None:
    """A change of a frozen protocol: a new draft version, with what changed and why."""
    t = state.translate()
    show.note("study.hash", hash=protocol["content_hash"])
    with st.expander(t("protocol_form.amend"), icon=":material/history_edu:"), st.form(f"amend.{one.id}", border=False):
        show.sentence("protocol_form.amend_lead")
        path = st.selectbox(
            t("protocol_form.field"),
            list(FIELDS),
            format_func=lambda name: t(f"protocol_field.{name.replace('.', '_')}"),
        )
        text = st.text_area(t("protocol_form.new_text"), max_chars=4000)
        why = st.text_input(t("protocol_form.why"), max_chars=400)
        if st.form_submit_button(t("protocol_form.amend")):
            person, date = state.person() or opened.actor.name, utc_now().date().isoformat()
            amend_protocol(opened, one.id, {str(path): text}, why=why, person=person, date=date)
            st.rerun()


def _files(opened: Project, protocol: Protocol) -> None:
    """The protocol as files; the analysis script once it is frozen."""
    t = state.translate()
    language = protocol_language(state.language())
    for item in checked_protocol(protocol, state.language()).plain_items():
        show.warn("protocol_form.wording", where=item["where"], words=", ".join(map(str, item["words"])))
    files: list[tuple[str | bytes, str, str]] = [
        (protocol.to_json(), "protocol.json", "application/json"),
        (to_markdown(protocol, language), "protocol.md", "text/markdown"),
        (to_docx(protocol, language), "protocol.docx", WORD),
    ]
    if protocol.status is Status.FROZEN:
        try:
            files.append((analysis_script(protocol), "analysis.py", "text/x-python"))
        except FortuitError as problem:
            show.error(problem)
    with st.container(horizontal=True):
        for data, name, mime in files:
            title = t(f"download.{name.replace('.', '_')}")
            taken = partial(record_export, opened, data, form=name, protocol=protocol)
            show.download(data, file_name=name, mime=mime, title=title, key=name, taken=taken)
    if protocol.status is not Status.FROZEN:
        show.note("study.hash", hash=protocol.content_hash)
