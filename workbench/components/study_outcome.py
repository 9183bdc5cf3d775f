"""What came of a frozen protocol: run on a new file or on the sealed part, or a study that was run elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from causal.confirmation import Verdict
from causal.protocol import Protocol, Status
from causal.protocol_words import phrase
from causal.study_outcomes import confirm_on_file, confirm_on_sealed_part, record_outside_result
from miner.errors import FortuitError
from miner.ledger.registry import Hypothesis
from miner.project import Project
from miner.tables.sandbox import read_file_safely
from miner.tables.typed import apply_dictionary
from reports.gate import gated
from workbench import state
from workbench.components import show
from workbench.services import protocol_language

ELSEWHERE = (Verdict.SUPPORTED, Verdict.NOT_SUPPORTED, Verdict.INCONCLUSIVE)


def outcome_part(opened: Project, one: Hypothesis, protocol: Protocol) -> None:
    """Results so far, and the ways to another one."""
    results: list[Mapping[str, Any]] = list(one.evidence.get("results", ()))
    frozen = protocol.status is Status.FROZEN
    if not (results or frozen):
        return
    t = state.translate()
    show.subheading("outcome_part.title")
    if results:
        _told(results, one)
    if not frozen:
        return
    titles = [t(f"outcome_part.{name}") for name in ("new_file", "sealed", "elsewhere")]
    for place, way in zip(st.tabs(titles), (_new_file, _sealed, _elsewhere), strict=True):
        with place:
            try:
                way(opened, one)
            except FortuitError as problem:
                show.error(problem)


def _told(results: list[Mapping[str, Any]], one: Hypothesis) -> None:
    t = state.translate()
    language = protocol_language(state.language())
    rows = []
    for result in results:
        estimate = result.get("estimate") or result
        rows.append(
            {
                "source": result.get("doi") or phrase(str(result.get("source") or ""), language),
                "verdict": t(f"result.{result['verdict'].replace(' ', '_')}"),
                "value": estimate.get("value"),
                "low": estimate.get("ci_low"),
                "high": estimate.get("ci_high"),
                "n": estimate.get("n"),
                "note": t("outcome_part.reused") if result.get("reused_holdout") else result.get("note", "") or "–",
            }
        )
    titles = {name: t(f"outcome_column.{name}") for name in rows[0]}
    formats = {"value": "%.3f", "low": "%.3f", "high": "%.3f"}
    show.table(gated(rows, tuple(rows[0])), key=f"results.{one.id}", titles=titles, formats=formats)
    show.note("outcome_part.never_proved")


def _new_file(opened: Project, one: Hypothesis) -> None:
    t = state.translate()
    show.sentence("outcome_part.new_file_lead")
    with st.form(f"confirm_file.{one.id}", border=False):
        file = st.file_uploader(t("outcome_part.file"), type=["csv", "tsv", "txt", "parquet"])
        source = st.text_input(t("outcome_part.source"), max_chars=400, help=t("outcome_part.source_help"))
        sent = st.form_submit_button(t("outcome_part.run"), icon=":material/play_arrow:")
    if sent:
        if file is None:
            show.warn("outcome_part.no_file")
            return
        dataset = apply_dictionary(read_file_safely(file.getvalue(), name=file.name), opened.dictionary)
        confirm_on_file(opened, one.id, dataset, source=source, person=_person(opened))
        st.rerun()


def _sealed(opened: Project, one: Hypothesis) -> None:
    t = state.translate()
    show.sentence("outcome_part.sealed_lead")
    with st.form(f"confirm_sealed.{one.id}", border=False):
        sure = st.checkbox(t("outcome_part.sure"))
        sent = st.form_submit_button(t("outcome_part.open"), icon=":material/lock_open:")
    if sent:
        if not sure:
            show.warn("outcome_part.not_sure")
            return
        confirm_on_sealed_part(opened, one.id, person=_person(opened))
        st.rerun()


def _elsewhere(opened: Project, one: Hypothesis) -> None:
    t = state.translate()
    show.sentence("outcome_part.elsewhere_lead")
    with st.form(f"elsewhere.{one.id}", border=False):
        left, middle, right = st.columns(3)
        with left:
            doi = st.text_input("DOI", max_chars=200, placeholder="10.1000/182")
            verdict = st.selectbox(
                t("outcome_column.verdict"),
                [verdict.value for verdict in ELSEWHERE],
                format_func=lambda name: t(f"result.{name.replace(' ', '_')}"),
            )
        with middle:
            measure = st.text_input(t("outcome_part.measure"), max_chars=80)
            value = st.number_input(t("outcome_column.value"), value=None)
        with right:
            low = st.number_input(t("outcome_column.low"), value=None)
            high = st.number_input(t("outcome_column.high"), value=None)
        note = st.text_input(t("outcome_column.note"), max_chars=400)
        sent = st.form_submit_button(t("outcome_part.record"), icon=":material/add:")
    if sent:
        record_outside_result(
            opened, one.id, doi=doi, verdict=Verdict(verdict), measure=measure, person=_person(opened),
            value=value, low=low, high=high, note=note,
        )  # fmt: skip
        st.rerun()


def _person(opened: Project) -> str:
    return state.person() or opened.actor.name
