"""From a rule to a question: each item of a finding gets its part, the contrast its comparator, before anything is
estimated.

A finding says that items are found together; which of them could be set by someone, who is eligible and what is
compared with what is a person's decision (a question without a comparator has no answer).

>>> Condition.parse("age in [40, 50)").text
'age in [40, 50)'
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from causal.design_matrix import AnalysisData, analysis_data, as_numbers
from miner.errors import QuestionIncomplete, UnassignedItem, UnsuitableVariable
from miner.tables.model import Dataset, Dictionary, Kind, Level, Variable
from miner.tables.time_order import TimeOrderFinding, check_time_order

Floats = npt.NDArray[np.float64]


class Part(StrEnum):
    """What an item of a finding is in the causal question."""

    EXPOSURE = "exposure"
    ELIGIBILITY = "eligibility"
    COVARIATE = "covariate"
    MODIFIER = "modifier"
    OUTCOME = "outcome"


class Comparator(StrEnum):
    """With whom the exposed are compared where no condition is written out."""

    OTHERS = "everyone else whose value is known"
    NONE_OF = "those with none of the exposures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One item as text: ``sex = female``, ``age in [40, 50)``, ``smoker in {daily, weekly}``, ``bmi >= 30``, or a
    variable."""

    variable: str
    operator: str
    values: tuple[str, ...]
    text: str

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read an item as it is printed. A text without an operator names a variable as a whole."""
        stripped = text.strip()
        interval = re.fullmatch(r"(.+?) in ([\[(])\s*([^,\]]+),\s*([^,\])]+)\s*([\])])", stripped)
        if interval:
            name, left, low, high, right = interval.groups()
            return cls(variable=name.strip(), operator=left + right, values=(low.strip(), high.strip()), text=stripped)
        listed = re.fullmatch(r"(.+?) (?:in \{|any of )([^}]*)\}?", stripped)
        if listed:
            values = tuple(v.strip() for v in listed.group(2).split(","))
            return cls(variable=listed.group(1).strip(), operator="in", values=values, text=stripped)
        compared = re.fullmatch(r"(.+?)\s(>=|<=|!=|=|>|<)\s(.+)", stripped)
        if compared:
            name, operator, value = compared.groups()
            return cls(variable=name.strip(), operator=operator, values=(value.strip(),), text=stripped)
        return cls(variable=stripped, operator="", values=(), text=stripped)

    def holds(self, dataset: Dataset) -> Floats:
        """1 where the condition holds, 0 where it does not, NaN where the value is unknown; (n,)."""
        variable = _found(dataset.dictionary, self.variable)
        if variable is None or not variable.kind.is_categorical:
            values = as_numbers(dataset, self.variable, "a condition")
            return np.where(np.isnan(values), np.nan, self._compare(values).astype(np.float64))
        codes = dataset[self.variable].astype(np.int64)
        if self.operator in {"=", "!=", "in", ">="}:
            places = [k for k, level in enumerate(variable.levels) if self._names(level)]
            if len(places) < len(set(self.values)):
                known = ", ".join(level.label for level in variable.levels)
                raise UnsuitableVariable(name=self.text, part="a condition", reason=f"the levels are {known}")
            held = codes >= places[0] if self.operator == ">=" else np.isin(codes, places)
            result = (~held if self.operator == "!=" else held).astype(np.float64)
        elif not self.operator and len(variable.levels) == 2:
            result = (codes == 1).astype(np.float64)
        else:
            raise UnsuitableVariable(name=self.text, part="a condition", reason="it does not say which level")
        return np.where(codes < 0, np.nan, result)

    def _names(self, level: Level) -> bool:
        return bool({level.label, level.code, f"{level.label} ({level.code})"} & set(self.values))

    def _compare(self, values: Floats) -> npt.NDArray[np.bool_]:
        try:
            numbers = [_number(value) for value in self.values]
        except ValueError as cause:
            raise UnsuitableVariable(name=self.text, part="a condition", reason="its bounds are not numbers") from cause
        if self.operator in {"[)", "[]", "()", "(]"}:
            low, high = numbers
            above = values >= low if self.operator[0] == "[" else values > low
            below = values <= high if self.operator[1] == "]" else values < high
            return above & below
        if not numbers:
            raise UnsuitableVariable(name=self.text, part="a condition", reason="it does not say which values")
        if self.operator == "in":
            return np.isin(values, numbers)
        value = numbers[0]
        return {
            "=": values == value,
            "!=": values != value,
            ">=": values >= value,
            "<=": values <= value,
            ">": values > value,
            "<": values < value,
        }[self.operator]


@dataclass(frozen=True, slots=True, kw_only=True)
class CausalQuestion:
    """A finding with every item assigned, and the contrast that is to be estimated.

    ``exposure`` holds one condition or the conditions of a declared joint exposure. ``comparator`` is a rule or the
    written conditions of the other arm. ``levels`` = (a1, a0) is the contrast of a numeric exposure named as a whole.
    """

    parts: Mapping[str, Part]
    exposure: tuple[Condition, ...]
    comparator: Comparator | tuple[Condition, ...] | None
    outcome: Condition
    eligibility: tuple[Condition, ...] = ()
    covariates: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    levels: tuple[float, float] | None = None
    finding: str = ""

    @classmethod
    def from_finding(
        cls,
        finding: Mapping[str, object],
        parts: Mapping[str, Part | None],
        *,
        comparator: Comparator | Sequence[str] | None,
        levels: tuple[float, float] | None = None,
        joint: bool = False,
    ) -> CausalQuestion:
        """Build the question of a finding (a test row: ``x`` list of items, ``y`` item) from the parts a person gave.

        Raises UnassignedItem for the first item without a part, QuestionIncomplete where there is no exposure, more
        than one without ``joint``, not exactly one outcome, or no comparator.
        """
        x = finding.get("x", ())
        items = [str(item) for item in x] if isinstance(x, (list, tuple)) else [str(x)]
        items.append(str(finding["y"]))
        given: dict[str, Part] = {}
        for item in items:
            part = parts.get(item)
            if part is None:
                raise UnassignedItem(item=item)
            given[item] = Part(part)
        # A person may add items the finding does not hold (an eligibility criterion, a covariate).
        for item, part in parts.items():
            if item not in given and part is not None:
                given[item] = Part(part)
        chosen = {part: [Condition.parse(i) for i, p in given.items() if p is part] for part in Part}
        exposures, outcomes = chosen[Part.EXPOSURE], chosen[Part.OUTCOME]
        if not exposures:
            raise QuestionIncomplete(missing="no item is the exposure")
        if len(exposures) > 1 and not joint:
            raise QuestionIncomplete(
                missing="two items are exposures; declare them a joint exposure, or give one another part"
            )
        if len(outcomes) != 1:
            raise QuestionIncomplete(missing=f"{len(outcomes)} items are outcomes where one is needed")
        if comparator is None and levels is None:
            raise QuestionIncomplete(missing="no comparator: say with whom the exposed are compared")
        if comparator is None or isinstance(comparator, Comparator):
            against: Comparator | tuple[Condition, ...] | None = comparator
        else:
            against = tuple(Condition.parse(text) for text in comparator)
        return cls(
            parts=given,
            exposure=tuple(exposures),
            comparator=against,
            outcome=outcomes[0],
            eligibility=tuple(chosen[Part.ELIGIBILITY]),
            covariates=tuple(dict.fromkeys(c.variable for c in chosen[Part.COVARIATE])),
            modifiers=tuple(dict.fromkeys(c.variable for c in chosen[Part.MODIFIER])),
            levels=levels,
            finding=str(finding.get("id", "")),
        )

    @property
    def exposure_text(self) -> str:
        """The exposed arm in words."""
        text = " and ".join(condition.text for condition in self.exposure)
        return f"{text} at {self.levels[0]:g}" if self.levels else text

    @property
    def comparator_text(self) -> str:
        """The other arm in words."""
        if self.levels:
            return f"{self.exposure[0].text} at {self.levels[1]:g}"
        if isinstance(self.comparator, Comparator):
            return self.comparator.value
        return " and ".join(condition.text for condition in self.comparator or ())

    @property
    def exposure_variables(self) -> tuple[str, ...]:
        """Variables that make up the exposure."""
        return tuple(dict.fromkeys(condition.variable for condition in self.exposure))

    def exposure_values(self, dataset: Dataset) -> Floats:
        """1 exposed, 0 comparator, NaN neither or unknown (n,); the number itself for a numeric exposure with levels.

        For levels (a1, a0) the number is rescaled to (x - a0) / (a1 - a0), so that 1 against 0 is the contrast asked
        for.
        """
        if self.levels:
            high, low = self.levels
            if high == low or not math.isfinite(high - low):
                raise QuestionIncomplete(missing="the two values of the contrast are the same")
            return (as_numbers(dataset, self.exposure[0].variable, "exposure") - low) / (high - low)
        held = np.column_stack([condition.holds(dataset) for condition in self.exposure])
        known = ~np.isnan(held).any(axis=1)
        exposed = known & (held == 1.0).all(axis=1)
        if isinstance(self.comparator, Comparator):
            none = (held == 0.0).all(axis=1) if self.comparator is Comparator.NONE_OF else ~exposed
            compared = known & none
        else:
            other = np.column_stack([condition.holds(dataset) for condition in self.comparator or ()])
            compared = (other == 1.0).all(axis=1) & ~exposed
        return np.where(exposed, 1.0, np.where(compared, 0.0, np.nan))

    def outcome_values(self, dataset: Dataset) -> Floats:
        """The outcome as a number, or 1/0 where it is a condition; NaN unknown."""
        variable = _found(dataset.dictionary, self.outcome.variable)
        if self.outcome.operator or (variable is not None and len(variable.levels) == 2):
            return self.outcome.holds(dataset)
        return as_numbers(dataset, self.outcome.variable, "outcome")

    def eligible(self, dataset: Dataset) -> npt.NDArray[np.bool_]:
        """Persons who meet every eligibility condition; an unknown one does not count as met."""
        held = [condition.holds(dataset) == 1.0 for condition in self.eligibility]
        return np.logical_and.reduce(held) if held else np.ones(dataset.n, dtype=bool)

    def analysis(
        self,
        dataset: Dataset,
        covariates: Sequence[str] | None = None,
        *,
        squares: Sequence[str] = (),
        products: Sequence[str] = (),
        cluster: str | None = None,
    ) -> AnalysisData:
        """The complete cases of this question, adjusted for ``covariates`` (those of the question by default)."""
        self.time_flags(dataset.dictionary, covariates)
        return analysis_data(
            dataset,
            exposure=self.exposure_values(dataset),
            outcome=self.outcome_values(dataset),
            covariates=self.covariates if covariates is None else covariates,
            squares=squares,
            products=products,
            eligible=self.eligible(dataset),
            cluster=cluster,
            exposure_name=self.exposure_text,
            outcome_name=self.outcome.text,
        )

    def survival(
        self, dataset: Dataset, covariates: Sequence[str] | None = None, *, squares: Sequence[str] = ()
    ) -> tuple[AnalysisData, Floats]:
        """Times and events (n,) of an outcome that is a duration: ``outcome`` is the time, the event is 1 where it
        ended it.

        Raises UnsuitableVariable where the dictionary names no event for the duration.
        """
        self.time_flags(dataset.dictionary, covariates)
        name = self.outcome.variable
        variable = dataset.dictionary[name]
        if variable.kind is not Kind.DURATION or not variable.event:
            raise UnsuitableVariable(name=name, part="a survival time", reason="the dictionary names no event for it")
        event = as_numbers(dataset, variable.event, "an event")
        times = np.where(np.isnan(event), np.nan, dataset[name].astype(np.float64))
        data = analysis_data(
            dataset,
            exposure=self.exposure_values(dataset),
            outcome=times,
            covariates=self.covariates if covariates is None else covariates,
            squares=squares,
            eligible=self.eligible(dataset),
            exposure_name=self.exposure_text,
            outcome_name=self.outcome.text,
        )
        return data, event[data.rows]

    def time_flags(
        self, dictionary: Dictionary, covariates: Sequence[str] | None = None
    ) -> tuple[TimeOrderFinding, ...]:
        """What the measurement intervals say; overlaps and unknown times are flagged, for a person to explain.

        Raises AfterExposure for a covariate, modifier or criterion measured after the exposure, AfterOutcome for an
        exposure measured after the outcome.
        """
        before = [*(self.covariates if covariates is None else covariates), *self.modifiers]
        before += [condition.variable for condition in self.eligibility]
        known = [name for name in dict.fromkeys(before) if name in dictionary]
        exposures = [name for name in self.exposure_variables if name in dictionary]
        outcomes = [self.outcome.variable] if self.outcome.variable in dictionary else []
        return check_time_order(dictionary, exposures, outcomes, known, strict=True)

    def to_dict(self) -> dict[str, object]:
        """Plain values for the protocol and the ledger."""
        return {
            "finding": self.finding,
            "parts": {item: part.value for item, part in self.parts.items()},
            "exposure": [condition.text for condition in self.exposure],
            "comparator": self.comparator_text,
            "comparator_rule": self.comparator.name if isinstance(self.comparator, Comparator) else None,
            "levels": list(self.levels) if self.levels else None,
            "outcome": self.outcome.text,
            "eligibility": [condition.text for condition in self.eligibility],
            "covariates": list(self.covariates),
            "modifiers": list(self.modifiers),
        }


# Words by which a variable that nobody can set is recognised, in the two languages of the project.
NOT_MANIPULABLE = frozenset(
    {"age", "sex", "gender", "male", "female", "birth", "race", "ethnicity", "ethnic", "genotype", "mutation", "allele"}
    | {"snp", "height", "âge", "sexe", "genre", "naissance", "origine", "génotype", "allèle", "taille"}
)
GENETIC = frozenset(
    {"genotype", "mutation", "mutated", "allele", "snp", "variant", "gene", "génotype", "allèle", "gène", "muté"}
)


def words_of(name: str, label: str) -> frozenset[str]:
    """The words of a variable's name and label, lower case."""
    return frozenset(re.findall(r"[^\W\d_]+", f"{name} {label}".lower()))


def manipulable(dictionary: Dictionary, variable: str) -> bool:
    """False where the name or label says that nobody can set the variable (age, sex, origin, genotype)."""
    title = dictionary[variable].label if variable in dictionary else ""
    return not (words_of(variable, title if len(title) < 40 else "") & NOT_MANIPULABLE)


def genetic(dictionary: Dictionary, variable: str) -> bool:
    """True where the name or label speaks of a genotype or mutation."""
    title = dictionary[variable].label if variable in dictionary else ""
    return bool(words_of(variable, title) & GENETIC)


def suggested_parts(finding: Mapping[str, object], dictionary: Dictionary) -> dict[str, Part | None]:
    """A first proposal: the consequent is the outcome, what nobody can set a modifier, the rest waits for a person
    (None)."""
    x = finding.get("x", ())
    items = [str(item) for item in x] if isinstance(x, (list, tuple)) else [str(x)]
    parts: dict[str, Part | None] = {
        item: None if manipulable(dictionary, Condition.parse(item).variable) else Part.MODIFIER for item in items
    }
    parts[str(finding["y"])] = Part.OUTCOME
    return parts


def _number(text: str) -> float:
    """A bound as a number; a date counts its days since 1970."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return float((date.fromisoformat(text) - date(1970, 1, 1)).days)
    return float(text)


def _found(dictionary: Dictionary, name: str) -> Variable | None:
    return next((variable for variable in dictionary if variable.name == name), None)
