"""What only a person can state in a protocol: the fields by their path, how each is written, and which are asked for.

>>> parsed("success.smallest_of_interest", "0.5"), parsed("data_plan.independent", "yes")
(0.5, True)
>>> parsed("target_trial.estimand.intercurrent_events", "death: composite; stopping: treatment-policy")
[{'event': 'death', 'strategy': 'composite'}, {'event': 'stopping', 'strategy': 'treatment-policy'}]
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from causal.protocol import Protocol, Provenance
from miner.errors import StudyError

COMPONENTS = ("eligibility", "strategies", "time_zero", "follow_up", "outcome", "causal_contrast")
SMALLEST = "success.smallest_of_interest"
CONTROLS = "negative_controls.confirmed"
KIND = "data_plan.kind"
# The five of ICH E9 (R1), and the statement that none is to be expected.
STRATEGIES = (
    "treatment-policy",
    "composite",
    "hypothetical",
    "while-on-treatment",
    "principal-stratum",
    "none expected",
)


class UnknownField(StudyError):
    code = "E-STUDY-44"
    what = "A protocol has no field '{path}' that a person states."
    why = "Numbers come from the design stage and are not typed; the other fields have fixed names."
    todo = "Take one of: {known}."


class UnreadableField(StudyError):
    code = "E-STUDY-45"
    what = "'{text}' is not {wanted}, which '{path}' asks for."
    why = "The field is read by programs as well as by persons."
    todo = "Write it so, for instance: {example}."


class Form(StrEnum):
    """How a field is written."""

    TEXT = "text"
    NUMBER = "number"
    YES = "yes or no"
    COUNT = "count"
    CHOICE = "choice"
    EVENTS = "events"
    NAMES = "names"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its dotted path, how it is written, the choices where it has some, and whether a gate asks for it."""

    path: str
    form: Form = Form.TEXT
    choices: tuple[str, ...] = ()
    asked: bool = False


def _fields() -> tuple[Field, ...]:
    trial = [
        Field(path=f"target_trial.{name}.{part}", asked=part == "target" or (name, part) == ("time_zero", "gap"))
        for name in COMPONENTS
        for part in ("target", "emulation", "gap")
        if not (part == "emulation" and name in {"eligibility", "strategies", "outcome"})
    ]
    return (
        Field(path="plain_question", asked=True),
        Field(path="rationale", asked=True),
        *trial,
        Field(path="target_trial.assignment.gap"),
        Field(path="target_trial.estimand.time_point", asked=True),
        Field(path="target_trial.estimand.intercurrent_events", form=Form.EVENTS, asked=True),
        Field(path=CONTROLS, form=Form.NAMES, asked=True),
        Field(path="negative_controls.reason_for_none", asked=True),
        Field(path=SMALLEST, form=Form.NUMBER, asked=True),
        Field(path=KIND, form=Form.CHOICE, choices=("collect", "new_file", "sealed_part"), asked=True),
        Field(path="data_plan.source", asked=True),
        Field(path="data_plan.independent", form=Form.YES),
        Field(path="data_plan.overlap_rows", form=Form.COUNT),
        Field(path="data_plan.unit"),
        Field(path="ethics"),
        Field(path="privacy"),
        Field(path="availability"),
    )


FIELDS: Mapping[str, Field] = {field.path: field for field in _fields()}
_EXAMPLES = {
    Form.NUMBER: "0.5",
    Form.YES: "yes",
    Form.COUNT: "0",
    Form.EVENTS: "death: composite; stopping: treatment-policy",
    Form.NAMES: "hip_fracture, cataract",
}


def parsed(path: str, text: str) -> Any:
    """The value of a field from what a person typed; an empty text is None. Raises UnknownField, UnreadableField."""
    if path not in FIELDS:
        raise UnknownField(path=path, known=", ".join(FIELDS))
    field, text = FIELDS[path], text.strip()
    if field.form is Form.NAMES:
        return [name.strip() for name in text.split(",") if name.strip()]
    if field.form is Form.EVENTS:
        pairs = [part.rpartition(":") for part in text.split(";") if part.strip()]
        told = [(event.strip(), strategy.strip()) for event, _, strategy in pairs]
        if any(not event or strategy not in STRATEGIES for event, strategy in told):
            raise _unreadable(field, text, f"a list of events, each with one of {', '.join(STRATEGIES)}")
        return [{"event": event, "strategy": strategy} for event, strategy in told]
    if not text:
        return None
    if field.form is Form.CHOICE:
        if text not in field.choices:
            raise _unreadable(field, text, f"one of {', '.join(field.choices)}")
        return text
    if field.form is Form.YES:
        if text.lower() not in {"yes", "no", "oui", "non", "true", "false"}:
            raise _unreadable(field, text, "yes or no")
        return text.lower() in {"yes", "oui", "true"}
    if field.form in {Form.NUMBER, Form.COUNT}:
        try:
            value = float(text.replace(",", ".").replace("\u2212", "-"))
        except ValueError:
            value = math.nan
        whole = field.form is Form.COUNT
        if not math.isfinite(value) or (whole and (value < 0 or value != int(value))):
            raise _unreadable(field, text, "a number of persons" if whole else "a number")
        return int(value) if whole else value
    return text


def _unreadable(field: Field, text: str, wanted: str) -> UnreadableField:
    example = field.choices[0] if field.choices else _EXAMPLES[field.form]
    return UnreadableField(path=field.path, text=text, wanted=wanted, example=example)


def written(protocol: Protocol, path: str) -> str:
    """The field as a person would type it; empty where nobody stated it."""
    if path == CONTROLS:
        proposed = protocol["negative_controls.proposed"]
        return ", ".join(str(c["name"]) for c in proposed if c.get("user_confirmed"))
    value = protocol[path]
    if path == "target_trial.estimand.intercurrent_events":
        return "; ".join(f"{one['event']}: {one['strategy']}" for one in value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def state_fields(protocol: Protocol, fields: Mapping[str, str]) -> Protocol:
    """The draft with what a person typed, each field marked as theirs; what is unchanged keeps its provenance.

    Confirming negative controls marks those proposed by that name and adds the others. A source to be collected, or the
    sealed part, shares no person with the mined part by construction; for a new file that is declared here and checked
    when it is read.

    Raises UnknownField, UnreadableField, and InvalidProtocol where the protocol is frozen.
    """
    for path, text in fields.items():
        value = parsed(path, text)
        if text.strip() == written(protocol, path):
            continue
        protocol = _confirmed(protocol, value) if path == CONTROLS else protocol.stated(path, value)
        if path == KIND and value is not None:
            protocol = protocol.stated("data_plan.independent", True).stated("data_plan.overlap_rows", 0)
    return protocol


def _confirmed(protocol: Protocol, names: list[str]) -> Protocol:
    proposed = [{**c, "user_confirmed": c["name"] in names} for c in protocol["negative_controls.proposed"]]
    known = {c["name"] for c in proposed}
    proposed += [
        {"name": name, "type": "outcome", "why": "stated by a person", "user_confirmed": True, "expected_null": True}
        for name in names
        if name not in known
    ]
    return protocol.stated("negative_controls.proposed", proposed)


def carried(old: Protocol, new: Protocol) -> Protocol:
    """The new draft with what a person had stated in the old one, so that designing anew loses nothing.

    The history of amendments goes with it: version, what it supersedes, and every amendment.
    """
    for path in FIELDS:
        if path in {CONTROLS, SMALLEST} or old.provenance(path) is not Provenance.USER:
            continue
        value = old[path]
        if value not in (None, "", []) and value != new[path]:
            new = new.stated(path, value)
    confirmed = written(old, CONTROLS)
    if confirmed:
        new = state_fields(new, {CONTROLS: confirmed})
    for path in ("version", "supersedes", "amendments"):
        new = new.stated(path, old[path], Provenance.COMPUTED)
    return new
