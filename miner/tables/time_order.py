"""What was measured when: covariates before the exposure starts, the exposure before the outcome (DECISIONS 16).

>>> from miner.tables.model import Dictionary, Interval, Kind, Variable
>>> at = lambda name, start, end: Variable(name=name, kind=Kind.COUNT, measured=Interval(start=start, end=end))
>>> d = Dictionary(name="t", variables=(at("age", 0, 0), at("quit", 0, 11), at("weight", 11, 11), at("bp82", 11, 11)))
>>> [(f.code, f.variable, f.other) for f in check_time_order(d, ["quit"], ["weight"], ["age", "bp82"])]
[('covariate_after_exposure', 'bp82', 'quit'), ('exposure_overlaps_outcome', 'quit', 'weight')]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from miner.errors import AfterExposure, AfterOutcome
from miner.tables.model import Dictionary

# What each finding means, in English, for the code that names it.
TEXTS = {
    "covariate_after_exposure": "'{variable}' was measured up to year {when:g}, after '{other}' starts "
    "(year {other_when:g}): a covariate that can be changed by the exposure distorts the association.",
    "exposure_after_outcome": "'{variable}' starts in year {when:g}, not before '{other}' (year {other_when:g}): "
    "the order of time is reversed.",
    "exposure_overlaps_outcome": "'{variable}' is measured until year {when:g}, '{other}' from "
    "year {other_when:g}: part of the exposure time is also time at risk, "
    "so persons had to stay in the study to be called exposed (guardrail G13).",
    "covariate_overlaps_exposure": "'{variable}' was still being measured in year {when:g}, after the exposure "
    "'{other}' started in year {other_when:g}: part of it may come after the exposure (guardrail G13).",
    "same_time": "'{variable}' and '{other}' were measured at the same time (year {when:g}): the association is "
    "cross-sectional, and which came first cannot be told.",
    "time_unknown": "'{variable}' has no measurement interval: its order in time against '{other}' cannot be checked.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOrderFinding:
    """One pair of variables whose order in time is wrong (``refused``), doubtful (G13) or not known."""

    code: str
    variable: str
    other: str
    when: float = 0.0
    other_when: float = 0.0

    @property
    def refused(self) -> bool:
        """True where the pair may not be used in these parts."""
        return self.code in {"covariate_after_exposure", "exposure_after_outcome"}

    @property
    def guardrail(self) -> str:
        """The guardrail that the finding raises, or nothing."""
        return "G13" if self.code in {"exposure_overlaps_outcome", "covariate_overlaps_exposure"} else ""

    @property
    def text(self) -> str:
        """The finding in English."""
        return TEXTS[self.code].format(
            variable=self.variable, other=self.other, when=self.when, other_when=self.other_when
        )


def check_time_order(
    dictionary: Dictionary,
    exposures: Sequence[str],
    outcomes: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    strict: bool = False,
) -> tuple[TimeOrderFinding, ...]:
    """Compare the measurement intervals of the variables in the parts they are to play.

    Returns the findings, refusals first within each exposure. With ``strict`` the first refusal is raised as
    ``AfterExposure`` or ``AfterOutcome``; overlaps are never refused, they are flagged and explained.
    """
    findings: list[TimeOrderFinding] = []
    for exposure in exposures:
        findings += [found for name in covariates if (found := _covariate(dictionary, name, exposure))]
        findings += [found for name in outcomes if name != exposure and (found := _outcome(dictionary, exposure, name))]
    if strict:
        for finding in findings:
            _refuse(finding)
    return tuple(findings)


def _covariate(dictionary: Dictionary, covariate: str, exposure: str) -> TimeOrderFinding | None:
    mine, other = dictionary[covariate].measured, dictionary[exposure].measured
    if covariate == exposure:
        return None
    if mine is None or other is None:
        return _unknown(covariate, exposure) if mine is None else _unknown(exposure, covariate)
    if mine.ends_before(other):
        return None
    # Wholly after is refused; what overlaps may have been moved by the exposure and is explained (DECISIONS 16).
    wholly_after = other.ends_before(mine)
    return TimeOrderFinding(
        code="covariate_after_exposure" if wholly_after else "covariate_overlaps_exposure",
        variable=covariate,
        other=exposure,
        when=mine.end,
        other_when=other.start,
    )


def _outcome(dictionary: Dictionary, exposure: str, outcome: str) -> TimeOrderFinding | None:
    mine, other = dictionary[exposure].measured, dictionary[outcome].measured
    if mine is None or other is None:
        return _unknown(exposure, outcome) if mine is None else _unknown(outcome, exposure)
    if mine == other and mine.start == mine.end:
        return TimeOrderFinding(
            code="same_time", variable=exposure, other=outcome, when=mine.start, other_when=other.start
        )
    if mine.start >= other.end:
        return TimeOrderFinding(
            code="exposure_after_outcome", variable=exposure, other=outcome, when=mine.start, other_when=other.end
        )
    # Touching counts: who quit in the last year was weighed in that year.
    if mine.end >= other.start:
        return TimeOrderFinding(
            code="exposure_overlaps_outcome", variable=exposure, other=outcome, when=mine.end, other_when=other.start
        )
    return None


def _unknown(variable: str, other: str) -> TimeOrderFinding:
    return TimeOrderFinding(code="time_unknown", variable=variable, other=other)


def _refuse(finding: TimeOrderFinding) -> None:
    if finding.code == "covariate_after_exposure":
        raise AfterExposure(
            covariate=finding.variable, exposure=finding.other, end=finding.when, start=finding.other_when
        )
    if finding.code == "exposure_after_outcome":
        raise AfterOutcome(exposure=finding.variable, outcome=finding.other, start=finding.when, end=finding.other_when)
