"""The protocol: one JSON document that a study can be run from, each field with its provenance, frozen under a
content hash.

A draft may hold unknown fields; it is *ready* when every gate is met, and *frozen* when a person signs it. What
changes after that is an amendment with its reason, never a quiet edit.

>>> canonical({"b": 1, "a": [0.5, "é"]})
b'{"a":[0.5,"\\xc3\\xa9"],"b":1}'
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

from miner.errors import InvalidProtocol, NotFrozen, NotReady, ProtocolAltered

SCHEMA_VERSION = "1.0"
LABEL = "Hypothesis, not causation"


class Provenance(StrEnum):
    """Where a field comes from; ``unknown`` blocks *ready*, never a draft."""

    MINED = "mined"
    COMPUTED = "computed"
    USER = "user"
    DEFAULT = "default"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """Life of a protocol."""

    DRAFT = "draft"
    READY = "ready"
    FROZEN = "frozen"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One readiness gate: met or not, and why."""

    name: str
    met: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Protocol:
    """A protocol document (schema v1). Treat it as a value: every change gives another protocol."""

    document: Mapping[str, Any]

    def __getitem__(self, path: str) -> Any:
        """The value at a dotted path, such as ``target_trial.estimand.target.population``."""
        value: Any = self.document
        for step in path.split("."):
            value = value[int(step)] if isinstance(value, list) else value[step]
        return value

    @property
    def identifier(self) -> str:
        """The protocol's id with its version."""
        return f"{self['protocol_id']} v{self['version']}"

    @property
    def status(self) -> Status:
        """draft, ready, frozen or withdrawn."""
        return Status(self["status"])

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON of the document without its own hash."""
        rest = {key: value for key, value in self.document.items() if key != "content_hash"}
        return hashlib.sha256(canonical(rest)).hexdigest()

    def provenance(self, path: str) -> Provenance:
        """Where the field at the path, or the nearest field above it, comes from."""
        table: Mapping[str, str] = self.document["provenance"]
        steps = path.split(".")
        for length in range(len(steps), 0, -1):
            found = table.get(".".join(steps[:length]))
            if found is not None:
                return Provenance(found)
        return Provenance.UNKNOWN

    def stated(self, path: str, value: Any, by: Provenance = Provenance.USER) -> Protocol:
        """The same draft with one field set (by a person unless said otherwise). Refused for a frozen protocol."""
        if self.status is Status.FROZEN:
            raise InvalidProtocol(place=path, problem="the protocol is frozen; record an amendment")
        document: dict[str, Any] = copy.deepcopy(dict(self.document))
        steps = path.split(".")
        place: Any = document
        for step in steps[:-1]:
            if isinstance(place, list):
                place = place[int(step)]
            else:
                place = place.setdefault(step, {})
        if isinstance(place, list):
            place[int(steps[-1])] = plain(value)
        elif isinstance(place, dict):
            place[steps[-1]] = plain(value)
        else:
            raise InvalidProtocol(place=path, problem="there is no such field")
        table = document["provenance"]
        for key in [key for key in table if key.startswith(f"{path}.")]:
            del table[key]
        table[path] = by.value
        return Protocol(document=document)

    def to_json(self) -> str:
        """The document as indented JSON with sorted keys, as it is saved."""
        return json.dumps(self.document, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Plain JSON values: NFC text, NaN and infinities as None, tuples as lists, enums as their values."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [plain(item) for item in items]
    if hasattr(value, "item") and not isinstance(value, (int, float)):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, NFC text, floats as Python writes them, UTF-8."""
    text = json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def schema() -> dict[str, Any]:
    """The published JSON Schema of version 1."""
    text = files("causal").joinpath("schemas/protocol-1.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def check_schema(document: Mapping[str, Any]) -> None:
    """Raises InvalidProtocol at the first field, in document order, that does not follow the schema."""
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(schema()).iter_errors(document), key=lambda e: [str(p) for p in e.path])
    if errors:
        first = errors[0]
        place = ".".join(str(step) for step in first.path) or "the document"
        raise InvalidProtocol(place=place, problem=first.message[:300])


# What each gate looks at; the refutations are implementation checks and stand outside the gates (DECISIONS 6).
def readiness(protocol: Protocol) -> tuple[Gate, ...]:
    """Every gate a protocol has to pass before it may be frozen, each with the reason."""
    d = protocol.document
    model, trial = d["causal_model"], d["target_trial"]
    gates: list[Gate] = []

    def gate(name: str, met: bool, reason: str) -> None:
        gates.append(Gate(name=name, met=bool(met), reason="" if met else reason))

    unreviewed = [e for e in model["dag"]["edges"] if e.get("source") == "discovery_unreviewed"]
    gate("diagram", model["dag"]["edges"] and not unreviewed, "no diagram, or edges that nobody reviewed")
    gate(
        "identified",
        model["identifiability"]["verdict"] in {"backdoor", "frontdoor", "iv", "conditional_iv"},
        f"the verdict is {model['identifiability']['verdict']}",
    )
    gate(
        "adjustment",
        model["adjustment"]["chosen"] is not None and model["adjustment"]["valid"] is True,
        "no valid adjustment set is chosen",
    )
    clocks = trial["time_zero"]["clocks"]
    moments = {clocks.get(name) for name in ("eligible_at", "assigned_at", "followup_start_at")}
    gate(
        "time zero",
        (len(moments) == 1 and None not in moments) or bool(trial["time_zero"]["gap"]),
        "eligibility, assignment and start of follow-up do not coincide, and the gap is not explained",
    )
    estimand = trial["estimand"]
    gate(
        "estimand",
        all(estimand.get(name) for name in ("population", "measure", "time_point", "intercurrent_events")),
        "population, measure, time point or intercurrent events are missing",
    )
    size = d["sample_size"]
    gate(
        "sample size",
        size["n_headline"] and size["headline_from"] in {"shrunken", "smallest_of_interest"},
        "no size from the shrunken effect or the smallest effect of interest",
    )
    controls = d["negative_controls"]
    gate(
        "negative controls",
        any(c.get("user_confirmed") for c in controls["proposed"]) or bool(controls["reason_for_none"]),
        "no confirmed negative control, and no reason for none",
    )
    gate("sensitivity", d["sensitivity"]["rows"], "no sensitivity analysis is laid down")
    success = d["success"]
    gate(
        "success rule",
        all(success.get(name) is not None for name in ("scale", "direction", "smallest_of_interest", "rule")),
        "scale, direction, smallest effect of interest or rule is missing",
    )
    plan = d["data_plan"]
    gate(
        "data",
        plan["kind"] == "collect" or (plan["independent"] is True and plan["overlap_rows"] == 0),
        "the source is neither independent of the mined persons nor to be collected",
    )
    # An overlap of exposure and follow-up (G13) is flagged to be explained; every other red stands until it is mended.
    explained = {"G13"} if trial["time_zero"]["gap"] else set()
    blocking = {"red", "block"}
    red = [
        f["id"]
        for f in d["guardrails"]
        if f.get("severity") in blocking and f.get("passed") is False and f["id"] not in explained
    ]
    gate("guardrails", not red, f"red: {', '.join(red)}")
    gate("unit of analysis", d["data_plan"].get("unit"), "it is not stated")
    missing = [path for path in REQUIRED if _unstated(protocol, path) or _empty(protocol, path)]
    gate("required fields", not missing, f"unknown: {', '.join(missing)}")
    gate("signature", d["signatures"], "nobody signed the defaults and the design")
    return tuple(gates)


REQUIRED = (
    "plain_question",
    "rationale",
    "target_trial.eligibility",
    "target_trial.strategies",
    "target_trial.assignment",
    "target_trial.time_zero",
    "target_trial.follow_up",
    "target_trial.outcome",
    "target_trial.causal_contrast",
    "target_trial.estimand",
    "analysis_plan.primary",
)


def freeze(protocol: Protocol) -> Protocol:
    """The frozen protocol with its content hash. Raises NotReady with the gates that are not met, InvalidProtocol."""
    open_gates = [gate for gate in readiness(protocol) if not gate.met]
    if open_gates:
        reasons = "; ".join(f"{gate.name}: {gate.reason}" for gate in open_gates)
        raise NotReady(protocol=protocol.identifier, gates=reasons)
    document: dict[str, Any] = copy.deepcopy(dict(protocol.document))
    document["status"] = Status.FROZEN.value
    document["content_hash"] = None
    check_schema(document)
    frozen = Protocol(document=document)
    document["content_hash"] = frozen.content_hash
    return frozen


def load(text: str | bytes) -> Protocol:
    """Read a saved protocol: schema and, where it is frozen, content hash. Raises InvalidProtocol, ProtocolAltered."""
    try:
        document = json.loads(text)
    except ValueError as cause:
        raise InvalidProtocol(place="the document", problem="it is not JSON") from cause
    if not isinstance(document, dict):
        raise InvalidProtocol(place="the document", problem="it is not an object")
    check_schema(document)
    protocol = Protocol(document=document)
    if protocol.status is Status.FROZEN:
        verify(protocol)
    return protocol


def verify(protocol: Protocol) -> None:
    """Raises NotFrozen, or ProtocolAltered where the content does not match the hash it was frozen under."""
    if protocol.status is not Status.FROZEN:
        raise NotFrozen(protocol=protocol.identifier, status=protocol.status.value)
    if protocol["content_hash"] != protocol.content_hash:
        raise ProtocolAltered(protocol=protocol.identifier)


def amend(protocol: Protocol, changes: Mapping[str, Any], *, why: str, date: str, by: str) -> Protocol:
    """A new draft version of a frozen protocol, with each change, its old value and its reason on record."""
    verify(protocol)
    if not why.strip() or not changes:
        raise InvalidProtocol(place="amendments", problem="an amendment names a change and its reason")
    document: dict[str, Any] = copy.deepcopy(dict(protocol.document))
    document.update(
        status=Status.DRAFT.value,
        version=int(document["version"]) + 1,
        supersedes=protocol["content_hash"],
        content_hash=None,
        signatures=[],
    )
    draft = Protocol(document=document)
    records: list[Any] = list(document["amendments"])
    for path, value in changes.items():
        try:
            old = draft[path]
        except (KeyError, IndexError, TypeError, ValueError) as cause:
            raise InvalidProtocol(place=path, problem="there is no such field") from cause
        draft = draft.stated(path, value)
        records.append({"date": date, "by": by, "field": path, "old": old, "new": plain(value), "why": why})
    return draft.stated("amendments", records, Provenance.COMPUTED)


def sign(protocol: Protocol, *, name: str, date: str, role: str = "") -> Protocol:
    """The draft with a signature under its defaults and its design."""
    signatures: Sequence[Any] = protocol["signatures"]
    return protocol.stated("signatures", [*signatures, {"name": name, "date": date, "role": role}])


def _unstated(protocol: Protocol, path: str) -> bool:
    """True where neither the field nor anything inside it comes from somewhere."""
    inside = (by for key, by in protocol["provenance"].items() if key.startswith(f"{path}."))
    known = any(by != Provenance.UNKNOWN.value for by in inside)
    return not known and protocol.provenance(path) is Provenance.UNKNOWN


def _empty(protocol: Protocol, path: str) -> bool:
    try:
        value = protocol[path]
    except (KeyError, IndexError, TypeError):
        return True
    return value is None or value == "" or value == [] or value == {}
