"""The diagram a person is drawing for a hypothesis: kept in the session between the pages that change it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from causal.dag import Dag
from causal.dag_formats import write_dagitty
from causal.question import Condition, Part
from causal.studies import Draft

MOST_STEPS = 50


def first_diagram(parts: Mapping[str, Part | None]) -> str:
    """A diagram to start from: exposure and outcome only; what else acts on them only a person can say."""
    exposures = [Condition.parse(item).variable for item, part in parts.items() if part is Part.EXPOSURE]
    outcomes = [Condition.parse(item).variable for item, part in parts.items() if part is Part.OUTCOME]
    edges = [(a, b) for a in exposures for b in outcomes if a != b]
    return write_dagitty(Dag.of(edges, nodes=[*exposures, *outcomes], exposures=exposures, outcomes=outcomes))


def held(name: str, before: Draft | None, parts: Mapping[str, Part | None]) -> str:
    """The text as last drawn on either page, else that of the saved design, else a first one."""
    kept = st.session_state.get(f"kept_diagram.{name}")
    if kept is not None:
        return str(kept)
    return before.diagram if before is not None else first_diagram(parts)


def keep(name: str, text: str) -> None:
    """Keep what was typed, so that another page finds it."""
    st.session_state[f"kept_diagram.{name}"] = text


def change(name: str, before: str, after: str) -> None:
    """Keep a changed diagram for both pages, and the old one for undo."""
    if before == after:
        return
    steps: list[str] = st.session_state.setdefault(f"diagram_steps.{name}", [])
    steps.append(before)
    del steps[:-MOST_STEPS]
    keep(name, after)
    st.session_state.pop(f"diagram.{name}", None)


def undo(name: str) -> bool:
    """Go back one step; False where there is none."""
    steps: list[str] = st.session_state.get(f"diagram_steps.{name}", [])
    if not steps:
        return False
    keep(name, steps.pop())
    st.session_state.pop(f"diagram.{name}", None)
    return True


def steps_back(name: str) -> int:
    """How many steps can be undone."""
    return len(st.session_state.get(f"diagram_steps.{name}", []))
