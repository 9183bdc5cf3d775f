"""The ways to look at findings beside the table: forest, Manhattan, heat map, rule graph, rule matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from miner.findings import Findings
from miner.privacy.profiles import Place
from miner.project import Project
from reports.charts.forest import forest
from reports.charts.heat_map import heat_map
from reports.charts.manhattan import manhattan
from reports.charts.rule_graph import rule_graph
from reports.charts.rule_matrix import GROUPS, groups_for, rule_matrix
from reports.charts.view import View
from reports.export import to_csv
from reports.findings_table import denominators, shown_rows
from workbench import state
from workbench.components import show
from workbench.services import record_export

Rows = Sequence[Mapping[str, Any]]
NAMES = ("forest", "manhattan", "heat_map", "rule_graph", "rule_matrix")
# With fewer marks a Manhattan plot says less than the forest.
LEAST_MARKS = 15


def fold(rows: list[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """The rows without rules that repeat a shorter one, unless the person asks for them; and how many are hidden.

    Hiding lowers no count: m is that of the family. A masked row is never hidden, because why it would be tells of its
    counts.
    """
    t = state.translate()
    repeating = sum(bool(row.get("repeats")) for row in rows)
    if not repeating:
        return rows, 0
    number = show.as_number(repeating, 0)
    if st.toggle(t("findings.repeats", n=number), key="repeats", bind="query-params", help=t("findings.repeats_help")):
        return rows, 0
    return [row for row in rows if not row.get("repeats")], repeating


def show_view(opened: Project, found: Findings, name: str, rows: Rows) -> None:
    """One view of the rows: the chart, the same as a table, and files of it in which all is masked that must not leave.

    Parameters
    ----------
    name : one of ``NAMES``
    rows : what passed the gate for the screen, filtered as the person asked
    """
    t = state.translate()
    make = _maker(found, name, rows)
    drawn = make(rows)
    if drawn is None or not drawn.twin.rows:
        show.tell("views.nothing")
        return
    if name == "manhattan" and len(drawn.twin.rows) < LEAST_MARKS:
        show.note("views.few", least=LEAST_MARKS)
    language = state.language()

    def leaving() -> View | None:
        """The view again from rows disclosed for a place outside; None where nothing of it is left to draw."""
        if opened.profile.masks(Place.SCREEN) == opened.profile.masks(Place.EXPORT):
            return drawn
        names = [str(row["finding"]) for row in rows]
        outside = shown_rows(found, opened.profile, place=Place.EXPORT, language=language, findings=names)
        return make(outside)

    def as_file(one: View) -> str:
        return to_csv(one.twin.rows, one.twin.columns, label=t("label"), denominators=denominators(found, language))

    show.view(
        drawn,
        leaving=leaving,
        as_table=as_file,
        name=f"{name}-{found.family.run}",
        taken=lambda form, data: record_export(opened, data, form=f"{name}.{form}"),
    )


def _maker(found: Findings, name: str, rows: Rows) -> Callable[[Rows], View | None]:
    t = state.translate()
    if name == "forest":
        return lambda given: forest(given, t)
    if name == "manhattan":
        return lambda given: manhattan(given, t, of=found.family.m)
    if name == "heat_map":
        return lambda given: heat_map(given, t)
    if name == "rule_graph":
        return lambda given: rule_graph(given, t)
    most = groups_for(rows)
    groups = GROUPS
    if most > 2:
        groups = int(st.slider(t("rule_matrix.groups"), 2, most, min(GROUPS, most), key="matrix_groups"))
    return lambda given: rule_matrix(given, t, groups=groups)
