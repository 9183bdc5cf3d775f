"""Data: read a table, see what was found, declare the dictionary, split, freeze; afterwards, who is in it."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import streamlit as st

from miner.privacy.profiles import Setting
from miner.tables.dictionary import dump_dictionary, from_rows, load_dictionary, to_rows
from miner.tables.model import Kind, Role
from miner.tables.sandbox import read_file_safely
from miner.tables.suggestions import suggest
from miner.tables.text_table import TextTable
from miner.tables.time_order import check_time_order
from reports.gate import descriptive
from workbench import state
from workbench.components import show
from workbench.components.profile import show_profile
from workbench.services import create_project

t = state.translate()
show.heading("data.heading", "data.lead")
GRID = ("name", "label", "kind", "role", "unit", "missing_codes", "levels", "from", "to", "cut_points", "event", "note")


def read_upload(name: str, data: bytes) -> TextTable:
    """Read an uploaded file in a child process with limits; kept for this session by its hash."""
    digest = hashlib.sha256(data).hexdigest()
    held = st.session_state.get("upload")
    if held is None or held[0] != (name, digest):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / (Path(name).name or "table")
            path.write_bytes(data)
            held = ((name, digest), read_file_safely(path))
        st.session_state["upload"] = held
    table: TextTable = held[1]
    return table


def show_report(table: TextTable) -> None:
    """What was found while reading: size, encoding, messages, columns."""
    report = table.report
    show.figures(
        [
            (t("data.rows"), show.as_number(report.rows, 0), t("data.rows_help")),
            (t("data.columns"), show.as_number(len(report.columns), 0), ""),
            (t("data.encoding"), report.encoding or report.format, ""),
            (t("data.delimiter"), {"\t": "TAB"}.get(report.delimiter, report.delimiter) or "–", ""),
        ]
    )
    for message in report.messages:
        show.plain_warning(message.text)
    if not report.messages:
        show.done("data.nothing_odd")


def freeze_form(table: TextTable) -> None:
    """Dictionary, split and profile; freezing makes the project."""
    own = st.file_uploader(t("data.dictionary_file"), type=["toml"], key="dictionary_file")
    base = load_dictionary(own.getvalue()) if own is not None else suggest(table)
    show.subheading("data.dictionary")
    show.sentence("data.dictionary_lead")
    rows = to_rows(base)
    columns = tuple(name for name in GRID if rows and name in rows[0])
    edited = show.editable(
        descriptive(rows, columns),
        key=f"dictionary.{table.report.content_sha256[:12]}.{own.name if own else ''}",
        titles={name: t(f"dictionary.{name}") for name in columns},
        choices={"kind": [kind.value for kind in Kind], "role": [role.value for role in Role]},
        fixed=("name",),
    )
    dictionary = from_rows(edited, base)
    flagged = check_time_order(
        dictionary,
        dictionary.names(Role.EXPOSURE),
        dictionary.names(Role.OUTCOME),
        dictionary.names(Role.COVARIATE, Role.STRATUM),
    )
    refused = [finding for finding in flagged if finding.refused]
    for finding in refused[:5]:
        show.plain_warning(finding.text)
    if len(flagged) > len(refused):
        show.note("data.flagged", n=len(flagged) - len(refused))
    show.download(
        dump_dictionary(dictionary),
        file_name="dictionary.toml",
        mime="application/toml",
        title=t("data.save_dictionary"),
        key="save_dictionary",
    )
    show.subheading("data.freeze")
    with st.form("freeze"):
        name = st.text_input(t("data.project_name"), value=_folder_name(table.name), max_chars=40)
        split = st.radio(
            t("data.split"),
            ("0.5", "0.7", "none"),
            format_func=lambda choice: t(f"data.split_{choice.replace('.', '_')}"),
        )
        profile = st.selectbox(
            t("data.profile"),
            [setting.value for setting in Setting],
            index=1,
            format_func=lambda value: t(f"profile.{value.replace(' ', '_')}"),
        )
        losses = bool(table.report.losses)
        confirmed = st.checkbox(t("data.confirm_losses")) if losses else True
        if st.form_submit_button(t("data.freeze_button"), type="primary", icon=":material/lock:"):
            if not state.PROJECT_NAME.fullmatch(name):
                show.warn("data.bad_name")
            elif not confirmed:
                show.warn("data.unconfirmed")
            else:
                create_project(
                    state.projects_folder() / name,
                    name=name,
                    table=table,
                    dictionary=dictionary,
                    fraction=None if split == "none" else float(split),
                    profile=str(profile),
                    person=state.person(),
                ).close()
                st.session_state.pop("upload", None)
                state.go("p", name)
                st.rerun()


def _folder_name(file_name: str) -> str:
    stem = Path(file_name).stem.lower()
    return (
        "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in stem).strip("-")[:40]
        or "project"
    )


opened = state.project()
if opened is not None and opened.has_table:
    show.done("data.frozen", name=opened.name, rows=show.as_number(int(opened.dataset_event["rows"]), 0))
    split = opened.split_event
    show.sentence(
        "data.split_said" if split["method"] != "none" else "data.no_split_said",
        discovery=show.as_number(int(split["discovery_rows"]), 0),
        sealed=show.as_number(int(split["confirmation_rows"]), 0),
    )
    if opened.dictionary.licence:
        show.note("data.licence", licence=opened.dictionary.licence, source=opened.dictionary.source)
    reading, variables, persons = st.tabs([t("data.tab_report"), t("data.tab_dictionary"), t("data.tab_persons")])
    with reading:
        for message in opened.report.messages:
            show.plain_warning(message.text)
        show.note("data.fingerprint", hash=str(opened.dataset_event["content_sha256"]))
    with variables:
        rows = to_rows(opened.dictionary)
        columns = tuple(name for name in GRID if name in rows[0])
        show.table(
            descriptive(rows, columns), key="dictionary", titles={name: t(f"dictionary.{name}") for name in columns}
        )
    with persons:
        show_profile(opened)
else:
    uploaded = st.file_uploader(t("data.upload"), key="upload_file", help=t("data.upload_help"))
    if uploaded is None:
        show.tell("data.empty")
    else:
        table = read_upload(uploaded.name, uploaded.getvalue())
        show_report(table)
        freeze_form(table)
