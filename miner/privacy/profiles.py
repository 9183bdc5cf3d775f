"""Disclosure profiles: who may see which counts, and the declaration under which a project works (DECISIONS 21, 26).

>>> profile(Setting.PROTECTED).threshold, profile(Setting.PUBLIC).masks(Place.EXPORT)
(11, False)
>>> profile(Setting.SECURE_ROOM, norm="OpenSAFELY").is_small(7)
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from miner.errors import AuthorisationExpired, DeclarationIncomplete, ThresholdTooLow, UnknownNorm


class Setting(StrEnum):
    """Where the work happens."""

    PUBLIC = "public"
    SECURE_ROOM = "secure room"
    PROTECTED = "protected"


class Place(StrEnum):
    """Where a number is about to appear."""

    SCREEN = "screen"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """What an authority asks for: the least count that may be shown, and the base to which counts are rounded."""

    name: str
    least_count: int
    rounding: int = 1
    note: str = ""


# FR: usage of ATIH, CASD and the Health Data Hub, no legal text; a referent may ask for more.
# OpenSAFELY: counts up to 7 redacted, the others rounded to 5. ACRO: threshold 10. OHDSI: minCellCount 5.
NORMS: Mapping[str, Norm] = {
    norm.name: norm
    for norm in (
        Norm(name="FR", least_count=11, note="Usage of ATIH, CASD and HDH; a referent may ask for more."),
        Norm(name="OpenSAFELY", least_count=8, rounding=5, note="Counts up to 7 masked, then rounded to 5."),
        Norm(name="ACRO", least_count=10, note="Threshold of the ACRO output checker."),
        Norm(name="OHDSI", least_count=5, note="minCellCount of the OHDSI packages."),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The rule in force: setting, norm and threshold. Changing it is a ledger event.

    Counts from 1 to ``threshold - 1`` are small. ``protects_unknown`` also treats a small number of unknown values as
    small: by default it is information about the record, not about the persons.
    """

    setting: Setting
    norm: str
    threshold: int
    rounding: int = 1
    protects_unknown: bool = False

    def masks(self, place: Place) -> bool:
        """Whether small counts are masked there: public nowhere, secure room at export, protected everywhere."""
        if self.setting is Setting.PUBLIC:
            return False
        return self.setting is Setting.PROTECTED or place is Place.EXPORT

    def is_small(self, count: int) -> bool:
        """True for a count of at least one person that is below the threshold."""
        return 0 < count < self.threshold

    def to_dict(self) -> dict[str, object]:
        """What the ledger records."""
        return {
            "setting": self.setting.value,
            "norm": self.norm,
            "threshold": self.threshold,
            "rounding": self.rounding,
            "protects_unknown": self.protects_unknown,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, object]) -> Profile:
        """The profile that ``to_dict`` wrote."""
        return profile(
            str(plain["setting"]),
            norm=str(plain["norm"]),
            threshold=int(str(plain["threshold"])),
            protects_unknown=bool(plain.get("protects_unknown", False)),
        )


def profile(
    setting: Setting | str, *, norm: str = "FR", threshold: int | None = None, protects_unknown: bool = False
) -> Profile:
    """The profile of a setting under a norm. A project may raise the threshold of its norm, never lower it.

    Raises ``UnknownNorm`` or ``ThresholdTooLow``.
    """
    if norm not in NORMS:
        raise UnknownNorm(name=norm, known=", ".join(NORMS))
    try:
        where = Setting(setting)
    except ValueError as error:
        raise UnknownNorm(name=setting, known=", ".join(Setting)) from error
    least = NORMS[norm].least_count
    if threshold is not None and threshold < least:
        raise ThresholdTooLow(asked=threshold, least=least, norm=norm)
    return Profile(
        setting=where,
        norm=norm,
        threshold=least if threshold is None else threshold,
        rounding=NORMS[norm].rounding,
        protects_unknown=protects_unknown,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Who answers for the data, on which ground, for what, and until when."""

    controller: str = ""
    legal_basis: str = ""
    authorisation: str = ""
    purposes: str = ""
    people: str = ""
    expiry: date | None = None

    def require_complete(self) -> None:
        """Raise ``DeclarationIncomplete`` while a field is empty (the expiry may be open)."""
        empty = [
            field.name for field in fields(self) if field.name != "expiry" and not getattr(self, field.name).strip()
        ]
        if empty:
            raise DeclarationIncomplete(missing=", ".join(empty).replace("_", " "))

    def require_valid(self, today: date) -> None:
        """Raise ``AuthorisationExpired`` after the day of expiry: an expired project cannot export."""
        if self.expiry is not None and today > self.expiry:
            raise AuthorisationExpired(expiry=self.expiry.isoformat())

    def to_dict(self) -> dict[str, object]:
        """What the ledger records."""
        plain: dict[str, object] = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**plain, "expiry": None if self.expiry is None else self.expiry.isoformat()}
