"""Ledger: every family with its m, every event, the checks a reviewer runs, and what another correction would say."""

from __future__ import annotations

import json

import numpy as np
import streamlit as st

from miner.ledger.audit import audit
from miner.multiplicity import Correction, adjust, rejected
from miner.project import Project
from reports.gate import descriptive
from workbench import state
from workbench.components import show
from workbench.components.family import show_family

t = state.translate()
show.heading("ledger.heading", "ledger.lead")
WHAT_IF = (
    Correction.BONFERRONI,
    Correction.HOLM,
    Correction.HOMMEL,
    Correction.BENJAMINI_HOCHBERG,
    Correction.BENJAMINI_YEKUTIELI,
)


def families(opened: Project) -> None:
    """Each family: what was declared, what was computed, at which levels."""
    rows = []
    for family in opened.runs():
        found = state.findings(opened, family.run)
        levels = found.count_levels()
        rows.append(
            {
                "run": family.run,
                "m": family.m,
                "tests_run": family.tests_run,
                "uncomputed": family.m - family.tests_run,
                "q": family.q,
                "alpha": family.alpha,
                **{level: levels[level] for level in ("familywise", "robust", "screened", "unadjusted")},
                "run_hash": family.run_hash[:16],
            }
        )
    if rows:
        show.table(descriptive(rows), key="families", formats={"q": "%.4f", "alpha": "%.4f"})
    else:
        show.tell("ledger.no_family")


def what_if(opened: Project) -> None:
    """How many would remain under another correction, at the same levels; nothing is claimed from it."""
    runs = [family for family in opened.runs() if not family.scratch]
    if not runs:
        return
    show.subheading("ledger.what_if")
    show.sentence("ledger.what_if_lead")
    run = st.selectbox(t("findings.run"), [family.run for family in runs], index=len(runs) - 1, key="what_if_run")
    found = state.findings(opened, str(run))
    rows = []
    for method in WHAT_IF:
        family = found.family
        rate = family.q if method.value in {"bh", "by"} else family.alpha
        values = adjust(found.ln_p, method, m=family.m)
        kept = int(np.count_nonzero(rejected(values.ln_adjusted, rate)))
        rows.append({"method": t(f"correction.{method.value}"), "level_at": rate, "remaining": kept, "m": family.m})
    show.table(descriptive(rows), key="what_if", formats={"level_at": "%.4f"})
    with st.expander(t("findings.tab_family"), icon=":material/show_chart:"):
        show_family(found)


def verify(opened: Project) -> None:
    """The audit, from the page: the chain, and every adjusted p again."""
    if st.button(t("ledger.verify"), type="primary", icon=":material/verified:", key="verify"):
        with st.spinner(t("ledger.verifying")):
            st.session_state["audit"] = audit(opened.ledger)
    found = st.session_state.get("audit")
    if found is None:
        return
    (show.done if found.exit_code == 0 else show.warn)(
        "ledger.verdict", verdict=found.verdict, entries=found.size, tests=show.as_number(found.tests, 0)
    )
    if found.findings:
        show.table(
            descriptive(
                [
                    {"code": one.code, "severity": one.severity, "message": one.message, "entries": list(one.seqs)}
                    for one in found.findings
                ]
            ),
            key="audit",
        )
    for text in found.not_checked:
        show.note("ledger.not_checked", text=text)


def event_list(opened: Project) -> None:
    """Every entry of the chain, newest first, without its rows."""
    rows = [
        {
            "seq": entry.seq,
            "kind": entry.kind,
            "time": entry.time[:19].replace("T", " "),
            "actor": entry.actor.name,
            "hash": entry.hash[:16],
            "content": json.dumps(dict(entry.content), ensure_ascii=False, default=str)[:240],
        }
        for entry in opened.ledger.entries()
    ]
    show.table(descriptive(rows[::-1]), key="events", height=380)


opened = state.project()
if opened is None:
    show.tell("ledger.empty")
else:
    if opened.ledger.fault is not None:
        show.warn("ledger.broken", seq=opened.ledger.fault.seq, message=opened.ledger.fault.message)
    checkpoint = opened.ledger.checkpoint()
    show.figures(
        [
            (t("ledger.entries"), show.as_number(checkpoint.size, 0), ""),
            (t("ledger.tests"), show.as_number(opened.tests_run, 0), t("ledger.tests_help")),
            (t("ledger.hypotheses"), show.as_number(len(opened.hypotheses()), 0), ""),
        ]
    )
    show.subheading("ledger.families")
    families(opened)
    show.subheading("ledger.check")
    verify(opened)
    show.sentence("ledger.checkpoint_lead")
    show.code(checkpoint.text())
    show.download(
        checkpoint.text(),
        file_name="checkpoint.txt",
        mime="text/plain",
        title=t("download.checkpoint"),
        key="checkpoint",
    )
    what_if(opened)
    show.subheading("ledger.events")
    event_list(opened)
