"""Studies of a project: questions and protocols are saved as files by their hash, recorded in the ledger, and linked to
their hypothesis. Nothing is overwritten: each change is a version."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri_exp

from causal import protocol as protocols
from causal.dag import Dag
from causal.dag_formats import parse_dagitty
from causal.design import Design, design_study, quiet
from causal.protocol import Protocol
from causal.protocol_draft import Origin
from causal.protocol_fields import SMALLEST, carried, parsed, state_fields
from causal.question import CausalQuestion, Comparator, Part
from miner.errors import ProtocolAltered, StudyError
from miner.findings import Findings
from miner.ledger import events
from miner.ledger.registry import Hypothesis, Status, hypothesis, revise
from miner.privacy.disclosure import Histogram, disclose_histogram, disclose_row
from miner.privacy.profiles import Place, Profile
from miner.project import Project


class ProtocolIsFrozen(StudyError):
    code = "E-STUDY-46"
    what = "The protocol {protocol} of {hypothesis} is frozen."
    why = "What was fixed before the confirming data were seen is not changed quietly afterwards."
    todo = "Record an amendment with its reason: `fortuit protocol PROJECT {hypothesis} --set FIELD=VALUE --amend WHY`."


class NoStudy(StudyError):
    code = "E-STUDY-42"
    what = "The hypothesis {hypothesis} has no study design yet."
    why = "A protocol is drafted from a question and a diagram."
    todo = "Design the study on the Study page, or with `fortuit design`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person states before anything is estimated: parts, comparator, diagram, and what matters in practice."""

    parts: Mapping[str, Part | None]
    diagram: str
    comparator: str = Comparator.OTHERS.name
    adjustment: tuple[str, ...] | None = None
    squares: tuple[str, ...] = ()
    smallest_of_interest: float | None = None
    seed: int = 20190101

    def question(self, finding: Mapping[str, Any]) -> CausalQuestion:
        """The question of a finding. Raises what is not assigned."""
        return CausalQuestion.from_finding(finding, self.parts, comparator=Comparator[self.comparator], joint=False)

    def dag(self) -> Dag:
        """The diagram, parsed."""
        return parse_dagitty(self.diagram)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the registry."""
        return {
            "parts": {item: None if part is None else part.value for item, part in self.parts.items()},
            "diagram": self.diagram,
            "comparator": self.comparator,
            "adjustment": None if self.adjustment is None else list(self.adjustment),
            "squares": list(self.squares),
            "smallest_of_interest": self.smallest_of_interest,
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Draft:
        """The draft that :meth:`to_dict` wrote."""
        adjustment = plain["adjustment"]
        return cls(
            parts={item: None if part is None else Part(part) for item, part in plain["parts"].items()},
            diagram=plain["diagram"],
            comparator=plain["comparator"],
            adjustment=None if adjustment is None else tuple(adjustment),
            squares=tuple(plain["squares"]),
            smallest_of_interest=plain["smallest_of_interest"],
            seed=int(plain["seed"]),
        )


def finding_of(one: Hypothesis) -> Mapping[str, Any]:
    """The test row a hypothesis rests on."""
    return one.finding["row"]


def design_hypothesis(
    project: Project, name: str, draft: Draft, findings: Findings | None = None, stage: Any = quiet
) -> Design:
    """Run the design stage of a registered hypothesis on the discovery part, without writing anything."""
    one = hypothesis(project.ledger, name)
    row = finding_of(one)
    family = (findings or project.findings(one.family_id)).family
    found = findings or project.findings(one.family_id)
    z, threshold = _family_z(found)
    question = draft.question(row)
    return design_study(
        project.discovery,
        question,
        draft.dag(),
        origin=Origin(
            finding=row,
            registry_id=one.id,
            dataset_hash=str(project.dataset_event["content_sha256"]),
            mined_at=family.started,
            rows_used_hash=project.scope,
            family={
                "run": family.run,
                "run_hash": family.run_hash,
                "n_tests_family": family.m,
                "method": "bh",
                "q": family.q,
                "alpha": family.alpha,
                "ln_p_raw": row["ln_p"],
                **one.finding["adjusted"],
            },
        ),
        protocol_id=f"P-{name.removeprefix('H-')}",
        seed=draft.seed,
        adjustment=draft.adjustment,
        squares=draft.squares,
        smallest_of_interest=draft.smallest_of_interest,
        family_z=z,
        threshold=threshold,
        stage=stage,
    )


def _family_z(findings: Findings) -> tuple[Sequence[float], float]:
    """|z| of every computed test, two-sided from ln p, and the smallest one that was selected."""
    ln_p = findings.ln_p[~np.isnan(findings.ln_p)]
    z = -ndtri_exp(np.minimum(ln_p, 0.0) - np.log(2.0))
    selected = [str(level) != "unadjusted" for level in findings.levels]
    kept = findings.ln_p[np.array(selected, dtype=bool) & ~np.isnan(findings.ln_p)]
    threshold = float(-ndtri_exp(kept.max() - np.log(2.0))) if len(kept) else 1.96
    return [float(value) for value in z], threshold


def save(project: Project, name: str, draft: Draft, design: Design, *, person: str) -> Path:
    """Save the draft protocol as a file, record it, and link it to its hypothesis as a new version of that.

    What a person had stated in an earlier draft is carried over. Raises ProtocolIsFrozen.
    """
    before = saved_protocol(project, name)
    protocol = fit_to_leave(design.protocol, project.profile)
    if before is not None:
        if before.status is protocols.Status.FROZEN:
            raise ProtocolIsFrozen(protocol=before.identifier, hypothesis=name)
        protocol = carried(before, protocol)
    return save_protocol(project, name, protocol, draft.to_dict(), person=person)


def fit_to_leave(protocol: Protocol, profile: Profile) -> Protocol:
    """The protocol without what would give a small count of persons away: it is written to be handed on.

    The finding passes the disclosure rules, classes of the propensity are joined until each holds enough persons, and
    small counts of the design stage and of the guardrails are left out. A public table is left as it is.
    """
    if not profile.masks(Place.EXPORT):
        return protocol
    document: dict[str, Any] = copy.deepcopy(dict(protocol.document))
    finding = document["finding_ref"]
    finding["finding"] = disclose_row(finding["finding"], profile, place=Place.EXPORT)
    drawn = document["design_stage"]["balance"].pop("propensity_histogram", None)
    for part in ("design_stage", "guardrails", "precision"):
        document[part] = _without_small(document[part], profile)
    if drawn is not None:
        document["design_stage"]["balance"]["propensity_histogram"] = {
            arm: None if safe is None else {"edges": list(safe.edges), "counts": list(safe.counts)}
            for arm, one in drawn.items()
            for safe in [disclose_histogram(Histogram(edges=tuple(one["edges"]), counts=tuple(one["counts"])), profile)]
        }
    return Protocol(document=protocols.plain(document))


def _without_small(value: Any, profile: Profile) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_small(item, profile) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_small(item, profile) for item in value]
    small = isinstance(value, int) and not isinstance(value, bool) and profile.is_small(value)
    return None if small else value


def state_protocol(project: Project, name: str, fields: Mapping[str, str], *, person: str, stage: Any = quiet) -> Path:
    """State fields of the draft protocol of a hypothesis (texts as typed) and save it as a new version.

    Another smallest effect of interest changes the sizes: the design stage is run again for it.

    Raises NoStudy, ProtocolIsFrozen, UnknownField, UnreadableField.
    """
    before = latest_protocol(project, name)
    if before.status is protocols.Status.FROZEN:
        raise ProtocolIsFrozen(protocol=before.identifier, hypothesis=name)
    fields = dict(fields)
    if SMALLEST in fields:
        wanted = parsed(SMALLEST, fields.pop(SMALLEST))
        draft = latest_draft(hypothesis(project.ledger, name))
        if draft is not None and wanted != draft.smallest_of_interest:
            state_fields(before, fields)  # what cannot be read is said before the long run, not after it
            draft = replace(draft, smallest_of_interest=wanted)
            save(project, name, draft, design_hypothesis(project, name, draft, stage=stage), person=person)
            before = latest_protocol(project, name)
    return _saved_again(project, name, state_fields(before, fields), person)


def sign_protocol(project: Project, name: str, *, person: str, date: str, role: str = "") -> Path:
    """Put a person's name under the draft. Raises NoStudy, ProtocolIsFrozen."""
    before = latest_protocol(project, name)
    if before.status is protocols.Status.FROZEN:
        raise ProtocolIsFrozen(protocol=before.identifier, hypothesis=name)
    return _saved_again(project, name, protocols.sign(before, name=person, date=date, role=role), person)


def freeze_protocol(project: Project, name: str, *, person: str) -> Path:
    """Freeze the draft under its content hash; the hypothesis becomes frozen. Raises NoStudy, NotReady."""
    return _saved_again(project, name, protocols.freeze(latest_protocol(project, name)), person)


def amend_protocol(project: Project, name: str, fields: Mapping[str, str], *, why: str, person: str, date: str) -> Path:
    """A new draft version of the frozen protocol with each change on record, its old value and its reason.

    Raises NoStudy, NotFrozen, ProtocolAltered, InvalidProtocol.
    """
    frozen = latest_protocol(project, name)
    changes = {path: parsed(path, text) for path, text in fields.items()}
    return _saved_again(project, name, protocols.amend(frozen, changes, why=why, date=date, by=person), person)


def _saved_again(project: Project, name: str, protocol: Protocol, person: str) -> Path:
    return save_protocol(project, name, protocol, hypothesis(project.ledger, name).question, person=person)


def save_protocol(project: Project, name: str, protocol: Protocol, question: Mapping[str, Any], *, person: str) -> Path:
    """Save a state of a protocol (draft or frozen): file by hash, ledger entry, registry version."""
    one = hypothesis(project.ledger, name)
    folder = project.path / "protocols"
    folder.mkdir(exist_ok=True)
    digest = protocol.content_hash
    path = folder / f"{protocol['protocol_id']}-{digest[:12]}.json"
    path.write_text(protocol.to_json(), encoding="utf-8")
    frozen = protocol.status is protocols.Status.FROZEN
    saved = sum(1 for entry in project.ledger.entries("protocol") if entry.content["hypothesis_id"] == name)
    with project.ledger.transaction():
        project.ledger.record(
            events.Protocol(
                protocol_id=str(protocol["protocol_id"]),
                hypothesis_id=name,
                version=saved + 1,
                status=protocol.status.value,
                protocol_sha256=digest,
            )
        )
        revise(
            project.ledger,
            name,
            base=one.version,
            person=person,
            reason="study frozen" if frozen else "study designed",
            status=Status.FROZEN if frozen else Status.DESIGNED,
            question=question,
        )
    return path


def latest_protocol(project: Project, name: str) -> Protocol:
    """The last saved protocol of a hypothesis, read and verified. Raises NoStudy, ProtocolAltered, InvalidProtocol."""
    found = saved_protocol(project, name)
    if found is None:
        raise NoStudy(hypothesis=name)
    return found


def saved_protocol(project: Project, name: str) -> Protocol | None:
    """The last saved protocol, or None. What does not hash to what the ledger recorded raises ProtocolAltered."""
    last = None
    for entry in project.ledger.entries("protocol"):
        if entry.content["hypothesis_id"] == name:
            last = entry.content
    if last is None:
        return None
    digest = str(last["protocol_sha256"])
    path = project.path / "protocols" / f"{last['protocol_id']}-{digest[:12]}.json"
    found = protocols.load(path.read_bytes())
    if found.content_hash != digest:
        raise ProtocolAltered(protocol=found.identifier)
    return found


def latest_draft(one: Hypothesis) -> Draft | None:
    """What was stated for the last design of a hypothesis, or None."""
    return Draft.from_dict(one.question) if "parts" in one.question else None
