"""The confirmation: a frozen protocol is run once, on persons who took no part in finding the hypothesis.

On the sealed part of the same table the best verdict is *replicated internally* (every bias of the table is shared);
only an independent source can give *supported*. Nothing is ever proved.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from causal.estimation import (
    Estimand,
    Estimate,
    Scale,
    aipw,
    hazard_ratio,
    ipw,
    regression,
    restricted_mean_difference,
    standardisation,
)
from causal.protocol import Protocol, verify
from causal.question import CausalQuestion, Comparator, Condition, Part
from miner.errors import AlreadyConfirmed, InvalidProtocol, PersonsReused
from miner.tables.model import Dataset, Role


class Source(StrEnum):
    """Where the confirming persons come from."""

    SEALED = "sealed part of the mined table"
    INDEPENDENT = "independent source"


class Verdict(StrEnum):
    """The closed vocabulary of results."""

    REPLICATED = "replicated internally"
    NOT_REPLICATED = "not replicated internally"
    SUPPORTED = "supported"
    NOT_SUPPORTED = "not supported"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One run of a frozen protocol, as it goes into the ledger."""

    protocol_hash: str
    protocol: str
    source: Source
    source_hash: str
    verdict: Verdict
    estimate: Estimate
    direction: str
    smallest_of_interest: float
    reason: str
    look: int
    alpha: float
    reused_holdout: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "protocol_hash": self.protocol_hash,
            "protocol": self.protocol,
            "source": self.source.name.lower(),
            "source_hash": self.source_hash,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "estimate": self.estimate.to_dict(),
            "direction": self.direction,
            "smallest_of_interest": self.smallest_of_interest,
            "look": self.look,
            "alpha": self.alpha,
            "reused_holdout": self.reused_holdout,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideResult:
    """The result of a study that was run elsewhere, null results included, with where to read it."""

    protocol_hash: str
    doi: str
    verdict: Verdict
    value: float | None
    low: float | None
    high: float | None
    measure: str
    note: str = ""

    def __post_init__(self) -> None:
        if not self.doi.startswith("10.") or "/" not in self.doi:
            raise InvalidProtocol(place="doi", problem=f"'{self.doi}' is not a DOI such as 10.1000/182")
        if self.verdict in {Verdict.REPLICATED, Verdict.NOT_REPLICATED}:
            raise InvalidProtocol(place="verdict", problem="a study run elsewhere is not an internal replication")

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "protocol_hash": self.protocol_hash,
            "doi": self.doi,
            "verdict": self.verdict.value,
            "value": self.value,
            "ci_low": self.low,
            "ci_high": self.high,
            "measure": self.measure,
            "note": self.note,
        }


def question_of(specification: dict[str, Any]) -> CausalQuestion:
    """The question that a protocol's specification holds."""

    def condition(entry: dict[str, Any]) -> Condition:
        return Condition(
            variable=entry["variable"],
            operator=entry["operator"],
            values=tuple(entry["values"]),
            text=entry.get("text", entry["variable"]),
        )

    rule = specification["comparator"]
    comparator: Comparator | tuple[Condition, ...] | None
    if isinstance(rule, list):
        comparator = tuple(condition(entry) for entry in rule)
    else:
        comparator = Comparator[rule] if rule else None
    exposure = tuple(condition(entry) for entry in specification["exposure"])
    outcome = condition(specification["outcome"])
    eligibility = tuple(condition(entry) for entry in specification["eligibility"])
    parts = {c.text: Part.EXPOSURE for c in exposure} | {outcome.text: Part.OUTCOME}
    parts |= {c.text: Part.ELIGIBILITY for c in eligibility}
    levels = specification["levels"]
    return CausalQuestion(
        parts=parts,
        exposure=exposure,
        comparator=comparator,
        outcome=outcome,
        eligibility=eligibility,
        covariates=tuple(specification["covariates"]),
        levels=(float(levels[0]), float(levels[1])) if levels else None,
    )


def primary_estimate(protocol: Protocol, dataset: Dataset, *, confidence: float | None = None) -> Estimate:
    """The protocol's primary analysis of a table, exactly as specified."""
    spec: dict[str, Any] = protocol["analysis_plan.primary.specification"]
    question = question_of(spec)
    if spec["measure"] in {Scale.RMST_DIFFERENCE.value, Scale.HAZARD_RATIO.value}:
        times, event = question.survival(dataset, squares=spec["squares"])
        level = spec["confidence"] if confidence is None else confidence
        if spec["measure"] == Scale.HAZARD_RATIO.value:
            return hazard_ratio(times, event, confidence=level)
        return restricted_mean_difference(times, event, confidence=level)
    data = question.analysis(dataset, squares=spec["squares"], products=spec["products"])
    estimand, level = Estimand(spec["estimand"]), spec["confidence"] if confidence is None else confidence
    method = spec["method"]
    if method == "standardisation":
        found = standardisation(data, estimand=estimand, confidence=level)
    elif method == "ipw":
        found = ipw(data, estimand=estimand, confidence=level)
    elif method == "aipw":
        found = aipw(data, estimand=estimand, confidence=level)
    elif method == "regression":
        found = regression(data, confidence=level)
    else:
        raise InvalidProtocol(
            place="analysis_plan.primary.method", problem=f"'{method}' is not a method of this program"
        )
    for estimate in found:
        if estimate.scale is Scale(spec["measure"]):
            return estimate
    raise InvalidProtocol(
        place="analysis_plan.primary.specification.measure", problem=f"{spec['measure']} does not fit the outcome"
    )


def confirm(
    protocol: Protocol,
    dataset: Dataset,
    *,
    source: Source,
    mined: Dataset,
    earlier: Sequence[Confirmation] = (),
    look: int = 1,
    frozen_before_first_look: bool = True,
) -> Confirmation:
    """Run the frozen protocol once.

    Parameters
    ----------
    dataset : the sealed part, or a new table typed by the same dictionary.
    mined : the persons who were mined; none of them may be in ``dataset``.
    earlier : results already recorded for any protocol.
    look : for the sealed part the k-th unlock, tested at alpha 2^-k (all lists share one budget, DECISIONS 3).
    frozen_before_first_look : False marks the result *re-used holdout*.

    Raises
    ------
    NotFrozen, ProtocolAltered, PersonsReused, AlreadyConfirmed, and whatever refuses the estimate itself.
    """
    verify(protocol)
    if protocol.content_hash in {done.protocol_hash for done in earlier if done.source_hash == dataset.content_hash}:
        raise AlreadyConfirmed(protocol=protocol.identifier)
    overlap = reused_persons(mined, dataset)
    if overlap:
        raise PersonsReused(overlap=overlap, n=dataset.n)
    success: dict[str, Any] = protocol["success"]
    alpha = 1.0 - float(success["confidence"])
    if source is Source.SEALED:
        alpha *= 2.0**-look
    estimate = primary_estimate(protocol, dataset, confidence=1.0 - alpha)
    verdict, reason = judge(estimate, str(success["direction"]), float(success["smallest_of_interest"]), source)
    return Confirmation(
        protocol_hash=protocol.content_hash,
        protocol=protocol.identifier,
        source=source,
        source_hash=dataset.content_hash,
        verdict=verdict,
        estimate=estimate,
        direction=str(success["direction"]),
        smallest_of_interest=float(success["smallest_of_interest"]),
        reason=reason,
        look=look,
        alpha=alpha,
        reused_holdout=source is Source.SEALED and not frozen_before_first_look,
    )


def judge(estimate: Estimate, direction: str, smallest: float, source: Source) -> tuple[Verdict, str]:
    """The frozen rule: limit beyond the null AND estimate at least the smallest effect of interest.

    Not supported where the interval leaves the smallest effect of interest out on the side of the null; else
    inconclusive. The smallest effect of interest stands on the estimate's scale; for a direction *below* it lies
    below the null (a ratio under 1, a negative difference; a positive difference is read as a size).
    """
    null = estimate.scale.null

    def on_line(value: float) -> float:
        return math.log(value) if estimate.scale.is_ratio else value - null

    sign = 1.0 if direction == "above" else -1.0
    point, ends = sign * on_line(estimate.value), sorted((sign * on_line(estimate.low), sign * on_line(estimate.high)))
    needed = abs(on_line(smallest))
    if ends[0] > 0 and point >= needed:
        verdict = Verdict.REPLICATED if source is Source.SEALED else Verdict.SUPPORTED
        return verdict, "the limit lies beyond the null and the estimate reaches the smallest effect of interest"
    if ends[1] < needed:
        verdict = Verdict.NOT_REPLICATED if source is Source.SEALED else Verdict.NOT_SUPPORTED
        return verdict, "the interval leaves the smallest effect of interest out"
    return Verdict.INCONCLUSIVE, "the interval holds both too little and enough"


def reused_persons(mined: Dataset, confirming: Dataset) -> int:
    """Persons on both sides: by key, or by a row that tells persons apart and is the same in every shared column.

    Rows count only where almost every one is unique on its own side: in a table of a few yes/no columns two persons
    alike are no sign of one person twice. Where no column is declared as the key, keys are only row numbers.
    """
    keyed = bool(mined.dictionary.names(Role.KEY) and confirming.dictionary.names(Role.KEY))
    by_key = set(mined.keys) & set(confirming.keys) if keyed else set()
    shared = sorted(set(mined.columns) & set(confirming.columns))
    first, second = row_hashes(mined, shared), row_hashes(confirming, shared)
    telling = bool(first) and bool(second) and min(len(set(first)) / len(first), len(set(second)) / len(second)) >= 0.99
    by_row = len(set(first) & set(second)) if telling else 0
    return max(len(by_key), by_row)


def row_hashes(dataset: Dataset, names: Iterable[str]) -> list[str]:
    """SHA-256 of each person's values in the columns named; categories by their codes, not their positions."""
    columns = []
    for name in names:
        variable, values = dataset.dictionary[name], dataset[name]
        if variable.kind.is_categorical:
            codes = [level.code for level in variable.levels]
            columns.append(["" if v < 0 else codes[int(v)] for v in values])
        else:
            columns.append(["" if np.isnan(v) else repr(float(v)) for v in values])
    return [hashlib.sha256("\x1f".join(row).encode()).hexdigest() for row in zip(*columns, strict=True)]


def plausibility_check(protocol: Protocol, mined: Dataset) -> dict[str, Any]:
    """The protocol's estimate on the persons who were mined: in-sample, without interval or p, for a look at the
    machinery."""
    estimate = primary_estimate(protocol, mined)
    return {
        "label": "in-sample plausibility check, confirms nothing",
        "method": estimate.method.value,
        "scale": estimate.scale.value,
        "value": estimate.value,
        "n": estimate.n,
    }
