"""The plan: what will be searched, how it will be tested and corrected, written down before any p-value exists.

A plan is a small TOML file. The page, the command line and Python read the same plan and so give the same run.

>>> plan = Plan(name="smoking", outcomes=("death",), exposures=("qsmk", "age"))
>>> Plan.from_toml(plan.to_toml()) == plan
True
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any

import tomli_w

from miner.errors import PlanError, UnknownVariable
from miner.tables.model import Dictionary, Kind, Role

FORMAT = 1
MODELS = ("auto", "linear", "logistic", "poisson", "cox", "ordinal")


class PlanUnreadable(PlanError):
    code = "E-PLAN-02"
    what = "The plan could not be read: {detail}."
    why = (
        "A plan is a TOML file with the tables universe, items, rules, pairs, screens, adjustment, corrections and run."
    )
    todo = "Start from `fortuit plan PROJECT`, which writes a complete plan, and change what you need."


class PlanValue(PlanError):
    code = "E-PLAN-03"
    what = "The plan says {field} = {value!r}, which is not possible: {detail}."
    why = "Every setting is checked before anything runs, so that a run never means something else than its plan."
    todo = "Correct {field} in the plan."


class OverlappingRoles(PlanError):
    code = "E-PLAN-04"
    what = "'{name}' is both {first} and {second} in the plan."
    why = "A variable tested against itself, or adjusted for itself, gives a result that means nothing."
    todo = "Leave '{name}' in one of the two lists."


class UnusableKind(PlanError):
    code = "E-PLAN-05"
    what = "'{name}' is of kind {kind} and cannot be mined."
    why = "Text, keys and dates of single persons describe one person each; they are never searched."
    todo = "Take '{name}' out of the plan, or change its kind in the dictionary."


class EmptyUniverse(PlanError):
    code = "E-PLAN-06"
    what = "The plan leaves nothing to test."
    why = "It has {outcomes} outcome(s) and {exposures} exposure(s); at least one of each is needed."
    todo = "Name outcomes and exposures in the plan, or give variables these roles in the dictionary."


class TooManyTests(PlanError):
    code = "E-PLAN-07"
    what = "This plan declares {tests:,} tests; the limit is {limit:,}."
    why = "Every declared test counts in the correction and is written to the ledger."
    todo = "Name fewer exposures, shorten the rules (rules.max_length), or raise run.max_tests in the plan."


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """How variables become items: ``bins`` quantile bins for numeric variables without cut points of their own."""

    bins: int = 3
    ordinal: str = "levels"
    missing_as_item: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules antecedent -> consequent: length of the antecedent and the margin below which a rule is not computed."""

    enabled: bool = True
    max_length: int = 2
    minimum_count: int = 20
    minimum_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Associations between two variables: exposures with outcomes, or every pair of all of them."""

    enabled: bool = True
    scope: str = "exposures_outcomes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screens:
    """Regressions of each outcome on each exposure, given the plan's covariates.

    ``model`` is the regression of every outcome, or "auto": linear for numbers, logistic for two levels, ordinal for
    ordered levels, Cox for a duration with its event. With ``interaction`` the test is that of the product of exposure
    and this variable.
    """

    enabled: bool = False
    model: str = "auto"
    interaction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """False discovery rate ``q`` for BH and BY, familywise ``alpha`` for Holm and the basket bound."""

    q: float = 0.10
    alpha: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What must be recorded but changes no meaning: seed, caps, and scratch (never claimed from)."""

    seed: int = 20190101
    scratch: bool = False
    max_tests: int = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One mining run, declared. ``adjust_for`` lists the covariates of the value shown beside the crude one."""

    name: str
    outcomes: tuple[str, ...]
    exposures: tuple[str, ...]
    adjust_for: tuple[str, ...] = ()
    items: Items = field(default_factory=Items)
    rules: Rules = field(default_factory=Rules)
    pairs: Pairs = field(default_factory=Pairs)
    screens: Screens = field(default_factory=Screens)
    corrections: Corrections = field(default_factory=Corrections)
    run: Run = field(default_factory=Run)

    def __post_init__(self) -> None:
        _require(self.items.bins, "items.bins", 2 <= self.items.bins <= 10, "between 2 and 10 bins are allowed")
        _require(
            self.items.ordinal, "items.ordinal", self.items.ordinal in {"levels", "thresholds"}, "levels or thresholds"
        )
        _require(self.rules.max_length, "rules.max_length", 1 <= self.rules.max_length <= 3, "1, 2 or 3 items")
        _require(self.rules.minimum_count, "rules.minimum_count", self.rules.minimum_count >= 1, "at least 1 person")
        share = self.rules.minimum_share
        _require(share, "rules.minimum_share", 0 <= share < 1, "a share is from 0 to below 1")
        _require(
            self.pairs.scope,
            "pairs.scope",
            self.pairs.scope in {"exposures_outcomes", "all"},
            "exposures_outcomes or all",
        )
        _require(self.corrections.q, "corrections.q", 0 < self.corrections.q < 1, "a rate lies between 0 and 1")
        _require(
            self.corrections.alpha, "corrections.alpha", 0 < self.corrections.alpha < 1, "a level lies between 0 and 1"
        )
        _require(self.run.max_tests, "run.max_tests", self.run.max_tests >= 1, "at least one test")
        _require(self.screens.model, "screens.model", self.screens.model in MODELS, "one of " + ", ".join(MODELS))
        if not (self.rules.enabled or self.pairs.enabled or self.screens.enabled):
            raise PlanValue(field="rules.enabled", value=False, detail="rules, pairs and screens are all switched off")
        if not self.outcomes or not self.exposures:
            raise EmptyUniverse(outcomes=len(self.outcomes), exposures=len(self.exposures))
        for first, second, here, there in (
            ("an exposure", "an outcome", self.exposures, self.outcomes),
            ("an outcome", "a covariate", self.outcomes, self.adjust_for),
            ("an outcome", "the modifier of the screens", self.outcomes, (self.screens.interaction,)),
        ):
            for name in here:
                if name in there:
                    raise OverlappingRoles(name=name, first=first, second=second)
        for label, names in (
            ("outcomes", self.outcomes),
            ("exposures", self.exposures),
            ("adjust_for", self.adjust_for),
        ):
            if len(set(names)) != len(names):
                raise PlanValue(field=label, value=list(names), detail="a name stands there twice")

    @classmethod
    def suggest(cls, dictionary: Dictionary) -> Plan:
        """A plan from the roles: every exposure against every outcome, age and sex (else two covariates) beside."""
        usable = [v for v in dictionary if v.kind not in {Kind.TEXT, Kind.KEY, Kind.DATE}]
        outcomes = tuple(v.name for v in usable if v.role is Role.OUTCOME)
        strata = tuple(v.name for v in usable if v.role in {Role.STRATUM, Role.COVARIATE})
        return cls(
            name=dictionary.name,
            outcomes=outcomes,
            exposures=tuple(v.name for v in usable if v.role is Role.EXPOSURE),
            adjust_for=tuple(name for name in ("age", "sex") if name in strata) or strata[:2],
        )

    def checked(self, dictionary: Dictionary) -> Plan:
        """This plan, once every name in it is known to the dictionary and of a kind that can be mined.

        Raises UnknownVariable or UnusableKind.
        """
        names = [variable.name for variable in dictionary]
        modifier = (self.screens.interaction,) if self.screens.interaction else ()
        for name in (*self.outcomes, *self.exposures, *self.adjust_for, *modifier):
            if name not in names:
                raise UnknownVariable(name=name, nearest=next(iter(get_close_matches(name, names, 1, 0.0)), "none"))
            if dictionary[name].kind in {Kind.TEXT, Kind.KEY, Kind.DATE}:
                raise UnusableKind(name=name, kind=dictionary[name].kind.value)
        return self

    def as_scratch(self) -> Plan:
        """The same plan as a scratch run: counted and recorded, spends no alpha, stays unadjusted."""
        return replace(self, run=replace(self.run, scratch=True))

    def to_dict(self) -> dict[str, Any]:
        """The tables of the plan as plain values; the hash is taken over them.

        The table of the screens, which the first plans did not have, stands there only where it says something: a plan
        without screens keeps the hash it always had.
        """
        tables = self._tables()
        if self.screens == Screens():
            del tables["screens"]
        return tables

    def _tables(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "name": self.name,
            "universe": {"outcomes": list(self.outcomes), "exposures": list(self.exposures)},
            "adjustment": {"for": list(self.adjust_for)},
            **{
                table: {f.name: getattr(getattr(self, table), f.name) for f in fields(_TABLES[table])}
                for table in _TABLES
            },
        }

    def to_toml(self) -> str:
        """The plan file, with every table."""
        return tomli_w.dumps(self._tables())

    @property
    def content_hash(self) -> str:
        """SHA-256 over the canonical JSON of the plan."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def from_toml(cls, text: str) -> Plan:
        """The plan in a TOML text. Raises PlanUnreadable or PlanValue; a key that is not known is refused by name."""
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PlanUnreadable(detail=str(error)) from error
        return cls.from_dict(tables)

    @classmethod
    def from_dict(cls, tables: Mapping[str, Any]) -> Plan:
        """The plan in the plain values of :meth:`to_dict`."""
        known = {"format", "name", "universe", "adjustment", *_TABLES}
        for key in tables:
            if key not in known:
                raise PlanUnreadable(detail=f"it has an unknown table or key '{key}'")
        if tables.get("format", FORMAT) != FORMAT:
            raise PlanUnreadable(detail=f"it is of format {tables['format']}, this version reads format {FORMAT}")
        universe = _table(tables, "universe")
        parts = {name: _part(kind, name, _table(tables, name)) for name, kind in _TABLES.items()}
        return cls(
            name=str(tables.get("name", "")),
            outcomes=_names(universe, "outcomes"),
            exposures=_names(universe, "exposures"),
            adjust_for=_names(_table(tables, "adjustment"), "for"),
            **parts,
        )


_TABLES: dict[str, type[Any]] = {
    "items": Items,
    "rules": Rules,
    "pairs": Pairs,
    "screens": Screens,
    "corrections": Corrections,
    "run": Run,
}


def _require(value: object, name: str, holds: bool, detail: str) -> None:
    if not holds:
        raise PlanValue(field=name, value=value, detail=detail)


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = tables.get(name, {})
    if not isinstance(table, Mapping):
        raise PlanUnreadable(detail=f"'{name}' must be a table")
    return table


def _names(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = table.get(key, [])
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise PlanUnreadable(detail=f"'{key}' must be a list of variable names")
    return tuple(names)


def _part(kind: type[Any], name: str, table: Mapping[str, Any]) -> Any:
    types = {f.name: type(getattr(kind(), f.name)) for f in fields(kind)}
    values = {}
    for key, value in table.items():
        if key not in types:
            raise PlanUnreadable(detail=f"'{name}' has an unknown key '{key}'")
        # TOML tells 1 from 1.0; a person writing a rate need not.
        if types[key] is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not types[key]:
            raise PlanValue(field=f"{name}.{key}", value=value, detail=f"it must be of type {types[key].__name__}")
        values[key] = value
    return kind(**values)
