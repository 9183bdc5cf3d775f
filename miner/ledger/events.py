"""Every kind of entry and its fields: what the ledger can say, and nothing else.

Each event is a frozen object; ``ledger.record(event)`` appends it, with rows where the kind has a block. Fields of
identity (``run_id``, ``family_id`` ...) are texts chosen by the caller, unique in the project. Hashes are hexadecimal.

A grammar (``UniverseDeclared.grammar``) is described in ``miner.ledger.grammar``.

>>> Void(seq=12, reason="the wrong file was read").content()
{'seq': 12, 'reason': 'the wrong file was read'}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

LABEL = "Hypothesis, not causation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events."""

    kind: ClassVar[str]
    has_rows: ClassVar[bool] = False

    def content(self) -> dict[str, Any]:
        """The fields, as recorded."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Event):
    """First entry: what the project is for and by which right it holds the data (DECISIONS 26)."""

    kind: ClassVar[str] = "project"
    name: str
    purpose: str = ""
    controller: str = ""
    legal_basis: str = ""
    authorisation: str = ""
    permitted_purposes: Sequence[str] = ()
    expires: str | None = None
    alpha: float = 0.05
    profile: str = "secure room"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Event):
    """A disclosure profile and its threshold, chosen or changed, with the reason."""

    kind: ClassVar[str] = "profile"
    name: str
    threshold: int
    reason: str = ""
    declaration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Event):
    """The environment of what follows: versions of Python and the libraries, platform, threads."""

    kind: ClassVar[str] = "session"
    session_id: str
    app_version: str
    python: str
    packages: Mapping[str, str]
    platform: str = ""
    locale: str = ""
    threads: Mapping[str, str] = field(default_factory=dict)
    constraints_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRead(Event):
    """A table was read. ``source`` names the table as it is known, so that a longer version of it is recognised."""

    kind: ClassVar[str] = "dataset"
    dataset_id: str
    source: str
    file_sha256: str
    content_sha256: str
    rows: int
    columns: int
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionarySet(Event):
    """The dictionary in force from here on."""

    kind: ClassVar[str] = "dictionary"
    dictionary_sha256: str
    dictionary: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Event):
    """Discovery and sealed confirmation. ``method`` is "hash", "time", "site" or "none"; ``shared_units`` counts
    persons found in both parts (0 where the split is sound)."""

    kind: ClassVar[str] = "split"
    dataset_id: str
    method: str
    fraction: float | None
    salt_sha256: str
    discovery_rows: int
    confirmation_rows: int
    discovery_sha256: str
    confirmation_sha256: str
    shared_units: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocess(Event):
    """A recoding, binning, exclusion or imputation. ``operation`` is "bin", "recode", "exclude" or "impute"."""

    kind: ClassVar[str] = "preprocess"
    preprocess_id: str
    operation: str
    variable: str
    detail: Mapping[str, Any]
    fitted_on: str = "discovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class UniverseDeclared(Event):
    """The declared search space. ``reductions`` are the only ways by which m may fall below the size of the grammar:
    ``{"by": "margin" | "tarone" | "negative_control", "removed": n, "detail": {...}}``."""

    kind: ClassVar[str] = "universe"
    universe_id: str
    grammar: Mapping[str, Any]
    size: int
    reductions: Sequence[Mapping[str, Any]] = ()
    statement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyDeclared(Event):
    """A set of tests corrected together, declared before its first test. ``run_number`` is its place in the spending of
    alpha between runs; ``spends`` is False for scratch runs and for universes inside an earlier one (DECISIONS 14)."""

    kind: ClassVar[str] = "family"
    family_id: str
    universe_id: str
    m: int
    primary_method: str
    methods: Sequence[str]
    alpha: float
    levels: Mapping[str, float] = field(default_factory=dict)
    run_number: int = 1
    spends: bool = True
    scratch: bool = False
    online: bool = False
    na_rule: str = "count"
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A mining run begins: what it runs on and by which plan."""

    kind: ClassVar[str] = "run"
    run_id: str
    family_id: str
    plan_sha256: str
    plan: Mapping[str, Any]
    dataset_id: str
    data_sha256: str
    part: str
    session_id: str
    seed: int = 0
    phase: str = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """A mining run ended. Rows recorded plus ``uncomputed`` (``{"reason": ..., "count": n}``) make up the universe."""

    kind: ClassVar[str] = "run"
    run_id: str
    family_id: str
    recorded: int
    uncomputed: Sequence[Mapping[str, Any]]
    run_hash: str
    phase: str = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(Event):
    """A run stopped early. What was computed stays recorded; the family keeps its m."""

    kind: ClassVar[str] = "cancel"
    run_id: str
    family_id: str
    recorded: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Event):
    """Tests of a family, one row each (see ``docs/ledger-format.md``). ``role`` is "member", "negative_control",
    "secondary" or "diagnostic"; ``origin`` tells what asked for them ("run", "page", "command line", "python")."""

    kind: ClassVar[str] = "batch"
    has_rows: ClassVar[bool] = True
    family_id: str
    universe_id: str
    run_id: str | None
    part: str = "discovery"
    role: str = "member"
    origin: str = "run"
    test_versions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Event):
    """One interactive test is declared in an online family, before it is computed; its place is its sequence number."""

    kind: ClassVar[str] = "declare"
    family_id: str
    hypothesis: str
    text: str
    test: str
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested(Event):
    """The result of a declared interactive test, with its immutable verdicts ``{procedure: {"alpha": a, "rejected":
    bool}}`` for "alpha_spending", "lond" and "lord++"."""

    kind: ClassVar[str] = "test"
    family_id: str
    declared_seq: int
    row: Mapping[str, Any]
    verdicts: Mapping[str, Mapping[str, Any]]
    seen_before: bool = False
    part: str = "discovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted(Event):
    """A correction over a family. Rows: ``{"i", "id", "ln_adjusted": {method: ln p}, "rejected": {method: bool},
    "level"}``. ``alphas`` gives the level of each method; ``inputs`` the ``block_root`` of each batch corrected."""

    kind: ClassVar[str] = "adjust"
    has_rows: ClassVar[bool] = True
    family_id: str
    methods: Sequence[str]
    primary_method: str
    alphas: Mapping[str, float]
    m: int
    na_rule: str
    inputs: Sequence[str]
    assumptions: Mapping[str, str] = field(default_factory=dict)
    selection_h: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Event):
    """What was put before a person's eyes: all of a family, or the hypotheses listed."""

    kind: ClassVar[str] = "view"
    family_id: str
    shown: int
    hypotheses: Sequence[str] | None = None
    sort: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Event):
    """A basket with its bound: at least ``bound`` of the hypotheses are associated (confidence 1 - alpha)."""

    kind: ClassVar[str] = "select"
    family_id: str
    hypotheses: Sequence[str]
    alpha: float
    robust: bool
    bound: int
    m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisVersion(Event):
    """One version of a registered hypothesis; written by ``miner.ledger.registry`` only.

    ``statement`` and what else is in words can leave; ``finding`` holds the numbers.
    """

    kind: ClassVar[str] = "hypothesis"
    hypothesis_id: str
    version: int
    base: int
    status: str
    person: str
    test_id: str
    family_id: str
    statement: str
    question: Mapping[str, Any] = field(default_factory=dict)
    finding: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    label: str = LABEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(Event):
    """A list frozen for the sealed part: test ids with direction and test, the hash of that list, and its members."""

    kind: ClassVar[str] = "freeze"
    list_id: str
    dataset_id: str
    members: Sequence[Mapping[str, Any]]
    list_sha256: str
    method: str = "holm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock(Event):
    """The sealed part was opened for one frozen list; the k-th opening tests at alpha * 2**-k (DECISIONS 3)."""

    kind: ClassVar[str] = "unlock"
    list_id: str
    list_sha256: str
    dataset_id: str
    number: int
    alpha: float
    reused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation(Event):
    """Results on the sealed part, one test row each with ``adjusted_ln_p`` and ``verdict``."""

    kind: ClassVar[str] = "confirmation"
    has_rows: ClassVar[bool] = True
    list_id: str
    unlock_number: int
    method: str
    alpha: float
    m: int
    data_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol(Event):
    """A version of a study protocol, by its hash."""

    kind: ClassVar[str] = "protocol"
    protocol_id: str
    hypothesis_id: str
    version: int
    status: str
    protocol_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Event):
    """A file left the workbench. ``families`` gives for each family ``{"family_id", "m", "members", "listed"}``: m as
    printed (None where it was not), how many tests it has and how many rows the file lists. ``label`` is the label as
    printed; ``texts`` are the generated sentences of claims; ``lint`` the report of the language linter."""

    kind: ClassVar[str] = "export"
    export_id: str
    form: str
    sha256: str
    families: Sequence[Mapping[str, Any]]
    label: str = LABEL
    texts: Sequence[str] = ()
    hypotheses: Sequence[str] = ()
    profile: str = ""
    recipient: str = ""
    lint: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Event):
    """An earlier entry is set aside, with the reason. It stays readable; tests in it stay counted."""

    kind: ClassVar[str] = "void"
    seq: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Event):
    """A free text about something (given to ``record`` as ``note``); only its commitment is in the chain."""

    kind: ClassVar[str] = "note"
    about: str


EVENTS: tuple[type[Event], ...] = (
    Project, Profile, Session, DatasetRead, DictionarySet, Split, Preprocess, UniverseDeclared, FamilyDeclared,
    RunStarted, RunFinished, Cancelled, Batch, Declared, Tested, Adjusted, View, Select, HypothesisVersion, Freeze,
    Unlock, Confirmation, Protocol, Export, Void, Note,
)  # fmt: skip
KINDS: tuple[str, ...] = tuple(sorted({event.kind for event in EVENTS}))
