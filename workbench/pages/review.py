"""Review: a pack dropped on the page, read apart, audited, and compared with a checkpoint that was kept elsewhere."""

from __future__ import annotations

from typing import Any

import streamlit as st

from reports.gate import descriptive
from workbench import state
from workbench.components import show
from workbench.review import review_safely

t = state.translate()
show.heading("review.heading", "review.lead")
FAMILIES = ("run", "m", "tests_run", "withheld", "method", "alpha", "recorded", "recomputed", "same")


def verdict(found: dict[str, Any]) -> None:
    """The verdict first, then what it rests on and what it does not."""
    (show.done if found["exit_code"] == 0 else show.warn)(
        "review.verdict",
        kind=t(f"review.kind.{found['kind']}"),
        verdict=t(f"review.said.{found['exit_code']}"),
        entries=show.as_number(int(found["size"]), 0),
        tests=show.as_number(int(found["tests"]), 0),
        families=show.as_number(int(found["families"]), 0),
    )
    if found["anchored"]:
        show.done("review.anchored")
    else:
        show.tell("review.not_anchored")


def details(found: dict[str, Any]) -> None:
    """Findings of the audit, families with both counts of decisions, and the gaps."""
    show.subheading("review.findings")
    rows = [
        {"code": one["code"], "severity": one["severity"], "message": one["message"], "entries": one["seqs"]}
        for one in found["findings"]
    ]
    if rows:
        show.table(descriptive(rows), key="review.findings")
    else:
        show.sentence("review.no_findings")
    if found["family_rows"]:
        show.subheading("review.families")
        show.sentence("review.families_lead")
        families = [{**row, "same": t("yes" if row.get("same", True) else "no")} for row in found["family_rows"]]
        show.table(descriptive(families, FAMILIES), key="review.families", formats={"alpha": "%.4f"})
    show.subheading("review.not_checked")
    for text in found["not_checked"]:
        show.note("plain", text=text)
    show.subheading("review.head")
    show.code(found["checkpoint"])


with st.form("review"):
    pack = st.file_uploader(t("review.pack"), type="zip", key="review.pack")
    kept = st.file_uploader(t("review.checkpoint"), type="txt", key="review.checkpoint")
    asked = st.form_submit_button(t("review.check"), type="primary", icon=":material/fact_check:")
if asked and pack is not None:
    with st.spinner(t("review.checking")):
        st.session_state.pop("review.found", None)
        checkpoint = "" if kept is None else kept.getvalue().decode("utf-8", errors="replace")
        st.session_state["review.found"] = review_safely(pack.getvalue(), checkpoint=checkpoint)
answer = st.session_state.get("review.found")
if answer is None:
    show.tell("review.start")
else:
    verdict(answer)
    details(answer)
