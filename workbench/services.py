"""What several pages and commands do alike: make a project, export a file with its ledger entry, sum up a design."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from causal.design import Design
from causal.protocol import Protocol
from causal.protocol_words import Language
from causal.question import Part
from miner.errors import LedgerError, StudyError
from miner.ledger import Checkpoint, events, parse_checkpoint
from miner.ledger.checkpoint import sign
from miner.ledger.pack import full_pack, leaving_pack, small_counts
from miner.privacy.profiles import Declaration, Place
from miner.privacy.profiles import profile as disclosure_profile
from miner.project import DEFAULT_SALT, Project
from miner.tables.model import Dictionary
from miner.tables.text_table import TextTable
from reports.checked import checked_protocol, checked_registry
from reports.export import write_whole
from reports.translation import LANGUAGES
from workbench.clock import utc_now
from workbench.session import system_actor


class UnknownPart(StudyError):
    code = "E-STUDY-43"
    what = "'{text}' does not assign a part."
    why = "An assignment reads ITEM=PART; the parts are exposure, eligibility, covariate, modifier and outcome."
    todo = "Write for instance --part 'qsmk=exposure' --part 'wt82_71=outcome'."


def create_project(
    path: Path,
    *,
    name: str,
    table: TextTable,
    dictionary: Dictionary,
    fraction: float | None,
    profile: str,
    person: str = "",
    salt: str = DEFAULT_SALT,
    declaration: Mapping[str, Any] | None = None,
) -> Project:
    """A project with its table frozen. Where the table is refused nothing is left behind."""
    from miner.tables.split import split_rows
    from miner.tables.typed import apply_dictionary

    # Typed and split once before anything is written: what does not fit leaves no half-made project.
    typed = apply_dictionary(table, dictionary)
    if fraction is not None:
        split_rows(typed, salt=salt, fraction=fraction)
    project = Project.create(
        path,
        name=name,
        clock=utc_now,
        actor=system_actor(person),
        profile=disclosure_profile(profile),
        declaration=declaration,
    )
    project.freeze_table(table, dictionary, fraction=fraction, salt=salt)
    return project


def record_export(project: Project, text: str | bytes, *, form: str, protocol: Protocol | None = None) -> str:
    """Write the ledger entry of a file that leaves, with what the language linter saw in it; returns its SHA-256.

    ``protocol`` is given where the file is one of its documents. Raises AuthorisationExpired, and CausalLanguage where
    a sentence that the program wrote reads as a cause: then nothing leaves.
    """
    checks = [checked_protocol(protocol, name) for name in LANGUAGES] if protocol else [checked_registry(project)]
    expires = project.header.get("expires")
    Declaration(expiry=date.fromisoformat(expires) if expires else None).require_valid(utc_now().date())
    data = text.encode("utf-8") if isinstance(text, str) else text
    digest = hashlib.sha256(data).hexdigest()
    number = sum(1 for _ in project.ledger.entries("export")) + 1
    project.ledger.record(
        events.Export(
            export_id=f"X{number}",
            form=form,
            sha256=digest,
            families=[
                {"family_id": family.run, "m": family.m, "members": family.tests_run, "listed": family.tests_run}
                for family in project.runs()
            ],
            hypotheses=[one.id for one in project.hypotheses()],
            profile=project.profile.setting.value,
            lint={"n": sum(one.n for one in checks), "items": [item for one in checks for item in one.plain_items()]},
        )
    )
    return digest


def make_pack(project: Project, *, leaving: bool) -> tuple[bytes, Checkpoint]:
    """The audit pack of a project: the full one, or the one that may leave under the profile; its export is recorded.

    With it comes its checkpoint: the export is a later entry, so that a checkpoint taken afterwards is of a longer
    ledger than the pack holds. Raises AuthorisationExpired; nothing is then made.
    """
    profile = project.profile
    if leaving:
        threshold = profile.threshold if profile.masks(Place.EXPORT) else 0
        data = leaving_pack(project.ledger, small_counts(threshold))
    else:
        data = full_pack(project.ledger)
    record_export(project, data, form="pack.leaving" if leaving else "pack.full")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data, parse_checkpoint(archive.read("checkpoint.txt").decode())


class NotASigningKey(LedgerError):
    code = "E-LEDGER-40"
    what = "This is not an Ed25519 private key: {problem}."
    why = "A checkpoint is signed with a key that only its owner holds, in the PEM form that OpenSSL writes."
    todo = "Make one with `openssl genpkey -algorithm ed25519 -out key.pem`, outside the folder of the project."


def signed(checkpoint: Checkpoint, key: bytes, *, name: str) -> Checkpoint:
    """The checkpoint with a signature line under a name. Raises NotASigningKey."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        loaded = load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise NotASigningKey(problem="it cannot be read") from problem
    if not isinstance(loaded, Ed25519PrivateKey):
        raise NotASigningKey(problem="it is of another kind")
    return sign(checkpoint, name=name, key=loaded)


def export_file(project: Project, path: Path, text: str | bytes, *, form: str, protocol: Protocol | None = None) -> str:
    """Record an export and write its file; returns the SHA-256. Raises CausalLanguage."""
    digest = record_export(project, text, form=form, protocol=protocol)
    write_whole(path, text)
    return digest


def assigned_parts(assignments: Sequence[str]) -> dict[str, Part | None]:
    """The parts in texts of the form ITEM=PART (the last equals sign divides). Raises UnknownPart."""
    parts: dict[str, Part | None] = {}
    for text in assignments:
        item, sign, part = text.rpartition("=")
        if not sign or part.strip() not in {known.value for known in Part}:
            raise UnknownPart(text=text)
        parts[item.strip()] = Part(part.strip())
    return parts


def protocol_language(language: str) -> Language:
    """The language of a protocol's document."""
    return Language(language)


def design_summary(design: Design) -> dict[str, Any]:
    """The figures of a design as plain values: verdict, estimates, refutations, size, hash."""
    return {
        "verdict": design.identification.verdict.value,
        "minimal_sets": [list(found) for found in design.identification.minimal_sets],
        "dowhy": {
            "minimal_sets": [list(found) for found in design.opinion.minimal_sets],
            "agreement": design.agreement.value,
        },
        "adjustment": None if design.adjustment is None else list(design.adjustment),
        "must_measure": [list(remedy.names) for remedy in design.identification.must_measure],
        "estimates": [
            {
                "scope": "discovery, design-stage",
                "exposure": design.question.exposure_text,
                "outcome": design.question.outcome.text,
                "method": estimate.method.value,
                "scale": estimate.scale.value,
                "value": estimate.value,
                "ci_low": estimate.low,
                "ci_high": estimate.high,
                "n": estimate.n,
            }
            for estimate in design.estimates
        ],
        "refutations": [refutation.to_dict() for refutation in design.refutations],
        "sensitivity": [dict(row) for row in design.sensitivity],
        "sample_size": dict(design.sample_size),
        "protocol_sha256": design.protocol.content_hash,
    }
