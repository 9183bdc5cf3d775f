"""Where a person is: project, run, hypothesis, job and language, in the address and in the session.

The address wins, so that a reload or a mailed link comes back to the same place; what it does not say is taken from the
session. Data are never held here: everything that matters is on disk.
"""

from __future__ import annotations

import gc
import os
import re
from pathlib import Path

import streamlit as st

from miner.findings import Findings
from miner.project import Project
from reports.translation import LANGUAGES, Translate, translator
from workbench.session import open_project, record_view

PLACES = ("p", "run", "h", "finding", "job", "lang")
# Pages that show p-values of a run; what they show is in the ledger as seen.
PAGES_WITH_RESULTS = frozenset({"findings"})
PROJECT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def restore() -> None:
    """Take the place from the address, and write what the session knows beside into it."""
    for key in PLACES:
        if key in st.query_params:
            st.session_state[f"at.{key}"] = st.query_params[key]
        elif f"at.{key}" in st.session_state:
            st.query_params[key] = st.session_state[f"at.{key}"]


def at(key: str) -> str:
    """Where the person is, or an empty text."""
    return str(st.session_state.get(f"at.{key}", ""))


def go(key: str, value: str) -> None:
    """Move: session and address."""
    st.session_state[f"at.{key}"] = value
    st.query_params[key] = value


def leave(key: str) -> None:
    """Forget a place."""
    st.session_state.pop(f"at.{key}", None)
    st.query_params.pop(key, None)


def language() -> str:
    """The language chosen, else that of the browser, else English."""
    chosen = at("lang")
    if chosen in LANGUAGES:
        return chosen
    return "fr" if str(st.context.locale or "").lower().startswith("fr") else "en"


def translate() -> Translate:
    """``t`` for the language of this person."""
    return translator(language())


def person() -> str:
    """The name a person gave for what they sign; empty for the system account."""
    return str(st.session_state.get("person", ""))


def projects_folder() -> Path:
    """Where projects are kept: ``FORTUIT_PROJECTS``, else a folder of the person's own."""
    named = os.environ.get("FORTUIT_PROJECTS", "")
    folder = Path(named) if named else Path.home() / ".local" / "share" / "fortuit"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def project_path(name: str) -> Path | None:
    """The folder of a project by its name; None for a name that is not one (no path can be smuggled in)."""
    path = projects_folder() / name
    known = (path / "ledger.sqlite").exists() or (path / "ledger.url").exists()
    return path if PROJECT_NAME.fullmatch(name) and known else None


def project() -> Project | None:
    """The project the person is in, opened once a session and under the name they sign with."""
    name = at("p")
    path = project_path(name) if name else None
    if path is None:
        return None
    held = st.session_state.get("project")
    key = (str(path), person())
    if held is None or held[0] != key:
        if held is not None:
            held[1].close()
        held = (key, open_project(path, person()))
        st.session_state["project"] = held
    opened: Project = held[1]
    return opened


def forget_project() -> None:
    """Open the project anew at the next look (its table was just frozen)."""
    held = st.session_state.pop("project", None)
    if held is not None:
        held[1].close()


def findings(opened: Project, run: str) -> Findings:
    """Findings of a finished run, read from the ledger once; only a confirmation changes them afterwards."""
    confirmed = sum(1 for _ in opened.ledger.entries("confirmation"))
    return _findings(str(opened.path), run, opened.run(run).run_hash, confirmed, opened)


@st.cache_resource(max_entries=3, show_spinner=False)
def _findings(path: str, run: str, run_hash: str, confirmed: int, _opened: Project) -> Findings:
    """One copy for all sessions: findings never change under their key, and 40,000 of them take some 200 MiB."""
    found = _opened.findings(run)
    # Streamlit collects garbage after every run of a page; it need not walk millions of values that stay.
    gc.freeze()
    return found


def viewed(page: str) -> None:
    """Record once a session that a page put results of a run before the person's eyes."""
    opened = project() if page in PAGES_WITH_RESULTS else None
    runs = {family.run: family for family in opened.runs()} if opened is not None else {}
    if opened is None or not runs:
        return
    family = runs.get(at("run")) or list(runs.values())[-1]
    told: set[tuple[str, str, str]] = st.session_state.setdefault("viewed", set())
    key = (str(opened.path), family.run, page)
    if key not in told:
        told.add(key)
        record_view(opened, family.run, shown=family.tests_run, page=page)
