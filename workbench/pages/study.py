"""Study: from a registered hypothesis to the protocol of the study that could validate it."""

from __future__ import annotations

import streamlit as st

from causal.dag_drawing import draw_svg
from causal.identification import Identification, Verdict, identify
from causal.paths import node_roles
from causal.question import Comparator, Condition, Part, suggested_parts
from causal.studies import Draft, design_hypothesis, finding_of, latest_draft, save, saved_protocol
from miner.errors import FortuitError
from miner.ledger.registry import Hypothesis, hypothesis
from miner.project import Project
from reports.html import drawing_words
from workbench import state
from workbench.components import show
from workbench.components.diagram_text import held, keep
from workbench.components.protocol_form import protocol_part
from workbench.components.study_results import results
from workbench.demo import EXPOSURE, OUTCOME, SQUARES, demo_diagram

t = state.translate()
show.heading("study.heading", "study.lead")
UNASSIGNED = ""


def assign(opened: Project, one: Hypothesis, before: Draft | None) -> tuple[dict[str, Part | None], str]:
    """Each side of the finding gets its part; nothing is estimated while one has none."""
    show.subheading("study.step_parts")
    show.sentence("study.parts_lead")
    row = finding_of(one)
    suggested = suggested_parts(row, opened.dictionary)
    parts: dict[str, Part | None] = {}
    choices = [UNASSIGNED, *(part.value for part in Part)]
    columns = st.columns(min(4, len(suggested) + 1))
    for place, (item, part) in enumerate(suggested.items()):
        held = before.parts.get(item) if before is not None else part
        with columns[place % len(columns)]:
            chosen = st.selectbox(
                item,
                choices,
                index=choices.index(held.value if held is not None else UNASSIGNED),
                format_func=lambda value: t(f"part.{value}") if value else t("part.none"),
                key=f"part.{one.id}.{item}",
            )
        parts[item] = Part(chosen) if chosen else None
    with columns[-1]:
        names = [comparator.name for comparator in Comparator]
        comparator = st.selectbox(
            t("study.comparator"),
            names,
            index=names.index(before.comparator) if before is not None else 0,
            format_func=lambda name: t(f"comparator.{name}"),
            key=f"comparator.{one.id}",
        )
    return parts, str(comparator)


def diagram(opened: Project, one: Hypothesis, parts: dict[str, Part | None], before: Draft | None) -> str:
    """The diagram as DAGitty text, with its drawing."""
    show.subheading("study.step_diagram")
    show.sentence("study.diagram_lead")
    key = f"diagram.{one.id}"
    if key not in st.session_state:
        st.session_state[key] = held(one.id, before, parts)
    names = {Condition.parse(item).variable for item in parts}
    if names == {EXPOSURE, OUTCOME} and "education" in opened.dictionary:
        if st.button(t("study.example"), icon=":material/auto_stories:", key=f"example.{one.id}"):
            st.session_state[key] = demo_diagram()
        show.note("study.example_note")
    left, right = st.columns([2, 3])
    with left:
        text = st.text_area(t("study.diagram"), key=key, height=340, help=t("study.diagram_help"))
    with right:
        draw(opened, str(text), parts)
    keep(one.id, str(text))
    return str(text)


def draw(opened: Project, text: str, parts: dict[str, Part | None]) -> None:
    """Draw what was typed and say what it identifies, or what is wrong with it."""
    draft = Draft(parts=parts, diagram=text)
    try:
        dag = draft.dag()
        dag.check_columns(opened.discovery.columns)
        exposures = [Condition.parse(item).variable for item, part in parts.items() if part is Part.EXPOSURE]
        outcomes = [Condition.parse(item).variable for item, part in parts.items() if part is Part.OUTCOME]
        if not exposures or not outcomes:
            show.tell("study.unassigned")
            return
        found = identify(dag, exposures, outcomes)
        roles = node_roles(dag, exposures, outcomes)
    except FortuitError as problem:
        show.error(problem)
        return
    chosen = found.minimal_sets[0] if found.minimal_sets else ()
    svg = draw_svg(dag, roles, adjusted=chosen, words=drawing_words(state.language()))
    show.drawing(svg, alt=t("chart.dag_said", nodes=len(dag.names), edges=len(dag.edges)))
    verdict(found)


def verdict(found: Identification) -> None:
    """The verdict in words, the sets that close the back doors, or what would have to be measured."""
    said = t(f"verdict.{found.verdict.value}")
    (show.done if found.verdict is Verdict.BACKDOOR else show.warn)("study.verdict_said", verdict=said)
    for names in found.minimal_sets[:5]:
        show.note("study.minimal_set", names=", ".join(names) or t("study.empty_set"))
    for remedy in found.must_measure[:3]:
        show.note("study.must_measure", names=", ".join(remedy.names))


def choices(opened: Project, one: Hypothesis, before: Draft | None) -> tuple[tuple[str, ...], float | None, int]:
    """What a person decides before the estimate is seen."""
    show.subheading("study.step_choices")
    numeric = [v.name for v in opened.dictionary if v.kind.is_numeric and v.name in opened.discovery.columns]
    left, middle, right = st.columns(3)
    example = [name for name in SQUARES if name in numeric]
    with left:
        squares = st.multiselect(
            t("study.squares"),
            numeric,
            default=[name for name in (before.squares if before is not None else example) if name in numeric],
            help=t("study.squares_help"),
            key=f"squares.{one.id}",
        )
    with middle:
        smallest = st.number_input(
            t("study.smallest"),
            value=before.smallest_of_interest if before is not None else None,
            help=t("study.smallest_help"),
            key=f"smallest.{one.id}",
        )
    with right:
        seed = st.number_input(
            t("study.seed"), value=before.seed if before is not None else 20190101, step=1, key=f"seed.{one.id}"
        )
    return tuple(squares), None if smallest is None else float(smallest), int(seed)


def designed(opened: Project, name: str) -> None:
    """What was found and stated so far, from the saved protocol: it is there after a reload, and for colleagues."""
    protocol = saved_protocol(opened, name)
    if protocol is not None:
        one = hypothesis(opened.ledger, name)
        results(protocol, latest_draft(one), key=name)
        protocol_part(opened, one, protocol)


def study(opened: Project, one: Hypothesis) -> None:
    """All steps of one hypothesis."""
    show.sentence("study.about", id=one.id, statement=one.statement)
    before = latest_draft(one)
    parts, comparator = assign(opened, one, before)
    text = diagram(opened, one, parts, before)
    squares, smallest, seed = choices(opened, one, before)
    if st.button(t("study.run"), type="primary", icon=":material/science:", key="run_design"):
        draft = Draft(
            parts=parts,
            diagram=text,
            comparator=comparator,
            squares=squares,
            smallest_of_interest=smallest,
            seed=seed,
        )
        with st.status(t("study.running")) as running:
            found = state.findings(opened, one.family_id)
            made = design_hypothesis(
                opened,
                one.id,
                draft,
                found,
                stage=lambda step: running.update(label=t(f"stage.{step.replace(' ', '_')}")),
            )
            save(opened, one.id, draft, made, person=state.person() or opened.actor.name)
            running.update(label=t("study.ran"), state="complete")
        st.rerun()
    designed(opened, one.id)


opened = state.project()
known = [one for one in opened.hypotheses() if one.status.value != "withdrawn"] if opened is not None else []
if opened is None or not known:
    show.tell("study.empty")
else:
    ids = [one.id for one in known]
    chosen = st.selectbox(
        t("study.hypothesis"),
        ids,
        index=ids.index(state.at("h")) if state.at("h") in ids else len(ids) - 1,
        format_func=lambda name: f"{name}: {next(one.statement for one in known if one.id == name)}",
        key="study_hypothesis",
    )
    state.go("h", str(chosen))
    study(opened, next(one for one in known if one.id == chosen))
