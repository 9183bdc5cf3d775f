"""A project: one table of persons, its ledger, its runs and its registry, in one folder.

The folder holds ``ledger.sqlite`` (or points to a PostgreSQL ledger), the discovery part as text, the sealed part in a
file that nothing reads before a list is frozen, and the jobs of running workers. Page, command line and Python all act
through this class, so that they give the same hashes.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from miner.errors import LedgerLocked, LedgerReadOnly, ProjectError
from miner.findings import Family, Findings, statement
from miner.interrupted import INTERRUPTED, RunUnderWay, mining, unfinished
from miner.ledger import Actor, Entry, Ledger, events, open_ledger
from miner.ledger.grammar import grammar_of
from miner.ledger.registry import Hypothesis, hypotheses, register
from miner.looks import Unbounded
from miner.mine import Computation, Preflight, Progress, preflight
from miner.multiplicity.claims import ClaimLevel, claim_levels
from miner.multiplicity.families import Spent, spend
from miner.pattern_search import spent_by_search
from miner.plan import Plan
from miner.privacy.profiles import Profile, Setting
from miner.privacy.profiles import profile as disclosure_profile
from miner.sealed import held_up
from miner.tables.model import Dataset, Dictionary, Kind, Role
from miner.tables.report import ReadReport
from miner.tables.split import Split, no_split, split_rows
from miner.tables.text_table import TextTable
from miner.tables.time_order import check_time_order
from miner.tables.typed import apply_dictionary
from miner.universe import PAIR_TEST, RULE_TEST, RunUniverse, declare

Clock = Callable[[], datetime]
PACKAGES = ("fortuit", "numpy", "scipy", "pandas", "pyarrow", "numba", "sqlalchemy", "statsmodels", "mlxtend", "dowhy")
METHODS = ("bh", "by", "holm")
DEFAULT_SALT = "fortuit"


class NotAProject(ProjectError):
    code = "E-PROJECT-01"
    what = "'{path}' is not a Fortuit project."
    why = "A project is a folder with a ledger in it."
    todo = "Give the folder of a project, or make one with `fortuit demo` or on the Start page."


class ProjectExists(ProjectError):
    code = "E-PROJECT-02"
    what = "There is a project in '{path}' already."
    why = "A project is never overwritten: what was tested in it stays counted."
    todo = "Open it, or choose another folder."


class UnknownRun(ProjectError):
    code = "E-PROJECT-03"
    what = "The project has no run '{run}'."
    why = "Runs are named R1, R2 and so on, in the order in which they were declared; this project has {runs}."
    todo = "Take one of these, or run a plan first."


class NoTable(ProjectError):
    code = "E-PROJECT-06"
    what = "The project has no table yet."
    why = "Roles, plans and runs belong to a table of persons with its dictionary."
    todo = "Read a table on the Data page, or with `fortuit read FILE --project PROJECT`."


class TableThere(ProjectError):
    code = "E-PROJECT-07"
    what = "The project has its table already."
    why = "Splitting another version of the data again could move sealed persons into the mined part."
    todo = "Make a new project for another table or another version of it."


class LedgerChanged(ProjectError):
    code = "E-PROJECT-08"
    what = "The data on disk are not those that the ledger records ({part})."
    why = "The fingerprint of the file is not the one written when the data were frozen."
    todo = "Restore the file from a copy; findings stay readable meanwhile."


class StillSealed(ProjectError):
    code = "E-PROJECT-10"
    what = "The sealed part is closed."
    why = "It is read only after a frozen list was opened on it, and each opening is counted."
    todo = "Freeze a list of registered hypotheses and confirm it on the Confirm page or with `fortuit confirm`."


# Direct identifiers and free text; dates and places are kept inside and guarded where results leave.
DIRECT_IDENTIFIERS = frozenset({"IMP-1", "IMP-2", "IMP-3", "IMP-4", "IMP-5", "IMP-6", "IMP-7"})


def without_identifiers(table: TextTable, dictionary: Dictionary) -> tuple[Dictionary, list[str]]:
    """The dictionary without free text and without direct identifiers that have no role, and the names left out.

    What is left out is never written to the project. The key stays: it counts persons and is shown nowhere.
    """
    flagged = {column.used for column in table.report.columns if DIRECT_IDENTIFIERS & set(column.identifiers)}
    left_out = [
        variable.name
        for variable in dictionary
        if variable.role is Role.IGNORED and (variable.kind is Kind.TEXT or variable.name in flagged)
    ]
    kept = tuple(variable for variable in dictionary if variable.name not in left_out)
    return replace(dictionary, variables=kept), left_out


def ignore(done: int, total: int) -> None:
    """Progress that nobody watches."""


def never() -> bool:
    """A run that nobody stops."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What came of a run: its name and hash, and how many of the declared tests were computed."""

    id: str
    m: int
    tests_run: int
    run_hash: str
    cancelled: bool
    findings: Mapping[str, int]


class Project:
    """An open project. ``actor`` signs what is written; ``clock`` gives the time."""

    def __init__(self, path: Path, ledger: Ledger, clock: Clock) -> None:
        self.path = path
        self.ledger = ledger
        self._clock = clock

    # --- making and opening -------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        name: str,
        clock: Clock,
        actor: Actor,
        profile: Profile | None = None,
        purpose: str = "",
        declaration: Mapping[str, Any] | None = None,
        ledger_url: str = "",
    ) -> Project:
        """Make a project in a folder that has none. ``declaration`` holds controller, legal basis and the like."""
        chosen = profile or disclosure_profile(Setting.SECURE_ROOM)
        if (path / "ledger.sqlite").exists() or (path / "ledger.url").exists():
            raise ProjectExists(path=str(path))
        path.mkdir(parents=True, exist_ok=True)
        if ledger_url:
            (path / "ledger.url").write_text(ledger_url, encoding="utf-8")
        ledger = open_ledger(ledger_url or path / "ledger.sqlite", clock=clock, actor=actor)
        project = cls(path, ledger, clock)
        with ledger.transaction():
            ledger.record(
                events.Project(name=name, purpose=purpose, profile=chosen.setting.value, **dict(declaration or {}))
            )
            ledger.record(events.Profile(name=chosen.setting.value, threshold=chosen.threshold, reason=chosen.norm))
            ledger.record(project._session())
        return project

    @classmethod
    def open(cls, path: Path, *, clock: Clock, actor: Actor) -> Project:
        """Open the project in a folder. Raises NotAProject, or what the ledger raises."""
        path = Path(path)
        url = path / "ledger.url"
        if not url.exists() and not (path / "ledger.sqlite").exists():
            raise NotAProject(path=str(path))
        location = url.read_text(encoding="utf-8").strip() if url.exists() else path / "ledger.sqlite"
        project = cls(path, open_ledger(location, clock=clock, actor=actor, create=False), clock)
        project._close_what_was_interrupted()
        return project

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()

    @property
    def actor(self) -> Actor:
        """Who signs what is written."""
        return self.ledger.actor

    @cached_property
    def header(self) -> Mapping[str, Any]:
        """The first entry: name, purpose, and by which right the data are held."""
        return next(self.ledger.entries("project")).content

    @property
    def name(self) -> str:
        """Name of the project."""
        return str(self.header["name"])

    @property
    def profile(self) -> Profile:
        """The disclosure profile in force."""
        found = self._last("profile") or {"name": Setting.SECURE_ROOM.value, "threshold": None, "reason": ""}
        return disclosure_profile(str(found["name"]), norm=str(found["reason"] or "FR"), threshold=found["threshold"])

    def _last(self, kind: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = None
        for entry in self.ledger.entries(kind):
            found = entry.content
        return found

    def _session(self) -> events.Session:
        versions = {}
        for package in PACKAGES:
            try:
                versions[package] = metadata.version(package)
            except metadata.PackageNotFoundError:
                versions[package] = "not installed"
        return events.Session(
            session_id=hashlib.sha256(f"{self._clock().isoformat()}{self.actor.name}".encode()).hexdigest()[:16],
            app_version=versions["fortuit"],
            python=platform.python_version(),
            packages=versions,
            platform=sys.platform,
        )

    # --- the table ----------------------------------------------------------------------------------------------------

    @property
    def has_table(self) -> bool:
        """Whether a table was frozen into this project."""
        return self._last("dataset") is not None

    def freeze_table(
        self, table: TextTable, dictionary: Dictionary, *, fraction: float | None = 0.5, salt: str = DEFAULT_SALT
    ) -> Split:
        """Type the table, split its persons, write both parts, and record dataset, dictionary and split.

        ``fraction`` is the part that is mined; None is the declared choice to seal nothing. The same person falls on
        the same side in every version of a file and in every project with the same salt, so that nobody can draw
        splits until one pleases.

        Raises TableThere, or what the dictionary or the split raise; then nothing was written to the ledger.
        """
        if self.has_table:
            raise TableThere()
        dictionary, left_out = without_identifiers(table, dictionary)
        dataset = apply_dictionary(table, dictionary)
        split = no_split(dataset) if fraction is None else split_rows(dataset, salt=salt, fraction=fraction)
        dictionary = dataset.dictionary
        folder = self.path / "data"
        folder.mkdir(exist_ok=True)
        masks = {"discovery": split.discovery, "sealed": split.confirmation}
        parts = {part: dataset.take(mask) for part, mask in masks.items()}
        for part, mask in masks.items():
            kept = table.table.select([variable.name for variable in dictionary])
            pq.write_table(kept.filter(pa.array(mask)), folder / f"{part}.parquet")
        (folder / "report.json").write_text(json.dumps(table.report.to_dict()), encoding="utf-8")
        dataset_id = "D1"
        with self.ledger.transaction():
            self.ledger.record(
                events.DatasetRead(
                    dataset_id=dataset_id,
                    source=table.name,
                    file_sha256=table.report.content_sha256,
                    content_sha256=dataset.content_hash,
                    rows=dataset.n,
                    columns=len(dictionary.variables),
                    report={"messages": [message.code for message in table.report.messages], "left_out": left_out},
                )
            )
            self.ledger.record(
                events.DictionarySet(dictionary_sha256=dictionary.content_hash, dictionary=dictionary.to_dict())
            )
            self.ledger.record(
                events.Split(
                    dataset_id=dataset_id,
                    method=split.method,
                    fraction=split.fraction,
                    salt_sha256=split.salt_hash,
                    discovery_rows=parts["discovery"].n,
                    confirmation_rows=parts["sealed"].n,
                    discovery_sha256=parts["discovery"].content_hash,
                    confirmation_sha256=parts["sealed"].content_hash,
                )
            )
        return split

    @cached_property
    def dataset_event(self) -> Mapping[str, Any]:
        """What the ledger says of the table. Raises NoTable."""
        found = self._last("dataset")
        if found is None:
            raise NoTable()
        return found

    @cached_property
    def split_event(self) -> Mapping[str, Any]:
        """What the ledger says of the split."""
        found = self._last("split")
        if found is None:
            raise NoTable()
        return found

    @cached_property
    def dictionary(self) -> Dictionary:
        """The dictionary in force. Raises NoTable."""
        found = self._last("dictionary")
        if found is None:
            raise NoTable()
        return Dictionary.from_dict(found["dictionary"])

    @cached_property
    def report(self) -> ReadReport:
        """What was found while reading the table."""
        self.dataset_event  # noqa: B018  (says clearly that there is no table)
        return ReadReport.from_dict(json.loads((self.path / "data" / "report.json").read_text(encoding="utf-8")))

    @cached_property
    def discovery(self) -> Dataset:
        """The part that is mined. Raises NoTable or LedgerChanged."""
        return self._part("discovery", str(self.split_event["discovery_sha256"]))

    @property
    def sealed(self) -> Dataset:
        """The sealed part, after it was opened for a frozen list. Raises StillSealed, NoTable or LedgerChanged."""
        if next(self.ledger.entries("unlock"), None) is None:
            raise StillSealed()
        return self._part("sealed", str(self.split_event["confirmation_sha256"]))

    def _part(self, part: str, fingerprint: str) -> Dataset:
        file = self.path / "data" / f"{part}.parquet"
        if not file.exists():
            raise LedgerChanged(part=part)
        table = TextTable(name=part, table=pq.read_table(file), report=self.report)
        dataset = apply_dictionary(table, self.dictionary)
        if dataset.content_hash != fingerprint:
            raise LedgerChanged(part=part)
        return dataset

    # --- runs ---------------------------------------------------------------------------------------------------------

    @property
    def scope(self) -> str:
        """Fingerprint of the rows that are mined: universes of other rows are never taken for this one."""
        return str(self.split_event["discovery_sha256"])

    def suggested_plan(self) -> Plan:
        """A plan from the roles of the dictionary."""
        return Plan.suggest(self.dictionary)

    def universe(self, plan: Plan) -> RunUniverse:
        """The universe a plan declares here. Raises what the plan, the time order or the items raise."""
        plan.checked(self.dictionary)
        check_time_order(
            self.dictionary, exposures=plan.exposures, outcomes=plan.outcomes, covariates=plan.adjust_for, strict=True
        )
        return declare(plan, self.discovery, self.scope)

    def preflight(self, plan: Plan) -> Preflight:
        """What a run of the plan would do, without doing it."""
        return preflight(self.universe(plan), self.discovery)

    def history(self) -> list[Spent]:
        """What each run and search, and the family of single looks, was granted of the project's error, in order."""
        spent: list[Spent] = []
        started = {
            str(e.content["family_id"]): e.content
            for e in self.ledger.entries("run")
            if e.content["phase"] == "started"
        }
        universes = {str(e.content["universe_id"]): e for e in self.ledger.entries("universe")}
        for entry in self.ledger.entries("family"):
            family = entry.content
            if family["online"]:
                spent.append(
                    Spent(
                        family=str(family["family_id"]),
                        universe=Unbounded(),
                        m=1,
                        share=float(family["levels"]["share"]),
                        turn=int(family["run_number"]),
                    )
                )
                continue
            run = started.get(str(family["family_id"]))
            search = (
                None if run is not None else spent_by_search(entry, universes[str(family["universe_id"])], self.scope)
            )
            if search is not None:
                spent.append(search)
            if run is None or run["data_sha256"] != self.scope:
                continue
            universe = declare(Plan.from_dict(run["plan"]), self.discovery, self.scope)
            spend_share = float(family["levels"]["share"])
            turn = int(family["run_number"]) if family["spends"] else 0
            spent.append(
                Spent(
                    family=str(family["family_id"]),
                    universe=universe,
                    m=int(family["m"]),
                    share=spend_share,
                    turn=turn,
                    within=family["parent"],
                )
            )
        return spent

    def mine(self, plan: Plan, *, progress: Progress = ignore, cancelled: Callable[[], bool] = never) -> RunSummary:
        """Declare, compute, record and correct one run.

        The universe and the family are in the ledger before the first test is computed; every block of tests is in the
        ledger before anything of it can be shown. A run that is cancelled keeps its m, and so does one whose process
        died: it is closed before the next one begins. Raises RunUnderWay where another run is being written.
        """
        with mining(self.path):
            self._close_interrupted()
            return self._mine(plan, progress, cancelled)

    def _mine(self, plan: Plan, progress: Progress, cancelled: Callable[[], bool]) -> RunSummary:
        universe = self.universe(plan)
        run_id = f"R{sum(1 for e in self.ledger.entries('run') if e.content['phase'] == 'started') + 1}"
        granted = spend(self.history(), run_id, universe, scratch=plan.run.scratch)
        q, alpha = plan.corrections.q * granted.share, plan.corrections.alpha * granted.share
        with self.ledger.transaction():
            session = self._session()
            self.ledger.record(session)
            self.ledger.record(
                events.UniverseDeclared(
                    universe_id=run_id,
                    grammar=self._grammar(universe),
                    size=universe.size,
                    statement=plan.name,
                )
            )
            self.ledger.record(
                events.FamilyDeclared(
                    family_id=run_id,
                    universe_id=run_id,
                    m=granted.m,
                    primary_method="bh",
                    methods=list(METHODS),
                    alpha=alpha,
                    levels={"q": q, "alpha": alpha, "share": granted.share},
                    run_number=granted.turn,
                    spends=granted.turn > 0,
                    scratch=granted.scratch,
                    parent=granted.within,
                )
            )
            self.ledger.record(
                events.RunStarted(
                    run_id=run_id,
                    family_id=run_id,
                    plan_sha256=plan.content_hash,
                    plan=plan.to_dict(),
                    dataset_id=str(self.dataset_event["dataset_id"]),
                    data_sha256=self.scope,
                    part="discovery",
                    session_id=session.session_id,
                    seed=plan.run.seed,
                )
            )
            for item in universe.antecedents.items + universe.outcomes.items:
                if item.fitted:
                    self.ledger.record(
                        events.Preprocess(
                            preprocess_id=f"{run_id}/{item.text}",
                            operation="bin",
                            variable=item.variable,
                            detail=item.to_dict(),
                        )
                    )
        computation = Computation(
            plan=plan, universe=universe, discovery=self.discovery, progress=progress, cancelled=cancelled
        )
        batch = events.Batch(
            family_id=run_id, universe_id=run_id, run_id=run_id, test_versions={RULE_TEST: "1", PAIR_TEST: "1"}
        )
        rows: list[Mapping[str, Any]] = []
        inputs: list[str] = []
        for block in computation:
            entry = self.ledger.record(batch, rows=block)
            inputs.append(str(entry.content["block_root"]))
            rows.extend(block)
        return self._close_run(
            run_id,
            plan,
            m=granted.m,
            share=granted.share,
            rows=rows,
            inputs=inputs,
            uncomputed=computation.uncomputed,
            stopped="stopped by a person" if computation.stopped else "",
        )

    def _close_what_was_interrupted(self) -> None:
        if self.ledger.is_read_only or not unfinished(self.ledger):
            return
        try:
            with mining(self.path):
                self._close_interrupted()
        except (RunUnderWay, LedgerReadOnly, LedgerLocked, PermissionError):
            return  # alive, or not for this person to write: the next writer closes it

    def _close_interrupted(self) -> None:
        """Close each run that was started and never ended: what it recorded is corrected with the m it declared."""
        for entry in unfinished(self.ledger):
            started = entry.content
            run_id = str(started["run_id"])
            family = next(e.content for e in self.ledger.entries("family") if e.content["family_id"] == run_id)
            universe = next(e.content for e in self.ledger.entries("universe") if e.content["universe_id"] == run_id)
            batches = [e for e in self.ledger.entries("batch") if e.content["family_id"] == run_id]
            rows = [row for batch in batches for row in self.ledger.rows(batch)]
            self._close_run(
                run_id,
                Plan.from_dict(started["plan"]),
                m=int(family["m"]),
                share=float(family["levels"]["share"]),
                rows=rows,
                inputs=[str(batch.content["block_root"]) for batch in batches],
                uncomputed={INTERRUPTED: int(universe["size"]) - len(rows)},
                stopped=INTERRUPTED,
            )

    def _close_run(
        self,
        run_id: str,
        plan: Plan,
        *,
        m: int,
        share: float,
        rows: Sequence[Mapping[str, Any]],
        inputs: Sequence[str],
        uncomputed: Mapping[str, int],
        stopped: str,
    ) -> RunSummary:
        ln_p = np.array([np.nan if row["ln_p"] is None else float(row["ln_p"]) for row in rows], dtype=np.float64)
        claims = claim_levels(ln_p, m=m, share=share, q=plan.corrections.q, alpha=plan.corrections.alpha)
        run_hash = self._run_hash(plan, m, rows)
        adjusted = {"bh": claims.bh, "by": claims.by, "holm": claims.holm}
        alphas = {"bh": claims.q, "by": claims.q, "holm": claims.alpha}
        decisions = {
            method: found.rejected(alphas[method]) if alphas[method] > 0 else np.zeros(len(rows), dtype=bool)
            for method, found in adjusted.items()
        }
        with self.ledger.transaction():
            self.ledger.record(
                events.Adjusted(
                    family_id=run_id,
                    methods=list(METHODS),
                    primary_method="bh",
                    alphas=alphas,
                    m=m,
                    na_rule="count",
                    inputs=list(inputs),
                    assumptions={"bh": "positive dependence", "by": "any dependence", "holm": "any dependence"},
                ),
                rows=(
                    {
                        "i": row["i"],
                        "id": row["id"],
                        "ln_adjusted": {method: _finite(adjusted[method].ln_adjusted[k]) for method in METHODS},
                        "rejected": {method: bool(decisions[method][k]) for method in METHODS},
                        "level": str(claims.levels[k]),
                    }
                    for k, row in enumerate(rows)
                ),
            )
            if stopped:
                self.ledger.record(
                    events.Cancelled(run_id=run_id, family_id=run_id, recorded=len(rows), reason=stopped)
                )
            self.ledger.record(
                events.RunFinished(
                    run_id=run_id,
                    family_id=run_id,
                    recorded=len(rows),
                    uncomputed=[{"reason": reason, "count": count} for reason, count in uncomputed.items() if count],
                    run_hash=run_hash,
                )
            )
        return RunSummary(
            id=run_id,
            m=m,
            tests_run=len(rows),
            run_hash=run_hash,
            cancelled=bool(stopped),
            findings={level.value: count for level, count in claims.count().items()},
        )

    def _grammar(self, universe: RunUniverse) -> dict[str, Any]:
        parts = [grammar_of(part) for part in universe.parts]
        return parts[0] if len(parts) == 1 else {"mode": "union", "parts": parts}

    def _run_hash(self, plan: Plan, m: int, rows: Sequence[Mapping[str, Any]]) -> str:
        split = {key: self.split_event[key] for key in ("method", "fraction", "salt_sha256")}
        content = {
            "plan": plan.to_dict(),
            "data": self.dataset_event["content_sha256"],
            "split": split,
            "m": m,
            "tests": [[row["id"], row["status"], row["counts"]] for row in rows],
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(b"fortuit-run-1\0" + text.encode()).hexdigest()

    def runs(self) -> tuple[Family, ...]:
        """All finished runs, in their order; a run that ended without its corrections is left out of it."""
        families: dict[str, Mapping[str, Any]] = {}
        started: dict[str, Entry] = {}
        sizes: dict[str, Mapping[str, Any]] = {}
        ended: dict[str, Mapping[str, Any]] = {}
        cancelled: set[str] = set()
        for entry in self.ledger.entries("universe", "family", "run", "cancel"):
            content = entry.content
            if entry.kind == "universe":
                sizes[str(content["universe_id"])] = content
            elif entry.kind == "family":
                families[str(content["family_id"])] = content
            elif entry.kind == "cancel":
                cancelled.add(str(content["run_id"]))
            elif content["phase"] == "started":
                started[str(content["run_id"])] = entry
            else:
                ended[str(content["run_id"])] = content
        return tuple(
            Family(
                run=run,
                m=int(families[run]["m"]),
                share=float(families[run]["levels"]["share"]),
                q=float(families[run]["levels"]["q"]),
                alpha=float(families[run]["levels"]["alpha"]),
                tests_run=int(end["recorded"]),
                uncomputed={str(part["reason"]): int(part["count"]) for part in end["uncomputed"]},
                within=families[run]["parent"],
                run_hash=str(end["run_hash"]),
                cancelled=run in cancelled,
                plan_hash=str(started[run].content["plan_sha256"]),
                started=started[run].time,
                name=str(sizes[run]["statement"]),
            )
            for run, end in ended.items()
        )

    def run(self, run_id: str | None = None) -> Family:
        """A finished run by its name, the last one by default. Raises UnknownRun."""
        runs = self.runs()
        for family in runs:
            if family.run == run_id or (run_id is None and family is runs[-1]):
                return family
        raise UnknownRun(run=run_id or "(last)", runs=", ".join(family.run for family in runs) or "none")

    def plan_of(self, run_id: str) -> Plan:
        """The plan of a run, as recorded."""
        for entry in self.ledger.entries("run"):
            if entry.content["run_id"] == run_id and entry.content["phase"] == "started":
                return Plan.from_dict(entry.content["plan"])
        raise UnknownRun(run=run_id, runs=", ".join(family.run for family in self.runs()) or "none")

    def findings(self, run_id: str | None = None) -> Findings:
        """The findings of a run, read back from the ledger alone. Raises UnknownRun."""
        family = self.run(run_id)
        rows: list[dict[str, object]] = []
        for entry in self.ledger.entries("batch"):
            if entry.content["family_id"] == family.run and entry.content["role"] == "member":
                rows.extend(self.ledger.rows(entry))
        adjusted: list[dict[str, Any]] = []
        for entry in self.ledger.entries("adjust"):
            if entry.content["family_id"] == family.run:
                adjusted = list(self.ledger.rows(entry))
        confirmed = held_up(self.ledger)
        return Findings(
            family=family,
            rows=rows,
            ln_adjusted={
                method: np.array(
                    [
                        np.nan if row["ln_adjusted"][method] is None else float(row["ln_adjusted"][method])
                        for row in adjusted
                    ],
                    dtype=np.float64,
                )
                for method in METHODS
            },
            levels=[
                ClaimLevel.HELD_UP if str(row["id"]) in confirmed else ClaimLevel(row["level"]) for row in adjusted
            ],
            run_levels=[ClaimLevel(row["level"]) for row in adjusted],
        )

    # --- the registry -------------------------------------------------------------------------------------------------

    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """All registered hypotheses, withdrawn ones included."""
        return hypotheses(self.ledger)

    def register(self, findings: Findings, finding: str, *, person: str, words: str = "") -> Hypothesis:
        """Register a finding under a person's name; ``words`` is the statement, the finding's own by default."""
        place = findings.place(finding)
        row, family = dict(findings.rows[place]), findings.family
        content = {
            "id": row["id"],
            "family_id": family.run,
            "row": row,
            "adjusted": {f"ln_p_{method}": _finite(values[place]) for method, values in findings.ln_adjusted.items()},
            "level": findings.levels[place].value,
            "m": family.m,
            "run_hash": family.run_hash,
        }
        said = words.strip() or statement(str(row["mode"]), row["x"], str(row["y"]))
        return register(self.ledger, content, person=person, statement=said)

    @property
    def tests_run(self) -> int:
        """All tests computed in this project, hidden, filtered, cancelled and scratch ones included."""
        batches = sum(
            int(entry.content["block_rows"])
            for entry in self.ledger.entries("batch")
            if entry.content["role"] != "diagnostic"
        )
        return batches + sum(1 for _ in self.ledger.entries("test"))


def _finite(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
